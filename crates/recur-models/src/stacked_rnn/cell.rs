//! The plain cell: `h_t = f(z_t + h_{t-1} · W_hh)`, where `z_t` holds both biases and the input's product.
//!
//! Characters for dimensions: `R` characters of the batch in packed order, `H` hidden size.

use crate::stack::{Cell, Gradients, Recurrent};
use recur_kernels::{AlignedVec, Kernels};
use recur_nn::recurrence::{self, Activation};
use recur_nn::time_steps::TimeSteps;

/// The cell with its workspace.
#[derive(Clone)]
pub(crate) struct PlainCell {
    activation: Activation,
    /// Inputs, then states, (R, H).
    states: AlignedVec,
    gathered: AlignedVec,
}

impl PlainCell {
    /// A cell with `activation`.
    pub(crate) fn new(activation: Activation) -> Self {
        Self { activation, states: AlignedVec::default(), gathered: AlignedVec::default() }
    }
}

impl Cell for PlainCell {
    const GATES: usize = 1;
    const ONE_SUM: bool = true;

    fn inputs(&mut self, len: usize) -> &mut [f32] {
        self.states.take(len)
    }

    fn forward(&mut self, kernels: Kernels, weights: Recurrent<'_>, times: &TimeSteps) {
        let (states, gathered) = (&mut self.states, &mut self.gathered);
        recurrence::forward(kernels, self.activation, weights.w_hh, times, states, gathered);
    }

    fn states(&self, len: usize) -> &[f32] {
        &self.states[..len]
    }

    /// `d_states` goes from the gradient of the states to that of `z`, in place.
    fn backward<'a>(
        &'a mut self,
        kernels: Kernels,
        w_hh_t: &[f32],
        times: &TimeSteps,
        d_states: &'a mut [f32],
    ) -> Gradients<'a> {
        let states = &self.states[..d_states.len()];
        recurrence::backward(kernels, self.activation, w_hh_t, times, states, d_states);
        let d_inputs = &*d_states;
        Gradients { inputs: d_inputs, products: d_inputs, states }
    }
}
