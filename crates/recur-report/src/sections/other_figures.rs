//! Test figures of the chosen configurations beside those that a spec can ask for.

use crate::analysis::{Analysis, ModelResult};
use crate::markdown::{Table, code, left, right};
use crate::numbers::{NBSP, NOTHING, fixed};
use crate::page::Page;
use recur_core::record::TestRecord;
use recur_stats::{CALIBRATION_BINS, expected_calibration_error, mean, standard_deviation, top_k_accuracy};

/// Labels that a model may name before it is wrong.
const K: usize = 3;

/// Appends the table to the section on models; nothing without test figures.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    if analysis.ranking.is_empty() {
        return;
    }
    page.block("Other figures on test:");
    page.block(&table(analysis).render());
    page.block(&format!(
        "Top-{K} accuracy is the share of names whose label is among the {K} most probable. Balanced accuracy is the mean of recall over labels. Cohen's kappa is 1 where all is right and 0 for guesses that \
         have the frequencies of the labels right. The expected calibration error is how far the probability of the predicted \
         label lies from the share that is right, over {CALIBRATION_BINS} bins of probability: 0 is best."
    ));
}

fn table(analysis: &Analysis<'_>) -> Table {
    let n_labels = analysis.input.label_names.len();
    let mut table = Table::new([
        left("model"),
        right(format!("top-{K} accuracy, %")),
        right("balanced accuracy, %"),
        right("Cohen's kappa"),
        right("expected calibration error, %"),
    ]);
    for model in analysis.ranking.iter().map(|model| &analysis.models[*model]) {
        let counts = |test: &TestRecord| ModelResult::confusion(test, n_labels);
        table.row([
            code(model.id),
            spread(model, 100.0, 2, top_k),
            spread(model, 100.0, 2, |test| counts(test).balanced_accuracy()),
            spread(model, 1.0, 3, |test| counts(test).cohen_kappa()),
            spread(model, 100.0, 2, calibration_error),
        ]);
    }
    table
}

/// The share of names whose label is among the [`K`] most probable.
pub(crate) fn top_k(test: &TestRecord) -> Option<f64> {
    top_k_accuracy(test.predictions.iter().map(|prediction| usize::from(prediction.label_rank)), K)
}

/// The expected calibration error.
pub(crate) fn calibration_error(test: &TestRecord) -> Option<f64> {
    let rows = test.predictions.iter().map(|p| (p.log_probability, p.predicted == p.label));
    expected_calibration_error(rows, CALIBRATION_BINS)
}

/// Mean and standard deviation over replicates, times `factor`; nothing where a replicate leaves the figure undefined.
fn spread(
    model: &ModelResult<'_>,
    factor: f64,
    decimals: usize,
    figure: impl Fn(&TestRecord) -> Option<f64>,
) -> String {
    let values: Option<Vec<f64>> = model.tests.iter().map(|test| figure(test).map(|value| factor * value)).collect();
    let values = values.unwrap_or_default();
    let Some(mean) = mean(&values) else { return NOTHING.to_owned() };
    match standard_deviation(&values) {
        Some(deviation) => format!("{}{NBSP}±{NBSP}{}", fixed(mean, decimals), fixed(deviation, decimals)),
        None => fixed(mean, decimals),
    }
}
