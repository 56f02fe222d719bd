//! The result of each proposal over the value of one parameter: a panel a parameter.

use super::{MOST_MODELS, key};
use crate::figures::canvas::About;
use crate::figures::left_out;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, lines};
use crate::numbers::{heading, parameter, shown, significant};
use crate::page::Page;
use recur_analysis::{Analysis, Search, in_order};
use recur_core::params::ParamValue;

/// Panels that are drawn.
const MOST: usize = 8;

/// Values whose largest is so many times the smallest are drawn at equal ratios.
const RATIO: f64 = 20.0;

pub(super) fn render(analysis: &Analysis, page: &mut Page) {
    let names = varied(analysis);
    if names.is_empty() {
        return;
    }
    let drawn = &names[..names.len().min(MOST)];
    page.block(&format!(
        "Each proposal at its value of one parameter, whatever the values of the others are.{}",
        left_out(names.len(), drawn.len(), "parameters", "")
    ));
    let alternative = format!("Validation {} of each proposal, by {}.", analysis.primary.title(), drawn.join(", "));
    let searches = &analysis.searches[..analysis.searches.len().min(MOST_MODELS)];
    let about = About { title: alternative.clone(), trials: Vec::new() };
    let keys: Vec<Key> = searches.iter().map(|search| key(analysis, search)).collect();
    let panels: Vec<Panel> = drawn.iter().map(|name| panel(analysis, searches, name)).collect();
    page.figure("slices", &alternative, lines(&about, &keys, &panels));
}

/// What a search varies, in the order of the spec.
fn varied(analysis: &Analysis) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for search in &analysis.searches {
        let first = search.proposals.first().map(|proposal| &analysis.configurations[proposal.configuration]);
        for name in first.into_iter().flat_map(|configuration| &configuration.swept) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    names
}

/// Where values lie on an axis.
enum Place<'a> {
    Linear,
    /// By the logarithm to base 10.
    Log,
    /// One after the other.
    Words(Vec<&'a ParamValue>),
}

impl<'a> Place<'a> {
    fn of(values: &[&'a ParamValue]) -> Self {
        let numbers: Option<Vec<f64>> = values.iter().map(|value| value.number()).collect();
        let Some(numbers) = numbers else {
            let mut words: Vec<&ParamValue> = Vec::new();
            values.iter().for_each(|value| {
                if !words.contains(value) {
                    words.push(value);
                }
            });
            words.sort_by(|a, b| in_order(a, b));
            return Place::Words(words);
        };
        let (low, high) = ends(numbers.iter().copied());
        if low > 0.0 && high / low >= RATIO { Place::Log } else { Place::Linear }
    }

    fn x(&self, value: &ParamValue) -> Option<f64> {
        match self {
            Place::Linear => value.number(),
            Place::Log => value.number().map(libm::log10),
            Place::Words(words) => words.iter().position(|word| *word == value).map(|place| place as f64),
        }
    }

    fn ticks(&self, (low, high): (f64, f64)) -> Option<Vec<(f64, String)>> {
        match self {
            Place::Linear => None,
            Place::Log => Some(log_ticks(low, high)),
            Place::Words(words) => {
                Some(words.iter().enumerate().map(|(place, word)| (place as f64, parameter(word))).collect())
            }
        }
    }
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
}

/// 1, 2 and 5 times powers of ten between two logarithms.
fn log_ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    let powers = low.floor() as i32..=high.ceil() as i32;
    let values = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * libm::pow(10.0, f64::from(power))));
    values
        .map(|value| (libm::log10(value), significant(value, 3)))
        .filter(|(at, _)| (low - 0.01..=high + 0.01).contains(at))
        .collect()
}

fn panel(analysis: &Analysis, searches: &[Search], name: &str) -> Panel {
    let value = |configuration: usize| analysis.configurations[configuration].value(name);
    let all: Vec<&ParamValue> = searches
        .iter()
        .flat_map(|search| &search.proposals)
        .filter_map(|proposal| value(proposal.configuration))
        .collect();
    let place = Place::of(&all);
    let (low, high) = ends(all.iter().filter_map(|value| place.x(value)));
    let room = if high > low { 0.02 * (high - low) } else { 0.5 };
    let points = |search: &Search| -> Vec<Point> {
        let point = |proposal: &recur_analysis::Proposal| {
            let x = place.x(value(proposal.configuration)?)?;
            Some(Point { x, y: shown(analysis.primary, proposal.value?), spread: 0.0 })
        };
        search.proposals.iter().filter_map(point).collect()
    };
    let series = |search: &Search| Series {
        style: analysis.model(&search.model).map_or(0, |(place, _)| place),
        stroke: Stroke::None,
        around: Around::Bars,
        has_marks: true,
        points: points(search),
    };
    Panel {
        title: format!("validation {}", heading(analysis.primary)),
        x_title: name.to_owned(),
        x_range: (low - room, high + room),
        x_ticks: place.ticks((low, high)),
        series: searches.iter().map(series).collect(),
    }
}
