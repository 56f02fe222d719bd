//! Forward and backward pass of the stacked recurrent network.
//!
//! Letters for dimensions: `B` names, `R` letters of the batch in packed order, `V` tokens, `H` hidden size, `C` labels.

use crate::batch::Batch;
use crate::layout::Layout;
use crate::network::take;
use crate::recurrence::{self, Activation};
use recur_core::random::Stream;
use recur_kernels::{Kernels, Matrix};
use std::ops::Range;

/// Sizes and options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) vocab: usize,
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) classes: usize,
    pub(crate) activation: Activation,
    /// Share of a lower layer's outputs set to zero in training; the others are scaled by 1 / (1 - share).
    pub(crate) dropout: f32,
}

/// The network with its workspace.
pub(crate) struct Network {
    layout: Layout,
    shape: Shape,
    layers: Vec<Layer>,
    /// `fc.weight` by rows of its input, (H, C).
    w_fc: Range<usize>,
    b_fc: Range<usize>,
    /// Second layout for the backward pass, (C, H).
    w_fc_t: Vec<f32>,
    /// The top layer's last state of each name, (B, H).
    last: Vec<f32>,
    d_last: Vec<f32>,
    /// Gradients with respect to the states of the layer at hand and of the one below, (R, H).
    d_states: Vec<f32>,
    d_below: Vec<f32>,
    previous: Vec<f32>,
    bias: Vec<f32>,
}

/// One recurrent layer's weights and states.
struct Layer {
    /// `rnn.weight_ih_l*` by rows of its input: (V, H) in the first layer, (H, H) above.
    w_ih: Range<usize>,
    /// `rnn.weight_hh_l*` by rows of its input, (H, H).
    w_hh: Range<usize>,
    b_ih: Range<usize>,
    b_hh: Range<usize>,
    /// Second layouts for the backward pass, (H, H); the first layer needs none of its input's.
    w_ih_t: Vec<f32>,
    w_hh_t: Vec<f32>,
    /// States after each letter, (R, H).
    states: Vec<f32>,
    /// What the layer above reads: the states, with dropout where there is any, (R, H).
    dropped: Vec<f32>,
    /// The factor of each state in `dropped`: 0 or 1 / (1 - share), (R, H); empty without dropout.
    mask: Vec<f32>,
}

impl Network {
    /// A network of the given shape.
    pub(crate) fn new(shape: Shape) -> Self {
        let mut layout = Layout::default();
        let h = shape.hidden;
        let layer = |index: usize| {
            let input = if index == 0 { shape.vocab } else { h };
            Layer {
                w_ih: layout.matrix(format!("rnn.weight_ih_l{index}"), h, input, h),
                w_hh: layout.matrix(format!("rnn.weight_hh_l{index}"), h, h, h),
                b_ih: layout.vector(format!("rnn.bias_ih_l{index}"), h, h),
                b_hh: layout.vector(format!("rnn.bias_hh_l{index}"), h, h),
                w_ih_t: vec![0.0; if index == 0 { 0 } else { h * h }],
                w_hh_t: vec![0.0; h * h],
                states: Vec::new(),
                dropped: Vec::new(),
                mask: Vec::new(),
            }
        };
        let layers = (0..shape.layers).map(layer).collect();
        let w_fc = layout.matrix("fc.weight", shape.classes, h, h);
        let b_fc = layout.vector("fc.bias", shape.classes, h);
        Self {
            layout,
            shape,
            layers,
            w_fc,
            b_fc,
            w_fc_t: vec![0.0; shape.classes * h],
            last: Vec::new(),
            d_last: Vec::new(),
            d_states: Vec::new(),
            d_below: Vec::new(),
            previous: Vec::new(),
            bias: vec![0.0; h],
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

impl Layer {
    /// `z = (b_ih + b_hh) + input · W_ih`, where a one-hot input is a row of `W_ih`; then `h_t = f(z_t + h_{t-1} · W_hh)`.
    ///
    /// `bias (H)` is scratch. `below (R, H)` is `None` for the first layer, whose input is the batch's tokens.
    fn forward(
        &mut self,
        parameters: &[f32],
        batch: &Batch,
        below: Option<&[f32]>,
        bias: &mut [f32],
        activation: Activation,
    ) {
        let (kernels, h, r) = (Kernels::get(), bias.len(), batch.n_letters());
        bias.copy_from_slice(&parameters[self.b_ih.clone()]);
        kernels.add(bias, &parameters[self.b_hh.clone()]);
        let states = take(&mut self.states, r * h);
        states.chunks_exact_mut(h).for_each(|state| state.copy_from_slice(bias));
        let w_ih = &parameters[self.w_ih.clone()];
        match below {
            None => {
                for (state, token) in states.chunks_exact_mut(h).zip(batch.tokens()) {
                    kernels.add(state, row(w_ih, usize::from(*token), h));
                }
            }
            Some(below) => kernels.gemm(states, Matrix::new(below, r, h), Matrix::new(w_ih, h, h)),
        }
        recurrence::forward(kernels, activation, &parameters[self.w_hh.clone()], batch.starts(), states);
    }

    /// Fills `dropped` from the states with a mask drawn from `stream`, element by element in packed order.
    fn drop_out(&mut self, len: usize, share: f32, stream: &mut Stream) {
        let keep = 1.0 / (1.0 - share);
        let mask = take(&mut self.mask, len);
        mask.fill_with(|| if stream.unit_f32() < share { 0.0 } else { keep });
        let dropped = take(&mut self.dropped, len);
        dropped.copy_from_slice(&self.states[..len]);
        Kernels::get().mul(dropped, mask);
    }

    /// The backward pass of [`Layer::forward`]: `d (R, H)` goes from the gradient of the states to that of `z`, and the
    /// weights' gradients grow.
    fn backward(
        &self,
        batch: &Batch,
        below: Option<&[f32]>,
        activation: Activation,
        d: &mut [f32],
        previous: &mut [f32],
        gradients: &mut [f32],
    ) {
        let (kernels, r) = (Kernels::get(), batch.n_letters());
        let h = self.b_ih.len();
        let states = &self.states[..r * h];
        recurrence::backward(kernels, activation, &self.w_hh_t, batch.starts(), states, d);
        let d_w_hh = &mut gradients[self.w_hh.clone()];
        recurrence::add_weight_gradient(kernels, batch.starts(), states, d, previous, d_w_hh);
        kernels.add_rows(&mut gradients[self.b_ih.clone()], d);
        kernels.add_rows(&mut gradients[self.b_hh.clone()], d);
        let d_w_ih = &mut gradients[self.w_ih.clone()];
        match below {
            None => {
                for (d_z, token) in d.chunks_exact(h).zip(batch.tokens()) {
                    kernels.add(row_mut(d_w_ih, usize::from(*token), h), d_z);
                }
            }
            Some(below) => kernels.gemm(d_w_ih, Matrix::new(below, r, h).transposed(), Matrix::new(d, r, h)),
        }
    }

    /// What the layer above read in the last forward pass.
    fn output(&self, len: usize, dropout: bool) -> &[f32] {
        if dropout { &self.dropped[..len] } else { &self.states[..len] }
    }
}

impl crate::network::Network for Network {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn parameters_changed(&mut self, parameters: &[f32]) {
        let (kernels, h) = (Kernels::get(), self.shape.hidden);
        for layer in &mut self.layers {
            kernels.transpose(&mut layer.w_hh_t, &parameters[layer.w_hh.clone()], h, h);
            if !layer.w_ih_t.is_empty() {
                kernels.transpose(&mut layer.w_ih_t, &parameters[layer.w_ih.clone()], h, h);
            }
        }
        kernels.transpose(&mut self.w_fc_t, &parameters[self.w_fc.clone()], h, self.shape.classes);
    }

    /// Each layer in turn, then `logits = b_fc + h_last · W_fc`.
    fn forward(&mut self, parameters: &[f32], batch: &Batch, mut dropout: Option<&mut Stream>, logits: &mut [f32]) {
        let (kernels, shape) = (Kernels::get(), self.shape);
        let (h, len) = (shape.hidden, batch.n_letters() * shape.hidden);
        let dropping = dropout.is_some() && shape.dropout > 0.0;
        for index in 0..self.layers.len() {
            let (lower, upper) = self.layers.split_at_mut(index);
            let below = lower.last().map(|layer| layer.output(len, dropping));
            upper[0].forward(parameters, batch, below, &mut self.bias, shape.activation);
            if let Some(stream) = dropout.as_deref_mut().filter(|_| dropping && upper.len() > 1) {
                upper[0].drop_out(len, shape.dropout, stream);
            }
        }
        let top = &self.layers[self.layers.len() - 1].states;
        let last = take(&mut self.last, batch.len() * h);
        for (i, length) in batch.lengths().iter().enumerate() {
            row_mut(last, i, h).copy_from_slice(row(top, batch.place(length - 1, i), h));
        }
        logits.chunks_exact_mut(shape.classes).for_each(|row| row.copy_from_slice(&parameters[self.b_fc.clone()]));
        let w_fc = Matrix::new(&parameters[self.w_fc.clone()], h, shape.classes);
        kernels.gemm(logits, Matrix::new(last, batch.len(), h), w_fc);
    }

    /// The same steps from the last to the first. The pass must be one of training.
    fn backward(&mut self, _parameters: &[f32], batch: &Batch, d_logits: &[f32], gradients: &mut [f32]) {
        let (kernels, shape) = (Kernels::get(), self.shape);
        let (h, c, b, r) = (shape.hidden, shape.classes, batch.len(), batch.n_letters());
        // logits = b_fc + h_last · W_fc
        kernels.add_rows(&mut gradients[self.b_fc.clone()], d_logits);
        let last = Matrix::new(&self.last[..b * h], b, h);
        kernels.gemm(&mut gradients[self.w_fc.clone()], last.transposed(), Matrix::new(d_logits, b, c));
        let d_last = take(&mut self.d_last, b * h);
        d_last.fill(0.0);
        kernels.gemm(d_last, Matrix::new(d_logits, b, c), Matrix::new(&self.w_fc_t, c, h));
        let d_states = take(&mut self.d_states, r * h);
        d_states.fill(0.0);
        for (i, length) in batch.lengths().iter().enumerate() {
            row_mut(d_states, batch.place(length - 1, i), h).copy_from_slice(row(d_last, i, h));
        }
        let previous = take(&mut self.previous, r * h);
        let dropping = shape.dropout > 0.0;
        for index in (0..self.layers.len()).rev() {
            let (lower, upper) = self.layers.split_at(index);
            let (layer, lower) = (&upper[0], lower.last());
            let below = lower.map(|lower| lower.output(r * h, dropping));
            let d_states = &mut self.d_states[..r * h];
            layer.backward(batch, below, shape.activation, d_states, previous, gradients);
            if let Some(lower) = lower {
                // below = mask · states: the gradient of what was read, then of the states.
                let d_below = take(&mut self.d_below, r * h);
                d_below.fill(0.0);
                kernels.gemm(d_below, Matrix::new(d_states, r, h), Matrix::new(&layer.w_ih_t, h, h));
                if dropping {
                    kernels.mul(d_below, &lower.mask[..r * h]);
                }
                std::mem::swap(&mut self.d_states, &mut self.d_below);
            }
        }
    }
}
