//! How often a difference is claimed where there is none. The standard error of 5 % is 0.1 % over 30,000 sweeps, 0.2 % over
//! 10,000, 0.3 % over 4,000 and 0.7 % over 1,000: the nearer the true share is to 5 %, the more sweeps it takes.

use crate::sweeps::{Draws, N_TEST, N_TRAIN, Sweep, Variances, correlated, split_rows};
use crate::{SUPPOSED, against_baseline, between, claimed, differences, share};
use recur_stats::{corrected_resampled_t, holm, mean, paired_t};

/// A baseline and four models.
const EQUAL: [f64; 5] = [0.0; 5];

fn claims_anything(sweep: &Sweep) -> bool {
    !claimed(sweep).is_empty()
}

/// Over 200,000 sweeps the shares are 4.8, 4.7 and 4.5 % for 3, 5 and 10 replicates.
fn check_supposed(replicates: usize, n_sweeps: u64) {
    let error = share(n_sweeps, |draws| correlated(draws, &EQUAL, replicates, SUPPOSED), claims_anything);
    between(0.04, error, 0.05);
}

#[test]
fn equal_models_are_distinguished_in_at_most_five_percent_of_sweeps_with_3_replicates() {
    check_supposed(3, 30_000);
}

#[test]
fn equal_models_are_distinguished_in_at_most_five_percent_of_sweeps_with_5_replicates() {
    check_supposed(5, 10_000);
}

#[test]
fn equal_models_are_distinguished_in_at_most_five_percent_of_sweeps_with_10_replicates() {
    check_supposed(10, 10_000);
}

/// A twentieth of the spread comes from which rows are trained on. Over 40,000 sweeps the shares are 4.6, 4.0 and 3.1 % for
/// 3, 5 and 10 replicates; without
/// that twentieth 4.1, 3.0 and 1.6 %, with twice as much 4.9 % each.
fn check_split_rows(replicates: usize, n_sweeps: u64) {
    let variances = Variances { start: 1.0, train: 0.1, test: 1.0 };
    let error = share(n_sweeps, |draws| split_rows(draws, &EQUAL, replicates, variances), claims_anything);
    between(0.02, error, 0.05);
}

#[test]
fn equal_models_on_splits_of_the_same_rows_are_distinguished_in_at_most_five_percent_of_sweeps_with_3_replicates() {
    check_split_rows(3, 4_000);
}

#[test]
fn equal_models_on_splits_of_the_same_rows_are_distinguished_in_at_most_five_percent_of_sweeps_with_5_replicates() {
    check_split_rows(5, 2_000);
}

#[test]
fn equal_models_on_splits_of_the_same_rows_are_distinguished_in_at_most_five_percent_of_sweeps_with_10_replicates() {
    check_split_rows(10, 1_000);
}

/// Replicates share most of their training rows, so the scores correlate by far more than the test supposes: no metric of
/// replicates on the same rows can tell what other rows would have given.
#[test]
fn where_training_rows_make_a_third_of_the_spread_the_test_is_too_sure() {
    let variances = Variances { start: 1.0, train: 1.0, test: 1.0 };
    let error = share(1_000, |draws| split_rows(draws, &EQUAL, 10, variances), claims_anything);
    between(0.15, error, 0.3);
}

#[test]
fn one_model_that_differs_does_not_raise_the_error_of_the_others() {
    let effects = [0.0, 8.0, 0.0, 0.0, 0.0];
    let of_equals = |sweep: &Sweep| claimed(sweep).iter().any(|model| *model != 1);
    between(0.03, share(5_000, |draws| correlated(draws, &effects, 5, SUPPOSED), of_equals), 0.05);
}

#[test]
fn without_the_correction_for_shared_rows_equal_models_are_distinguished_too_often() {
    let plain = |sweep: &Sweep| {
        let p = |model: &Vec<f64>| paired_t(&differences(model, &sweep[0])).unwrap().p;
        holm(&sweep[1..].iter().map(p).collect::<Vec<_>>()).iter().any(|p| *p < 0.05)
    };
    between(0.17, share(1_000, |draws| correlated(draws, &EQUAL, 10, SUPPOSED), plain), 0.25);
}

#[test]
fn without_the_correction_for_several_tests_equal_models_are_distinguished_too_often() {
    let uncorrected = |sweep: &Sweep| against_baseline(sweep).iter().any(|comparison| comparison.p < 0.05);
    between(0.13, share(1_000, |draws| correlated(draws, &EQUAL, 10, SUPPOSED), uncorrected), 0.2);
}

#[test]
fn an_interval_misses_the_true_difference_in_five_percent_of_sweeps() {
    let misses = |sweep: &Sweep| !against_baseline(sweep)[0].interval.contains(0.7);
    between(0.044, share(10_000, |draws| correlated(draws, &[0.0, 0.7], 5, SUPPOSED), misses), 0.056);
}

/// p-values of all pairs of models, and whether the pair holds the model with the best mean.
fn all_pairs(sweep: &Sweep) -> Vec<(f64, bool)> {
    let score = |model: &usize| mean(&sweep[*model]).unwrap();
    let best = (0..sweep.len()).max_by(|a, b| score(a).total_cmp(&score(b))).unwrap();
    let pairs = (0..sweep.len()).flat_map(|second| (0..second).map(move |first| (first, second)));
    let p = |(first, second): (usize, usize)| {
        let compared = corrected_resampled_t(&differences(&sweep[first], &sweep[second]), N_TRAIN, N_TEST);
        (compared.unwrap().p, first == best || second == best)
    };
    pairs.map(p).collect()
}

/// Which model is best is seen from the same scores, so it has been compared with all pairs of models in effect.
#[test]
fn the_best_model_against_each_other_one_takes_a_correction_over_all_pairs() {
    let too_few = |sweep: &Sweep| {
        let p_values: Vec<f64> = all_pairs(sweep).iter().filter(|(_, best)| *best).map(|(p, _)| *p).collect();
        holm(&p_values).iter().any(|p| *p < 0.05)
    };
    let all = |sweep: &Sweep| {
        let pairs = all_pairs(sweep);
        let adjusted = holm(&pairs.iter().map(|(p, _)| *p).collect::<Vec<_>>());
        adjusted.iter().zip(&pairs).any(|(p, (_, best))| *p < 0.05 && *best)
    };
    let sweeps = |draws: &mut _| correlated(draws, &EQUAL, 10, SUPPOSED);
    between(0.07, share(2_000, sweeps, too_few), 0.11);
    between(0.02, share(2_000, sweeps, all), 0.05);
}

/// Equal models of several equal configurations each: the one with the best mean on validation, which correlates with its test
/// metrics by `luck`, is the model's. `n_configurations` has an entry a model, the baseline first.
fn chosen_by_validation(draws: &mut Draws, n_configurations: &[usize], luck: f64) -> Sweep {
    let tests = correlated(draws, &vec![0.0; n_configurations.iter().sum()], 10, SUPPOSED);
    let mut validated = |test: &Vec<f64>| {
        let noise = |draws: &mut Draws| (1.0 - luck * luck).sqrt() * draws.normal();
        let validation: Vec<f64> = test.iter().map(|score| luck * score + noise(draws)).collect();
        (mean(&validation).unwrap(), test.clone())
    };
    let mut tests = tests.iter();
    let best = |n: &usize| {
        let candidates = tests.by_ref().take(*n).map(&mut validated);
        candidates.max_by(|a, b| a.0.total_cmp(&b.0)).expect("a model has a configuration").1
    };
    n_configurations.iter().map(best).collect()
}

#[test]
fn with_the_choice_of_configurations_by_validation_equal_models_are_distinguished_in_at_most_five_percent_of_sweeps() {
    let error = share(10_000, |draws| chosen_by_validation(draws, &[4; 5], 0.0), claims_anything);
    between(0.03, error, 0.05);
    between(0.015, share(2_000, |draws| chosen_by_validation(draws, &[4; 5], 0.5), claims_anything), 0.05);
}

#[test]
fn a_model_that_tries_more_configurations_gains_nothing_where_luck_on_validation_is_none_on_test() {
    let error = share(6_000, |draws| chosen_by_validation(draws, &[1, 8, 8, 8, 8], 0.0), claims_anything);
    between(0.03, error, 0.05);
}

/// Where a replicate that is lucky on validation is lucky on test as well, the best of eight equal configurations is a little
/// ahead of one that had no choice. That is a real lead of these trained models and no true one of their settings: no test over
/// replicates can tell. Sweeps of equal size do not have it.
#[test]
fn a_model_that_tries_more_configurations_gains_a_little_where_luck_is_shared() {
    let error = share(4_000, |draws| chosen_by_validation(draws, &[1, 8, 8, 8, 8], 0.5), claims_anything);
    between(0.05, error, 0.09);
}
