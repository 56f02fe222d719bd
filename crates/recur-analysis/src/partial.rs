//! An experiment that is not finished, in numbers: what is done, the best so far by validation, what failed, and what it cost.
//!
//! Nothing is chosen, nothing is compared, and no test result is read: what it is made from has no place for one.

use crate::best_so_far::{BestSoFar, ValidationResult, best_so_far};
use crate::check::check;
use crate::curves::{Curve, lengths};
use crate::data::{Data, Settings};
use crate::error::AnalysisError;
use crate::outcomes::{Outcomes, ReplicateSplit};
use crate::ranked::Ranked;
use crate::trials::{ConfigurationResult, TrialResult, Unfinished, trials, unfinished};
use crate::tried::ModelStages;
use recur_core::facts::DataFacts;
use recur_core::metric::Metric;
use recur_core::noun::Noun;
use recur_core::plan::{Plan, UnusedSettings};
use recur_core::record::Outcome;
use recur_core::search::Budget;
use recur_core::selection::{Selection, TrialOutcome};
use recur_core::settings::TrainingLength;
use recur_core::trial::{Trial, TrialId};
use recur_stats::mean;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What there is of an experiment while it runs, or where it stopped.
#[derive(Clone, Copy, Debug)]
pub struct PartialOutcomes<'a> {
    /// The plan as it is now; of a search, with the configurations that are proposed so far.
    pub plan: &'a Plan,
    /// What became of the rows of the source.
    pub facts: &'a DataFacts,
    /// The labels, by index.
    pub label_names: &'a [String],
    /// All trials that are decided so far, whether they ended or not.
    pub known: &'a [Trial],
    /// Of these, those that ended, however they did; of a training that halving stopped and that went on, the longest trial.
    pub trials: &'a [TrialOutcome],
    /// The shorter ones of such trainings.
    pub shorter: &'a [TrialOutcome],
    /// The trials that have begun and not ended, as far as it is known.
    pub running: &'a BTreeSet<TrialId>,
    /// What trials took, as far as it is known.
    pub times: &'a BTreeMap<TrialId, TrialTime>,
    /// The most trials that there can be.
    pub most_trials: u64,
    /// Whether no result decides any more which trials there are.
    pub is_decided: bool,
    /// How the rows are divided, one entry a replicate.
    pub splits: &'a [ReplicateSplit],
    /// What the spec asks of training and a model does not use.
    pub unused: &'a [UnusedSettings],
    /// The models that are given the validation examples of their trials.
    pub sees_validation: &'a [String],
    /// What each configuration of the plan was trained for when it was eliminated; empty where none was.
    pub eliminated: &'a [Option<Budget>],
    /// The race or the search of each model; empty for a grid.
    pub stages: &'a [ModelStages],
}

/// What a trial took, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialTime {
    /// Seconds that the process which finished it spent on it.
    pub seconds: f64,
    /// Whether it went on from a checkpoint, so that another process has spent time on it, too.
    pub resumed: bool,
    /// The machine, and how many trials ran at once on it.
    pub machine: String,
}

/// An experiment that is not finished: every number that a partial report shows.
#[derive(Clone, Debug, Serialize)]
pub struct PartialAnalysis {
    /// The experiment's name.
    pub experiment: String,
    /// The question of the spec.
    pub question: String,
    /// What an example is called.
    pub noun: Noun,
    /// The metric to choose and rank by.
    pub primary: Metric,
    /// The root seed.
    pub seed: u64,
    /// How often each configuration is trained.
    pub replicates: u32,
    /// How far all trials are.
    pub progress: TrialCounts,
    /// The most trials that there can be: results decide how many there are in a race, in halving or in a search.
    pub most_trials: u64,
    /// Whether every trial has ended, and no result decides that there are more.
    pub is_complete: bool,
    /// One entry a model, in the order of the spec.
    pub models: Vec<PartialModel>,
    /// How far the race, the halving or the search of each model is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<ModelStages>,
    /// Every configuration, in the order of the plan, with the validation results that are there. None is chosen.
    pub configurations: Vec<ConfigurationResult>,
    /// How the best configuration of each model so far learned, over its replicates that finished.
    pub curves: Vec<Curve>,
    /// What an epoch of `curves` is.
    pub training_lengths: Vec<TrainingLength>,
    /// Every trial that ended, by configuration and then by replicate.
    pub trials: Vec<TrialResult>,
    /// The trials that diverged or failed.
    pub unfinished: Vec<Unfinished>,
    /// What it cost so far.
    pub cost: CostSoFar,
    /// What else of the spec is needed to understand the results.
    pub settings: Settings,
    /// What the models learn from.
    pub data: Data,
    /// Whether the data says which rows are validation rows.
    pub has_published_validation: bool,
    /// What became of the rows of the source.
    pub facts: DataFacts,
    /// What the spec asks of training and a model does not use.
    pub unused: Vec<UnusedSettings>,
    /// The models that are given the validation examples of their trials: their validation results may be too good.
    pub sees_validation: Vec<String>,
}

/// How far some trials are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrialCounts {
    /// All that are decided so far.
    pub known: u64,
    /// Trained to their end.
    pub finished: u64,
    /// Their loss stopped being a number.
    pub diverged: u64,
    /// The model or the code under it failed: the next run tries them again.
    pub failed: u64,
    /// Begun and not ended.
    pub running: u64,
    /// Not begun.
    pub waiting: u64,
}

/// One model of an experiment that is not finished.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartialModel {
    /// What reports call it.
    pub model: String,
    /// How many configurations of it there are so far.
    pub configurations: usize,
    /// How far its trials are.
    pub trials: TrialCounts,
    /// Its best configuration so far, an index into [`PartialAnalysis::configurations`]: of those that were not eliminated.
    pub best: Option<BestSoFar>,
}

/// What the trials that ended took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CostSoFar {
    /// Trials with a known time.
    pub trials: u64,
    /// Their seconds, added up.
    pub seconds: f64,
    /// Those that continued from a checkpoint: only the time after it is known.
    pub resumed: u64,
    /// By model, in the order of the spec.
    pub models: Vec<ModelCostSoFar>,
    /// The machines, sorted.
    pub machines: BTreeSet<String>,
}

/// What the trials of a model took that ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelCostSoFar {
    /// What reports call it.
    pub model: String,
    /// Trials with a known time.
    pub trials: u64,
    /// Their seconds, added up.
    pub seconds: f64,
    /// Seconds a trial: a mean over those that ran without interruption.
    pub seconds_per_trial: Option<f64>,
}

impl TrialCounts {
    /// Those that ended, however they did.
    pub fn ended(&self) -> u64 {
        self.finished + self.diverged + self.failed
    }
}

impl PartialAnalysis {
    /// Of what there is so far.
    ///
    /// # Errors
    /// If the outcomes do not belong together.
    pub fn of(partial: &PartialOutcomes<'_>) -> Result<Self, AnalysisError> {
        let plan = partial.plan;
        // Nothing is chosen, and there are no test results: what is shared with a full analysis has none to use.
        let selection = Selection::choose(plan, &[]);
        let outcomes = partial.without_tests(&selection);
        check(&outcomes)?;
        let ranked = Ranked::new(&outcomes, 1);
        let models = models(partial, &ranked);
        let progress = partial.counts(|_| true);
        Ok(Self {
            experiment: plan.name.clone(),
            question: plan.question.clone(),
            noun: plan.report.noun.clone(),
            primary: plan.report.primary,
            seed: plan.seed,
            replicates: plan.replicates,
            progress,
            most_trials: partial.most_trials.max(progress.known),
            is_complete: partial.is_decided && progress.ended() == progress.known,
            stages: partial.stages.to_vec(),
            configurations: ConfigurationResult::all(&ranked),
            curves: models.iter().filter_map(|model| curve(partial, model.best.as_ref()?)).collect(),
            training_lengths: lengths(&ranked),
            trials: trials(&ranked),
            unfinished: unfinished(&ranked),
            cost: CostSoFar::of(partial),
            settings: Settings::of(&ranked),
            data: Data::of(&ranked),
            has_published_validation: ranked.has_published_validation(),
            facts: partial.facts.clone(),
            unused: partial.unused.to_vec(),
            sees_validation: partial.sees_validation.to_vec(),
            models,
        })
    }
}

impl<'a> PartialOutcomes<'a> {
    fn without_tests(&self, selection: &'a Selection) -> Outcomes<'a> {
        Outcomes {
            plan: self.plan,
            facts: self.facts,
            label_names: self.label_names,
            trials: self.trials,
            selection,
            tests: &[],
            unscored: &[],
            splits: self.splits,
            unused: self.unused,
            sees_validation: self.sees_validation,
            eliminated: self.eliminated,
            stages: self.stages,
            comparison: None,
        }
    }

    /// All that ended, the shorter trials of halving too.
    fn ended(&self) -> impl Iterator<Item = &'a TrialOutcome> {
        self.trials.iter().chain(self.shorter)
    }

    fn model_of(&self, trial: &Trial) -> &'a str {
        self.plan.configurations.get(trial.configuration).map_or("", |own| &own.model)
    }

    /// Of the trials that are `wanted`.
    fn counts(&self, wanted: impl Fn(&Trial) -> bool) -> TrialCounts {
        let mut counts = TrialCounts::default();
        let mut ended = BTreeSet::new();
        for outcome in self.ended().filter(|outcome| wanted(&outcome.trial)) {
            ended.insert((&outcome.trial.id, outcome.trial.configuration));
            *match outcome.record.outcome {
                Outcome::Finished { .. } => &mut counts.finished,
                Outcome::Diverged { .. } => &mut counts.diverged,
                Outcome::Failed { .. } => &mut counts.failed,
            } += 1;
        }
        for trial in self.known.iter().filter(|trial| wanted(trial)) {
            counts.known += 1;
            match (ended.contains(&(&trial.id, trial.configuration)), self.running.contains(&trial.id)) {
                (true, _) => {}
                (false, true) => counts.running += 1,
                (false, false) => counts.waiting += 1,
            }
        }
        counts
    }

    /// The validation results of the configurations that were not eliminated, in the order of the plan.
    fn results(&self) -> Vec<ValidationResult<'a>> {
        let is_left =
            |outcome: &&TrialOutcome| self.eliminated.get(outcome.trial.configuration).copied().flatten().is_none();
        let result = |outcome: &'a TrialOutcome| {
            Some(ValidationResult {
                model: self.model_of(&outcome.trial),
                configuration: outcome.trial.configuration,
                replicate: outcome.trial.replicate,
                stop_after: self.stop_after(outcome),
                value: outcome.record.validation()?.get(self.plan.report.primary),
            })
        };
        let mut results: Vec<_> = self.ended().filter(is_left).filter_map(result).collect();
        results.sort_by_key(|result| (result.configuration, result.replicate));
        results
    }

    /// After how many epochs halving stopped the trial.
    fn stop_after(&self, outcome: &TrialOutcome) -> Option<u32> {
        outcome.record.identity.stop_after().filter(|_| self.plan.halving.is_some())
    }
}

/// One entry a model, in the order of the spec.
fn models(partial: &PartialOutcomes<'_>, ranked: &Ranked<'_>) -> Vec<PartialModel> {
    let mut best = best_so_far(ranked.primary, Some(ranked.validation_basis()), partial.results());
    let of = |model: &str| PartialModel {
        model: model.to_owned(),
        configurations: ranked.configurations_of(model).count(),
        trials: partial.counts(|trial| partial.model_of(trial) == model),
        best: best.iter().position(|best| best.model == model).map(|place| best.swap_remove(place)),
    };
    partial.plan.models().into_iter().map(of).collect()
}

/// How the best configuration of a model so far learned.
fn curve(partial: &PartialOutcomes<'_>, best: &BestSoFar) -> Option<Curve> {
    let is_its = |outcome: &&TrialOutcome| {
        outcome.trial.configuration == best.configuration
            && best.replicates.contains(&outcome.trial.replicate)
            && partial.stop_after(outcome) == best.stop_after
            && matches!(outcome.record.outcome, Outcome::Finished { .. })
    };
    let records: Vec<_> = partial.ended().filter(is_its).map(|outcome| outcome.record.epochs.as_slice()).collect();
    Curve::of_records(&best.model, &records, partial.plan.report.primary)
}

impl CostSoFar {
    fn of(partial: &PartialOutcomes<'_>) -> Self {
        let mut seen = BTreeSet::new();
        // Two models may share a trial: it was trained once.
        let timed = partial
            .ended()
            .filter(|outcome| seen.insert(&outcome.trial.id))
            .filter_map(|outcome| Some((partial.model_of(&outcome.trial), partial.times.get(&outcome.trial.id)?)));
        let timed: Vec<(&str, &TrialTime)> = timed.collect();
        let of_model = |model: &str| {
            let own: Vec<&TrialTime> = timed.iter().filter(|(of, _)| *of == model).map(|(_, time)| *time).collect();
            let whole: Vec<f64> = own.iter().filter(|time| !time.resumed).map(|time| time.seconds).collect();
            ModelCostSoFar {
                model: model.to_owned(),
                trials: own.len() as u64,
                seconds: own.iter().map(|time| time.seconds).sum(),
                seconds_per_trial: mean(&whole),
            }
        };
        Self {
            trials: timed.len() as u64,
            seconds: timed.iter().map(|(_, time)| time.seconds).sum(),
            resumed: timed.iter().filter(|(_, time)| time.resumed).count() as u64,
            models: partial.plan.models().into_iter().map(of_model).filter(|model| model.trials > 0).collect(),
            machines: timed.iter().map(|(_, time)| time.machine.clone()).collect(),
        }
    }
}
