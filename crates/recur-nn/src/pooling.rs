//! From a row for each character to a row for each text, forward and backward.
//!
//! Characters for dimensions: `B` texts, `R` characters of the batch in packed order, `N` numbers a row.

use crate::batch::Batch;
use recur_kernels::{AlignedVec, Kernels};
use std::ops::Range;

/// What of a text's rows becomes the text's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The last one.
    Last,
    /// The mean: the sum over ascending characters, times the reciprocal of their number.
    Mean,
    /// The greatest of each number; of equal ones the first gets the gradient.
    Max,
}

impl Pooling {
    /// Their names in specs.
    pub const NAMES: &[&str] = &["last", "mean", "max"];

    /// The one called `name` in a spec.
    pub fn named(name: &str) -> Self {
        match name {
            "mean" => Pooling::Mean,
            "max" => Pooling::Max,
            _ => Pooling::Last,
        }
    }
}

/// A pooling with its workspace.
#[derive(Clone, Debug)]
pub struct Pool {
    pooling: Pooling,
    width: usize,
    /// How many of the numbers are of a direction that reads forwards; they are the first ones.
    n_forward: usize,
    /// (B, N).
    pooled: AlignedVec,
    /// The character that each greatest number is of, (B, N).
    places: AlignedVec,
    rows: Vec<usize>,
}

impl Pool {
    /// Pools rows of `width` numbers.
    pub fn new(pooling: Pooling, width: usize) -> Self {
        Self::of_directions(pooling, width, width)
    }

    /// Pools rows of `width` numbers, of which the first `n_forward` are of a network that reads forwards, and the others of one
    /// that reads backwards. The last of these is that of a text's first character: with [`Pooling::Last`] each direction
    /// gives its final state, as PyTorch's `h_n` has it.
    pub fn of_directions(pooling: Pooling, width: usize, n_forward: usize) -> Self {
        let (pooled, places) = (AlignedVec::default(), AlignedVec::default());
        Self { pooling, width, n_forward, pooled, places, rows: Vec::new() }
    }

    /// From `x (R, N)` to a row for each text in packed order, (B, N). Texts may share their first rows.
    pub fn forward(&mut self, kernels: Kernels, batch: &Batch, x: &[f32]) -> &[f32] {
        let (n, pooling) = (self.width, self.pooling);
        let pooled = self.pooled.take(batch.len() * n);
        let places = self.places.take(if pooling == Pooling::Max { batch.len() * n } else { 0 });
        for (text, (time, row)) in batch.last().iter().enumerate() {
            batch.times().ancestors(*time, *row, &mut self.rows);
            let to = &mut pooled[of_row(text, n)];
            let first = &x[of_row(self.rows[0], n)];
            to.copy_from_slice(first);
            match pooling {
                Pooling::Last => {
                    let last = &x[of_row(self.rows[*time], n)];
                    to[..self.n_forward].copy_from_slice(&last[..self.n_forward]);
                }
                Pooling::Mean => {
                    self.rows[1..].iter().for_each(|row| kernels.add(to, &x[of_row(*row, n)]));
                    kernels.scale(to, 1.0 / self.rows.len() as f32);
                }
                Pooling::Max => {
                    let places = &mut places[of_row(text, n)];
                    places.fill(0.0);
                    for (time, row) in self.rows.iter().enumerate().skip(1) {
                        kernels.greatest(to, places, &x[of_row(*row, n)], time);
                    }
                }
            }
        }
        pooled
    }

    /// What [`Pool::forward`] gave for `n_texts`, (B, N).
    pub fn output(&self, n_texts: usize) -> &[f32] {
        &self.pooled[..n_texts * self.width]
    }

    /// From the gradient `d (B, N)` of the pooled rows writes `d_x (R, N)`, that of each character's.
    ///
    /// # Panics
    /// If texts share rows.
    pub fn backward(&self, kernels: Kernels, batch: &Batch, d: &[f32], d_x: &mut [f32]) {
        let (n, n_forward, times) = (self.width, self.n_forward, batch.times());
        for time in 0..times.len() {
            let d_x = &mut d_x[times.at(time, n)];
            assert!(time == 0 || times.before(time, n).len() == d_x.len(), "each text by itself");
            for (text, d_x) in d_x.chunks_exact_mut(n).enumerate() {
                let (d, last) = (&d[of_row(text, n)], batch.last()[text].0);
                match self.pooling {
                    Pooling::Last => {
                        let (forward, backward) = d_x.split_at_mut(n_forward);
                        copy_or_zero(time == last, forward, &d[..n_forward]);
                        copy_or_zero(time == 0, backward, &d[n_forward..]);
                    }
                    Pooling::Mean => {
                        d_x.copy_from_slice(d);
                        kernels.scale(d_x, 1.0 / (last + 1) as f32);
                    }
                    Pooling::Max => {
                        d_x.copy_from_slice(d);
                        kernels.where_at(d_x, &self.places[of_row(text, n)], time);
                    }
                }
            }
        }
    }
}

fn copy_or_zero(copies: bool, to: &mut [f32], from: &[f32]) {
    if copies { to.copy_from_slice(from) } else { to.fill(0.0) }
}

fn of_row(row: usize, n: usize) -> Range<usize> {
    row * n..(row + 1) * n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slopes::{assert_slopes, numbers};

    const TEXTS: [&[u16]; 4] = [&[1, 2], &[1, 2, 3], &[4], &[1, 2, 3, 4, 5]];

    fn pools() -> impl Iterator<Item = Pool> {
        [Pooling::Last, Pooling::Mean, Pooling::Max].into_iter().map(|pooling| Pool::of_directions(pooling, 5, 3))
    }

    #[test]
    fn gradients_are_the_slopes() {
        let mut batch = Batch::default();
        batch.pack_texts(&TEXTS);
        let (x, d) = (numbers(batch.n_characters() * 5, 1), numbers(4 * 5, 2));
        for mut pool in pools() {
            let kernels = Kernels::widest();
            pool.forward(kernels, &batch, &x);
            let mut d_x = vec![f32::NAN; x.len()];
            pool.backward(kernels, &batch, &d, &mut d_x);
            assert_slopes(&x, &d, &d_x, |x| pool.forward(kernels, &batch, x).to_vec());
        }
    }

    #[test]
    fn texts_that_share_rows_are_pooled_to_the_same_bits() {
        let mut sorted = TEXTS;
        sorted.sort_unstable();
        let (mut tree, mut pack) = (Batch::default(), Batch::default());
        tree.pack_prefixes(&sorted);
        pack.pack_texts(&sorted);
        // The row of a character is made of all characters up to it.
        let rows = |batch: &Batch| {
            let mut x = vec![0.0; batch.n_characters() * 5];
            let mut rows = Vec::new();
            for time in 0..batch.times().len() {
                for row in 0..batch.times().n_rows_at(time) {
                    batch.times().ancestors(time, row, &mut rows);
                    let seed = rows.iter().fold(0, |seed, row| seed * 7 + u32::from(batch.tokens()[*row]));
                    x[of_row(batch.times().at(time, 1).start + row, 5)].copy_from_slice(&numbers(5, seed));
                }
            }
            x
        };
        let backward_is_last = |pool: &Pool| pool.pooling == Pooling::Last;
        for mut pool in pools().filter(|pool| !backward_is_last(pool)).chain([Pool::new(Pooling::Last, 5)]) {
            let shared = pool.forward(Kernels::widest(), &tree, &rows(&tree)).to_vec();
            let packed = pool.forward(Kernels::widest(), &pack, &rows(&pack));
            for (row, position) in pack.positions().iter().enumerate() {
                assert_eq!(packed[of_row(row, 5)], shared[of_row(*position as usize, 5)]);
            }
        }
    }

    #[test]
    fn the_last_of_a_direction_that_reads_backwards_is_the_first_characters() {
        let mut batch = Batch::default();
        batch.pack_texts(&[&[1, 2, 3]]);
        let x: Vec<f32> = (0..9_u8).map(f32::from).collect();
        let mut pool = Pool::of_directions(Pooling::Last, 3, 2);
        assert_eq!(pool.forward(Kernels::widest(), &batch, &x), [6.0, 7.0, 2.0]);
    }

    #[test]
    fn the_first_of_equal_numbers_gets_the_gradient() {
        let mut batch = Batch::default();
        batch.pack_texts(&[&[1, 2, 3]]);
        let mut pool = Pool::new(Pooling::Max, 1);
        assert_eq!(pool.forward(Kernels::widest(), &batch, &[1.0, 3.0, 3.0]), [3.0]);
        let mut d_x = [f32::NAN; 3];
        pool.backward(Kernels::widest(), &batch, &[2.0], &mut d_x);
        assert_eq!(d_x, [0.0, 2.0, 0.0]);
    }
}
