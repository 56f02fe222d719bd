//! A checked spec, and the plan that it makes.

use crate::entry::{Axis, ModelEntry, Training};
use recur_core::params::{ParamValue, Params};
use recur_core::plan::{Configuration, Plan};
use recur_core::settings::{DataSettings, ReportSettings, SplitSettings, TrainingSettings};
use serde_yaml::Mapping;

/// A spec without errors, every default filled in. [`crate::parse`] makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Names the report, the log and the figures.
    pub name: String,
    /// The first comment of the file, on one line.
    pub question: String,
    /// The root seed.
    pub seed: u64,
    /// Where texts come from.
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
            configurations: self.models.iter().flat_map(|model| configurations(model, &self.training)).collect(),
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
        let settings = configuration.training.as_ref().unwrap_or(&self.training).clone();
        let training = Training { values: Vec::new(), settings: settings.clone() };
        let model = ModelEntry {
            params: configuration.params.clone(),
            own_training: Mapping::new(),
            trainings: vec![training],
            axes: Vec::new(),
            ..entry.clone()
        };
        Self {
            training: settings,
            models: vec![model],
            replicates: self.split.division.replicates().unwrap_or(replicate + 1),
            report: ReportSettings { baseline: None, ..self.report.clone() },
            ..self.clone()
        }
    }
}

/// Every combination of the axes' values; the last axis varies fastest.
fn configurations(model: &ModelEntry, shared: &TrainingSettings) -> Vec<Configuration> {
    let of_training: Vec<bool> = model.axes.iter().map(Axis::is_of_training).collect();
    let swept: Vec<String> = model.axes.iter().filter(|axis| axis.values.len() > 1).map(|a| a.name.clone()).collect();
    let vary = |all: Vec<Combination>, (axis, of_training): (&Axis, &bool)| {
        all.iter()
            .flat_map(|combination| axis.values.iter().map(|value| combination.with(axis, value, *of_training)))
            .collect()
    };
    let start = Combination { params: model.params.clone(), settings: Params::default(), values: Vec::new() };
    let all = model.axes.iter().zip(&of_training).fold(vec![start], vary);
    let configuration = |combination: Combination| Configuration {
        model: model.id.clone(),
        params: combination.params,
        training: Some(model.training(&combination.values)).filter(|own| *own != shared).cloned(),
        settings: combination.settings,
        swept: swept.clone(),
        weights: model.weights.clone(),
    };
    all.into_iter().map(configuration).collect()
}

/// A value of each axis.
struct Combination {
    params: Params,
    /// By the path of a setting, where its axis has several values.
    settings: Params,
    /// Of the axes over settings, in their order.
    values: Vec<ParamValue>,
}

impl Combination {
    fn with(&self, axis: &Axis, value: &ParamValue, of_training: bool) -> Self {
        let (mut params, mut settings, mut values) = (self.params.clone(), self.settings.clone(), self.values.clone());
        if !of_training {
            params = params.with(&axis.name, value.clone());
        } else {
            values.push(value.clone());
            if axis.values.len() > 1 {
                settings = settings.with(&axis.name, value.clone());
            }
        }
        Self { params, settings, values }
    }
}

impl ModelEntry {
    /// How it is trained with these values of its axes over settings.
    fn training(&self, values: &[ParamValue]) -> &TrainingSettings {
        let training = self.trainings.iter().find(|training| training.values == values);
        &training.expect("there is one for each combination").settings
    }
}
