//! Operations on the rows of a matrix.

use crate::Kernels;
use crate::gemm::{load, store};
use crate::isa::{Operation, run};
use crate::math::{exp_v, ln};
use crate::vector::{MAX_LANES, Vector};

impl Kernels {
    /// Turns each row of `logits (M, n)` into log-probabilities: `x - max - ln Σ exp(x - max)`, the sum over ascending
    /// columns.
    ///
    /// # Panics
    /// If `logits` is not whole rows.
    pub fn log_softmax_rows(self, logits: &mut [f32], n: usize) {
        assert!(n > 0 && logits.len().is_multiple_of(n), "whole rows of {n}");
        for row in logits.chunks_exact_mut(n) {
            let max = row[1..].iter().fold(row[0], |max, x| if max > *x { max } else { *x });
            run(self.isa(), Shift { row: &mut *row, by: max });
            let sum = run(self.isa(), SumExp(row));
            run(self.isa(), Shift { row, by: ln(sum) });
        }
    }

    /// Turns each row of log-probabilities `rows (M, n)` into the gradient of the weighted negative log-likelihood with
    /// respect to the logits: `(exp x - [column is the label]) · weight`. `labels` and `weights` are (M).
    ///
    /// # Panics
    /// If the sizes do not fit, or a label is not below `n`.
    pub fn nll_gradient_rows(self, rows: &mut [f32], n: usize, labels: &[u16], weights: &[f32]) {
        assert_eq!(rows.len(), labels.len() * n, "a row a label");
        assert_eq!(labels.len(), weights.len(), "a weight a label");
        self.exp(rows);
        for ((row, label), weight) in rows.chunks_exact_mut(n).zip(labels).zip(weights) {
            row[*label as usize] -= 1.0;
            self.scale(row, *weight);
        }
    }

    /// Turns each row of log-probabilities `rows (M, n)` into the gradient of the cross entropy with smoothed labels,
    /// with respect to the logits. The target of a row is its weight at its label, and `uniform (n)` everywhere:
    /// `exp x · (weight + Σ uniform) - uniform`, then `- weight` at the label. The sum is over ascending columns, and each
    /// operation is rounded. `labels` and `weights` are (M).
    ///
    /// # Panics
    /// If the sizes do not fit, or a label is not below `n`.
    pub fn smoothed_nll_gradient_rows(self, rows: &mut [f32], labels: &[u16], weights: &[f32], uniform: &[f32]) {
        let n = uniform.len();
        assert_eq!(rows.len(), labels.len() * n, "a row a label");
        assert_eq!(labels.len(), weights.len(), "a weight a label");
        let spread: f32 = uniform.iter().sum();
        self.exp(rows);
        for ((row, label), weight) in rows.chunks_exact_mut(n).zip(labels).zip(weights) {
            self.scale(row, weight + spread);
            self.add_scaled(row, -1.0, uniform);
            row[*label as usize] -= weight;
        }
    }

    /// Adds each row of `rows (M, N)` to `sum (N)`, in ascending order of rows.
    ///
    /// # Panics
    /// If `rows` is not whole rows of `sum`'s length.
    pub fn add_rows(self, sum: &mut [f32], rows: &[f32]) {
        assert!(!sum.is_empty() && rows.len().is_multiple_of(sum.len()), "whole rows of {}", sum.len());
        run(self.isa(), AddRows { sum, rows });
    }

    /// Writes `start (N)` plus row `indices[r]` of `table` to each row r of `to (R, N)`.
    ///
    /// # Panics
    /// If the sizes do not fit, or an index is not of a row of `table`.
    pub fn look_up_rows(self, to: &mut [f32], start: &[f32], table: &[f32], indices: &[u16]) {
        let n = start.len();
        assert_eq!(to.len(), indices.len() * n, "a row of {n} an index");
        assert!(n > 0 && table.len().is_multiple_of(n), "whole rows of {n}");
        let last = indices.iter().max().map_or(0, |index| usize::from(*index) + 1);
        assert!(last * n <= table.len(), "row {last} of the table");
        run(self.isa(), LookUpRows { to, start, table, indices });
    }

    /// The sum of squares: 16 chains, element `i` in chain `i mod 16` by fma, then a tree that adds the upper half of
    /// the chains to the lower (8, 4, 2, 1).
    pub fn sum_of_squares(self, x: &[f32]) -> f32 {
        run(self.isa(), Dot(x, x))
    }

    /// The sum of products `Σ x · y`, in the order of [`Kernels::sum_of_squares`].
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn dot(self, x: &[f32], y: &[f32]) -> f32 {
        assert_eq!(x.len(), y.len(), "numbers of both operands");
        run(self.isa(), Dot(x, y))
    }

    /// Writes the transpose of `from (rows, cols)` to `to (cols, rows)`, both row-major.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn transpose(self, to: &mut [f32], from: &[f32], rows: usize, cols: usize) {
        assert_eq!(from.len(), rows * cols, "a {rows} by {cols} matrix");
        assert_eq!(to.len(), from.len(), "size of the transpose");
        run(self.isa(), Transpose { to, from, rows, cols });
    }
}

struct Transpose<'a> {
    to: &'a mut [f32],
    from: &'a [f32],
    rows: usize,
    cols: usize,
}

impl Operation for Transpose<'_> {
    type Output = ();

    /// Whole squares by the vector's own means, the rest number by number.
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let (rows, cols) = (self.rows, self.cols);
        let (to, from) = (self.to.as_mut_ptr(), self.from.as_ptr());
        let (whole_rows, whole_cols) = (rows - rows % V::BLOCK, cols - cols % V::BLOCK);
        // SAFETY: every row and column is below `rows` and `cols`, and both slices hold `rows * cols` numbers.
        unsafe {
            // Strips of a cache line's width, so that each line of `from` is read once and `to` is written in order.
            for strip in (0..whole_cols).step_by(MAX_LANES) {
                for row in (0..whole_rows).step_by(V::BLOCK) {
                    for col in (strip..whole_cols.min(strip + MAX_LANES)).step_by(V::BLOCK) {
                        V::transpose_block(from.add(row * cols + col), cols, to.add(col * rows + row), rows);
                    }
                }
            }
            for row in 0..rows {
                let first_col = if row < whole_rows { whole_cols } else { 0 };
                for col in first_col..cols {
                    *to.add(col * rows + row) = *from.add(row * cols + col);
                }
            }
        }
    }
}

/// `to = start + table[index]` for each row.
struct LookUpRows<'a> {
    to: &'a mut [f32],
    start: &'a [f32],
    table: &'a [f32],
    indices: &'a [u16],
}

impl Operation for LookUpRows<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let n = self.start.len();
        let start = self.start.as_ptr();
        for (to, index) in self.to.chunks_exact_mut(n).zip(self.indices) {
            // SAFETY: the facade has checked the indices, and every access stays below `n` within its row.
            unsafe {
                let (to, from) = (to.as_mut_ptr(), self.table.as_ptr().add(usize::from(*index) * n));
                let mut at = 0;
                while at + V::LANES <= n {
                    V::load(start.add(at)).add(V::load(from.add(at))).store(to.add(at));
                    at += V::LANES;
                }
                if at < n {
                    let rest = Some(n - at);
                    store(load::<V>(start.add(at), rest).add(load(from.add(at), rest)), to.add(at), rest);
                }
            }
        }
    }
}

/// `row -= by`.
struct Shift<'a> {
    row: &'a mut [f32],
    by: f32,
}

impl Operation for Shift<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let n = self.row.len();
        let row = self.row.as_mut_ptr();
        // SAFETY: every access stays below `n`.
        unsafe {
            let by = V::splat(self.by);
            let mut at = 0;
            while at < n {
                let partial = (at + V::LANES > n).then_some(n - at);
                store(load::<V>(row.add(at), partial).sub(by), row.add(at), partial);
                at += V::LANES;
            }
        }
    }
}

/// The sum of `exp x` over ascending elements.
struct SumExp<'a>(&'a [f32]);

impl Operation for SumExp<'_> {
    type Output = f32;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> f32 {
        let n = self.0.len();
        let mut sum = 0.0;
        let mut lanes = [0.0; MAX_LANES];
        // SAFETY: every access stays below `n`, and `lanes` has room for every vector.
        unsafe {
            let mut at = 0;
            while at < n {
                let partial = (at + V::LANES > n).then_some(n - at);
                exp_v(load::<V>(self.0.as_ptr().add(at), partial)).store(lanes.as_mut_ptr());
                for lane in &lanes[..V::LANES.min(n - at)] {
                    sum += lane;
                }
                at += V::LANES;
            }
        }
        sum
    }
}

/// `sum += row` for each row.
struct AddRows<'a> {
    sum: &'a mut [f32],
    rows: &'a [f32],
}

impl Operation for AddRows<'_> {
    type Output = ();

    /// Several vectors of columns at a time, so that each row is read in long pieces.
    #[inline(always)]
    unsafe fn run<V: Vector>(mut self) {
        const WIDE: usize = 8;
        let n = self.sum.len();
        // SAFETY: `rows` is whole rows of `n` numbers, and every access stays below `n` within its row.
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

impl AddRows<'_> {
    /// `W` vectors of columns, from `at` on.
    #[expect(clippy::needless_range_loop, reason = "constant bounds, so that the compiler keeps the sums in registers")]
    #[inline(always)]
    unsafe fn columns<V: Vector, const W: usize>(&mut self, at: usize, partial: Option<usize>) {
        let n = self.sum.len();
        // SAFETY: the caller promises the columns.
        unsafe {
            let to = self.sum.as_mut_ptr().add(at);
            let mut sums = [V::splat(0.0); W];
            for i in 0..W {
                sums[i] = load(to.add(i * V::LANES), partial);
            }
            for row in self.rows.chunks_exact(n) {
                let from = row.as_ptr().add(at);
                for i in 0..W {
                    sums[i] = sums[i].add(load(from.add(i * V::LANES), partial));
                }
            }
            for i in 0..W {
                store(sums[i], to.add(i * V::LANES), partial);
            }
        }
    }
}

/// Two slices of one length.
struct Dot<'a>(&'a [f32], &'a [f32]);

impl Operation for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> f32 {
        let n = self.0.len();
        let (x, y) = (self.0.as_ptr(), self.1.as_ptr());
        let mut chains = [0.0; MAX_LANES];
        // SAFETY: both slices hold `n` numbers (checked by the facade), and every access stays below; `MAX_LANES / LANES` vectors are `chains` end to end.
        unsafe {
            let vectors = MAX_LANES / V::LANES;
            let mut sums = [V::splat(0.0); MAX_LANES];
            let mut at = 0;
            while at + MAX_LANES <= n {
                for (i, sum) in sums.iter_mut().enumerate().take(vectors) {
                    let place = at + i * V::LANES;
                    *sum = V::load(x.add(place)).fma(V::load(y.add(place)), *sum);
                }
                at += MAX_LANES;
            }
            for (i, sum) in sums.iter().enumerate().take(vectors) {
                sum.store(chains.as_mut_ptr().add(i * V::LANES));
            }
            for ((chain, x), y) in chains.iter_mut().zip(&self.0[at..]).zip(&self.1[at..]) {
                *chain = x.mul_add(*y, *chain);
            }
        }
        fold(chains)
    }
}

/// Adds the upper half of the chains to the lower until one is left.
pub(crate) fn fold(mut chains: [f32; MAX_LANES]) -> f32 {
    let mut half = MAX_LANES / 2;
    while half > 0 {
        for i in 0..half {
            chains[i] += chains[i + half];
        }
        half /= 2;
    }
    chains[0]
}
