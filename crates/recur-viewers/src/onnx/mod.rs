//! Trained recurrent networks as ONNX, operator set 13. They need nothing but ONNX's own operators, so every runtime reads them.
//!
//! Inputs: `tokens` (B, T), texts as tokens, of which those behind a text's end are ignored, and `lengths` (B), their characters, at
//! least 1; both of 64-bit whole numbers. Output: `log_probabilities` (B, C). All that a program needs to turn a text into tokens and an answer
//! into a label is in `metadata_props`.

mod graph;
mod manual;
mod stack;

use crate::protobuf::Message;
use graph::{Attribute, Element, Extent, Graph, Value};
use recur_core::recurrent::{Form, NoRecurrentNetwork, RECURRENT_MODELS, RecurrentNetwork};
use recur_core::weights::{ModelCard, WeightsFile};

/// Why weights are not written as ONNX.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum OnnxError {
    /// The file does not say what its tensors are for.
    #[error("{path} has no card: the alphabet, the labels and the model of its tensors are not known")]
    NoCard { path: String },
    #[error("the model {model} is not a recurrent network: ONNX is written only for {}", RECURRENT_MODELS.join(", "))]
    NotRecurrent { model: String },
    /// The tensors do not fit the card.
    #[error("the weights {path} are not those of the model {model}: {problem}")]
    Weights { path: String, model: String, problem: String },
}

impl From<NoRecurrentNetwork> for OnnxError {
    fn from(problem: NoRecurrentNetwork) -> Self {
        match problem {
            NoRecurrentNetwork::NoCard { path } => Self::NoCard { path },
            NoRecurrentNetwork::OtherModel { model } => Self::NotRecurrent { model },
            NoRecurrentNetwork::Weights { path, model, problem } => Self::Weights { path, model, problem },
        }
    }
}

const TOKENS: &str = "tokens";
const LENGTHS: &str = "lengths";
/// The lengths as the recurrent operators take them, of 32 bits.
const SHORT_LENGTHS: &str = "lengths_short";
const OPERATOR_SET: i64 = 13;
/// The version of the format that has this operator set.
const FORMAT: i64 = 7;

/// The network of `file` as the bytes of an ONNX model.
///
/// # Errors
/// If the model is not recurrent, or the file is not one of its weights.
pub fn onnx(file: &WeightsFile) -> Result<Vec<u8>, OnnxError> {
    let RecurrentNetwork { card, form } = &RecurrentNetwork::of(file)?;
    let graph = &mut Graph::default();
    let lengths = [("to", Attribute::Integer(Element::I32 as i64))];
    graph.node("Cast", &[LENGTHS], &lengths, SHORT_LENGTHS);
    let tokens = graph.node("Transpose", &[TOKENS], &[("perm", Attribute::Integers(&[1, 0]))], "tokens_by_time");
    let n_tokens = card.alphabet().n_tokens();
    let logits = match form {
        Form::Stack(stack) => stack::logits(graph, stack, n_tokens, &tokens),
        Form::Manual(cell) => manual::logits(graph, cell, n_tokens, &tokens),
    };
    graph.node("LogSoftmax", &[&logits], &[("axis", Attribute::Integer(1))], "log_probabilities");
    let (batch, time) = (Extent::Any("texts"), Extent::Any("characters"));
    let inputs = [
        Value { name: TOKENS, element: Element::I64, shape: &[Extent::Any("texts"), time] },
        Value { name: LENGTHS, element: Element::I64, shape: &[batch] },
    ];
    let shape = [Extent::Any("texts"), Extent::Of(card.labels.len())];
    let outputs = [Value { name: "log_probabilities", element: Element::F32, shape: &shape }];
    let graph = std::mem::take(graph).finish(&card.model, &inputs, &outputs);
    let metadata = metadata(card).into_iter().map(|(key, value)| Message::new().text(1, key).text(2, &value));
    let model = Message::new().integer(1, FORMAT).text(2, "recur").message(7, graph);
    let operators = Message::new().text(1, "").integer(2, OPERATOR_SET);
    Ok(model.message(8, operators).messages(14, metadata).into_bytes())
}

/// What the card says: texts as they are, all else as JSON.
fn metadata(card: &ModelCard) -> Vec<(&'static str, String)> {
    let json = |value: serde_json::Result<String>| value.expect("a card is JSON");
    let mut metadata = vec![
        ("characters", card.characters.clone()),
        ("has_unknown", card.has_unknown.to_string()),
        ("labels", json(serde_json::to_string(&card.labels))),
        ("model", card.model.clone()),
        ("params", json(serde_json::to_string(&card.params))),
        ("text", json(serde_json::to_string(&card.text))),
    ];
    metadata.extend(card.trial.iter().map(|trial| ("trial", trial.to_string())));
    metadata
}

/// Adds the one-hot rows of `tokens`, with one dimension more, and returns their name.
fn one_hot(graph: &mut Graph, tokens: &str, n_tokens: usize, output: &str) -> String {
    let depth = graph.integer(&format!("{output}_depth"), n_tokens as i64);
    let values = graph.reals(&format!("{output}_values"), &[2], &[0.0, 1.0]);
    graph.node("OneHot", &[tokens, &depth, &values], &[("axis", Attribute::Integer(-1))], output)
}

/// Adds which of the places 0 to T + `more` - 1 of each text `operator` says is less than, or equal to, the text's number in `of_text`
/// (B): (T + `more`, B, 1).
fn places(graph: &mut Graph, operator: &str, of_text: &str, more: i64) -> String {
    let axes = [0, 1, 2].map(|axis| graph.integers(&format!("axis_{axis}"), &[axis]));
    let shape = graph.node("Shape", &[TOKENS], &[], "shape_of_tokens");
    let index = graph.integer("index_of_time", 1);
    let n = graph.node("Gather", &[&shape, &index], &[("axis", Attribute::Integer(0))], "n_characters");
    let more = graph.integer("more", more);
    let n = graph.node("Add", &[&n, &more], &[], "n_places");
    let (zero, step) = (graph.integer("range_from", 0), graph.integer("range_step", 1));
    let range = graph.node("Range", &[&zero, &n, &step], &[], "range");
    let range = graph.node("Unsqueeze", &[&range, &axes[1]], &[], "range_by_text");
    let of_text = graph.node("Unsqueeze", &[of_text, &axes[0]], &[], "of_text_by_time");
    let found = graph.node(operator, &[&range, &of_text], &[], "found");
    graph.node("Unsqueeze", &[&found, &axes[2]], &[], "is_at_place")
}
