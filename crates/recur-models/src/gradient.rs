//! Where the gradients of the weights go: into a buffer, or straight into a step of plain SGD.
//!
//! A backward pass gives each weight's gradient once, as what it is made from: two factors of a product, rows to add
//! up, or rows to add to the rows that they were looked up from. What becomes of it is decided here. Both ways give the
//! same bits: each gradient is one chain of sums from zero, and each step `p = fma(-rate, gradient, p)`.
//!
//! Letters for dimensions: `R` terms of a sum in their order, `M` and `N` rows and columns of a weight.

use recur_kernels::{Kernels, Matrix};
use std::ops::Range;

/// Takes the gradient of each weight, named by its place among the parameters.
pub(crate) trait WeightGradients {
    /// Of a matrix (M, N): `aᵀ · d`, with `a (R, M)` and `d (R, N)`.
    fn product(&mut self, place: &Range<usize>, a: Matrix<'_>, d: Matrix<'_>);

    /// Of a vector (N): the sum of the rows of `d (R, N)`.
    fn sum(&mut self, place: &Range<usize>, d: &[f32]);

    /// Of a matrix (M, N) of which row `indices[r]` was read: to each row the sum of the rows of `d (R, N)` that read it.
    fn lookups(&mut self, place: &Range<usize>, indices: &[u16], d: &[f32]);
}

/// Gradients in a buffer that is laid out like the parameters, and zero before the pass.
pub(crate) struct Buffer<'a>(pub(crate) &'a mut [f32]);

impl WeightGradients for Buffer<'_> {
    fn product(&mut self, place: &Range<usize>, a: Matrix<'_>, d: Matrix<'_>) {
        Kernels::get().gemm(&mut self.0[place.clone()], a.transposed(), d);
    }

    fn sum(&mut self, place: &Range<usize>, d: &[f32]) {
        Kernels::get().add_rows(&mut self.0[place.clone()], d);
    }

    fn lookups(&mut self, place: &Range<usize>, indices: &[u16], d: &[f32]) {
        add_to_rows(&mut self.0[place.clone()], indices, d);
    }
}

/// Steps of plain SGD on the parameters, which the rest of the backward pass must not read.
pub(crate) struct Step<'a> {
    /// The parameters.
    pub(crate) parameters: &'a mut [f32],
    /// A buffer laid out like the parameters: scratch.
    pub(crate) scratch: &'a mut [f32],
    /// The learning rate.
    pub(crate) rate: f32,
}

impl WeightGradients for Step<'_> {
    fn product(&mut self, place: &Range<usize>, a: Matrix<'_>, d: Matrix<'_>) {
        Kernels::get().sgd_gemm(&mut self.parameters[place.clone()], a.transposed(), d, self.rate);
    }

    fn sum(&mut self, place: &Range<usize>, d: &[f32]) {
        let sum = &mut self.scratch[place.clone()];
        sum.fill(0.0);
        Kernels::get().add_rows(sum, d);
        Kernels::get().sgd_step(&mut self.parameters[place.clone()], sum, self.rate);
    }

    /// Rows that were not read have a zero gradient and stay as they are.
    fn lookups(&mut self, place: &Range<usize>, indices: &[u16], d: &[f32]) {
        if indices.is_empty() {
            return;
        }
        let n = d.len() / indices.len();
        let (parameters, sums) = (&mut self.parameters[place.clone()], &mut self.scratch[place.clone()]);
        for index in indices {
            sums[usize::from(*index) * n..][..n].fill(0.0);
        }
        add_to_rows(sums, indices, d);
        // A row that was read several times makes one step: a bit for each index that has made its own.
        let mut stepped = [0_u64; 1 << 10];
        for index in indices.iter().map(|index| usize::from(*index)) {
            let (word, bit) = (&mut stepped[index / 64], 1 << (index % 64));
            if *word & bit == 0 {
                *word |= bit;
                let row = index * n..(index + 1) * n;
                Kernels::get().sgd_step(&mut parameters[row.clone()], &sums[row], self.rate);
            }
        }
    }
}

fn add_to_rows(rows: &mut [f32], indices: &[u16], d: &[f32]) {
    if indices.is_empty() {
        return;
    }
    let n = d.len() / indices.len();
    for (index, d) in indices.iter().zip(d.chunks_exact(n)) {
        Kernels::get().add(&mut rows[usize::from(*index) * n..][..n], d);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the gradients of a matrix (3, 2), a vector (2) and a looked-up matrix (4, 2).
    fn pass(into: &mut dyn WeightGradients) {
        let a: Vec<f32> = (0..15).map(|i| i as f32 * 0.37 - 2.0).collect();
        let d: Vec<f32> = (0..10).map(|i| 1.0 - i as f32 * 0.21).collect();
        into.product(&(0..6), Matrix::new(&a, 5, 3), Matrix::new(&d, 5, 2));
        into.sum(&(6..8), &d);
        into.lookups(&(8..16), &[2, 0, 2, 2, 3], &d);
    }

    #[test]
    fn a_step_on_the_way_is_a_step_from_the_buffer() {
        let start: Vec<f32> = (0..16).map(|i| (i as f32).sqrt()).collect();
        let (mut expected, mut gradients) = (start.clone(), vec![0.0; 16]);
        pass(&mut Buffer(&mut gradients));
        Kernels::get().sgd_step(&mut expected, &gradients, 0.1);
        let mut parameters = start;
        pass(&mut Step { parameters: &mut parameters, scratch: &mut [f32::NAN; 16], rate: 0.1 });
        assert_eq!(parameters, expected);
        assert!(gradients.iter().filter(|g| **g == 0.0).count() == 2, "one row is not looked up: {gradients:?}");
    }
}
