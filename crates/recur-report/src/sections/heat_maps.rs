//! Two swept parameters of a model against each other.

use crate::figures::canvas::About;
use crate::figures::heat::{Cell, Heat, heat};
use crate::figures::{evenly, left_out};
use crate::markdown::code;
use crate::numbers::{MARK, NOTHING, fixed, heading, parameter, phrase, shown};
use crate::page::Page;
use crate::sections::effects::over_shared;
use recur_analysis::{Analysis, Marginal, PairEffect};
use recur_core::metric::PERCENT;
use recur_core::params::ParamValue;

/// Rows or columns that are drawn.
const MOST: usize = 30;

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
        cells: drawn_cells(analysis, &drawn),
        key: key(analysis, &drawn),
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
    page.figure(&format!("pair-{model}"), &alternative, heat(&about, &picture));
    if drawn.iter().any(|marginal| marginal.is_of_survivors()) {
        page.block(&format!("{MARK} Only some trials of this pair finished, and the mean is over these."));
    }
}

fn range(cells: &[&Marginal]) -> (f64, f64) {
    let found = cells.iter().filter_map(|cell| cell.finite_mean());
    found.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| (low.min(mean), high.max(mean)))
}

fn drawn_cells(analysis: &Analysis, cells: &[&Marginal]) -> Vec<Cell> {
    let (low, high) = range(cells);
    let share = |mean: f64| if high > low { (mean - low) / (high - low) } else { 0.5 };
    let cell = |marginal: &&Marginal| match marginal.finite_mean() {
        // The lightest cell keeps a tint, so that a poor value does not look like a missing one.
        Some(mean) => {
            let (mark, note) =
                if marginal.is_of_survivors() { (MARK, ", over the trials that finished") } else { ("", "") };
            Cell {
                shade: Some(0.08 + 0.92 * share(mean)),
                text: format!("{}{mark}", one_decimal(analysis, mean)),
                value: format!("{}{note}", phrase(analysis.primary, mean)),
            }
        }
        None => Cell { shade: None, text: NOTHING.to_owned(), value: "did not finish".to_owned() },
    };
    cells.iter().map(cell).collect()
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
