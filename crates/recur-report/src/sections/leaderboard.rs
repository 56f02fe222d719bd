//! One row a model: its chosen configuration and how that did.

use crate::analysis::{Analysis, ModelResult};
use crate::answer::settings;
use crate::comparisons::Difference;
use crate::export::mean_interval;
use crate::markdown::{Table, code, left, right};
use crate::numbers::{self, NBSP, NOTHING, count, difference, heading, interval, p_cell, plural, spread};
use crate::page::Page;

/// Appends the section.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    page.section("Models");
    page.block(&table(analysis).render());
    page.block(&method(analysis));
    if analysis.ranking.iter().any(|model| !analysis.models[*model].tests.is_empty()) {
        page.block(&format!(
            "Figures on test in this and all later tables are of the trials that \"{}\" lists; figures on validation are of all \
             trials. Each figure names its trials in the attribute `data-trials` of its file.",
            crate::sections::reproduce::TITLE
        ));
    }
}

fn table(analysis: &Analysis<'_>) -> Table {
    let primary = analysis.primary;
    let has_baseline = analysis.baseline().is_some();
    let mut header = vec![
        left("model"),
        left("chosen configuration"),
        right("trials finished"),
        right(format!("validation {}", heading(primary))),
    ];
    for metric in analysis.metrics() {
        header.push(right(format!("test {}", heading(metric))));
        if metric == primary && has_intervals(analysis) {
            header.push(right("95 % of that mean"));
        }
    }
    if has_baseline {
        header.push(right(format!("{} to baseline [95 %]", primary.title())));
        header.push(right("p"));
        header.push(right("better / equal / worse"));
    }
    header.push(right("parameters"));
    let mut table = Table::new(header);
    let unranked = (0..analysis.models.len()).filter(|model| !analysis.ranking.contains(model));
    for model in analysis.ranking.iter().copied().chain(unranked) {
        table.row(row(analysis, model, has_baseline));
    }
    table
}

fn row(analysis: &Analysis<'_>, index: usize, has_baseline: bool) -> Vec<String> {
    let model = &analysis.models[index];
    let mut cells = vec![code(model.id), configuration(analysis, model), trials(model)];
    let validation = model.chosen.map(|chosen| analysis.validation(chosen, analysis.primary)).unwrap_or_default();
    cells.push(spread(analysis.primary, &validation));
    for metric in analysis.metrics() {
        let values = model.test(metric);
        cells.push(spread(metric, &values));
        if metric == analysis.primary && has_intervals(analysis) {
            cells.push(mean_interval(analysis, &values).map_or(NOTHING.to_owned(), |ends| interval(metric, ends)));
        }
    }
    if has_baseline {
        cells.extend(if analysis.baseline() == Some(index) {
            ["baseline".to_owned(), NOTHING.to_owned(), NOTHING.to_owned()]
        } else {
            against_baseline(analysis, analysis.to_baseline.get(&index))
        });
    }
    cells.push(analysis.n_parameters(model).map_or(NOTHING.to_owned(), count));
    cells
}

/// Whether some model's mean has an interval.
fn has_intervals(analysis: &Analysis<'_>) -> bool {
    let mut figures = analysis.models.iter().map(|model| model.test(analysis.primary));
    figures.any(|values| mean_interval(analysis, &values).is_some())
}

fn configuration(analysis: &Analysis<'_>, model: &ModelResult<'_>) -> String {
    let Some(chosen) = model.chosen else { return "none finished on every replicate".to_owned() };
    let settings = settings(&analysis.input.plan.configurations[chosen]);
    if settings.is_empty() { "as given".to_owned() } else { code(&settings) }
}

fn trials(model: &ModelResult<'_>) -> String {
    let tally = model.tally;
    let mut text = format!("{} of {}", count(tally.finished), count(tally.planned));
    for (n, end) in [(tally.diverged, "diverged"), (tally.failed, "failed")] {
        if n > 0 {
            text.push_str(&format!(", {n} {end}"));
        }
    }
    text
}

fn against_baseline(analysis: &Analysis<'_>, found: Option<&Difference>) -> [String; 3] {
    let Some(found) = found else { return [NOTHING; 3].map(str::to_owned) };
    let [better, equal, worse] = found.wins;
    let wins = format!("{better}{NBSP}/{NBSP}{equal}{NBSP}/{NBSP}{worse}");
    match &found.comparison {
        Some(comparison) => [difference(analysis.primary, comparison), p_cell(found.adjusted_p), wins],
        None => [NOTHING.to_owned(), NOTHING.to_owned(), wins],
    }
}

/// How the figures came about, and what they allow to say.
fn method(analysis: &Analysis<'_>) -> String {
    let plan = analysis.input.plan;
    let sizes = analysis.input.sizes;
    if analysis.models.iter().all(|model| model.chosen.is_none()) {
        return "No configuration could be chosen, so no test row was scored.".to_owned();
    }
    let mut text = format!(
        "For each model the configuration with the best mean validation {} was chosen, among those that finished on \
         every replicate; test rows were scored once, for the chosen configurations alone.",
        analysis.primary.title()
    );
    text.push_str(&match plan.replicates {
        1 => " With one replicate there is no spread to show.".to_owned(),
        n => format!(
            " Figures are mean ± standard deviation over {}, each another split and another start, the same for every \
             model.",
            plural(u64::from(n), "replicate")
        ),
    });
    if has_intervals(analysis) {
        text.push_str(
            " The interval of a mean is Student's, its variance corrected for replicates that share rows as that of the \
             differences is; differences are paired, so models whose intervals overlap may differ all the same.",
        );
    }
    let tested = analysis.to_baseline.values().chain(analysis.best_against.iter().map(|(_, difference)| difference));
    if tested.into_iter().any(|difference| difference.comparison.is_some()) {
        let ratio = sizes.test as f64 / sizes.train as f64;
        text.push_str(&format!(
            " Intervals (95 %) and p-values are of the corrected resampled t-test (Nadeau and Bengio 2003), which allows \
             for replicates that share rows: test rows / training rows = {}. p-values are corrected by Holm's method, the \
             intervals are not.",
            numbers::fixed(ratio, 3)
        ));
        text.push_str(&corrections(analysis));
        if analysis.input.plan.report.equivalence_margin.is_some() {
            text.push_str(" Equivalence is tested on the same statistic, by two one-sided tests (Schuirmann 1987).");
        }
    }
    text
}

/// How many comparisons the p-values are corrected for, and why so many.
fn corrections(analysis: &Analysis<'_>) -> String {
    let n_of = |difference: Option<&Difference>| difference.map_or(0, |difference| difference.n_comparisons);
    let all_pairs = n_of(analysis.best_against.iter().map(|(_, d)| d).find(|d| d.comparison.is_some()));
    let to_baseline = n_of(analysis.to_baseline.values().find(|d| d.comparison.is_some()));
    let mut text = String::new();
    if all_pairs > 1 && !analysis.best_is_baseline() {
        text.push_str(&format!(
            " Which model is best is seen from the figures that it is compared by, so where the answer sets the best model \
             against the next, p is corrected over all {all_pairs} pairs of models."
        ));
    }
    if analysis.input.baseline_is_chosen && to_baseline > 0 {
        text.push_str(&format!(
            " The baseline is the model of the first experiment that did best on validation. As figures chose it, \
             comparisons with it are corrected over all {} of models.",
            plural(to_baseline as u64, "pair")
        ));
    } else if to_baseline > 0 {
        text.push_str(&format!(
            " Comparisons with the baseline were named beforehand and are corrected over these alone: there {} {to_baseline}.",
            if to_baseline == 1 { "is" } else { "are" }
        ));
    }
    text
}
