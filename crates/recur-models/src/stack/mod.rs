//! What `torch.nn.RNN`, `GRU` and `LSTM` have in common: layers of one [`Cell`], each fed by the one below with dropout
//! between them, and a linear map of what is pooled of the top layer's states.
//!
//! ```text
//! h⁰_t   = x_t                              the one-hot character, or its row of the embedding
//! hˡ_t   = cell(b_ihˡ + W_ihˡ · hˡ⁻¹_t, b_hhˡ + W_hhˡ · hˡ_{t-1})        hˡ_0 = 0, for l = 1 … layers
//! answer = log_softmax(W_fc · pool(h) + b_fc)                   of the top layer
//! ```
//!
//! A bidirectional layer has a second cell with weights of its own that reads from the last character to the first; `hˡ_t` is
//! then the states of both at character t, side by side.
//!
//! Characters for dimensions: `B` texts, `R` characters of the batch in packed order, `V` tokens, `H` hidden size, `W` = H or
//! 2H numbers that a layer gives for each character, `D` size of the embedding, `G` gates of a cell, `C` labels.

mod declared;
mod direction;
mod layer;
mod settings;

pub(crate) use declared::{ABOUT, CONDITIONS, model, with_parameter};
pub(crate) use settings::Shape;

use direction::Input;
use layer::{Layer, Scratch};
use recur_kernels::{AlignedVec, Kernels};
use recur_nn::batch::Batch;
use recur_nn::embedding::Embedding;
use recur_nn::gradient::{Terms, WeightGradients};
use recur_nn::layout::Layout;
use recur_nn::linear::Linear;
use recur_nn::network::{Network, StepRng};
use recur_nn::pooling::Pool;
use recur_nn::time_steps::TimeSteps;

/// The arithmetic of one recurrent layer between its input's product and its states, with what it keeps of the last
/// forward pass for the backward one.
pub(crate) trait Cell: Clone + Send + Sync {
    /// Number of gates (G): a layer's weight matrices have G · H rows in PyTorch's shape.
    const GATES: usize;
    /// Whether both biases go into one sum, which then starts as `b_ih + b_hh`. If not, the recurrent product starts
    /// from `b_hh`.
    const ONE_SUM: bool;

    /// Room for what the layer's input gives to each gate, `(R, G · H)` with `len` numbers in all: to be filled before
    /// [`Cell::forward`].
    fn inputs(&mut self, len: usize) -> &mut [f32];

    /// From the inputs to the states.
    fn forward(&mut self, kernels: Kernels, weights: Recurrent<'_>, times: &TimeSteps);

    /// The states of the last forward pass, `(R, H)` with `len` numbers in all.
    fn states(&self, len: usize) -> &[f32];

    /// The backward pass of [`Cell::forward`], for the gradient `d_states (R, H)` from outside the layer, which is
    /// scratch from then on. `w_hh_t (G · H, H)` is the recurrent matrix transposed.
    fn backward<'a>(
        &'a mut self,
        kernels: Kernels,
        w_hh_t: &[f32],
        times: &TimeSteps,
        d_states: &'a mut [f32],
    ) -> Gradients<'a>;
}

/// The recurrent weights of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recurrent<'a> {
    /// `rnn.weight_hh_l*` by rows of its input, (H, G · H).
    pub(crate) w_hh: &'a [f32],
    /// `rnn.bias_hh_l*`, (G · H).
    pub(crate) b_hh: &'a [f32],
}

/// What a cell's backward pass gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gradients<'a> {
    /// With respect to the inputs, (R, G · H).
    pub(crate) inputs: &'a [f32],
    /// With respect to the recurrent product, (R, G · H).
    pub(crate) products: &'a [f32],
    /// The states, (R, H).
    pub(crate) states: &'a [f32],
}

/// The network with its workspace.
#[derive(Clone)]
pub(crate) struct Stack<C> {
    layout: Layout,
    shape: Shape,
    embedding: Option<Embedding>,
    layers: Vec<Layer<C>>,
    pool: Pool,
    head: Linear,
    /// The characters of each text in the opposite order, (R): see [`Batch::mirror`].
    mirror: Vec<u32>,
    /// Gradients with respect to the output of the layer at hand, (R, W), and to what it read, (R, I).
    d_output: AlignedVec,
    d_below: AlignedVec,
    /// (B, W).
    d_pooled: AlignedVec,
    scratch: Scratch,
}

impl<C: Cell> Stack<C> {
    /// A network of the given shape, with a cell of its own for each direction of each layer.
    pub(crate) fn new(shape: Shape, cell: impl Fn() -> C) -> Self {
        let mut layout = Layout::default();
        let embed = |layout: &mut Layout| Embedding::new(layout, "embedding", shape.vocab, shape.embedding);
        Self {
            embedding: (shape.embedding > 0).then(|| embed(&mut layout)),
            layers: (0..shape.layers).map(|index| Layer::new(&mut layout, &shape, index, &cell)).collect(),
            pool: Pool::of_directions(shape.pooling, shape.width(), shape.hidden),
            head: Linear::new(&mut layout, "fc", shape.width(), shape.classes),
            layout,
            shape,
            mirror: Vec::new(),
            d_output: AlignedVec::default(),
            d_below: AlignedVec::default(),
            d_pooled: AlignedVec::default(),
            scratch: Scratch::default(),
        }
    }

    /// What layer `index` reads, of which `lower` are below.
    fn input<'a>(
        shape: &Shape,
        embedding: Option<&'a Embedding>,
        lower: &'a [Layer<C>],
        batch: &'a Batch,
        dropping: bool,
    ) -> Input<'a> {
        match (lower.last(), embedding) {
            (Some(layer), _) => Input::Rows(layer.output(batch.n_characters() * shape.width(), dropping)),
            (None, Some(embedding)) => Input::Rows(embedding.output(batch.n_characters())),
            (None, None) => Input::Tokens(batch.tokens()),
        }
    }
}

impl<C: Cell> Network for Stack<C> {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The states that read backwards depend on later characters.
    fn looks_ahead(&self) -> bool {
        self.shape.bidirectional
    }

    fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        self.layers.iter_mut().for_each(|layer| layer.parameters_changed(kernels, parameters));
        self.head.parameters_changed(kernels, parameters);
    }

    /// Each layer in turn, the pooling, then the linear map.
    fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        batch: &Batch,
        draws: Option<StepRng<'_>>,
        logits: &mut [f32],
    ) {
        let shape = self.shape;
        let mut stream = draws.filter(|_| shape.dropout > 0.0).map(StepRng::stream);
        let dropping = stream.is_some();
        if shape.bidirectional {
            batch.mirror(&mut self.mirror);
        }
        if let Some(embedding) = &mut self.embedding {
            embedding.forward(kernels, parameters, batch.tokens());
        }
        for index in 0..self.layers.len() {
            let (lower, upper) = self.layers.split_at_mut(index);
            let x = Self::input(&shape, self.embedding.as_ref(), lower, batch, dropping);
            upper[0].forward(kernels, parameters, (batch, &self.mirror), x);
            if let Some(stream) = stream.as_mut().filter(|_| upper.len() > 1) {
                let drawn = index * batch.n_characters_of_whole() * shape.width();
                upper[0].drop_out(kernels, batch, stream, drawn);
            }
        }
        let top = self.layers[self.layers.len() - 1].output(batch.n_characters() * shape.width(), false);
        let pooled = self.pool.forward(kernels, batch, top);
        self.head.forward(kernels, parameters, pooled, logits);
    }

    /// The same steps from the last to the first. The pass must be one of training.
    fn backward(&mut self, kernels: Kernels, batch: &Batch, d_logits: &[f32], into: &mut dyn WeightGradients) {
        let (shape, r) = (self.shape, batch.n_characters());
        let len = r * shape.width();
        let (d_pooled, pooled) = (self.d_pooled.take(batch.len() * shape.width()), self.pool.output(batch.len()));
        self.head.backward(kernels, (pooled, &mut *d_pooled), d_logits, Terms::Texts, into);
        self.pool.backward(kernels, batch, d_pooled, self.d_output.take(len));
        let dropping = shape.dropout > 0.0;
        for index in (0..self.layers.len()).rev() {
            let (lower, upper) = self.layers.split_at_mut(index);
            let x = Self::input(&shape, self.embedding.as_ref(), lower, batch, dropping);
            let d_x = match x {
                Input::Tokens(_) => &mut [],
                Input::Rows(x) => self.d_below.take(x.len()),
            };
            let d = &mut self.d_output[..len];
            upper[0].backward(kernels, (batch, &self.mirror), (x, &mut *d_x), d, &mut self.scratch, into);
            if let Some(lower) = lower.last() {
                // output = mask · states: from the gradient of what was read to that of the states.
                if dropping {
                    lower.dropout().backward(kernels, d_x);
                }
                std::mem::swap(&mut self.d_output, &mut self.d_below);
            } else if let Some(embedding) = &self.embedding {
                embedding.backward(batch.tokens(), d_x, Terms::From(0, batch.times()), into);
            }
        }
    }
}
