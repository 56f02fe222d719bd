//! What a swept parameter itself does: its values compared at otherwise equal configurations, by validation.

use crate::paired::{Pair, Paired, Results, Table, compare_values};
use crate::ranked::Ranked;
use crate::summary::ends;
use recur_core::metric::Metric;
use recur_core::params::ParamValue;
use recur_core::plan::Configuration;
use recur_core::search::Budget;
use recur_stats::Interval;
use serde::Serialize;
use std::collections::BTreeMap;

/// A parameter that one model sweeps, with what its values do at otherwise equal configurations. Values and settings are named
/// by their index.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Axis {
    /// The model's id.
    pub model: String,
    /// The parameter's name, as in the spec.
    pub parameter: String,
    /// What the results are of: what every configuration of the model was trained for. In a race that is the first stage.
    pub budget: Budget,
    /// Its values in the order of the plan.
    pub values: Vec<ParamValue>,
    /// The settings of all other parameters that the model sweeps.
    pub settings: Vec<Vec<SettingValue>>,
    /// The values of which each can be compared with each other one, best first.
    pub order: Vec<usize>,
    /// The values that lack a trial to be compared with each other one.
    pub left_out: Vec<usize>,
    /// The best value, if it is better than each other one in order. Where trials are missing, three values may beat each other
    /// in a circle; then there is none.
    pub best: Option<usize>,
    /// The value that the configuration chosen most often has, where there is a best one and that has another.
    pub chosen: Option<ParamValue>,
    /// Every pair of values that can be compared.
    pub pairs: Vec<ValuePair>,
}

/// The value of a parameter in a setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SettingValue {
    pub parameter: String,
    pub value: ParamValue,
}

/// Two values compared at equal settings of all else.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValuePair {
    /// The value with the better mean difference.
    pub better: usize,
    /// The other one.
    pub worse: usize,
    /// The first minus the second, as a mean over replicates.
    pub mean: f64,
    /// Its interval (95 %); `None` without any spread.
    #[serde(serialize_with = "ends")]
    pub interval: Option<Interval>,
    /// The p-value before correction; `None` without any spread.
    pub p: Option<f64>,
    /// The p-value after Holm's correction over all pairs of values of all parameters of all models.
    pub p_holm: Option<f64>,
    /// Over how many pairs it is corrected.
    pub comparisons: usize,
    /// Whether neither the interval nor the corrected p-value admits zero.
    pub is_significant: bool,
    /// Settings times replicates where both finished.
    pub finished: usize,
    /// Settings times replicates that the plan has for both.
    pub planned: usize,
    /// The first minus the second at each setting where both finished.
    pub by_setting: Vec<SettingDifference>,
}

/// The difference of two values at one setting of all else.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SettingDifference {
    /// An index into [`Axis::settings`].
    pub setting: usize,
    /// The mean over replicates.
    pub mean: f64,
}

impl Axis {
    /// The pair of two values.
    pub fn pair(&self, a: usize, b: usize) -> Option<&ValuePair> {
        self.pairs.iter().find(|pair| [pair.better, pair.worse] == [a, b] || [pair.better, pair.worse] == [b, a])
    }

    fn of(ranked: &Ranked<'_>, values: Values<'_>, paired: &Paired) -> Self {
        let Values { name, model, values, settings, .. } = values;
        let best = paired.best();
        Self {
            model: ranked.models[model].id.to_owned(),
            parameter: name.to_owned(),
            budget: ranked.shared_budget(ranked.models[model].id),
            chosen: best.and_then(|best| chosen_instead(ranked, model, name, values[best])),
            values: values.into_iter().cloned().collect(),
            settings,
            order: paired.order.clone(),
            left_out: paired.left_out.clone(),
            best,
            pairs: paired.pairs.iter().map(ValuePair::of).collect(),
        }
    }
}

impl ValuePair {
    /// By how much the first is better.
    pub fn gain(&self, metric: Metric) -> f64 {
        if metric.higher_is_better() { self.mean } else { -self.mean }
    }

    fn of(pair: &Pair) -> Self {
        let [better, worse] = pair.values;
        let comparison = pair.difference.comparison;
        Self {
            better,
            worse,
            mean: pair.difference.estimate.map_or(0.0, |estimate| estimate.mean),
            interval: comparison.map(|comparison| comparison.interval),
            p: comparison.map(|comparison| comparison.p),
            p_holm: comparison.map(|_| pair.difference.adjusted_p),
            comparisons: pair.difference.n_comparisons,
            is_significant: pair.difference.is_clear(),
            finished: pair.n_finished,
            planned: pair.n_planned,
            by_setting: pair
                .by_setting
                .iter()
                .map(|(setting, mean)| SettingDifference { setting: *setting, mean: *mean })
                .collect(),
        }
    }
}

/// The axes of every model in the order of the spec, compared together: all pairs of values of all of them are one family.
pub(crate) fn axes(ranked: &Ranked<'_>) -> Vec<Axis> {
    let swept = |model: usize| {
        let is_searched = ranked.is_searched(ranked.models[model].id);
        // No two proposals of a search are equal but for one value.
        let first = ranked.configurations_of(ranked.models[model].id).next().filter(|_| !is_searched);
        first.into_iter().flat_map(|(_, first)| &first.swept).map(move |name| Values::of(ranked, model, name))
    };
    let mut all: Vec<Values<'_>> = (0..ranked.models.len()).flat_map(swept).collect();
    let tables: Vec<Table> = all.iter_mut().map(|values| std::mem::take(&mut values.table)).collect();
    let compared = compare_values(&tables, ranked.primary, ranked.validation_basis());
    all.into_iter().zip(&compared).map(|(values, paired)| Axis::of(ranked, values, paired)).collect()
}

/// The value that the configuration of `model` chosen most often has of a parameter, where that is not `best`.
fn chosen_instead(ranked: &Ranked<'_>, model: usize, name: &str, best: &ParamValue) -> Option<ParamValue> {
    let counts = ranked.models[model].choice.counts();
    let most = *counts.values().max()?;
    let often = counts.iter().filter(|(_, n)| **n == most);
    let configurations = &ranked.outcomes.plan.configurations;
    let chosen: Vec<&ParamValue> = often.filter_map(|(index, _)| configurations[*index].value(name)).collect();
    if chosen.contains(&best) { None } else { chosen.first().map(|value| (*value).clone()) }
}

/// The results of a model by the values of one parameter.
struct Values<'a> {
    name: &'a str,
    model: usize,
    values: Vec<&'a ParamValue>,
    settings: Vec<Vec<SettingValue>>,
    table: Table,
}

impl<'a> Values<'a> {
    fn of(ranked: &Ranked<'a>, model: usize, name: &'a str) -> Self {
        let mut all = Self { name, model, values: Vec::new(), settings: Vec::new(), table: Vec::new() };
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut of_several_settings = Vec::new();
        for (index, configuration) in ranked.configurations_of(ranked.models[model].id) {
            let Some(value) = ranked.value_with_effect(configuration, name) else { continue };
            let place = all.place_of(value);
            let idle: Vec<&str> = ranked
                .idle(configuration)
                .filter(|idle| idle.needs == name)
                .map(|idle| idle.parameter.as_str())
                .collect();
            if idle.is_empty() {
                let setting = all.setting_of(configuration, &mut known);
                all.put(place, setting, || all_scores(ranked, index));
            } else {
                of_several_settings.push((index, configuration, place, idle));
            }
        }
        // Such a configuration is the same with each value of the parameters that have no effect in it, and was trained once.
        for (index, configuration, place, idle) in of_several_settings {
            let mut settings = all.settings_but_for(&idle, configuration);
            if settings.is_empty() {
                settings.push(all.setting_of(configuration, &mut known));
            }
            settings.into_iter().for_each(|setting| all.put(place, setting, || all_scores(ranked, index)));
        }
        let n_settings = all.settings.len();
        all.table.iter_mut().for_each(|cells| cells.resize(n_settings, None));
        all
    }

    /// The place of the setting of all else in `configuration`.
    fn setting_of(&mut self, configuration: &Configuration, known: &mut BTreeMap<String, usize>) -> usize {
        let rest: Vec<(&str, &ParamValue)> = rest(configuration, self.name).collect();
        *known.entry(format!("{rest:?}")).or_insert_with(|| {
            let value = |(parameter, value): &(&str, &ParamValue)| SettingValue {
                parameter: (*parameter).to_owned(),
                value: (*value).clone(),
            };
            self.settings.push(rest.iter().map(value).collect());
            self.settings.len() - 1
        })
    }

    /// The places of the settings that differ from that of `configuration` only in parameters that are `idle`.
    fn settings_but_for(&self, idle: &[&str], configuration: &Configuration) -> Vec<usize> {
        let is_same = |SettingValue { parameter, value }: &SettingValue| {
            idle.contains(&parameter.as_str()) || configuration.value(parameter) == Some(value)
        };
        (0..self.settings.len()).filter(|setting| self.settings[*setting].iter().all(is_same)).collect()
    }

    fn put(&mut self, place: usize, setting: usize, results: impl FnOnce() -> Results) {
        let cells = &mut self.table[place];
        cells.resize(cells.len().max(setting + 1), None);
        cells[setting].get_or_insert_with(results);
    }

    fn place_of(&mut self, value: &'a ParamValue) -> usize {
        self.values.iter().position(|other| *other == value).unwrap_or_else(|| {
            self.values.push(value);
            self.table.push(Vec::new());
            self.values.len() - 1
        })
    }
}

/// The results of a configuration on the replicates, and after the epochs, that all configurations of its model were trained for.
fn all_scores(ranked: &Ranked<'_>, index: usize) -> Results {
    let Budget { replicates, epochs } = ranked.shared_budget(&ranked.outcomes.plan.configurations[index].model);
    (0..replicates).map(|replicate| ranked.validation_after(index, replicate, epochs)).collect()
}

/// All else that is swept, with its value.
fn rest<'a>(configuration: &'a Configuration, name: &str) -> impl Iterator<Item = (&'a str, &'a ParamValue)> {
    configuration.swept_values().filter(move |(other, _)| *other != name)
}
