//! The matrix product `C += A · B`.
//!
//! Each element of C is one chain: it starts from its value and, for k ascending, becomes `fma(a_k, b_k, c)`. Tiles of
//! C live in registers; vector lanes run along a row of C. Neither the tile's shape nor the vector's width can
//! change a chain, so they are chosen only for speed.

use crate::Kernels;
use crate::isa::{Operation, run};
use crate::vector::{MAX_LANES, Vector};
use std::ops::Range;

/// A matrix to read: `(rows, cols)`, element `(i, j)` at `data[i * row_stride + j * col_stride]`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `(rows, cols)`, row after row without gaps.
    ///
    /// # Panics
    /// If `data` is not of that size.
    pub fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
        assert_eq!(data.len(), rows * cols, "a {rows} by {cols} matrix");
        Self { data, rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// The numbers that it shows, and those between them if it is a part of a matrix.
    pub fn data(self) -> &'a [f32] {
        self.data
    }

    /// Number of rows.
    pub fn rows(self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(self) -> usize {
        self.cols
    }

    /// The same numbers seen as `(cols, rows)`.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            data: self.data,
        }
    }

    /// Writes its numbers to `to`, row after row without gaps.
    ///
    /// # Panics
    /// If `to` has another size, or the matrix is transposed.
    pub fn write_rows(self, to: &mut [f32]) {
        assert_eq!(to.len(), self.rows * self.cols, "a place for each number");
        assert!(self.col_stride == 1, "rows are whole");
        if self.row_stride == self.cols {
            return to.copy_from_slice(&self.data[..to.len()]);
        }
        for (row, to) in to.chunks_exact_mut(self.cols.max(1)).enumerate() {
            to.copy_from_slice(&self.data[row * self.row_stride..][..self.cols]);
        }
    }

    /// Only these columns.
    ///
    /// # Panics
    /// If there are not as many.
    #[must_use]
    pub fn columns(self, columns: Range<usize>) -> Self {
        assert!(columns.start <= columns.end && columns.end <= self.cols, "columns {columns:?} of {}", self.cols);
        let data = self.data.get(columns.start * self.col_stride..).unwrap_or_default();
        Self { data, cols: columns.len(), ..self }
    }
}

/// Below this many terms, reading and writing C is most of the work.
const FEW_TERMS: usize = 16;

impl Kernels {
    /// `c += a · b`, with `c (M, N)` row-major, `a (M, K)` in either order, `b (K, N)` row-major.
    ///
    /// # Panics
    /// If the shapes do not fit, or `b` is transposed.
    pub fn gemm(self, c: &mut [f32], a: Matrix<'_>, b: Matrix<'_>) {
        check(c, a, b);
        if c.is_empty() || a.cols == 0 {
            return;
        }
        run(self.isa(), Gemm::new(c, a, b, Add));
    }

    /// A step of plain SGD on the matrix `w (M, N)`, whose gradient is `a · b`: `w = fma(-rate, Σ_k a_k · b_k, w)`.
    ///
    /// The same bits as [`Kernels::gemm`] into zeros and then [`Kernels::sgd_step`], without the gradient in memory.
    ///
    /// # Panics
    /// As [`Kernels::gemm`].
    pub fn sgd_gemm(self, w: &mut [f32], a: Matrix<'_>, b: Matrix<'_>, rate: f32) {
        check(w, a, b);
        if w.is_empty() || a.cols == 0 {
            return;
        }
        run(self.isa(), Gemm::new(w, a, b, Step(-rate)));
    }
}

fn check(c: &[f32], a: Matrix<'_>, b: Matrix<'_>) {
    assert_eq!(a.cols, b.rows, "terms of the sum");
    assert_eq!(c.len(), a.rows * b.cols, "size of the product");
    assert!(b.col_stride == 1 || b.cols <= 1, "the right factor is row-major");
}

/// What becomes of the sums: where a chain starts, and how it ends in C.
trait Finish: Copy {
    /// The start of a chain for the value `c`.
    ///
    /// # Safety
    /// The CPU has the instructions of `V`.
    unsafe fn start<V: Vector>(self, c: V) -> V;
    /// What is written for the value `c`.
    ///
    /// # Safety
    /// The CPU has the instructions of `V`.
    unsafe fn end<V: Vector>(self, sum: V, c: V) -> V;
}

/// `C += A · B`: the chain starts from C.
#[derive(Clone, Copy)]
struct Add;

impl Finish for Add {
    #[inline(always)]
    unsafe fn start<V: Vector>(self, c: V) -> V {
        c
    }
    #[inline(always)]
    unsafe fn end<V: Vector>(self, sum: V, _: V) -> V {
        sum
    }
}

/// `C += factor · (A · B)`: the chain starts from zero.
#[derive(Clone, Copy)]
struct Step(f32);

impl Finish for Step {
    #[inline(always)]
    unsafe fn start<V: Vector>(self, _: V) -> V {
        // SAFETY: the caller promises the instruction set.
        unsafe { V::splat(0.0) }
    }
    #[inline(always)]
    unsafe fn end<V: Vector>(self, sum: V, c: V) -> V {
        // SAFETY: the caller promises the instruction set.
        unsafe { V::splat(self.0).fma(sum, c) }
    }
}

struct Gemm<'a, F> {
    c: *mut f32,
    a: Matrix<'a>,
    b: *const f32,
    m: usize,
    n: usize,
    k: usize,
    ldb: usize,
    finish: F,
}

impl<'a, F> Gemm<'a, F> {
    fn new(c: &mut [f32], a: Matrix<'a>, b: Matrix<'_>, finish: F) -> Self {
        let (m, n, k) = (a.rows, b.cols, a.cols);
        Self { c: c.as_mut_ptr(), a, b: b.data.as_ptr(), m, n, k, ldb: b.row_stride, finish }
    }
}

impl<F: Finish> Operation for Gemm<'_, F> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the facade has checked that each matrix lies within its slice.
        unsafe {
            // Few terms: C is most of what is read and written, and wide tiles do that in its order.
            let high = if V::LANES == MAX_LANES && self.k < FEW_TERMS { 0 } else { self.m - self.m % 4 };
            if V::LANES == 8 {
                // 12 sums, 2 columns of B and a broadcast fill the 16 registers of AVX2.
                self.columns::<V, 6, 2>(0..high);
            } else {
                self.columns::<V, 12, 2>(0..high);
            }
            // Few rows: wide tiles, to keep enough chains in flight.
            self.columns::<V, 2, 8>(high..self.m);
        }
    }
}

impl<F: Finish> Gemm<'_, F> {
    /// These rows, in panels of `NR` vectors of columns while there are as many, then of fewer. The last vector may be a
    /// part of one.
    #[inline(always)]
    unsafe fn columns<V: Vector, const MR: usize, const NR: usize>(&self, rows: Range<usize>) {
        if rows.is_empty() {
            return;
        }
        // SAFETY: as `run`; each panel has at most as many vectors as are left, begun ones counted.
        unsafe {
            let mut at = 0;
            while at < self.n {
                let (whole, vectors) = ((self.n - at) / V::LANES, (self.n - at).div_ceil(V::LANES));
                // A write to a part of a vector holds up a read of what is next to it: where C is most of the work, such
                // writes have a panel of their own.
                let vectors = if self.k < FEW_TERMS && whole > 0 { whole } else { vectors };
                at += V::LANES
                    * if vectors >= NR {
                        self.whole_or_partial::<V, MR, NR>(&rows, at)
                    } else if NR > 4 && vectors >= 4 {
                        self.whole_or_partial::<V, MR, 4>(&rows, at)
                    } else if NR > 2 && vectors >= 2 {
                        self.whole_or_partial::<V, MR, 2>(&rows, at)
                    } else {
                        self.whole_or_partial::<V, MR, 1>(&rows, at)
                    };
            }
        }
    }

    /// A panel of `NR` vectors from column `at` on, of which the last may be a part of one; returns `NR`.
    #[inline(always)]
    unsafe fn whole_or_partial<V: Vector, const MR: usize, const NR: usize>(
        &self,
        rows: &Range<usize>,
        at: usize,
    ) -> usize {
        // SAFETY: as `columns`.
        unsafe {
            if at + NR * V::LANES <= self.n {
                self.panel::<V, MR, NR>(rows, at, None);
            } else {
                self.panel::<V, MR, NR>(rows, at, Some(self.n - at - (NR - 1) * V::LANES));
            }
        }
        NR
    }

    /// These rows of a panel of columns, in tiles of at most `MR` rows; the last vector has `partial` columns.
    #[inline(always)]
    unsafe fn panel<V: Vector, const MR: usize, const NR: usize>(
        &self,
        rows: &Range<usize>,
        column: usize,
        partial: Option<usize>,
    ) {
        // SAFETY: as `run`; rows `row..row + tile` exist.
        unsafe {
            let mut row = rows.start;
            while row < rows.end {
                let left = rows.end - row;
                row += if left >= MR {
                    self.tile::<V, MR, NR>(row, column, partial);
                    MR
                } else if MR > 8 && left >= 8 {
                    self.tile::<V, 8, NR>(row, column, partial);
                    8
                } else if MR > 4 && left >= 4 {
                    self.tile::<V, 4, NR>(row, column, partial);
                    4
                } else if MR > 2 && left >= 2 {
                    self.tile::<V, 2, NR>(row, column, partial);
                    2
                } else {
                    self.tile::<V, 1, NR>(row, column, partial);
                    1
                }
            }
        }
    }

    /// `MR` rows by `NR` vectors of C, from its first term to its last.
    #[expect(clippy::needless_range_loop, reason = "constant bounds, so that the compiler keeps the tile in registers")]
    #[inline(always)]
    unsafe fn tile<V: Vector, const MR: usize, const NR: usize>(
        &self,
        row: usize,
        column: usize,
        partial: Option<usize>,
    ) {
        let partial = |j: usize| if j + 1 == NR { partial } else { None };
        // SAFETY: the tile lies within C, its rows within A, its columns within B.
        unsafe {
            let c = self.c.add(row * self.n + column);
            let mut a = self.a.data.as_ptr().add(row * self.a.row_stride);
            let mut b = self.b.add(column);
            let mut sums = [[V::splat(0.0); NR]; MR];
            for j in 0..NR {
                for i in 0..MR {
                    sums[i][j] = self.finish.start(load(c.add(i * self.n + j * V::LANES), partial(j)));
                }
            }
            for _ in 0..self.k {
                let mut terms = [V::splat(0.0); NR];
                for j in 0..NR {
                    terms[j] = load(b.add(j * V::LANES), partial(j));
                }
                for i in 0..MR {
                    let factor = V::splat(*a.add(i * self.a.row_stride));
                    for j in 0..NR {
                        sums[i][j] = factor.fma(terms[j], sums[i][j]);
                    }
                }
                // The last step may point past the end, and is then not read.
                a = a.wrapping_add(self.a.col_stride);
                b = b.wrapping_add(self.ldb);
            }
            for j in 0..NR {
                for i in 0..MR {
                    let to = c.add(i * self.n + j * V::LANES);
                    store(self.finish.end(sums[i][j], load(to, partial(j))), to, partial(j));
                }
            }
        }
    }
}

/// Reads a whole vector, or the first `partial` lanes of one.
#[inline(always)]
pub(crate) unsafe fn load<V: Vector>(from: *const f32, partial: Option<usize>) -> V {
    // SAFETY: the caller promises that many numbers.
    unsafe {
        match partial {
            None => V::load(from),
            Some(n) => V::load_partial(from, n),
        }
    }
}

/// Writes a whole vector, or the first `partial` lanes of one.
#[inline(always)]
pub(crate) unsafe fn store<V: Vector>(vector: V, to: *mut f32, partial: Option<usize>) {
    // SAFETY: the caller promises room for that many numbers.
    unsafe {
        match partial {
            None => vector.store(to),
            Some(n) => vector.store_partial(to, n),
        }
    }
}
