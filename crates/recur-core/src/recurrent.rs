//! What is in the files of weights of the recurrent networks, for those who compute a network elsewhere: as ONNX, or in a report's page.
//!
//! Characters for dimensions: `V` tokens, `D` embedding, `I` numbers that a layer reads, `H` hidden size, `G` gates, `W` numbers that
//! a layer gives (H, or 2H in both directions), `C` labels. Matrices are as PyTorch has them: a row for each number that they give.

mod tensors;

use crate::weights::{ModelCard, WeightsFile};
use tensors::Tensors;

/// The plugins whose weights [`RecurrentNetwork::of`] reads.
pub const RECURRENT_MODELS: [&str; 4] = ["gru", "lstm", "manual_rnn", "stacked_rnn"];

/// Why a file has no recurrent network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum NoRecurrentNetwork {
    /// The file does not say what its tensors are for.
    #[error("{path} has no card: the alphabet, the labels and the model of its tensors are not known")]
    NoCard { path: String },
    #[error("the model {model} is not one of {}", RECURRENT_MODELS.join(", "))]
    OtherModel { model: String },
    /// The tensors do not fit the card.
    #[error("the weights {path} are not those of the model {model}: {problem}")]
    Weights { path: String, model: String, problem: String },
}

/// A recurrent network with its weights.
#[derive(Clone, Debug)]
pub struct RecurrentNetwork<'a> {
    /// The labels, the alphabet and how texts are prepared.
    pub card: &'a ModelCard,
    /// What computes the logits.
    pub form: Form<'a>,
}

/// The two kinds of recurrent networks.
#[derive(Clone, Debug)]
pub enum Form<'a> {
    /// The cell of PyTorch's tutorial: the answer is read from the last character and from the state before it.
    Manual(ManualCell<'a>),
    /// Layers of cells, what is pooled of the last layer's states, and a linear map.
    Stack(Stack<'a>),
}

/// The weights of `manual_rnn`: `h' = f(i2h · [x, h] + b)`, and `i2o · [x, h] + b` for the last character x.
#[derive(Clone, Debug)]
pub struct ManualCell<'a> {
    /// H.
    pub hidden: usize,
    /// f.
    pub activation: Activation,
    /// (H, V + H), and its bias (H).
    pub i2h: Linear<'a>,
    /// (C, V + H), and its bias (C).
    pub i2o: Linear<'a>,
}

/// What is applied to a new state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Activation {
    None,
    Tanh,
    Relu,
}

/// A matrix by rows of its output, and its bias.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Linear<'a> {
    pub weight: &'a [f32],
    pub bias: &'a [f32],
}

/// The weights of `stacked_rnn`, `gru` and `lstm`.
#[derive(Clone, Debug)]
pub struct Stack<'a> {
    /// The kind of all cells.
    pub cell: CellKind,
    /// H.
    pub hidden: usize,
    /// What of the last layer's states is read.
    pub pooling: Pooling,
    /// A row of D numbers for each token (V, D); `None` where characters are one-hot.
    pub embedding: Option<Embedding<'a>>,
    /// From below, at least one.
    pub layers: Vec<Layer<'a>>,
    /// (C, W).
    pub head: Linear<'a>,
}

/// A kind of cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum CellKind {
    Rnn(Activation),
    Gru,
    Lstm,
}

/// What becomes of a text's states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Each direction's final one.
    Last,
    /// Their mean over the characters.
    Mean,
    /// The greatest of each number.
    Max,
}

/// What characters are learned as.
#[derive(Clone, Copy, Debug)]
pub struct Embedding<'a> {
    /// D.
    pub size: usize,
    /// (V, D).
    pub table: &'a [f32],
}

/// A layer: the direction that reads forwards, and the one that reads backwards, if there is one.
#[derive(Clone, Debug)]
pub struct Layer<'a> {
    /// I.
    pub inputs: usize,
    /// One or two.
    pub directions: Vec<Direction<'a>>,
}

/// One direction of a layer. Gates are side by side, in PyTorch's order: r, z, n and i, f, g, o.
#[derive(Clone, Copy, Debug)]
pub struct Direction<'a> {
    /// (G · H, I), and its bias (G · H).
    pub input: Linear<'a>,
    /// (G · H, H), and its bias (G · H).
    pub recurrent: Linear<'a>,
}

impl CellKind {
    /// G.
    pub fn gates(self) -> usize {
        match self {
            CellKind::Rnn(_) => 1,
            CellKind::Gru => 3,
            CellKind::Lstm => 4,
        }
    }
}

impl Stack<'_> {
    /// W.
    pub fn width(&self) -> usize {
        self.hidden * self.layers[0].directions.len()
    }
}

impl<'a> RecurrentNetwork<'a> {
    /// The network in `file`.
    ///
    /// # Errors
    /// If its model is not one of [`RECURRENT_MODELS`], or its tensors are not those of the model.
    pub fn of(file: &'a WeightsFile) -> Result<Self, NoRecurrentNetwork> {
        let card = file.card.as_ref().ok_or_else(|| NoRecurrentNetwork::NoCard { path: file.path.clone() })?;
        let tensors = Tensors { file, card };
        let stack = |cell| Ok(Form::Stack(stack(&tensors, cell)?));
        let form = match card.model.as_str() {
            "manual_rnn" => Form::Manual(manual(&tensors)?),
            "stacked_rnn" if tensors.word("nonlinearity")? == "relu" => stack(CellKind::Rnn(Activation::Relu))?,
            "stacked_rnn" => stack(CellKind::Rnn(Activation::Tanh))?,
            "gru" => stack(CellKind::Gru)?,
            "lstm" => stack(CellKind::Lstm)?,
            model => return Err(NoRecurrentNetwork::OtherModel { model: model.to_owned() }),
        };
        Ok(Self { card, form })
    }
}

fn manual<'a>(tensors: &Tensors<'a>) -> Result<ManualCell<'a>, NoRecurrentNetwork> {
    let (v, classes) = (tensors.card.alphabet().n_tokens(), tensors.card.labels.len());
    let hidden = tensors.matrix("i2h.weight")?.0[0];
    let activation = if tensors.word("activation")? == "none" { Activation::None } else { Activation::Tanh };
    let i2h = tensors.linear("i2h.weight", "i2h.bias", [hidden, v + hidden])?;
    let i2o = tensors.linear("i2o.weight", "i2o.bias", [classes, v + hidden])?;
    Ok(ManualCell { hidden, activation, i2h, i2o })
}

fn stack<'a>(tensors: &Tensors<'a>, cell: CellKind) -> Result<Stack<'a>, NoRecurrentNetwork> {
    let n_tokens = tensors.card.alphabet().n_tokens();
    let (n_layers, bidirectional) = (tensors.size("layers")?, tensors.truth("bidirectional")?);
    let embedding = match tensors.size("embedding")? {
        0 => None,
        size => Some(Embedding { size, table: tensors.matrix_of("embedding.weight", n_tokens, size)? }),
    };
    let ends: &[&str] = if bidirectional { &["", "_reverse"] } else { &[""] };
    let hidden = tensors.matrix("rnn.weight_hh_l0")?.0[1];
    let (rows, width) = (cell.gates() * hidden, hidden * ends.len());
    let layer = |index: usize| {
        let below = if index > 0 { width } else { embedding.map_or(n_tokens, |embedding| embedding.size) };
        let direction = |end: &&str| {
            let of = |kind: &str| format!("rnn.{kind}_l{index}{end}");
            Ok(Direction {
                input: tensors.linear(&of("weight_ih"), &of("bias_ih"), [rows, below])?,
                recurrent: tensors.linear(&of("weight_hh"), &of("bias_hh"), [rows, hidden])?,
            })
        };
        Ok(Layer { inputs: below, directions: ends.iter().map(direction).collect::<Result<_, _>>()? })
    };
    let layers = (0..n_layers).map(layer).collect::<Result<Vec<_>, NoRecurrentNetwork>>()?;
    if layers.is_empty() {
        return Err(tensors.wrong("it has no layer".to_owned()));
    }
    let pooling = match tensors.word("pooling")? {
        "mean" => Pooling::Mean,
        "max" => Pooling::Max,
        _ => Pooling::Last,
    };
    let head = tensors.linear("fc.weight", "fc.bias", [tensors.card.labels.len(), width])?;
    Ok(Stack { cell, hidden, pooling, embedding, layers, head })
}
