//! The figures that the sections share: models in order, and who beats whom.

use crate::comparisons::{self, Difference, Rows, compare};
use crate::input::ReportInput;
use recur_core::metric::Metric;
use recur_core::plan::Configuration;
use recur_core::record::{Outcome, Prediction, TestRecord};
use recur_core::selection::Finding;
use recur_core::trial::TrialId;
use recur_stats::{Confusion, mean};
use std::cmp::Ordering;
use std::collections::BTreeMap;

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
    /// Each other ranked model against the baseline, by model; empty where the baseline was not tested.
    pub(crate) to_baseline: BTreeMap<usize, Difference>,
    findings: BTreeMap<(usize, u32), &'a Finding>,
}

/// What became of one model.
pub(crate) struct ModelResult<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// The chosen configuration.
    pub(crate) chosen: Option<usize>,
    /// The test figures of the chosen configuration: one a replicate, in order, or none at all.
    pub(crate) tests: Vec<&'a TestRecord>,
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
            findings,
        };
        analysis.models = analysis.model_results();
        analysis.ranking = analysis.rank();
        analysis.best_against = analysis.compare_best();
        analysis.to_baseline = analysis.compare_to_baseline();
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

    /// The ids of the chosen configuration's trials, in order of replicate.
    pub(crate) fn chosen_trials(&self, model: &ModelResult<'_>) -> Vec<&'a TrialId> {
        let findings = model.chosen.into_iter().flat_map(|chosen| self.findings_of(chosen));
        findings.map(|finding| &finding.trial.id).collect()
    }

    /// The number of trained numbers of the chosen configuration: the largest over replicates, if it has any record.
    pub(crate) fn n_parameters(&self, model: &ModelResult<'_>) -> Option<u64> {
        self.findings_of(model.chosen?).map(|finding| finding.record.n_parameters).max()
    }

    fn model_results(&self) -> Vec<ModelResult<'a>> {
        let tests: BTreeMap<&TrialId, &TestRecord> = self.input.tests.iter().map(|test| (&test.id, test)).collect();
        let result = |chosen: &'a recur_core::selection::Chosen| {
            let found = chosen.configuration.into_iter().flat_map(|index| self.findings_of(index));
            let found: Vec<&TestRecord> = found.filter_map(|f| tests.get(&f.trial.id).copied()).collect();
            let complete = found.len() == self.input.plan.replicates as usize;
            ModelResult {
                id: &chosen.model,
                chosen: chosen.configuration,
                tests: if complete { found } else { Vec::new() },
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

    /// Whether the best model is the baseline: then its comparisons were named beforehand, whoever came out best.
    pub(crate) fn best_is_baseline(&self) -> bool {
        let is_named = !self.input.baseline_is_chosen;
        is_named && self.baseline().is_some_and(|baseline| self.ranking.first() == Some(&baseline))
    }

    /// The best model against each lower one; see [`comparisons::best_against`].
    fn compare_best(&self) -> Vec<(usize, Difference)> {
        let scores: Vec<Vec<f64>> = self.ranking.iter().map(|model| self.models[*model].test(self.primary)).collect();
        let differences = if self.best_is_baseline() {
            let others = scores[1..].iter().map(|other| (scores[0].as_slice(), other.as_slice()));
            compare(&others.collect::<Vec<_>>(), self.primary, self.test_rows())
        } else {
            comparisons::best_against(&scores, self.primary, self.test_rows())
        };
        self.ranking.iter().copied().skip(1).zip(differences).collect()
    }

    /// Each ranked model against the baseline: comparisons that the spec names, so they alone are corrected for, unless figures
    /// chose the baseline.
    fn compare_to_baseline(&self) -> BTreeMap<usize, Difference> {
        let Some(baseline) = self.baseline().filter(|model| self.ranking.contains(model)) else {
            return BTreeMap::new();
        };
        let others: Vec<usize> = self.ranking.iter().copied().filter(|model| *model != baseline).collect();
        let second = self.models[baseline].test(self.primary);
        let scores: Vec<Vec<f64>> = others.iter().map(|other| self.models[*other].test(self.primary)).collect();
        let mut pairs: Vec<(&[f64], &[f64])> =
            scores.iter().map(|first| (first.as_slice(), second.as_slice())).collect();
        if self.input.baseline_is_chosen {
            pairs.extend(comparisons::pairs(&scores));
        }
        others.into_iter().zip(compare(&pairs, self.primary, self.test_rows())).collect()
    }

    fn test_rows(&self) -> Rows {
        Rows { train: self.input.sizes.train, scored: self.input.sizes.test }
    }
}

impl ModelResult<'_> {
    /// Test figures of the chosen configuration, by replicate.
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
