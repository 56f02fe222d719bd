//! The results of one model.

use crate::difference::{CONFIDENCE, Compared};
use crate::practical;
use crate::ranked::{Ranked, RankedModel, confusion};
use crate::standing::Standing;
use crate::summary::{Summary, cells, ends};
use crate::tally::Tally;
use recur_core::metric::Metric;
use recur_core::params::Params;
use recur_core::plan::Configuration;
use recur_core::record::{Prediction, TestRecord};
use recur_core::trial::TrialId;
use recur_stats::{
    CALIBRATION_BINS, Confusion, Estimate, Interval, LabelScores, Practical, ScoredRows, brier_score,
    expected_calibration_error, f1_variances, mean, one_against_rest, top_k_accuracy,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Labels among which the true one has to be for the top-k accuracy.
pub const TOP_K: usize = 3;

/// The results of one model.
#[derive(Clone, Debug, Serialize)]
pub struct Model {
    /// Its id; in a comparison of experiments, its label.
    pub model: String,
    /// Its place among the ranked models, from 1.
    pub rank: Option<usize>,
    /// Where it is among them.
    pub standing: Standing,
    /// The configuration with the best mean on validation, which `recur predict` uses, as an index.
    pub configuration: Option<usize>,
    /// The title of that configuration.
    pub title: Option<String>,
    /// The parameters of that configuration.
    pub params: Option<Params>,
    /// The configuration that was tested, by replicate.
    pub tested_configurations: Vec<Option<usize>>,
    /// The labels that the model gives all test rows of a replicate, if on each replicate it gives them only one.
    pub constant_answers: Option<Vec<String>>,
    /// How the trials of all its configurations ended.
    pub trials: Tally,
    /// The number of parameters of the tested trials: the largest.
    pub parameters: Option<u64>,
    /// The tested trials, in order of replicate.
    pub trial_ids: Vec<TrialId>,
    /// Validation results of the tested trials, by metric.
    pub validation: BTreeMap<&'static str, Summary>,
    /// Test results, by metric; none unless every replicate has them.
    pub test: BTreeMap<&'static str, Summary>,
    /// Test results of the trials that could be scored, by metric: only where some were and others were not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub partial_test: BTreeMap<&'static str, Summary>,
    /// It minus the baseline.
    pub to_baseline: Option<Difference>,
    /// The results of each label that has test rows.
    pub labels: Vec<LabelResult>,
    /// How often each label was taken for each other one, over all replicates; empty where the model was not ranked.
    #[serde(serialize_with = "cells")]
    pub confusion: Confusion,
}

/// The results of one label, averaged over the replicates that have test rows of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelResult {
    /// The label's name.
    pub label: String,
    /// Its test rows: a mean over all replicates.
    pub test_rows: f64,
    /// Of the rows predicted to have it, the share that has it.
    pub precision: f64,
    /// Of the rows that have it, the share predicted to have it.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
    /// The interval (95 %) of the mean of `f1`; `None` below two replicates with test rows of the label, or without any spread.
    #[serde(serialize_with = "ends")]
    pub f1_interval: Option<Interval>,
}

/// The mean difference of two models, first minus second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The mean over replicates.
    pub mean: Option<f64>,
    /// Its interval (95 %); `None` without any spread.
    #[serde(serialize_with = "ends")]
    pub interval: Option<Interval>,
    /// The p-value before correction; `None` without any spread.
    pub p: Option<f64>,
    /// The p-value after Holm's correction.
    pub p_holm: Option<f64>,
    /// Over how many comparisons it is corrected.
    pub comparisons: usize,
    /// The standard error of the mean.
    pub standard_error: Option<f64>,
    /// The degrees of freedom of the standard error.
    pub freedom: Option<f64>,
    /// Replicates where the first is better.
    pub wins: u32,
    /// Replicates where both are equal.
    pub ties: u32,
    /// Replicates where the first is worse.
    pub losses: u32,
    /// Whether neither the interval nor the corrected p-value admits zero.
    pub is_significant: bool,
    /// The smallest difference that as many replicates with this spread detect with 80 % power.
    pub smallest_detectable: Option<f64>,
    /// How probable it is that the first is better by more than the margin, equal within it, or worse.
    pub practical: Option<Probabilities>,
}

/// Posterior probabilities of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Probabilities {
    /// The margin of the spec.
    pub margin: f64,
    /// That the first is better by more.
    pub better: f64,
    /// That both are equal within it.
    pub equal: f64,
    /// That the first is worse by more.
    pub worse: f64,
}

impl Difference {
    pub(crate) fn of(ranked: &Ranked<'_>, compared: &Compared) -> Self {
        let [wins, ties, losses] = compared.wins;
        let (comparison, estimate) = (compared.comparison, compared.estimate);
        let practical = ranked.outcomes.plan.report.equivalence_margin.and_then(|margin| {
            let Practical { better, equal, worse } = practical::of(compared, ranked.primary, margin)?;
            Some(Probabilities { margin, better, equal, worse })
        });
        Self {
            mean: estimate.map(|estimate| estimate.mean),
            interval: comparison.map(|comparison| comparison.interval),
            p: comparison.map(|comparison| comparison.p),
            p_holm: comparison.map(|_| compared.adjusted_p),
            comparisons: compared.n_comparisons,
            standard_error: estimate.map(|estimate| estimate.standard_error),
            freedom: estimate.map(|estimate| estimate.freedom),
            wins,
            ties,
            losses,
            is_significant: compared.is_clear(),
            smallest_detectable: compared.smallest_detectable(),
            practical,
        }
    }

    /// The mean where replicates do not differ at all, so that nothing can be tested.
    pub fn without_spread(&self) -> Option<f64> {
        self.mean.filter(|_| self.interval.is_none())
    }
}

impl Model {
    pub(crate) fn of(ranked: &Ranked<'_>, index: usize) -> Self {
        let result = &ranked.models[index];
        let n_labels = ranked.outcomes.label_names.len();
        let label_name = |label: u16| ranked.outcomes.label_names[usize::from(label)].clone();
        let chosen = result.chosen.map(|chosen| &ranked.outcomes.plan.configurations[chosen]);
        Self {
            model: result.id.to_owned(),
            rank: ranked.ranking.iter().position(|model| *model == index).map(|place| place + 1),
            standing: Standing::of(ranked, index),
            configuration: result.chosen,
            title: chosen.map(Configuration::title),
            params: chosen.map(|configuration| configuration.params.clone()),
            tested_configurations: result.choice.by_replicate.clone(),
            constant_answers: result.constant_answers().map(|labels| labels.into_iter().map(label_name).collect()),
            trials: result.tally,
            parameters: ranked.n_parameters(result),
            trial_ids: ranked.chosen_trials(result).into_iter().cloned().collect(),
            validation: validation(ranked, result),
            test: test(ranked, result),
            partial_test: partial_test(ranked, result),
            to_baseline: ranked.to_baseline.get(&index).map(|compared| Difference::of(ranked, compared)),
            labels: labels(ranked, index),
            confusion: if result.tests.is_empty() { Confusion::new(0) } else { result.summed_confusion(n_labels) },
        }
    }

    /// Whether it was tested on every replicate.
    pub fn is_ranked(&self) -> bool {
        self.rank.is_some()
    }

    /// Its results on test; `None` unless every replicate has them.
    pub fn test(&self, metric: Metric) -> Option<&Summary> {
        self.test.get(metric.name())
    }

    /// On how many replicates each configuration was chosen.
    pub fn times_chosen(&self) -> BTreeMap<usize, u32> {
        let mut counts = BTreeMap::new();
        let chosen = self.tested_configurations.iter().flatten();
        chosen.for_each(|configuration| *counts.entry(*configuration).or_default() += 1);
        counts
    }

    /// The configuration that is tested, on however many replicates; `None` if there are several, or none.
    pub fn only_configuration(&self) -> Option<usize> {
        let counts = self.times_chosen();
        if counts.len() == 1 { counts.into_keys().next() } else { None }
    }
}

/// Validation results of the tested trials.
fn validation(ranked: &Ranked<'_>, result: &RankedModel<'_>) -> BTreeMap<&'static str, Summary> {
    let of = |metric: Metric| {
        let value = |(replicate, index): (u32, &Option<usize>)| {
            Some(ranked.outcome((*index)?, replicate)?.record.validation()?.get(metric))
        };
        Summary::of((0..).zip(&result.choice.by_replicate).map(value).collect())
    };
    Metric::shown_with(ranked.primary).map(|metric| (metric.name(), of(metric))).collect()
}

fn test(ranked: &Ranked<'_>, result: &RankedModel<'_>) -> BTreeMap<&'static str, Summary> {
    if result.tests.is_empty() {
        return BTreeMap::new();
    }
    let of = |metric| {
        let values = result.test(metric).into_iter().map(Some).collect();
        (metric.name(), Summary { interval: ranked.mean_interval(result, metric), ..Summary::of(values) })
    };
    // Of two with one name, that of the records has an interval as well.
    of_all_predictions(ranked, result).into_iter().chain(Metric::shown_with(ranked.primary).map(of)).collect()
}

/// See [`Model::partial_test`].
fn partial_test(ranked: &Ranked<'_>, result: &RankedModel<'_>) -> BTreeMap<&'static str, Summary> {
    let find = |index: Option<usize>, replicate| {
        let id = &ranked.outcome(index?, replicate)?.trial.id;
        ranked.outcomes.tests.iter().find(|test| test.id == *id)
    };
    let tests = || (0..).zip(&result.choice.by_replicate).map(|(replicate, index)| find(*index, replicate));
    if !result.tests.is_empty() || tests().all(|test| test.is_none()) {
        return BTreeMap::new();
    }
    let of = |metric: Metric| Summary::of(tests().map(|test| test.map(|test| test.scores.get(metric))).collect());
    Metric::shown_with(ranked.primary).map(|metric| (metric.name(), of(metric))).collect()
}

/// Metrics of a model's predictions besides those of the records.
fn of_all_predictions(ranked: &Ranked<'_>, model: &RankedModel<'_>) -> BTreeMap<&'static str, Summary> {
    let mut values: BTreeMap<&'static str, Vec<Option<f64>>> = BTreeMap::new();
    for test in &model.tests {
        for (name, value) in of_predictions(&test.predictions, ranked.outcomes.label_names.len()) {
            values.entry(name).or_default().push(value);
        }
    }
    values.into_iter().map(|(name, values)| (name, Summary::of(values))).collect()
}

/// Metrics of predictions besides those of the records, with `n_labels` labels.
pub(crate) fn of_predictions(predictions: &[Prediction], n_labels: usize) -> [(&'static str, Option<f64>); 7] {
    let counts = confusion(predictions, n_labels);
    let labels: Vec<u16> = predictions.iter().map(|prediction| prediction.label).collect();
    let log_probabilities: Vec<f32> =
        predictions.iter().flat_map(|prediction| prediction.log_probabilities.iter().copied()).collect();
    let of_labels =
        |metric: fn(&ScoredRows) -> Option<f64>| one_against_rest(&log_probabilities, &labels, n_labels, metric);
    [
        ("top_3_accuracy", top_k_accuracy(predictions.iter().map(|p| usize::from(p.label_rank)), TOP_K)),
        ("balanced_accuracy", counts.balanced_accuracy()),
        ("cohen_kappa", counts.cohen_kappa()),
        ("expected_calibration_error", calibration_error(predictions)),
        ("brier_score", brier_score(&log_probabilities, &labels, n_labels)),
        ("macro_roc_auc", of_labels(ScoredRows::roc_auc)),
        ("macro_average_precision", of_labels(ScoredRows::average_precision)),
    ]
}

fn calibration_error(predictions: &[Prediction]) -> Option<f64> {
    let rows = predictions.iter().map(|p| (p.log_probability, p.predicted == p.label));
    expected_calibration_error(rows, CALIBRATION_BINS)
}

/// The results of each label, averaged over the replicates that have test rows of it.
fn labels(ranked: &Ranked<'_>, index: usize) -> Vec<LabelResult> {
    let (model, names, basis) = (&ranked.models[index], ranked.outcomes.label_names, ranked.test_basis());
    let by_label: Vec<Vec<LabelScores>> =
        model.tests.iter().map(|test| confusion(&test.predictions, names.len()).by_label()).collect();
    let variances = test_variances(ranked, index);
    let label = |(index, label): (usize, &String)| {
        let all: Vec<LabelScores> = by_label.iter().map(|scores| scores[index]).collect();
        let with_rows = |metric: fn(&LabelScores) -> f64| {
            all.iter().filter(|scores| scores.support > 0).map(metric).collect::<Vec<f64>>()
        };
        let f1 = with_rows(|scores| scores.f1);
        let estimate = basis.estimate(&f1, variances.get(index).copied()).filter(Estimate::has_spread);
        Some(LabelResult {
            label: label.clone(),
            test_rows: mean(&all.iter().map(|scores| scores.support as f64).collect::<Vec<_>>())?,
            precision: mean(&with_rows(|scores| scores.precision))?,
            recall: mean(&with_rows(|scores| scores.recall))?,
            f1: mean(&f1)?,
            f1_interval: estimate.map(|estimate| estimate.interval(CONFIDENCE).clipped(0.0, 1.0)),
        })
    };
    names.iter().enumerate().filter_map(label).collect()
}

/// With a fixed test set, the variance over its groups of the F1 of each label; else none.
fn test_variances(ranked: &Ranked<'_>, index: usize) -> Vec<f64> {
    let (tests, split) = (&ranked.models[index].tests, ranked.splits_of(index).first());
    let (Some(first), Some(split)) = (tests.first(), split.filter(|_| ranked.has_fixed_test())) else {
        return Vec::new();
    };
    let truths: Vec<u16> = first.predictions.iter().map(|prediction| prediction.label).collect();
    let predicted = |test: &&TestRecord| test.predictions.iter().map(|prediction| prediction.predicted).collect();
    let predicted: Vec<Vec<u16>> = tests.iter().map(predicted).collect();
    let predicted: Vec<&[u16]> = predicted.iter().map(Vec::as_slice).collect();
    f1_variances(ranked.outcomes.label_names.len(), &split.test_groups, &truths, &predicted)
}
