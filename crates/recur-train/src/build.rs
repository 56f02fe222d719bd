//! Untrained models, and what they are built from.

use crate::examples::Examples;
use recur_core::dataset::Dataset;
use recur_core::model::{Kernels, Labelled, Model, ModelError, ModelPlugin, Setup, SetupData};
use recur_core::random::StreamPath;
use recur_core::settings::{ClassWeights, TrainingSettings};
use recur_core::trial::Trial;
use recur_core::workers::Workers;
use std::sync::Arc;

/// What a model computes with: nothing of it changes a result.
#[derive(Clone, Copy)]
pub(crate) struct Machine<'a> {
    /// The vector operations.
    pub(crate) kernels: Kernels,
    /// The threads that it may ask for help.
    pub(crate) workers: &'a Arc<dyn Workers>,
}

/// What the model of `trial` is built from.
pub(crate) fn setup<'a>(
    trial: &'a Trial,
    dataset: &'a Dataset,
    streams: &'a StreamPath,
    class_weights: &'a [f32],
    machine: Machine<'a>,
    validation: Option<Labelled<'a>>,
) -> Setup<'a> {
    Setup {
        params: &trial.identity.params,
        training: trial.identity.training.as_ref(),
        n_tokens: dataset.alphabet().n_tokens(),
        n_classes: dataset.label_names().len(),
        data: Some(SetupData { alphabet: dataset.alphabet(), labels: dataset.label_names(), validation }),
        class_weights,
        streams,
        workers: machine.workers,
        kernels: machine.kernels,
    }
}

/// An untrained model for `trial`, which sees the `validation` examples where they are given.
pub(crate) fn build(
    trial: &Trial,
    dataset: &Dataset,
    plugin: &dyn ModelPlugin,
    streams: &StreamPath,
    class_weights: &[f32],
    machine: Machine<'_>,
    validation: Option<Labelled<'_>>,
) -> Result<Box<dyn Model>, ModelError> {
    // A model does not see where its training stops: until then it must learn what it learns in the full training.
    let training = trial.identity.training.as_ref().map(TrainingSettings::full);
    let setup = setup(trial, dataset, streams, class_weights, machine, validation);
    plugin.build(&Setup { training: training.as_ref(), ..setup })
}

/// The weight of each label in the loss, (C); a label without training examples weighs 1.
pub(crate) fn class_weights(kind: ClassWeights, train: &Examples) -> Vec<f32> {
    if kind == ClassWeights::None {
        return vec![1.0; train.n_classes];
    }
    let counts = train.by_label().into_iter().map(|examples| examples.len());
    let present = counts.clone().filter(|count| *count > 0).count();
    let weight = |count: usize| if count == 0 { 1.0 } else { train.len() as f64 / (present * count) as f64 };
    counts.map(|count| weight(count) as f32).collect()
}
