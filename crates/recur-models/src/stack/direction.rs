//! One recurrent layer in one direction, around its cell: the product of its input, and the gradients of its weights.

use super::{Cell, Recurrent};
use recur_kernels::{AlignedVec, Kernels, Matrix};
use recur_nn::batch::Batch;
use recur_nn::gradient::{Terms, WeightGradients};
use recur_nn::layout::Layout;
use recur_nn::recurrence;
use std::ops::Range;

/// A direction's weights and workspace.
#[derive(Clone)]
pub(super) struct Direction<C> {
    cell: C,
    hidden: usize,
    /// Numbers of an input row (I): the tokens (V) where rows are one-hot.
    inputs: usize,
    /// `rnn.weight_ih_l*` by rows of its input, (I, G · H).
    w_ih: Range<usize>,
    /// `rnn.weight_hh_l*` by rows of its input, (H, G · H).
    w_hh: Range<usize>,
    b_ih: Range<usize>,
    b_hh: Range<usize>,
    /// Second layouts for the backward pass, (G · H, I) and (G · H, H); one-hot rows need none of the first.
    w_ih_t: AlignedVec,
    w_hh_t: AlignedVec,
    /// What the inputs start from, (G · H).
    bias: AlignedVec,
}

/// What a layer reads.
#[derive(Clone, Copy)]
pub(super) enum Input<'a> {
    /// One-hot characters, (R).
    Tokens(&'a [u16]),
    /// (R, I).
    Rows(&'a [f32]),
}

/// Sizes of a direction and the end of its weights' names.
pub(super) struct Named<'a> {
    pub(super) suffix: &'a str,
    pub(super) inputs: usize,
    pub(super) is_one_hot: bool,
    pub(super) hidden: usize,
}

impl<C: Cell> Direction<C> {
    pub(super) fn new(layout: &mut Layout, named: &Named<'_>, cell: C) -> Self {
        let (h, i, n, suffix) = (named.hidden, named.inputs, C::GATES * named.hidden, named.suffix);
        Self {
            cell,
            hidden: h,
            inputs: i,
            w_ih: layout.matrix(format!("rnn.weight_ih_{suffix}"), n, i, h),
            w_hh: layout.matrix(format!("rnn.weight_hh_{suffix}"), n, h, h),
            b_ih: layout.vector(format!("rnn.bias_ih_{suffix}"), n, h),
            b_hh: layout.vector(format!("rnn.bias_hh_{suffix}"), n, h),
            w_ih_t: AlignedVec::zeros(if named.is_one_hot { 0 } else { n * i }),
            w_hh_t: AlignedVec::zeros(n * h),
            bias: AlignedVec::zeros(n),
        }
    }

    pub(super) fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        let (h, n) = (self.hidden, C::GATES * self.hidden);
        kernels.transpose(&mut self.w_hh_t, &parameters[self.w_hh.clone()], h, n);
        if !self.w_ih_t.is_empty() {
            kernels.transpose(&mut self.w_ih_t, &parameters[self.w_ih.clone()], self.inputs, n);
        }
    }

    /// `inputs = bias + x · W_ih`, where a one-hot character is a row of `W_ih`; then the cell.
    pub(super) fn forward(&mut self, kernels: Kernels, parameters: &[f32], batch: &Batch, x: Input<'_>) {
        let (r, n) = (batch.n_characters(), self.bias.len());
        self.bias.copy_from_slice(&parameters[self.b_ih.clone()]);
        if C::ONE_SUM {
            kernels.add(&mut self.bias, &parameters[self.b_hh.clone()]);
        }
        let inputs = self.cell.inputs(r * n);
        let w_ih = &parameters[self.w_ih.clone()];
        match x {
            Input::Tokens(tokens) => kernels.look_up_rows(inputs, &self.bias, w_ih, tokens),
            Input::Rows(x) => {
                inputs.chunks_exact_mut(n).for_each(|input| input.copy_from_slice(&self.bias));
                kernels.gemm(inputs, Matrix::new(x, r, self.inputs), Matrix::new(w_ih, self.inputs, n));
            }
        }
        let weights = Recurrent { w_hh: &parameters[self.w_hh.clone()], b_hh: &parameters[self.b_hh.clone()] };
        self.cell.forward(kernels, weights, batch.times());
    }

    /// The states of the last forward pass, `(R, H)` with `len` numbers in all.
    pub(super) fn states(&self, len: usize) -> &[f32] {
        self.cell.states(len)
    }

    /// The backward pass of [`Direction::forward`] for the gradient `d_states (R, H)` of the states: gives the weights'
    /// gradients, and writes that of the input to `d_x (R, I)` unless it is one-hot. `previous (R, H)` is scratch, and so
    /// is `d_states` afterwards.
    pub(super) fn backward(
        &mut self,
        kernels: Kernels,
        batch: &Batch,
        (x, d_x): (Input<'_>, &mut [f32]),
        d_states: &mut [f32],
        previous: &mut [f32],
        into: &mut dyn WeightGradients,
    ) {
        let (r, n, times) = (batch.n_characters(), self.bias.len(), batch.times());
        let d = self.cell.backward(kernels, &self.w_hh_t, times, d_states);
        let (w_hh, w_hh_t) = (&self.w_hh, &mut self.w_hh_t);
        recurrence::give_weight_gradient(w_hh, w_hh_t, times, d.states, d.products, previous, into);
        let terms = Terms::From(0, times);
        into.sum(&self.b_ih, d.inputs, terms);
        into.sum(&self.b_hh, d.products, terms);
        match x {
            Input::Tokens(tokens) => into.lookups(&self.w_ih, tokens, d.inputs, terms),
            Input::Rows(x) => {
                let d_inputs = Matrix::new(d.inputs, r, n);
                d_x.fill(0.0);
                kernels.gemm(d_x, d_inputs, Matrix::new(&self.w_ih_t, n, self.inputs));
                into.product(&self.w_ih, &mut self.w_ih_t, Matrix::new(x, r, self.inputs), d_inputs, terms);
            }
        }
    }
}
