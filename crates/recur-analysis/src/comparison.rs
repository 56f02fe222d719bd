//! Several experiments that share their test sets, as one: so that they are compared by the same analysis.

use crate::check::check;
use crate::compared::ComparedExperiment;
use crate::error::AnalysisError;
use crate::incompatibility::{data_settings, incompatibility};
use crate::outcomes::{ComparisonFacts, DifferentEncoding, Outcomes, ReplicateSplit, Unscored};
use crate::tried::ModelStages;
use recur_core::facts::DataFacts;
use recur_core::noun::Noun;
use recur_core::plan::{Configuration, Plan, UnusedSettings, WithoutEffect};
use recur_core::record::TestRecord;
use recur_core::search::Budget;
use recur_core::selection::{Selection, TrialOutcome, mean_validation};
use recur_core::trial::TrialId;
use std::collections::{BTreeMap, BTreeSet};

/// Several experiments as one, whose models are those of all experiments under their labels.
#[derive(Clone, Debug)]
pub struct Comparison {
    plan: Plan,
    facts: DataFacts,
    label_names: Vec<String>,
    trials: Vec<TrialOutcome>,
    eliminated: Vec<Option<Budget>>,
    stages: Vec<ModelStages>,
    selection: Selection,
    tests: Vec<TestRecord>,
    splits: Vec<ReplicateSplit>,
    unused: Vec<UnusedSettings>,
    sees_validation: Vec<String>,
    unscored: Vec<Unscored>,
    merged: ComparisonFacts,
}

impl Comparison {
    /// Merges `experiments` under the name of the report that it will be.
    ///
    /// It asks `question`, or without one what its experiments ask. The others are compared with the model called `baseline`, or
    /// without one with that model of the first experiment of which a configuration has the best mean validation result, so that no
    /// test result decides. A model with the same trials as another is listed once, under the label of the first: to compare it
    /// with itself would only cost the others in correction.
    ///
    /// # Errors
    /// [`AnalysisError::Incompatible`] where two experiments do not share their test sets (texts in other characters do not matter), or choose
    /// by different metrics;
    /// [`AnalysisError::NothingFinished`] where an experiment has nothing to compare; and what an analysis of one of them is refused for.
    ///
    /// # Panics
    /// If there are no experiments, or a model has no label.
    pub fn of(
        experiments: &[ComparedExperiment<'_>],
        name: &str,
        question: Option<&str>,
        baseline: Option<&str>,
    ) -> Result<Self, AnalysisError> {
        let first = &experiments[0];
        for experiment in experiments {
            check(&experiment.outcomes)?;
            if experiment.chosen().next().is_none() {
                return Err(AnalysisError::NothingFinished { name: experiment.name.to_owned() });
            }
            if let Some(why) = incompatibility(first, experiment) {
                let (first, second) = (first.name.to_owned(), experiment.name.to_owned());
                return Err(AnalysisError::Incompatible { first, second, why: Box::new(why) });
            }
        }
        let duplicates = duplicates(experiments);
        let Merged { configurations, trials, eliminated } = merged(experiments, &duplicates);
        let question = question.map_or_else(|| questions(experiments), str::to_owned);
        let of_first = first.outcomes.plan.clone();
        let mut plan = Plan {
            name: name.to_owned(),
            question,
            configurations,
            spaces: Vec::new(),
            without_effect: without_effect(experiments, &duplicates),
            search: None,
            race: None,
            halving: None,
            ..of_first
        };
        let named = baseline.map(|label| duplicates.get(label).map_or(label, String::as_str).to_owned());
        if experiments.iter().any(|experiment| experiment.outcomes.plan.report.noun != plan.report.noun) {
            plan.report.noun = Noun::text();
        }
        plan.report.baseline = named.or_else(|| best_on_validation(first));
        Ok(Self {
            selection: Selection::choose(&plan, &chosen_from(&trials, &eliminated)),
            plan,
            facts: first.outcomes.facts.clone(),
            label_names: first.outcomes.label_names.to_vec(),
            tests: tests(experiments, &trials),
            unscored: unscored(experiments, &trials),
            trials,
            eliminated,
            stages: stages(experiments, &duplicates),
            splits: first.outcomes.splits.to_vec(),
            unused: unused(experiments, &duplicates),
            sees_validation: sees_validation(experiments, &duplicates),
            merged: ComparisonFacts {
                duplicates,
                different_encodings: different_encodings(experiments),
                baseline_is_chosen: baseline.is_none() && first.chosen().count() > 1,
            },
        })
    }

    /// What was merged.
    pub fn facts(&self) -> &ComparisonFacts {
        &self.merged
    }

    /// What an analysis of all of it is made from.
    pub fn outcomes(&self) -> Outcomes<'_> {
        Outcomes {
            plan: &self.plan,
            facts: &self.facts,
            label_names: &self.label_names,
            trials: &self.trials,
            selection: &self.selection,
            tests: &self.tests,
            unscored: &self.unscored,
            splits: &self.splits,
            unused: &self.unused,
            sees_validation: &self.sees_validation,
            eliminated: &self.eliminated,
            stages: &self.stages,
            comparison: Some(&self.merged),
        }
    }
}

/// The experiments whose texts are in other characters than those of the first.
fn different_encodings(experiments: &[ComparedExperiment<'_>]) -> Vec<DifferentEncoding> {
    let first = &experiments[0].outcomes;
    let others = experiments.iter().filter(|experiment| experiment.outcomes.facts.dataset != first.facts.dataset);
    let encoding = |experiment: &ComparedExperiment<'_>| DifferentEncoding {
        name: experiment.name.to_owned(),
        dataset: experiment.outcomes.facts.dataset.clone(),
        splits: experiment.outcomes.splits.to_vec(),
        settings: data_settings(first, &experiment.outcomes),
    };
    others.map(encoding).collect()
}

/// The question of each experiment, a paragraph each.
fn questions(experiments: &[ComparedExperiment<'_>]) -> String {
    let asks = experiments.iter().filter(|experiment| !experiment.outcomes.plan.question.trim().is_empty());
    let paragraphs = asks.map(|experiment| {
        let question: Vec<&str> = experiment.outcomes.plan.question.split_whitespace().collect();
        format!("{}: {}", experiment.name, question.join(" "))
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// The models of later experiments that have the same trials as an earlier one: the same configurations, tried as long.
///
/// A model that was raced, halved or searched is not the same as that of the full grid, also where both chose the same
/// configurations. Those are two ways to choose, which try different numbers of configurations, and that both choose the same is a
/// result that such a comparison is made for. It is known only from the results: if one of the two was left out for it, the
/// results would decide how many comparisons are corrected for. Their difference is then zero on every replicate: it is shown
/// without a p-value, and is not one of the comparisons that are corrected for.
fn duplicates(experiments: &[ComparedExperiment<'_>]) -> BTreeMap<String, String> {
    let mut firsts: BTreeMap<BTreeSet<&TrialId>, &String> = BTreeMap::new();
    let mut duplicates = BTreeMap::new();
    for experiment in experiments {
        for (model, label) in &experiment.labels {
            let Outcomes { plan, trials, .. } = experiment.outcomes;
            let of_model = trials.iter().filter(|f| plan.configurations[f.trial.configuration].model == *model);
            let first = *firsts.entry(of_model.map(|outcome| &outcome.trial.id).collect()).or_insert(label);
            if first != label {
                duplicates.insert(label.clone(), first.clone());
            }
        }
    }
    duplicates
}

/// The outcomes that each experiment chose from: all but those of eliminated configurations. All choose by the same metric, so the
/// choice is that which each made.
fn chosen_from(trials: &[TrialOutcome], eliminated: &[Option<Budget>]) -> Vec<TrialOutcome> {
    let is_left = |outcome: &&TrialOutcome| eliminated.get(outcome.trial.configuration).is_none_or(Option::is_none);
    trials.iter().filter(is_left).cloned().collect()
}

/// What all experiments have but for duplicates.
struct Merged {
    configurations: Vec<Configuration>,
    /// Each points at its own configuration.
    trials: Vec<TrialOutcome>,
    /// What each configuration was trained for when it was eliminated.
    eliminated: Vec<Option<Budget>>,
}

/// The races and searches of all experiments.
fn stages(experiments: &[ComparedExperiment<'_>], duplicates: &BTreeMap<String, String>) -> Vec<ModelStages> {
    let of_part = |experiment: &ComparedExperiment<'_>| -> Vec<ModelStages> {
        let of_model = |stages: &ModelStages| {
            let label = experiment.labels.get(&stages.model).filter(|label| !duplicates.contains_key(*label))?;
            Some(ModelStages { model: label.clone(), ..stages.clone() })
        };
        experiment.outcomes.stages.iter().filter_map(of_model).collect()
    };
    experiments.iter().flat_map(of_part).collect()
}

/// The configurations of all experiments but for duplicates, and their trials.
fn merged(experiments: &[ComparedExperiment<'_>], duplicates: &BTreeMap<String, String>) -> Merged {
    let (mut configurations, mut trials, mut eliminated) = (Vec::new(), Vec::new(), Vec::new());
    for experiment in experiments {
        let mut places: BTreeMap<usize, usize> = BTreeMap::new();
        for (index, configuration) in experiment.outcomes.plan.configurations.iter().enumerate() {
            let label = experiment.labels.get(&configuration.model);
            if let Some(label) = label.filter(|label| !duplicates.contains_key(*label)) {
                places.insert(index, configurations.len());
                configurations.push(Configuration { model: label.clone(), ..configuration.clone() });
                eliminated.push(experiment.outcomes.eliminated.get(index).copied().flatten());
            }
        }
        let placed = experiment.outcomes.trials.iter().filter_map(|outcome| {
            let mut outcome = outcome.clone();
            outcome.trial.configuration = *places.get(&outcome.trial.configuration)?;
            Some(outcome)
        });
        trials.extend(placed);
    }
    Merged { configurations, trials, eliminated }
}

/// The test results of `trials`.
fn tests(experiments: &[ComparedExperiment<'_>], trials: &[TrialOutcome]) -> Vec<TestRecord> {
    let ids: BTreeSet<&TrialId> = trials.iter().map(|outcome| &outcome.trial.id).collect();
    experiments
        .iter()
        .flat_map(|experiment| experiment.outcomes.tests)
        .filter(|test| ids.contains(&test.id))
        .cloned()
        .collect()
}

/// What the experiments ask of training and a model does not use, by its label.
fn unused(experiments: &[ComparedExperiment<'_>], duplicates: &BTreeMap<String, String>) -> Vec<UnusedSettings> {
    let of_part = |experiment: &ComparedExperiment<'_>| -> Vec<UnusedSettings> {
        let of_model = |unused: &UnusedSettings| {
            let label = experiment.labels.get(&unused.model).filter(|label| !duplicates.contains_key(*label))?;
            Some(UnusedSettings { model: label.clone(), settings: unused.settings.clone() })
        };
        experiment.outcomes.unused.iter().filter_map(of_model).collect()
    };
    experiments.iter().flat_map(of_part).collect()
}

/// The models that are given validation examples, by label.
fn sees_validation(experiments: &[ComparedExperiment<'_>], duplicates: &BTreeMap<String, String>) -> Vec<String> {
    let labels = experiments.iter().flat_map(|experiment| {
        experiment.outcomes.sees_validation.iter().filter_map(|model| experiment.labels.get(model))
    });
    labels.filter(|label| !duplicates.contains_key(*label)).cloned().collect()
}

/// The parameters without effect of each model, by its label.
fn without_effect(experiments: &[ComparedExperiment<'_>], duplicates: &BTreeMap<String, String>) -> Vec<WithoutEffect> {
    let of_part = |experiment: &ComparedExperiment<'_>| -> Vec<WithoutEffect> {
        let of_model = |without: &WithoutEffect| {
            let label = experiment.labels.get(&without.model).filter(|label| !duplicates.contains_key(*label))?;
            Some(WithoutEffect { model: label.clone(), ..without.clone() })
        };
        experiment.outcomes.plan.without_effect.iter().filter_map(of_model).collect()
    };
    experiments.iter().flat_map(of_part).collect()
}

/// The trials of `trials` that could not be scored on test.
fn unscored(experiments: &[ComparedExperiment<'_>], trials: &[TrialOutcome]) -> Vec<Unscored> {
    let takes_part = |unscored: &&Unscored| trials.iter().any(|outcome| outcome.trial.id == unscored.trial);
    experiments.iter().flat_map(|experiment| experiment.outcomes.unscored).filter(takes_part).cloned().collect()
}

/// The label of the model of which a configuration has the best mean on validation; of equals the first. If none finished on
/// every replicate, it is the first model.
fn best_on_validation(experiment: &ComparedExperiment<'_>) -> Option<String> {
    let Outcomes { plan, trials, selection, .. } = experiment.outcomes;
    let mut best: Option<(&str, f64)> = None;
    for chosen in experiment.chosen() {
        let mean = |configuration| mean_validation(plan, trials, configuration, selection.metric());
        let Some(mean) = chosen.configuration.and_then(mean) else { continue };
        if best.is_none_or(|(_, best)| selection.metric().better(mean, best)) {
            best = Some((&chosen.model, mean));
        }
    }
    let first = || experiment.chosen().next().map(|chosen| chosen.model.as_str());
    best.map(|(model, _)| model).or_else(first).map(|model| experiment.labels[model].clone())
}
