//! A linear map of rows, `y = b + x · W`, forward and backward.
//!
//! Characters for dimensions: `R` rows, `M` inputs, `N` outputs.

use crate::gradient::{Terms, WeightGradients};
use crate::layout::{Init, Layout};
use recur_kernels::{AlignedVec, Kernels, Matrix};
use std::ops::Range;

/// The map's weights: `torch.nn.Linear`.
#[derive(Clone, Debug)]
pub struct Linear {
    inputs: usize,
    outputs: usize,
    /// `NAME.weight` by rows of its input, (M, N).
    weight: Range<usize>,
    bias: Range<usize>,
    /// Second layout for the backward pass, (N, M).
    weight_t: AlignedVec,
}

impl Linear {
    /// A map of `inputs` to `outputs` numbers, with `NAME.weight` and `NAME.bias` drawn as PyTorch draws them.
    pub fn new(layout: &mut Layout, name: &str, inputs: usize, outputs: usize) -> Self {
        let (weight, bias, init) = (format!("{name}.weight"), format!("{name}.bias"), Init::FanIn(inputs));
        Self::of_names(layout, (weight, init), (bias, init), [inputs, outputs])
    }

    /// The same with names and first values of its own for the weight and the bias.
    pub fn of_names(
        layout: &mut Layout,
        weight: (String, Init),
        bias: (String, Init),
        [inputs, outputs]: [usize; 2],
    ) -> Self {
        Self {
            inputs,
            outputs,
            weight: layout.tensor(weight.0, &[outputs, inputs], weight.1),
            bias: layout.tensor(bias.0, &[outputs], bias.1),
            weight_t: AlignedVec::zeros(outputs * inputs),
        }
    }

    /// Number of inputs (M).
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Refreshes the second layout: see [`crate::network::Network::parameters_changed`].
    pub fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        kernels.transpose(&mut self.weight_t, &parameters[self.weight.clone()], self.inputs, self.outputs);
    }

    /// Writes `y (R, N)` from `x (R, M)`.
    pub fn forward(&self, kernels: Kernels, parameters: &[f32], x: &[f32], y: &mut [f32]) {
        let (m, n) = (self.inputs, self.outputs);
        y.chunks_exact_mut(n).for_each(|row| row.copy_from_slice(&parameters[self.bias.clone()]));
        let weight = Matrix::new(&parameters[self.weight.clone()], m, n);
        kernels.gemm(y, Matrix::new(x, x.len() / m, m), weight);
    }

    /// From `d_y (R, N)` writes `d_x (R, M)` and gives the weights' gradients, whose terms, one a row, are `terms`; `x` is
    /// that of [`Linear::forward`].
    pub fn backward(
        &mut self,
        kernels: Kernels,
        (x, d_x): (&[f32], &mut [f32]),
        d_y: &[f32],
        terms: Terms<'_>,
        into: &mut dyn WeightGradients,
    ) {
        let (m, n) = (self.inputs, self.outputs);
        let d_y_rows = Matrix::new(d_y, d_y.len() / n, n);
        into.sum(&self.bias, d_y, terms);
        d_x.fill(0.0);
        kernels.gemm(d_x, d_y_rows, Matrix::new(&self.weight_t, n, m));
        into.product(&self.weight, &mut self.weight_t, Matrix::new(x, x.len() / m, m), d_y_rows, terms);
    }
}
