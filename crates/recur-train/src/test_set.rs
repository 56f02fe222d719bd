//! The test set, scored once for each chosen configuration's replicates.

use crate::build::{Machine, build};
use crate::checked::{Checked, Nan, with_text};
use crate::examples::Examples;
use crate::scores::{Request, log_probabilities, scores};
use recur_core::dataset::Dataset;
use recur_core::model::{Kernels, Model, ModelError, ModelPlugin as _, Needs};
use recur_core::record::{Prediction, TestRecord};
use recur_core::registry::{NoModel, Registry};
use recur_core::replicate::Replicate;
use recur_core::selection::Selection;
use recur_core::tensor::Tensor;
use recur_core::trial::Trial;
use recur_core::unwound::Unwound;
use recur_core::workers::alone;
use recur_stats::{ScoredRows, label_rank};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Why a trial's test rows could not be scored.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum TestSetError {
    /// The trial's configuration is not the one chosen for its model on its replicate.
    #[error("trial {trial} is not of a chosen configuration: its test rows stay unread")]
    NotChosen { trial: String },
    /// The registry lacks the model, or its plugin is broken.
    #[error(transparent)]
    NoModel(#[from] NoModel),
    /// The weights do not fit, or prediction failed.
    #[error("cannot score trial {trial}")]
    Model {
        trial: String,
        #[source]
        source: ModelError,
    },
}

/// The test rows of a trial.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct TestRows<'a> {
    pub trial: &'a Trial,
    pub replicate: &'a Replicate,
    pub dataset: &'a Dataset,
}

/// Scores `test` with the kept `weights` of its trial. Returns also how long the model took to
/// predict them all by `clock`, the time since any moment.
///
/// # Errors
/// [`TestSetError::NotChosen`] unless `selection` chose the trial's configuration on its replicate.
pub fn score_test_set(
    test: TestRows<'_>,
    registry: &Registry,
    selection: &Selection,
    weights: &[Tensor],
    kernels: Kernels,
    clock: impl Fn() -> Duration,
) -> Result<(TestRecord, Duration), TestSetError> {
    let TestRows { trial, replicate, dataset } = test;
    if !selection.is_tested_trial(trial) {
        return Err(TestSetError::NotChosen { trial: trial.id.to_string() });
    }
    let failed = |source| {
        let source = with_text(source, dataset.texts());
        TestSetError::Model { trial: trial.id.to_string(), source }
    };
    let plugin = Checked::new(registry.get(&trial.identity.model)?, Nan::Refused);
    let n_classes = dataset.label_names().len();
    let rows = &replicate.split.test;
    let examples = Examples::of(dataset, rows, plugin.needs());
    let machine = Machine { kernels, workers: &alone() };
    let predict = || {
        let mut model = build(trial, dataset, &plugin, &replicate.streams, &vec![1.0; n_classes], machine, None)?;
        model.set_weights(weights)?;
        let start = clock();
        let log_probs = log_probabilities(&mut *model, &examples)?;
        let took = clock().saturating_sub(start);
        Ok((log_probs, thresholds(&mut *model, dataset, &replicate.split.validation, plugin.needs())?, took))
    };
    let (log_probs, thresholds, took) = caught(predict).map_err(failed)?;
    let request = Request::of(&trial.identity, dataset.label_names()).map_err(failed)?;
    let scores = scores(&examples, &log_probs);
    let prediction = |(row, log_probs): (&u32, &[f32])| {
        let label = dataset.labels()[*row as usize];
        let predicted = crate::scores::most_probable(log_probs);
        Prediction {
            text: dataset.texts()[*row as usize].clone(),
            label,
            predicted,
            log_probability: log_probs[predicted as usize],
            label_log_probability: log_probs[label as usize],
            // Without numbers there is no order, and no label is found.
            label_rank: label_rank(log_probs, usize::from(label)).unwrap_or(n_classes) as u16,
            log_probabilities: log_probs.to_vec(),
        }
    };
    let record = TestRecord {
        id: trial.id.clone(),
        scores: request.map_or(scores, |request| request.add(scores, &examples, &log_probs)),
        thresholds,
        predictions: rows.iter().zip(log_probs.chunks_exact(n_classes)).map(prediction).collect(),
    };
    Ok((record, took))
}

/// The [`TestRecord::thresholds`] of a trial with the kept `weights`, which read no test row.
///
/// # Errors
/// If the weights do not fit, or the model fails on the validation rows.
pub fn validation_thresholds(
    rows: TestRows<'_>,
    registry: &Registry,
    weights: &[Tensor],
    kernels: Kernels,
) -> Result<Option<[f32; 2]>, TestSetError> {
    let TestRows { trial, replicate, dataset } = rows;
    let failed = |source| {
        let source = with_text(source, dataset.texts());
        TestSetError::Model { trial: trial.id.to_string(), source }
    };
    let plugin = Checked::new(registry.get(&trial.identity.model)?, Nan::Refused);
    let machine = Machine { kernels, workers: &alone() };
    let predict = || {
        let even = vec![1.0; dataset.label_names().len()];
        let mut model = build(trial, dataset, &plugin, &replicate.streams, &even, machine, None)?;
        model.set_weights(weights)?;
        thresholds(&mut *model, dataset, &replicate.split.validation, plugin.needs())
    };
    caught(predict).map_err(failed)
}

/// See [`TestRecord::thresholds`].
fn thresholds(
    model: &mut dyn Model,
    dataset: &Dataset,
    validation: &[u32],
    needs: Needs,
) -> Result<Option<[f32; 2]>, ModelError> {
    if dataset.label_names().len() != 2 {
        return Ok(None);
    }
    let examples = Examples::of(dataset, validation, needs);
    let log_probs = log_probabilities(model, &examples)?;
    let best = |label: usize| {
        let rows = log_probs.chunks_exact(2).zip(&examples.labels);
        let rows = ScoredRows::of(rows.map(|(row, own)| (row[label], usize::from(*own) == label)))?;
        // Where all rows have the label any threshold does, and none says anything.
        rows.best_f1().filter(|_| rows.negatives() > 0).map(|best| best.threshold)
    };
    Ok(best(0).zip(best(1)).map(<[f32; 2]>::from))
}

/// What `predict` returns; a panic of the model is an error of it.
fn caught<T>(predict: impl FnOnce() -> Result<T, ModelError>) -> Result<T, ModelError> {
    let unwound = match catch_unwind(AssertUnwindSafe(predict)) {
        Ok(returned) => return returned,
        Err(payload) => Unwound::new(payload),
    };
    Err(match unwound {
        Unwound::Error(error) => error,
        panic @ Unwound::Panic(_) => ModelError::Other(panic.to_string().into()),
    })
}
