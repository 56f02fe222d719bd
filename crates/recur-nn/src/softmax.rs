//! Softmax of rows, `p_i = exp x_i / Σ exp x_j`, forward and backward: for weights that sum to one. The loss has its own, in the
//! trainer.

use recur_kernels::Kernels;

/// Turns each row of `x (R, n)` into its softmax, as the exponentials of [`Kernels::log_softmax_rows`].
///
/// # Panics
/// If `x` is not whole rows; so does [`backward`].
pub fn forward(kernels: Kernels, x: &mut [f32], n: usize) {
    kernels.log_softmax_rows(x, n);
    kernels.exp(x);
}

/// Turns the gradient `d (R, n)` of softmax rows `p` into that of what they were made from: `p ⊙ (d - d · p)`.
pub fn backward(kernels: Kernels, p: &[f32], d: &mut [f32], n: usize) {
    assert_eq!(p.len(), d.len(), "a gradient for each number");
    for (p, d) in p.chunks_exact(n).zip(d.chunks_exact_mut(n)) {
        let sum = kernels.dot(d, p);
        kernels.mul(d, p);
        kernels.add_scaled(d, -sum, p);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slopes::{assert_slopes, numbers};

    #[test]
    fn rows_sum_to_one_and_gradients_are_the_slopes() {
        let (kernels, x, d) = (Kernels::widest(), numbers(21, 1), numbers(21, 2));
        let f = |x: &[f32]| {
            let mut y = x.to_vec();
            forward(kernels, &mut y, 7);
            y
        };
        assert!(f(&x).chunks_exact(7).all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-6));
        let mut d_x = d.clone();
        backward(kernels, &f(&x), &mut d_x, 7);
        assert_slopes(&x, &d, &d_x, f);
    }
}
