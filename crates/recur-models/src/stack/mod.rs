//! What `torch.nn.RNN`, `GRU` and `LSTM` have in common: layers of one [`Cell`], each fed by the one below with dropout
//! between them, and a linear map of the top layer's last state.
//!
//! ```text
//! h⁰_t   = x_t                              the one-hot character
//! hˡ_t   = cell(b_ihˡ + W_ihˡ · hˡ⁻¹_t, b_hhˡ + W_hhˡ · hˡ_{t-1})        hˡ_0 = 0, for l = 1 … layers
//! answer = log_softmax(W_fc · h_last + b_fc)                    of the top layer, after the last character
//! ```
//!
//! Characters for dimensions: `B` texts, `R` characters of the batch in packed order, `V` tokens, `H` hidden size, `G` gates
//! of a cell, `C` labels.

mod head;
mod layer;
mod settings;

pub(crate) use settings::{CONDITIONS, DROPOUT, HIDDEN_SIZE, LAYERS, LEARNING_RATE, Shape};

use head::Head;
use layer::{Below, Layer};
use recur_kernels::{AlignedVec, Kernels};
use recur_nn::batch::Batch;
use recur_nn::gradient::WeightGradients;
use recur_nn::layout::Layout;
use recur_nn::network::{Network, StepRng};
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
    layers: Vec<Layer<C>>,
    head: Head,
    /// Gradients with respect to the states of the layer at hand and of the one below, (R, H).
    d_states: AlignedVec,
    d_below: AlignedVec,
    previous: AlignedVec,
}

impl<C: Cell> Stack<C> {
    /// A network of the given shape, with a cell of its own for each layer.
    pub(crate) fn new(shape: Shape, cell: impl Fn() -> C) -> Self {
        let mut layout = Layout::default();
        Self {
            layers: (0..shape.layers).map(|index| Layer::new(&mut layout, &shape, index, cell())).collect(),
            head: Head::new(&mut layout, &shape),
            layout,
            shape,
            d_states: AlignedVec::default(),
            d_below: AlignedVec::default(),
            previous: AlignedVec::default(),
        }
    }
}

impl<C: Cell> Network for Stack<C> {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn looks_ahead(&self) -> bool {
        false
    }

    fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        self.layers.iter_mut().for_each(|layer| layer.parameters_changed(kernels, parameters));
        self.head.parameters_changed(kernels, parameters);
    }

    /// Each layer in turn, then the linear map.
    fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        batch: &Batch,
        draws: Option<StepRng<'_>>,
        logits: &mut [f32],
    ) {
        let (shape, len) = (self.shape, batch.n_characters() * self.shape.hidden);
        let mut stream = draws.filter(|_| shape.dropout > 0.0).map(StepRng::stream);
        let dropping = stream.is_some();
        for index in 0..self.layers.len() {
            let (lower, upper) = self.layers.split_at_mut(index);
            let below = lower.last().map(|layer| layer.output(len, dropping));
            upper[0].forward(kernels, parameters, batch, below);
            if let Some(stream) = stream.as_mut().filter(|_| upper.len() > 1) {
                let drawn = index * batch.n_characters_of_whole() * shape.hidden;
                upper[0].drop_out(kernels, batch, stream, drawn);
            }
        }
        let top = self.layers[self.layers.len() - 1].output(len, false);
        self.head.forward(kernels, parameters, batch, top, logits);
    }

    /// The same steps from the last to the first. The pass must be one of training.
    fn backward(&mut self, kernels: Kernels, batch: &Batch, d_logits: &[f32], into: &mut dyn WeightGradients) {
        let len = batch.n_characters() * self.shape.hidden;
        self.head.backward(kernels, batch, d_logits, self.d_states.take(len), into);
        let previous = self.previous.take(len);
        let dropping = self.shape.dropout > 0.0;
        for index in (0..self.layers.len()).rev() {
            let (lower, upper) = self.layers.split_at_mut(index);
            let below = lower
                .last()
                .map(|lower| Below { output: lower.output(len, dropping), d_output: self.d_below.take(len) });
            upper[0].backward(kernels, batch, below, &mut self.d_states[..len], previous, into);
            if let Some(lower) = lower.last() {
                // output = mask · states: from the gradient of what was read to that of the states.
                if dropping {
                    lower.dropout().backward(kernels, &mut self.d_below[..len]);
                }
                std::mem::swap(&mut self.d_states, &mut self.d_below);
            }
        }
    }
}

/// Row `index` of a matrix with rows of `n`.
fn row(data: &[f32], index: usize, n: usize) -> &[f32] {
    &data[index * n..][..n]
}

fn row_mut(data: &mut [f32], index: usize, n: usize) -> &mut [f32] {
    &mut data[index * n..][..n]
}
