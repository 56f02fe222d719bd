//! From a model to its scores on some examples.

use crate::examples::Examples;
use recur_core::metric::Scores;
use recur_core::model::{Model, ModelError};
use recur_stats::{Confusion, mean_log_loss};

/// The log-probabilities that `model` gives `examples`, (N, C).
pub(crate) fn log_probabilities(model: &mut dyn Model, examples: &Examples) -> Result<Vec<f32>, ModelError> {
    let mut out = vec![0.0; examples.len() * examples.n_classes];
    let answered = model.log_probabilities(&examples.sequences, &examples.all(), &mut out);
    answered.map_err(|error| examples.error_of_row(error))?;
    Ok(out)
}

/// The scores of `model` on `examples`.
pub(crate) fn score(model: &mut dyn Model, examples: &Examples) -> Result<Scores, ModelError> {
    Ok(scores(examples, &log_probabilities(model, examples)?))
}

/// The scores of `log_probs (N, C)` of `examples`.
pub(crate) fn scores(examples: &Examples, log_probs: &[f32]) -> Scores {
    let n_classes = examples.n_classes;
    let labels = || examples.labels.iter().copied();
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
