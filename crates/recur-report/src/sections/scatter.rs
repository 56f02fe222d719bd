//! Test results of the ranked models against what they take: parameters, or time.

use crate::figures::canvas::About;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, XAxis, lines};
use crate::numbers::{heading, shown};
use recur_analysis::{Analysis, Model};

/// A ranked model with what it takes, above zero, and its mean test result.
pub(crate) struct Place<'a> {
    pub(crate) model: &'a Model,
    pub(crate) amount: f64,
    pub(crate) score: f64,
}

impl<'a> Place<'a> {
    /// `None` where one of both is unknown or has no place on the axes.
    pub(crate) fn of(analysis: &Analysis, model: &'a Model, amount: f64) -> Option<Self> {
        let score = model.test(analysis.primary)?.mean.filter(|score| score.is_finite())?;
        (amount.is_finite() && amount > 0.0).then_some(Self { model, amount, score })
    }

    /// The logarithm to base 10 of what it takes.
    fn x(&self) -> f64 {
        libm::log10(self.amount)
    }

    fn series(&self, analysis: &Analysis) -> Series {
        let interval = self.model.test(analysis.primary).and_then(|test| test.interval);
        let half = interval.map_or(0.0, |interval| (interval.high - interval.low) / 2.0);
        let point =
            Point { x: self.x(), y: shown(analysis.primary, self.score), spread: shown(analysis.primary, half) };
        Series {
            style: style(analysis, self).unwrap_or(0),
            stroke: Stroke::None,
            around: Around::Bars,
            has_marks: true,
            points: vec![point],
            missing: Vec::new(),
        }
    }
}

fn style(analysis: &Analysis, place: &Place<'_>) -> Option<usize> {
    analysis.model(&place.model.model).map(|(place, _)| place)
}

/// Draws `places` with their intervals, on an axis of logarithms called `x_title`.
pub(crate) fn scatter(
    analysis: &Analysis,
    places: &[Place<'_>],
    title: &str,
    x_title: &str,
    x_axis: impl Fn((f64, f64)) -> XAxis,
) -> String {
    let trials = places.iter().flat_map(|place| &place.model.trial_ids);
    let about = About { title: title.to_owned(), trials: trials.map(|id| id.short().to_owned()).collect() };
    let key = |place: &Place<'_>| Key {
        text: place.model.model.clone(),
        style: style(analysis, place),
        stroke: Stroke::None,
        has_mark: true,
    };
    let ends =
        places.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), place| (l.min(place.x()), h.max(place.x())));
    let x_range = (ends.0.floor(), ends.1.ceil().max(ends.0.floor() + 1.0));
    let panel = Panel {
        title: format!("test {}{}", heading(analysis.primary), interval_note(analysis)),
        x_title: x_title.to_owned(),
        x_range,
        x_axis: x_axis(x_range),
        series: places.iter().map(|place| place.series(analysis)).collect(),
    };
    lines(&about, &places.iter().map(key).collect::<Vec<_>>(), &[panel])
}

fn interval_note(analysis: &Analysis) -> &'static str {
    if analysis.replicates == 1 { "" } else { " (mean over replicates, 95 % interval)" }
}
