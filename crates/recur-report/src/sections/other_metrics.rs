//! Test results of the chosen configurations next to those that a spec can ask for.

use crate::markdown::{Table, code, left, right};
use crate::numbers::{NOTHING, scaled};
use crate::page::Page;
use recur_analysis::{Analysis, CALIBRATION_BINS, TOP_K};

/// Appends the table to the section on models; nothing without test results.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    if analysis.ranking.is_empty() {
        return;
    }
    page.block("Other metrics on test:");
    page.block(&table(analysis).render());
    page.block(&format!(
        "Top-{TOP_K} accuracy is the share of {} whose label is among the {TOP_K} most probable. Balanced accuracy is the mean of recall over labels. Cohen's kappa is 1 where all is right and 0 for guesses that \
         have the frequencies of the labels right. The expected calibration error is how far the probability of the predicted \
         label lies from the share that is right, over {CALIBRATION_BINS} bins of probability: 0 is best. The Brier score is the mean squared distance of the probabilities \
         from the truth, summed over labels if there are more than two: 0 is best. The last two are means over labels, each against all others: ROC-AUC \
         is how often a row of the label gets a higher probability of it than another row does (50 % is chance), and average precision is the \
         area under the precision-recall curve.",
        analysis.noun.many
    ));
}

fn table(analysis: &Analysis) -> Table {
    let columns = [
        ("top_3_accuracy", format!("top-{TOP_K} accuracy, %"), 100.0, 2),
        ("balanced_accuracy", "balanced accuracy, %".to_owned(), 100.0, 2),
        ("cohen_kappa", "Cohen's kappa".to_owned(), 1.0, 3),
        ("expected_calibration_error", "expected calibration error, %".to_owned(), 100.0, 2),
        ("brier_score", "Brier score".to_owned(), 1.0, 3),
        ("macro_roc_auc", "mean ROC-AUC, %".to_owned(), 100.0, 2),
        ("macro_average_precision", "mean average precision, %".to_owned(), 100.0, 2),
    ];
    let mut table =
        Table::new(std::iter::once(left("model")).chain(columns.iter().map(|(_, title, ..)| right(title.clone()))));
    for model in analysis.ranked() {
        // Nothing where a replicate leaves the metric undefined.
        let summary = |name| model.test.get(name).filter(|summary| summary.is_complete());
        let cells = columns.iter().map(|(name, _, factor, decimals)| {
            summary(*name).map_or(NOTHING.to_owned(), |summary| scaled(summary, *factor, *decimals))
        });
        table.row(std::iter::once(code(&model.model)).chain(cells));
    }
    table
}
