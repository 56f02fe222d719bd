//! A plan: a checked spec with every configuration spelled out.

use crate::params::{ParamValue, Params};
use crate::registry::{NoModel, Registry};
use crate::search::{Halving, Race, SearchSettings};
use crate::settings::{DataSettings, ReportSettings, SplitSettings, TrainingKey, TrainingSettings};
use crate::space::Space;
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
    /// Every configuration of every model, in the order of the spec (later axes vary fastest); of a model that is searched
    /// those that are proposed, in the order of the proposals.
    pub configurations: Vec<Configuration>,
    /// What may be proposed, one entry for each model that is searched; empty without a search.
    pub spaces: Vec<Space>,
    /// Combinations of values that are the same as others, model by model.
    pub without_effect: Vec<WithoutEffect>,
    /// How configurations are proposed; `None` trains every combination of the axes.
    pub search: Option<SearchSettings>,
    /// Which configurations are trained on more replicates; `None` trains all on all.
    pub race: Option<Race>,
    /// Which configurations are trained for more epochs; `None` trains all to the end.
    pub halving: Option<Halving>,
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
            let mut settings: Vec<(TrainingKey, String)> = Vec::new();
            for configuration in self.configurations.iter().filter(|configuration| configuration.model == model) {
                let ignored = registry.get(&configuration.plugin)?.about().ignored();
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

    /// The models that are given the validation examples, in the order of the spec: they may learn from what chooses
    /// among them.
    ///
    /// # Errors
    /// If the plan names a model that `registry` does not have.
    pub fn sees_validation(&self, registry: &Registry) -> Result<Vec<String>, NoModel> {
        let mut seeing: Vec<String> = Vec::new();
        for Configuration { model, plugin, .. } in &self.configurations {
            if registry.get(plugin)?.needs().validation && !seeing.contains(model) {
                seeing.push(model.clone());
            }
        }
        Ok(seeing)
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
    /// What reports call the model: the id of its plugin, or another name that the spec gives it.
    pub model: String,
    /// The id of the model's plugin.
    pub plugin: String,
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

    /// A configuration of which only the title is known: that of a list of trials. Its title is `title`.
    pub fn listed(title: &str) -> Self {
        let (model, values) = title.strip_suffix(')').and_then(|rest| rest.split_once('(')).unwrap_or((title, ""));
        // The first name with all that follows it, as values may hold commas: only the title has to be the same.
        let values = values.split_once('=').map(|(name, rest)| (name.to_owned(), ParamValue::Text(rest.to_owned())));
        Self {
            model: model.to_owned(),
            plugin: model.to_owned(),
            params: Params::default(),
            training: None,
            settings: values.iter().fold(Params::default(), |all, (name, value)| all.with(name, value.clone())),
            swept: values.into_iter().map(|(name, _)| name).collect(),
            weights: None,
        }
    }

    /// `model` or `model(hidden_size=64, layers=2)`.
    pub fn title(&self) -> String {
        let values: Vec<String> = self.swept_values().map(|(name, value)| format!("{name}={value}")).collect();
        if values.is_empty() { self.model.clone() } else { format!("{}({})", self.model, values.join(", ")) }
    }
}

/// Combinations of values that differ only in a parameter without effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithoutEffect {
    /// What reports call the model.
    pub model: String,
    /// The parameter that has no effect.
    pub parameter: String,
    /// The parameter that it needs.
    pub needs: String,
    /// From which value of that one on it has an effect.
    pub at_least: i64,
    /// How many combinations are the same as others, and are not trained.
    pub n_combinations: usize,
}

impl fmt::Display for WithoutEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, parameter, needs, at_least, n_combinations } = self;
        let are = if *n_combinations == 1 { "combination is" } else { "combinations are" };
        write!(
            f,
            "{model}: {parameter} has no effect where {needs} is below {at_least}, so {n_combinations} {are} the same as others \
             and not trained again"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_configuration_has_the_title_of_the_list() {
        for title in ["gru", "gru(hidden_size=64)", "linfa_logistic(ngrams=[1, 3], l2=0.1, training.epochs=3)"] {
            let listed = Configuration::listed(title);
            assert_eq!((listed.title().as_str(), listed.model.as_str()), (title, title.split('(').next().unwrap()));
        }
    }
}
