//! Two equally good models whose replicates all use one test set: how often the test tells them apart, and how often it
//! finds a difference that is there. The standard error of 5 % is 0.5 % over 2,000 experiments.

use crate::between;
use crate::sweeps::Draws;
use recur_stats::*;

const N_TRAIN: usize = 80;
const N_HELD_OUT: usize = 10;
const N_GROUPS: usize = 100;
const N_EXPERIMENTS: u64 = 2_000;
/// The correlation of training effects between replicates that the correction supposes.
const SHARED: f64 = N_HELD_OUT as f64 / (N_HELD_OUT + N_TRAIN) as f64;

/// The variances of the mean difference of two models on the test set.
#[derive(Clone, Copy)]
struct Sources {
    /// Of the training rows and the start of one replicate.
    training: f64,
    /// Of the test examples: the same in each replicate.
    test: f64,
    /// Of single predictions: new in each replicate and example.
    prediction: f64,
}

/// (r, G): the difference of two models on one row per group, in each replicate.
fn experiment(draws: &mut Draws, replicates: usize, effect: f64, sources: Sources) -> Vec<Vec<f64>> {
    let of_rows = |variance: f64| (variance * N_GROUPS as f64).sqrt();
    let hard: Vec<f64> = (0..N_GROUPS).map(|_| of_rows(sources.test) * draws.normal()).collect();
    let shared = (SHARED * sources.training).sqrt() * draws.normal();
    let mut replicate = |_| {
        let trained = effect + shared + ((1.0 - SHARED) * sources.training).sqrt() * draws.normal();
        hard.iter().map(|hard| trained + hard + of_rows(sources.prediction) * draws.normal()).collect()
    };
    (0..replicates).map(&mut replicate).collect()
}

/// The difference of each replicate, and the variance of their mean over resampled groups.
fn measured(experiment: &[Vec<f64>], resamples: &GroupResamples) -> (Vec<f64>, f64) {
    let rows: Vec<&[f64]> = experiment.iter().map(Vec::as_slice).collect();
    let drawn = resamples.mean_of_rows(&rows);
    let variance = variance_of_difference(&drawn, &vec![0.0; drawn.len()]).unwrap();
    (rows.iter().map(|rows| mean(rows).unwrap()).collect(), variance)
}

type Test = fn(&[f64], f64) -> f64;

fn combined(differences: &[f64], test_variance: f64) -> f64 {
    fixed_test_set(differences, N_TRAIN, N_HELD_OUT, test_variance, N_GROUPS).unwrap().p()
}

/// For models without any randomness, trained on the same rows in all replicates: their differences are equal.
fn same_training_rows(differences: &[f64], test_variance: f64) -> f64 {
    fixed_test_set(differences, N_TRAIN, 0, test_variance, N_GROUPS).unwrap().p()
}

/// As [`fixed_test_set`], with the degrees of freedom of Welch and Satterthwaite.
fn satterthwaite(differences: &[f64], test_variance: f64) -> f64 {
    let replicates = corrected_resampled(differences, N_TRAIN, N_HELD_OUT).unwrap();
    let (a, b) = (replicates.standard_error * replicates.standard_error, test_variance);
    let freedom = (a + b) * (a + b) / (a * a / replicates.freedom + b * b / (N_GROUPS - 1) as f64);
    Estimate { standard_error: (a + b).sqrt(), freedom, ..replicates }.p()
}

fn replicates_only(differences: &[f64], _: f64) -> f64 {
    corrected_resampled(differences, N_TRAIN, N_HELD_OUT).unwrap().p()
}

fn test_examples_only(differences: &[f64], test_variance: f64) -> f64 {
    two_sided_p(mean(differences).unwrap() / test_variance.sqrt(), (N_GROUPS - 1) as f64)
}

/// The share of experiments with p < 0.05.
fn found(test: Test, replicates: usize, effect: f64, sources: Sources) -> f64 {
    let groups: Vec<u32> = (0..N_GROUPS as u32).collect();
    let mut draws = Draws::keyed(u64::MAX);
    let resamples = GroupResamples::new(&groups, 512, || draws.below(u32::MAX));
    let is_found = |key: &u64| {
        let rows = experiment(&mut Draws::keyed(*key), replicates, effect, sources);
        let (differences, variance) = measured(&rows, &resamples);
        test(&differences, variance) < 0.05
    };
    (0..N_EXPERIMENTS).filter(is_found).count() as f64 / N_EXPERIMENTS as f64
}

/// Three standard errors above 5 %.
const LEVEL: f64 = 0.05 + 3.0 * 0.005;

const TRAINING_ONLY: Sources = Sources { training: 1.0, test: 0.0, prediction: 0.0 };
const TEST_ONLY: Sources = Sources { training: 0.0, test: 1.0, prediction: 0.0 };

#[test]
fn where_all_variance_is_that_of_training_the_level_holds() {
    between(0.035, found(combined, 3, 0.0, TRAINING_ONLY), LEVEL);
    between(0.035, found(combined, 10, 0.0, TRAINING_ONLY), LEVEL);
}

#[test]
fn where_all_variance_is_that_of_test_examples_the_level_holds() {
    between(0.035, found(same_training_rows, 3, 0.0, TEST_ONLY), LEVEL);
    let nearly = Sources { training: 0.01, ..TEST_ONLY };
    between(0.035, found(combined, 5, 0.0, nearly), LEVEL);
}

#[test]
fn equal_replicates_on_other_training_rows_show_nothing() {
    between(0.0, found(combined, 3, 5.0, TEST_ONLY), 0.0);
}

#[test]
fn where_both_vary_the_level_holds() {
    for (training, test) in [(3.0, 0.3), (1.0, 1.0), (1.0, 0.05)] {
        between(0.015, found(combined, 3, 0.0, Sources { training, test, prediction: 0.0 }), LEVEL);
        between(0.025, found(combined, 5, 0.0, Sources { training, test, prediction: 0.0 }), LEVEL);
    }
}

#[test]
fn with_the_degrees_of_freedom_of_welch_and_satterthwaite_the_level_would_not_hold() {
    between(0.07, found(satterthwaite, 3, 0.0, Sources { training: 3.0, test: 0.3, prediction: 0.0 }), 0.09);
}

/// Noise of single predictions is in both sources, so the test is cautious.
#[test]
fn where_single_predictions_vary_the_level_is_below_five_percent() {
    between(0.0, found(combined, 5, 0.0, Sources { training: 0.1, test: 0.1, prediction: 1.0 }), 0.03);
}

#[test]
fn without_the_variance_of_test_examples_equal_models_are_distinguished_too_often() {
    let nearly = Sources { training: 0.01, ..TEST_ONLY };
    between(0.6, found(replicates_only, 5, 0.0, nearly), 1.0);
    between(0.12, found(replicates_only, 5, 0.0, Sources { training: 1.0, test: 0.3, prediction: 0.0 }), 0.4);
}

#[test]
fn without_the_variance_of_training_equal_models_are_distinguished_too_often() {
    between(0.15, found(test_examples_only, 5, 0.0, Sources { training: 1.0, test: 0.2, prediction: 0.0 }), 0.6);
}

/// The sample variance of replicates is `1 − SHARED` of the training variance, as their shared part does not vary.
#[test]
fn a_difference_is_found_about_as_often_as_theory_says() {
    for (replicates, training, test, effect) in
        [(5, 1.0, 0.0, 2.0), (3, 0.0, 1.0, 2.5), (5, 1.0, 1.0, 3.0), (10, 2.0, 0.5, 2.5)]
    {
        let deviation = ((1.0 - SHARED) * training).sqrt();
        let planned = PlannedTest { difference: effect, deviation, n_train: N_TRAIN, n_test: N_HELD_OUT, alpha: 0.05 };
        let planned = PlannedFixedTest { replicates: planned, test_variance: test, n_groups: N_GROUPS };
        let expected = planned.power(replicates);
        let sources = Sources { training, test, prediction: 0.0 };
        let test = if training > 0.0 { combined } else { same_training_rows };
        between(expected - 0.05, found(test, replicates as usize, effect, sources), expected + 0.05);
    }
}
