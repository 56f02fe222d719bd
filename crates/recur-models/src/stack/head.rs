//! The linear map of the top layer's last state: `logits = b_fc + h_last · W_fc`, forward and backward.

use super::{Shape, row, row_mut};
use recur_kernels::{AlignedVec, Kernels};
use recur_nn::batch::Batch;
use recur_nn::gradient::{Terms, WeightGradients};
use recur_nn::layout::Layout;
use recur_nn::linear::Linear;

/// The map with its workspace.
#[derive(Clone)]
pub(super) struct Head {
    linear: Linear,
    /// The top layer's last state of each text, (B, H).
    last: AlignedVec,
    d_last: AlignedVec,
}

impl Head {
    pub(super) fn new(layout: &mut Layout, shape: &Shape) -> Self {
        let linear = Linear::new(layout, "fc", shape.hidden, shape.classes);
        Self { linear, last: AlignedVec::default(), d_last: AlignedVec::default() }
    }

    pub(super) fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        self.linear.parameters_changed(kernels, parameters);
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
        let h = self.linear.inputs();
        let last = self.last.take(batch.len() * h);
        for (last, (time, at)) in last.chunks_exact_mut(h).zip(batch.last()) {
            last.copy_from_slice(row(&states[batch.times().at(*time, h)], *at, h));
        }
        self.linear.forward(kernels, parameters, last, logits);
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
        let (h, len) = (self.linear.inputs(), batch.len() * self.linear.inputs());
        let d_last = self.d_last.take(len);
        self.linear.backward(kernels, (&self.last[..len], &mut *d_last), d_logits, Terms::Texts, into);
        d_states.fill(0.0);
        for (d_last, (time, at)) in d_last.chunks_exact(h).zip(batch.last()) {
            row_mut(&mut d_states[batch.times().at(*time, h)], *at, h).copy_from_slice(d_last);
        }
    }
}
