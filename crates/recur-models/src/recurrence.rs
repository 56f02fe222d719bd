//! One recurrent layer over packed names: `h_t = f(z_t + h_{t-1} · W_hh)`, and its backward pass.
//!
//! Letters for dimensions: `R` (letter, name) pairs of the batch in packed order, `H` hidden size. A `starts` list says
//! where each time's rows begin, and where the last one ends.

use crate::gradient::WeightGradients;
use recur_kernels::{Kernels, Matrix};
use std::ops::Range;

/// What is applied to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    /// Nothing, as in the published manual cell.
    Identity,
    /// Hyperbolic tangent.
    Tanh,
    /// Rectified linear unit.
    Relu,
}

impl Activation {
    /// The activation called `name` in a spec.
    pub(crate) fn named(name: &str) -> Self {
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
/// The state before the first is zero, and its product is left out.
pub(crate) fn forward(kernels: Kernels, activation: Activation, w_hh: &[f32], starts: &[usize], states: &mut [f32]) {
    let h = side(w_hh);
    for time in 0..n_times(starts) {
        let (before, now) = states.split_at_mut(starts[time] * h);
        let now = &mut now[..(starts[time + 1] - starts[time]) * h];
        if time > 0 {
            let previous = &before[starts[time - 1] * h..][..now.len()];
            kernels.gemm(now, Matrix::new(previous, now.len() / h, h), Matrix::new(w_hh, h, h));
        }
        activation.forward(kernels, now);
    }
}

/// Turns `d (R, H)`, the gradient with respect to each state from outside the layer, into the gradient with respect
/// to each input, in place: from the last time to the first, `d_z = d_h · f'(h)`, `d_h_{t-1} += d_z · w_hhᵀ`.
///
/// `w_hh_t (H, H)` is `w_hh` transposed; `states (R, H)` are those of [`forward`].
pub(crate) fn backward(
    kernels: Kernels,
    activation: Activation,
    w_hh_t: &[f32],
    starts: &[usize],
    states: &[f32],
    d: &mut [f32],
) {
    let h = side(w_hh_t);
    for time in (0..n_times(starts)).rev() {
        let (before, now) = d.split_at_mut(starts[time] * h);
        let now = &mut now[..(starts[time + 1] - starts[time]) * h];
        activation.backward(kernels, now, &states[starts[time] * h..][..now.len()]);
        if time > 0 {
            let previous = &mut before[starts[time - 1] * h..][..now.len()];
            kernels.gemm(previous, Matrix::new(now, now.len() / h, h), Matrix::new(w_hh_t, h, h));
        }
    }
}

/// Gives `into` the gradient of the matrix (H, N) at `w_hh`, with its second layout `w_hh_t`: the products of each of `states (R, H)` with the gradient
/// `d (R, N)` of the product after it, time by time, row by row. `previous (R, H)` is scratch.
pub(crate) fn give_weight_gradient(
    w_hh: &Range<usize>,
    w_hh_t: &mut [f32],
    starts: &[usize],
    states: &[f32],
    d: &[f32],
    previous: &mut [f32],
    into: &mut dyn WeightGradients,
) {
    if n_times(starts) < 2 {
        return;
    }
    let (first, end) = (starts[1], starts[starts.len() - 1]);
    let (rows, h, n) = (end - first, states.len() / end, d.len() / end);
    for time in 1..n_times(starts) {
        let now = (starts[time] - first) * h..(starts[time + 1] - first) * h;
        let len = now.len();
        previous[now].copy_from_slice(&states[starts[time - 1] * h..][..len]);
    }
    let (previous, d) =
        (Matrix::new(&previous[..rows * h], rows, h), Matrix::new(&d[first * n..][..rows * n], rows, n));
    into.product(w_hh, w_hh_t, previous, d);
}

fn n_times(starts: &[usize]) -> usize {
    starts.len().saturating_sub(1)
}

fn side(square: &[f32]) -> usize {
    square.len().isqrt()
}
