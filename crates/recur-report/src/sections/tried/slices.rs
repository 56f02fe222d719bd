//! The result of each proposal over the value of one parameter: a panel a parameter.

use super::{MOST_MODELS, finite, key, trials, without_result};
use crate::figures::canvas::About;
use crate::figures::left_out;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, XAxis, lines};
use crate::numbers::{heading, parameter, shown};
use crate::page::Page;
use recur_analysis::{Analysis, Proposal, Search, in_order};
use recur_core::params::ParamValue;

/// Panels that are drawn.
const MOST: usize = 8;

/// Values whose largest is so many times the smallest are drawn at equal ratios.
const RATIO: f64 = 20.0;

/// Values below this are drawn at equal ratios, however near they are to each other.
const TINY: f64 = 1e-4;

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
    let searches = &analysis.searches[..analysis.searches.len().min(MOST_MODELS)];
    let alternative = format!(
        "Validation {} of each proposal, by {}.{}",
        analysis.primary.title(),
        drawn.join(", "),
        without_result(searches, "")
    );
    let about = About { title: alternative.clone(), trials: trials(analysis, searches) };
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
    /// As [`Place::Linear`], of whole numbers.
    Whole,
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
        // Steps of an axis are no smaller than a millionth.
        let is_tiny = low > 0.0 && high < TINY;
        match values.iter().all(|value| matches!(value, ParamValue::Integer(_))) {
            _ if low > 0.0 && high / low >= RATIO || is_tiny => Place::Log,
            true => Place::Whole,
            false => Place::Linear,
        }
    }

    fn x(&self, value: &ParamValue) -> Option<f64> {
        match self {
            Place::Linear | Place::Whole => value.number(),
            Place::Log => value.number().map(libm::log10),
            Place::Words(words) => words.iter().position(|word| *word == value).map(|place| place as f64),
        }
    }

    fn axis(&self) -> XAxis {
        match self {
            Place::Linear => XAxis::Numbers,
            Place::Whole => XAxis::Whole,
            Place::Log => XAxis::Log,
            Place::Words(words) => {
                XAxis::Named(words.iter().enumerate().map(|(place, word)| (place as f64, parameter(word))).collect())
            }
        }
    }
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
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
    let x = |proposal: &Proposal| place.x(value(proposal.configuration)?);
    let series = |search: &Search| {
        let point = |proposal: &Proposal| {
            Some(Point { x: x(proposal)?, y: shown(analysis.primary, finite(proposal)?), spread: 0.0 })
        };
        Series {
            style: analysis.model(&search.model).map_or(0, |(place, _)| place),
            stroke: Stroke::None,
            around: Around::Bars,
            has_marks: true,
            points: search.proposals.iter().filter_map(point).collect(),
            missing: search.proposals.iter().filter(|proposal| finite(proposal).is_none()).filter_map(x).collect(),
        }
    };
    Panel {
        title: format!("validation {}", heading(analysis.primary)),
        x_title: name.to_owned(),
        x_range: (low - room, high + room),
        x_axis: place.axis(),
        series: searches.iter().map(series).collect(),
    }
}
