//! What each swept parameter does to the validation result, the other parameters averaged over.

use crate::figures::canvas::About;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, XAxis, lines};
use crate::figures::{MOST_MODELS, evenly, left_out};
use crate::markdown::{Table, code, left, list, right};
use crate::numbers::{
    MARK, NBSP, NOTHING, count, heading, interval, parameter, part_of_training, phrase, shown, value,
};
use crate::page::Page;
use crate::sections::value_axis::{Place, ends};
use crate::sections::{heat_maps, within_models};
use recur_analysis::{Analysis, Effect, Marginal, ModelEffect, NotAveraged, WhyNotAveraged};
use recur_core::params::ParamValue;
use recur_core::search::Budget;

const SURVIVORS: &str = "† Only some trials of this value finished, and the mean is over these. They have other settings of the \
                         other parameters or other replicates than the trials behind the other means, so it cannot be compared \
                         with those: see \"Values at otherwise equal configurations\" below.";

/// Appends the section; nothing if nothing is known of what is swept.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let not_averaged = not_averaged(analysis);
    if analysis.effects.is_empty() && not_averaged.is_empty() && !within_models::has_any(analysis) {
        return;
    }
    page.section("Effect of each parameter");
    if !analysis.effects.is_empty() {
        page.block(&introduction(analysis));
    }
    if !not_averaged.is_empty() {
        page.block(&not_averaged.join(" "));
    }
    for effect in &analysis.effects {
        page.block(&format!("### {}", code(&effect.parameter)));
        page.block(&table(analysis, effect).render());
        if has_survivors(effect) {
            page.block(SURVIVORS);
        }
        if let Some(alternative) = alternative(analysis, effect) {
            let of_values = left_out(effect.values.len(), drawn_values(effect).len(), "values", ", evenly spaced");
            let n = effect.models.len();
            let of_models = left_out(n, n.min(MOST_MODELS), "models", "");
            if !(of_values.is_empty() && of_models.is_empty()) {
                page.block(format!("{of_values}{of_models}").trim_start());
            }
            let drawing = figure(analysis, effect, &alternative);
            page.figure(&format!("effect-{}", effect.parameter), &alternative, drawing);
        }
    }
    within_models::render(analysis, page);
    analysis.pair_effects.iter().for_each(|pair| heat_maps::render(analysis, page, pair));
}

fn introduction(analysis: &Analysis) -> String {
    let models: Vec<(&str, Budget)> = analysis.effects.iter().flat_map(|effect| budgets(&effect.models)).collect();
    let spread = match models.iter().map(|(_, budget)| budget.replicates).max() {
        Some(1) => "",
        _ => {
            " Brackets in the tables and bars in the figures are unpaired 95 % intervals of that average: they may overlap where \
             paired differences are significant."
        }
    };
    format!(
        "Validation {} at each value, averaged over all values of the other swept parameters{}.{spread} The best value at \
         otherwise equal configurations is bold, whether or not it is significantly better.",
        analysis.primary.title(),
        over_shared(analysis, &models, code)
    )
}

/// Why some models have no tables.
fn not_averaged(analysis: &Analysis) -> Vec<String> {
    let has_tables = !analysis.effects.is_empty();
    let of = |NotAveraged { model, why }: &NotAveraged| {
        let none = format!("There are no tables of effects for {}", code(model));
        let is_compared = within_models::compares(analysis, model);
        match why {
            // The section on the search shows what the values do.
            WhyNotAveraged::Search => has_tables.then(|| format!("{none}, as a search proposed its configurations.")),
            WhyNotAveraged::IncompleteGrid => Some(format!(
                "{none}, as not every combination of its values was trained: means at two values would be over different values of \
                 the other parameters.{}",
                if is_compared {
                    " \"Values at otherwise equal configurations\" below compares the values that can be compared."
                } else {
                    ""
                }
            )),
        }
    };
    analysis.not_averaged.iter().filter_map(of).collect()
}

/// What the results of models are of, where that is not the full training: `, on the first 2 of 5 replicates, …`. Names are written
/// as `name` does.
pub(super) fn over_shared(analysis: &Analysis, models: &[(&str, Budget)], name: impl Fn(&str) -> String) -> String {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (model, budget) in models {
        let over = part_of_training(analysis, *budget);
        match groups.iter_mut().find(|(other, _)| *other == over) {
            Some((_, models)) if !models.contains(&name(model)) => models.push(name(model)),
            Some(_) => {}
            None => groups.push((over, vec![name(model)])),
        }
    }
    let is_one = groups.len() == 1;
    let shared = groups.iter().filter(|(over, _)| !over.is_empty());
    let texts = shared.map(|(over, models)| {
        let of = if is_one { String::new() } else { format!(" for {}", list(models)) };
        format!(",{of} {over}, which all configurations were trained for")
    });
    texts.collect()
}

fn budgets(models: &[ModelEffect]) -> Vec<(&str, Budget)> {
    models.iter().map(|of_model| (of_model.model.as_str(), of_model.budget)).collect()
}

fn has_survivors(effect: &Effect) -> bool {
    effect.models.iter().flat_map(|of_model| &of_model.by_value).any(Marginal::is_of_survivors)
}

fn table(analysis: &Analysis, effect: &Effect) -> Table {
    let unit = crate::numbers::unit(analysis.primary);
    let models = effect.models.iter().map(|of_model| right(format!("{}, {unit}", code(&of_model.model))));
    let mut table = Table::new(std::iter::once(left("value")).chain(models));
    for (index, value) in effect.values.iter().enumerate() {
        let cell = |of_model: &ModelEffect| {
            let text = marginal_text(analysis, &of_model.by_value[index]);
            if of_model.best == Some(index) { format!("**{text}**") } else { text }
        };
        table.row(std::iter::once(code(&parameter(value))).chain(effect.models.iter().map(cell)));
    }
    table
}

/// The mean with its interval.
fn mean_text(analysis: &Analysis, marginal: &Marginal) -> String {
    let mean = marginal.mean.map_or(NOTHING.to_owned(), |mean| value(analysis.primary, mean));
    match marginal.interval {
        Some(ends) => format!("{mean}{NBSP}{}", interval(analysis.primary, ends)),
        None => mean,
    }
}

fn marginal_text(analysis: &Analysis, marginal: &Marginal) -> String {
    let text = mean_text(analysis, marginal);
    match marginal {
        Marginal { planned: 0, .. } => NOTHING.to_owned(),
        Marginal { planned, finished, .. } if finished < planned => {
            let mark = if marginal.is_of_survivors() { MARK } else { "" };
            format!("{text}{mark} ({} of {} finished)", count(*finished), count(*planned))
        }
        _ => text,
    }
}

/// What the figure shows in words; `None` if no trial finished.
fn alternative(analysis: &Analysis, effect: &Effect) -> Option<String> {
    let finding = |ModelEffect { model, best, by_value, .. }: &ModelEffect| {
        by_value.iter().find(|marginal| marginal.finished > 0)?;
        let Some((best, mean)) = best.and_then(|best| Some((best, by_value[best].mean?))) else {
            return Some(format!("of {model} no value is named as best, because some trials did not finish"));
        };
        Some(format!("{model} is best at {} ({})", parameter(&effect.values[best]), phrase(analysis.primary, mean)))
    };
    let findings: Vec<String> = effect.models.iter().filter_map(finding).collect();
    let over = over_shared(analysis, &budgets(&effect.models), str::to_owned);
    (!findings.is_empty())
        .then(|| format!("Effect of {} on validation{over}: {}.", effect.parameter, findings.join("; ")))
}

fn figure(analysis: &Analysis, effect: &Effect, title: &str) -> String {
    let about = About { title: title.to_owned(), trials: all_trials(analysis, &effect.models) };
    let style = |of_model: &ModelEffect| analysis.model(&of_model.model).map(|(place, _)| place);
    let key = |of_model: &ModelEffect| Key {
        text: of_model.model.clone(),
        style: style(of_model),
        stroke: Stroke::Solid,
        has_mark: true,
    };
    let models = &effect.models[..effect.models.len().min(MOST_MODELS)];
    let values = drawn_values(effect);
    let keys: Vec<Key> = models.iter().map(key).collect();
    let n = models.len() as f64;
    let all: Vec<&ParamValue> = effect.values.iter().collect();
    let axis = Place::of_listed(&all);
    let (low, high) = ends(all.iter().filter_map(|value| axis.x(value)));
    let span = if high > low { high - low } else { 1.0 };
    let step = span / (all.len().max(2) - 1) as f64;
    let series = |(place, of_model): (usize, &ModelEffect)| {
        // A little to the side of one another, so that bars do not cover each other.
        let aside = (place as f64 - (n - 1.0) / 2.0) * 0.05 * step;
        Series {
            style: style(of_model).unwrap_or(0),
            stroke: Stroke::Solid,
            around: Around::Bars,
            has_marks: true,
            points: points(analysis, &values, &of_model.by_value, |index| Some(axis.x(all[index])? + aside)),
            missing: Vec::new(),
        }
    };
    let is_of_survivors = |index: usize| effect.models.iter().any(|m| m.by_value[index].is_of_survivors());
    let mark = |index: usize| if is_of_survivors(index) { MARK } else { "" };
    let tick =
        |(index, value): (usize, &ParamValue)| Some((axis.x(value)?, format!("{}{}", parameter(value), mark(index))));
    let ticks = effect.values.iter().enumerate().filter_map(tick);
    let panel = Panel {
        title: format!("validation {}{}", heading(analysis.primary), over_replicates(analysis, effect)),
        x_title: effect.parameter.clone(),
        x_range: (low - 0.15 * span, high + 0.15 * span),
        x_axis: XAxis::Named(ticks.collect()),
        series: models.iter().enumerate().map(series).collect(),
    };
    lines(&about, &keys, &[panel])
}

/// What a point is.
fn over_replicates(analysis: &Analysis, effect: &Effect) -> String {
    let mut all: Vec<u32> = effect.models.iter().map(|of_model| of_model.budget.replicates).collect();
    all.dedup();
    match all[..] {
        [1] => String::new(),
        [n] if n < analysis.replicates => format!(" (mean over the first {n} replicates, 95 % interval)"),
        _ => " (mean over replicates, 95 % interval)".to_owned(),
    }
}

/// The values that the figure shows, as places among all.
fn drawn_values(effect: &Effect) -> Vec<usize> {
    /// Points of all models together.
    const MOST_POINTS: usize = 300;
    let n_models = effect.models.len().clamp(1, MOST_MODELS);
    evenly(effect.values.len(), (MOST_POINTS / n_models).clamp(12, 60))
}

fn points(
    analysis: &Analysis,
    values: &[usize],
    marginals: &[Marginal],
    x: impl Fn(usize) -> Option<f64>,
) -> Vec<Point> {
    let point = |index: &usize| {
        let (index, marginal) = (*index, &marginals[*index]);
        let half = marginal.interval.map_or(0.0, |interval| (interval.high - interval.low) / 2.0);
        Some(Point { x: x(index)?, y: shown(analysis.primary, marginal.mean?), spread: shown(analysis.primary, half) })
    };
    values.iter().filter_map(point).collect()
}

fn all_trials(analysis: &Analysis, models: &[ModelEffect]) -> Vec<String> {
    let configurations = models.iter().flat_map(|of_model| analysis.configurations_of(&of_model.model));
    configurations.flat_map(|configuration| &configuration.trial_ids).map(|id| id.short().to_owned()).collect()
}
