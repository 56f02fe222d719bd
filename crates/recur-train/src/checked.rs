//! A model whose answers are looked at before anything is made of them. Every model that this crate builds is one, so
//! that none gets around it.

use recur_core::answer::first_improper;
use recur_core::dataset::Sequences;
use recur_core::model::{Chunk, Cost, Declaration, Model, ModelError, ModelPlugin, Needs, Setup};
use recur_core::tensor::Tensor;
use recur_core::unwound::unwind_with;
use recur_core::visible::visible;
use recur_core::weights::unfit_name;

/// A plugin whose models are checked.
pub(crate) struct Checked<'a> {
    plugin: &'a dyn ModelPlugin,
    nan: Nan,
}

/// What an answer that is no number anywhere means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nan {
    /// The weights are no numbers any more: while a model learns, that is a loss that diverged, which its trial reports.
    Diverged,
    /// It is refused like other answers.
    Refused,
}

impl<'a> Checked<'a> {
    pub(crate) fn new(plugin: &'a dyn ModelPlugin, nan: Nan) -> Self {
        Self { plugin, nan }
    }
}

/// An error about an answer, with the text from `texts`; any other as it is.
pub(crate) fn with_text(error: ModelError, texts: &[String]) -> ModelError {
    match error {
        ModelError::Answer { row, problem, text: None } => {
            ModelError::Answer { row, problem, text: texts.get(row as usize).cloned() }
        }
        other => other,
    }
}

impl ModelPlugin for Checked<'_> {
    fn about(&self) -> &Declaration {
        self.plugin.about()
    }

    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        self.plugin.cost(setup, characters)
    }

    fn needs(&self) -> Needs {
        self.plugin.needs()
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let model = self.plugin.build(setup)?;
        Ok(Box::new(CheckedModel { model, n_classes: setup.n_classes, nan: self.nan }))
    }
}

struct CheckedModel {
    model: Box<dyn Model>,
    n_classes: usize,
    nan: Nan,
}

impl CheckedModel {
    /// # Errors
    /// [`ModelError::Answer`] at the first of `rows` whose answer in `out (rows, C)` is no distribution.
    fn check(&self, rows: &[u32], out: &[f32]) -> Result<(), ModelError> {
        let Some((at, problem)) = first_improper(out, self.n_classes) else { return Ok(()) };
        let of_row = &out[at * self.n_classes..][..self.n_classes];
        if self.nan == Nan::Diverged && of_row.iter().all(|x| x.is_nan()) {
            return Ok(());
        }
        Err(ModelError::Answer { row: rows[at], text: None, problem })
    }
}

impl Model for CheckedModel {
    fn train(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        self.model.train(chunk, losses)?;
        losses.iter().try_for_each(|loss| check_loss(chunk, *loss))
    }

    fn log_probabilities(&mut self, sequences: &Sequences, rows: &[u32], out: &mut [f32]) -> Result<(), ModelError> {
        self.model.log_probabilities(sequences, rows, out)?;
        self.check(rows, out)
    }

    fn n_parameters(&self) -> usize {
        self.model.n_parameters()
    }

    fn weights(&self) -> Vec<Tensor> {
        named_rightly(self.model.weights())
    }

    fn set_weights(&mut self, weights: &[Tensor]) -> Result<(), ModelError> {
        self.model.set_weights(weights)
    }

    fn training_state(&self) -> Vec<Tensor> {
        named_rightly(self.model.training_state())
    }

    fn set_training_state(&mut self, state: &[Tensor]) -> Result<(), ModelError> {
        self.model.set_training_state(state)
    }
}

/// `tensors`, unless a file of weights cannot hold them: the contract has no way to fail here, so that unwinds with the error.
fn named_rightly(tensors: Vec<Tensor>) -> Vec<Tensor> {
    if let Some((name, problem)) = unfit_name(tensors.iter().map(|tensor| tensor.name.as_str())) {
        unwind_with(ModelError::Weights { name: visible(name).into_owned(), problem: problem.to_owned() });
    }
    tensors
}

/// Losses are log losses: never below 0, and above [`f32::MAX`] only where they are no numbers any more. A loss that is no
/// number is left to the trial.
fn check_loss(chunk: &Chunk<'_>, loss: f64) -> Result<(), ModelError> {
    /// What rounding may take from a loss.
    const ROUNDING: f64 = 1e-6;
    if loss < -ROUNDING {
        return Err(ModelError::Loss { loss });
    }
    if loss.is_finite() && loss > f64::from(f32::MAX) {
        return Err(ModelError::Diverged { step: chunk.steps_before, loss });
    }
    Ok(())
}
