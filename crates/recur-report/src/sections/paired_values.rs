//! Figures of the values of a swept parameter against the best one, at otherwise equal configurations.

use crate::figures::canvas::About;
use crate::figures::forest::{Forest, Row, forest};
use crate::figures::{evenly, left_out};
use crate::numbers::{estimate, parameter, shown};
use crate::page::Page;
use recur_analysis::{Analysis, Axis, Interval, in_order};

/// Values in a figure at most.
const MOST_VALUES: usize = 12;
/// Parameters of a model with a figure.
const MOST_PARAMETERS: usize = 6;
/// Models with figures.
const MOST_MODELS: usize = 12;

/// Appends the figures of each model that has values to compare.
pub(super) fn render(analysis: &Analysis, page: &mut Page) {
    let axes = |model: &str| {
        let own = analysis.axes.iter().filter(move |axis| axis.model == model && axis.order.len() > 1);
        own.take(MOST_PARAMETERS).collect::<Vec<&Axis>>()
    };
    let all: Vec<Vec<&Axis>> =
        analysis.models.iter().map(|model| axes(&model.model)).filter(|own| !own.is_empty()).collect();
    if all.is_empty() {
        return;
    }
    page.block(&format!(
        "The figures have each value minus the best one with its paired 95 % interval. A ring is a value that is significantly worse.{}",
        left_out(all.len(), all.len().min(MOST_MODELS), "models", "")
    ));
    for own in all.iter().take(MOST_MODELS) {
        page.figures_in_a_row(
            own.iter()
                .map(|axis| figure(analysis, axis))
                .collect::<Vec<_>>()
                .iter()
                .map(|(stem, alternative, svg)| (stem.as_str(), alternative.clone(), svg.clone())),
        );
    }
}

/// The figure of a parameter: stem of its file, what it shows in words, and content.
fn figure(analysis: &Analysis, axis: &Axis) -> (String, String, String) {
    let best = axis.best.unwrap_or(axis.order[0]);
    let best_text = parameter(&axis.values[best]);
    let mut values = axis.order.clone();
    values.sort_by(|a, b| in_order(&axis.values[*a], &axis.values[*b]));
    let drawn: Vec<usize> = evenly(values.len(), MOST_VALUES).into_iter().map(|place| values[place]).collect();
    let metric = analysis.primary.title();
    let alternative = format!(
        "{}, {}: validation {metric} of each value minus that of {best_text}, with its 95 % interval.{}",
        axis.model,
        axis.parameter,
        left_out(values.len(), drawn.len(), "values", ", evenly spaced")
    );
    let trials = analysis.configurations_of(&axis.model).flat_map(|configuration| &configuration.trial_ids);
    let about = About { title: alternative.clone(), trials: trials.map(|id| id.short().to_owned()).collect() };
    let unit = analysis.primary.about().unit.of_difference[1];
    let picture = Forest {
        title: format!("{}: Δ {metric} to {best_text}, {unit}", axis.parameter),
        rows: drawn.into_iter().map(|value| row(analysis, axis, value, best)).collect(),
        around_zero: Some((0.0, 0.0)),
    };
    (format!("values-{}-{}", axis.model, axis.parameter), alternative, forest(&about, &picture))
}

fn row(analysis: &Analysis, axis: &Axis, value: usize, best: usize) -> Row {
    let primary = analysis.primary;
    let pair = axis.pairs.iter().find(|pair| [(value, best), (best, value)].contains(&(pair.better, pair.worse)));
    let is_better = pair.is_some_and(|pair| pair.better == value);
    // The pair is the better minus the worse by its numbers: of a loss that is below zero.
    let turned = |x: f64| if is_better { x } else { 0.0 - x };
    let mean = if value == best { Some(0.0) } else { pair.map(|pair| turned(pair.mean)) };
    let interval = pair.and_then(|pair| pair.interval).map(|ends| {
        let (a, b) = (turned(ends.low), turned(ends.high));
        Interval { low: a.min(b), high: a.max(b) }
    });
    let text = parameter(&axis.values[value]);
    let found = match pair {
        Some(pair) => {
            format!("{}, both finished in {} of {}", estimate(primary, mean, interval), pair.finished, pair.planned)
        }
        None => "the best value".to_owned(),
    };
    Row {
        tooltip: format!("{} {text}: {found}", axis.parameter),
        text,
        value: mean.map(|mean| shown(primary, mean)),
        interval: interval.map(|Interval { low, high }| (shown(primary, low), shown(primary, high))),
        is_filled: !pair.is_some_and(|pair| pair.worse == value && pair.is_significant),
    }
}
