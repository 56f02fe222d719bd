//! One label that is looked for, against all others: curves and figures that depend on no threshold, and one that is chosen.

use crate::difference::Sample;
use crate::outcomes::Outcomes;
use crate::ranked::{Ranked, RankedModel};
use crate::summary::Summary;
use recur_core::record::TestRecord;
use recur_stats::{AtThreshold, ScoredRows};
use serde::Serialize;

/// Points of a mean curve: one for each per cent.
const POINTS: usize = 101;

/// One label that is looked for, against all others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Positive {
    /// The label.
    pub label: String,
    /// Whether the spec names it; else it is the rarer one of two.
    pub is_given: bool,
    /// Its share of the test rows: a mean over replicates.
    pub share: f64,
    /// The precision at which recall is given.
    pub precision: f64,
    /// The ranked models, best first.
    pub models: Vec<PositiveResults>,
}

/// What one model makes of the label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PositiveResults {
    /// The model's id.
    pub model: String,
    /// The area under the ROC curve, 0 to 1; 0.5 is chance.
    pub roc_auc: Summary,
    /// Average precision, 0 to 1; the label's share is chance.
    pub average_precision: Summary,
    /// F1 of the label, 0 to 1, where each row is predicted to have its most probable label.
    pub f1: Summary,
    /// The probability of the label from which on rows are predicted to have it: that with the highest F1 on validation. Empty
    /// with more than two labels.
    pub threshold: Summary,
    /// F1 of the label, 0 to 1, with that threshold.
    pub f1_at_threshold: Summary,
    /// The highest recall, 0 to 1, at any threshold with at least [`Positive::precision`].
    pub recall_at_precision: Summary,
    /// Recall by rate of false positives, 0 to 1.
    pub roc: MeanCurve,
    /// Precision by recall, 0 to 1.
    pub precision_recall: MeanCurve,
}

/// The mean of a curve over replicates, at equal distances from 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MeanCurve {
    /// The mean; empty where no replicate has a curve.
    pub mean: Vec<f64>,
    /// The sample standard deviation over replicates, at the same places; empty below two.
    pub sd: Vec<f64>,
}

impl Positive {
    pub(crate) fn of(ranked: &Ranked<'_>) -> Option<Self> {
        let best = ranked.best()?;
        let Outcomes { plan, label_names: names, facts, .. } = ranked.outcomes;
        let label = plan.report.positive_among(names, &facts.rows_by_label)?;
        let shares: Vec<f64> = best.tests.iter().filter_map(|test| share(test, label)).collect();
        Some(Self {
            label: names[label].clone(),
            is_given: plan.report.positive.is_some(),
            share: recur_stats::mean(&shares)?,
            precision: ranked.outcomes.plan.report.recall_at_precision,
            models: ranked.ranking.iter().map(|model| results(ranked, &ranked.models[*model], label)).collect(),
        })
    }
}

fn share(test: &TestRecord, label: usize) -> Option<f64> {
    let n = test.predictions.iter().filter(|prediction| usize::from(prediction.label) == label).count();
    (!test.predictions.is_empty()).then(|| n as f64 / test.predictions.len() as f64)
}

/// What the test rows of one replicate say.
struct OfReplicate {
    rows: Option<ScoredRows>,
    /// F1 where each row has its most probable label.
    f1: Option<f64>,
    /// The log-probability from which on rows are predicted positive.
    threshold: Option<f32>,
}

impl OfReplicate {
    fn of(test: &TestRecord, label: usize) -> Self {
        let is_positive = |truth: u16| usize::from(truth) == label;
        let rows = test.predictions.iter().map(|p| (p.log_probabilities[label], is_positive(p.label)));
        let count = |wanted: fn(bool, bool) -> bool| {
            let found = |p: &&recur_core::record::Prediction| wanted(is_positive(p.label), is_positive(p.predicted));
            test.predictions.iter().filter(found).count() as u64
        };
        let predicted = AtThreshold {
            threshold: 0.0,
            true_positives: count(|truth, predicted| truth && predicted),
            false_positives: count(|truth, predicted| !truth && predicted),
        };
        let rows = ScoredRows::of(rows);
        Self {
            f1: rows.as_ref().and_then(|rows| rows.f1(predicted)),
            threshold: test.thresholds.and_then(|both| both.get(label).copied()),
            rows,
        }
    }

    fn f1_at_threshold(&self) -> Option<f64> {
        let rows = self.rows.as_ref()?;
        rows.f1(rows.at(self.threshold?))
    }
}

fn results(ranked: &Ranked<'_>, model: &RankedModel<'_>, label: usize) -> PositiveResults {
    let replicates: Vec<OfReplicate> = model.tests.iter().map(|test| OfReplicate::of(test, label)).collect();
    let summary = |value: &dyn Fn(&OfReplicate) -> Option<f64>| {
        let values: Vec<Option<f64>> = replicates.iter().map(value).collect();
        let known: Option<Vec<f64>> = values.iter().copied().collect();
        // With one test set for all replicates only the primary metric has an interval.
        let known = known.filter(|_| !ranked.has_fixed_test());
        let sample = known.as_deref().map(|by_replicate| Sample { by_replicate, resampled: &[] });
        let interval = sample.and_then(|sample| ranked.interval_within((0.0, 1.0), sample));
        Summary { interval, ..Summary::of(values) }
    };
    let of_rows = |value: &dyn Fn(&ScoredRows) -> Option<f64>| summary(&|own| value(own.rows.as_ref()?));
    let precision = ranked.outcomes.plan.report.recall_at_precision;
    let curve = |of: fn(&ScoredRows) -> Option<Vec<f64>>| mean_curve(&replicates, of);
    PositiveResults {
        model: model.id.to_owned(),
        roc_auc: of_rows(&ScoredRows::roc_auc),
        average_precision: of_rows(&ScoredRows::average_precision),
        f1: summary(&|own| own.f1),
        threshold: Summary { interval: None, ..summary(&|own| Some(libm::exp(f64::from(own.threshold?)))) },
        f1_at_threshold: summary(&OfReplicate::f1_at_threshold),
        recall_at_precision: of_rows(&|rows| rows.recall_at_precision(precision)),
        roc: curve(roc),
        precision_recall: curve(precision_recall),
    }
}

fn place(point: usize) -> f64 {
    point as f64 / (POINTS - 1) as f64
}

/// Recall by rate of false positives, straight from each threshold to the next.
fn roc(rows: &ScoredRows) -> Option<Vec<f64>> {
    let points: Option<Vec<(f64, f64)>> =
        rows.thresholds().iter().map(|at| Some((rows.false_positive_rate(*at)?, rows.recall(*at)?))).collect();
    let points: Vec<(f64, f64)> = std::iter::once((0.0, 0.0)).chain(points?).collect();
    let at = |x: f64| {
        let after = points.partition_point(|(rate, _)| *rate <= x);
        let (from, to) = (points[after - 1], points.get(after).copied());
        to.map_or(from.1, |to| from.1 + (to.1 - from.1) * (x - from.0) / (to.0 - from.0))
    };
    Some((0..POINTS).map(|point| at(place(point))).collect())
}

/// The precision at the first threshold that reaches a recall.
fn precision_recall(rows: &ScoredRows) -> Option<Vec<f64>> {
    let all = rows.thresholds();
    let recalls: Vec<f64> = all.iter().map(|at| rows.recall(*at)).collect::<Option<Vec<f64>>>()?;
    let at = |x: f64| all[recalls.partition_point(|recall| *recall < x).min(all.len() - 1)].precision();
    (!all.is_empty()).then(|| (0..POINTS).map(|point| at(place(point))).collect())
}

fn mean_curve(replicates: &[OfReplicate], of: fn(&ScoredRows) -> Option<Vec<f64>>) -> MeanCurve {
    let curves: Vec<Vec<f64>> = replicates.iter().filter_map(|own| of(own.rows.as_ref()?)).collect();
    let at = |point: usize| -> Vec<f64> { curves.iter().map(|curve| curve[point]).collect() };
    let points = || (0..POINTS).map(at);
    MeanCurve {
        mean: points().filter_map(|values| recur_stats::mean(&values)).collect(),
        sd: points().filter_map(|values| recur_stats::standard_deviation(&values)).collect(),
    }
}
