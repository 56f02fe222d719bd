//! What a swept parameter itself does: its values compared at otherwise equal configurations, by validation.

use crate::analysis::Analysis;
use crate::comparisons::{Difference, Rows, best_against};
use crate::markdown::list;
use crate::numbers::{NBSP, NOTHING, distance, fixed, interval, p_value, parameter, plural, range, value};
use recur_core::params::ParamValue;
use recur_core::plan::Configuration;
use recur_stats::{Interval, corrected_resampled_t, mean};

/// The values of a parameter that one model sweeps, best first.
pub(crate) struct Axis<'a> {
    name: &'a str,
    best: &'a ParamValue,
    /// The best value against each other one, corrected over all pairs of values.
    against: Vec<(&'a ParamValue, Difference)>,
    /// Values without a configuration to compare.
    left_out: Vec<&'a ParamValue>,
}

/// A value with the configurations that finished on every replicate, by what else is swept.
type OfValue<'a> = (&'a ParamValue, Vec<(Vec<&'a ParamValue>, usize)>);

/// The axes of a model of which two values or more can be compared, in the order of the spec.
pub(crate) fn axes<'a>(analysis: &Analysis<'a>, model: usize) -> Vec<Axis<'a>> {
    let id = analysis.models[model].id;
    let Some((_, first)) = analysis.configurations_of(id).next() else { return Vec::new() };
    first.swept.iter().filter_map(|name| axis(analysis, id, name)).collect()
}

/// What each swept parameter of a model does: a sentence each, names as `name` writes them and the finding as `strong` does.
pub(crate) fn axis_sentences(
    analysis: &Analysis<'_>,
    model: usize,
    name: impl Fn(&str) -> String,
    strong: impl Fn(&str) -> String,
) -> Vec<String> {
    axes(analysis, model).iter().filter_map(|axis| axis.sentence(analysis, &name, &strong)).collect()
}

fn axis<'a>(analysis: &Analysis<'a>, id: &str, name: &'a str) -> Option<Axis<'a>> {
    let (mut values, mut left_out) = (of_values(analysis, id, name), Vec::new());
    // A value that shares nothing with the others would leave nothing to compare.
    while values.len() > 1 && shared(&values).is_empty() {
        let fewest = values.iter().map(|(_, finished)| finished.len()).min()?;
        let index = values.iter().rposition(|(_, finished)| finished.len() == fewest)?;
        left_out.push(values.remove(index).0);
    }
    let rests = shared(&values);
    let mut scored: Vec<(&ParamValue, Vec<f64>)> =
        values.iter().map(|value| (value.0, scores(analysis, value, &rests))).collect();
    scored.sort_by(|(_, a), (_, b)| {
        let (a, b) = (mean(a).unwrap_or(f64::NAN), mean(b).unwrap_or(f64::NAN));
        if analysis.primary.higher_is_better() { b.total_cmp(&a) } else { a.total_cmp(&b) }
    });
    let rows = Rows { train: analysis.input.sizes.train, scored: analysis.input.sizes.validation };
    let (names, scores): (Vec<&ParamValue>, Vec<Vec<f64>>) = scored.into_iter().unzip();
    let against = best_against(&scores, analysis.primary, rows);
    let (best, others) = names.split_first()?;
    (!others.is_empty()).then(|| Axis { name, best, against: others.iter().copied().zip(against).collect(), left_out })
}

fn of_values<'a>(analysis: &Analysis<'a>, id: &str, name: &str) -> Vec<OfValue<'a>> {
    let mut values: Vec<OfValue<'a>> = Vec::new();
    for (index, configuration) in analysis.configurations_of(id) {
        let Some(value) = configuration.params.get(name) else { continue };
        let place = values.iter().position(|(other, _)| *other == value).unwrap_or_else(|| {
            values.push((value, Vec::new()));
            values.len() - 1
        });
        if analysis.tally(index).finished == u64::from(analysis.input.plan.replicates) {
            values[place].1.push((rest(configuration, name), index));
        }
    }
    values
}

/// The values of all else that is swept.
fn rest<'a>(configuration: &'a Configuration, name: &str) -> Vec<&'a ParamValue> {
    configuration.swept_values().filter(|(other, _)| *other != name).map(|(_, value)| value).collect()
}

/// What else is swept, as far as every one of `values` finished there.
fn shared<'a>(values: &[OfValue<'a>]) -> Vec<Vec<&'a ParamValue>> {
    let Some(((_, first), others)) = values.split_first() else { return Vec::new() };
    let is_shared = |rest: &Vec<&ParamValue>| others.iter().all(|(_, own)| own.iter().any(|(other, _)| other == rest));
    first.iter().map(|(rest, _)| rest.clone()).filter(is_shared).collect()
}

/// The mean validation figure of a value over `rests`, one a replicate.
fn scores(analysis: &Analysis<'_>, (_, own): &OfValue<'_>, rests: &[Vec<&ParamValue>]) -> Vec<f64> {
    let used = own.iter().filter(|(rest, _)| rests.contains(rest));
    let of: Vec<Vec<f64>> = used.map(|(_, index)| analysis.validation(*index, analysis.primary)).collect();
    let replicates = 0..analysis.input.plan.replicates as usize;
    replicates.filter_map(|r| mean(&of.iter().map(|values| values[r]).collect::<Vec<_>>())).collect()
}

impl Axis<'_> {
    /// What the axis does in one sentence, names as `name` writes them and the finding as `strong` does; `None` where
    /// nothing can be computed.
    pub(crate) fn sentence(
        &self,
        analysis: &Analysis<'_>,
        name: impl Fn(&str) -> String,
        strong: impl Fn(&str) -> String,
    ) -> Option<String> {
        let (beaten, unclear): (Vec<_>, Vec<_>) = self.against.iter().partition(|(_, found)| found.is_clear());
        let (other, found) = unclear.first().copied().unwrap_or(self.against.first()?);
        let figures = figures(analysis, found, self.against.len() + 1)?;
        let value = |value: &ParamValue| name(&parameter(value));
        let (axis, best, other) = (name(self.name), value(self.best), value(other));
        let beaten: Vec<String> = beaten.iter().map(|(other, _)| value(other)).collect();
        let (finding, who) = match (beaten.is_empty(), unclear.is_empty()) {
            (true, _) if self.against.len() == 1 => {
                ("itself is not shown to matter", format!("is ahead of {other} by"))
            }
            (true, _) => ("has no value that is shown to be best", format!("is ahead of {other} by")),
            (false, true) => {
                let rest = if self.against.len() > 1 { ", the next best value," } else { "" };
                ("matters", format!("is ahead of {other}{rest} by"))
            }
            (false, false) => {
                let beaten = list(&beaten);
                ("matters", format!("beats {beaten}, but is not shown to be better than {other}, being ahead by"))
            }
        };
        let mut text = format!("{} {best} {who} {figures}.", strong(&format!("{axis} {finding}:")));
        if !self.left_out.is_empty() {
            let values: Vec<String> = self.left_out.iter().map(|other| value(other)).collect();
            text.push_str(&format!(
                " Nothing that finished on every replicate can be compared with {}.",
                list(&values)
            ));
        }
        Some(text)
    }
}

fn figures(analysis: &Analysis<'_>, found: &Difference, n_values: usize) -> Option<String> {
    let (primary, comparison) = (analysis.primary, found.comparison?);
    let Interval { low, high } = comparison.interval;
    let (gain, interval) = if primary.higher_is_better() {
        (comparison.mean, comparison.interval)
    } else {
        (-comparison.mean, Interval { low: -high, high: -low })
    };
    let correction = match found.n_comparisons {
        0 | 1 => String::new(),
        n => format!(" after Holm's correction over all {n} pairs of {n_values} values"),
    };
    Some(format!(
        "{} of validation {} at otherwise equal configurations (95 % interval {}, p {}{correction})",
        distance(primary, gain),
        primary.title(),
        range(primary, interval),
        p_value(found.adjusted_p)
    ))
}

/// How much of the variance between a model's configurations each swept parameter accounts for alone, in words; `None` for
/// fewer than two parameters, or where the configurations do not differ.
pub(crate) fn importance(analysis: &Analysis<'_>, model: usize, name: impl Fn(&str) -> String) -> Option<String> {
    let of_model = analysis.configurations_of(analysis.models[model].id);
    let is_whole = |index: usize| analysis.tally(index).finished == u64::from(analysis.input.plan.replicates);
    let whole: Vec<(&Configuration, f64)> = of_model
        .filter(|(index, _)| is_whole(*index))
        .filter_map(|(index, c)| Some((c, mean(&analysis.validation(index, analysis.primary))?)))
        .collect();
    let all: Vec<f64> = whole.iter().map(|(_, score)| *score).collect();
    let center = mean(&all)?;
    let total: f64 = all.iter().map(|score| (score - center) * (score - center)).sum();
    let swept = &whole.first()?.0.swept;
    if swept.len() < 2 || !(total > 0.0 && total.is_finite()) {
        return None;
    }
    let mut shares: Vec<(&str, f64)> =
        swept.iter().map(|axis| (axis.as_str(), between(&whole, axis, center) / total)).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    let shares: Vec<String> =
        shares.iter().map(|(axis, share)| format!("{} {} %", name(axis), fixed(100.0 * share, 1))).collect();
    Some(format!("{} ({})", list(&shares), plural(whole.len() as u64, "configuration")))
}

/// The squares of the means of an axis' values about `center`, each as often as it has configurations.
fn between(whole: &[(&Configuration, f64)], axis: &str, center: f64) -> f64 {
    let mut values: Vec<&ParamValue> = Vec::new();
    for value in whole.iter().filter_map(|(configuration, _)| configuration.params.get(axis)) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let square = |value: &&ParamValue| {
        let own = whole.iter().filter(|(configuration, _)| configuration.params.get(axis) == Some(*value));
        let scores: Vec<f64> = own.map(|(_, score)| *score).collect();
        let distance = mean(&scores).unwrap_or(center) - center;
        scores.len() as f64 * distance * distance
    };
    values.iter().map(square).sum()
}

/// The interval (95 %) of a mean of validation figures, as the corrected resampled t-test has it; `None` below two replicates.
pub(crate) fn validation_interval(analysis: &Analysis<'_>, by_replicate: &[f64]) -> Option<Interval> {
    let sizes = analysis.input.sizes;
    let tested = (sizes.train > 0).then(|| corrected_resampled_t(by_replicate, sizes.train, sizes.validation));
    Some(tested??.interval)
}

/// The mean with its [`validation_interval`].
pub(crate) fn mean_with_interval(analysis: &Analysis<'_>, by_replicate: &[f64]) -> String {
    let mean = mean(by_replicate).map_or(NOTHING.to_owned(), |mean| value(analysis.primary, mean));
    match validation_interval(analysis, by_replicate) {
        Some(ends) => format!("{mean}{NBSP}{}", interval(analysis.primary, ends)),
        None => mean,
    }
}
