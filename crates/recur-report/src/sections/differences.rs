//! Which models differ: the best one against each other, and each one against the baseline.

use crate::markdown::{Table, code, left, list, right};
use crate::method::test_name;
use crate::numbers::{self, NBSP, NOTHING, estimate, p_cell, p_value, plural};
use crate::page::Page;
use crate::practical;
use recur_analysis::{Analysis, Basis, Difference, Equivalence, EquivalentTo, Probabilities};

/// Appends the tables; nothing where no models can be compared.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let Some(first) = analysis.best_against.first() else { return };
    if analysis.best_against.iter().all(|against| against.difference.mean.is_none()) {
        return;
    }
    page.block("### The best model against the others");
    page.block(&best(analysis, &first.best).render());
    page.block(&method(analysis));
    if let Some(sentence) = analysis.equivalence.as_ref().and_then(|found| equivalent(analysis, found)) {
        page.block(&sentence);
    }
    let is_compared = analysis.models.iter().flat_map(|model| &model.to_baseline).any(|d| d.mean.is_some());
    if let Some(baseline) = analysis.baseline().filter(|_| is_compared) {
        page.block("### Comparisons with the baseline");
        page.block(&against_baseline(analysis).render());
        page.block(&about_baseline(analysis, &baseline.model));
    }
}

fn best(analysis: &Analysis, best: &str) -> Table {
    let best = code(best);
    let mut table = table(analysis, &format!("{best} against"), &format!("{best} better"));
    for against in &analysis.best_against {
        table.row(row(analysis, &against.other, &against.difference));
    }
    table
}

fn against_baseline(analysis: &Analysis) -> Table {
    let mut table = table(analysis, "model", "model better");
    for (model, found) in analysis.ranked().filter_map(|model| Some((model, model.to_baseline.as_ref()?))) {
        table.row(row(analysis, &model.model, found));
    }
    table
}

fn table(analysis: &Analysis, first: &str, better: &str) -> Table {
    let mut header = vec![
        left(first),
        right(format!("Δ {} [95 % CI]", analysis.primary.title())),
        right("p (Holm)"),
        right("wins / ties / losses"),
    ];
    if let Some(margin) = analysis.settings.equivalence_margin {
        let margin = numbers::margin(analysis.primary, margin);
        header.extend([right(format!("P({better})")), right(format!("P(equal within {margin})")), right("P(worse)")]);
    }
    Table::new(header)
}

fn row(analysis: &Analysis, other: &str, found: &Difference) -> Vec<String> {
    let Difference { wins, ties, losses, .. } = found;
    let mut cells = vec![code(other)];
    cells.extend(match (found.mean, found.p_holm) {
        (mean @ Some(_), Some(p)) => [estimate(analysis.primary, mean, found.interval), p_cell(p)],
        (mean @ Some(_), None) => [estimate(analysis.primary, mean, None), "no spread".to_owned()],
        (None, _) => [NOTHING; 2].map(str::to_owned),
    });
    cells.push(format!("{wins}{NBSP}/{NBSP}{ties}{NBSP}/{NBSP}{losses}"));
    if analysis.settings.equivalence_margin.is_some() {
        let cell = |share: f64| practical::percent(share).replace("< ", "&lt;\u{A0}").replace("> ", "&gt;\u{A0}");
        cells.extend(match found.practical {
            Some(Probabilities { better, equal, worse, .. }) => [better, equal, worse].map(cell),
            None => [NOTHING; 3].map(str::to_owned),
        });
    }
    cells
}

fn method(analysis: &Analysis) -> String {
    let mut sentences = vec![format!("Δ, its interval and p are from {}.", test_name(analysis))];
    match analysis.method.basis {
        Basis::Resampled { .. } => sentences.push(format!(
            "It allows for replicates that share rows: test rows / training rows = {}.",
            numbers::fixed(analysis.method.ratio, 3)
        )),
        Basis::Fixed { groups, .. } => sentences.push(format!(
            "It speaks of models trained again and of other test rows: {} test groups are resampled {} times, and rows held \
             out of training / training rows = {}.",
            numbers::count(groups as u64),
            numbers::count(analysis.method.group_resamples.unwrap_or(0) as u64),
            numbers::fixed(analysis.method.ratio, 3)
        )),
    }
    let n_pairs = analysis.best_against.iter().map(|against| against.difference.comparisons).max().unwrap_or(0);
    sentences.push(format!(
        "p (Holm) is the p-value after Holm's correction. Which model is best is seen from the results that it is compared by, so \
         the correction is over {} of models, with or without a baseline. The intervals are not corrected. Wins, ties and \
         losses count replicates.",
        if n_pairs == 1 { "the one pair".to_owned() } else { format!("all {}", plural(n_pairs as u64, "pair")) }
    ));
    if analysis.settings.equivalence_margin.is_some() {
        sentences.push(
            match analysis.method.basis {
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

fn about_baseline(analysis: &Analysis, baseline: &str) -> String {
    let differences = analysis.models.iter().filter_map(|model| model.to_baseline.as_ref());
    let n = differences.map(|found| found.comparisons).max().unwrap_or(0) as u64;
    let baseline = code(baseline);
    if analysis.baseline_is_chosen() {
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

/// Which models two one-sided tests show to be equivalent to the best one; `None` if none is.
fn equivalent(analysis: &Analysis, found: &Equivalence) -> Option<String> {
    let shown = |other: &EquivalentTo| format!("{} (p {})", code(&other.model), p_value(other.p_holm));
    let shown: Vec<String> = found.models.iter().filter(|other| other.is_equivalent).map(shown).collect();
    let method = match found.models.len() {
        1 => "two one-sided tests, Schuirmann 1987".to_owned(),
        n => format!(
            "two one-sided tests, Schuirmann 1987; corrected by Holm's method over {}",
            plural(n as u64, "model")
        ),
    };
    (!shown.is_empty()).then(|| {
        let (best, within) = (code(&found.best), numbers::margin(analysis.primary, found.margin));
        format!("{best} is equivalent within ±{within} to {}: {method}.", list(&shown))
    })
}
