//! The ensembles of two equally good models on one test set: how often the test tells them apart, and how often it finds a
//! difference that is there. The standard error of 5 % is 0.5 % over 2,000 experiments.

use crate::between;
use crate::sweeps::Draws;
use recur_stats::*;

const N_TRAIN: usize = 80;
const N_HELD_OUT: usize = 10;
const N_GROUPS: usize = 200;
const N_EXPERIMENTS: u64 = 2_000;
/// The correlation of training effects between replicates that the correction supposes.
const SHARED: f64 = N_HELD_OUT as f64 / (N_HELD_OUT + N_TRAIN) as f64;

/// The standard deviations of a model's log-odds of the true one of two labels.
#[derive(Clone, Copy)]
struct Spread {
    /// Of a test row, for one of the models.
    row: f64,
    /// Of a replicate: the same for all rows.
    replicate: f64,
    /// Of a replicate and a row.
    prediction: f64,
}

/// One row per group: the distributions that each replicate of a model gives, (r, G, 2), the true label first.
fn model(draws: &mut Draws, replicates: usize, skill: f64, hard: &[f64], spread: Spread) -> Vec<Vec<[f64; 2]>> {
    let rows: Vec<f64> = hard.iter().map(|hard| skill - hard + spread.row * draws.normal()).collect();
    let shared = SHARED.sqrt() * draws.normal();
    let mut replicate = |_| {
        let trained = spread.replicate * (shared + (1.0 - SHARED).sqrt() * draws.normal());
        let of_row = |row: &f64| {
            let odds = libm::exp(row + trained + spread.prediction * draws.normal());
            [odds / (1.0 + odds), 1.0 / (1.0 + odds)]
        };
        rows.iter().map(of_row).collect()
    };
    (0..replicates).map(&mut replicate).collect()
}

/// Which rows the mean of `members` gets right, 1 or 0, (G).
fn right(members: &[&Vec<[f64; 2]>]) -> Vec<f64> {
    let of_row = |row: usize| {
        let distributions: Vec<&[f64]> = members.iter().map(|member| &member[row][..]).collect();
        let mean = mean_distribution(&distributions);
        f64::from(u8::from(mean[0] > mean[1]))
    };
    (0..N_GROUPS).map(of_row).collect()
}

/// The accuracy of an ensemble as values of its members, and its right rows.
fn ensemble(replicates: &[Vec<[f64; 2]>]) -> (Vec<f64>, Vec<f64>) {
    let all = right(&replicates.iter().collect::<Vec<_>>());
    let without = |left_out: usize| {
        let kept = replicates.iter().enumerate().filter(|(place, _)| *place != left_out);
        mean(&right(&kept.map(|(_, replicate)| replicate).collect::<Vec<_>>())).unwrap()
    };
    (jackknife(mean(&all).unwrap(), &(0..replicates.len()).map(without).collect::<Vec<_>>()), all)
}

/// The p-value from the differences of two ensembles' values and the variance over test rows.
type Test = fn(&[f64], f64) -> Option<f64>;

fn both_sources(differences: &[f64], test_variance: f64) -> Option<f64> {
    Some(fixed_test_set(differences, N_TRAIN, N_HELD_OUT, test_variance, N_GROUPS)?.p())
}

/// As if an ensemble did not depend on what its members were trained on.
fn test_rows_only(differences: &[f64], test_variance: f64) -> Option<f64> {
    let ratio = mean(differences)? / test_variance.sqrt();
    Some(if ratio.is_finite() { two_sided_p(ratio, (N_GROUPS - 1) as f64) } else { 1.0 })
}

/// The share of experiments with p < 0.05, where the first model's log-odds are better by `effect`.
fn found(test: Test, replicates: usize, effect: f64, spread: Spread) -> f64 {
    let groups: Vec<u32> = (0..N_GROUPS as u32).collect();
    let mut draws = Draws::keyed(u64::MAX);
    let resamples = GroupResamples::new(&groups, 256, || draws.below(u32::MAX));
    let is_found = |key: &u64| {
        let draws = &mut Draws::keyed(*key);
        let hard: Vec<f64> = (0..N_GROUPS).map(|_| draws.normal()).collect();
        let (first, of_first) = ensemble(&model(draws, replicates, 0.5 + effect, &hard, spread));
        let (second, of_second) = ensemble(&model(draws, replicates, 0.5, &hard, spread));
        let differences: Vec<f64> = first.iter().zip(&second).map(|(first, second)| first - second).collect();
        let [a, b] = [of_first, of_second].map(|rows| resamples.mean_of_rows(&[&rows]));
        test(&differences, variance_of_difference(&a, &b).unwrap()).is_some_and(|p| p < 0.05)
    };
    (0..N_EXPERIMENTS).filter(is_found).count() as f64 / N_EXPERIMENTS as f64
}

/// Three standard errors above 5 %.
const LEVEL: f64 = 0.05 + 3.0 * 0.005;

const OF_REPLICATES: Spread = Spread { row: 0.1, replicate: 0.6, prediction: 0.0 };
const OF_ROWS: Spread = Spread { row: 0.6, replicate: 0.05, prediction: 0.1 };
const OF_ALL: Spread = Spread { row: 0.4, replicate: 0.3, prediction: 0.5 };

#[test]
fn ensembles_of_equal_models_are_distinguished_in_at_most_five_percent() {
    for (replicates, spread) in [(3, OF_REPLICATES), (5, OF_REPLICATES), (10, OF_REPLICATES), (5, OF_ROWS), (5, OF_ALL)]
    {
        between(0.0, found(both_sources, replicates, 0.0, spread), LEVEL);
    }
}

#[test]
fn without_the_variance_of_training_they_would_be_distinguished_too_often() {
    between(0.7, found(test_rows_only, 5, 0.0, OF_REPLICATES), 1.0);
}

#[test]
fn a_difference_of_ensembles_is_found() {
    between(0.8, found(both_sources, 5, 0.6, OF_ROWS), 1.0);
    between(0.8, found(both_sources, 5, 1.2, OF_ALL), 1.0);
}
