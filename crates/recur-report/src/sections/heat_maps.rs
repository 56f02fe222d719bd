//! Two swept parameters of a model against each other.

use crate::analysis::Analysis;
use crate::figures::canvas::About;
use crate::figures::heat::{Cell, Heat, heat};
use crate::figures::{evenly, left_out};
use crate::markdown::code;
use crate::numbers::{NOTHING, fixed, heading, parameter, phrase, shown};
use crate::page::Page;
use crate::sections::effects::{Effect, MARK, Marginal, marginal, values_of};
use recur_core::params::ParamValue;
use recur_stats::mean;

/// Appends the two parameters of `model` that move its figure most, against each other; nothing below two.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page, effects: &[Effect<'_>], model: usize) {
    let mut swept: Vec<(&Effect<'_>, f64)> = Vec::new();
    for effect in effects {
        let Some((_, marginals)) = effect.models.iter().find(|(index, _)| *index == model) else { continue };
        let complete = marginals.iter().filter(|marginal| !marginal.is_of_survivors());
        let means = complete.filter_map(|marginal| mean(&marginal.by_replicate));
        let (low, high) = means.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), m| (l.min(m), h.max(m)));
        swept.push((effect, high - low));
    }
    swept.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    swept.truncate(2);
    // Rows and columns as in the spec, so that the maps of several models lie the same way.
    swept.sort_by_key(|(effect, _)| effects.iter().position(|other| other.name == effect.name));
    let [(down, _), (across, _)] = swept.as_slice() else { return };
    let [all_rows, all_columns] = [down, across].map(|effect| values_of_in(analysis, model, effect));
    let [rows, columns] = [&all_rows, &all_columns].map(|values| drawn(values));
    let pairs = rows.iter().flat_map(|row| columns.iter().map(move |column| (*row, *column)));
    let marginals: Vec<Marginal> =
        pairs.map(|(row, column)| marginal(analysis, model, &[(down.name, row), (across.name, column)])).collect();
    let means: Vec<Option<f64>> =
        marginals.iter().map(|marginal| mean(&marginal.by_replicate).filter(|mean| mean.is_finite())).collect();
    if means.iter().all(Option::is_none) {
        return;
    }
    let id = analysis.models[model].id;
    let alternative = match best_cell(analysis, &marginals, &means) {
        Some(best) => format!(
            "{id}: best together at {} = {} and {} = {} ({}).",
            down.name,
            parameter(rows[best / columns.len()]),
            across.name,
            parameter(columns[best % columns.len()]),
            phrase(analysis.primary, means[best].unwrap_or(f64::NAN))
        ),
        None => format!("{id}: {} and {}; of no pair did all trials finish.", down.name, across.name),
    };
    let trials = analysis.configurations_of(id).flat_map(|(index, _)| analysis.findings_of(index));
    let about = About {
        title: alternative.clone(),
        trials: trials.map(|finding| finding.trial.id.short().to_owned()).collect(),
    };
    let texts = |values: &[&ParamValue]| values.iter().map(|value| parameter(value)).collect::<Vec<_>>();
    let picture = Heat {
        row_title: down.name.to_owned(),
        column_title: across.name.to_owned(),
        rows: texts(&rows),
        columns: texts(&columns),
        cells: cells(analysis, &marginals, &means),
        key: key(analysis, &means),
        largest_cell: (130, 46),
    };
    page.block(&format!("### {}: {} and {}", code(id), code(down.name), code(across.name)));
    let of_rows = left_out(all_rows.len(), rows.len(), &format!("values of {}", code(down.name)), ", evenly spaced");
    let of_columns =
        left_out(all_columns.len(), columns.len(), &format!("values of {}", code(across.name)), ", evenly spaced");
    if !(of_rows.is_empty() && of_columns.is_empty()) {
        page.block(format!("{of_rows}{of_columns}").trim_start());
    }
    page.figure(&format!("pair-{id}"), &alternative, heat(&about, &picture));
    if marginals.iter().any(Marginal::is_of_survivors) {
        page.block(&format!("{MARK} Only some trials of this pair finished, and the mean is over these."));
    }
}

/// The values of one model, in the order of the whole effect.
fn values_of_in<'a>(analysis: &Analysis<'a>, model: usize, effect: &Effect<'a>) -> Vec<&'a ParamValue> {
    let own = values_of(analysis, model, effect.name);
    effect.values.iter().copied().filter(|value| own.contains(value)).collect()
}

/// The values that are drawn, where there are too many for a map.
fn drawn<'a>(values: &[&'a ParamValue]) -> Vec<&'a ParamValue> {
    /// Rows or columns.
    const MOST: usize = 30;
    evenly(values.len(), MOST).into_iter().map(|place| values[place]).collect()
}

/// The cell with the best mean of those whose trials all finished.
fn best_cell(analysis: &Analysis<'_>, marginals: &[Marginal], means: &[Option<f64>]) -> Option<usize> {
    let complete = (0..means.len()).filter(|index| !marginals[*index].is_of_survivors());
    let found = complete.filter_map(|index| Some((index, means[index]?)));
    found.reduce(|best, next| if analysis.primary.better(next.1, best.1) { next } else { best }).map(|(index, _)| index)
}

fn range(means: &[Option<f64>]) -> (f64, f64) {
    let found = means.iter().flatten();
    found.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| (low.min(*mean), high.max(*mean)))
}

fn cells(analysis: &Analysis<'_>, marginals: &[Marginal], means: &[Option<f64>]) -> Vec<Cell> {
    let (low, high) = range(means);
    let share = |mean: f64| if high > low { (mean - low) / (high - low) } else { 0.5 };
    let cell = |(marginal, mean): (&Marginal, &Option<f64>)| match mean {
        // The lightest cell keeps a tint, so that a poor value does not look like a missing one.
        Some(mean) => {
            let (mark, note) =
                if marginal.is_of_survivors() { (MARK, ", over the trials that finished") } else { ("", "") };
            Cell {
                shade: Some(0.08 + 0.92 * share(*mean)),
                text: format!("{}{mark}", one_decimal(analysis, *mean)),
                value: format!("{}{note}", phrase(analysis.primary, *mean)),
            }
        }
        None => Cell { shade: None, text: NOTHING.to_owned(), value: "did not finish".to_owned() },
    };
    marginals.iter().zip(means).map(cell).collect()
}

fn key(analysis: &Analysis<'_>, means: &[Option<f64>]) -> (String, String, String) {
    let (low, high) = range(means);
    let title = format!("validation {} (mean)", heading(analysis.primary));
    (title, one_decimal(analysis, low), one_decimal(analysis, high))
}

fn one_decimal(analysis: &Analysis<'_>, x: f64) -> String {
    let decimals = if analysis.primary.higher_is_better() { 1 } else { 3 };
    fixed(shown(analysis.primary, x), decimals)
}
