//! A listed model with its axes, and how the resolved spec has it.

use crate::value::plain;
use crate::varied::setting;
use recur_core::model::Regime;
use recur_core::params::{ParamValue, Params};
use recur_core::settings::TrainingSettings;
use serde_yaml::{Mapping, Value};

/// A parameter, or a setting of `training`, with the values that a sweep gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The parameter, or the path of the setting: `training.batch_size`.
    pub name: String,
    /// At least one, each once, in the order of the spec.
    pub values: Vec<ParamValue>,
}

impl Axis {
    /// Whether it varies a setting.
    pub fn is_of_training(&self) -> bool {
        setting(&self.name).is_some()
    }
}

/// How a model is trained with certain values of its axes over settings of `training`.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// A value of each of these axes, in their order.
    pub values: Vec<ParamValue>,
    /// All settings.
    pub settings: TrainingSettings,
}

/// A listed model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelEntry {
    /// Its id.
    pub id: String,
    /// Every parameter, defaults filled in; those with an axis have the axis' first value.
    pub params: Params,
    /// What of `training` the spec says of this model only, as YAML.
    pub own_training: Mapping,
    /// How it is trained, for each combination of the values of its axes over settings; at least one.
    pub trainings: Vec<Training>,
    /// Shared axes first, then the model's own, each in the order of the spec.
    pub axes: Vec<Axis>,
    /// The file of weights to start from, as written; `None` starts from random ones.
    pub weights: Option<String>,
    /// How it is trained.
    pub regime: Regime,
}

impl ModelEntry {
    /// Number of configurations: the product of the axes' lengths.
    pub fn n_configurations(&self) -> u128 {
        self.axes.iter().fold(1, |n, axis| n.saturating_mul(axis.values.len() as u128))
    }
}

/// `model` as the resolved spec has it.
pub(crate) fn written(model: &ModelEntry) -> Value {
    let is_fixed = |name: &str| model.axes.iter().all(|axis| axis.name != name);
    let fixed = model.params.iter().filter(|(name, _)| is_fixed(name));
    let params: Mapping = fixed.map(|(name, value)| (name.into(), param(value))).collect();
    let axis = |values: &[ParamValue]| Value::Sequence(values.iter().map(param).collect());
    let axes: Mapping = model.axes.iter().map(|a| (a.name.as_str().into(), axis(&a.values))).collect();
    let training = (!model.own_training.is_empty()).then(|| ("training", Value::Mapping(model.own_training.clone())));
    let weights = model.weights.as_ref().map(|path| ("weights", plain(path)));
    let entries = [("use", plain(&model.id)), ("params", Value::Mapping(params)), ("sweep", Value::Mapping(axes))];
    Value::Mapping(entries.into_iter().chain(training).chain(weights).map(|(key, value)| (key.into(), value)).collect())
}

fn param(value: &ParamValue) -> Value {
    match value {
        ParamValue::Boolean(yes) => plain(yes),
        ParamValue::Integer(n) => plain(n),
        ParamValue::Real(x) => plain(x),
        ParamValue::Text(word) => plain(word),
        ParamValue::IntegerPair(from, to) => Value::Sequence(vec![plain(from), plain(to)]),
    }
}
