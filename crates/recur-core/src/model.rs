//! The plugin contract: what a model is to recur.
//!
//! A [`ModelPlugin`] says what a model is called, which parameters it takes and what it promises, and builds a
//! [`Model`]. A `Model` learns and predicts; it never sees files, threads or other models.

use crate::answer::Improper;
use crate::dataset::{Alphabet, Sequences};
use crate::params::{ParamSpec, Params};
use crate::random::StreamPath;
use crate::settings::{TrainingKey, TrainingSettings};
use crate::tensor::Tensor;
use crate::visible::visible;
use crate::workers::Workers;
pub use recur_kernels::Kernels;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a model promises of its bits, given equal inputs and seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Determinism {
    /// Equal bits on every machine and instruction set.
    Portable,
    /// Equal bits on machines of one kind.
    Machine,
    /// No promise.
    None,
}

/// How a model is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Step by step, as the spec's `training` says.
    Iterative,
    /// In one go, on all training rows: the spec's `training` does not concern it.
    OneShot,
}

/// What a model costs; no number is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Parameters.
    pub parameters: u64,
    /// Bytes of the weights: all that prediction needs.
    pub weight_bytes: u64,
    /// Multiplications with an addition, in the products that predict one text on its own.
    pub multiply_adds: u64,
}

impl Cost {
    /// The cost of a model whose weights are its parameters, in single precision.
    pub const fn of_f32(parameters: u64, multiply_adds: u64) -> Self {
        Self { parameters, weight_bytes: 4 * parameters, multiply_adds }
    }
}

/// What a plugin declares: all that is known of its models before one is built. A plugin has it as a constant.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// The name in specs and records: a snake_case noun.
    pub id: &'static str,
    /// One line that says what it is.
    pub summary: &'static str,
    /// How it works, in short: its equations and their source, as Markdown that reads well in a terminal. Use
    /// `include_str!("description.md")`.
    pub description: &'static str,
    /// Raised by hand when results change on purpose.
    pub version: u32,
    /// The digest of the code behind it, made at build: `env!("RECUR_CODE_my_model")`, or `env!("RECUR_CODE")` for the
    /// whole crate, where the crate's build script calls `recur_code::emit()`. An edited model is another trial.
    pub code: &'static str,
    /// What it promises of its bits.
    pub determinism: Determinism,
    /// How it is trained.
    pub regime: Regime,
    /// The keys of `training` that it does not use: see [`Declaration::ignored`]. Of a model that learns in one go it matters only
    /// whether [`TrainingKey::ClassWeights`] is among them.
    pub unused_settings: &'static [TrainingKey],
    /// What a spec can set.
    pub parameters: &'static [ParamSpec],
    /// The file that declares it: use `file!()`.
    pub source_file: &'static str,
    /// What it costs, in words, where [`ModelPlugin::cost`] cannot count it.
    pub cost_in_words: Option<&'static str>,
}

impl Declaration {
    /// The keys of `training` that it does not use; a model that learns in one go uses at most the weights of labels. A spec that
    /// asks for one of them is answered with a notice that names the model.
    pub fn ignored(&self) -> &'static [TrainingKey] {
        match self.regime {
            Regime::Iterative => self.unused_settings,
            Regime::OneShot if self.heeds_class_weights() => &TrainingKey::OF_STEPS,
            Regime::OneShot => &TrainingKey::ALL,
        }
    }

    /// Whether it learns otherwise where labels have weights.
    pub fn heeds_class_weights(&self) -> bool {
        !self.unused_settings.contains(&TrainingKey::ClassWeights)
    }
}

/// A kind of model that users can name in a spec.
pub trait ModelPlugin: Sync {
    /// What it declares.
    fn about(&self) -> &Declaration;
    /// What a model built from `setup` costs once it is trained, for texts of `characters` characters; `None` where that
    /// is not known beforehand.
    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        let _ = (setup, characters);
        None
    }
    /// Parameters that have an effect only with certain values of another: combinations that differ in nothing else are trained
    /// once.
    fn conditions(&self) -> &'static [Condition] {
        &[]
    }
    /// What its models need besides the tokens of texts.
    fn needs(&self) -> Needs {
        Needs::default()
    }
    /// Whether to build a model is slow, as it starts a process. The battery then builds few.
    fn build_is_costly(&self) -> bool {
        false
    }
    /// Ends what is kept between two models, such as processes that wait for the next one: for now none is needed. A
    /// later model starts them again.
    fn release(&self) {}
    /// How many characters of a longer text a model built from `setup` reads at most; `None` where it reads all.
    fn reads_at_most(&self, setup: &Setup<'_>) -> Option<usize> {
        let _ = setup;
        None
    }
    /// Builds an untrained model.
    ///
    /// # Errors
    /// Where the parameters, though each in its range, do not go together.
    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError>;
}

/// A parameter that has an effect only where another one, a whole number, is large enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The parameter.
    pub parameter: &'static str,
    /// The other one.
    pub needs: &'static str,
    /// The least value of the other one with which the parameter has an effect.
    pub at_least: i64,
}

/// What models of a plugin need besides the tokens of texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The texts as they were before they were normalised: [`Sequences::raw`] has them, in training and in prediction.
    /// Their digest is then part of a trial's identity.
    pub raw_texts: bool,
    /// The validation examples of the trial, as [`SetupData::validation`].
    pub validation: bool,
    /// What of the machine a trial takes.
    pub resources: Resources,
}

/// What of the machine a trial takes. Nothing of it may change a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// No other trial runs meanwhile.
    pub exclusive: bool,
    /// At most so many trials of the model run at once.
    pub max_processes: Option<u32>,
    /// Threads that a trial keeps busy: it counts as so many.
    pub threads: u32,
}

impl Default for Resources {
    fn default() -> Self {
        Self { exclusive: false, max_processes: None, threads: 1 }
    }
}

impl Resources {
    /// How many trials of the model may run at once, of `jobs` that others could.
    pub fn at_once(self, jobs: usize) -> usize {
        let most = self.max_processes.map_or(usize::MAX, |most| most as usize);
        let by_threads = jobs / self.threads.max(1) as usize;
        if self.exclusive { 1 } else { by_threads.min(most).max(1) }
    }
}

/// Examples with their labels.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// The texts.
    pub sequences: &'a Sequences,
    /// The label of each.
    pub labels: &'a [u16],
}

/// What is known of the data that a model learns from or predicts.
#[derive(Clone, Copy, Debug)]
pub struct SetupData<'a> {
    /// What the tokens represent: `n_tokens` characters, of which the last may be the unknown one.
    pub alphabet: &'a Alphabet,
    /// What the labels are called, (C).
    pub labels: &'a [String],
    /// The examples that the trial is chosen by, where its plugin asks for them; `None` where the model only predicts.
    /// Test examples are never among them.
    pub validation: Option<Labelled<'a>>,
}

/// What a model is built from.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// Its checked parameters.
    pub params: &'a Params,
    /// How it will be trained; `None` for a model that learns in one go, and where it will only predict.
    pub training: Option<&'a TrainingSettings>,
    /// Number of tokens (V).
    pub n_tokens: usize,
    /// Number of labels (C).
    pub n_classes: usize,
    /// What tokens and labels mean; `None` where only their numbers count, as for [`ModelPlugin::cost`].
    pub data: Option<SetupData<'a>>,
    /// The weight of each label in the loss, (C).
    pub class_weights: &'a [f32],
    /// Random streams of this replicate; initial weights come from `init/…` below it.
    pub streams: &'a StreamPath,
    /// Threads to share work with, in training and in prediction; a model may leave them unused.
    pub workers: &'a Arc<dyn Workers>,
    /// The vector operations, on the instruction set to use. A model with arithmetic of its own need not use them.
    pub kernels: Kernels,
}

/// A chunk of an epoch: the rows to learn from next, in the order in which the model must take them. An epoch may come in
/// one chunk or in several, cut between steps; that must change nothing in what is learned.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The epoch, 0 for the first.
    pub epoch: u32,
    /// The training examples as token ids, and no others; `order` points into it.
    pub sequences: &'a Sequences,
    /// The label of each row of `sequences`.
    pub labels: &'a [u16],
    /// The rows to learn from, in order: each `batch_size` of them make a step.
    pub order: &'a [u32],
    /// Steps made before this chunk, in all epochs.
    pub steps_before: u64,
    /// Steps of the whole training, for schedules.
    pub total_steps: u64,
    /// Random streams of this replicate; a step's numbers come from `…/step/STEP` below it.
    pub streams: &'a StreamPath,
    /// Asks the model to stop at the next step.
    pub cancel: &'a Cancel,
}

/// A flag that asks running work to stop.
#[derive(Debug, Default)]
pub struct Cancel(AtomicBool);

impl Cancel {
    /// A flag that is not raised.
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Asks all work under this flag to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Takes the request back: the work that it was for has stopped.
    pub fn lower(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A model in training or in use.
pub trait Model: Send {
    /// Learns from a chunk of an epoch (in the one-shot regime, from all there is), and writes the loss of each of its examples
    /// to `losses`, (`chunk.order.len()`), in nats: taken before the step that the example is part of, or after the fit of a
    /// model that learns in one go. The losses of a step are at the places of its examples; in which order they are there is
    /// the model's to choose, as the caller adds all up, in order.
    ///
    /// # Errors
    /// [`ModelError::Diverged`] on a loss that is not finite, [`ModelError::Cancelled`] when asked to stop.
    fn train(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError>;

    /// Writes the log-probabilities of each label for `rows` of `sequences` into `out`, (rows, C) row-major.
    /// A text's results do not depend on the rows next to it, and their exponentials sum to 1: see [`crate::answer`].
    ///
    /// # Errors
    /// If the model has not been trained, where it cannot predict before.
    fn log_probabilities(&mut self, sequences: &Sequences, rows: &[u32], out: &mut [f32]) -> Result<(), ModelError>;

    /// Number of parameters.
    fn n_parameters(&self) -> usize;

    /// The weights, by name, in a stable order: all that prediction needs.
    fn weights(&self) -> Vec<Tensor>;

    /// Takes the weights that [`Model::weights`] of an equally built model gave.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where a tensor is missing, unknown or of another shape.
    fn set_weights(&mut self, weights: &[Tensor]) -> Result<(), ModelError>;

    /// The whole training state besides the weights (moments of the optimizer), by name, in a stable order.
    fn training_state(&self) -> Vec<Tensor>;

    /// Takes the state that [`Model::training_state`] of an equally built model gave.
    ///
    /// # Errors
    /// As [`Model::set_weights`].
    fn set_training_state(&mut self, state: &[Tensor]) -> Result<(), ModelError>;
}

/// Why a model could not go on.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum ModelError {
    /// The loss is no longer a finite number.
    #[error("loss became {loss} at step {step}")]
    Diverged {
        /// Counted from 0 over the whole training.
        step: u64,
        /// The loss: infinite or not a number.
        loss: f64,
    },
    /// It was asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// A tensor is missing, unknown, or of another shape.
    #[error("weight `{name}`: {problem}")]
    Weights { name: String, problem: String },
    /// Parameters that do not go together.
    #[error("parameter `{name}`: {problem}")]
    Parameter { name: &'static str, problem: String },
    /// What it answered for a text is no distribution over the labels.
    #[error("the answer for {} is no distribution over the labels: {problem}", shown(*row, text.as_deref()))]
    Answer {
        /// The row of the text among those that were given.
        row: u32,
        /// The text, where whoever asked knows it.
        text: Option<String>,
        /// What is wrong with the answer.
        problem: Improper,
    },
    /// A training loss that no example has: log losses are never below 0.
    #[error("the training loss of an example is {loss}, and a log loss is never below 0")]
    Loss { loss: f64 },
    /// A library under the model failed.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

/// A row for a message: the text where it is known.
fn shown(row: u32, text: Option<&str>) -> String {
    text.map_or_else(|| format!("row {row}"), |text| format!("`{}`", visible(text)))
}

#[cfg(test)]
mod tests {
    use super::Resources;

    #[test]
    fn resources_bound_the_trials_at_once() {
        let at_once = |exclusive, max_processes, threads| Resources { exclusive, max_processes, threads }.at_once(8);
        assert_eq!([at_once(false, None, 1), at_once(false, Some(3), 1), at_once(false, None, 3)], [8, 3, 2]);
        assert_eq!([at_once(true, None, 1), at_once(false, None, 99), at_once(false, Some(9), 1)], [1, 1, 8]);
    }
}
