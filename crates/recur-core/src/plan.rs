//! A plan: a checked spec with every configuration spelled out.

use crate::params::{ParamValue, Params};
use crate::registry::{NoModel, Registry};
use crate::settings::{DataSettings, ReportSettings, SplitSettings, TrainingKey, TrainingSettings};
use serde::Serialize;
use std::fmt;

/// What an experiment will do, before any data is read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The experiment's name: names its reports and logs.
    pub name: String,
    /// The question it asks: the spec's first comment, or empty.
    pub question: String,
    /// The root seed.
    pub seed: u64,
    /// Where texts come from.
    pub data: DataSettings,
    /// How they are divided.
    pub split: SplitSettings,
    /// How models that learn step by step are trained, where neither a model nor an axis says otherwise.
    pub training: TrainingSettings,
    /// Every configuration of every model, in the order of the spec (later axes vary fastest).
    pub configurations: Vec<Configuration>,
    /// How often each configuration is trained, each time on another split and from another start.
    pub replicates: u32,
    /// What the report compares.
    pub report: ReportSettings,
}

impl Plan {
    /// Number of trials: configurations times replicates.
    pub fn n_trials(&self) -> usize {
        self.configurations.len() * self.replicates as usize
    }

    /// What the plan asks of training and a model does not use: one entry for each such model, in the order of the spec.
    ///
    /// # Errors
    /// If the plan names a model that `registry` does not have.
    pub fn unused_settings(&self, registry: &Registry) -> Result<Vec<UnusedSettings>, NoModel> {
        let mut unused = Vec::new();
        for model in self.models() {
            let ignored = registry.get(model)?.about().ignored();
            let mut settings: Vec<(TrainingKey, String)> = Vec::new();
            for configuration in self.configurations.iter().filter(|configuration| configuration.model == model) {
                let asked =
                    self.training_of(configuration).asked().into_iter().filter(|(key, _)| ignored.contains(key));
                asked.for_each(|setting| {
                    if !settings.contains(&setting) {
                        settings.push(setting);
                    }
                });
            }
            if !settings.is_empty() {
                unused.push(UnusedSettings { model: model.to_owned(), settings });
            }
        }
        Ok(unused)
    }

    /// How a configuration of a model that learns step by step is trained.
    pub fn training_of<'a>(&'a self, configuration: &'a Configuration) -> &'a TrainingSettings {
        configuration.training.as_ref().unwrap_or(&self.training)
    }

    /// The ids of the models, each once, in the order of the spec.
    pub fn models(&self) -> Vec<&str> {
        let mut models: Vec<&str> = Vec::new();
        for configuration in &self.configurations {
            if !models.contains(&configuration.model.as_str()) {
                models.push(&configuration.model);
            }
        }
        models
    }
}

/// What a plan asks of training and a model does not use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnusedSettings {
    /// The model's id.
    pub model: String,
    /// The keys, each with its path and value as a spec writes them, for example `training.class_weights: balanced`.
    pub settings: Vec<(TrainingKey, String)>,
}

impl fmt::Display for UnusedSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings: Vec<&str> = self.settings.iter().map(|(_, text)| text.as_str()).collect();
        write!(f, "{} does not use {}", self.model, settings.join(", "))
    }
}

impl UnusedSettings {
    /// The settings that change what is learned: with one of them, the model answers another question than the others.
    pub fn of_the_objective(&self) -> impl Iterator<Item = &str> {
        self.settings.iter().filter(|(key, _)| key.changes_the_objective()).map(|(_, text)| text.as_str())
    }
}

/// A model with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Configuration {
    /// The model's id.
    pub model: String,
    /// Every declared parameter.
    pub params: Params,
    /// How it is trained, where that differs from [`Plan::training`].
    pub training: Option<TrainingSettings>,
    /// The settings of `training` that the sweep varies for this model, by their path in a spec.
    pub settings: Params,
    /// What the sweep varies for this model, in the order of the spec: names of parameters and paths of settings.
    pub swept: Vec<String>,
    /// The file of weights to start from, relative to the folder that recur runs in; `None` starts from random ones.
    pub weights: Option<String>,
}

impl Configuration {
    /// The value of a parameter, or of a setting that the sweep varies.
    pub fn value(&self, name: &str) -> Option<&ParamValue> {
        self.params.get(name).or_else(|| self.settings.get(name))
    }

    /// What the sweep varies, with its values: what distinguishes this configuration from its model's others.
    pub fn swept_values(&self) -> impl Iterator<Item = (&str, &ParamValue)> {
        self.swept.iter().filter_map(|name| Some((name.as_str(), self.value(name)?)))
    }

    /// `model` or `model(hidden_size=64, layers=2)`.
    pub fn title(&self) -> String {
        let values: Vec<String> = self.swept_values().map(|(name, value)| format!("{name}={value}")).collect();
        if values.is_empty() { self.model.clone() } else { format!("{}({})", self.model, values.join(", ")) }
    }
}
