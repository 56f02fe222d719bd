//! What each swept parameter does to the validation figure, the other parameters averaged over.

use crate::analysis::Analysis;
use crate::axes::{self, Best, mean_with_interval, validation_interval};
use crate::figures::canvas::About;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, lines};
use crate::figures::{MOST_MODELS, evenly, left_out};
use crate::markdown::{Table, code, left, right};
use crate::numbers::{NOTHING, count, heading, parameter, phrase, shown};
use crate::page::Page;
use crate::sections::{heat_maps, within_models};
use recur_core::params::ParamValue;
use recur_stats::mean;
use std::cmp::Ordering;

/// One parameter, swept by one model or more.
pub(crate) struct Effect<'a> {
    pub(crate) name: &'a str,
    /// Every value that some model takes, numbers ascending, else in the order of the spec.
    pub(crate) values: Vec<&'a ParamValue>,
    /// The models that sweep it, as indices, with one marginal a value.
    pub(crate) models: Vec<(usize, Vec<Marginal>)>,
}

/// The configurations of a model that have one value (or one pair of values) of what is swept.
#[derive(Clone, Default)]
pub(crate) struct Marginal {
    /// For each replicate with a finished trial, the mean over its finished configurations.
    pub(crate) by_replicate: Vec<f64>,
    finished: u64,
    planned: u64,
}

/// The mark of a mean over the trials that finished, where some did not.
pub(crate) const MARK: &str = "†";

const SURVIVORS: &str = "† Only some trials of this value finished, and the mean is over these. They have other settings of the \
                         other parameters or other replicates than the trials behind the other means, so it cannot be compared \
                         with those: see \"Values at otherwise equal configurations\" below.";

/// Appends the section; nothing if nothing is swept.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    let effects = effects(analysis);
    if effects.is_empty() {
        return;
    }
    page.section("Effect of each parameter");
    page.block(&introduction(analysis));
    for effect in &effects {
        page.block(&format!("### {}", code(effect.name)));
        page.block(&table(analysis, effect).render());
        if effect.has_survivors() {
            page.block(SURVIVORS);
        }
        if let Some(alternative) = alternative(analysis, effect) {
            let of_values = left_out(effect.values.len(), drawn_values(effect).len(), "values", ", evenly spaced");
            let n = effect.models.len();
            let of_models = left_out(n, n.min(MOST_MODELS), "models", "");
            if !(of_values.is_empty() && of_models.is_empty()) {
                page.block(format!("{of_values}{of_models}").trim_start());
            }
            page.figure(&format!("effect-{}", effect.name), &alternative, figure(analysis, effect, &alternative));
        }
    }
    within_models::render(analysis, page);
    (0..analysis.models.len()).for_each(|model| heat_maps::render(analysis, page, &effects, model));
}

fn introduction(analysis: &Analysis<'_>) -> String {
    let spread = match analysis.input.plan.replicates {
        1 => "",
        _ => {
            " Brackets in the tables and bars in the figures are unpaired 95 % intervals of that average: they may overlap where \
             paired differences are significant."
        }
    };
    format!(
        "Validation {} at each value, averaged over all values of the other swept parameters.{spread} The best value at \
         otherwise equal configurations is bold, whether or not it is significantly better.",
        analysis.primary.title()
    )
}

fn effects<'a>(analysis: &Analysis<'a>) -> Vec<Effect<'a>> {
    let mut names: Vec<&str> = Vec::new();
    for name in analysis.input.plan.configurations.iter().flat_map(|configuration| &configuration.swept) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.into_iter().filter_map(|name| effect(analysis, name)).collect()
}

fn effect<'a>(analysis: &Analysis<'a>, name: &'a str) -> Option<Effect<'a>> {
    let swept_by = |model: &usize| values_of(analysis, *model, name).len() > 1;
    let models: Vec<usize> = (0..analysis.models.len()).filter(swept_by).collect();
    let mut values: Vec<&ParamValue> = Vec::new();
    for value in models.iter().flat_map(|model| values_of(analysis, *model, name)) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.sort_by(|a, b| in_order(a, b));
    let marginals = |model: usize| values.iter().map(|value| marginal(analysis, model, &[(name, value)])).collect();
    let models: Vec<(usize, Vec<Marginal>)> = models.into_iter().map(|model| (model, marginals(model))).collect();
    (!models.is_empty()).then_some(Effect { name, values, models })
}

/// The values that a model's sweep gives `name`, each once; none if it does not sweep it.
pub(crate) fn values_of<'a>(analysis: &Analysis<'a>, model: usize, name: &str) -> Vec<&'a ParamValue> {
    let mut values = Vec::new();
    for (_, configuration) in analysis.configurations_of(analysis.models[model].id) {
        let swept = configuration.swept.iter().any(|swept| swept == name);
        if let Some(value) = configuration.params.get(name).filter(|value| swept && !values.contains(value)) {
            values.push(value);
        }
    }
    values
}

/// Numbers ascending; other values as they stand.
pub(crate) fn in_order(a: &ParamValue, b: &ParamValue) -> Ordering {
    let number = |value: &ParamValue| match value {
        ParamValue::Integer(n) => Some(*n as f64),
        ParamValue::Real(x) => Some(*x),
        _ => None,
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => Ordering::Equal,
    }
}

pub(crate) fn marginal(analysis: &Analysis<'_>, model: usize, fixed: &[(&str, &ParamValue)]) -> Marginal {
    let configurations: Vec<usize> = analysis
        .configurations_of(analysis.models[model].id)
        .filter(|(_, c)| fixed.iter().all(|(name, value)| c.params.get(name) == Some(value)))
        .map(|(index, _)| index)
        .collect();
    let mut marginal = Marginal::default();
    for replicate in 0..analysis.input.plan.replicates {
        let scores: Vec<f64> = configurations
            .iter()
            .filter_map(|index| analysis.finding(*index, replicate)?.record.validation())
            .map(|scores| scores.get(analysis.primary))
            .collect();
        marginal.planned += configurations.len() as u64;
        marginal.finished += scores.len() as u64;
        marginal.by_replicate.extend(mean(&scores));
    }
    marginal
}

/// The index of the best value of a model: the best one at otherwise equal configurations, unless its own mean is over survivors.
/// Where values were not compared, as with one replicate, it is the one with the best mean, unless a mean is over survivors.
fn best_value(analysis: &Analysis<'_>, effect: &Effect<'_>, model: usize, marginals: &[Marginal]) -> Option<usize> {
    let compared = match axes::best_value(analysis, model, effect.name) {
        Best::Is(best) => effect.values.iter().position(|value| *value == best),
        Best::NoneIs => None,
        Best::NotCompared if marginals.iter().any(Marginal::is_of_survivors) => None,
        Best::NotCompared => best_mean(analysis, marginals),
    };
    compared.filter(|best| !marginals[*best].is_of_survivors())
}

fn best_mean(analysis: &Analysis<'_>, marginals: &[Marginal]) -> Option<usize> {
    let means =
        marginals.iter().enumerate().filter_map(|(index, marginal)| Some((index, mean(&marginal.by_replicate)?)));
    means.reduce(|best, next| if analysis.primary.better(next.1, best.1) { next } else { best }).map(|(index, _)| index)
}

impl Marginal {
    /// Whether some trials finished and others did not.
    pub(crate) fn is_of_survivors(&self) -> bool {
        (1..self.planned).contains(&self.finished)
    }
}

impl Effect<'_> {
    fn has_survivors(&self) -> bool {
        self.models.iter().flat_map(|(_, marginals)| marginals).any(Marginal::is_of_survivors)
    }

    /// Whether a mean of the value at `index` is over survivors.
    fn is_of_survivors(&self, index: usize) -> bool {
        self.models.iter().any(|(_, marginals)| marginals[index].is_of_survivors())
    }
}

fn table(analysis: &Analysis<'_>, effect: &Effect<'_>) -> Table {
    let unit = crate::numbers::unit(analysis.primary);
    let models = effect.models.iter().map(|(model, _)| right(format!("{}, {unit}", code(analysis.models[*model].id))));
    let mut table = Table::new(std::iter::once(left("value")).chain(models));
    for (index, value) in effect.values.iter().enumerate() {
        let cell = |(model, marginals): &(usize, Vec<Marginal>)| {
            let text = marginal_text(analysis, &marginals[index]);
            if best_value(analysis, effect, *model, marginals) == Some(index) { format!("**{text}**") } else { text }
        };
        table.row(std::iter::once(code(&parameter(value))).chain(effect.models.iter().map(cell)));
    }
    table
}

fn marginal_text(analysis: &Analysis<'_>, marginal: &Marginal) -> String {
    let text = mean_with_interval(analysis, &marginal.by_replicate);
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
fn alternative(analysis: &Analysis<'_>, effect: &Effect<'_>) -> Option<String> {
    let finding = |(model, marginals): &(usize, Vec<Marginal>)| {
        marginals.iter().find(|marginal| marginal.finished > 0)?;
        let id = analysis.models[*model].id;
        let best = best_value(analysis, effect, *model, marginals);
        let Some((best, mean)) = best.and_then(|best| Some((best, mean(&marginals[best].by_replicate)?))) else {
            return Some(format!("of {id} no value is named as best, because some trials did not finish"));
        };
        Some(format!("{id} is best at {} ({})", parameter(effect.values[best]), phrase(analysis.primary, mean)))
    };
    let findings: Vec<String> = effect.models.iter().filter_map(finding).collect();
    (!findings.is_empty()).then(|| format!("Effect of {} on validation: {}.", effect.name, findings.join("; ")))
}

fn figure(analysis: &Analysis<'_>, effect: &Effect<'_>, title: &str) -> String {
    let about = About { title: title.to_owned(), trials: all_trials(analysis, &effect.models) };
    let key = |(model, _): &(usize, Vec<Marginal>)| Key {
        text: analysis.models[*model].id.to_owned(),
        style: Some(*model),
        stroke: Stroke::Solid,
        has_mark: true,
    };
    let models = &effect.models[..effect.models.len().min(MOST_MODELS)];
    let values = drawn_values(effect);
    let keys: Vec<Key> = models.iter().map(key).collect();
    let n = models.len() as f64;
    let series = |(place, (model, marginals)): (usize, &(usize, Vec<Marginal>))| {
        // A little to the side of one another, so that bars do not cover each other.
        let aside = (place as f64 - (n - 1.0) / 2.0) * 0.05;
        Series {
            style: *model,
            stroke: Stroke::Solid,
            around: Around::Bars,
            has_marks: true,
            points: points(analysis, &values, marginals, aside),
        }
    };
    let mark = |index: usize| if effect.is_of_survivors(index) { MARK } else { "" };
    let tick = |(index, value): (usize, &&ParamValue)| (index as f64, format!("{}{}", parameter(value), mark(index)));
    let ticks = effect.values.iter().enumerate().map(tick);
    let panel = Panel {
        title: format!("validation {}{}", heading(analysis.primary), over_replicates(analysis)),
        x_title: effect.name.to_owned(),
        x_range: (-0.4, effect.values.len() as f64 - 0.6),
        x_ticks: Some(ticks.collect()),
        series: models.iter().enumerate().map(series).collect(),
    };
    lines(&about, &keys, &[panel])
}

/// What a point stands for.
fn over_replicates(analysis: &Analysis<'_>) -> &'static str {
    if analysis.input.plan.replicates == 1 { "" } else { " (mean over replicates, 95 % interval)" }
}

/// The values that the figure shows, as places among all.
fn drawn_values(effect: &Effect<'_>) -> Vec<usize> {
    /// Points of all models together.
    const MOST_POINTS: usize = 300;
    let n_models = effect.models.len().clamp(1, MOST_MODELS);
    evenly(effect.values.len(), (MOST_POINTS / n_models).clamp(12, 60))
}

fn points(analysis: &Analysis<'_>, values: &[usize], marginals: &[Marginal], aside: f64) -> Vec<Point> {
    let point = |index: &usize| {
        let (index, marginal) = (*index, &marginals[*index]);
        let interval = validation_interval(analysis, &marginal.by_replicate);
        let half = interval.map_or(0.0, |interval| (interval.high - interval.low) / 2.0);
        Some(Point {
            x: index as f64 + aside,
            y: shown(analysis.primary, mean(&marginal.by_replicate)?),
            spread: shown(analysis.primary, half),
        })
    };
    values.iter().filter_map(point).collect()
}

fn all_trials(analysis: &Analysis<'_>, models: &[(usize, Vec<Marginal>)]) -> Vec<String> {
    let ids = models.iter().map(|(model, _)| analysis.models[*model].id);
    let configurations = ids.flat_map(|id| analysis.configurations_of(id).map(|(index, _)| index));
    let findings = configurations.flat_map(|index| analysis.findings_of(index));
    findings.map(|finding| finding.trial.id.short().to_owned()).collect()
}
