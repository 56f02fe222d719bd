//! A tree-structured Parzen estimator (Bergstra et al. 2011, "Algorithms for hyper-parameter optimization"; Watanabe 2023,
//! "Tree-structured Parzen estimator", arXiv:2304.11127), with the defaults of Optuna 5.0. Those of 4.9 differ: it treats
//! each dimension by itself.
//!
//! Before there are enough results, the points are those of a Sobol sequence. They are random in Optuna; here, even ones
//! were better on recorded results (docs/performance.md).
//!
//! The best tenth of the results, at most 25, are the *good* ones. All others are the *bad* ones, as are the points whose
//! result is not known yet: so nothing is proposed close to a trial that runs, unless others were good there. Either
//! group gives a density (`mixture.rs`). Of 24 points drawn from the good density, that is proposed where its ratio to
//! the bad density is largest.
//!
//! A list of three numbers or more that ascend or descend is estimated as its places, which are whole numbers. Optuna
//! takes any list as words without an order.
//!
//! In a space of several boxes, the box is chosen first, in the same way, as if it were a list of words. The densities in
//! a box are those of the points that lie in it. Which points are good is decided among all.
//!
//! All numbers are f64, functions are those of libm, sums run in ascending order, and the first of equals wins.

mod categories;
mod mixture;
mod normal;
mod numbers;
#[cfg(test)]
mod reference;

use crate::draws::Draws;
use crate::outcome::Outcome;
use crate::ranges::{Place, Ranges};
use mixture::{Kernels, Mixture};
use recur_core::metric::Metric;

/// Before so many results, there is no estimate.
const RESULTS_BEFORE: usize = 10;
/// How many points are drawn, of which one is proposed.
const CANDIDATES: usize = 24;

/// The candidates for the next proposal, the best first; none while there are too few results. `known` are the outcomes of
/// the first places; all further places have no outcome yet.
pub(crate) fn candidates(
    ranges: &Ranges,
    places: &[Place],
    known: &[Option<Outcome>],
    metric: Metric,
    draws: &Draws,
) -> Option<Vec<Place>> {
    let groups = Groups::new(places.len(), known, metric)?;
    let in_box = chosen_box(ranges, places, &groups, draws);
    let axes = &ranges.boxes[in_box].0;
    let mixture = |group: &[usize]| {
        let inside = group.iter().map(|&index| &places[index]).filter(|place| place.in_box == in_box);
        let observations: Vec<&[f64]> = inside.map(|place| &place.at[..]).collect();
        Mixture::new(axes.iter().enumerate().map(|(number, axis)| Kernels::of_axis(axis, number, &observations)))
    };
    let (good, bad) = (mixture(&groups.good), mixture(&groups.bad));
    let mut kernels = draws.stream("tpe/kernel");
    let mut streams: Vec<_> = axes.iter().map(|axis| draws.stream_of("tpe", axis.name())).collect();
    let drawn: Vec<Vec<f64>> = (0..CANDIDATES).map(|_| good.draw(&mut kernels, &mut streams)).collect();
    let mut rated: Vec<(f64, Vec<f64>)> = drawn.into_iter().map(|at| (log_ratio(&good, &bad, &at), at)).collect();
    rated.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    Some(rated.into_iter().map(|(_, at)| Place { in_box, at }).collect())
}

/// The box in which the next proposal lies.
fn chosen_box(ranges: &Ranges, places: &[Place], groups: &Groups, draws: &Draws) -> usize {
    let n = ranges.boxes.len();
    if n == 1 {
        return 0;
    }
    let mixture = |group: &[usize]| {
        let boxes: Vec<[f64; 1]> = group.iter().map(|&index| [places[index].in_box as f64]).collect();
        let observations: Vec<&[f64]> = boxes.iter().map(|one| &one[..]).collect();
        Mixture::new([Kernels::of_list(n, 0, &observations)])
    };
    let (good, bad) = (mixture(&groups.good), mixture(&groups.bad));
    let (mut kernels, mut stream) = (draws.stream("tpe/box/kernel"), [draws.stream("tpe/box")]);
    let drawn: Vec<Vec<f64>> = (0..CANDIDATES).map(|_| good.draw(&mut kernels, &mut stream)).collect();
    let first_best = |best: (f64, usize), at: &Vec<f64>| {
        let ratio = log_ratio(&good, &bad, at);
        if ratio > best.0 { (ratio, at[0] as usize) } else { best }
    };
    drawn.iter().fold((f64::NEG_INFINITY, 0), first_best).1
}

/// The logarithm of how much denser good points are at a place than bad ones. Where f64 holds neither density, it is the
/// least.
fn log_ratio(good: &Mixture, bad: &Mixture, at: &[f64]) -> f64 {
    let ratio = good.log_density(at) - bad.log_density(at);
    if ratio.is_nan() { f64::NEG_INFINITY } else { ratio }
}

/// The indices of good and of other points, each ascending.
struct Groups {
    good: Vec<usize>,
    bad: Vec<usize>,
}

impl Groups {
    /// The groups of `n` points; none if too few have an outcome.
    fn new(n: usize, known: &[Option<Outcome>], metric: Metric) -> Option<Self> {
        let mut finished: Vec<(usize, Outcome)> =
            known.iter().enumerate().filter_map(|(index, outcome)| Some((index, (*outcome)?))).collect();
        if finished.len() < RESULTS_BEFORE {
            return None;
        }
        let n_good = n_good(finished.len());
        let better_first = |a: &(usize, Outcome), b: &(usize, Outcome)| a.1.compare(b.1, metric).then(a.0.cmp(&b.0));
        finished.select_nth_unstable_by(n_good - 1, better_first);
        let mut good: Vec<usize> = finished[..n_good].iter().map(|(index, _)| *index).collect();
        good.sort_unstable();
        let bad = (0..n).filter(|index| good.binary_search(index).is_err()).collect();
        Some(Self { good, bad })
    }
}

/// How many of `n` results are good ones.
fn n_good(n: usize) -> usize {
    n.div_ceil(10).min(25)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_good_and_at_most_25() {
        assert_eq!([1, 10, 11, 96, 250, 1_000].map(n_good), [1, 1, 2, 10, 25, 25]);
    }

    #[test]
    fn points_without_an_outcome_are_bad_and_diverged_ones_last() {
        let mut known: Vec<Option<Outcome>> = (0..11).map(|n| Some(Outcome::Mean(f64::from(n % 3)))).collect();
        known[2] = Some(Outcome::Worst);
        let groups = Groups::new(13, &known, Metric::Accuracy).unwrap();
        assert_eq!(groups.good, [5, 8]);
        assert_eq!(groups.bad, [0, 1, 2, 3, 4, 6, 7, 9, 10, 11, 12]);
        assert!(Groups::new(13, &known[..9], Metric::Accuracy).is_none());
    }
}
