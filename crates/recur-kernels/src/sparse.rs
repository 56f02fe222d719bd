//! Operations on a few rows of a matrix, each with a factor: products with a row of a sparse matrix.

use crate::Kernels;
use crate::gemm::{load, store};
use crate::isa::{Operation, run};
use crate::vector::Vector;

impl Kernels {
    /// Adds `factors[k]` times row `rows[k]` of `table` to `sum (N)`, by fma, in the order of `rows`.
    ///
    /// # Panics
    /// If the sizes do not fit, or a row is not one of `table`.
    pub fn add_multiples_of_rows(self, sum: &mut [f32], table: &[f32], rows: &[u32], factors: &[f32]) {
        check(table, sum.len(), rows, factors);
        run(self.isa(), Gather { sum, table, rows, factors });
    }

    /// Adds `factors[k]` times `d (N)` to row `rows[k]` of `table`, by fma, in the order of `rows`.
    ///
    /// # Panics
    /// As [`Kernels::add_multiples_of_rows`].
    pub fn add_multiples_to_rows(self, table: &mut [f32], rows: &[u32], factors: &[f32], d: &[f32]) {
        check(table, d.len(), rows, factors);
        run(self.isa(), Scatter { table, rows, factors, d });
    }
}

fn check(table: &[f32], n: usize, rows: &[u32], factors: &[f32]) {
    assert_eq!(rows.len(), factors.len(), "a factor a row");
    assert!(n > 0 && table.len().is_multiple_of(n), "whole rows of {n}");
    // Compared without a product, which could overflow where a pointer has 32 bits.
    let n_rows = table.len() / n;
    let last = rows.iter().max().map_or(0, |row| *row as usize);
    assert!(rows.is_empty() || last < n_rows, "row {last} of a table of {n_rows}");
}

struct Gather<'a> {
    sum: &'a mut [f32],
    table: &'a [f32],
    rows: &'a [u32],
    factors: &'a [f32],
}

impl Operation for Gather<'_> {
    type Output = ();

    /// Several vectors of columns at a time: their sums stay in registers over all rows.
    #[inline(always)]
    unsafe fn run<V: Vector>(mut self) {
        const WIDE: usize = 4;
        let n = self.sum.len();
        // SAFETY: the facade has checked the rows, and every access stays below `n` within its row.
        unsafe {
            let mut at = 0;
            while at + WIDE * V::LANES <= n {
                self.columns::<V, WIDE>(at, None);
                at += WIDE * V::LANES;
            }
            while at < n {
                self.columns::<V, 1>(at, (at + V::LANES > n).then_some(n - at));
                at += V::LANES;
            }
        }
    }
}

impl Gather<'_> {
    /// `W` vectors of columns, from `at` on.
    #[expect(clippy::needless_range_loop, reason = "constant bounds, so that the compiler keeps the sums in registers")]
    #[inline(always)]
    unsafe fn columns<V: Vector, const W: usize>(&mut self, at: usize, partial: Option<usize>) {
        let n = self.sum.len();
        // SAFETY: the caller promises the columns, and the facade the rows.
        unsafe {
            let to = self.sum.as_mut_ptr().add(at);
            let mut sums = [V::splat(0.0); W];
            for i in 0..W {
                sums[i] = load(to.add(i * V::LANES), partial);
            }
            for (row, factor) in self.rows.iter().zip(self.factors) {
                let from = self.table.as_ptr().add(*row as usize * n + at);
                let factor = V::splat(*factor);
                for i in 0..W {
                    sums[i] = factor.fma(load(from.add(i * V::LANES), partial), sums[i]);
                }
            }
            for i in 0..W {
                store(sums[i], to.add(i * V::LANES), partial);
            }
        }
    }
}

struct Scatter<'a> {
    table: &'a mut [f32],
    rows: &'a [u32],
    factors: &'a [f32],
    d: &'a [f32],
}

impl Operation for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let n = self.d.len();
        let d = self.d.as_ptr();
        for (row, factor) in self.rows.iter().zip(self.factors) {
            // SAFETY: the facade has checked the rows, and every access stays below `n` within its row.
            unsafe {
                let to = self.table.as_mut_ptr().add(*row as usize * n);
                let factor = V::splat(*factor);
                let mut at = 0;
                while at < n {
                    let partial = (at + V::LANES > n).then_some(n - at);
                    let sum = factor.fma(load(d.add(at), partial), load(to.add(at), partial));
                    store(sum, to.add(at), partial);
                    at += V::LANES;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;

    const TABLE: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

    #[test]
    fn multiples_of_rows_add_up() {
        let mut sum = [0.5, 0.0];
        Kernels::widest().add_multiples_of_rows(&mut sum, &TABLE, &[2, 0], &[2.0, -1.0]);
        assert_eq!(sum, [9.5, 10.0]);
    }

    #[test]
    fn each_row_gets_its_multiple() {
        let mut table = TABLE;
        Kernels::widest().add_multiples_to_rows(&mut table, &[2, 0], &[2.0, -1.0], &[10.0, 1.0]);
        assert_eq!(table, [-9.0, 1.0, 3.0, 4.0, 25.0, 8.0]);
    }

    #[test]
    #[should_panic(expected = "row 3 of a table of 3")]
    fn a_row_that_is_not_there_is_refused() {
        Kernels::widest().add_multiples_of_rows(&mut [0.0; 2], &TABLE, &[3], &[1.0]);
    }

    #[test]
    #[should_panic(expected = "row 4294967295 of a table of 3")]
    fn a_row_far_beyond_the_table_is_refused() {
        Kernels::widest().add_multiples_to_rows(&mut TABLE.clone(), &[u32::MAX], &[1.0], &[1.0; 2]);
    }

    #[test]
    fn every_width_and_every_instruction_set_gives_the_bits_of_a_plain_loop() {
        const ROWS: [u32; 5] = [4, 0, 2, 4, 1];
        const FACTORS: [f32; 5] = [0.3, -1.7, 0.0, 2.1, 1e-3];
        for n in 1..=150 {
            let number = |i: usize| ((i * 7919 % 1013) as f32 - 500.0) * 0.37;
            let (table, d): (Vec<f32>, Vec<f32>) = ((0..5 * n).map(number).collect(), (0..n).map(number).collect());
            let (mut sum, mut updated) = (d.clone(), table.clone());
            for (row, factor) in ROWS.into_iter().map(|row| row as usize).zip(FACTORS) {
                for at in 0..n {
                    sum[at] = factor.mul_add(table[row * n + at], sum[at]);
                    updated[row * n + at] = factor.mul_add(d[at], updated[row * n + at]);
                }
            }
            for isa in Isa::available() {
                let (kernels, mut got, mut got_table) = (Kernels::new(isa).unwrap(), d.clone(), table.clone());
                kernels.add_multiples_of_rows(&mut got, &table, &ROWS, &FACTORS);
                kernels.add_multiples_to_rows(&mut got_table, &ROWS, &FACTORS, &d);
                assert_eq!(got, sum, "{n} columns, {isa:?}");
                assert_eq!(got_table, updated, "{n} columns, {isa:?}");
            }
        }
    }
}
