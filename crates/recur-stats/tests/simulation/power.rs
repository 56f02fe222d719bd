//! How often a difference is found that is there, next to what theory says.

use crate::sweeps::{N_TEST, N_TRAIN, Sweep, correlated};
use crate::{SUPPOSED, against_baseline, between, claimed, differences, share};
use recur_stats::{PlannedTest, corrected_resampled_tost};

const N_SWEEPS: u64 = 4_000;

/// A model's noise has variance 1, and between replicates the part of it that is shared does not vary: the difference of two
/// models has standard deviation `√(2 (1 − correlation))`.
fn planned(difference: f64, alpha: f64) -> PlannedTest {
    let deviation = (2.0 * (1.0 - SUPPOSED)).sqrt();
    PlannedTest { difference, deviation, n_train: N_TRAIN, n_test: N_TEST, alpha }
}

/// Three standard errors of a share around `expected`.
fn check_near(share: f64, expected: f64) {
    let error = (expected * (1.0 - expected) / N_SWEEPS as f64).sqrt();
    between(expected - 3.0 * error, share, expected + 3.0 * error);
}

fn found(difference: f64, replicates: u32) -> f64 {
    let finds = |sweep: &Sweep| against_baseline(sweep)[0].p < 0.05;
    share(N_SWEEPS, |draws| correlated(draws, &[0.0, difference], replicates as usize, SUPPOSED), finds)
}

#[test]
fn a_difference_is_found_as_often_as_theory_says() {
    for (difference, replicates) in [(0.0, 5), (2.0, 3), (1.5, 5), (2.5, 5), (1.0, 10), (2.0, 10), (1.0, 40)] {
        check_near(found(difference, replicates), planned(difference, 0.05).power(replicates));
    }
}

#[test]
fn the_number_of_replicates_needed_is_the_number_that_is_enough() {
    let needed = planned(2.0, 0.05).replicates_needed(0.8).unwrap();
    assert!(needed > 3, "{needed} leave nothing to check");
    let power = planned(2.0, 0.05);
    assert!(power.power(needed) >= 0.8 && power.power(needed - 1) < 0.8);
    check_near(found(2.0, needed), power.power(needed));
    check_near(found(2.0, needed - 1), power.power(needed - 1));
}

#[test]
fn a_difference_that_is_small_against_what_replicates_share_is_often_missed_by_fifty_of_them() {
    assert_eq!(planned(1.0, 0.05).replicates_needed(0.8), None);
    between(0.3, found(1.0, 50), 0.6);
}

/// Holm tests the least p-value at `0.05 / k` and the greatest at 0.05.
#[test]
fn among_several_models_a_difference_is_found_as_often_as_the_levels_of_holm_allow() {
    let finds = |sweep: &Sweep| claimed(sweep).contains(&2);
    let share = share(N_SWEEPS, |draws| correlated(draws, &[0.0, 0.0, 2.5, 0.0, 0.0], 8, SUPPOSED), finds);
    between(planned(2.5, 0.05 / 4.0).power(8) - 0.02, share, planned(2.5, 0.05).power(8));
}

#[test]
fn models_just_as_far_apart_as_the_margin_are_called_equivalent_in_five_percent_of_sweeps() {
    let margin = 4.0;
    let equivalent = |sweep: &Sweep| {
        let differences = differences(&sweep[1], &sweep[0]);
        corrected_resampled_tost(&differences, margin, N_TRAIN, N_TEST).unwrap().p < 0.05
    };
    for difference in [-margin, margin] {
        check_near(share(N_SWEEPS, |draws| correlated(draws, &[0.0, difference], 10, SUPPOSED), equivalent), 0.05);
    }
    between(0.9, share(N_SWEEPS, |draws| correlated(draws, &[0.0, 0.0], 10, SUPPOSED), equivalent), 1.0);
}
