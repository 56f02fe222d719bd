//! The layered networks of recur-models: RNN, GRU and LSTM, in one or both directions.
//!
//! Characters for dimensions: `B` texts, `T` characters of the longest, `V` tokens, `D` embedding, `I` numbers that a layer reads, `H` hidden
//! size, `G` gates, `S` directions, `C` labels.

use super::graph::{Attribute, Graph};
use super::{LENGTHS, SHORT_LENGTHS};
use recur_core::recurrent::{Activation, CellKind, Embedding, Layer, Linear, Pooling, Stack};

/// How ONNX has a kind of cell.
struct Cell {
    /// ONNX's operator.
    operator: &'static str,
    /// The place of each of ONNX's gates among PyTorch's, which are those of the file: ONNX has z, r, h and i, o, f, c, PyTorch
    /// r, z, n and i, f, g, o.
    order: &'static [usize],
}

impl Cell {
    fn of(kind: CellKind) -> Self {
        match kind {
            CellKind::Rnn(_) => Self { operator: "RNN", order: &[0] },
            CellKind::Gru => Self { operator: "GRU", order: &[1, 0, 2] },
            CellKind::Lstm => Self { operator: "LSTM", order: &[0, 3, 1, 2] },
        }
    }
}

/// Adds a stack that reads `tokens` (T, B), and returns the name of what its linear map gives, (B, C).
pub(super) fn logits(graph: &mut Graph, stack: &Stack<'_>, n_tokens: usize, tokens: &str) -> String {
    let mut x = characters(graph, stack.embedding, n_tokens, tokens);
    let (width, classes) = (stack.width(), stack.head.bias.len());
    let mut last = String::new();
    for index in 0..stack.layers.len() {
        let (y, y_last) = recurrent(graph, stack, index, &x);
        // (T, S, B, H) to (T, B, S · H).
        let turned =
            graph.node("Transpose", &[&y], &[("perm", Attribute::Integers(&[0, 2, 1, 3]))], &format!("turned_{index}"));
        let whole = graph.integers(&format!("whole_{index}"), &[0, 0, width as i64]);
        x = graph.node("Reshape", &[&turned, &whole], &[], &format!("states_{index}"));
        last = y_last;
    }
    let pooled = pooled(graph, stack.pooling, &x, &last, width);
    let weight = graph.reals("fc.weight", &[classes, width], stack.head.weight);
    let bias = graph.reals("fc.bias", &[classes], stack.head.bias);
    graph.node("Gemm", &[&pooled, &weight, &bias], &[("transB", Attribute::Integer(1))], "logits")
}

/// What the first layer reads, (T, B, I): a row of the embedding for each token, or a one-hot row.
fn characters(graph: &mut Graph, embedding: Option<Embedding<'_>>, n_tokens: usize, tokens: &str) -> String {
    let Some(Embedding { size, table }) = embedding else {
        return super::one_hot(graph, tokens, n_tokens, "characters");
    };
    let table = graph.reals("embedding.weight", &[n_tokens, size], table);
    graph.node("Gather", &[&table, tokens], &[("axis", Attribute::Integer(0))], "characters")
}

/// Adds the layer `index`, which reads `x` (T, B, I). Returns the names of its states, (T, S, B, H), and of each direction's last,
/// (S, B, H).
fn recurrent(graph: &mut Graph, stack: &Stack<'_>, index: usize, x: &str) -> (String, String) {
    let (Layer { inputs, directions }, hidden) = (&stack.layers[index], stack.hidden);
    let cell = Cell::of(stack.cell);
    let (s, rows) = (directions.len(), cell.order.len() * hidden);
    let (mut w, mut r, mut b) = (Vec::new(), Vec::new(), Vec::new());
    for direction in directions {
        let [input, recurrent] = [direction.input, direction.recurrent];
        for (Linear { weight, bias }, to) in [(input, &mut w), (recurrent, &mut r)] {
            to.extend(reordered(weight, cell.order));
            b.extend(reordered(bias, cell.order));
        }
    }
    let w = graph.reals(&format!("w_{index}"), &[s, rows, *inputs], &w);
    let r = graph.reals(&format!("r_{index}"), &[s, rows, hidden], &r);
    let b = graph.reals(&format!("b_{index}"), &[s, 2 * rows], &b);
    let direction = if s == 2 { "bidirectional" } else { "forward" };
    let mut attributes =
        vec![("hidden_size", Attribute::Integer(hidden as i64)), ("direction", Attribute::Text(direction))];
    let activations = vec![if stack.cell == CellKind::Rnn(Activation::Relu) { "Relu" } else { "Tanh" }; s];
    match stack.cell {
        CellKind::Rnn(_) => attributes.push(("activations", Attribute::Texts(&activations))),
        CellKind::Gru => attributes.push(("linear_before_reset", Attribute::Integer(1))),
        CellKind::Lstm => {}
    }
    let (y, y_last) = (format!("y_{index}"), format!("last_{index}"));
    graph.node_with_outputs(cell.operator, &[x, &w, &r, &b, SHORT_LENGTHS], &attributes, &[&y, &y_last]);
    (y, y_last)
}

/// What the linear map reads, (B, S · H): of the states (T, B, S · H) and each direction's last, (S, B, H).
fn pooled(graph: &mut Graph, pooling: Pooling, states: &str, last: &str, width: usize) -> String {
    if pooling == Pooling::Last {
        let whole = graph.integers("whole", &[0, width as i64]);
        let turned = graph.node("Transpose", &[last], &[("perm", Attribute::Integers(&[1, 0, 2]))], "last_by_text");
        return graph.node("Reshape", &[&turned, &whole], &[], "pooled");
    }
    let is_read = super::places(graph, "Less", LENGTHS, 0);
    if pooling == Pooling::Max {
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

/// `rows`, a block of equal length for each gate, with the blocks in another order.
fn reordered(rows: &[f32], order: &[usize]) -> Vec<f32> {
    let block = rows.len() / order.len();
    order.iter().flat_map(|gate| &rows[gate * block..][..block]).copied().collect()
}
