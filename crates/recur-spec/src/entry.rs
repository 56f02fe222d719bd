//! A listed model with its axes and configurations, and how the resolved spec has it.

use crate::except::Exception;
use crate::layers::Layers;
use crate::trainings::settled;
use crate::value::{any_text, plain};
use crate::varied::setting;
use recur_core::model::{Condition, Regime};
use recur_core::params::{ParamValue, Params};
use recur_core::plan::Configuration;
use recur_core::settings::{TrainingLength, TrainingSettings};
use recur_core::space::{Dimension, Range, SearchBox, Space, Values};
use serde_yaml::{Mapping, Value};

/// A parameter, or a setting of `training`, with the values that a sweep gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The parameter, or the path of the setting: `training.batch_size`.
    pub name: String,
    /// In the order of the spec.
    pub values: Values,
}

impl Axis {
    /// Whether it varies a setting.
    pub fn is_of_training(&self) -> bool {
        setting(&self.name).is_some()
    }

    /// Its values; none where it is a range of all numbers between two ends.
    pub fn listed(&self) -> &[ParamValue] {
        match &self.values {
            Values::List(values) => values,
            Values::Range(_) => &[],
        }
    }
}

/// The axes of a grid: every combination of their values. Shared axes first, then the model's own, each in the order of the
/// spec.
pub type Grid = Vec<Axis>;

/// A listed model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelEntry {
    /// Its id.
    pub id: String,
    /// What reports call it: another name, where the spec gives one.
    pub name: String,
    /// Every parameter, defaults filled in: what holds in a grid that has no axis for it.
    pub params: Params,
    /// What of `training` the spec says of this model only, as YAML.
    pub own_training: Mapping,
    /// At least one.
    pub grids: Vec<Grid>,
    /// Combinations of values that only this model leaves out.
    pub except: Vec<Exception>,
    /// Whether a search may propose its configurations.
    pub may_be_searched: bool,
    /// Every combination of the values of each grid, each once, without those left out. Of a model that is searched there are
    /// none: see [`ModelEntry::space`].
    pub configurations: Vec<Configuration>,
    /// Parameters without effect in some combinations, each with its default.
    pub(crate) conditions: Vec<(Condition, ParamValue)>,
    /// The `training` below the values of axes.
    pub(crate) training: Layers,
    /// The file of weights to start from, as written; `None` starts from random ones.
    pub weights: Option<String>,
    /// How it is trained.
    pub regime: Regime,
}

impl ModelEntry {
    /// What a search may try.
    pub fn space(&self) -> Space {
        let dimension = |axis: &Axis| Dimension { name: axis.name.clone(), values: axis.values.clone() };
        let of_grid = |grid: &Grid| SearchBox { dimensions: grid.iter().map(dimension).collect() };
        Space { model: self.name.clone(), boxes: self.grids.iter().map(of_grid).collect() }
    }

    /// How it is trained, but for what its axes say.
    pub fn training(&self) -> TrainingSettings {
        settled(&self.training)
    }

    /// For how many epochs it is trained to the end; `None` if it learns in one go, or in steps.
    pub fn epochs(&self) -> Option<u32> {
        match self.training().length {
            TrainingLength::Epochs(epochs) if self.regime == Regime::Iterative => Some(epochs),
            _ => None,
        }
    }

    /// Whether a search of the spec proposes its configurations: it has axes, and the spec does not say otherwise.
    pub fn is_searchable(&self) -> bool {
        self.may_be_searched && self.grids.iter().any(|grid| !grid.is_empty())
    }
}

/// `model` as the resolved spec has it.
pub(crate) fn written(model: &ModelEntry) -> Value {
    let is_fixed = |name: &str| model.grids.iter().flatten().all(|axis| axis.name != name);
    let fixed = model.params.iter().filter(|(name, _)| is_fixed(name));
    let params: Mapping = fixed.map(|(name, value)| (name.into(), param(value))).collect();
    let axes = |grid: &Grid| -> Value {
        Value::Mapping(grid.iter().map(|axis| (axis.name.as_str().into(), values(&axis.values))).collect())
    };
    let sweep = match &model.grids[..] {
        [only] => axes(only),
        grids => Value::Sequence(grids.iter().map(axes).collect()),
    };
    let name = (model.name != model.id).then(|| ("as", any_text(&model.name)));
    let training = (!model.own_training.is_empty()).then(|| ("training", Value::Mapping(model.own_training.clone())));
    let except = (!model.except.is_empty()).then(|| ("except", exceptions(&model.except)));
    let search = (!model.may_be_searched).then(|| ("search", plain(false)));
    let weights = model.weights.as_ref().map(|path| ("weights", any_text(path)));
    let first = [("use", plain(&model.id))].into_iter().chain(name);
    let entries = first.chain([("params", Value::Mapping(params)), ("sweep", sweep)]);
    Value::Mapping(
        entries
            .chain(except)
            .chain(search)
            .chain(training)
            .chain(weights)
            .map(|(key, value)| (key.into(), value))
            .collect(),
    )
}

/// `except` as the resolved spec has it.
pub(crate) fn exceptions(all: &[Exception]) -> Value {
    let written = |exception: &Exception| {
        let entries = exception.values.iter();
        Value::Mapping(entries.map(|(name, values)| (name.as_str().into(), list(values))).collect())
    };
    Value::Sequence(all.iter().map(written).collect())
}

fn values(values: &Values) -> Value {
    match values {
        Values::List(values) => list(values),
        Values::Range(Range { from, to, log, whole }) => {
            let end = |x: f64| if *whole { plain(x as i64) } else { plain(x) };
            let ends: Mapping =
                [("from", end(*from)), ("to", end(*to))].map(|(key, x)| (key.into(), x)).into_iter().collect();
            let form = if *log { "log" } else { "linear" };
            Value::Mapping([(form.into(), Value::Mapping(ends))].into_iter().collect())
        }
    }
}

fn list(values: &[ParamValue]) -> Value {
    Value::Sequence(values.iter().map(param).collect())
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
