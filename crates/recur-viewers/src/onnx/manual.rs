//! The cell of PyTorch's tutorial: the answer is read from the last character and from the state before it.
//!
//! Characters for dimensions as in `stack.rs`.

use super::graph::{Attribute, Graph};
use super::{LENGTHS, SHORT_LENGTHS, TOKENS};
use recur_core::recurrent::{Activation, ManualCell};

/// Adds the network that reads `tokens` (T, B), and returns the name of what its second linear map gives, (B, C).
pub(super) fn logits(graph: &mut Graph, cell: &ManualCell<'_>, v: usize, tokens: &str) -> String {
    let ManualCell { hidden, activation, i2h, i2o } = *cell;
    let classes = i2o.bias.len();
    let columns =
        |from: usize, n: usize| i2h.weight.chunks_exact(v + hidden).flat_map(move |row| row[from..from + n].to_vec());
    let w = graph.reals("w", &[1, hidden, v], &columns(0, v).collect::<Vec<f32>>());
    let r = graph.reals("r", &[1, hidden, hidden], &columns(v, hidden).collect::<Vec<f32>>());
    let mut bias = i2h.bias.to_vec();
    bias.resize(2 * hidden, 0.0);
    let bias = graph.reals("b", &[1, 2 * hidden], &bias);

    let characters = super::one_hot(graph, tokens, v, "characters");
    // `none` is the map x ↦ 1 · x + 0.
    let is_linear = activation == Activation::None;
    let mut attributes = vec![("hidden_size", Attribute::Integer(hidden as i64))];
    attributes.push(("activations", Attribute::Texts(if is_linear { &["Affine"] } else { &["Tanh"] })));
    if is_linear {
        attributes
            .extend([("activation_alpha", Attribute::Reals(&[1.0])), ("activation_beta", Attribute::Reals(&[0.0]))]);
    }
    let y = graph.node("RNN", &[&characters, &w, &r, &bias, SHORT_LENGTHS], &attributes, "y");
    let one = graph.integers("one", &[1]);
    let y = graph.node("Squeeze", &[&y, &one], &[], "states");
    // (T + 1, B, H): the state before each character, which is zero before the first.
    let pads = graph.integers("pads", &[1, 0, 0, 0, 0, 0]);
    let before = graph.node("Pad", &[&y, &pads], &[], "states_before");
    let zero = graph.reals("zero", &[1], &[0.0]);
    let step = graph.integer("step", 1);
    let last_place = graph.node("Sub", &[LENGTHS, &step], &[], "last_place");
    let is_last = super::places(graph, "Equal", &last_place, 1);
    let only = graph.node("Where", &[&is_last, &before, &zero], &[], "only_last");
    let time = graph.integers("time", &[0]);
    let state = graph.node("ReduceSum", &[&only, &time], &[("keepdims", Attribute::Integer(0))], "last_state");

    let weight = graph.reals("i2o.weight", &[classes, v + hidden], i2o.weight);
    let bias = graph.reals("i2o.bias", &[classes], i2o.bias);
    let last = last_character(graph, &last_place, v);
    let combined = graph.node("Concat", &[&last, &state], &[("axis", Attribute::Integer(1))], "combined");
    graph.node("Gemm", &[&combined, &weight, &bias], &[("transB", Attribute::Integer(1))], "logits")
}

/// The last character of each text, (B, V), one-hot.
fn last_character(graph: &mut Graph, last_place: &str, n_tokens: usize) -> String {
    let one = graph.integers("second", &[1]);
    let place = graph.node("Unsqueeze", &[last_place, &one], &[], "last_place_by_text");
    let attributes = [("axis", Attribute::Integer(1))];
    let token = graph.node("GatherElements", &[TOKENS, &place], &attributes, "last_token_by_text");
    let token = graph.node("Squeeze", &[&token, &one], &[], "last_token");
    super::one_hot(graph, &token, n_tokens, "last_character")
}
