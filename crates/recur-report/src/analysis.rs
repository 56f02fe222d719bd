//! The figures that the sections share: models in order, and who beats whom.

use crate::axes::{self, Axis};
use crate::comparisons::{self, Basis, Difference, Sample, compare};
use crate::input::{ReplicateSplit, ReportInput};
use crate::numbers::bounds;
use recur_core::metric::Metric;
use recur_core::plan::Configuration;
use recur_core::random::StreamPath;
use recur_core::record::{Outcome, Prediction, TestRecord};
use recur_core::selection::{Chosen, Finding};
use recur_core::settings::{Division, TestRows};
use recur_core::trial::TrialId;
use recur_stats::{Confusion, Estimate, GroupResamples, Interval, LabelCounts, mean};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Test rows from which on equal answers to all of them say something of a model.
const FEWEST_ROWS: usize = 20;

/// The records of a report, ordered and compared.
pub(crate) struct Analysis<'a> {
    /// What the report is made from.
    pub(crate) input: &'a ReportInput<'a>,
    /// Resamples of a bootstrap.
    pub(crate) n_resamples: usize,
    /// The figure to rank by.
    pub(crate) primary: Metric,
    /// One entry a model, in the order of the spec.
    pub(crate) models: Vec<ModelResult<'a>>,
    /// The models that were tested on every replicate, as indices into `models`, best first.
    pub(crate) ranking: Vec<usize>,
    /// The best model against each lower one of the ranking, in its order; corrected over all pairs of ranked models.
    pub(crate) best_against: Vec<(usize, Difference)>,
    /// Each other ranked model against the baseline, by model; corrected over these only. Empty where the baseline was not
    /// tested.
    pub(crate) to_baseline: BTreeMap<usize, Difference>,
    /// What each swept parameter of each model does; all of them are corrected together.
    pub(crate) axes: Vec<Vec<Axis<'a>>>,
    findings: BTreeMap<(usize, u32), &'a Finding>,
}

/// What became of one model.
pub(crate) struct ModelResult<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// What was chosen.
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

/// How some trials ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) planned: u64,
    pub(crate) finished: u64,
    pub(crate) diverged: u64,
    pub(crate) failed: u64,
}

/// Labels that the results do not cover, or not on every replicate.
#[derive(Debug, Default)]
pub(crate) struct LabelsWithoutRows {
    /// Without a test row on any replicate.
    pub never_tested: Vec<String>,
    /// Without a test row on some replicates.
    pub sometimes_untested: Vec<String>,
    /// With test rows and without training rows on some replicate.
    pub untrained: Vec<String>,
}

impl<'a> Analysis<'a> {
    /// Orders and compares the records of `input`.
    pub(crate) fn new(input: &'a ReportInput<'a>, n_resamples: usize) -> Self {
        let findings: BTreeMap<(usize, u32), &Finding> =
            input.findings.iter().map(|f| ((f.trial.configuration, f.trial.replicate), f)).collect();
        let mut analysis = Self {
            input,
            n_resamples,
            primary: input.selection.metric(),
            models: Vec::new(),
            ranking: Vec::new(),
            best_against: Vec::new(),
            to_baseline: BTreeMap::new(),
            axes: Vec::new(),
            findings,
        };
        analysis.models = analysis.model_results();
        analysis.ranking = analysis.rank();
        analysis.resample();
        analysis.best_against = analysis.compare_best();
        analysis.to_baseline = analysis.compare_to_baseline();
        analysis.axes = axes::all_axes(&analysis);
        analysis
    }

    /// All metrics, the primary one first.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let others = Metric::ALL.into_iter().filter(|metric| *metric != self.primary);
        std::iter::once(self.primary).chain(others).collect()
    }

    /// The finding of a trial, if it ended.
    pub(crate) fn finding(&self, configuration: usize, replicate: u32) -> Option<&'a Finding> {
        self.findings.get(&(configuration, replicate)).copied()
    }

    /// The findings of a configuration, by replicate.
    pub(crate) fn findings_of(&self, configuration: usize) -> impl Iterator<Item = &'a Finding> {
        (0..self.input.plan.replicates).filter_map(move |replicate| self.finding(configuration, replicate))
    }

    /// The configurations of a model with their indices, in the order of the plan.
    pub(crate) fn configurations_of(&self, id: &str) -> impl Iterator<Item = (usize, &'a Configuration)> {
        self.input.plan.configurations.iter().enumerate().filter(move |(_, configuration)| configuration.model == id)
    }

    /// Validation figures of a configuration on the replicates that finished, in order.
    pub(crate) fn validation(&self, configuration: usize, metric: Metric) -> Vec<f64> {
        self.findings_of(configuration).filter_map(|f| Some(f.record.validation()?.get(metric))).collect()
    }

    /// How the trials of one configuration ended.
    pub(crate) fn tally(&self, configuration: usize) -> Tally {
        let mut tally = Tally { planned: u64::from(self.input.plan.replicates), ..Tally::default() };
        for finding in self.findings_of(configuration) {
            match finding.record.outcome {
                Outcome::Finished { .. } => tally.finished += 1,
                Outcome::Diverged { .. } => tally.diverged += 1,
                Outcome::Failed { .. } => tally.failed += 1,
            }
        }
        tally
    }

    /// The baseline, as an index into `models`.
    pub(crate) fn baseline(&self) -> Option<usize> {
        let id = self.input.plan.report.baseline.as_deref()?;
        self.models.iter().position(|model| model.id == id)
    }

    /// The best tested model.
    pub(crate) fn best(&self) -> Option<&ModelResult<'a>> {
        self.ranking.first().map(|model| &self.models[*model])
    }

    /// The trials that a model is tested by, in order of replicate.
    pub(crate) fn chosen_findings(&self, model: &ModelResult<'_>) -> Vec<&'a Finding> {
        let chosen = (0..).zip(&model.choice.by_replicate);
        chosen.filter_map(|(replicate, index)| self.finding((*index)?, replicate)).collect()
    }

    /// The ids of the trials that a model is tested by, in order of replicate.
    pub(crate) fn chosen_trials(&self, model: &ModelResult<'_>) -> Vec<&'a TrialId> {
        self.chosen_findings(model).into_iter().map(|finding| &finding.trial.id).collect()
    }

    /// The validation results of the trials that a model is tested by, in order of replicate.
    pub(crate) fn chosen_validation(&self, model: &ModelResult<'_>, metric: Metric) -> Vec<f64> {
        let findings = self.chosen_findings(model);
        findings.into_iter().filter_map(|finding| Some(finding.record.validation()?.get(metric))).collect()
    }

    /// The number of parameters of the trials that a model is tested by: the largest, if there is any record.
    pub(crate) fn n_parameters(&self, model: &ModelResult<'_>) -> Option<u64> {
        self.chosen_findings(model).into_iter().map(|finding| finding.record.n_parameters).max()
    }

    /// Whether all replicates are tested on the same rows.
    pub(crate) fn has_fixed_test(&self) -> bool {
        self.input.plan.split.test_rows == TestRows::Fixed
    }

    /// Labels that some replicate does not test, or tests without having trained on them.
    pub(crate) fn labels_without_rows(&self) -> LabelsWithoutRows {
        let Some(best) = self.best() else { return LabelsWithoutRows::default() };
        let splits = self.input.splits.iter();
        let tested: BTreeSet<u16> =
            best.tests.iter().flat_map(|test| &test.predictions).map(|prediction| prediction.label).collect();
        let all: BTreeSet<u16> = (0..self.input.label_names.len()).map(|label| label as u16).collect();
        let sometimes: BTreeSet<u16> = splits.clone().flat_map(|split| &split.untested_labels).copied().collect();
        let untrained: BTreeSet<u16> = splits.flat_map(|split| &split.untrained_labels).copied().collect();
        let names = |labels: BTreeSet<u16>| -> Vec<String> {
            labels.into_iter().map(|label| self.input.label_names[usize::from(label)].clone()).collect()
        };
        LabelsWithoutRows {
            never_tested: names(&all - &tested),
            sometimes_untested: names(&sometimes & &tested),
            untrained: names(untrained),
        }
    }

    /// The share of a model's test rows that the best answer to each exact name could get right: for each name its commonest
    /// label among the rows tested, as a mean over replicates.
    pub(crate) fn test_ceiling(&self) -> Option<f64> {
        let ceiling = |test: &&TestRecord| {
            let mut labels_of: BTreeMap<&str, BTreeMap<u16, u64>> = BTreeMap::new();
            for prediction in &test.predictions {
                *labels_of.entry(&prediction.name).or_default().entry(prediction.label).or_default() += 1;
            }
            let right: u64 = labels_of.values().filter_map(|labels| labels.values().max()).sum();
            (!test.predictions.is_empty()).then(|| right as f64 / test.predictions.len() as f64)
        };
        mean(&self.best()?.tests.iter().map(ceiling).collect::<Option<Vec<f64>>>()?)
    }

    /// The results of a ranked model that are compared.
    pub(crate) fn sample<'s>(&'s self, model: usize, by_replicate: &'s [f64]) -> Sample<'s> {
        Sample { by_replicate, resampled: &self.models[model].resampled }
    }

    /// The interval (95 %) of the mean of a model's test results; `None` where it cannot be computed. With a fixed test set only
    /// the primary metric has one.
    pub(crate) fn mean_interval(&self, model: &ModelResult<'_>, metric: Metric) -> Option<Interval> {
        if self.has_fixed_test() && metric != self.primary {
            return None;
        }
        let estimate: Estimate =
            self.test_basis().mean(Sample { by_replicate: &model.test(metric), resampled: &model.resampled })?;
        let (low, high) = bounds(metric);
        estimate.has_spread().then(|| estimate.interval(0.95).clipped(low, high))
    }

    fn model_results(&self) -> Vec<ModelResult<'a>> {
        let tests: BTreeMap<&TrialId, &TestRecord> = self.input.tests.iter().map(|test| (&test.id, test)).collect();
        let result = |chosen: &'a Chosen| {
            let tested = |(replicate, index): (u32, &Option<usize>)| self.finding((*index)?, replicate);
            let found = (0..).zip(&chosen.by_replicate).filter_map(tested);
            let found: Vec<&TestRecord> = found.filter_map(|f| tests.get(&f.trial.id).copied()).collect();
            let complete = found.len() == self.input.plan.replicates as usize;
            ModelResult {
                id: &chosen.model,
                choice: chosen,
                chosen: chosen.configuration,
                tests: if complete { found } else { Vec::new() },
                resampled: Vec::new(),
                tally: self.configurations_of(&chosen.model).map(|(index, _)| self.tally(index)).sum(),
            }
        };
        self.input.selection.chosen().iter().map(result).collect()
    }

    fn rank(&self) -> Vec<usize> {
        let score = |model: usize| mean(&self.models[model].test(self.primary)).unwrap_or(f64::NAN);
        let mut ranking: Vec<usize> = (0..self.models.len()).filter(|m| !self.models[*m].tests.is_empty()).collect();
        // A stable sort: of equals the first in the spec leads. What is not a number comes last.
        ranking.sort_by(|a, b| match (score(*a), score(*b)) {
            (a, b) if self.primary.better(a, b) => Ordering::Less,
            (a, b) if self.primary.better(b, a) => Ordering::Greater,
            (a, b) => a.is_nan().cmp(&b.is_nan()),
        });
        ranking
    }

    /// How often the groups of a fixed test set are resampled, fewer times where there are many models: the standard error is
    /// then known to within 2 %, and within 4 % for 50 models or more.
    pub(crate) fn n_group_resamples(&self) -> usize {
        (20_000 / self.ranking.len().max(1)).clamp(400, 2_000).min(self.n_resamples)
    }

    /// With a fixed test set, the means of the ranked models on resamples of its groups, the same for all models.
    fn resample(&mut self) {
        if !self.has_fixed_test() {
            return;
        }
        let path = StreamPath::root(self.input.plan.seed).child("report/test-groups");
        // Drawn once for all models, unless the rows of some are in another order.
        let mut drawn: BTreeMap<&[u32], GroupResamples> = BTreeMap::new();
        for model in self.ranking.clone() {
            let Some(split) = self.splits_of(model).first() else { continue };
            let resamples = drawn.entry(&split.test_groups).or_insert_with(|| {
                let mut stream = path.stream();
                GroupResamples::new(&split.test_groups, self.n_group_resamples(), || stream.next_u32())
            });
            self.models[model].resampled = self.models[model].resampled_means(self, resamples);
        }
    }

    /// How the rows of a model's data set are divided.
    fn splits_of(&self, model: usize) -> &'a [ReplicateSplit] {
        let finding = self.chosen_findings(&self.models[model]).into_iter().next();
        let dataset = finding.map(|finding| &finding.record.identity.dataset);
        let respelt = self.input.respelt.iter().find(|respelt| Some(&respelt.dataset) == dataset);
        respelt.map_or(self.input.splits, |respelt| &respelt.splits)
    }

    /// What results on test rows depend on.
    pub(crate) fn test_basis(&self) -> Basis {
        let sizes = self.input.sizes();
        if !self.has_fixed_test() {
            return Basis::Resampled { train: sizes.train, scored: sizes.test };
        }
        let groups: BTreeSet<u32> =
            self.input.splits.first().into_iter().flat_map(|split| &split.test_groups).copied().collect();
        let held_out = if self.has_published_validation() { 0 } else { sizes.validation };
        Basis::Fixed { train: sizes.train, held_out, groups: groups.len() }
    }

    /// The method behind intervals and p-values of results on test, as a noun.
    pub(crate) fn test_name(&self) -> &'static str {
        if self.has_fixed_test() {
            "a t-test that adds the variance over replicates and the variance over test groups (bootstrap)"
        } else {
            "the corrected resampled t-test (Nadeau and Bengio 2003)"
        }
    }

    /// What results on validation rows depend on.
    pub(crate) fn validation_basis(&self) -> Basis {
        let sizes = self.input.sizes();
        Basis::Resampled { train: sizes.train, scored: sizes.validation }
    }

    /// Whether the data says which rows are validation rows.
    pub(crate) fn has_published_validation(&self) -> bool {
        let is_published = matches!(self.input.plan.split.division, Division::Published { .. });
        is_published && self.input.facts.published.is_some_and(|published| published.rows[1] > 0)
    }

    /// The best model against each lower one, whatever is the baseline; see [`comparisons::best_against`].
    fn compare_best(&self) -> Vec<(usize, Difference)> {
        let scores: Vec<Vec<f64>> = self.ranking.iter().map(|model| self.models[*model].test(self.primary)).collect();
        let samples: Vec<Sample<'_>> =
            self.ranking.iter().zip(&scores).map(|(model, scores)| self.sample(*model, scores)).collect();
        let differences = comparisons::best_against(&samples, self.primary, self.test_basis());
        self.ranking.iter().copied().skip(1).zip(differences).collect()
    }

    /// Each ranked model against the baseline: comparisons that the spec names, so only these are corrected for, unless results
    /// chose the baseline.
    fn compare_to_baseline(&self) -> BTreeMap<usize, Difference> {
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
        if self.input.baseline_is_chosen {
            pairs.extend(comparisons::pairs(&samples));
        }
        others.into_iter().zip(compare(&pairs, self.primary, self.test_basis())).collect()
    }
}

impl ModelResult<'_> {
    /// The mean over replicates of the primary metric on each of `resamples`.
    fn resampled_means(&self, analysis: &Analysis<'_>, resamples: &GroupResamples) -> Vec<f64> {
        let Some(first) = self.tests.first() else { return Vec::new() };
        let n_labels = analysis.input.label_names.len();
        let truths: Vec<u16> = first.predictions.iter().map(|prediction| prediction.label).collect();
        let predicted = |test: &&TestRecord| test.predictions.iter().map(|p| p.predicted).collect::<Vec<u16>>();
        let predictions: Vec<Vec<u16>> = self.tests.iter().map(predicted).collect();
        let predictions: Vec<&[u16]> = predictions.iter().map(Vec::as_slice).collect();
        match analysis.primary {
            Metric::MacroF1 => resamples.mean_metric(n_labels, &truths, &predictions, LabelCounts::macro_f1),
            Metric::Accuracy => resamples.mean_metric(n_labels, &truths, &predictions, LabelCounts::accuracy),
            Metric::Loss => {
                let loss = |test: &&TestRecord| {
                    test.predictions.iter().map(|p| -f64::from(p.label_log_probability)).collect::<Vec<f64>>()
                };
                let losses: Vec<Vec<f64>> = self.tests.iter().map(loss).collect();
                resamples.mean_of_rows(&losses.iter().map(Vec::as_slice).collect::<Vec<_>>())
            }
        }
    }

    /// The labels that the model gives all test rows of a replicate, if on each replicate it gives them one and the same.
    pub(crate) fn constant_answers(&self) -> Option<BTreeSet<u16>> {
        let of_test = |test: &&TestRecord| {
            let first = test.predictions.first().filter(|_| test.predictions.len() >= FEWEST_ROWS)?.predicted;
            // Where all rows have that label, the answers do not show what the model says to others.
            let is_telling = test.predictions.iter().any(|prediction| prediction.label != first);
            let is_constant = test.predictions.iter().all(|prediction| prediction.predicted == first);
            (is_telling && is_constant).then_some(first)
        };
        self.tests.iter().map(of_test).collect::<Option<BTreeSet<u16>>>().filter(|labels| !labels.is_empty())
    }

    /// Test results of the chosen configurations, by replicate.
    pub(crate) fn test(&self, metric: Metric) -> Vec<f64> {
        self.tests.iter().map(|test| test.scores.get(metric)).collect()
    }

    /// The confusion matrix of one replicate's predictions, with `n_labels` labels.
    pub(crate) fn confusion(test: &TestRecord, n_labels: usize) -> Confusion {
        let pair = |prediction: &Prediction| (prediction.label, prediction.predicted);
        Confusion::of(n_labels, test.predictions.iter().map(pair))
    }

    /// The sum of the confusion matrices of all replicates.
    pub(crate) fn summed_confusion(&self, n_labels: usize) -> Confusion {
        let mut sum = Confusion::new(n_labels);
        self.tests.iter().for_each(|test| sum.add(&Self::confusion(test, n_labels)));
        sum
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Tally>>(tallies: I) -> Tally {
        tallies.fold(Tally::default(), |sum, tally| Tally {
            planned: sum.planned + tally.planned,
            finished: sum.finished + tally.finished,
            diverged: sum.diverged + tally.diverged,
            failed: sum.failed + tally.failed,
        })
    }
}
