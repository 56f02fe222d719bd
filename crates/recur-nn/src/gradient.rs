//! Where the gradients of the weights go: into a buffer, or straight into a step of plain SGD.
//!
//! A backward pass gives each weight's gradient once, as what it is made from: two factors of a product, rows to add
//! up, or rows to add to the rows that they were looked up from. What becomes of it is decided here. Both ways give the
//! same bits: each gradient is one chain of sums from zero, and each step `p = fma(-rate, gradient, p)`.
//!
//! Characters for dimensions: `R` terms of a sum in their order, `M` and `N` rows and columns of a weight.

use crate::ngram_bag::Bags;
use crate::time_steps::TimeSteps;
use recur_kernels::{Kernels, Matrix};
use std::ops::Range;

/// Up to this many terms a sum is made twice, once for each layout of the weight.
const FEW_TERMS: usize = 16;

/// What the terms of a sum are, in their order.
#[derive(Clone, Copy, Debug)]
pub enum Terms<'a> {
    /// The texts of the batch.
    Texts,
    /// The rows of these times, from the one given on.
    From(usize, &'a TimeSteps),
    /// The texts of the batch, and after them all rows of these times: of a weight that both kinds of rows use.
    TextsAndAll(&'a TimeSteps),
}

/// Takes the gradient of each weight, named by its place among the parameters.
pub trait WeightGradients {
    /// Of a matrix (M, N): `aᵀ · d`, with `a (R, M)` and `d (R, N)`. Its second layout `transposed (N, M)` changes with
    /// the weight.
    fn product(&mut self, place: &Range<usize>, transposed: &mut [f32], a: Matrix<'_>, d: Matrix<'_>, terms: Terms<'_>);

    /// Of a vector (N): the sum of the rows of `d (R, N)`.
    fn sum(&mut self, place: &Range<usize>, d: &[f32], terms: Terms<'_>);

    /// Of a matrix (M, N) of which row `indices[r]` was read: to each row the sum of the rows of `d (R, N)` that read it.
    fn lookups(&mut self, place: &Range<usize>, indices: &[u16], d: &[f32], terms: Terms<'_>);

    /// Of a matrix (M, N) of which each text read the rows of its bag, each times a factor: to each row the sum of the rows of
    /// `d (B, N)`, one for each text, times the factors.
    fn bags(&mut self, place: &Range<usize>, bags: &Bags, d: &[f32]);
}

/// Gradients in a buffer that is laid out like the parameters, and zero before the pass.
pub struct Buffer<'a> {
    /// The vector operations.
    pub kernels: Kernels,
    /// The buffer.
    pub gradients: &'a mut [f32],
}

impl WeightGradients for Buffer<'_> {
    fn product(
        &mut self,
        place: &Range<usize>,
        _transposed: &mut [f32],
        a: Matrix<'_>,
        d: Matrix<'_>,
        _terms: Terms<'_>,
    ) {
        self.kernels.gemm(&mut self.gradients[place.clone()], a.transposed(), d);
    }

    fn sum(&mut self, place: &Range<usize>, d: &[f32], _terms: Terms<'_>) {
        self.kernels.add_rows(&mut self.gradients[place.clone()], d);
    }

    fn lookups(&mut self, place: &Range<usize>, indices: &[u16], d: &[f32], _terms: Terms<'_>) {
        add_to_rows(self.kernels, &mut self.gradients[place.clone()], indices, d);
    }

    fn bags(&mut self, place: &Range<usize>, bags: &Bags, d: &[f32]) {
        let n = d.len() / bags.len().max(1);
        bags.add(self.kernels, 0..bags.len(), &mut self.gradients[place.clone()], d, n);
    }
}

/// Steps of plain SGD on the parameters, which the rest of the backward pass must not read.
pub struct Step<'a> {
    /// The vector operations.
    pub kernels: Kernels,
    /// The parameters.
    pub parameters: &'a mut [f32],
    /// A buffer laid out like the parameters: scratch.
    pub scratch: &'a mut [f32],
    /// The learning rate.
    pub rate: f32,
}

impl WeightGradients for Step<'_> {
    fn product(
        &mut self,
        place: &Range<usize>,
        transposed: &mut [f32],
        a: Matrix<'_>,
        d: Matrix<'_>,
        _terms: Terms<'_>,
    ) {
        let (kernels, weight) = (self.kernels, &mut self.parameters[place.clone()]);
        kernels.sgd_gemm(weight, a.transposed(), d, self.rate);
        if a.rows() <= FEW_TERMS {
            // The same chains: a step of the second layout is cheaper than turning the first over.
            kernels.sgd_gemm(transposed, d.transposed(), a, self.rate);
        } else {
            kernels.transpose(transposed, weight, a.cols(), d.cols());
        }
    }

    fn sum(&mut self, place: &Range<usize>, d: &[f32], _terms: Terms<'_>) {
        let sum = &mut self.scratch[place.clone()];
        sum.fill(0.0);
        self.kernels.add_rows(sum, d);
        self.kernels.sgd_step(&mut self.parameters[place.clone()], sum, self.rate);
    }

    /// Rows that were not read have a zero gradient and stay as they are.
    fn lookups(&mut self, place: &Range<usize>, indices: &[u16], d: &[f32], _terms: Terms<'_>) {
        if indices.is_empty() {
            return;
        }
        let n = d.len() / indices.len();
        let (parameters, sums) = (&mut self.parameters[place.clone()], &mut self.scratch[place.clone()]);
        for index in indices {
            sums[usize::from(*index) * n..][..n].fill(0.0);
        }
        add_to_rows(self.kernels, sums, indices, d);
        for (i, index) in indices.iter().enumerate() {
            // A row that was read several times makes one step.
            if !indices[..i].contains(index) {
                let row = usize::from(*index) * n..(usize::from(*index) + 1) * n;
                self.kernels.sgd_step(&mut parameters[row.clone()], &sums[row], self.rate);
            }
        }
    }

    /// As for [`Step::lookups`].
    fn bags(&mut self, place: &Range<usize>, bags: &Bags, d: &[f32]) {
        let n = d.len() / bags.len().max(1);
        let (parameters, sums) = (&mut self.parameters[place.clone()], &mut self.scratch[place.clone()]);
        let of_row = |row: &u32| *row as usize * n..(*row as usize + 1) * n;
        bags.rows().iter().for_each(|row| sums[of_row(row)].fill(0.0));
        bags.add(self.kernels, 0..bags.len(), sums, d, n);
        for row in bags.rows().iter().map(of_row) {
            self.kernels.sgd_step(&mut parameters[row.clone()], &sums[row.clone()], self.rate);
            // A row that was read several times makes one step.
            sums[row].fill(0.0);
        }
    }
}

/// Adds each row of `d` to the one of `rows` that it belongs to.
pub(crate) fn add_to_rows(kernels: Kernels, rows: &mut [f32], indices: &[u16], d: &[f32]) {
    if indices.is_empty() {
        return;
    }
    let n = d.len() / indices.len();
    for (index, d) in indices.iter().zip(d.chunks_exact(n)) {
        kernels.add(&mut rows[usize::from(*index) * n..][..n], d);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first five terms are characters 2, 0, 2, 2, 3, and so on.
    const INDICES: [u16; 5] = [2, 0, 2, 2, 3];

    /// Gives the gradients of a matrix (3, 2), a vector (2) and a looked-up matrix (4, 2), sums of `terms` terms.
    fn pass(terms: usize, transposed: &mut [f32], into: &mut dyn WeightGradients) {
        let a: Vec<f32> = (0..3 * terms).map(|i| i as f32 * 0.37 - 2.0).collect();
        let d: Vec<f32> = (0..2 * terms).map(|i| 1.0 - i as f32 * 0.21).collect();
        let indices: Vec<u16> = INDICES.into_iter().cycle().take(terms).collect();
        into.product(&(0..6), transposed, Matrix::new(&a, terms, 3), Matrix::new(&d, terms, 2), Terms::Texts);
        into.sum(&(6..8), &d, Terms::Texts);
        into.lookups(&(8..16), &indices, &d, Terms::Texts);
    }

    #[test]
    fn a_step_on_the_way_is_a_step_from_the_buffer_in_both_layouts() {
        let kernels = Kernels::widest();
        for terms in [5, FEW_TERMS, FEW_TERMS + 1] {
            let start: Vec<f32> = (0..16).map(|i| (i as f32).sqrt()).collect();
            let (mut expected, mut gradients) = (start.clone(), vec![0.0; 16]);
            pass(terms, &mut [], &mut Buffer { kernels, gradients: &mut gradients });
            kernels.sgd_step(&mut expected, &gradients, 0.1);

            let (mut parameters, mut transposed) = (start, [0.0; 6]);
            kernels.transpose(&mut transposed, &parameters[..6], 3, 2);
            let mut step = Step { kernels, parameters: &mut parameters, scratch: &mut [f32::NAN; 16], rate: 0.1 };
            pass(terms, &mut transposed, &mut step);
            assert_eq!(parameters, expected, "{terms} terms");
            let mut expected_transposed = [0.0; 6];
            kernels.transpose(&mut expected_transposed, &expected[..6], 3, 2);
            assert_eq!(transposed, expected_transposed, "{terms} terms");
            assert!(gradients.iter().filter(|g| **g == 0.0).count() == 2, "one row is not looked up: {gradients:?}");
        }
    }
}
