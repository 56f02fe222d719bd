//! The configurations of a listed model: every combination of the values of each of its grids, or a point of its space.

use crate::access::Access;
use crate::entry::{Axis, Grid, ModelEntry};
use crate::spec::Spec;
use crate::trainings::settled;
use crate::varied::setting;
use recur_core::model::Condition;
use recur_core::params::{ParamValue, Params};
use recur_core::plan::{Configuration, WithoutEffect};
use recur_core::settings::TrainingSettings;
use recur_core::space::{Point, Values};
use serde_yaml::Value;
use std::collections::HashSet;

/// What grids hold.
pub(crate) struct OfGrids {
    /// Each with its training.
    pub configurations: Vec<(Configuration, TrainingSettings)>,
    /// One entry for each condition of the model that makes combinations equal.
    pub without_effect: Vec<WithoutEffect>,
}

/// The configurations of the grids of `model`. `trainings` holds, for each grid, the settings for each combination of its axes over
/// them. What is the same in two grids is listed once, and so are combinations that differ only in a parameter without effect,
/// by the `conditions` of the model: it then has the first value of its axis.
pub(crate) fn of_grids(
    model: &ModelEntry,
    conditions: &[Condition],
    trainings: &[Vec<TrainingSettings>],
    shared: &TrainingSettings,
) -> OfGrids {
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    let mut merged = vec![0; conditions.len()];
    for (grid, trainings) in model.grids.iter().zip(trainings) {
        let lengths: Vec<usize> = grid.iter().map(|axis| axis.listed().len()).collect();
        for index in 0..lengths.iter().product() {
            let values = digits(index, &lengths).zip(grid).map(|(digit, axis)| (axis, axis.listed()[digit].clone()));
            let mut values: Vec<(&Axis, ParamValue)> = values.collect();
            let idle = make_idle(&mut values, conditions, &model.params);
            let of_training = digits(index, &lengths).zip(grid).filter(|(_, axis)| axis.is_of_training());
            let at = of_training.fold(0, |at, (digit, axis)| at * axis.listed().len() + digit);
            let training = &trainings[at];
            let configuration = configuration(model, &values, training, shared);
            let may_repeat = model.grids.len() > 1 || !conditions.is_empty();
            let is_new = !may_repeat || seen.insert(format!("{:?} {training:?}", configuration.params));
            if is_new {
                all.push((configuration, training.clone()));
            } else if let Some(condition) = idle {
                merged[condition] += 1;
            }
        }
    }
    let without_effect = |(condition, n_combinations): (&Condition, usize)| WithoutEffect {
        model: model.name.clone(),
        parameter: condition.parameter.to_owned(),
        needs: condition.needs.to_owned(),
        at_least: condition.at_least,
        n_combinations,
    };
    let merged = conditions.iter().zip(merged).filter(|(_, n)| *n > 0);
    OfGrids { configurations: all, without_effect: merged.map(without_effect).collect() }
}

/// Gives parameters without effect the first value of their axis. The condition by which one had another value.
fn make_idle(values: &mut [(&Axis, ParamValue)], conditions: &[Condition], params: &Params) -> Option<usize> {
    let mut changed = None;
    for (index, condition) in conditions.iter().enumerate() {
        let needed = values.iter().find(|(axis, _)| axis.name == condition.needs).map(|(_, value)| value);
        let is_idle = match needed.or_else(|| params.get(condition.needs)) {
            Some(ParamValue::Integer(n)) => *n < condition.at_least,
            _ => false,
        };
        let own = values.iter_mut().find(|(axis, _)| axis.name == condition.parameter);
        if let Some((axis, value)) = own.filter(|_| is_idle)
            && let Some(first) = axis.listed().first().filter(|first| *first != value)
        {
            *value = first.clone();
            changed = Some(index);
        }
    }
    changed
}

/// Keeps as swept what differs among `configurations`.
pub(crate) fn keep_what_varies(configurations: &mut [(Configuration, TrainingSettings)], names: &[String]) {
    let differs = |name: &&String| {
        let mut values = configurations.iter().map(|(configuration, _)| configuration.value(name));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let swept: Vec<String> = names.iter().filter(differs).cloned().collect();
    for (configuration, _) in configurations {
        configuration.settings = kept(&configuration.settings, &swept);
        configuration.swept.clone_from(&swept);
    }
}

fn kept(settings: &Params, swept: &[String]) -> Params {
    let kept = settings.iter().filter(|(name, _)| swept.iter().any(|swept| swept == name));
    kept.fold(Params::default(), |all, (name, value)| all.with(name, value.clone()))
}

/// The names of the axes of all grids, each once, in the order in which they come.
pub(crate) fn axis_names(grids: &[Grid]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for axis in grids.iter().flatten() {
        if !names.contains(&axis.name) {
            names.push(axis.name.clone());
        }
    }
    names
}

impl ModelEntry {
    /// The configuration at a point of its space.
    pub(crate) fn at(&self, point: &Point, shared: &TrainingSettings) -> Configuration {
        let grid = &self.grids[point.in_box];
        let values: Vec<(&Axis, ParamValue)> = grid.iter().zip(point.values.iter().cloned()).collect();
        let mut layers = self.training.clone();
        layers.add_values(values.iter().filter(|(axis, _)| axis.is_of_training()).map(|(a, v)| (a.name.as_str(), v)));
        let configuration = configuration(self, &values, &settled(&layers), shared);
        let swept: Vec<String> = axis_names(&self.grids).into_iter().filter(|name| self.may_vary(name)).collect();
        Configuration { settings: kept(&configuration.settings, &swept), swept, ..configuration }
    }

    /// Whether what is called `name` may have several values in its space.
    fn may_vary(&self, name: &str) -> bool {
        let of_name = |grid: &Grid| grid.iter().find(|axis| axis.name == name).map(|axis| axis.values.clone());
        let all: Vec<Option<Values>> = self.grids.iter().map(of_name).collect();
        let has_one = |values: &Option<Values>| matches!(values, Some(Values::List(list)) if list.len() == 1);
        !all.iter().all(|values| has_one(values) && *values == all[0])
    }
}

fn configuration(
    model: &ModelEntry,
    values: &[(&Axis, ParamValue)],
    training: &TrainingSettings,
    shared: &TrainingSettings,
) -> Configuration {
    let (mut params, mut settings) = (model.params.clone(), Params::default());
    for (axis, value) in values {
        if axis.is_of_training() {
            settings = settings.with(&axis.name, value.clone());
        } else {
            params = params.with(&axis.name, value.clone());
        }
    }
    Configuration {
        model: model.name.clone(),
        plugin: model.id.clone(),
        params,
        training: (training != shared).then(|| training.clone()),
        settings,
        swept: Vec::new(),
        weights: model.weights.clone(),
    }
}

/// The value of the parameter `name` of `configuration`, or of the setting of its `training` at this path; `None` where it has
/// none.
pub(crate) fn value_of(configuration: &Configuration, training: &TrainingSettings, name: &str) -> Option<ParamValue> {
    if let Some(value) = configuration.value(name) {
        return Some(value.clone());
    }
    let Access { get, .. } = setting(name)?.key.access?;
    let spec = Spec { training: training.clone(), ..Spec::of_defaults() };
    match get(&spec)? {
        Value::Bool(yes) => Some(ParamValue::Boolean(yes)),
        Value::String(word) => Some(ParamValue::Text(word)),
        Value::Number(number) => match number.as_i64() {
            Some(n) => Some(ParamValue::Integer(n)),
            None => number.as_f64().map(ParamValue::Real),
        },
        _ => None,
    }
}

/// The digits of `index` as a number whose digit `i` counts to `lengths[i]`; the last one counts fastest.
fn digits(index: usize, lengths: &[usize]) -> impl Iterator<Item = usize> {
    let mut all = vec![0; lengths.len()];
    let mut rest = index;
    for (digit, length) in all.iter_mut().zip(lengths).rev() {
        *digit = rest % length;
        rest /= length;
    }
    all.into_iter()
}
