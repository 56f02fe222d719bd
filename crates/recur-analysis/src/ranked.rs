//! What all parts of an analysis share: models in order, and which differ from which.

use crate::difference::{self, Basis, CONFIDENCE, Compared, Sample, compare};
use crate::outcomes::{Outcomes, ReplicateSplit};
use crate::tally::Tally;
use recur_core::metric::{Metric, Requested};
use recur_core::plan::Configuration;
use recur_core::random::StreamPath;
use recur_core::record::{Prediction, TestRecord};
use recur_core::selection::{Chosen, TrialOutcome};
use recur_core::settings::{Division, TestRows};
use recur_core::trial::TrialId;
use recur_stats::{Answers, Confusion, Estimate, GroupResamples, Interval, LabelCounts, OnRequest, mean};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Test rows from which on equal answers to all of them say something of a model.
const FEWEST_ROWS: usize = 20;

/// The outcomes of an experiment, ordered and compared.
pub(crate) struct Ranked<'a> {
    /// What it is made from.
    pub(crate) outcomes: &'a Outcomes<'a>,
    /// Resamples of a bootstrap.
    pub(crate) n_resamples: usize,
    /// The metric to rank by.
    pub(crate) primary: Metric,
    /// One entry a model, in the order of the spec.
    pub(crate) models: Vec<RankedModel<'a>>,
    /// The models that were tested on every replicate, as indices into `models`, best first.
    pub(crate) ranking: Vec<usize>,
    /// The best model against each lower one of the ranking, in its order; corrected over all pairs of ranked models.
    pub(crate) best_against: Vec<(usize, Compared)>,
    /// Each other ranked model against the baseline, by model; corrected over these only. Empty where the baseline was not
    /// tested.
    pub(crate) to_baseline: BTreeMap<usize, Compared>,
    trials: BTreeMap<(usize, u32), &'a TrialOutcome>,
}

/// What became of one model.
pub(crate) struct RankedModel<'a> {
    pub(crate) id: &'a str,
    pub(crate) choice: &'a Chosen,
    /// The configuration with the best mean on validation.
    pub(crate) chosen: Option<usize>,
    /// The test results of the chosen configurations: one a replicate, in order, or none at all.
    pub(crate) tests: Vec<&'a TestRecord>,
    /// With a fixed test set, the mean of the primary metric on each resample of its groups; else empty.
    pub(crate) resampled: Vec<f64>,
    /// How the trials of all its configurations ended.
    pub(crate) tally: Tally,
}

/// Labels that the results do not cover, or not on every replicate.
#[derive(Debug, Default)]
pub(crate) struct LabelsWithoutRows {
    /// Without a test row on any replicate.
    pub(crate) never_tested: Vec<String>,
    /// Without a test row on some replicates.
    pub(crate) sometimes_untested: Vec<String>,
    /// With test rows and without training rows on some replicate.
    pub(crate) untrained: Vec<String>,
}

impl<'a> Ranked<'a> {
    /// Orders and compares the outcomes.
    pub(crate) fn new(outcomes: &'a Outcomes<'a>, n_resamples: usize) -> Self {
        let trials: BTreeMap<(usize, u32), &TrialOutcome> =
            outcomes.trials.iter().map(|f| ((f.trial.configuration, f.trial.replicate), f)).collect();
        let mut ranked = Self {
            outcomes,
            n_resamples,
            primary: outcomes.selection.metric(),
            models: Vec::new(),
            ranking: Vec::new(),
            best_against: Vec::new(),
            to_baseline: BTreeMap::new(),
            trials,
        };
        ranked.models = ranked.model_results();
        ranked.ranking = ranked.rank();
        ranked.resample();
        ranked.best_against = ranked.compare_best();
        ranked.to_baseline = ranked.compare_to_baseline();
        ranked
    }

    /// The outcome of a trial, if it ended.
    pub(crate) fn outcome(&self, configuration: usize, replicate: u32) -> Option<&'a TrialOutcome> {
        self.trials.get(&(configuration, replicate)).copied()
    }

    /// The validation result of a trial by the primary metric, or what it was after some epochs.
    pub(crate) fn validation_after(&self, configuration: usize, replicate: u32, epochs: Option<u32>) -> Option<f64> {
        Some(self.outcome(configuration, replicate)?.record.validation_after(epochs)?.get(self.primary))
    }

    /// The outcomes of a configuration, by replicate.
    pub(crate) fn outcomes_of(&self, configuration: usize) -> impl Iterator<Item = &'a TrialOutcome> {
        (0..self.outcomes.plan.replicates).filter_map(move |replicate| self.outcome(configuration, replicate))
    }

    /// The configurations of a model with their indices, in the order of the plan.
    pub(crate) fn configurations_of(&self, id: &str) -> impl Iterator<Item = (usize, &'a Configuration)> {
        self.outcomes.plan.configurations.iter().enumerate().filter(move |(_, configuration)| configuration.model == id)
    }

    /// How the trials of one configuration ended.
    pub(crate) fn tally(&self, configuration: usize) -> Tally {
        let mut tally =
            Tally { planned: u64::from(self.outcomes.planned(configuration).replicates), ..Tally::default() };
        self.outcomes_of(configuration).for_each(|outcome| tally.count(&outcome.record.outcome));
        tally
    }

    /// The baseline, as an index into `models`.
    pub(crate) fn baseline(&self) -> Option<usize> {
        let id = self.outcomes.plan.report.baseline.as_deref()?;
        self.models.iter().position(|model| model.id == id)
    }

    /// The best tested model.
    pub(crate) fn best(&self) -> Option<&RankedModel<'a>> {
        self.ranking.first().map(|model| &self.models[*model])
    }

    /// The trials that a model is tested by, in order of replicate.
    pub(crate) fn chosen_outcomes(&self, model: &RankedModel<'_>) -> Vec<&'a TrialOutcome> {
        let chosen = (0..).zip(&model.choice.by_replicate);
        chosen.filter_map(|(replicate, index)| self.outcome((*index)?, replicate)).collect()
    }

    /// The ids of the trials that a model is tested by, in order of replicate.
    pub(crate) fn chosen_trials(&self, model: &RankedModel<'_>) -> Vec<&'a TrialId> {
        self.chosen_outcomes(model).into_iter().map(|outcome| &outcome.trial.id).collect()
    }

    /// The number of parameters of the trials that a model is tested by: the largest, if there is any record.
    pub(crate) fn n_parameters(&self, model: &RankedModel<'_>) -> Option<u64> {
        self.chosen_outcomes(model).into_iter().map(|outcome| outcome.record.n_parameters).max()
    }

    /// Whether all replicates are tested on the same rows.
    pub(crate) fn has_fixed_test(&self) -> bool {
        self.outcomes.plan.split.test_rows == TestRows::Fixed
    }

    /// Labels that some replicate does not test, or tests without having trained on them.
    pub(crate) fn labels_without_rows(&self) -> LabelsWithoutRows {
        let Some(best) = self.best() else { return LabelsWithoutRows::default() };
        let splits = self.outcomes.splits.iter();
        let tested: BTreeSet<u16> =
            best.tests.iter().flat_map(|test| &test.predictions).map(|prediction| prediction.label).collect();
        let all: BTreeSet<u16> = (0..self.outcomes.label_names.len()).map(|label| label as u16).collect();
        let sometimes: BTreeSet<u16> = splits.clone().flat_map(|split| &split.untested_labels).copied().collect();
        let untrained: BTreeSet<u16> = splits.flat_map(|split| &split.untrained_labels).copied().collect();
        let names = |labels: BTreeSet<u16>| -> Vec<String> {
            labels.into_iter().map(|label| self.outcomes.label_names[usize::from(label)].clone()).collect()
        };
        LabelsWithoutRows {
            never_tested: names(&all - &tested),
            sometimes_untested: names(&sometimes & &tested),
            untrained: names(untrained),
        }
    }

    /// The share of a model's test rows that the best answer to each exact text could get right: for each text its commonest
    /// label among the rows tested, as a mean over replicates.
    pub(crate) fn test_ceiling(&self) -> Option<f64> {
        let ceiling = |test: &&TestRecord| {
            let mut labels_of: BTreeMap<&str, BTreeMap<u16, u64>> = BTreeMap::new();
            for prediction in &test.predictions {
                *labels_of.entry(&prediction.text).or_default().entry(prediction.label).or_default() += 1;
            }
            let right: u64 = labels_of.values().filter_map(|labels| labels.values().max()).sum();
            (!test.predictions.is_empty()).then(|| right as f64 / test.predictions.len() as f64)
        };
        mean(&self.best()?.tests.iter().map(ceiling).collect::<Option<Vec<f64>>>()?)
    }

    /// The primary metric, where it is one on request.
    pub(crate) fn on_request(&self) -> Option<OnRequest> {
        let Outcomes { plan, label_names, facts, .. } = self.outcomes;
        let Requested { metric, positive, precision } = plan.report.requested(label_names, &facts.rows_by_label)?;
        let positive = positive.and_then(|positive| label_names.iter().position(|name| *name == positive));
        OnRequest::named(metric.name(), positive, precision)
    }

    /// The results of a ranked model that are compared.
    pub(crate) fn sample<'s>(&'s self, model: usize, by_replicate: &'s [f64]) -> Sample<'s> {
        Sample { by_replicate, resampled: &self.models[model].resampled }
    }

    /// The interval (95 %) of the mean of a model's test results; `None` where it cannot be computed. With a fixed test set only
    /// the primary metric has one.
    pub(crate) fn mean_interval(&self, model: &RankedModel<'_>, metric: Metric) -> Option<Interval> {
        if self.has_fixed_test() && metric != self.primary {
            return None;
        }
        self.interval_of(metric, Sample { by_replicate: &model.test(metric), resampled: &model.resampled })
    }

    /// The interval (95 %) of the mean of `sample`; `None` where it cannot be computed.
    pub(crate) fn interval_of(&self, metric: Metric, sample: Sample<'_>) -> Option<Interval> {
        self.interval_within(metric.about().bounds, sample)
    }

    /// The same of any value that lies within `low` and `high`.
    pub(crate) fn interval_within(&self, (low, high): (f64, f64), sample: Sample<'_>) -> Option<Interval> {
        let estimate: Estimate = self.test_basis().mean(sample)?;
        estimate.has_spread().then(|| estimate.interval(CONFIDENCE).clipped(low, high))
    }

    fn model_results(&self) -> Vec<RankedModel<'a>> {
        let tests: BTreeMap<&TrialId, &TestRecord> = self.outcomes.tests.iter().map(|test| (&test.id, test)).collect();
        let result = |chosen: &'a Chosen| {
            let tested = |(replicate, index): (u32, &Option<usize>)| self.outcome((*index)?, replicate);
            let found = (0..).zip(&chosen.by_replicate).filter_map(tested);
            let found: Vec<&TestRecord> = found.filter_map(|f| tests.get(&f.trial.id).copied()).collect();
            let complete = found.len() == self.outcomes.plan.replicates as usize;
            RankedModel {
                id: &chosen.model,
                choice: chosen,
                chosen: chosen.configuration,
                tests: if complete { found } else { Vec::new() },
                resampled: Vec::new(),
                tally: self.configurations_of(&chosen.model).map(|(index, _)| self.tally(index)).sum(),
            }
        };
        self.outcomes.selection.chosen().iter().map(result).collect()
    }

    fn rank(&self) -> Vec<usize> {
        let score = |model: usize| mean(&self.models[model].test(self.primary)).unwrap_or(f64::NAN);
        let mut ranking: Vec<usize> = (0..self.models.len()).filter(|m| !self.models[*m].tests.is_empty()).collect();
        // A stable sort: of equals the first in the spec leads.
        ranking.sort_by(|a, b| best_first(self.primary, score(*a), score(*b)));
        ranking
    }

    /// How often the groups of a fixed test set are resampled, fewer times where there are many models: the standard error is
    /// then known to within 2 %, and within 4 % for 50 models or more and for means over labels that take an order of the rows.
    pub(crate) fn n_group_resamples(&self) -> usize {
        let affordable = 20_000 / self.ranking.len().max(1);
        // A mean over labels that follows from no counts takes an order of the rows for each label.
        let is_slow = self.on_request().is_some_and(|metric| metric.is_over_labels());
        affordable.clamp(400, if is_slow { 400 } else { 2_000 }).min(self.n_resamples)
    }

    /// With a fixed test set, the means of the ranked models on resamples of its groups, the same for all models.
    fn resample(&mut self) {
        if !self.has_fixed_test() {
            return;
        }
        let mut resamples = TestResamples::default();
        for model in self.ranking.clone() {
            let predictions: Vec<&[Prediction]> =
                self.models[model].tests.iter().map(|test| test.predictions.as_slice()).collect();
            let resampled = resamples.of(self, model).map(|drawn| resampled_means(self, drawn, &predictions));
            self.models[model].resampled = resampled.unwrap_or_default();
        }
    }

    /// How the rows of a model's data set are divided.
    pub(crate) fn splits_of(&self, model: usize) -> &'a [ReplicateSplit] {
        let outcome = self.chosen_outcomes(&self.models[model]).into_iter().next();
        let dataset = outcome.map(|outcome| &outcome.record.identity.dataset);
        let encodings = self.outcomes.comparison.map(|facts| facts.different_encodings.as_slice()).unwrap_or_default();
        let encoding = encodings.iter().find(|encoding| Some(&encoding.dataset) == dataset);
        encoding.map_or(self.outcomes.splits, |encoding| &encoding.splits)
    }

    /// What results on test rows depend on.
    pub(crate) fn test_basis(&self) -> Basis {
        let sizes = self.outcomes.sizes();
        if !self.has_fixed_test() {
            return Basis::Resampled { train: sizes.train, scored: sizes.test };
        }
        let groups: BTreeSet<u32> =
            self.outcomes.splits.first().into_iter().flat_map(|split| &split.test_groups).copied().collect();
        let held_out = if self.has_published_validation() { 0 } else { sizes.validation };
        Basis::Fixed { train: sizes.train, held_out, groups: groups.len() }
    }

    /// What results on validation rows depend on.
    pub(crate) fn validation_basis(&self) -> Basis {
        let sizes = self.outcomes.sizes();
        Basis::Resampled { train: sizes.train, scored: sizes.validation }
    }

    /// Whether the data says which rows are validation rows.
    pub(crate) fn has_published_validation(&self) -> bool {
        let is_published = matches!(self.outcomes.plan.split.division, Division::Published { .. });
        is_published && self.outcomes.facts.published.is_some_and(|published| published.rows[1] > 0)
    }

    /// The best model against each lower one, whatever is the baseline; see [`difference::best_against`].
    fn compare_best(&self) -> Vec<(usize, Compared)> {
        let scores: Vec<Vec<f64>> = self.ranking.iter().map(|model| self.models[*model].test(self.primary)).collect();
        let samples: Vec<Sample<'_>> =
            self.ranking.iter().zip(&scores).map(|(model, scores)| self.sample(*model, scores)).collect();
        let differences = difference::best_against(&samples, self.primary, self.test_basis());
        self.ranking.iter().copied().skip(1).zip(differences).collect()
    }

    /// Each ranked model against the baseline: comparisons that the spec names, so only these are corrected for, unless results
    /// chose the baseline.
    fn compare_to_baseline(&self) -> BTreeMap<usize, Compared> {
        let Some(baseline) = self.baseline().filter(|model| self.ranking.contains(model)) else {
            return BTreeMap::new();
        };
        let others: Vec<usize> = self.ranking.iter().copied().filter(|model| *model != baseline).collect();
        let of_baseline = self.models[baseline].test(self.primary);
        let scores: Vec<Vec<f64>> = others.iter().map(|other| self.models[*other].test(self.primary)).collect();
        let samples: Vec<Sample<'_>> =
            others.iter().zip(&scores).map(|(model, scores)| self.sample(*model, scores)).collect();
        let second = self.sample(baseline, &of_baseline);
        let mut pairs: Vec<(Sample<'_>, Sample<'_>)> = samples.iter().map(|first| (*first, second)).collect();
        if self.outcomes.comparison.is_some_and(|facts| facts.baseline_is_chosen) {
            pairs.extend(difference::pairs(&samples));
        }
        others.into_iter().zip(compare(&pairs, self.primary, self.test_basis())).collect()
    }
}

impl RankedModel<'_> {
    /// The labels that the model gives all test rows of a replicate, if on each replicate it gives them one and the same.
    pub(crate) fn constant_answers(&self) -> Option<BTreeSet<u16>> {
        let of_test = |test: &&TestRecord| {
            let first = test.predictions.first().filter(|_| test.predictions.len() >= FEWEST_ROWS)?.predicted;
            // Where all rows have that label, the answers do not show what the model says to others.
            let differs = test.predictions.iter().any(|prediction| prediction.label != first);
            let is_constant = test.predictions.iter().all(|prediction| prediction.predicted == first);
            (differs && is_constant).then_some(first)
        };
        self.tests.iter().map(of_test).collect::<Option<BTreeSet<u16>>>().filter(|labels| !labels.is_empty())
    }

    /// Test results of the chosen configurations, by replicate.
    pub(crate) fn test(&self, metric: Metric) -> Vec<f64> {
        self.tests.iter().map(|test| test.scores.get(metric)).collect()
    }

    /// The sum of the confusion matrices of all replicates.
    pub(crate) fn summed_confusion(&self, n_labels: usize) -> Confusion {
        let mut sum = Confusion::new(n_labels);
        self.tests.iter().for_each(|test| sum.add(&confusion(&test.predictions, n_labels)));
        sum
    }
}

/// Resamples of the groups of a fixed test set: drawn once for all models, unless the rows of some are in another order.
#[derive(Debug, Default)]
pub(crate) struct TestResamples<'a> {
    drawn: BTreeMap<&'a [u32], GroupResamples>,
}

impl<'a> TestResamples<'a> {
    /// Those for the test rows of a ranked model.
    pub(crate) fn of(&mut self, ranked: &Ranked<'a>, model: usize) -> Option<&GroupResamples> {
        let groups = ranked.splits_of(model).first()?.test_groups.as_slice();
        let resamples = self.drawn.entry(groups).or_insert_with(|| {
            let mut stream = StreamPath::root(ranked.outcomes.plan.seed).child("report/test-groups").stream();
            GroupResamples::new(groups, ranked.n_group_resamples(), || stream.next_u32())
        });
        Some(resamples)
    }
}

/// The mean of the primary metric of `predictions` (r, N) on each of `resamples`.
pub(crate) fn resampled_means(
    ranked: &Ranked<'_>,
    resamples: &GroupResamples,
    predictions: &[&[Prediction]],
) -> Vec<f64> {
    let Some(first) = predictions.first() else { return Vec::new() };
    let n_labels = ranked.outcomes.label_names.len();
    if let Some(on_request) = ranked.on_request() {
        let answers: Vec<(Vec<f32>, Vec<u16>)> = predictions.iter().map(|rows| answers(rows)).collect();
        let answers: Vec<Answers<'_>> =
            answers.iter().map(|(log_probs, labels)| Answers::new(log_probs, labels, n_labels)).collect();
        return on_request.resampled(resamples, &answers);
    }
    match LabelCounts::metric(ranked.primary.name()) {
        Some(of_counts) => {
            let truths: Vec<u16> = first.iter().map(|prediction| prediction.label).collect();
            let predicted = |rows: &&[Prediction]| rows.iter().map(|p| p.predicted).collect::<Vec<u16>>();
            let predicted: Vec<Vec<u16>> = predictions.iter().map(predicted).collect();
            let predicted: Vec<&[u16]> = predicted.iter().map(Vec::as_slice).collect();
            resamples.mean_metric(n_labels, &truths, &predicted, of_counts)
        }
        // The loss: a test checks that all other metrics of every trial follow from counts.
        None => {
            let loss = |rows: &&[Prediction]| rows.iter().map(|p| -f64::from(p.label_log_probability)).collect();
            let losses: Vec<Vec<f64>> = predictions.iter().map(loss).collect();
            resamples.mean_of_rows(&losses.iter().map(Vec::as_slice).collect::<Vec<_>>())
        }
    }
}

/// The log-probabilities (N, C) and the labels (N) of predictions.
pub(crate) fn answers(predictions: &[Prediction]) -> (Vec<f32>, Vec<u16>) {
    let log_probabilities = predictions.iter().flat_map(|p| p.log_probabilities.iter().copied()).collect();
    (log_probabilities, predictions.iter().map(|p| p.label).collect())
}

/// Which of two results comes first: the better one, and what is not a number last.
pub(crate) fn best_first(metric: Metric, a: f64, b: f64) -> Ordering {
    match (a, b) {
        (a, b) if metric.better(a, b) => Ordering::Less,
        (a, b) if metric.better(b, a) => Ordering::Greater,
        (a, b) => a.is_nan().cmp(&b.is_nan()),
    }
}

/// The confusion matrix of predictions, with `n_labels` labels.
pub(crate) fn confusion(predictions: &[Prediction], n_labels: usize) -> Confusion {
    let pair = |prediction: &Prediction| (prediction.label, prediction.predicted);
    Confusion::of(n_labels, predictions.iter().map(pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_but_the_loss_follows_from_counts() {
        let of_counts = Metric::ALL.into_iter().filter(|metric| LabelCounts::metric(metric.name()).is_some());
        assert!(of_counts.eq(Metric::ALL.into_iter().filter(|metric| *metric != Metric::Loss)));
    }
}
