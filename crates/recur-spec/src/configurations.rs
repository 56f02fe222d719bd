//! The configurations of a listed model: every combination of the values of each of its grids, or a point of its space.

use crate::entry::{Axis, Grid, ModelEntry};
use crate::trainings::settled;
use recur_core::model::Condition;
use recur_core::params::{ParamValue, Params};
use recur_core::plan::{Configuration, WithoutEffect};
use recur_core::settings::TrainingSettings;
use recur_core::space::{Point, Values};
use std::collections::HashSet;

/// The configurations of the grids of `model`, each with its training. `trainings` holds, for each grid, the settings for each
/// combination of its axes over them. What is the same in two grids is listed once.
pub(crate) fn of_grids(
    model: &ModelEntry,
    trainings: &[Vec<TrainingSettings>],
    shared: &TrainingSettings,
) -> Vec<(Configuration, TrainingSettings)> {
    let mut all = Vec::new();
    for (grid, trainings) in model.grids.iter().zip(trainings) {
        let lengths: Vec<usize> = grid.iter().map(|axis| axis.listed().len()).collect();
        for index in 0..lengths.iter().product() {
            let values = digits(index, &lengths).zip(grid).map(|(digit, axis)| (axis, axis.listed()[digit].clone()));
            let values: Vec<(&Axis, ParamValue)> = values.collect();
            let of_training = digits(index, &lengths).zip(grid).filter(|(_, axis)| axis.is_of_training());
            let at = of_training.fold(0, |at, (digit, axis)| at * axis.listed().len() + digit);
            let training = &trainings[at];
            all.push((configuration(model, &values, training, shared), training.clone()));
        }
    }
    if model.grids.len() > 1 { each_once(all) } else { all }
}

fn each_once(all: Vec<(Configuration, TrainingSettings)>) -> Vec<(Configuration, TrainingSettings)> {
    let mut seen = HashSet::new();
    let is_new = |(configuration, training): &(Configuration, TrainingSettings)| {
        seen.insert(format!("{:?} {training:?}", configuration.params))
    };
    all.into_iter().filter(is_new).collect()
}

/// Lists combinations once that differ only in a parameter without effect, by `conditions`: one that is an axis has its default
/// there. Says how many were the same as others.
pub(crate) fn merge(
    configurations: Vec<(Configuration, TrainingSettings)>,
    names: &[String],
    conditions: &[(Condition, ParamValue)],
) -> (Vec<(Configuration, TrainingSettings)>, Vec<WithoutEffect>) {
    let (mut all, mut merged) = (configurations, Vec::new());
    for own @ (condition, _) in conditions {
        let n_before = all.len();
        for (configuration, _) in &mut all {
            without_effect(&mut configuration.params, names, own);
        }
        all = each_once(all);
        if let (Some((first, _)), true) = (all.first(), all.len() < n_before) {
            merged.push(WithoutEffect {
                model: first.model.clone(),
                parameter: condition.parameter.to_owned(),
                needs: condition.needs.to_owned(),
                at_least: condition.at_least,
                n_combinations: n_before - all.len(),
            });
        }
    }
    (all, merged)
}

/// Gives a parameter that is an axis its default where it has no effect.
fn without_effect(params: &mut Params, names: &[String], (condition, default): &(Condition, ParamValue)) {
    let is_axis = names.iter().any(|name| name == condition.parameter);
    let has_none = matches!(params.get(condition.needs), Some(ParamValue::Integer(n)) if *n < condition.at_least);
    if is_axis && has_none {
        *params = std::mem::take(params).with(condition.parameter, default.clone());
    }
}

/// Keeps as swept what differs among `configurations`. Where a setting of `training` is an axis of one grid only, the
/// configurations of the others have the value that they are trained with.
pub(crate) fn keep_what_varies(configurations: &mut [(Configuration, TrainingSettings)], names: &[String]) {
    for (configuration, training) in &mut *configurations {
        configuration.settings = trained_with(&configuration.settings, training, names);
    }
    let differs = |name: &&String| {
        let mut values = configurations.iter().map(|(configuration, _)| configuration.value(name));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let swept: Vec<String> = names.iter().filter(differs).cloned().collect();
    for (configuration, training) in configurations {
        configuration.settings = trained_with(&configuration.settings, training, &swept);
        configuration.swept.clone_from(&swept);
    }
}

/// The settings of `training` that are called one of `names`, those of an axis as it has them.
fn trained_with(settings: &Params, training: &TrainingSettings, names: &[String]) -> Params {
    let value = |name: &str| settings.get(name).cloned().or_else(|| training.value(name));
    let found = names.iter().filter_map(|name| Some((name, value(name)?)));
    found.fold(Params::default(), |all, (name, value)| all.with(name, value))
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
        let training = settled(&layers);
        let mut configuration = configuration(self, &values, &training, shared);
        let names = axis_names(&self.grids);
        // Proposals that differ only there are one trial.
        self.conditions.iter().for_each(|condition| without_effect(&mut configuration.params, &names, condition));
        let swept: Vec<String> = names.into_iter().filter(|name| self.may_vary(name)).collect();
        let settings = trained_with(&configuration.settings, &training, &swept);
        Configuration { settings, swept, ..configuration }
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
    configuration.value(name).cloned().or_else(|| training.value(name))
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
