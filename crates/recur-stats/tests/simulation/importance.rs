//! Sweeps of 3 × 3 × 3 configurations: what share a parameter without effect gets, and whether a known share is covered.

use crate::between;
use crate::sweeps::Draws;
use recur_stats::*;

const N_CONFIGURATIONS: usize = 27;
const N_SWEEPS: u64 = 400;

/// The value of the first, second or third parameter in each configuration.
fn levels(parameter: usize) -> Vec<usize> {
    let place = [1, 3, 9][parameter];
    (0..N_CONFIGURATIONS).map(|configuration| configuration / place % 3).collect()
}

/// (C, R); noise of variance 1, of which replicates share `correlation`, and a spread of replicates that does not matter.
/// Each parameter's values have effects −e, 0, e.
fn sweep(key: u64, replicates: usize, effects: [f64; 3], correlation: f64) -> Vec<Vec<f64>> {
    let mut draws = Draws::keyed(key);
    let blocks: Vec<f64> = (0..replicates).map(|_| 5.0 * draws.normal()).collect();
    let effect = |configuration: usize| -> f64 {
        (0..3).map(|parameter| effects[parameter] * (levels(parameter)[configuration] as f64 - 1.0)).sum()
    };
    let mut scores = |configuration: usize| {
        let fixed = effect(configuration) + correlation.sqrt() * draws.normal();
        blocks.iter().map(|block| block + fixed + (1.0 - correlation).sqrt() * draws.normal()).collect()
    };
    (0..N_CONFIGURATIONS).map(&mut scores).collect()
}

/// What importance was before: the share of the variance between means, noise and all.
fn with_noise(levels: &[usize], scores: &[Vec<f64>]) -> f64 {
    let means: Vec<f64> = scores.iter().map(|scores| mean(scores).unwrap()).collect();
    let of_level = |wanted: usize| {
        let means: Vec<f64> = (0..means.len()).filter(|row| levels[*row] == wanted).map(|row| means[row]).collect();
        mean(&means).unwrap()
    };
    let by_level: Vec<f64> = levels.iter().map(|level| of_level(*level)).collect();
    let deviations = [by_level, means].map(|values| standard_deviation(&values).unwrap());
    (deviations[0] / deviations[1]) * (deviations[0] / deviations[1])
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn share_of(sweeps: impl Iterator<Item = bool>) -> f64 {
    sweeps.filter(|happens| *happens).count() as f64 / N_SWEEPS as f64
}

/// A standard error is 1.1 %.
#[test]
fn where_no_parameter_has_an_effect_a_share_is_given_in_about_five_percent_of_sweeps() {
    for replicates in [3, 10] {
        let is_given = |key| importance(&levels(0), &sweep(key, replicates, [0.0; 3], 0.0)).is_some();
        between(0.02, share_of((0..N_SWEEPS).map(is_given)), 0.085);
    }
}

#[test]
fn noise_that_replicates_share_is_no_signal() {
    let correlation = 0.1 / 0.9;
    let given = |n_test| {
        let is_given =
            |key| corrected_importance(&levels(0), &sweep(key, 5, [0.0; 3], correlation), 80, n_test).is_some();
        share_of((0..N_SWEEPS).map(is_given))
    };
    between(0.0, given(10), 0.085);
    between(0.2, given(0), 1.0);
}

/// The greatest of the three shares, 0 where none is given; with the noise left in, its median is 13 %.
#[test]
fn the_most_important_of_parameters_without_effect_has_no_importance() {
    let greatest = |key: u64, share: fn(&[usize], &[Vec<f64>]) -> f64| {
        let scores = sweep(key, 5, [0.0; 3], 0.0);
        (0..3).map(|parameter| share(&levels(parameter), &scores)).fold(0.0, f64::max)
    };
    let given: fn(&[usize], &[Vec<f64>]) -> f64 =
        |levels, scores| importance(levels, scores).map_or(0.0, |found| found.share);
    between(0.0, median((0..N_SWEEPS).map(|key| greatest(key, given)).collect()), 0.0);
    between(0.1, median((0..N_SWEEPS).map(|key| greatest(key, with_noise)).collect()), 0.5);
}

/// Next to one that matters, the greatest share of the two others.
#[test]
fn beside_a_parameter_that_matters_the_others_have_none() {
    let found = |key: u64| -> Vec<f64> {
        let scores = sweep(key, 5, [0.6, 0.0, 0.0], 0.0);
        (0..3).map(|parameter| importance(&levels(parameter), &scores).map_or(0.0, |found| found.share)).collect()
    };
    let found: Vec<Vec<f64>> = (0..N_SWEEPS).map(found).collect();
    between(0.9, median(found.iter().map(|shares| shares[0]).collect()), 1.0);
    between(0.0, median(found.iter().map(|shares| shares[1].max(shares[2])).collect()), 0.03);
}

/// The effects −e, 0, e of one parameter and −g, 0, g of another: the share of the first is `e² / (e² + g²)`.
#[test]
fn a_known_share_is_found_and_covered() {
    for (replicates, effects) in [
        (2, [1.0, 0.5, 0.0]),
        (3, [1.0, 0.5, 0.0]),
        (5, [0.5, 0.5, 0.2]),
        (10, [0.3, 0.0, 0.4]),
        (3, [4.0, 0.0, 0.0]),
        (5, [0.0, 9.0, 1.0]),
    ] {
        let squares: Vec<f64> = effects.iter().map(|effect| effect * effect).collect();
        let truth = squares[0] / squares.iter().sum::<f64>();
        let found: Vec<Importance> =
            (0..N_SWEEPS).filter_map(|key| importance(&levels(0), &sweep(key, replicates, effects, 0.0))).collect();
        let covered = found.iter().filter(|found| found.interval.contains(truth)).count() as f64;
        between(0.95, covered / found.len() as f64, 1.0);
        let median = median(found.iter().map(|found| found.share).collect());
        between(truth - 0.05, median, truth + 0.05);
    }
}
