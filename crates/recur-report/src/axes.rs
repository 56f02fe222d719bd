//! What a swept parameter itself does: its values compared at otherwise equal configurations, by validation.

mod paired;
mod sentence;

use crate::analysis::Analysis;
use crate::comparisons::Sample;
use crate::markdown::list;
use crate::numbers::{NBSP, NOTHING, bounds, fixed, interval, parameter, plural, value};
use paired::{Paired, Table, compare_values};
use recur_core::params::ParamValue;
use recur_core::plan::Configuration;
use recur_stats::{Estimate, Importance, Interval, corrected_importance, mean};
use std::collections::BTreeMap;

/// A parameter that one model sweeps, with what its values do.
pub(crate) struct Axis<'a> {
    /// The parameter.
    name: &'a str,
    /// The model, as an index.
    model: usize,
    /// The values in the order of the plan.
    values: Vec<&'a ParamValue>,
    /// The settings of all else that the model sweeps, in words.
    settings: Vec<String>,
    paired: Paired,
}

/// The axes of every model in the order of the spec, compared together: all pairs of values of all of them are one family.
pub(crate) fn all_axes<'a>(analysis: &Analysis<'a>) -> Vec<Vec<Axis<'a>>> {
    let swept = |model: usize| {
        let first = analysis.configurations_of(analysis.models[model].id).next();
        first.into_iter().flat_map(|(_, first)| &first.swept).map(move |name| Values::of(analysis, model, name))
    };
    let all: Vec<Values<'a>> = (0..analysis.models.len()).flat_map(swept).collect();
    let tables: Vec<Table> = all.iter().map(|values| values.table.clone()).collect();
    let compared = compare_values(&tables, analysis.primary, analysis.validation_basis());
    let mut axes: Vec<Vec<Axis<'a>>> = analysis.models.iter().map(|_| Vec::new()).collect();
    for (Values { name, model, values, settings, .. }, paired) in all.into_iter().zip(compared) {
        axes[model].push(Axis { name, model, values, settings, paired });
    }
    axes
}

/// What each swept parameter of a model does, names as `name` writes them and a significant finding as `strong` does.
pub(crate) fn axis_sentences(
    analysis: &Analysis<'_>,
    model: usize,
    name: impl Fn(&str) -> String,
    strong: impl Fn(&str) -> String,
) -> Vec<String> {
    analysis.axes[model].iter().filter_map(|axis| axis.sentence(analysis, &name, &strong)).collect()
}

/// The value of a parameter that is best at otherwise equal configurations, if values were compared and one of them is.
pub(crate) enum Best<'a> {
    /// No two values could be compared.
    NotCompared,
    /// None is ahead of each other one.
    NoneIs,
    /// This one is.
    Is(&'a ParamValue),
}

/// The best value of a parameter of `model`.
pub(crate) fn best_value<'a>(analysis: &Analysis<'a>, model: usize, name: &str) -> Best<'a> {
    let axis = analysis.axes[model].iter().find(|axis| axis.name == name && axis.paired.order.len() > 1);
    match axis {
        None => Best::NotCompared,
        Some(axis) => axis.paired.best().map_or(Best::NoneIs, |best| Best::Is(axis.values[best])),
    }
}

/// The results of a model by the values of one parameter.
struct Values<'a> {
    name: &'a str,
    model: usize,
    values: Vec<&'a ParamValue>,
    settings: Vec<String>,
    table: Table,
}

impl<'a> Values<'a> {
    fn of(analysis: &Analysis<'a>, model: usize, name: &'a str) -> Self {
        let mut all = Self { name, model, values: Vec::new(), settings: Vec::new(), table: Vec::new() };
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (index, configuration) in analysis.configurations_of(analysis.models[model].id) {
            let Some(value) = configuration.params.get(name) else { continue };
            let place = all.place_of(value);
            let rest: Vec<(&str, &ParamValue)> = rest(configuration, name).collect();
            let setting = *known.entry(format!("{rest:?}")).or_insert(all.settings.len());
            if setting == all.settings.len() {
                let text = |(name, value): &(&str, &ParamValue)| format!("{name}={}", parameter(value));
                all.settings.push(rest.iter().map(text).collect::<Vec<_>>().join(", "));
            }
            let cells = &mut all.table[place];
            cells.resize(cells.len().max(setting + 1), None);
            let score =
                |replicate| Some(analysis.finding(index, replicate)?.record.validation()?.get(analysis.primary));
            cells[setting].get_or_insert_with(|| (0..analysis.input.plan.replicates).map(score).collect());
        }
        let n_settings = all.settings.len();
        all.table.iter_mut().for_each(|cells| cells.resize(n_settings, None));
        all
    }

    fn place_of(&mut self, value: &'a ParamValue) -> usize {
        self.values.iter().position(|other| *other == value).unwrap_or_else(|| {
            self.values.push(value);
            self.table.push(Vec::new());
            self.values.len() - 1
        })
    }
}

/// All else that is swept, with its value.
fn rest<'a>(configuration: &'a Configuration, name: &str) -> impl Iterator<Item = (&'a str, &'a ParamValue)> {
    configuration.swept_values().filter(move |(other, _)| *other != name)
}

/// How much of the variance between a model's configurations is due to each swept parameter, in words; `None` for fewer than two
/// parameters, or without three replicates of two configurations.
pub(crate) fn importance(analysis: &Analysis<'_>, model: usize, name: impl Fn(&str) -> String) -> Option<String> {
    let replicates = analysis.input.plan.replicates;
    let of_model = analysis.configurations_of(analysis.models[model].id);
    let is_complete = |index: usize| analysis.tally(index).finished == u64::from(replicates);
    let (configurations, scores): (Vec<&Configuration>, Vec<Vec<f64>>) = of_model
        .filter(|(index, _)| is_complete(*index))
        .map(|(index, configuration)| (configuration, analysis.validation(index, analysis.primary)))
        .unzip();
    let swept = &configurations.first()?.swept;
    // Two replicates know the noise between them too badly.
    if swept.len() < 2 || configurations.len() < 2 || replicates < 3 {
        return None;
    }
    let sizes = analysis.input.sizes();
    let of_axis = |axis| {
        let levels = levels(&configurations, axis);
        let importance = corrected_importance(&levels, &scores, sizes.train.max(1), sizes.validation)?;
        Some((axis, importance))
    };
    let mut shares: Vec<(&str, Importance)> = swept.iter().map(String::as_str).filter_map(of_axis).collect();
    shares.sort_by(|(_, a), (_, b)| b.share.total_cmp(&a.share));
    let percent = |share: f64| fixed(100.0 * share, 0);
    let share = |(axis, Importance { share, interval }): &(&str, Importance)| {
        let (low, high) = (percent(interval.low), percent(interval.high));
        format!("{} {} % (95 % CI {low} to {high} %)", name(axis), percent(*share))
    };
    let shares: Vec<String> = shares.iter().map(share).collect();
    let text =
        if shares.is_empty() { "no signal above the noise between replicates".to_owned() } else { list(&shares) };
    Some(format!("{text}, from {}", plural(configurations.len() as u64, "configuration")))
}

/// Which value of `axis` each configuration has, as a number.
fn levels(configurations: &[&Configuration], axis: &str) -> Vec<usize> {
    let of: Vec<Option<&ParamValue>> =
        configurations.iter().map(|configuration| configuration.params.get(axis)).collect();
    // The index of the first configuration with the same value.
    of.iter().map(|value| of.iter().position(|other| other == value).unwrap_or_default()).collect()
}

/// The interval (95 %) of a mean of validation results, as the corrected resampled t-test has it; `None` below two replicates.
pub(crate) fn validation_interval(analysis: &Analysis<'_>, by_replicate: &[f64]) -> Option<Interval> {
    let estimate = analysis.validation_basis().mean(Sample::of(by_replicate)).filter(Estimate::has_spread)?;
    let (low, high) = bounds(analysis.primary);
    Some(estimate.interval(0.95).clipped(low, high))
}

/// The mean with its [`validation_interval`].
pub(crate) fn mean_with_interval(analysis: &Analysis<'_>, by_replicate: &[f64]) -> String {
    let mean = mean(by_replicate).map_or(NOTHING.to_owned(), |mean| value(analysis.primary, mean));
    match validation_interval(analysis, by_replicate) {
        Some(ends) => format!("{mean}{NBSP}{}", interval(analysis.primary, ends)),
        None => mean,
    }
}
