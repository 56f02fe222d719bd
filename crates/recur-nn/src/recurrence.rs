//! One recurrent layer over packed texts: `h_t = f(z_t + h_{t-1} · W_hh)`, and its backward pass.
//!
//! Characters for dimensions: `R` (character, text) pairs of the batch in packed order, `H` hidden size.

use crate::gradient::{Terms, WeightGradients};
use crate::time_steps::TimeSteps;
use recur_kernels::{AlignedVec, Kernels, Matrix};
use std::ops::Range;

/// What is applied to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing, as in the published manual cell.
    Identity,
    /// Hyperbolic tangent.
    Tanh,
    /// Rectified linear unit.
    Relu,
}

impl Activation {
    /// The activation called `name` in a spec.
    pub fn named(name: &str) -> Self {
        match name {
            "tanh" => Activation::Tanh,
            "relu" => Activation::Relu,
            _ => Activation::Identity,
        }
    }

    fn forward(self, kernels: Kernels, z: &mut [f32]) {
        match self {
            Activation::Identity => {}
            Activation::Tanh => kernels.tanh(z),
            Activation::Relu => kernels.relu(z),
        }
    }

    fn backward(self, kernels: Kernels, d: &mut [f32], h: &[f32]) {
        match self {
            Activation::Identity => {}
            Activation::Tanh => kernels.tanh_backward(d, h),
            Activation::Relu => kernels.relu_backward(d, h),
        }
    }
}

/// Turns inputs `states (R, H)` into states, in place: `h_t = f(z_t + h_{t-1} · w_hh)` with `w_hh (H, H)` k-major.
///
/// The state before the first is zero, and its product is left out. `gathered` is scratch.
pub fn forward(
    kernels: Kernels,
    activation: Activation,
    w_hh: &[f32],
    times: &TimeSteps,
    states: &mut [f32],
    gathered: &mut AlignedVec,
) {
    let h = side(w_hh);
    for time in 0..times.len() {
        let (past, now) = states[..times.at(time, h).end].split_at_mut(times.at(time, h).start);
        if time > 0 {
            let before = times.predecessors(time, h, past, gathered);
            kernels.gemm(now, Matrix::new(before, now.len() / h, h), Matrix::new(w_hh, h, h));
        }
        activation.forward(kernels, now);
    }
}

/// Turns `d (R, H)`, the gradient with respect to each state from outside the layer, into the gradient with respect
/// to each input, in place: from the last time to the first, `d_z = d_h · f'(h)`, `d_h_{t-1} += d_z · w_hhᵀ`.
///
/// `w_hh_t (H, H)` is `w_hh` transposed; `states (R, H)` are those of [`forward`].
pub fn backward(
    kernels: Kernels,
    activation: Activation,
    w_hh_t: &[f32],
    times: &TimeSteps,
    states: &[f32],
    d: &mut [f32],
) {
    let h = side(w_hh_t);
    for time in (0..times.len()).rev() {
        let (past, now) = d[..times.at(time, h).end].split_at_mut(times.at(time, h).start);
        activation.backward(kernels, now, &states[times.at(time, h)]);
        if time > 0 {
            let before = &mut past[times.before(time, h)];
            kernels.gemm(before, Matrix::new(now, now.len() / h, h), Matrix::new(w_hh_t, h, h));
        }
    }
}

/// Gives `into` the gradient of the matrix (H, N) at `w_hh`, with its second layout `w_hh_t`: the products of each of `states (R, H)` with the gradient
/// `d (R, N)` of the product after it, time by time, row by row. `previous (R, H)` is scratch.
pub fn give_weight_gradient(
    w_hh: &Range<usize>,
    w_hh_t: &mut [f32],
    times: &TimeSteps,
    states: &[f32],
    d: &[f32],
    previous: &mut [f32],
    into: &mut dyn WeightGradients,
) {
    if times.len() < 2 {
        return;
    }
    let (first, end) = (times.n_rows_at(0), times.n_rows());
    let (rows, h, n) = (end - first, states.len() / end, d.len() / end);
    let mut to = &mut previous[..rows * h];
    for time in 1..times.len() {
        let before = &states[times.before(time, h)];
        to.split_off_mut(..before.len()).expect("a place for each row").copy_from_slice(before);
    }
    let (previous, d) =
        (Matrix::new(&previous[..rows * h], rows, h), Matrix::new(&d[first * n..][..rows * n], rows, n));
    into.product(w_hh, w_hh_t, previous, d, Terms::From(1, times));
}

fn side(square: &[f32]) -> usize {
    square.len().isqrt()
}
