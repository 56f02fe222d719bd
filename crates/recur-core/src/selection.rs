//! The choice of one configuration a model, by validation figures alone.

use crate::metric::Metric;
use crate::plan::Plan;
use crate::record::{TestRecord, TrialRecord};
use crate::trial::Trial;

/// A trial and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The trial.
    pub trial: Trial,
    /// Its record.
    pub record: TrialRecord,
}

/// The configuration chosen for each model. Test rows are scored, and test figures read, only through one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    metric: Metric,
    chosen: Vec<Chosen>,
}

/// The configuration chosen for one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The model's id.
    pub model: String,
    /// Index into [`Plan::configurations`]; `None` if no configuration finished on every replicate.
    pub configuration: Option<usize>,
}

impl Selection {
    /// Chooses for each model of `plan` the configuration with the best mean validation figure over its replicates.
    ///
    /// A configuration with a replicate that diverged or failed is not chosen. Of equals the first in the plan is.
    pub fn choose(plan: &Plan, findings: &[Finding]) -> Self {
        let metric = plan.report.primary;
        let choose = |model: &str| {
            let mut best: Option<(usize, f64)> = None;
            for (index, _) in plan.configurations.iter().enumerate().filter(|(_, c)| c.model == model) {
                let Some(mean) = mean_validation(plan, findings, index, metric) else { continue };
                if best.is_none_or(|(_, best)| metric.better(mean, best)) {
                    best = Some((index, mean));
                }
            }
            Chosen { model: model.to_owned(), configuration: best.map(|(index, _)| index) }
        };
        Self { metric, chosen: plan.models().into_iter().map(choose).collect() }
    }

    /// The choice that an earlier run made of the configuration of `trial`, to which the test record `witness` of this
    /// trial testifies: to score the same test rows again and compare. `None` if it is another trial's.
    pub fn testified(plan: &Plan, trial: &Trial, witness: &TestRecord) -> Option<Self> {
        let chosen = |model: &str| Chosen {
            model: model.to_owned(),
            configuration: (plan.configurations[trial.configuration].model == model).then_some(trial.configuration),
        };
        (trial.id == witness.id)
            .then(|| Self { metric: plan.report.primary, chosen: plan.models().into_iter().map(chosen).collect() })
    }

    /// The figure chosen by.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// One entry a model, in the order of the spec.
    pub fn chosen(&self) -> &[Chosen] {
        &self.chosen
    }

    /// Whether `configuration` is some model's chosen one.
    pub fn contains(&self, configuration: usize) -> bool {
        self.chosen.iter().any(|chosen| chosen.configuration == Some(configuration))
    }
}

/// The mean of `metric` on validation over the replicates of a configuration; `None` unless each of them finished.
pub fn mean_validation(plan: &Plan, findings: &[Finding], configuration: usize, metric: Metric) -> Option<f64> {
    let mut values = Vec::new();
    for finding in findings.iter().filter(|finding| finding.trial.configuration == configuration) {
        values.push(finding.record.validation()?.get(metric));
    }
    (values.len() == plan.replicates as usize).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
