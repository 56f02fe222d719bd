//! Kernels over a range of numbers: normal distributions that are cut off at the ends of the range.
//!
//! Everything is on the scale of the range, so logarithms where it is logarithmic. The kernel of a whole number `n` has
//! the mass from `n - 1/2` to `n + 1/2`, and the range is wider by half a step at both ends.

use super::normal;
use crate::ranges::{ends, from_scale, rounded, to_scale};
use recur_core::space::Range;

/// No kernel is narrower than this share of the range.
const NARROWEST: f64 = 0.01;
/// ln √(2π)
const LOG_ROOT_OF_TAU: f64 = 0.918_938_533_204_672_8;

/// The factors of kernels in a dimension of numbers. Equal ones are stored once.
pub(super) struct Numbers {
    range: Range,
    /// The ends, on the scale.
    low: f64,
    high: f64,
    /// Which shape each kernel has.
    shape_of: Vec<usize>,
    shapes: Vec<Shape>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Shape {
    mean: f64,
    deviation: f64,
    /// 1 / deviation
    inverse: f64,
    log_deviation: f64,
    /// The logarithm of the mass within the range.
    log_mass: f64,
    /// The logarithm of the density at the mean.
    log_peak: f64,
}

/// The probabilities of a whole number, computed where they are asked for.
pub(super) struct Masses<'a> {
    of: &'a Numbers,
    from: f64,
    to: f64,
    /// For each shape, no less than the logarithm of its probability, and fast: the mass if the density were everywhere
    /// what it is at the place that is nearest to the mean.
    bounds: Vec<f64>,
    /// The logarithm of each shape's probability; NaN where it is not computed yet.
    computed: Vec<f64>,
}

impl Numbers {
    pub(super) fn new(range: Range, observed: Vec<f64>) -> Self {
        let (low, high) = ends(&range);
        let mut sorted: Vec<(f64, usize)> =
            observed.into_iter().enumerate().map(|(kernel, x)| (to_scale(&range, x), kernel)).collect();
        sorted.sort_unstable_by(|(a, first), (b, second)| a.total_cmp(b).then(first.cmp(second)));
        let n = sorted.len();
        let kernels = deviations(low, high, &sorted).into_iter().chain([high - low]);
        sorted.push((0.5 * (low + high), n));
        let (mut shape_of, mut shapes) = (vec![0; n + 1], Vec::<Shape>::with_capacity(n + 1));
        for (&(mean, kernel), deviation) in sorted.iter().zip(kernels) {
            let last = shapes.last().copied();
            if last.is_none_or(|last| last.mean != mean || last.deviation != deviation) {
                shapes.push(Shape::new(mean, deviation, low, high, last));
            }
            shape_of[kernel] = shapes.len() - 1;
        }
        Self { range, low, high, shape_of, shapes }
    }

    pub(super) fn n_kernels(&self) -> usize {
        self.shape_of.len()
    }

    /// The standard deviation of a kernel, on the scale.
    #[cfg(test)]
    pub(super) fn deviation(&self, kernel: usize) -> f64 {
        self.shapes[self.shape_of[kernel]].deviation
    }

    pub(super) fn is_whole(&self) -> bool {
        self.range.whole
    }

    /// The value of a kernel at the share `u` of its mass within the range.
    pub(super) fn draw(&self, kernel: usize, u: f64) -> f64 {
        let Shape { mean, deviation, .. } = self.shapes[self.shape_of[kernel]];
        let (from, to) = ((self.low - mean) / deviation, (self.high - mean) / deviation);
        rounded(&self.range, from_scale(&self.range, mean + deviation * normal::truncated_quantile(u, from, to)))
    }

    /// Adds the logarithm of each kernel's density at `x`, of real numbers.
    pub(super) fn add(&self, x: f64, logs: &mut [f64]) {
        let x = to_scale(&self.range, x);
        let densities: Vec<f64> = self.shapes.iter().map(|shape| shape.log_density(x)).collect();
        for (log, &shape) in logs.iter_mut().zip(&self.shape_of) {
            *log += densities[shape];
        }
    }

    /// The probabilities of the whole number `x`.
    pub(super) fn masses(&self, x: f64) -> Masses<'_> {
        let (from, to) = (to_scale(&self.range, x - 0.5), to_scale(&self.range, x + 0.5));
        let log_width = libm::log(to - from);
        let bound = |shape: &Shape| log_width + shape.log_density(shape.mean.max(from).min(to));
        let bounds = self.shapes.iter().map(bound).collect();
        Masses { of: self, from, to, bounds, computed: vec![f64::NAN; self.shapes.len()] }
    }
}

impl Shape {
    /// The shape in a range from `low` to `high`. `last` saves time if it is as wide.
    fn new(mean: f64, deviation: f64, low: f64, high: f64, last: Option<Self>) -> Self {
        let log_mass = normal::log_mass((low - mean) / deviation, (high - mean) / deviation);
        let as_wide = last.filter(|last| last.deviation == deviation);
        let log_deviation = as_wide.map_or_else(|| libm::log(deviation), |last| last.log_deviation);
        let log_peak = -LOG_ROOT_OF_TAU - log_deviation - log_mass;
        Self { mean, deviation, inverse: 1.0 / deviation, log_deviation, log_mass, log_peak }
    }

    fn log_density(&self, x: f64) -> f64 {
        let z = (x - self.mean) * self.inverse;
        self.log_peak - 0.5 * z * z
    }
}

impl Masses<'_> {
    /// Adds the bound of each kernel.
    pub(super) fn add_bounds(&self, logs: &mut [f64]) {
        for (log, &shape) in logs.iter_mut().zip(&self.of.shape_of) {
            *log += self.bounds[shape];
        }
    }

    /// The logarithm of a kernel's probability.
    pub(super) fn log_mass(&mut self, kernel: usize) -> f64 {
        let index = self.of.shape_of[kernel];
        if self.computed[index].is_nan() {
            let Shape { mean, deviation, log_mass, .. } = self.of.shapes[index];
            let inside = normal::log_mass((self.from - mean) / deviation, (self.to - mean) / deviation);
            self.computed[index] = inside - log_mass;
        }
        self.computed[index]
    }
}

/// The standard deviation of the kernel around each of `means`, which ascend: the larger distance to its neighbours. An
/// end of the range is a neighbour too, but not of the outermost kernels if there are two or more.
fn deviations(low: f64, high: f64, means: &[(f64, usize)]) -> Vec<f64> {
    let (n, width) = (means.len(), high - low);
    // The kernel that covers the range is one more, and counts.
    let narrowest = width * NARROWEST.max(1.0 / (n + 2) as f64);
    let mean = |index: usize| means[index].0;
    let deviation = |index: usize| {
        let before = index.checked_sub(1).map(|previous| mean(index) - mean(previous));
        let after = (index + 1 < n).then(|| mean(index + 1) - mean(index));
        let larger = match (before, after) {
            (Some(before), Some(after)) => before.max(after),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => (mean(index) - low).max(high - mean(index)),
        };
        larger.clamp(narrowest, width)
    };
    (0..n).map(deviation).collect()
}
