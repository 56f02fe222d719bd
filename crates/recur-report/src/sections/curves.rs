//! How the chosen configurations learned.

use crate::figures::canvas::About;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, XAxis, lines};
use crate::figures::{evenly, left_out};
use crate::markdown::code;
use crate::numbers::{heading, plural, shown, value};
use crate::page::Page;
use recur_analysis::{Analysis, Spread};
use recur_core::metric::Metric;
use recur_core::settings::TrainingLength;
use std::collections::BTreeSet;

/// The epochs of a chosen configuration, as far as every replicate has them.
struct Curve<'a> {
    /// The model's place in the order of the spec.
    model: usize,
    data: &'a recur_analysis::Curve,
}

/// Appends the section; nothing without a chosen configuration that learned in more than one epoch.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let place = |model: &str| analysis.model(model).map(|(place, _)| place);
    let curves = analysis.curves.iter().filter_map(|data| Some(Curve { model: place(&data.model)?, data }));
    let (stepwise, at_once): (Vec<Curve<'_>>, Vec<Curve<'_>>) = curves.partition(|curve| curve.data.longest > 1);
    if stepwise.is_empty() {
        return;
    }
    let n = stepwise.len() + at_once.len();
    let (stepwise, at_once) = drawn(analysis, stepwise, at_once);
    page.section("Learning curves");
    let more = left_out(n, stepwise.len() + at_once.len(), "models", ", those with the best means");
    page.block(&(introduction(analysis, &stepwise, &at_once) + &more));
    let alternative = alternative(analysis, &stepwise);
    let trials = stepwise
        .iter()
        .chain(&at_once)
        .flat_map(|curve| analysis.models[curve.model].trial_ids.iter().map(|id| id.short().to_owned()));
    let about = About { title: alternative.clone(), trials: trials.collect() };
    let panels = panels(analysis, &stepwise, &at_once);
    page.figure("learning-curves", &alternative, lines(&about, &keys(&stepwise, &at_once), &panels));
}

/// The curves that are drawn, where there are too many: those of the models with the best test results.
fn drawn<'a>(
    analysis: &Analysis,
    mut stepwise: Vec<Curve<'a>>,
    mut at_once: Vec<Curve<'a>>,
) -> (Vec<Curve<'a>>, Vec<Curve<'a>>) {
    /// With points, bands and levels a model takes some 20 kB.
    const MOST: usize = 12;
    let place = |model: usize| analysis.ranking.iter().position(|ranked| *ranked == model).unwrap_or(usize::MAX);
    let mut models: Vec<usize> = stepwise.iter().chain(&at_once).map(|curve| curve.model).collect();
    models.sort_by_key(|model| (place(*model), *model));
    models.truncate(MOST);
    stepwise.retain(|curve| models.contains(&curve.model));
    at_once.retain(|curve| models.contains(&curve.model));
    (stepwise, at_once)
}

impl Curve<'_> {
    /// Validation results by epoch.
    fn validation(&self, metric: Metric) -> Vec<Point> {
        points(self.data.validation(metric), |value| shown(metric, value))
    }

    fn series(&self, stroke: Stroke, points: Vec<Point>) -> Series {
        Series {
            style: self.model,
            stroke,
            around: Around::Band,
            has_marks: points.len() == 1,
            points,
            missing: Vec::new(),
        }
    }
}

/// Mean and spread by epoch, counted from 1, in the unit that is shown.
fn points(epochs: &[Spread], shown: impl Fn(f64) -> f64) -> Vec<Point> {
    /// The figure has fewer pixels than this.
    const MOST_POINTS: usize = 400;
    let point = |index: usize| {
        let Spread { mean, sd } = epochs[index];
        Point { x: (index + 1) as f64, y: shown(mean), spread: shown(sd.unwrap_or(0.0)) }
    };
    evenly(epochs.len(), MOST_POINTS).into_iter().map(point).collect()
}

fn introduction(analysis: &Analysis, stepwise: &[Curve<'_>], at_once: &[Curve<'_>]) -> String {
    let mut text = match analysis.replicates {
        1 => "Chosen configurations, on the one replicate.".to_owned(),
        _ => "Chosen configurations, mean over replicates; bands are ± one standard deviation.".to_owned(),
    };
    if stepwise.iter().any(|curve| curve.data.n_epochs() < curve.data.longest) {
        text.push_str(" A curve ends where the first of its replicates stopped.");
    }
    if !at_once.is_empty() {
        let ids: Vec<String> = at_once.iter().map(|curve| code(&curve.data.model)).collect();
        let verb = if ids.len() == 1 { "learns" } else { "learn" };
        text.push_str(&format!(
            " {} {verb} all at once and {} drawn as a dotted level.",
            crate::markdown::list(&ids),
            if ids.len() == 1 { "is" } else { "are" }
        ));
    }
    text
}

/// The metric shown next to the loss: the primary one, or accuracy where that is the loss.
fn second_metric(analysis: &Analysis) -> Metric {
    if analysis.primary == Metric::TRAINED { Metric::FAMILIAR } else { analysis.primary }
}

fn alternative(analysis: &Analysis, curves: &[Curve<'_>]) -> String {
    let metric = second_metric(analysis);
    let finding = |curve: &Curve<'_>| {
        let epochs = curve.data.validation(metric);
        let (from, to) = (value(metric, epochs.first()?.mean), value(metric, epochs.last()?.mean));
        Some(format!("{} goes from {from} to {to} in {}", curve.data.model, plural(epochs.len() as u64, "epoch")))
    };
    let findings: Vec<String> = curves.iter().filter_map(finding).collect();
    format!("Validation {} by epoch: {}.", heading(metric), findings.join("; "))
}

fn keys(stepwise: &[Curve<'_>], at_once: &[Curve<'_>]) -> Vec<Key> {
    let key = |curve: &Curve<'_>, stroke| Key {
        text: curve.data.model.clone(),
        style: Some(curve.model),
        stroke,
        has_mark: false,
    };
    let note = |text: &str, stroke| Key { text: text.to_owned(), style: None, stroke, has_mark: false };
    let mut keys: Vec<Key> = stepwise.iter().map(|curve| key(curve, Stroke::Solid)).collect();
    keys.extend(at_once.iter().map(|curve| key(curve, Stroke::Dotted)));
    keys.push(note("validation", Stroke::Solid));
    keys.push(note("training loss", Stroke::Dashed));
    keys
}

/// What an epoch is: several things where experiments are compared that train in several ways.
fn x_title(analysis: &Analysis) -> String {
    let titles: BTreeSet<String> = analysis
        .training_lengths
        .iter()
        .map(|length| match length {
            TrainingLength::Epochs(_) => "epoch".to_owned(),
            TrainingLength::Steps { evaluate_every, .. } => format!("interval of {evaluate_every} steps"),
        })
        .collect();
    titles.into_iter().collect::<Vec<_>>().join(" or ")
}

fn panels(analysis: &Analysis, stepwise: &[Curve<'_>], at_once: &[Curve<'_>]) -> [Panel; 2] {
    let metric = second_metric(analysis);
    let n_epochs = stepwise.iter().map(|curve| curve.data.n_epochs()).max().unwrap_or(1) as f64;
    let x_range = (1.0, n_epochs.max(2.0));
    let x_title = x_title(analysis);
    let panel = |title: String, series: Vec<Series>| Panel {
        title,
        x_title: x_title.clone(),
        x_range,
        x_axis: epochs(x_range.1),
        series,
    };
    let series = |metric: Metric| {
        let solid = stepwise.iter().map(move |curve| curve.series(Stroke::Solid, curve.validation(metric)));
        solid.chain(at_once.iter().filter_map(move |curve| level(curve, x_range, metric)))
    };
    let training = stepwise.iter().map(|curve| Series {
        around: Around::Bars,
        ..curve.series(Stroke::Dashed, without_spread(points(&curve.data.train_loss, |loss| loss)))
    });
    [
        panel(heading(metric), series(metric).collect()),
        panel(heading(Metric::TRAINED), series(Metric::TRAINED).chain(training).collect()),
    ]
}

/// Every epoch as a tick where there are few, so that no tick falls between two.
fn epochs(last: f64) -> XAxis {
    match last as u32 {
        last @ ..=12 => XAxis::Named((1..=last).map(|epoch| (f64::from(epoch), epoch.to_string())).collect()),
        _ => XAxis::Whole,
    }
}

fn without_spread(points: Vec<Point>) -> Vec<Point> {
    points.into_iter().map(|point| Point { spread: 0.0, ..point }).collect()
}

fn level(curve: &Curve<'_>, (from, to): (f64, f64), metric: Metric) -> Option<Series> {
    let only = *curve.validation(metric).first()?;
    let points = [from, to].map(|x| Point { x, ..only }).to_vec();
    Some(curve.series(Stroke::Dotted, points))
}
