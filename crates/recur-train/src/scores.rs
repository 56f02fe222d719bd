//! From a model to its scores on some examples.

use crate::examples::Examples;
use recur_core::identity::Identity;
use recur_core::metric::{Metric, Scores};
use recur_core::model::{Model, ModelError};
use recur_stats::{Answers, Confusion, OnRequest, mean_log_loss};

/// The log-probabilities that `model` gives `examples`, (N, C).
pub(crate) fn log_probabilities(model: &mut dyn Model, examples: &Examples) -> Result<Vec<f32>, ModelError> {
    let mut out = vec![0.0; examples.len() * examples.n_classes];
    let answered = model.log_probabilities(&examples.sequences, &examples.all(), &mut out);
    answered.map_err(|error| examples.error_of_row(error))?;
    Ok(out)
}

/// The scores of `model` on `examples`, with what is requested besides.
pub(crate) fn score(
    model: &mut dyn Model,
    examples: &Examples,
    requested: Option<&Request>,
) -> Result<Scores, ModelError> {
    let log_probs = log_probabilities(model, examples)?;
    let scores = scores(examples, &log_probs);
    Ok(requested.map_or(scores, |request| request.add(scores, examples, &log_probs)))
}

/// A metric that a trial is asked for besides those of every trial.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    metric: Metric,
    value: OnRequest,
}

impl Request {
    /// What a trial's identity asks for; `None` where it asks for nothing.
    pub(crate) fn of(identity: &Identity, label_names: &[String]) -> Result<Option<Self>, ModelError> {
        let Some(requested) = &identity.requested else { return Ok(None) };
        let wrong =
            || ModelError::Other(format!("`{}` cannot be computed of these labels", requested.metric.name()).into());
        let positive = match &requested.positive {
            Some(name) => Some(label_names.iter().position(|label| label == name).ok_or_else(wrong)?),
            None => None,
        };
        let value = OnRequest::named(requested.metric.name(), positive, requested.precision).ok_or_else(wrong)?;
        Ok(Some(Self { metric: requested.metric, value }))
    }

    /// `scores`, with the metric of `log_probs (N, C)` where it is defined.
    pub(crate) fn add(&self, scores: Scores, examples: &Examples, log_probs: &[f32]) -> Scores {
        let answers = Answers::new(log_probs, &examples.labels, examples.n_classes);
        self.value.value(answers).map_or(scores, |value| scores.with(self.metric, value))
    }
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
        ..Scores::default()
    }
}

/// The index of the greatest of `log_probs (C)`; the first of equals.
pub(crate) fn most_probable(log_probs: &[f32]) -> u16 {
    let greater = |best: usize, at: usize| if log_probs[at] > log_probs[best] { at } else { best };
    (1..log_probs.len()).fold(0, greater) as u16
}
