//! A checked spec, and the plan that it makes.

use crate::entry::{Axis, ModelEntry};
use recur_core::plan::{Configuration, Plan};
use recur_core::settings::{DataSettings, ReportSettings, SplitSettings, TrainingSettings};

/// A spec without errors, every default filled in. [`crate::parse`] makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Names the report, the log and the figures.
    pub name: String,
    /// The first comment of the file, on one line.
    pub question: String,
    /// The root seed.
    pub seed: u64,
    /// Where names come from.
    pub data: DataSettings,
    /// How they are divided.
    pub split: SplitSettings,
    /// How models that learn step by step are trained.
    pub training: TrainingSettings,
    /// The models, each once, in the order of the spec.
    pub models: Vec<ModelEntry>,
    /// Trials of each configuration.
    pub replicates: u32,
    /// What the report compares.
    pub report: ReportSettings,
    /// The limit that the number of trials was checked against.
    pub max_trials: u64,
}

impl Spec {
    /// What a spec says that says nothing, not even what it must.
    pub(crate) fn of_defaults() -> Self {
        Self {
            name: String::new(),
            question: String::new(),
            seed: 0,
            data: DataSettings::of(""),
            split: SplitSettings::default(),
            training: TrainingSettings::default(),
            models: Vec::new(),
            replicates: 5,
            report: ReportSettings::default(),
            max_trials: 100_000,
        }
    }

    /// The plan: every configuration spelled out. At most [`Spec::max_trials`] trials, for the check counted them.
    pub fn plan(&self) -> Plan {
        Plan {
            name: self.name.clone(),
            question: self.question.clone(),
            seed: self.seed,
            data: self.data.clone(),
            split: self.split.clone(),
            training: self.training.clone(),
            configurations: self.models.iter().flat_map(configurations).collect(),
            replicates: self.replicates,
            report: self.report.clone(),
        }
    }

    /// The spec of one trial: `configuration`, which must be one of this spec's, and nothing else, with as many replicates as reach
    /// `replicate`, or as many as the folds make. Whether test rows are fixed stays as this spec decided it.
    ///
    /// # Panics
    /// If no model of the spec is the configuration's.
    #[must_use]
    pub fn of_trial(&self, configuration: &Configuration, replicate: u32) -> Self {
        let is_its_model = |entry: &&ModelEntry| entry.id == configuration.model;
        let entry = self.models.iter().find(is_its_model).expect("a configuration of this spec");
        let model = ModelEntry { params: configuration.params.clone(), axes: Vec::new(), ..entry.clone() };
        Self {
            models: vec![model],
            replicates: self.split.division.replicates().unwrap_or(replicate + 1),
            report: ReportSettings { baseline: None, ..self.report.clone() },
            ..self.clone()
        }
    }
}

/// Every combination of the axes' values; the last axis varies fastest.
fn configurations(model: &ModelEntry) -> Vec<Configuration> {
    let swept: Vec<String> = model.axes.iter().filter(|axis| axis.values.len() > 1).map(|a| a.name.clone()).collect();
    let start = vec![model.params.clone()];
    let vary = |params: Vec<_>, axis: &Axis| {
        let spread = |params: &recur_core::params::Params| {
            axis.values.iter().map(|value| params.clone().with(&axis.name, value.clone())).collect::<Vec<_>>()
        };
        params.iter().flat_map(spread).collect()
    };
    let all = model.axes.iter().fold(start, vary);
    let configuration = |params| Configuration {
        model: model.id.clone(),
        params,
        swept: swept.clone(),
        weights: model.weights.clone(),
    };
    all.into_iter().map(configuration).collect()
}
