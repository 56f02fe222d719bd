//! Estimates of a mean difference, at the ends of what they take.

use proptest::prelude::*;
use recur_stats::*;

fn point(x: f64) -> Interval {
    Interval { low: x, high: x }
}

#[test]
fn too_few_or_not_finite_differences_give_no_estimate() {
    for differences in [&[][..], &[0.1], &[0.1, f64::NAN], &[f64::INFINITY, 0.1], &[1e300, -1e300]] {
        assert_eq!(corrected_resampled(differences, 80, 10), None);
        assert_eq!(fixed_test_set(differences, 80, 10, 0.01, 30), None);
    }
}

#[test]
fn a_test_variance_that_is_none_and_a_single_group_give_no_estimate() {
    for variance in [f64::NAN, f64::INFINITY, -1e-9] {
        assert_eq!(fixed_test_set(&[0.1, 0.2], 80, 10, variance, 30), None);
    }
    assert_eq!(fixed_test_set(&[0.1, 0.2], 80, 10, 0.01, 1), None);
    assert_eq!(fixed_test_set(&[0.1, 0.2], 80, 10, 0.0, 0), None);
}

#[test]
#[should_panic(expected = "models trained on no rows")]
fn training_on_no_rows_is_refused() {
    let _ = corrected_resampled(&[0.1, 0.2], 0, 10);
}

#[test]
fn without_spread_nothing_is_shown() {
    for x in [0.0, 0.3, -0.3] {
        let got = corrected_resampled(&[x; 2], 80, 10).unwrap();
        assert_eq!((got.mean, got.standard_error, got.freedom, got.has_spread()), (x, 0.0, 1.0, false));
        assert_eq!((got.p(), got.tost_p(0.1), got.interval(0.95)), (1.0, 1.0, point(x)));
    }
    let got = fixed_test_set(&[0.3; 4], 80, 10, 0.0, 30).unwrap();
    assert_eq!((got.standard_error, got.freedom, got.p()), (0.0, 3.0, 1.0));
}

/// 0.8 − 0.7 and 0.9 − 0.8 are 0.1 but for their last bits.
#[test]
fn spread_that_is_but_rounding_is_none() {
    let differences = [0.8 - 0.7, 0.9 - 0.8];
    assert_ne!(differences[0], differences[1]);
    assert_eq!(corrected_resampled(&differences, 80, 10).unwrap().p(), 1.0);
    assert!(corrected_resampled(&[0.1, 0.100_001], 80, 10).unwrap().p() < 1e-3);
}

#[test]
fn without_spread_the_posterior_is_a_point() {
    let check = |x: f64, margin: f64, expected: [f64; 3]| {
        let Practical { better, equal, worse } = corrected_resampled(&[x; 3], 80, 10).unwrap().practical(margin);
        assert_eq!([better, equal, worse], expected, "{x} {margin}");
    };
    check(0.3, 0.1, [1.0, 0.0, 0.0]);
    check(-0.3, 0.1, [0.0, 0.0, 1.0]);
    check(0.1, 0.1, [0.0, 1.0, 0.0]);
    check(0.0, 0.0, [0.0, 1.0, 0.0]);
}

#[test]
#[should_panic(expected = "margin -0.1")]
fn a_margin_below_zero_is_refused() {
    let _ = corrected_resampled(&[0.1, 0.2], 80, 10).unwrap().practical(-0.1);
}

#[test]
fn degrees_of_freedom_are_those_of_the_source_that_varies_or_between_the_two() {
    let freedom = |differences: &[f64], variance: f64| fixed_test_set(differences, 80, 0, variance, 5).unwrap().freedom;
    assert_eq!(freedom(&[0.1; 5], 1e-4), 4.0);
    assert_eq!(freedom(&[0.1, 0.2, 0.3], 0.0), 2.0);
    assert_eq!(freedom(&[0.1, 0.2, 0.3], 1e200), 4.0);
    assert_eq!(freedom(&[0.1, 0.2, 0.3, 0.4, 0.5], 0.01), 4.0);
    assert!((2.1..3.9).contains(&freedom(&[0.1, 0.2, 0.3], 0.003)));
    assert_eq!(fixed_test_set(&[0.1; 5], 80, 0, 1e-4, 5).unwrap().standard_error, 0.01);
    let equal = fixed_test_set(&[0.1; 2], 80, 10, 1e-8, 5).unwrap();
    assert!(!equal.has_spread() && equal.p() == 1.0, "other training rows must show their variance");
}

#[test]
fn an_interval_is_clipped_at_both_ends() {
    let check = |low: f64, high: f64, expected: [f64; 2]| {
        let got = Interval { low, high }.clipped(0.0, 1.0);
        assert_eq!([got.low, got.high], expected);
    };
    check(-0.2, 1.4, [0.0, 1.0]);
    check(0.2, 0.4, [0.2, 0.4]);
    check(1.2, 1.4, [1.0, 1.0]);
}

#[test]
fn test_examples_limit_what_replicates_can_show() {
    let replicates = PlannedTest { difference: 0.02, deviation: 0.01, n_train: 80, n_test: 10, alpha: 0.05 };
    let planned = |test_variance: f64| PlannedFixedTest { replicates, test_variance, n_groups: 500 };
    assert_eq!(planned(0.0).power(5), replicates.power(5));
    assert!(planned(1e-4).power(1000) < 0.6);
    assert_eq!((planned(1e-4).power(1), planned(1e-4).smallest_detectable(1, 0.8)), (0.0, None));
    let least = planned(1e-4).smallest_detectable(5, 0.8).unwrap();
    let reached = PlannedFixedTest { replicates: PlannedTest { difference: least, ..replicates }, ..planned(1e-4) };
    assert!((reached.power(5) - 0.8).abs() < 1e-7);
}

proptest! {
    #[test]
    fn the_corrected_test_is_that_of_its_estimate(differences in prop::collection::vec(-1.0_f64..1.5, 2..12)) {
        let (estimate, test) = (corrected_resampled(&differences, 80, 10).unwrap(), corrected_resampled_t(&differences, 80, 10).unwrap());
        prop_assert_eq!((estimate.mean, estimate.interval(0.95), estimate.p()), (test.mean, test.interval, test.p));
        let tost = corrected_resampled_tost(&differences, 0.3, 80, 10).unwrap();
        prop_assert_eq!((estimate.tost_p(0.3), estimate.interval(0.9)), (tost.p, tost.interval));
    }

    #[test]
    fn probabilities_sum_to_one_and_turn_with_the_models(
        differences in prop::collection::vec(-1.0_f64..1.5, 2..12), margin in 0.0_f64..2.0,
    ) {
        let opposite: Vec<f64> = differences.iter().map(|difference| -difference).collect();
        let got = corrected_resampled(&differences, 80, 10).unwrap().practical(margin);
        let other = corrected_resampled(&opposite, 80, 10).unwrap().practical(margin);
        prop_assert!((got.better + got.equal + got.worse - 1.0).abs() < 1e-12);
        prop_assert!([got.better, got.equal, got.worse].iter().all(|p| (0.0..=1.0).contains(p)));
        prop_assert_eq!((got.better, got.worse), (other.worse, other.better));
    }

    #[test]
    fn test_examples_only_widen_the_interval_of_enough_groups(
        differences in prop::collection::vec(-1.0_f64..1.5, 2..12), variance in 0.0_f64..1.0,
    ) {
        let replicates = corrected_resampled(&differences, 80, 10).unwrap();
        let both = fixed_test_set(&differences, 80, 10, variance, 1000).unwrap();
        prop_assert_eq!(both.mean, replicates.mean);
        prop_assert!(both.standard_error >= replicates.standard_error * (1.0 - 1e-12));
        prop_assert!(both.freedom >= replicates.freedom * (1.0 - 1e-12));
    }
}
