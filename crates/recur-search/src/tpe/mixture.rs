//! The density of a group of points: a weighted mixture of kernels, one around each point and one that covers the space.
//! A kernel is the product of its factors in each dimension.

use super::categories::Categories;
use super::numbers::{Masses, Numbers};
use crate::draws::unit;
use crate::ranges::Axis;
use recur_core::random::Stream;
use recur_core::space::Values;

/// Of the latest so many points, all have the same weight.
const FULL_WEIGHT: usize = 25;
/// A kernel whose log density is smaller by this than that of another adds less than f64 can show: exp(−37) is below 2⁻⁵³.
const NEGLIGIBLE: f64 = 37.0;

/// A mixture of kernels.
pub(super) struct Mixture {
    /// The logarithm of each kernel's weight.
    log_weights: Vec<f64>,
    /// The sum of the weights up to each kernel.
    cumulative: Vec<f64>,
    axes: Vec<Kernels>,
}

/// The factors of all kernels in one dimension. The last kernel covers all of it.
pub(super) enum Kernels {
    Categories(Categories),
    Numbers(Numbers),
}

impl Kernels {
    /// The factors around the coordinates `number` of `observations`.
    pub(super) fn of_axis(axis: &Axis, number: usize, observations: &[&[f64]]) -> Self {
        let numbers = |range| Numbers::new(range, observations.iter().map(|at| at[number]).collect());
        match (axis.values(), axis.places_in_order()) {
            (Values::Range(range), _) => Self::Numbers(numbers(*range)),
            (_, Some(places)) => Self::Numbers(numbers(places)),
            (Values::List(values), None) => Self::of_list(values.len(), number, observations),
        }
    }

    /// The same for a dimension with `n` values in no order.
    pub(super) fn of_list(n: usize, number: usize, observations: &[&[f64]]) -> Self {
        Self::Categories(Categories::new(n, observations.iter().map(|at| at[number] as usize).collect()))
    }

    fn n_kernels(&self) -> usize {
        match self {
            Self::Categories(categories) => categories.n_kernels(),
            Self::Numbers(numbers) => numbers.n_kernels(),
        }
    }

    fn draw(&self, kernel: usize, u: f64) -> f64 {
        match self {
            Self::Categories(categories) => categories.draw(kernel, u) as f64,
            Self::Numbers(numbers) => numbers.draw(kernel, u),
        }
    }
}

impl Mixture {
    pub(super) fn new(axes: impl IntoIterator<Item = Kernels>) -> Self {
        let axes: Vec<Kernels> = axes.into_iter().collect();
        let weights = weights(axes.first().map_or(1, Kernels::n_kernels));
        let total: f64 = weights.iter().sum();
        let log_weights = weights.iter().map(|weight| libm::log(weight / total)).collect();
        let mut sum = 0.0;
        let cumulative = weights.iter().map(|weight| {
            sum += weight / total;
            sum
        });
        Self { log_weights, cumulative: cumulative.collect(), axes }
    }

    /// A point from the mixture: a kernel, then a value in each dimension.
    pub(super) fn draw(&self, kernels: &mut Stream, streams: &mut [Stream]) -> Vec<f64> {
        let u = unit(kernels);
        let kernel = self.cumulative.partition_point(|&sum| sum <= u).min(self.cumulative.len() - 1);
        self.axes.iter().zip(streams).map(|(axis, stream)| axis.draw(kernel, unit(stream))).collect()
    }

    /// The logarithm of the density at a point.
    pub(super) fn log_density(&self, at: &[f64]) -> f64 {
        let mut logs = self.log_weights.clone();
        let mut masses = Vec::new();
        for (axis, &x) in self.axes.iter().zip(at) {
            match axis {
                Kernels::Categories(categories) => categories.add(x as usize, &mut logs),
                Kernels::Numbers(numbers) if numbers.is_whole() => masses.push(numbers.masses(x)),
                Kernels::Numbers(numbers) => numbers.add(x, &mut logs),
            }
        }
        if !masses.is_empty() {
            add_masses(&mut logs, &mut masses);
        }
        log_sum_exp(&logs)
    }
}

/// Adds the logarithms of the probabilities in dimensions of whole numbers. They are slow to compute, so kernels that are
/// negligible whatever they are count as nothing.
fn add_masses(logs: &mut [f64], masses: &mut [Masses<'_>]) {
    let mut bounds = logs.to_vec();
    masses.iter().for_each(|axis| axis.add_bounds(&mut bounds));
    let first = (1..logs.len()).fold(0, |best, kernel| if bounds[kernel] > bounds[best] { kernel } else { best });
    let mut exact = |log: f64, kernel: usize| masses.iter_mut().fold(log, |sum, axis| sum + axis.log_mass(kernel));
    let mut largest = exact(logs[first], first);
    for (kernel, (log, bound)) in logs.iter_mut().zip(bounds).enumerate() {
        *log = if bound < largest - NEGLIGIBLE { f64::NEG_INFINITY } else { exact(*log, kernel) };
        largest = largest.max(*log);
    }
}

/// The logarithm of the sum of the exponentials.
fn log_sum_exp(logs: &[f64]) -> f64 {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    let terms = logs.iter().filter(|&&log| log > largest - NEGLIGIBLE).map(|log| libm::exp(log - largest));
    libm::log(terms.sum()) + largest
}

/// The weights of so many kernels, the last of which covers the space. Old points weigh less than the latest 25.
fn weights(n_kernels: usize) -> Vec<f64> {
    let n = n_kernels - 1;
    let n_old = n.saturating_sub(FULL_WEIGHT);
    let first = 1.0 / n as f64;
    let step = if n_old > 1 { (1.0 - first) / (n_old - 1) as f64 } else { 0.0 };
    (0..n_kernels).map(|index| if index < n_old { first + index as f64 * step } else { 1.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_points_weigh_less() {
        assert_eq!(weights(1), [1.0]);
        assert_eq!(weights(26), [1.0; 26]);
        assert_eq!(weights(27)[..2], [1.0 / 26.0, 1.0]);
        let of_30 = weights(31);
        let expected = [1.0 / 30.0, 0.275, 31.0 / 60.0, 0.758_333_333_333_333_3, 1.0, 1.0];
        assert!(of_30.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{of_30:?}");
    }
}
