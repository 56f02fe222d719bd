//! The result of each proposal over the value of one parameter: a panel a parameter.

use super::{MOST_MODELS, finite, key, trials, without_result};
use crate::figures::canvas::About;
use crate::figures::left_out;
use crate::figures::lines::{Around, Key, Panel, Point, Series, Stroke, lines};
use crate::numbers::{heading, shown};
use crate::page::Page;
use crate::sections::value_axis::{Place, ends};
use recur_analysis::{Analysis, Proposal, Search};
use recur_core::params::ParamValue;

/// Panels that are drawn.
const MOST: usize = 8;

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

fn panel(analysis: &Analysis, searches: &[Search], name: &str) -> Panel {
    let value = |configuration: usize| analysis.configurations[configuration].value(name);
    let all: Vec<&ParamValue> = searches
        .iter()
        .flat_map(|search| &search.proposals)
        .filter_map(|proposal| value(proposal.configuration))
        .collect();
    let place = Place::of_many(&all);
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
