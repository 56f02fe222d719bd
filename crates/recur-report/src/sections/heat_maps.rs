//! Two swept parameters of a model against each other.

use crate::figures::canvas::About;
use crate::figures::heat::{Cell, Heat, heat};
use crate::figures::{NARROW, WIDTH, evenly, left_out};
use crate::markdown::code;
use crate::numbers::{MARK, NOTHING, fixed, heading, interval, parameter, phrase, shown};
use crate::page::Page;
use crate::sections::effects::over_shared;
use recur_analysis::{Analysis, Marginal, PairEffect};
use recur_core::metric::PERCENT;
use recur_core::params::ParamValue;

/// Rows or columns that are drawn.
const MOST: usize = 30;
/// So many columns have room for their texts in a narrow figure.
const FEW: usize = 5;

pub(crate) fn render(analysis: &Analysis, page: &mut Page, pair: &PairEffect) {
    let PairEffect { model, parameters: [down, across], rows, columns, cells, best, budget } = pair;
    let [drawn_rows, drawn_columns] = [rows, columns].map(|values| evenly(values.len(), MOST));
    let places = drawn_rows.iter().flat_map(|row| drawn_columns.iter().map(move |column| (*row, *column)));
    let drawn: Vec<&Marginal> = places.map(|(row, column)| &cells[row * columns.len() + column]).collect();
    let over = over_shared(analysis, &[(model, *budget)], str::to_owned);
    let alternative = match best.and_then(|best| Some((best, cells[best].mean?))) {
        Some((best, mean)) => format!(
            "{model}: best together at {down} = {} and {across} = {} ({}){over}.",
            parameter(&rows[best / columns.len()]),
            parameter(&columns[best % columns.len()]),
            phrase(analysis.primary, mean)
        ),
        None => format!("{model}: {down} and {across}{over}; of no pair did all trials finish."),
    };
    let trials = analysis.configurations_of(model).flat_map(|configuration| &configuration.trial_ids);
    let about = About { title: alternative.clone(), trials: trials.map(|id| id.short().to_owned()).collect() };
    let texts =
        |values: &[ParamValue], places: &[usize]| places.iter().map(|place| parameter(&values[*place])).collect();
    let picture = Heat {
        row_title: down.clone(),
        column_title: across.clone(),
        rows: texts(rows, &drawn_rows),
        columns: texts(columns, &drawn_columns),
        cells: drawn_cells(analysis, pair, &drawn_rows, &drawn_columns),
        counts: Vec::new(),
        key: key(analysis, &drawn),
        width: if columns.len() <= FEW { NARROW } else { WIDTH },
        largest_cell: (130, 46),
    };
    page.block(&format!("### {}: {} and {}", code(model), code(down), code(across)));
    let left_out = |all: &[ParamValue], drawn: &[usize], name: &str| {
        left_out(all.len(), drawn.len(), &format!("values of {}", code(name)), ", evenly spaced")
    };
    let (of_rows, of_columns) = (left_out(rows, &drawn_rows, down), left_out(columns, &drawn_columns, across));
    if !(of_rows.is_empty() && of_columns.is_empty()) {
        page.block(format!("{of_rows}{of_columns}").trim_start());
    }
    if drawn.iter().any(|marginal| half(marginal).is_some()) {
        page.block("A cell has the mean, and below it half the width of its unpaired 95 % interval.");
    }
    page.figure(&format!("pair-{model}"), &alternative, heat(&about, &picture));
    if drawn.iter().any(|marginal| marginal.is_of_survivors()) {
        page.block(&format!("{MARK} Only some trials of this pair finished, and the mean is over these."));
    }
}

fn range(cells: &[&Marginal]) -> (f64, f64) {
    let found = cells.iter().filter_map(|cell| cell.finite_mean());
    found.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| (low.min(mean), high.max(mean)))
}

/// Half the width of the interval of a mean, where it has one.
fn half(marginal: &Marginal) -> Option<f64> {
    let half = marginal.interval.map(|ends| (ends.high - ends.low) / 2.0);
    half.filter(|half| half.is_finite() && marginal.finite_mean().is_some())
}

fn drawn_cells(analysis: &Analysis, pair: &PairEffect, rows: &[usize], columns: &[usize]) -> Vec<Cell> {
    let [down, across] = &pair.parameters;
    let places: Vec<(usize, usize)> =
        rows.iter().flat_map(|row| columns.iter().map(move |column| (*row, *column))).collect();
    let at = |(row, column): (usize, usize)| &pair.cells[row * pair.columns.len() + column];
    let (low, high) = range(&places.iter().map(|place| at(*place)).collect::<Vec<_>>());
    let share = |mean: f64| if high > low { (mean - low) / (high - low) } else { 0.5 };
    let titled = |(row, column): (usize, usize), text: String| {
        format!("{down} {}, {across} {}: {text}", parameter(&pair.rows[row]), parameter(&pair.columns[column]))
    };
    let cell = |place: &(usize, usize)| match (at(*place), at(*place).finite_mean()) {
        // The lightest cell keeps a tint, so that a poor value does not look like a missing one.
        (marginal, Some(mean)) => {
            let (mark, note) =
                if marginal.is_of_survivors() { (MARK, ", over the trials that finished") } else { ("", "") };
            Cell {
                shade: Some(0.08 + 0.92 * share(mean)),
                text: format!("{}{mark}", one_decimal(analysis, mean)),
                below: half(marginal).map_or_else(String::new, |half| format!("± {}", one_decimal(analysis, half))),
                value: titled(*place, format!("{}{}{note}", phrase(analysis.primary, mean), ends(analysis, marginal))),
            }
        }
        (_, None) => Cell {
            shade: None,
            text: NOTHING.to_owned(),
            below: String::new(),
            value: titled(*place, "did not finish".to_owned()),
        },
    };
    places.iter().map(cell).collect()
}

/// The interval of a mean, for a tooltip.
fn ends(analysis: &Analysis, marginal: &Marginal) -> String {
    marginal.interval.map_or_else(String::new, |ends| format!(" {}", interval(analysis.primary, ends)))
}

fn key(analysis: &Analysis, cells: &[&Marginal]) -> (String, String, String) {
    let (low, high) = range(cells);
    let title = format!("validation {} (mean)", heading(analysis.primary));
    (title, one_decimal(analysis, low), one_decimal(analysis, high))
}

fn one_decimal(analysis: &Analysis, x: f64) -> String {
    let about = analysis.primary.about();
    // A cell has room for one decimal less than a table.
    let decimals = if about.unit == PERCENT { about.unit.decimals - 1 } else { about.unit.decimals };
    fixed(shown(analysis.primary, x), decimals)
}
