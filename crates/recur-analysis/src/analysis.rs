//! The analysis of an experiment: one value with every number that any output shows.

use crate::axes::{Axis, axes};
use crate::check::check;
use crate::curves::{ConfigurationCurve, Curve, lengths};
use crate::data::{Data, Method, Settings};
use crate::effects::{Effect, NotAveraged, PairEffect, effects, not_averaged, pair_effects};
use crate::ensemble::Ensembles;
use crate::equivalence::Equivalence;
use crate::error::AnalysisError;
use crate::importance::Importance;
use crate::labels::LabelDifferences;
use crate::mistakes::{HardExamples, Mistake, mistakes};
use crate::model::{Difference, Model};
use crate::outcomes::{ComparisonFacts, Outcomes};
use crate::per_example::{PerExample, ToBaseline, to_baseline};
use crate::positive::Positive;
use crate::ranked::Ranked;
use crate::reliability::Reliability;
use crate::standing::{Standing, Verdict};
use crate::trials::{ConfigurationResult, TrialResult, Unfinished, trials, unfinished};
use crate::tried::{ModelStages, Search};
use recur_core::facts::DataFacts;
use recur_core::metric::Metric;
use recur_core::noun::Noun;
use recur_core::plan::{UnusedSettings, WithoutEffect};
use recur_core::settings::{TestRows, TrainingLength};
use serde::Serialize;

/// The analysis of an experiment, or of several that are compared. Equal outcomes give equal analyses.
///
/// A number that could not be computed is `None`. Written as JSON, one that is not finite is `null`.
#[derive(Clone, Debug, Serialize)]
pub struct Analysis {
    /// The name of the experiment or of the comparison.
    pub experiment: String,
    /// The question of the spec.
    pub question: String,
    /// What an example is called.
    pub noun: Noun,
    /// The metric to choose and rank by.
    pub primary: Metric,
    /// The model to compare with, as the spec names it.
    pub baseline: Option<String>,
    /// The root seed.
    pub seed: u64,
    /// How often each configuration is trained.
    pub replicates: u32,
    /// What else of the spec is needed to understand the results.
    pub settings: Settings,
    /// What the models learned from.
    pub data: Data,
    /// What became of the rows of the source.
    pub facts: DataFacts,
    /// What the spec asks of training and a model does not use.
    pub unused: Vec<UnusedSettings>,
    /// The models that are given the validation examples of their trials: they may learn from them, and their
    /// validation results are then too good.
    pub sees_validation: Vec<String>,
    /// Where several experiments are compared: what was merged.
    pub comparison: Option<ComparisonFacts>,
    /// How results are compared.
    pub method: Method,
    /// What can be said of the models together.
    pub verdict: Verdict,
    /// One entry a model, in the order of the spec.
    pub models: Vec<Model>,
    /// The models that were tested on every replicate, as indices into `models`, best first.
    pub ranking: Vec<usize>,
    /// The best model against each lower one of the ranking, in its order; corrected over all pairs of ranked models.
    pub best_against: Vec<Against>,
    /// The mean of each model's replicates, where all are tested on the same rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ensembles: Option<Ensembles>,
    /// Which models are as good as the best one, within the margin of the spec.
    pub equivalence: Option<Equivalence>,
    /// The two best models on the same test examples.
    pub per_example: Option<PerExample>,
    /// Each model against the baseline on the same test examples: where experiments or trials of one replicate are compared.
    pub per_example_to_baseline: Vec<ToBaseline>,
    /// What each swept parameter does, the others averaged over.
    pub effects: Vec<Effect>,
    /// The models that sweep something and are not in `effects`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_averaged: Vec<NotAveraged>,
    /// Two parameters of a model against each other.
    pub pair_effects: Vec<PairEffect>,
    /// What each swept parameter of each model does at otherwise equal configurations; all are corrected together.
    pub axes: Vec<Axis>,
    /// How much of the variance between a model's configurations each swept parameter accounts for.
    pub importance: Vec<Importance>,
    /// Combinations of values that are the same as others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without_effect: Vec<WithoutEffect>,
    /// The race or the search of each model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<ModelStages>,
    /// How each search went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub searches: Vec<Search>,
    /// Every configuration, in the order of the plan.
    pub configurations: Vec<ConfigurationResult>,
    /// How the chosen configurations learned, in the order of the spec.
    pub curves: Vec<Curve>,
    /// How every configuration learned that has more epochs than one, in the order of the plan.
    pub configuration_curves: Vec<ConfigurationCurve>,
    /// What an epoch of `curves` is.
    pub training_lengths: Vec<TrainingLength>,
    /// The ranked models with a known number of parameters that no other one is better than with fewer, best first.
    pub not_dominated: Vec<String>,
    /// What the probabilities of each ranked model are worth, best first.
    pub reliability: Vec<Reliability>,
    /// How the best model and another one differ in each label.
    pub label_differences: Option<LabelDifferences>,
    /// The label that is looked for, against all others; `None` without ranked models, or with more than two labels of which the
    /// spec names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub positive: Option<Positive>,
    /// The most frequent mistakes of the best model.
    pub mistakes: Vec<Mistake>,
    /// The examples that models get wrong.
    pub hard_examples: Option<HardExamples>,
    /// Every trial that ended, by configuration and then by replicate.
    pub trials: Vec<TrialResult>,
    /// The trials that did not finish or could not be scored on test.
    pub unfinished: Vec<Unfinished>,
}

/// The best model against a lower one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Against {
    /// The best model's id.
    pub best: String,
    /// The other model's id.
    pub other: String,
    /// The best one minus the lower one.
    pub difference: Difference,
}

impl Analysis {
    /// Analyses `outcomes`.
    ///
    /// # Errors
    /// If the outcomes do not belong together.
    pub fn of(outcomes: &Outcomes<'_>) -> Result<Self, AnalysisError> {
        Self::resampled(outcomes, recur_stats::RESAMPLES)
    }

    /// As [`Analysis::of`], with another number of resamples of the bootstrap than the usual 10,000.
    ///
    /// # Errors
    /// As [`Analysis::of`].
    ///
    /// # Panics
    /// If `n_resamples` is zero.
    pub fn resampled(outcomes: &Outcomes<'_>, n_resamples: usize) -> Result<Self, AnalysisError> {
        assert!(n_resamples > 0, "no resamples");
        check(outcomes)?;
        Ok(Self::new(&Ranked::new(outcomes, n_resamples)))
    }

    fn new(ranked: &Ranked<'_>) -> Self {
        let (outcomes, plan) = (ranked.outcomes, ranked.outcomes.plan);
        let models: Vec<Model> = (0..ranked.models.len()).map(|model| Model::of(ranked, model)).collect();
        let axes = axes(ranked);
        let effects = effects(ranked, &axes);
        let best = ranked.ranking.first().map(|best| &models[*best]);
        Self {
            experiment: plan.name.clone(),
            question: plan.question.clone(),
            noun: plan.report.noun.clone(),
            primary: ranked.primary,
            baseline: plan.report.baseline.clone(),
            seed: plan.seed,
            replicates: plan.replicates,
            settings: Settings::of(ranked),
            data: Data::of(ranked),
            facts: outcomes.facts.clone(),
            unused: outcomes.unused.to_vec(),
            sees_validation: outcomes.sees_validation.to_vec(),
            comparison: outcomes.comparison.cloned(),
            method: Method::of(ranked),
            verdict: Verdict::of(ranked),
            best_against: best_against(ranked),
            ensembles: Ensembles::of(ranked),
            equivalence: Equivalence::of(ranked),
            per_example: PerExample::of_best(ranked),
            per_example_to_baseline: to_baseline(ranked),
            not_averaged: not_averaged(ranked),
            pair_effects: pair_effects(ranked, &effects),
            importance: (0..models.len()).filter_map(|model| Importance::of(ranked, model)).collect(),
            without_effect: plan.without_effect.clone(),
            stages: outcomes.stages.to_vec(),
            searches: Search::all(ranked),
            configurations: ConfigurationResult::all(ranked),
            curves: (0..models.len()).filter_map(|model| Curve::of(ranked, model)).collect(),
            configuration_curves: ConfigurationCurve::all(ranked),
            training_lengths: lengths(ranked),
            reliability: Reliability::all(ranked),
            not_dominated: not_dominated(ranked, &models),
            label_differences: LabelDifferences::of(ranked),
            positive: Positive::of(ranked),
            mistakes: best.map(|best| mistakes(ranked, &best.confusion)).unwrap_or_default(),
            hard_examples: HardExamples::of(ranked),
            trials: trials(ranked),
            unfinished: unfinished(ranked),
            ranking: ranked.ranking.clone(),
            effects,
            axes,
            models,
        }
    }

    /// All metrics, the primary one first.
    pub fn metrics(&self) -> Vec<Metric> {
        let others = Metric::ALL.into_iter().filter(|metric| *metric != self.primary);
        std::iter::once(self.primary).chain(others).collect()
    }

    /// The best tested model.
    pub fn best(&self) -> Option<&Model> {
        self.ranking.first().map(|model| &self.models[*model])
    }

    /// The models that were tested on every replicate, best first.
    pub fn ranked(&self) -> impl Iterator<Item = &Model> {
        self.ranking.iter().map(|model| &self.models[*model])
    }

    /// The models, best first, those that are not ranked last.
    pub fn in_order(&self) -> impl Iterator<Item = &Model> {
        self.ranked().chain(self.models.iter().filter(|model| !model.is_ranked()))
    }

    /// The model that is called `id`, with its place in the order of the spec.
    pub fn model(&self, id: &str) -> Option<(usize, &Model)> {
        self.models.iter().enumerate().find(|(_, model)| model.model == id)
    }

    /// The baseline, if it is one of the models.
    pub fn baseline(&self) -> Option<&Model> {
        self.model(self.baseline.as_deref()?).map(|(_, model)| model)
    }

    /// Whether all replicates are tested on the same rows.
    pub fn has_fixed_test(&self) -> bool {
        self.settings.split.test_rows == TestRows::Fixed
    }

    /// Whether validation results chose the baseline, and nobody named it beforehand.
    pub fn baseline_is_chosen(&self) -> bool {
        self.comparison.as_ref().is_some_and(|facts| facts.baseline_is_chosen)
    }

    /// The configurations of a model, in the order of the plan.
    pub fn configurations_of<'s>(&'s self, id: &'s str) -> impl Iterator<Item = &'s ConfigurationResult> {
        self.configurations.iter().filter(move |configuration| configuration.model == id)
    }

    /// The trial of a configuration and a replicate, if it ended.
    pub fn trial(&self, configuration: usize, replicate: u32) -> Option<&TrialResult> {
        let place = |trial: &TrialResult| (trial.configuration, trial.replicate);
        let found = self.trials.binary_search_by_key(&(configuration, replicate), place);
        found.ok().map(|index| &self.trials[index])
    }
}

/// The verdict on each model of `outcomes`, in the order of the spec: what takes least to compute of an analysis.
///
/// # Errors
/// As [`Analysis::of`].
pub fn standings(outcomes: &Outcomes<'_>, n_resamples: usize) -> Result<Vec<(String, Standing)>, AnalysisError> {
    check(outcomes)?;
    let ranked = Ranked::new(outcomes, n_resamples);
    let of = |model: usize| (ranked.models[model].id.to_owned(), Standing::of(&ranked, model));
    Ok((0..ranked.models.len()).map(of).collect())
}

fn best_against(ranked: &Ranked<'_>) -> Vec<Against> {
    let Some(best) = ranked.best() else { return Vec::new() };
    let against = |(other, compared): &(usize, _)| Against {
        best: best.id.to_owned(),
        other: ranked.models[*other].id.to_owned(),
        difference: Difference::of(ranked, compared),
    };
    ranked.best_against.iter().map(against).collect()
}

/// See [`Analysis::not_dominated`]: in the order of the ranking, each smaller than all before it.
fn not_dominated(ranked: &Ranked<'_>, models: &[Model]) -> Vec<String> {
    let mut least = u64::MAX;
    let mut found = Vec::new();
    for model in ranked.ranking.iter().map(|model| &models[*model]) {
        let score = model.test(ranked.primary).and_then(|test| test.mean).filter(|score| score.is_finite());
        let size = model.parameters.filter(|n| *n > 0 && score.is_some());
        if let Some(size) = size.filter(|size| *size < least) {
            least = size;
            found.push(model.model.clone());
        }
    }
    found
}
