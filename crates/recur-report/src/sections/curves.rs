//! How the configurations learned, the chosen ones in front; of an experiment that is not finished, the best ones so far.

use crate::figures::canvas::About;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, XAxis, lines};
use crate::figures::{evenly, left_out};
use crate::markdown::code;
use crate::numbers::{heading, plural, shown, value};
use crate::page::Page;
use recur_analysis::{Analysis, PartialAnalysis, Spread};
use recur_core::metric::Metric;
use recur_core::settings::TrainingLength;
use recur_core::trial::TrialId;
use std::collections::BTreeSet;

/// Configurations drawn as thin lines at most: more cannot be distinguished.
const MOST_OTHERS: usize = 100;
/// Points of a thin line at most.
const MOST_THIN_POINTS: usize = 60;

/// What the section draws: of an experiment with results, or of one that is not finished.
pub(crate) struct OfCurves<'a> {
    curves: &'a [recur_analysis::Curve],
    /// The models in the order of the spec, with the trials that are drawn.
    models: Vec<(&'a str, &'a [TrialId])>,
    /// How the configurations that were not chosen learned, each with its model's index.
    others: Vec<(usize, &'a [f64])>,
    /// Indices into `models`, those first that are drawn where there are too many.
    ranking: Vec<usize>,
    /// What these come first by.
    drawn: &'static str,
    primary: Metric,
    training_lengths: &'a [TrainingLength],
    /// Whose curves these are.
    whose: &'static str,
    /// What the mean of a curve is taken over.
    mean_over: &'static str,
    /// Whether there is one replicate only.
    is_single: bool,
}

impl<'a> From<&'a Analysis> for OfCurves<'a> {
    fn from(analysis: &'a Analysis) -> Self {
        let other = |curve: &'a recur_analysis::ConfigurationCurve| {
            let of = &analysis.configurations[curve.configuration];
            let (place, _) = analysis.model(&of.model).filter(|_| of.times_chosen == 0)?;
            Some((place, curve.validation.as_slice()))
        };
        Self {
            others: analysis.configuration_curves.iter().filter_map(other).collect(),
            curves: &analysis.curves,
            models: analysis.models.iter().map(|own| (own.model.as_str(), own.trial_ids.as_slice())).collect(),
            ranking: analysis.ranking.clone(),
            drawn: ", those with the best means",
            primary: analysis.primary,
            training_lengths: &analysis.training_lengths,
            whose: "Chosen configurations",
            mean_over: "replicates",
            is_single: analysis.replicates == 1,
        }
    }
}

impl<'a> From<&'a PartialAnalysis> for OfCurves<'a> {
    fn from(analysis: &'a PartialAnalysis) -> Self {
        let trials = |best: usize| analysis.configurations[best].trial_ids.as_slice();
        let model = |own: &'a recur_analysis::PartialModel| {
            (own.model.as_str(), own.best.as_ref().map(|best| trials(best.configuration)).unwrap_or_default())
        };
        Self {
            others: Vec::new(),
            curves: &analysis.curves,
            models: analysis.models.iter().map(model).collect(),
            ranking: (0..analysis.models.len()).collect(),
            drawn: ", the first ones of the spec",
            primary: analysis.primary,
            training_lengths: &analysis.training_lengths,
            whose: "The best configuration of each model so far",
            mean_over: "the replicates that finished",
            is_single: analysis.replicates == 1,
        }
    }
}

/// The epochs of a configuration, as far as every replicate has them.
struct Curve<'a> {
    /// The model's place in the order of the spec.
    model: usize,
    data: &'a recur_analysis::Curve,
}

/// Appends the section; nothing without a configuration that learned in more than one epoch.
pub(crate) fn render<'a>(of: impl Into<OfCurves<'a>>, page: &mut Page) {
    let of = &of.into();
    let place = |model: &str| of.models.iter().position(|(own, _)| *own == model);
    let curves = of.curves.iter().filter_map(|data| Some(Curve { model: place(&data.model)?, data }));
    let (stepwise, at_once): (Vec<Curve<'_>>, Vec<Curve<'_>>) = curves.partition(|curve| curve.data.longest > 1);
    if stepwise.is_empty() {
        return;
    }
    let n = stepwise.len() + at_once.len();
    let (stepwise, at_once) = drawn(of, stepwise, at_once);
    page.section("Learning curves");
    let more = left_out(n, stepwise.len() + at_once.len(), "models", of.drawn);
    let others = others(of, &stepwise);
    page.block(&(introduction(of, &stepwise, &at_once) + &about_others(of, &others) + &more));
    let alternative = alternative(of, &stepwise);
    let trials = stepwise
        .iter()
        .chain(&at_once)
        .flat_map(|curve| of.models[curve.model].1.iter().map(|id| id.short().to_owned()));
    let about = About { title: alternative.clone(), trials: trials.collect() };
    let panels = panels(of, &stepwise, &at_once, &others);
    page.figure(
        "learning-curves",
        &alternative,
        lines(&about, &keys(&stepwise, &at_once, !others.is_empty()), &panels),
    );
}

/// The configurations that are drawn as thin lines: those of the models that are drawn.
fn others<'a>(of: &OfCurves<'a>, stepwise: &[Curve<'_>]) -> Vec<(usize, &'a [f64])> {
    let is_drawn = |model: usize| stepwise.iter().any(|curve| curve.model == model);
    of.others.iter().filter(|(model, _)| is_drawn(*model)).copied().collect()
}

fn about_others(of: &OfCurves<'_>, others: &[(usize, &[f64])]) -> String {
    if others.is_empty() {
        return String::new();
    }
    let drawn =
        left_out(others.len(), others.len().min(MOST_OTHERS), "of these", ", evenly spaced in the order of the plan");
    format!(
        " Thin lines are the other configurations, by validation {}; one that was eliminated or stopped early ends early.{drawn}",
        of.primary.title()
    )
}

/// A thin line for each other configuration.
fn thin(of: &OfCurves<'_>, others: &[(usize, &[f64])]) -> Vec<Series> {
    let point =
        |(index, value): (usize, f64)| Point { x: (index + 1) as f64, y: shown(of.primary, value), spread: 0.0 };
    let series = |place: usize| {
        let (model, epochs) = others[place];
        let points = evenly(epochs.len(), MOST_THIN_POINTS).into_iter().map(|index| point((index, epochs[index])));
        Series {
            style: model,
            stroke: Stroke::Thin,
            around: Around::Bars,
            has_marks: false,
            points: points.collect(),
            missing: Vec::new(),
        }
    };
    evenly(others.len(), MOST_OTHERS).into_iter().map(series).collect()
}

/// The curves that are drawn, where there are too many: those of the models that come first.
fn drawn<'a>(
    of: &OfCurves<'_>,
    mut stepwise: Vec<Curve<'a>>,
    mut at_once: Vec<Curve<'a>>,
) -> (Vec<Curve<'a>>, Vec<Curve<'a>>) {
    /// With points, bands and levels a model takes some 20 kB.
    const MOST: usize = 12;
    let place = |model: usize| of.ranking.iter().position(|ranked| *ranked == model).unwrap_or(usize::MAX);
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

fn introduction(of: &OfCurves<'_>, stepwise: &[Curve<'_>], at_once: &[Curve<'_>]) -> String {
    let mut text = match of.is_single {
        true => format!("{}, on the one replicate.", of.whose),
        false => format!("{}, mean over {}; bands are ± one standard deviation.", of.whose, of.mean_over),
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
fn second_metric(of: &OfCurves<'_>) -> Metric {
    if of.primary == Metric::TRAINED { Metric::FAMILIAR } else { of.primary }
}

fn alternative(of: &OfCurves<'_>, curves: &[Curve<'_>]) -> String {
    let metric = second_metric(of);
    let finding = |curve: &Curve<'_>| {
        let epochs = curve.data.validation(metric);
        let (from, to) = (value(metric, epochs.first()?.mean), value(metric, epochs.last()?.mean));
        Some(format!("{} goes from {from} to {to} in {}", curve.data.model, plural(epochs.len() as u64, "epoch")))
    };
    let findings: Vec<String> = curves.iter().filter_map(finding).collect();
    format!("Validation {} by epoch: {}.", heading(metric), findings.join("; "))
}

fn keys(stepwise: &[Curve<'_>], at_once: &[Curve<'_>], has_others: bool) -> Vec<Key> {
    let key = |curve: &Curve<'_>, stroke| Key {
        text: curve.data.model.clone(),
        style: Some(curve.model),
        stroke,
        has_mark: false,
    };
    let note = |text: &str, stroke| Key { text: text.to_owned(), style: None, stroke, has_mark: false };
    let mut keys: Vec<Key> = stepwise.iter().map(|curve| key(curve, Stroke::Solid)).collect();
    keys.extend(at_once.iter().map(|curve| key(curve, Stroke::Dotted)));
    keys.push(note("on validation rows", Stroke::Solid));
    keys.extend(has_others.then(|| note("other configurations", Stroke::Thin)));
    keys.push(note("loss on training rows, while training", Stroke::Dashed));
    keys
}

/// What an epoch is: several things where experiments are compared that train in several ways.
fn x_title(of: &OfCurves<'_>) -> String {
    let titles: BTreeSet<String> = of
        .training_lengths
        .iter()
        .map(|length| match length {
            TrainingLength::Epochs(_) => "epoch".to_owned(),
            TrainingLength::Steps { evaluate_every, .. } => format!("interval of {evaluate_every} steps"),
        })
        .collect();
    titles.into_iter().collect::<Vec<_>>().join(" or ")
}

fn panels(of: &OfCurves<'_>, stepwise: &[Curve<'_>], at_once: &[Curve<'_>], others: &[(usize, &[f64])]) -> [Panel; 2] {
    let metric = second_metric(of);
    let of_others = others.iter().map(|(_, epochs)| epochs.len());
    let n_epochs = stepwise.iter().map(|curve| curve.data.n_epochs()).chain(of_others).max().unwrap_or(1) as f64;
    let x_range = (1.0, n_epochs.max(2.0));
    let x_title = x_title(of);
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
    let thin = |metric: Metric| if metric == of.primary { thin(of, others) } else { Vec::new() };
    // What is thin is drawn first, below the others.
    [
        panel(format!("validation {}", heading(metric)), thin(metric).into_iter().chain(series(metric)).collect()),
        panel(
            heading(Metric::TRAINED),
            thin(Metric::TRAINED).into_iter().chain(series(Metric::TRAINED)).chain(training).collect(),
        ),
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
