//! From a model to its figures on some rows.

use recur_core::dataset::Dataset;
use recur_core::metric::Scores;
use recur_core::model::{Model, ModelError};
use recur_stats::{Confusion, mean_log_loss};

/// The log-probabilities that `model` gives `rows`, (rows, C).
pub(crate) fn log_probabilities(
    model: &mut dyn Model,
    dataset: &Dataset,
    rows: &[u32],
) -> Result<Vec<f32>, ModelError> {
    let mut out = vec![0.0; rows.len() * dataset.label_names().len()];
    model.log_probabilities(dataset.sequences(), rows, &mut out)?;
    Ok(out)
}

/// The figures of `model` on `rows`.
pub(crate) fn score(model: &mut dyn Model, dataset: &Dataset, rows: &[u32]) -> Result<Scores, ModelError> {
    Ok(scores(dataset, rows, &log_probabilities(model, dataset, rows)?))
}

/// The figures of `log_probs (rows, C)`.
pub(crate) fn scores(dataset: &Dataset, rows: &[u32], log_probs: &[f32]) -> Scores {
    let n_classes = dataset.label_names().len();
    let labels = || rows.iter().map(|row| dataset.labels()[*row as usize]);
    let of_label = log_probs.chunks_exact(n_classes).zip(labels()).map(|(row, label)| row[label as usize]);
    let confusion = Confusion::of(n_classes, labels().zip(log_probs.chunks_exact(n_classes).map(most_probable)));
    Scores {
        loss: mean_log_loss(of_label).unwrap_or(0.0),
        accuracy: confusion.accuracy().unwrap_or(0.0),
        macro_f1: confusion.macro_f1().unwrap_or(0.0),
    }
}

/// The index of the greatest of `log_probs (C)`; the first of equals.
pub(crate) fn most_probable(log_probs: &[f32]) -> u16 {
    let greater = |best: usize, at: usize| if log_probs[at] > log_probs[best] { at } else { best };
    (1..log_probs.len()).fold(0, greater) as u16
}
