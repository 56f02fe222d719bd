//! Which models differ: the best one against each other, and each one against the baseline.

use crate::analysis::Analysis;
use crate::comparisons::{Basis, Difference};
use crate::equivalence;
use crate::markdown::{Table, code, left, right};
use crate::numbers::{self, NBSP, NOTHING, difference, p_cell, plural};
use crate::page::Page;
use crate::practical;
use recur_stats::Practical;

/// Appends the tables; nothing where no models can be compared.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    let is_tested = |(_, difference): &(usize, Difference)| difference.estimate.is_some();
    if !analysis.best_against.iter().any(is_tested) {
        return;
    }
    page.block("### The best model against the others");
    page.block(&best(analysis).render());
    page.block(&method(analysis));
    if let Some(sentence) = equivalence::sentence(analysis, code) {
        page.block(&sentence);
    }
    if let Some(baseline) = analysis.baseline().filter(|_| analysis.to_baseline.values().any(|d| d.estimate.is_some()))
    {
        page.block("### Comparisons with the baseline");
        page.block(&against_baseline(analysis, baseline).render());
        page.block(&about_baseline(analysis, baseline));
    }
}

fn best(analysis: &Analysis<'_>) -> Table {
    let best = code(analysis.models[analysis.ranking[0]].id);
    let mut table = table(analysis, &format!("{best} against"), &format!("{best} better"));
    for (other, found) in &analysis.best_against {
        table.row(row(analysis, *other, found));
    }
    table
}

fn against_baseline(analysis: &Analysis<'_>, baseline: usize) -> Table {
    let mut table = table(analysis, "model", "model better");
    let others = analysis.ranking.iter().filter(|model| **model != baseline);
    for (other, found) in others.filter_map(|model| Some((model, analysis.to_baseline.get(model)?))) {
        table.row(row(analysis, *other, found));
    }
    table
}

fn table(analysis: &Analysis<'_>, first: &str, better: &str) -> Table {
    let mut header = vec![
        left(first),
        right(format!("Δ {} [95 % CI]", analysis.primary.title())),
        right("p (Holm)"),
        right("wins / ties / losses"),
    ];
    if let Some(margin) = analysis.input.plan.report.equivalence_margin {
        let margin = numbers::margin(analysis.primary, margin);
        header.extend([right(format!("P({better})")), right(format!("P(equal within {margin})")), right("P(worse)")]);
    }
    Table::new(header)
}

fn row(analysis: &Analysis<'_>, other: usize, found: &Difference) -> Vec<String> {
    let [wins, ties, losses] = found.wins;
    let mut cells = vec![code(analysis.models[other].id)];
    cells.extend(match (&found.comparison, found.without_spread()) {
        (Some(comparison), _) => [difference(analysis.primary, comparison), p_cell(found.adjusted_p)],
        (None, Some(mean)) => [numbers::estimate(analysis.primary, Some(mean), None), "no spread".to_owned()],
        (None, None) => [NOTHING; 2].map(str::to_owned),
    });
    cells.push(format!("{wins}{NBSP}/{NBSP}{ties}{NBSP}/{NBSP}{losses}"));
    if let Some(margin) = analysis.input.plan.report.equivalence_margin {
        let cell = |share: f64| practical::percent(share).replace("< ", "&lt;\u{A0}").replace("> ", "&gt;\u{A0}");
        cells.extend(match practical::of(found, analysis.primary, margin) {
            Some(Practical { better, equal, worse }) => [better, equal, worse].map(cell),
            None => [NOTHING; 3].map(str::to_owned),
        });
    }
    cells
}

fn method(analysis: &Analysis<'_>) -> String {
    let mut sentences = vec![format!("Δ, its interval and p are from {}.", analysis.test_name())];
    match analysis.test_basis() {
        Basis::Resampled { train, scored } => sentences.push(format!(
            "It allows for replicates that share rows: test rows / training rows = {}.",
            numbers::fixed(scored as f64 / train.max(1) as f64, 3)
        )),
        Basis::Fixed { train, held_out, groups } => sentences.push(format!(
            "It speaks of models trained again and of other test rows: {} test groups are resampled {} times, and rows held \
             out of training / training rows = {}.",
            numbers::count(groups as u64),
            numbers::count(analysis.n_group_resamples() as u64),
            numbers::fixed(held_out as f64 / train.max(1) as f64, 3)
        )),
    }
    let n_pairs = analysis.best_against.iter().map(|(_, found)| found.n_comparisons).max().unwrap_or(0);
    sentences.push(format!(
        "p (Holm) is the p-value after Holm's correction. Which model is best is seen from the results that it is compared by, so \
         the correction is over {} of models, with or without a baseline. The intervals are not corrected. Wins, ties and \
         losses count replicates.",
        if n_pairs == 1 { "the one pair".to_owned() } else { format!("all {}", plural(n_pairs as u64, "pair")) }
    ));
    if analysis.input.plan.report.equivalence_margin.is_some() {
        sentences.push(
            match analysis.test_basis() {
                Basis::Resampled { .. } => {
                    "P(…) are posterior probabilities of the Bayesian correlated t-test with a region of practical equivalence \
                     (Benavoli and others 2017)."
                }
                Basis::Fixed { .. } => {
                    "P(…) are posterior probabilities of the same kind as in the Bayesian correlated t-test (Benavoli and others \
                     2017), with the standard error of both sources of variance."
                }
            }
            .to_owned(),
        );
    }
    sentences.join(" ")
}

fn about_baseline(analysis: &Analysis<'_>, baseline: usize) -> String {
    let n = analysis.to_baseline.values().map(|found| found.n_comparisons).max().unwrap_or(0) as u64;
    let baseline = code(analysis.models[baseline].id);
    if analysis.input.baseline_is_chosen {
        format!(
            "Each model minus {baseline}, the model of the first experiment that did best on validation. As results chose it, p is \
             corrected over all {} of models.",
            plural(n, "pair")
        )
    } else {
        format!(
            "Each model minus the baseline {baseline}. These comparisons are a family of their own: p is corrected over {} and \
             does not depend on which model is best.",
            match n {
                1 => "this one".to_owned(),
                n => format!("these {n}"),
            }
        )
    }
}
