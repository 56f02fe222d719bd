//! The whole sweep in one figure.

use crate::answer::settings;
use crate::figures::canvas::About;
use crate::figures::left_out;
use crate::figures::lines::{Key, Stroke};
use crate::figures::parallel::{Axis, Line, Measure, parallel};
use crate::numbers::{NOTHING, count, heading, parameter, phrase, plural, shown, significant};
use crate::page::Page;
use recur_analysis::{Analysis, ConfigurationResult, Model, in_order};
use recur_core::params::ParamValue;

/// Parameters drawn at most: with more axes the figure would not fit on a screen.
const MOST_PARAMETERS: usize = 6;
/// Lines drawn at most: more cannot be distinguished, and the file would grow without end.
const MOST_LINES: usize = 200;

/// Appends the figure; nothing where nothing is swept.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let swept = swept(analysis);
    if swept.is_empty() {
        return;
    }
    let drawn = &swept[..swept.len().min(MOST_PARAMETERS)];
    page.block(&introduction(analysis, swept.len() - drawn.len()));
    let alternative = alternative(analysis);
    page.figure("sweep", &alternative, figure(analysis, drawn, &alternative));
}

/// What any model sweeps, in the order of the spec.
fn swept(analysis: &Analysis) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in analysis.configurations.iter().flat_map(|configuration| &configuration.swept) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn introduction(analysis: &Analysis, n_left_out: usize) -> String {
    let is_raced = analysis.configurations.iter().any(|configuration| configuration.eliminated_after.is_some());
    let of = match (analysis.replicates, is_raced) {
        (1, false) => "",
        (1, true) => " (one that was eliminated was trained for fewer epochs)",
        (_, false) => " (mean over replicates)",
        (_, true) => {
            " (mean over the replicates that it was trained on: one that was eliminated has fewer, or fewer epochs)"
        }
    };
    let mut text = format!(
        "A line is a configuration, from its model through the values of its parameters to its validation {}{of}; better is \
         right, and lines of one value lie in that order. Chosen configurations are thick and end in a mark. {NOTHING} stands \
         for a model without the parameter.",
        analysis.primary.title()
    );
    if n_left_out > 0 {
        text.push_str(&format!(
            " {} more {} no axis.",
            count(n_left_out as u64),
            if n_left_out == 1 { "has" } else { "have" }
        ));
    }
    let n = analysis.configurations.len();
    text.push_str(&left_out(n, n.min(MOST_LINES), "configurations", ": the chosen ones, and the best of the others"));
    text
}

/// Validation results of a configuration: mean and standard deviation.
fn measured(analysis: &Analysis, index: usize) -> Option<(f64, Option<f64>)> {
    let validation = analysis.configurations[index].validation(analysis.primary)?;
    Some((validation.mean?, validation.sd))
}

fn alternative(analysis: &Analysis) -> String {
    let configurations = &analysis.configurations;
    let n = plural(configurations.len() as u64, "configuration");
    // A mean over the replicates that finished is not one over all.
    let n_eliminated = configurations.iter().filter(|one| one.eliminated_after.is_some()).count();
    let complete = |index: &usize| {
        let one = &configurations[*index];
        one.eliminated_after.is_none() && one.trials.finished == u64::from(analysis.replicates)
    };
    let mut measured: Vec<(&ConfigurationResult, f64)> = (0..configurations.len())
        .filter(complete)
        .filter_map(|index| Some((&configurations[index], measured(analysis, index)?.0)))
        .collect();
    measured.sort_by(|(_, a), (_, b)| from_worst(analysis, Some(*b), Some(*a)));
    match measured.as_slice() {
        [] => format!("Of {n} none finished on every replicate."),
        [best, others @ ..] => {
            let reported = |(configuration, value): &(&ConfigurationResult, f64)| {
                format!("{} ({} on validation)", title(configuration), phrase(analysis.primary, *value))
            };
            let last = others.last().map(|last| format!(", the last {}", reported(last))).unwrap_or_default();
            let n = match configurations.len() - others.len() - 1 - n_eliminated {
                0 => n,
                missing => format!("{n} ({missing} did not finish on every replicate)"),
            };
            let n = match n_eliminated {
                0 => n,
                eliminated => format!("{n} ({eliminated} eliminated before the last stage)"),
            };
            format!("Of {n}, the best is {}{last}.", reported(best))
        }
    }
}

fn title(configuration: &ConfigurationResult) -> String {
    match settings(configuration) {
        settings if settings.is_empty() => configuration.model.clone(),
        settings => format!("{} with {settings}", configuration.model),
    }
}

/// What is missing or no number is worst.
fn from_worst(analysis: &Analysis, a: Option<f64>, b: Option<f64>) -> std::cmp::Ordering {
    let key = |value: Option<f64>| {
        let value =
            value.filter(|value| !value.is_nan()).map(|v| if analysis.primary.higher_is_better() { v } else { -v });
        value.unwrap_or(f64::NEG_INFINITY)
    };
    key(a).total_cmp(&key(b))
}

fn figure(analysis: &Analysis, swept: &[&str], title: &str) -> String {
    let configurations = &analysis.configurations;
    let trials = configurations.iter().flat_map(|configuration| &configuration.trial_ids);
    let about = About { title: title.to_owned(), trials: trials.map(|id| id.short().to_owned()).collect() };
    let key = |(index, model): (usize, &Model)| Key {
        text: model.model.clone(),
        style: Some(index),
        stroke: Stroke::Solid,
        has_mark: true,
    };
    let keys: Vec<Key> = analysis.models.iter().enumerate().map(key).collect();
    let values: Vec<Vec<&ParamValue>> = swept.iter().map(|name| values(analysis, name)).collect();
    let axes = axes(analysis, swept, &values);
    let mut order: Vec<usize> = (0..configurations.len()).collect();
    let score = |index: usize| measured(analysis, index).map(|(mean, _)| mean);
    order.sort_by(|a, b| from_worst(analysis, score(*a), score(*b)));
    let order = drawn(order, |index| configurations[index].times_chosen > 0);
    let lines: Vec<Line> = order.into_iter().map(|index| line(analysis, swept, &values, index)).collect();
    let measure = Measure {
        title: format!("validation {}", heading(analysis.primary)),
        higher_is_better: analysis.primary.higher_is_better(),
    };
    parallel(&about, &keys, &axes, &measure, &lines)
}

/// Of configurations from worst to best those that are drawn, in that order: the chosen ones and the best of the others.
fn drawn(order: Vec<usize>, is_chosen: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut places: Vec<usize> = (0..order.len()).collect();
    places.sort_by_key(|place| (!is_chosen(order[*place]), std::cmp::Reverse(*place)));
    places.truncate(MOST_LINES);
    places.sort_unstable();
    places.into_iter().map(|place| order[place]).collect()
}

/// Every value that some configuration has of a parameter, swept or not.
fn values<'a>(analysis: &'a Analysis, name: &str) -> Vec<&'a ParamValue> {
    let mut values: Vec<&ParamValue> = Vec::new();
    for value in analysis.configurations.iter().filter_map(|configuration| configuration.value(name)) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.sort_by(|a, b| in_order(a, b));
    values
}

/// The model, then each parameter; left of its values the place of models without it, if there are any.
fn axes(analysis: &Analysis, swept: &[&str], values: &[Vec<&ParamValue>]) -> Vec<Axis> {
    let models = analysis.models.iter().map(|model| model.model.clone()).collect();
    let of_parameter = |(name, values): (&&str, &Vec<&ParamValue>)| {
        let without = has_without(analysis, name).then(|| NOTHING.to_owned());
        Axis {
            title: (*name).to_owned(),
            values: without.into_iter().chain(values.iter().map(|value| label(value, values.len()))).collect(),
        }
    };
    let model = Axis { title: "model".to_owned(), values: models };
    std::iter::once(model).chain(swept.iter().zip(values).map(of_parameter)).collect()
}

/// The name of one of so many values; of many a few digits are enough.
fn label(value: &ParamValue, n_values: usize) -> String {
    /// Values from which on numbers are shortened.
    const MANY: usize = 12;
    match value {
        ParamValue::Real(x) if n_values > MANY => significant(*x, 2),
        value => parameter(value),
    }
}

fn has_without(analysis: &Analysis, name: &str) -> bool {
    analysis.configurations.iter().any(|configuration| configuration.value(name).is_none())
}

fn line(analysis: &Analysis, swept: &[&str], values: &[Vec<&ParamValue>], index: usize) -> Line {
    let configuration = &analysis.configurations[index];
    let model = analysis.models.iter().position(|model| model.model == configuration.model).unwrap_or(0);
    let place = |(name, values): (&&str, &Vec<&ParamValue>)| {
        let value = configuration.value(name).and_then(|value| values.iter().position(|other| *other == value));
        value.map_or(0, |place| place + usize::from(has_without(analysis, name)))
    };
    Line {
        style: model,
        row: index,
        places: std::iter::once(model).chain(swept.iter().zip(values).map(place)).collect(),
        measure: measured(analysis, index).map(|(mean, _)| shown(analysis.primary, mean)),
        is_chosen: configuration.times_chosen > 0,
        tooltip: tooltip(analysis, configuration, index),
    }
}

fn tooltip(analysis: &Analysis, configuration: &ConfigurationResult, index: usize) -> String {
    let tally = configuration.trials;
    let figure = match measured(analysis, index) {
        None => "no replicate finished".to_owned(),
        Some((mean, _)) => format!("{} on validation", phrase(analysis.primary, mean)),
    };
    let spread = measured(analysis, index).and_then(|(_, spread)| spread).filter(|spread| spread.is_finite());
    let spread = spread
        .map_or(String::new(), |x| format!(" (± {} over replicates)", crate::numbers::value(analysis.primary, x)));
    let finished = if (1..tally.planned).contains(&tally.finished) {
        format!(", {} of {} finished", count(tally.finished), count(tally.planned))
    } else {
        String::new()
    };
    let chosen = match configuration.times_chosen {
        0 => String::new(),
        n if n == analysis.replicates => ", chosen".to_owned(),
        n => format!(", chosen on {n} of {}", analysis.replicates),
    };
    format!("{}: {figure}{spread}{finished}{chosen}", title(configuration))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_configurations_the_chosen_and_the_best_are_drawn() {
        let order: Vec<usize> = (0..1000).rev().collect();
        let lines = drawn(order.clone(), |index| index == 999 || index == 500);
        assert_eq!((lines.len(), &lines[..3], lines.last()), (MOST_LINES, &[999, 500, 197][..], Some(&0)));
        assert_eq!(drawn(order[..5].to_vec(), |_| false), order[..5]);
    }
}
