//! The layered networks of recur-models: RNN, GRU and LSTM, in one or both directions.
//!
//! Characters for dimensions: `B` texts, `T` characters of the longest, `V` tokens, `D` embedding, `I` numbers that a layer reads, `H` hidden
//! size, `G` gates, `S` directions, `C` labels.

use super::graph::{Attribute, Graph};
use super::weights::{Weights, reordered};
use super::{LENGTHS, OnnxError, SHORT_LENGTHS};

/// A kind of cell.
pub(super) struct Cell {
    /// ONNX's operator.
    operator: &'static str,
    /// The place of each of ONNX's gates among PyTorch's, which are those of the file: ONNX has z, r, h and i, o, f, c, PyTorch
    /// r, z, n and i, f, g, o.
    order: &'static [usize],
}

pub(super) const RNN: Cell = Cell { operator: "RNN", order: &[0] };
pub(super) const GRU: Cell = Cell { operator: "GRU", order: &[1, 0, 2] };
pub(super) const LSTM: Cell = Cell { operator: "LSTM", order: &[0, 3, 1, 2] };

/// Adds a stack that reads `tokens` (T, B), and returns the name of what its linear map gives, (B, C).
pub(super) fn logits(graph: &mut Graph, weights: &Weights<'_>, cell: &Cell, tokens: &str) -> Result<String, OnnxError> {
    let (layers, bidirectional) = (weights.size("layers")?, weights.truth("bidirectional")?);
    let (mut x, mut inputs) = characters(graph, weights, tokens)?;
    let directions: &[&str] = if bidirectional { &["", "_reverse"] } else { &[""] };
    let hidden = weights.matrix("rnn.weight_hh_l0")?.0[1];
    let width = hidden * directions.len();
    let mut last = String::new();
    for layer in 0..layers {
        let shape = LayerShape { layer, inputs, hidden, directions };
        let (y, y_last) = recurrent(graph, weights, cell, &shape, &x)?;
        // (T, S, B, H) to (T, B, S · H).
        let turned =
            graph.node("Transpose", &[&y], &[("perm", Attribute::Integers(&[0, 2, 1, 3]))], &format!("turned_{layer}"));
        let whole = graph.integers(&format!("whole_{layer}"), &[0, 0, width as i64]);
        x = graph.node("Reshape", &[&turned, &whole], &[], &format!("states_{layer}"));
        (inputs, last) = (width, y_last);
    }
    let pooled = pooled(graph, weights.word("pooling")?, &x, &last, width);
    let classes = weights.card.labels.len();
    let weight = graph.reals("fc.weight", &[classes, width], weights.matrix_of("fc.weight", classes, width)?);
    let bias = graph.reals("fc.bias", &[classes], weights.vector_of("fc.bias", classes)?);
    Ok(graph.node("Gemm", &[&pooled, &weight, &bias], &[("transB", Attribute::Integer(1))], "logits"))
}

/// What the first layer reads, (T, B, I): a row of the embedding for each token, or a one-hot row.
fn characters(graph: &mut Graph, weights: &Weights<'_>, tokens: &str) -> Result<(String, usize), OnnxError> {
    let n_tokens = weights.card.alphabet().n_tokens();
    match weights.size("embedding")? {
        0 => Ok((super::one_hot(graph, tokens, n_tokens, "characters"), n_tokens)),
        d => {
            let table = weights.matrix_of("embedding.weight", n_tokens, d)?;
            let table = graph.reals("embedding.weight", &[n_tokens, d], table);
            Ok((graph.node("Gather", &[&table, tokens], &[("axis", Attribute::Integer(0))], "characters"), d))
        }
    }
}

struct LayerShape<'a> {
    layer: usize,
    inputs: usize,
    hidden: usize,
    /// The ends of the names of each direction's weights.
    directions: &'a [&'a str],
}

/// Adds a layer that reads `x` (T, B, I). Returns the names of its states, (T, S, B, H), and of each direction's last, (S, B, H).
fn recurrent(
    graph: &mut Graph,
    weights: &Weights<'_>,
    cell: &Cell,
    shape: &LayerShape<'_>,
    x: &str,
) -> Result<(String, String), OnnxError> {
    let LayerShape { layer, inputs, hidden, directions } = *shape;
    let (s, rows) = (directions.len(), cell.order.len() * hidden);
    let (mut w, mut r, mut b) = (Vec::new(), Vec::new(), Vec::new());
    for direction in directions {
        let of = |kind: &str| format!("rnn.{kind}_l{layer}{direction}");
        w.extend(reordered(weights.matrix_of(&of("weight_ih"), rows, inputs)?, cell.order));
        r.extend(reordered(weights.matrix_of(&of("weight_hh"), rows, hidden)?, cell.order));
        b.extend(reordered(weights.vector_of(&of("bias_ih"), rows)?, cell.order));
        b.extend(reordered(weights.vector_of(&of("bias_hh"), rows)?, cell.order));
    }
    let w = graph.reals(&format!("w_{layer}"), &[s, rows, inputs], &w);
    let r = graph.reals(&format!("r_{layer}"), &[s, rows, hidden], &r);
    let b = graph.reals(&format!("b_{layer}"), &[s, 2 * rows], &b);
    let direction = if s == 2 { "bidirectional" } else { "forward" };
    let mut attributes =
        vec![("hidden_size", Attribute::Integer(hidden as i64)), ("direction", Attribute::Text(direction))];
    let activation =
        if cell.operator == RNN.operator && weights.word("nonlinearity")? == "relu" { "Relu" } else { "Tanh" };
    let activations = vec![activation; s];
    if cell.operator == RNN.operator {
        attributes.push(("activations", Attribute::Texts(&activations)));
    }
    if cell.operator == GRU.operator {
        attributes.push(("linear_before_reset", Attribute::Integer(1)));
    }
    let (y, y_last) = (format!("y_{layer}"), format!("last_{layer}"));
    graph.node_with_outputs(cell.operator, &[x, &w, &r, &b, SHORT_LENGTHS], &attributes, &[&y, &y_last]);
    Ok((y, y_last))
}

/// What the linear map reads, (B, S · H): of the states (T, B, S · H) and each direction's last, (S, B, H).
fn pooled(graph: &mut Graph, pooling: &str, states: &str, last: &str, width: usize) -> String {
    if pooling == "last" {
        let whole = graph.integers("whole", &[0, width as i64]);
        let turned = graph.node("Transpose", &[last], &[("perm", Attribute::Integers(&[1, 0, 2]))], "last_by_text");
        return graph.node("Reshape", &[&turned, &whole], &[], "pooled");
    }
    let is_read = super::places(graph, "Less", LENGTHS, 0);
    if pooling == "max" {
        let lowest = graph.reals("lowest", &[1], &[f32::MIN]);
        let read = graph.node("Where", &[&is_read, states, &lowest], &[], "read");
        let attributes = [("axes", Attribute::Integers(&[0])), ("keepdims", Attribute::Integer(0))];
        return graph.node("ReduceMax", &[&read], &attributes, "pooled");
    }
    let (zero, time) = (graph.reals("zero", &[1], &[0.0]), graph.integers("time", &[0]));
    let read = graph.node("Where", &[&is_read, states, &zero], &[], "read");
    let sum = graph.node("ReduceSum", &[&read, &time], &[("keepdims", Attribute::Integer(0))], "sum");
    let n = graph.node("Cast", &[LENGTHS], &[("to", Attribute::Integer(1))], "n");
    let one = graph.integers("one", &[1]);
    let n = graph.node("Unsqueeze", &[&n, &one], &[], "n_by_text");
    graph.node("Div", &[&sum, &n], &[], "pooled")
}
