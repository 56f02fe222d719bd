//! One recurrent layer around its cell: the product of its input, the gradients of its weights, dropout.

use super::{Cell, Recurrent, Shape};
use recur_core::random::Stream;
use recur_kernels::{AlignedVec, Kernels, Matrix};
use recur_nn::batch::Batch;
use recur_nn::dropout::Dropout;
use recur_nn::gradient::{Terms, WeightGradients};
use recur_nn::layout::Layout;
use recur_nn::recurrence;
use std::ops::Range;

/// A layer's weights and workspace.
#[derive(Clone)]
pub(super) struct Layer<C> {
    cell: C,
    hidden: usize,
    /// `rnn.weight_ih_l*` by rows of its input: (V, G · H) in the first layer, (H, G · H) above.
    w_ih: Range<usize>,
    /// `rnn.weight_hh_l*` by rows of its input, (H, G · H).
    w_hh: Range<usize>,
    b_ih: Range<usize>,
    b_hh: Range<usize>,
    /// Second layouts for the backward pass, (G · H, H); the first layer needs none of its input's.
    w_ih_t: AlignedVec,
    w_hh_t: AlignedVec,
    /// What the inputs start from, (G · H).
    bias: AlignedVec,
    /// What the layer above reads where there is dropout, (R, H).
    dropout: Dropout,
}

/// What a layer read of the one below.
pub(super) struct Below<'a> {
    /// (R, H).
    pub(super) output: &'a [f32],
    /// Where its gradient goes, (R, H).
    pub(super) d_output: &'a mut [f32],
}

impl<C: Cell> Layer<C> {
    pub(super) fn new(layout: &mut Layout, shape: &Shape, index: usize, cell: C) -> Self {
        let (h, n) = (shape.hidden, C::GATES * shape.hidden);
        let input = if index == 0 { shape.vocab } else { h };
        Self {
            cell,
            hidden: h,
            w_ih: layout.matrix(format!("rnn.weight_ih_l{index}"), n, input, h),
            w_hh: layout.matrix(format!("rnn.weight_hh_l{index}"), n, h, h),
            b_ih: layout.vector(format!("rnn.bias_ih_l{index}"), n, h),
            b_hh: layout.vector(format!("rnn.bias_hh_l{index}"), n, h),
            w_ih_t: AlignedVec::zeros(if index == 0 { 0 } else { n * h }),
            w_hh_t: AlignedVec::zeros(n * h),
            bias: AlignedVec::zeros(n),
            dropout: Dropout::new(shape.dropout),
        }
    }

    pub(super) fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        let (h, n) = (self.hidden, C::GATES * self.hidden);
        kernels.transpose(&mut self.w_hh_t, &parameters[self.w_hh.clone()], h, n);
        if !self.w_ih_t.is_empty() {
            kernels.transpose(&mut self.w_ih_t, &parameters[self.w_ih.clone()], h, n);
        }
    }

    /// `inputs = bias + below · W_ih`, where a one-hot character is a row of `W_ih`; then the cell.
    ///
    /// `below (R, H)` is `None` for the first layer, whose input is the batch's tokens.
    pub(super) fn forward(&mut self, kernels: Kernels, parameters: &[f32], batch: &Batch, below: Option<&[f32]>) {
        let (h, r) = (self.hidden, batch.n_characters());
        let n = self.bias.len();
        self.bias.copy_from_slice(&parameters[self.b_ih.clone()]);
        if C::ONE_SUM {
            kernels.add(&mut self.bias, &parameters[self.b_hh.clone()]);
        }
        let inputs = self.cell.inputs(r * n);
        let w_ih = &parameters[self.w_ih.clone()];
        match below {
            None => kernels.look_up_rows(inputs, &self.bias, w_ih, batch.tokens()),
            Some(below) => {
                inputs.chunks_exact_mut(n).for_each(|input| input.copy_from_slice(&self.bias));
                kernels.gemm(inputs, Matrix::new(below, r, h), Matrix::new(w_ih, h, n));
            }
        }
        let weights = Recurrent { w_hh: &parameters[self.w_hh.clone()], b_hh: &parameters[self.b_hh.clone()] };
        self.cell.forward(kernels, weights, batch.times());
    }

    /// Drops out some of the states, with a mask drawn from the `drawn`th number of `stream` on.
    pub(super) fn drop_out(&mut self, kernels: Kernels, batch: &Batch, stream: &mut Stream, drawn: usize) {
        let states = self.cell.states(batch.n_characters() * self.hidden);
        self.dropout.of_characters(kernels, batch, (stream, drawn), states, self.hidden);
    }

    /// The backward pass of [`Layer::forward`] for the gradient `d_states (R, H)` of the states: gives the weights'
    /// gradients. `previous (R, H)` is scratch, and so is `d_states` afterwards.
    pub(super) fn backward(
        &mut self,
        kernels: Kernels,
        batch: &Batch,
        below: Option<Below<'_>>,
        d_states: &mut [f32],
        previous: &mut [f32],
        into: &mut dyn WeightGradients,
    ) {
        let (h, r) = (self.hidden, batch.n_characters());
        let n = self.bias.len();
        let d = self.cell.backward(kernels, &self.w_hh_t, batch.times(), d_states);
        let (w_hh, w_hh_t) = (&self.w_hh, &mut self.w_hh_t);
        recurrence::give_weight_gradient(w_hh, w_hh_t, batch.times(), d.states, d.products, previous, into);
        let terms = Terms::From(0, batch.times());
        into.sum(&self.b_ih, d.inputs, terms);
        into.sum(&self.b_hh, d.products, terms);
        match below {
            None => into.lookups(&self.w_ih, batch.tokens(), d.inputs, terms),
            Some(Below { output, d_output }) => {
                let d_inputs = Matrix::new(d.inputs, r, n);
                d_output.fill(0.0);
                kernels.gemm(d_output, d_inputs, Matrix::new(&self.w_ih_t, n, h));
                into.product(&self.w_ih, &mut self.w_ih_t, Matrix::new(output, r, h), d_inputs, terms);
            }
        }
    }

    /// What the layer above read in the last forward pass.
    pub(super) fn output(&self, len: usize, dropping: bool) -> &[f32] {
        if dropping { self.dropout.output(len) } else { self.cell.states(len) }
    }

    /// The dropout between the states and what the layer above read.
    pub(super) fn dropout(&self) -> &Dropout {
        &self.dropout
    }
}
