//! The other side of the protocol, for plugins in Rust: a program that offers a model of its own.

use crate::block;
use crate::error::{Problem, printable};
use crate::texts;
use crate::wire::{self, PROTOCOL, TensorHead};
use recur_core::dataset::Alphabet;
use recur_core::model::{Cancel, Chunk, Kernels, Labelled, Model, ModelError, ModelPlugin, Setup, SetupData};
use recur_core::params::Params;
use recur_core::random::StreamPath;
use recur_core::settings::TrainingSettings;
use recur_core::workers::alone;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead, Write};

/// What is asked, besides the raw bytes.
#[derive(Deserialize)]
struct Request {
    id: u64,
    request: String,
    #[serde(default)]
    bytes: u64,
    #[serde(flatten)]
    fields: Value,
}

#[derive(Deserialize)]
struct Build {
    protocol: u32,
    params: Params,
    training: Option<TrainingSettings>,
    n_tokens: usize,
    n_classes: usize,
    alphabet: Option<Vec<char>>,
    unknown_token: Option<usize>,
    labels: Option<Vec<String>>,
    texts: String,
    #[serde(default)]
    n_validation: usize,
    class_weights: Vec<f32>,
    seed: u64,
}

#[derive(Deserialize)]
struct Train {
    epoch: u32,
    steps_before: u64,
    total_steps: u64,
    n_texts: usize,
}

#[derive(Deserialize)]
struct Predict {
    n_texts: usize,
}

#[derive(Deserialize)]
struct Take {
    tensors: Vec<TensorHead>,
}

/// Bytes that are written at once.
const PIECE: usize = 1 << 15;

/// A model as it was built.
struct Built {
    model: Box<dyn Model>,
    n_classes: usize,
    streams: StreamPath,
    /// Whether raw texts come with tokens.
    is_raw: bool,
    /// Room for log-probabilities.
    out: Vec<f32>,
}

/// Answers for `plugin` until the questions end. `main` of a plugin in Rust is this, with locked standard input and
/// output (quicker: a `File` of it, which does not look for lines). Its random numbers come from the seed of the question
/// `build`, so they are not those that the model draws within recur.
///
/// # Errors
/// If an answer cannot be written, or what is read is no question.
pub fn serve(plugin: &dyn ModelPlugin, from: &mut impl BufRead, to: &mut impl Write) -> Result<(), ServeError> {
    let mut built = None;
    let (mut block, mut answer, mut line) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(request) = wire::read(from, &mut block, u64::MAX, |request: &Request| request.bytes)? {
        wire::empty(&mut answer);
        let mut head = respond(plugin, &mut built, &request, &block, &mut answer).unwrap_or_else(|error| {
            answer.clear();
            refusal(&error)
        });
        head["id"] = request.id.into();
        head["bytes"] = answer.len().into();
        line.clear();
        wire::push(&mut line, &head, &[]);
        to.write_all(&line)?;
        // In chunks, as a pipe wakes who waits at the end of a write: then it reads one while the next is written.
        for chunk in answer.chunks(PIECE) {
            to.write_all(chunk)?;
        }
        to.flush()?;
    }
    Ok(())
}

/// Why a plugin in Rust stops answering.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Its output was closed.
    #[error("cannot answer")]
    Write(#[from] std::io::Error),
    /// What it read is no question.
    #[error("standard input is no question of recur: {0}")]
    Read(#[from] Problem),
}

fn other(problem: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ModelError {
    ModelError::Other(problem.into())
}

fn refusal(error: &ModelError) -> Value {
    match error {
        ModelError::Diverged { step, .. } => json!({"diverged": step}),
        ModelError::Weights { name, problem } => json!({"error": problem, "tensor": name}),
        ModelError::Parameter { name, problem } => json!({"error": problem, "parameter": name}),
        ModelError::Cancelled | ModelError::Answer { .. } | ModelError::Loss { .. } | ModelError::Other(_) => {
            json!({"error": error.to_string()})
        }
    }
}

fn fields<T: for<'de> Deserialize<'de>>(request: &Request) -> Result<T, ModelError> {
    T::deserialize(&request.fields).map_err(other)
}

type Answered = Result<Value, ModelError>;

/// The head of an answer, whose raw bytes are appended to `answer`.
fn respond(
    plugin: &dyn ModelPlugin,
    built: &mut Option<Built>,
    request: &Request,
    block: &[u8],
    answer: &mut Vec<u8>,
) -> Answered {
    if request.request == "build" {
        *built = None;
        let model = built.insert(build(plugin, fields(request)?, block)?);
        return Ok(json!({"protocol": PROTOCOL, "n_parameters": model.model.n_parameters()}));
    }
    if request.request == "reset" {
        *built = None;
        return Ok(json!({}));
    }
    let Some(built) = built else { return Err(other(format!("`{}` before `build`", printable(&request.request, 40)))) };
    match request.request.as_str() {
        "train" => train(built, &fields(request)?, block, answer),
        "predict" => {
            let (texts, _) =
                texts::texts(block, fields::<Predict>(request)?.n_texts, false, built.is_raw).map_err(other)?;
            let rows: Vec<u32> = (0..texts.len() as u32).collect();
            built.out.resize(rows.len() * built.n_classes, 0.0);
            built.model.log_probabilities(&texts, &rows, &mut built.out)?;
            block::push_floats(answer, &built.out);
            Ok(json!({}))
        }
        "weights" => give(&built.model.weights(), answer),
        "state" => give(&built.model.training_state(), answer),
        "set_weights" => {
            built.model.set_weights(&take(request, block)?)?;
            Ok(json!({"n_parameters": built.model.n_parameters()}))
        }
        "set_state" => {
            built.model.set_training_state(&take(request, block)?)?;
            Ok(json!({}))
        }
        unknown => Err(other(format!("unknown request `{}`", printable(unknown, 40)))),
    }
}

fn give(tensors: &[recur_core::tensor::Tensor], answer: &mut Vec<u8>) -> Answered {
    let heads = block::push_tensors(answer, tensors);
    Ok(json!({"tensors": heads}))
}

fn take(request: &Request, block: &[u8]) -> Result<Vec<recur_core::tensor::Tensor>, ModelError> {
    block::decode_tensors(fields::<Take>(request)?.tensors, block, &[]).map_err(other)
}

fn build(plugin: &dyn ModelPlugin, build: Build, block: &[u8]) -> Result<Built, ModelError> {
    if build.protocol != PROTOCOL {
        return Err(other(format!("speaks version {PROTOCOL} of the protocol, not {}", build.protocol)));
    }
    let (streams, is_raw) = (StreamPath::root(build.seed), build.texts == "raw");
    let (sequences, labels) = texts::texts(block, build.n_validation, true, is_raw).map_err(other)?;
    let validation = (build.n_validation > 0).then_some(Labelled { sequences: &sequences, labels: &labels });
    let alphabet = build.alphabet.map(|characters| Alphabet::new(characters, build.unknown_token.is_some()));
    let data = alphabet.as_ref().zip(build.labels.as_ref());
    let model = plugin.build(&Setup {
        params: &build.params,
        training: build.training.as_ref(),
        n_tokens: build.n_tokens,
        n_classes: build.n_classes,
        data: data.map(|(alphabet, labels)| SetupData { alphabet, labels, validation }),
        class_weights: &build.class_weights,
        streams: &streams,
        workers: &alone(),
        kernels: Kernels::widest(),
    })?;
    Ok(Built { model, n_classes: build.n_classes, streams, is_raw, out: Vec::new() })
}

fn train(built: &mut Built, chunk: &Train, block: &[u8], answer: &mut Vec<u8>) -> Answered {
    let (sequences, labels) = texts::texts(block, chunk.n_texts, true, built.is_raw).map_err(other)?;
    let order: Vec<u32> = (0..sequences.len() as u32).collect();
    let chunk = Chunk {
        epoch: chunk.epoch,
        sequences: &sequences,
        labels: &labels,
        order: &order,
        steps_before: chunk.steps_before,
        total_steps: chunk.total_steps,
        streams: &built.streams,
        // recur ends the process when it is to stop.
        cancel: &Cancel::new(),
    };
    let mut losses = vec![f64::NAN; order.len()];
    built.model.train(&chunk, &mut losses)?;
    block::push_doubles(answer, &losses);
    Ok(json!({"n_parameters": built.model.n_parameters()}))
}
