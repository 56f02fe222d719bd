//! A model that lives in another process.

use crate::block;
use crate::connection::{Limit, Question};
use crate::error::{ExternalError, Problem};
use crate::frozen::Frozen;
use crate::lease::{Idle, Lease};
use crate::manifest::Manifest;
use crate::metrics;
use crate::texts::{self, RawTexts};
use crate::time::Stopwatch;
use crate::wire::{Head, PROTOCOL};
use recur_core::answer::first_improper;
use recur_core::dataset::{Alphabet, Sequences};
use recur_core::model::{Chunk, Labelled, Model, ModelError, Setup};
use recur_core::params::ParamSpec;
use recur_core::tensor::Tensor;
use recur_core::unwound::unwind_with;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Texts of one question for predictions.
const TEXTS: usize = 4096;

/// The model, as this process knows it.
#[derive(Debug)]
pub(crate) struct External {
    /// Asked for weights through a shared reference as well.
    connection: RefCell<Lease>,
    plugin: &'static str,
    n_classes: usize,
    n_parameters: u64,
    /// For a plugin that gets raw texts.
    raw: Option<RawTexts>,
    frozen: Vec<Frozen>,
    /// The epoch at hand, and the time that it has taken.
    epoch: (u32, Duration),
}

/// The plugin that a model is of.
#[derive(Clone, Copy)]
pub(crate) struct Plugin<'a> {
    pub id: &'static str,
    pub manifest: &'a Manifest,
    pub parameters: &'static [ParamSpec],
    /// Its processes that wait for a model.
    pub idle: &'a Arc<Idle>,
}

impl External {
    /// Starts a process, or takes one that waits, and has it build an untrained model.
    pub(crate) fn start(plugin: Plugin<'_>, setup: &Setup<'_>) -> Result<Self, ModelError> {
        let Plugin { id, manifest, idle, .. } = plugin;
        let failed = |problem| ExternalError::Process { plugin: id, problem, last_words: String::new() };
        let data = setup.data;
        let mut model = Self {
            connection: Lease::new(id, manifest, idle).map_err(failed)?.into(),
            plugin: id,
            n_classes: setup.n_classes,
            n_parameters: 0,
            raw: manifest.needs.raw_texts.then(|| RawTexts::of(data.map(|data| data.alphabet))),
            frozen: manifest.frozen.clone(),
            epoch: Default::default(),
        };
        let mut built = model.build(plugin, setup);
        if built.is_err() && model.connection.get_mut().has_gone_cold() {
            model.connection = Lease::fresh(id, manifest, idle).map_err(failed)?.into();
            built = model.build(plugin, setup);
        }
        built.map(|()| model)
    }

    /// Asks the process for the model that `setup` describes.
    fn build(&mut self, plugin: Plugin<'_>, setup: &Setup<'_>) -> Result<(), ModelError> {
        let Plugin { id, manifest, parameters, .. } = plugin;
        let mut block = Vec::new();
        let validation = setup.data.and_then(|data| data.validation);
        if let Some(Labelled { sequences, labels }) = validation {
            let rows: Vec<u32> = (0..sequences.len() as u32).collect();
            texts::push_texts(&mut block, sequences, Some(labels), &rows, self.raw.as_ref());
        }
        let mut fields = fields(id, manifest, setup);
        fields["n_validation"] = validation.map_or(0, |validation| validation.labels.len()).into();
        let limit = Limit::new("start_seconds", manifest.limits.start);
        let question = Question { request: "build", fields, block: &block, limit, cancel: None, room: 0 };
        let connection = self.connection.get_mut();
        let head = match connection.ask(&question) {
            Ok((head, _)) => head,
            Err(error) => match version_of(&error) {
                Some(got) => return Err(connection.fail(Problem::Protocol { got: got.to_owned() })),
                None => return Err(of_parameter(error, parameters)),
            },
        };
        if head.protocol != Some(PROTOCOL) {
            let got = head.protocol.map_or("no".to_owned(), |version| version.to_string());
            return Err(connection.fail(Problem::Protocol { got }));
        }
        self.note(&head);
        Ok(())
    }

    fn note(&mut self, head: &Head) {
        self.n_parameters = head.n_parameters.unwrap_or(self.n_parameters);
    }

    /// Asks for something that takes no longer than any answer.
    fn ask(&self, request: &'static str, fields: Value, block: &[u8]) -> Result<(Head, Vec<u8>), ModelError> {
        let mut connection = self.connection.borrow_mut();
        let limit = connection.answer_limit();
        connection.ask(&Question { request, fields, block, limit, cancel: None, room: 0 })
    }

    fn wrong(&self, request: &'static str, problem: String) -> ModelError {
        self.connection.borrow_mut().fail(Problem::Answer { request, problem })
    }

    fn tensors(&self, request: &'static str) -> Result<Vec<Tensor>, ModelError> {
        let (head, block) = self.ask(request, json!({}), &[])?;
        let heads = head.tensors.ok_or_else(|| self.wrong(request, "has no `tensors`".to_owned()))?;
        block::decode_tensors(heads, &block, &self.frozen).map_err(|problem| self.wrong(request, problem))
    }

    /// [`External::tensors`] where the contract has no way to fail: it unwinds, and whoever runs the model reports the error.
    fn tensors_or_unwind(&self, request: &'static str) -> Vec<Tensor> {
        self.tensors(request).unwrap_or_else(|error| unwind_with(error))
    }

    fn set_tensors(&mut self, request: &'static str, tensors: &[Tensor]) -> Result<(), ModelError> {
        let mut block = Vec::new();
        let heads = block::push_weights(&mut block, tensors, &self.frozen)?;
        let (head, _) = self.ask(request, json!({"tensors": heads}), &block)?;
        self.note(&head);
        Ok(())
    }
}

/// The fields of `build`.
fn fields(plugin: &'static str, manifest: &Manifest, setup: &Setup<'_>) -> Value {
    let alphabet = setup.data.map(|data| data.alphabet);
    let frozen: BTreeMap<&str, &str> =
        manifest.frozen.iter().map(|frozen| (frozen.name.as_str(), frozen.file.as_str())).collect();
    json!({
        "protocol": PROTOCOL,
        "model": plugin,
        "params": setup.params,
        "training": setup.training,
        "n_tokens": setup.n_tokens,
        "n_classes": setup.n_classes,
        "alphabet": alphabet.map(Alphabet::characters),
        "unknown_token": alphabet.filter(|alphabet| alphabet.has_unknown()).map(|alphabet| alphabet.characters().len()),
        "labels": setup.data.map(|data| data.labels),
        "texts": if manifest.needs.raw_texts { "raw" } else { "tokens" },
        "class_weights": setup.class_weights,
        "seed": seed(setup),
        "threads": manifest.needs.resources.threads,
        "frozen": frozen,
    })
}

/// A number for the plugin's own generator: below 2⁵³, so that every language reads it exactly.
fn seed(setup: &Setup<'_>) -> u64 {
    let mut stream = setup.streams.child("init/external").stream();
    let (high, low) = (u64::from(stream.next_u32()), u64::from(stream.next_u32()));
    (high << 21) | (low >> 11)
}

/// The earlier version of the protocol that a plugin speaks, if it refused to build a model for that, in the words of
/// `recur_plugin.py`.
fn version_of(error: &ModelError) -> Option<&'static str> {
    let ModelError::Other(inner) = error else { return None };
    match inner.downcast_ref::<ExternalError>()? {
        ExternalError::Process { problem: Problem::Refused { message, .. }, .. } => ["1", "2", "3"]
            .into_iter()
            .find(|version| message.contains(&format!("speaks version {version} of the protocol"))),
        _ => None,
    }
}

/// A refusal of a parameter, as other models tell it.
fn of_parameter(error: ModelError, parameters: &'static [ParamSpec]) -> ModelError {
    let ModelError::Other(inner) = &error else { return error };
    let text = match inner.downcast_ref::<ExternalError>() {
        Some(ExternalError::Process { problem: Problem::Refused { message, .. }, .. }) => message,
        _ => return error,
    };
    let reported = text.strip_prefix("parameter `").and_then(|rest| rest.split_once("`: "));
    let found = reported.and_then(|(name, problem)| Some((parameters.iter().find(|spec| spec.name == name)?, problem)));
    match found {
        Some((spec, problem)) => ModelError::Parameter { name: spec.name, problem: problem.to_owned() },
        None => error,
    }
}

impl Model for External {
    fn train(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        if chunk.cancel.is_cancelled() {
            return Err(ModelError::Cancelled);
        }
        if self.epoch.0 != chunk.epoch {
            self.epoch = (chunk.epoch, Duration::ZERO);
        }
        let labels = Some(chunk.labels);
        let mut texts = Vec::new();
        texts::push_texts(&mut texts, chunk.sequences, labels, chunk.order, self.raw.as_ref());
        let fields = json!({
            "epoch": chunk.epoch,
            "steps_before": chunk.steps_before,
            "total_steps": chunk.total_steps,
            "n_texts": chunk.order.len(),
        });
        let since = Stopwatch::start();
        let connection = self.connection.get_mut();
        let limit = Limit { spent: self.epoch.1, ..Limit::new("epoch_seconds", connection.limits().epoch) };
        let cancel = Some(chunk.cancel);
        let room = 8 * losses.len() as u64;
        let question = Question { request: "train", fields, block: &texts, limit, cancel, room };
        let (head, answer) = connection.ask(&question)?;
        self.epoch.1 += since.elapsed();
        if let Some(step) = head.diverged {
            return Err(ModelError::Diverged { step, loss: f64::NAN });
        }
        self.note(&head);
        metrics::log(self.plugin, &head.metrics).map_err(|problem| self.wrong("train", problem))?;
        block::losses(&answer, losses).map_err(|problem| self.wrong("train", problem))?;
        self.connection.get_mut().keep(answer);
        match losses.iter().find(|loss| !loss.is_finite()) {
            Some(loss) => Err(ModelError::Diverged { step: chunk.steps_before, loss: *loss }),
            None => Ok(()),
        }
    }

    fn log_probabilities(&mut self, sequences: &Sequences, rows: &[u32], out: &mut [f32]) -> Result<(), ModelError> {
        // An answer stays well below what a message may have, however many labels there are.
        let most = self.connection.get_mut().limits().message_bytes as usize / (4 * self.n_classes);
        let n_texts = TEXTS.min(most).max(1);
        for (rows, out) in rows.chunks(n_texts).zip(out.chunks_mut(n_texts * self.n_classes)) {
            let mut texts = Vec::new();
            texts::push_texts(&mut texts, sequences, None, rows, self.raw.as_ref());
            let (_, answer) = self.ask("predict", json!({"n_texts": rows.len()}), &texts)?;
            block::log_probabilities(&answer, self.n_classes, out).map_err(|problem| self.wrong("predict", problem))?;
            if let Some((at, problem)) = first_improper(out, self.n_classes) {
                // Nothing more is asked of it: what it answers is of no use.
                self.wrong("predict", format!("is wrong for text {at}: {problem}"));
                return Err(ModelError::Answer { row: rows[at], text: None, problem });
            }
            self.connection.get_mut().keep(answer);
        }
        Ok(())
    }

    fn n_parameters(&self) -> usize {
        self.n_parameters as usize
    }

    fn weights(&self) -> Vec<Tensor> {
        self.tensors_or_unwind("weights")
    }

    fn set_weights(&mut self, weights: &[Tensor]) -> Result<(), ModelError> {
        self.set_tensors("set_weights", weights)
    }

    fn training_state(&self) -> Vec<Tensor> {
        self.tensors_or_unwind("state")
    }

    fn set_training_state(&mut self, state: &[Tensor]) -> Result<(), ModelError> {
        self.set_tensors("set_state", state)
    }
}
