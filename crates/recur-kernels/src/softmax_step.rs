//! The distribution that a step of dual coordinate ascent for multinomial logistic regression goes to.

use crate::Kernels;
use crate::isa::{Operation, run};
use crate::math::{exp_v, ln};
use crate::rows::fold;
use crate::vector::{MAX_LANES, Vector};

/// The logarithm below which a probability is not told from 0.
const LEAST: f32 = -80.0;
/// The score of columns that only fill up a row.
const NO_LABEL: f32 = -1000.0;
/// No logarithm moves further in one iteration: far from the solution a step of Newton's is too long.
const FURTHEST: f32 = 8.0;
/// The iteration ends when no probability moves by as much, and no logarithm was held back.
const ENOUGH: f32 = 0.01;
/// Or after as many iterations.
const MOST: usize = 30;

impl Kernels {
    /// Finds the distribution `p` over N labels with `p = softmax(scores - q p)`: the greatest value of
    /// `scores · p + entropy(p) - q/2 |p|²`. It is sought from the distribution in `ln_p`, and left in `p` and `ln_p`.
    ///
    /// All have N rounded up to a multiple of 16 columns; those from `n` on get no probability to speak of. Newton's method on
    /// `ln p` with the multiplier of `Σ p = 1`; sums are 16 chains and a tree, as in [`Kernels::sum_of_squares`].
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn softmax_step(self, scores: &mut [f32], n: usize, q: f32, ln_p: &mut [f32], p: &mut [f32]) {
        let padded = n.next_multiple_of(MAX_LANES);
        assert!(n > 0 && scores.len() == padded && ln_p.len() == padded && p.len() == padded, "rows of {padded}");
        scores[n..].fill(NO_LABEL);
        ln_p[n..].fill(LEAST);
        self.exp_into(p, ln_p);
        for _ in 0..MOST {
            let sums = run(self.isa(), Sums { scores, q, ln_p, p });
            let multiplier = (sums.gradients - (1.0 - sums.total)) / sums.weights;
            if run(self.isa(), Move { scores, q, multiplier, ln_p, p }) < ENOUGH {
                break;
            }
        }
        let total = run(self.isa(), Total(p));
        let shift = ln(total);
        ln_p.iter_mut().for_each(|x| *x -= shift);
        p.iter_mut().for_each(|x| *x /= total);
    }

    fn exp_into(self, to: &mut [f32], from: &[f32]) {
        to.copy_from_slice(from);
        self.exp(to);
    }
}

/// Sums over all labels, with `s = p / (1 + q p)` and the gradient `g = scores - ln p - q p`.
struct SumsOf {
    /// Of `s g`.
    gradients: f32,
    /// Of `s`.
    weights: f32,
    /// Of `p`.
    total: f32,
}

struct Sums<'a> {
    scores: &'a [f32],
    q: f32,
    ln_p: &'a [f32],
    p: &'a [f32],
}

impl Operation for Sums<'_> {
    type Output = SumsOf;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> SumsOf {
        let mut chains = [[0.0; MAX_LANES]; 3];
        // SAFETY: all rows are of one length, a multiple of `MAX_LANES`, and so of `LANES`.
        unsafe {
            let (q, one) = (V::splat(self.q), V::splat(1.0));
            for start in (0..MAX_LANES).step_by(V::LANES) {
                let mut sums = [V::splat(0.0); 3];
                for at in (start..self.p.len()).step_by(MAX_LANES) {
                    let [scores, ln_p, p] = [self.scores, self.ln_p, self.p].map(|row| V::load(row.as_ptr().add(at)));
                    let qp = q.mul(p);
                    let s = p.div(one.add(qp));
                    let gradient = scores.sub(ln_p).sub(qp);
                    sums = [s.fma(gradient, sums[0]), sums[1].add(s), sums[2].add(p)];
                }
                for (chains, sum) in chains.iter_mut().zip(sums) {
                    sum.store(chains.as_mut_ptr().add(start));
                }
            }
        }
        let [gradients, weights, total] = chains.map(fold);
        SumsOf { gradients, weights, total }
    }
}

/// Moves `ln_p` by `(g - multiplier) / (1 + q p)`, and `p` with it. Returns how far `p` moved at most, or at least
/// [`ENOUGH`] where a logarithm was held back.
struct Move<'a> {
    scores: &'a [f32],
    q: f32,
    multiplier: f32,
    ln_p: &'a mut [f32],
    p: &'a mut [f32],
}

impl Operation for Move<'_> {
    type Output = f32;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> f32 {
        let mut lanes = [0.0; MAX_LANES];
        // SAFETY: all rows are of one length, a multiple of `MAX_LANES`, and so of `LANES`.
        unsafe {
            let (q, one, multiplier) = (V::splat(self.q), V::splat(1.0), V::splat(self.multiplier));
            let mut furthest = V::splat(0.0);
            for at in (0..self.p.len()).step_by(V::LANES) {
                let (ln_to, p_to) = (self.ln_p.as_mut_ptr().add(at), self.p.as_mut_ptr().add(at));
                let (scores, ln_p, p) = (V::load(self.scores.as_ptr().add(at)), V::load(ln_to), V::load(p_to));
                let qp = q.mul(p);
                let step = scores.sub(ln_p).sub(qp).sub(multiplier).div(one.add(qp));
                let step = step.min(V::splat(FURTHEST)).max(V::splat(-FURTHEST));
                let ln_moved = ln_p.add(step).min(V::splat(0.0)).max(V::splat(LEAST));
                let moved = exp_v(ln_moved);
                let held_back = ln_moved.sub(ln_p).abs().sub(V::splat(FURTHEST - 2.0 * ENOUGH));
                furthest = furthest.max(moved.sub(p).abs()).max(held_back);
                ln_moved.store(ln_to);
                moved.store(p_to);
            }
            furthest.store(lanes.as_mut_ptr());
        }
        lanes.into_iter().fold(0.0, f32::max)
    }
}

/// The sum.
struct Total<'a>(&'a [f32]);

impl Operation for Total<'_> {
    type Output = f32;

    #[inline(always)]
    unsafe fn run<V: Vector>(self) -> f32 {
        let mut chains = [0.0; MAX_LANES];
        // SAFETY: the row's length is a multiple of `MAX_LANES`, and so of `LANES`.
        unsafe {
            for start in (0..MAX_LANES).step_by(V::LANES) {
                let mut sum = V::splat(0.0);
                for at in (start..self.0.len()).step_by(MAX_LANES) {
                    sum = sum.add(V::load(self.0.as_ptr().add(at)));
                }
                sum.store(chains.as_mut_ptr().add(start));
            }
        }
        fold(chains)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The solution for `scores` and `q` is a fixed point to the precision that the iteration ends at. It is sought from a
    /// distribution in which each label has the logarithm `others`, but the first, which has the rest.
    fn check(scores: &[f32], q: f32, others: f32) {
        let n = scores.len();
        let padded = n.next_multiple_of(16);
        let mut row = scores.to_vec();
        row.resize(padded, 0.0);
        let (mut ln_p, mut p) = (vec![others; padded], vec![0.0; padded]);
        ln_p[0] = libm::logf(1.0 - (n - 1) as f32 * libm::expf(others));
        Kernels::widest().softmax_step(&mut row, n, q, &mut ln_p, &mut p);
        let exponents: Vec<f64> = (0..n).map(|i| f64::from(scores[i]) - f64::from(q * p[i])).collect();
        let greatest = exponents.iter().copied().fold(f64::MIN, f64::max);
        let total: f64 = exponents.iter().map(|x| libm::exp(x - greatest)).sum();
        for i in 0..n {
            let expect = libm::exp(exponents[i] - greatest) / total;
            let close = (f64::from(p[i]) - expect).abs() < 2e-3 * (1.0 + f64::from(q)).sqrt();
            assert!(close, "label {i} of {scores:?} with q {q}: {} is not {expect}", p[i]);
            assert!((libm::expf(ln_p[i]) - p[i]).abs() < 1e-5, "ln p is that of p");
        }
        assert!((p[..n].iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn the_step_goes_to_the_fixed_point() {
        let many: Vec<f32> = (0..34).map(|i| (i * 7 % 34) as f32 * 0.4 - 5.0).collect();
        for q in [0.0, 0.01, 1.0, 20.0, 300.0] {
            for others in [-3.52, -8.0, -40.0, LEAST] {
                check(&[0.0], q, others);
                check(&[1.0, -1.0], q, others);
                check(&[30.0, -30.0, 29.0], q, others);
                check(&many, q, others);
            }
        }
    }

    #[test]
    fn numbers_that_are_none_end_the_iteration() {
        let (mut scores, mut ln_p, mut p) = ([f32::NAN; 16], [-1.0; 16], [0.0; 16]);
        Kernels::widest().softmax_step(&mut scores, 3, 1.0, &mut ln_p, &mut p);
    }

    #[test]
    fn every_instruction_set_gives_equal_bits() {
        let results: Vec<Vec<u32>> = crate::Isa::available()
            .map(|isa| {
                let kernels = Kernels::new(isa).unwrap();
                let mut scores: Vec<f32> = (0..48).map(|i| (i as f32 * 1.3).rem_euclid(7.0)).collect();
                let (mut ln_p, mut p) = (vec![-3.0; 48], vec![0.0; 48]);
                kernels.softmax_step(&mut scores, 37, 9.0, &mut ln_p, &mut p);
                ln_p.iter().chain(&p).map(|x| x.to_bits()).collect()
            })
            .collect();
        assert!(results.iter().all(|result| *result == results[0]));
    }
}
