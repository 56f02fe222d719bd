//! Layer normalisation (Ba et al. 2016): `torch.nn.LayerNorm`.
//!
//! ```text
//! x̂ = (x - mean x) / √(mean (x - mean x)² + 1e-5)        of each row
//! y = x̂ ⊙ weight + bias
//! ```
//! Sums over a row have the order of [`Kernels::dot`].
//!
//! Characters for dimensions: `R` rows, `N` numbers a row.

use crate::gradient::{Terms, WeightGradients};
use crate::layout::{Init, Layout};
use recur_kernels::{AlignedVec, Kernels};
use std::ops::Range;

/// Added to the variance, as in PyTorch.
const EPSILON: f32 = 1e-5;

/// A normalisation with its weights and workspace.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    width: usize,
    weight: Range<usize>,
    bias: Range<usize>,
    ones: AlignedVec,
    /// The weight as it was in the last forward pass, (N).
    gain: AlignedVec,
    /// x̂, (R, N), and of each row 1 / √(variance + 1e-5), (R).
    normal: AlignedVec,
    scales: Vec<f32>,
    /// What [`LayerNorm::forward`] gave, and after the backward pass `d ⊙ x̂`, (R, N).
    output: AlignedVec,
}

impl LayerNorm {
    /// Rows of `width` numbers; `NAME.weight` starts as ones, and `NAME.bias` as zeros.
    pub fn new(layout: &mut Layout, name: &str, width: usize) -> Self {
        let mut ones = AlignedVec::zeros(width);
        ones.fill(1.0);
        Self {
            width,
            weight: layout.tensor(format!("{name}.weight"), &[width], Init::Ones),
            bias: layout.tensor(format!("{name}.bias"), &[width], Init::Zeros),
            gain: ones.clone(),
            ones,
            normal: AlignedVec::default(),
            scales: Vec::new(),
            output: AlignedVec::default(),
        }
    }

    /// The normalised rows of `x (R, N)`.
    pub fn forward(&mut self, kernels: Kernels, parameters: &[f32], x: &[f32]) -> &[f32] {
        let n = self.width;
        self.gain.copy_from_slice(&parameters[self.weight.clone()]);
        let normal = self.normal.take(x.len());
        normal.copy_from_slice(x);
        self.scales.clear();
        for row in normal.chunks_exact_mut(n) {
            let mean = kernels.dot(row, &self.ones) / n as f32;
            kernels.add_scaled(row, -mean, &self.ones);
            let scale = 1.0 / (kernels.sum_of_squares(row) / n as f32 + EPSILON).sqrt();
            kernels.scale(row, scale);
            self.scales.push(scale);
        }
        let output = self.output.take(x.len());
        output.copy_from_slice(normal);
        for row in output.chunks_exact_mut(n) {
            kernels.mul(row, &self.gain);
            kernels.add(row, &parameters[self.bias.clone()]);
        }
        output
    }

    /// What [`LayerNorm::forward`] gave, of `len` numbers; until the backward pass.
    pub fn output(&self, len: usize) -> &[f32] {
        &self.output[..len]
    }

    /// Turns the gradient `d (R, N)` of the output into that of what was normalised, in place, and gives the weights' gradients,
    /// whose terms, one a row, are `terms`:
    /// ```text
    /// d_x = (d_x̂ - mean d_x̂ - x̂ · mean (d_x̂ ⊙ x̂)) / √(variance + 1e-5)        d_x̂ = d ⊙ weight
    /// ```
    pub fn backward(&mut self, kernels: Kernels, d: &mut [f32], terms: Terms<'_>, into: &mut dyn WeightGradients) {
        let n = self.width;
        let normal = &self.normal[..d.len()];
        let d_gain = self.output.take(d.len());
        d_gain.copy_from_slice(d);
        kernels.mul(d_gain, normal);
        into.sum(&self.bias, d, terms);
        into.sum(&self.weight, d_gain, terms);
        for ((d, normal), scale) in d.chunks_exact_mut(n).zip(normal.chunks_exact(n)).zip(&self.scales) {
            kernels.mul(d, &self.gain);
            let (mean, along) = (kernels.dot(d, &self.ones) / n as f32, kernels.dot(d, normal) / n as f32);
            kernels.add_scaled(d, -mean, &self.ones);
            kernels.add_scaled(d, -along, normal);
            kernels.scale(d, *scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient::Buffer;
    use crate::slopes::{assert_slopes, numbers};

    #[test]
    fn rows_are_normal_at_first_and_gradients_are_the_slopes() {
        let kernels = Kernels::widest();
        let mut layout = Layout::default();
        let mut norm = LayerNorm::new(&mut layout, "norm", 9);
        let start = layout.initial(kernels, &recur_core::random::StreamPath::root(0));
        let (x, d) = (numbers(3 * 9, 1), numbers(3 * 9, 2));
        for row in norm.forward(kernels, &start, &x).chunks_exact(9) {
            let square: f32 = row.iter().map(|x| x * x).sum();
            assert!(row.iter().sum::<f32>().abs() < 1e-5 && (square / 9.0 - 1.0).abs() < 1e-3, "{row:?}");
        }
        let parameters = numbers(layout.n_parameters(), 3);
        norm.forward(kernels, &parameters, &x);
        let (mut d_x, mut gradients) = (d.clone(), vec![0.0; parameters.len()]);
        norm.backward(kernels, &mut d_x, Terms::Texts, &mut Buffer { kernels, gradients: &mut gradients });
        assert_slopes(&x, &d, &d_x, |x| norm.forward(kernels, &parameters, x).to_vec());
        assert_slopes(&parameters, &d, &gradients, |parameters| norm.forward(kernels, parameters, &x).to_vec());
    }
}
