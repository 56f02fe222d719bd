//! What each swept parameter does to the validation result, the other parameters averaged over.

use crate::axes::Axis;
use crate::difference::{CONFIDENCE, Sample};
use crate::ranked::Ranked;
use crate::summary::ends;
use recur_core::metric::Metric;
use recur_core::params::ParamValue;
use recur_core::plan::Configuration;
use recur_core::search::Budget;
use recur_stats::{Estimate, Interval, mean};
use serde::Serialize;
use std::cmp::Ordering;

/// One parameter, swept by one model or more.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The parameter's name, as in the spec.
    pub parameter: String,
    /// Every value that some model takes, numbers ascending, else in the order of the spec.
    pub values: Vec<ParamValue>,
    /// The models that sweep it, in the order of the spec.
    pub models: Vec<ModelEffect>,
}

/// What a parameter does to the results of one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelEffect {
    /// The model's id.
    pub model: String,
    /// The index of the best value: the best one at otherwise equal configurations, unless its own mean is over survivors. Where
    /// values were not compared, as with one replicate, it is the one with the best mean, unless a mean is over survivors.
    pub best: Option<usize>,
    /// One entry a value.
    pub by_value: Vec<Marginal>,
    /// What the results are of: what every configuration of the model was trained for. In a race that is the first stage.
    pub budget: Budget,
}

/// A model that sweeps something and is in no [`Effect`]: a mean at one value would be over other values of all else than the
/// mean at another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotAveraged {
    /// The model's id.
    pub model: String,
    /// Why it is in none.
    pub why: WhyNotAveraged,
}

/// Why effects of values are not averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNotAveraged {
    /// A search proposed its configurations.
    Search,
    /// Its configurations are not all combinations of their values.
    IncompleteGrid,
}

/// The configurations of a model that have one value (or one pair of values) of what is swept.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Marginal {
    /// The mean over replicates.
    pub mean: Option<f64>,
    /// Its interval (95 %); `None` below two replicates.
    #[serde(serialize_with = "ends")]
    pub interval: Option<Interval>,
    /// For each replicate with a finished trial, the mean over its finished configurations.
    pub by_replicate: Vec<f64>,
    /// Trials that finished.
    pub finished: u64,
    /// Trials that the plan has.
    pub planned: u64,
}

/// Two swept parameters of a model against each other: the two that move its result most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairEffect {
    /// The model's id.
    pub model: String,
    /// The names of both, as in the spec.
    pub parameters: [String; 2],
    /// The values of the first parameter.
    pub rows: Vec<ParamValue>,
    /// The values of the second parameter.
    pub columns: Vec<ParamValue>,
    /// One entry a pair of values, row by row.
    pub cells: Vec<Marginal>,
    /// The pair with the best mean among those whose trials all finished.
    pub best: Option<usize>,
    /// As [`ModelEffect::budget`].
    pub budget: Budget,
}

impl Marginal {
    /// Whether some trials finished and others did not, so that the mean is over these only.
    pub fn is_of_survivors(&self) -> bool {
        (1..self.planned).contains(&self.finished)
    }

    /// The mean, where it is a finite number.
    pub fn finite_mean(&self) -> Option<f64> {
        self.mean.filter(|mean| mean.is_finite())
    }

    /// Of these configurations of a model.
    fn of(ranked: &Ranked<'_>, configurations: &[usize]) -> Self {
        let mut marginal = Marginal::default();
        let Some(first) = configurations.first() else { return marginal };
        let model = &ranked.outcomes.plan.configurations[*first].model;
        let Budget { replicates, epochs } = ranked.shared_budget(model);
        for replicate in 0..replicates {
            let scores: Vec<f64> =
                configurations.iter().filter_map(|index| ranked.validation_after(*index, replicate, epochs)).collect();
            marginal.planned += configurations.len() as u64;
            marginal.finished += scores.len() as u64;
            marginal.by_replicate.extend(mean(&scores));
        }
        marginal.mean = mean(&marginal.by_replicate);
        marginal.interval = validation_interval(ranked, &marginal.by_replicate);
        marginal
    }
}

/// The interval (95 %) of a mean of validation results, as the corrected resampled t-test has it; `None` below two replicates.
fn validation_interval(ranked: &Ranked<'_>, by_replicate: &[f64]) -> Option<Interval> {
    let estimate = ranked.validation_basis().mean(Sample::of(by_replicate)).filter(Estimate::has_spread)?;
    let (low, high) = ranked.primary.about().bounds;
    Some(estimate.interval(CONFIDENCE).clipped(low, high))
}

/// The effect of everything that some model sweeps, in the order of the spec.
pub(crate) fn effects(ranked: &Ranked<'_>, axes: &[Axis]) -> Vec<Effect> {
    swept(&ranked.outcomes.plan.configurations).into_iter().filter_map(|name| effect(ranked, axes, name)).collect()
}

/// The models that sweep something and have no effects, in the order of the spec.
pub(crate) fn not_averaged(ranked: &Ranked<'_>) -> Vec<NotAveraged> {
    let sweeps = |id: &str| ranked.configurations_of(id).nth(1).is_some();
    let of = |id: &str| NotAveraged {
        model: id.to_owned(),
        why: if ranked.is_searched(id) { WhyNotAveraged::Search } else { WhyNotAveraged::IncompleteGrid },
    };
    ranked.models.iter().map(|model| model.id).filter(|id| sweeps(id) && !ranked.is_grid(id)).map(of).collect()
}

/// What any model sweeps, in the order of the spec.
fn swept(configurations: &[Configuration]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in configurations.iter().flat_map(|configuration| &configuration.swept) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn effect(ranked: &Ranked<'_>, axes: &[Axis], name: &str) -> Option<Effect> {
    let swept_by = |model: &usize| values_of(ranked, *model, name).len() > 1;
    let models: Vec<usize> = (0..ranked.models.len()).filter(swept_by).collect();
    let mut values: Vec<&ParamValue> = Vec::new();
    for value in models.iter().flat_map(|model| values_of(ranked, *model, name)) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.sort_by(|a, b| in_order(a, b));
    let of_model = |model: usize| {
        let id = ranked.models[model].id;
        let configurations = by_value(ranked, model, name, &values);
        let by_value: Vec<Marginal> = configurations.iter().map(|indices| Marginal::of(ranked, indices)).collect();
        let axis = axes.iter().find(|axis| axis.model == id && axis.parameter == name);
        ModelEffect {
            model: id.to_owned(),
            best: best_value(ranked.primary, &values, &by_value, axis),
            by_value,
            budget: ranked.shared_budget(id),
        }
    };
    let models: Vec<ModelEffect> = models.into_iter().map(of_model).collect();
    let values = values.into_iter().cloned().collect();
    (!models.is_empty()).then(|| Effect { parameter: name.to_owned(), values, models })
}

/// The values that a model's sweep gives `name`, each once; none if it does not sweep it, or its configurations are no grid: the
/// means would be over other values of all else.
fn values_of<'a>(ranked: &Ranked<'a>, model: usize, name: &str) -> Vec<&'a ParamValue> {
    let mut values = Vec::new();
    if !ranked.is_grid(ranked.models[model].id) {
        return values;
    }
    for (_, configuration) in ranked.configurations_of(ranked.models[model].id) {
        let swept = configuration.swept.iter().any(|swept| swept == name);
        if let Some(value) = configuration.value(name).filter(|value| swept && !values.contains(value)) {
            values.push(value);
        }
    }
    values
}

/// The configurations of a model that have each of `values`.
fn by_value(ranked: &Ranked<'_>, model: usize, name: &str, values: &[&ParamValue]) -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new(); values.len()];
    for (index, configuration) in ranked.configurations_of(ranked.models[model].id) {
        let place = values.iter().position(|value| configuration.value(name) == Some(value));
        if let Some(place) = place {
            found[place].push(index);
        }
    }
    found
}

/// Words as they stand, then numbers ascending.
pub fn in_order(a: &ParamValue, b: &ParamValue) -> Ordering {
    match (a.number(), b.number()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// See [`ModelEffect::best`].
fn best_value(metric: Metric, values: &[&ParamValue], by_value: &[Marginal], axis: Option<&Axis>) -> Option<usize> {
    let compared = match axis.filter(|axis| axis.order.len() > 1) {
        Some(axis) => {
            let best = &axis.values[axis.best?];
            values.iter().position(|value| *value == best)
        }
        None if by_value.iter().any(Marginal::is_of_survivors) => None,
        None => best_mean(metric, by_value.iter().map(|marginal| marginal.mean)),
    };
    compared.filter(|best| !by_value[*best].is_of_survivors())
}

/// The place of the best mean; of equals the first.
fn best_mean(metric: Metric, means: impl Iterator<Item = Option<f64>>) -> Option<usize> {
    let means = means.enumerate().filter_map(|(index, mean)| Some((index, mean?)));
    means.reduce(|best, next| if metric.better(next.1, best.1) { next } else { best }).map(|(index, _)| index)
}

/// For each model that sweeps two parameters or more, the two that move its result most.
pub(crate) fn pair_effects(ranked: &Ranked<'_>, effects: &[Effect]) -> Vec<PairEffect> {
    (0..ranked.models.len()).filter_map(|model| pair_effect(ranked, effects, model)).collect()
}

fn pair_effect(ranked: &Ranked<'_>, effects: &[Effect], model: usize) -> Option<PairEffect> {
    let id = ranked.models[model].id;
    let mut swept: Vec<(usize, f64)> = Vec::new();
    for (place, effect) in effects.iter().enumerate() {
        let Some(of_model) = effect.models.iter().find(|of_model| of_model.model == id) else { continue };
        let complete = of_model.by_value.iter().filter(|marginal| !marginal.is_of_survivors());
        let means = complete.filter_map(|marginal| marginal.mean);
        let (low, high) = means.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), m| (l.min(m), h.max(m)));
        swept.push((place, high - low));
    }
    swept.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    swept.truncate(2);
    // Rows and columns as in the spec, so that the maps of several models lie the same way.
    swept.sort_by_key(|(place, _)| *place);
    let [(down, _), (across, _)] = swept[..] else { return None };
    let [down, across] = [down, across].map(|place| &effects[place]);
    let [rows, columns] = [down, across].map(|effect| {
        let own = values_of(ranked, model, &effect.parameter);
        effect.values.iter().filter(|value| own.contains(value)).collect::<Vec<&ParamValue>>()
    });
    let [by_row, by_column] =
        [(down, &rows), (across, &columns)].map(|(effect, values)| by_value(ranked, model, &effect.parameter, values));
    let mut cells = Vec::new();
    for of_row in &by_row {
        for of_column in &by_column {
            let both: Vec<usize> =
                of_row.iter().copied().filter(|index| of_column.binary_search(index).is_ok()).collect();
            cells.push(Marginal::of(ranked, &both));
        }
    }
    if cells.iter().all(|cell| cell.finite_mean().is_none()) {
        return None;
    }
    let complete = cells.iter().map(|cell| cell.finite_mean().filter(|_| !cell.is_of_survivors()));
    Some(PairEffect {
        model: id.to_owned(),
        parameters: [down, across].map(|effect| effect.parameter.clone()),
        best: best_mean(ranked.primary, complete),
        budget: ranked.shared_budget(id),
        rows: rows.into_iter().cloned().collect(),
        columns: columns.into_iter().cloned().collect(),
        cells,
    })
}
