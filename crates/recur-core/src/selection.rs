//! The choice of one configuration a model, by validation results only.

use crate::metric::Metric;
use crate::plan::Plan;
use crate::record::{TestRecord, TrialRecord};
use crate::settings::TestRows;
use crate::trial::Trial;
use std::collections::BTreeMap;

/// A trial and what became of it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct TrialOutcome {
    pub trial: Trial,
    pub record: TrialRecord,
}

/// The configurations chosen for each model. Test rows are scored, and test results read, only through one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    metric: Metric,
    chosen: Vec<Chosen>,
}

/// The configurations chosen for one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The model's id.
    pub model: String,
    /// The configuration to use, as an index into [`Plan::configurations`]: the one with the best mean validation result;
    /// `None` if no configuration finished on every replicate.
    pub configuration: Option<usize>,
    /// The configuration that is tested on each replicate; `None` where there is none to choose.
    pub by_replicate: Vec<Option<usize>>,
}

impl Chosen {
    /// How many replicates each chosen configuration was chosen on.
    pub fn counts(&self) -> BTreeMap<usize, u32> {
        let mut counts = BTreeMap::new();
        self.by_replicate.iter().flatten().for_each(|configuration| *counts.entry(*configuration).or_default() += 1);
        counts
    }

    /// The configuration that is tested, on however many replicates; `None` if there are several, or none.
    pub fn only(&self) -> Option<usize> {
        let counts = self.counts();
        if counts.len() == 1 { counts.into_keys().next() } else { None }
    }
}

impl Selection {
    /// Chooses for each model of `plan` by validation results.
    ///
    /// Where all replicates are tested on the same rows, the configuration with the best mean over all replicates is
    /// chosen for all of them; one with a replicate that diverged or failed is not.
    ///
    /// Where each replicate has test rows of its own, the test rows of one are validation rows of others. Each replicate
    /// then has a choice of its own, by its own validation rows, among the configurations that finished there: the test
    /// results are those of "tune, then train" (Varma and Simon 2006, "Bias in error estimation when using
    /// cross-validation for model selection"). Of equals the first in the plan is chosen.
    pub fn choose(plan: &Plan, outcomes: &[TrialOutcome]) -> Self {
        let metric = plan.report.primary;
        let scores = scores(plan, outcomes, metric);
        let choose = |model: &str| {
            let own =
                || plan.configurations.iter().enumerate().filter(|(_, c)| c.model == model).map(|(index, _)| index);
            let configuration = best(metric, own().map(|index| (index, mean_of_all(&scores[index]))));
            let of_replicate = |replicate: usize| match plan.split.test_rows {
                TestRows::Fixed => configuration,
                TestRows::PerReplicate => best(metric, own().map(|index| (index, scores[index][replicate]))),
            };
            let by_replicate = (0..plan.replicates as usize).map(of_replicate).collect();
            Chosen { model: model.to_owned(), configuration, by_replicate }
        };
        Self { metric, chosen: plan.models().into_iter().map(choose).collect() }
    }

    /// The choice that an earlier run made of the configuration of `trial` on its replicate, as the test record `witness` of
    /// this trial proves: to score the same test rows again and compare. `None` if the record is another trial's.
    pub fn testified(plan: &Plan, trial: &Trial, witness: &TestRecord) -> Option<Self> {
        let chosen = |model: &str| {
            let is_its_model = plan.configurations[trial.configuration].model == model;
            let of_replicate =
                |replicate: u32| (is_its_model && replicate == trial.replicate).then_some(trial.configuration);
            Chosen {
                model: model.to_owned(),
                configuration: is_its_model.then_some(trial.configuration),
                by_replicate: (0..plan.replicates).map(of_replicate).collect(),
            }
        };
        (trial.id == witness.id)
            .then(|| Self { metric: plan.report.primary, chosen: plan.models().into_iter().map(chosen).collect() })
    }

    /// The metric that decided.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// One entry a model, in the order of the spec.
    pub fn chosen(&self) -> &[Chosen] {
        &self.chosen
    }

    /// Whether `configuration` is the one that its model is tested with on `replicate`.
    pub fn is_tested(&self, configuration: usize, replicate: u32) -> bool {
        let of_replicate = |chosen: &Chosen| chosen.by_replicate.get(replicate as usize).copied().flatten();
        self.chosen.iter().any(|chosen| of_replicate(chosen) == Some(configuration))
    }

    /// Whether `trial` is one to score on test.
    pub fn is_tested_trial(&self, trial: &Trial) -> bool {
        self.is_tested(trial.configuration, trial.replicate)
    }

    /// On how many replicates `configuration` is tested.
    pub fn times_chosen(&self, configuration: usize) -> u32 {
        self.chosen.iter().filter_map(|chosen| chosen.counts().get(&configuration).copied()).sum()
    }
}

/// The validation result of each configuration on each replicate; `None` where the trial did not finish, or was stopped before its
/// end.
fn scores(plan: &Plan, outcomes: &[TrialOutcome], metric: Metric) -> Vec<Vec<Option<f64>>> {
    let mut scores = vec![vec![None; plan.replicates as usize]; plan.configurations.len()];
    for outcome in outcomes.iter().filter(|outcome| !is_cut_short(plan, outcome)) {
        let place =
            scores.get_mut(outcome.trial.configuration).and_then(|of| of.get_mut(outcome.trial.replicate as usize));
        if let Some(place) = place {
            *place = outcome.record.validation().map(|validation| validation.get(metric));
        }
    }
    scores
}

/// Whether halving stopped the training: what it came to is not compared with what was trained to the end.
fn is_cut_short(plan: &Plan, outcome: &TrialOutcome) -> bool {
    plan.halving.is_some() && outcome.record.identity.stop_after().is_some()
}

/// The best of pairs of configuration and score; the first of equals.
fn best(metric: Metric, scored: impl Iterator<Item = (usize, Option<f64>)>) -> Option<usize> {
    let scored = scored.filter_map(|(index, score)| Some((index, score.filter(|score| !score.is_nan())?)));
    let better = |best: (usize, f64), other: (usize, f64)| if metric.better(other.1, best.1) { other } else { best };
    scored.reduce(better).map(|(index, _)| index)
}

/// The mean over replicates; `None` unless each of them finished.
fn mean_of_all(scores: &[Option<f64>]) -> Option<f64> {
    let values = scores.iter().copied().collect::<Option<Vec<f64>>>()?;
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The mean of `metric` on validation over the replicates of a configuration; `None` unless each of them finished.
pub fn mean_validation(plan: &Plan, outcomes: &[TrialOutcome], configuration: usize, metric: Metric) -> Option<f64> {
    mean_of_all(scores(plan, outcomes, metric).get(configuration)?)
}
