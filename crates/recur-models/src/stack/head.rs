//! The linear map of the top layer's last state: `logits = b_fc + h_last · W_fc`, forward and backward.

use super::{Shape, row, row_mut};
use crate::batch::Batch;
use crate::gradient::{Terms, WeightGradients};
use crate::layout::Layout;
use recur_kernels::{AlignedVec, Kernels, Matrix};
use std::ops::Range;

/// The map's weights and workspace.
#[derive(Clone)]
pub(super) struct Head {
    hidden: usize,
    classes: usize,
    /// `fc.weight` by rows of its input, (H, C).
    w_fc: Range<usize>,
    b_fc: Range<usize>,
    /// Second layout for the backward pass, (C, H).
    w_fc_t: AlignedVec,
    /// The top layer's last state of each text, (B, H).
    last: AlignedVec,
    d_last: AlignedVec,
}

impl Head {
    pub(super) fn new(layout: &mut Layout, shape: &Shape) -> Self {
        let (hidden, classes) = (shape.hidden, shape.classes);
        Self {
            hidden,
            classes,
            w_fc: layout.matrix("fc.weight", classes, hidden, hidden),
            b_fc: layout.vector("fc.bias", classes, hidden),
            w_fc_t: AlignedVec::zeros(classes * hidden),
            last: AlignedVec::default(),
            d_last: AlignedVec::default(),
        }
    }

    pub(super) fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        kernels.transpose(&mut self.w_fc_t, &parameters[self.w_fc.clone()], self.hidden, self.classes);
    }

    /// From the top layer's `states (R, H)` to `logits (B, C)`.
    pub(super) fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        batch: &Batch,
        states: &[f32],
        logits: &mut [f32],
    ) {
        let (h, c, b) = (self.hidden, self.classes, batch.len());
        let last = self.last.take(b * h);
        for (last, (time, at)) in last.chunks_exact_mut(h).zip(batch.last()) {
            last.copy_from_slice(row(&states[batch.times().at(*time, h)], *at, h));
        }
        logits.chunks_exact_mut(c).for_each(|row| row.copy_from_slice(&parameters[self.b_fc.clone()]));
        let w_fc = Matrix::new(&parameters[self.w_fc.clone()], h, c);
        kernels.gemm(logits, Matrix::new(last, b, h), w_fc);
    }

    /// Gives the weights' gradients, and writes the gradient of each of the top layer's states to `d_states (R, H)`:
    /// zero but for the last of each text.
    pub(super) fn backward(
        &mut self,
        kernels: Kernels,
        batch: &Batch,
        d_logits: &[f32],
        d_states: &mut [f32],
        into: &mut dyn WeightGradients,
    ) {
        let (h, c, b) = (self.hidden, self.classes, batch.len());
        into.sum(&self.b_fc, d_logits, Terms::Texts);
        let d_last = self.d_last.take(b * h);
        d_last.fill(0.0);
        let d_products = Matrix::new(d_logits, b, c);
        kernels.gemm(d_last, d_products, Matrix::new(&self.w_fc_t, c, h));
        into.product(&self.w_fc, &mut self.w_fc_t, Matrix::new(&self.last[..b * h], b, h), d_products, Terms::Texts);
        d_states.fill(0.0);
        for (d_last, (time, at)) in d_last.chunks_exact(h).zip(batch.last()) {
            row_mut(&mut d_states[batch.times().at(*time, h)], *at, h).copy_from_slice(d_last);
        }
    }
}
