//! What the functions do where there is little or nothing to compute from.

mod differences;
mod estimates;
mod groups;
mod importance;
mod metrics;
mod resampling;

use proptest::prelude::*;
use recur_stats::*;

#[test]
fn no_rows_have_no_metrics() {
    let confusion = Confusion::new(3);
    assert_eq!((confusion.accuracy(), confusion.macro_f1()), (None, None));
    assert_eq!((mean(&[]), mean_log_loss([])), (None, None));
}

#[test]
fn one_replicate_has_no_spread_and_no_test() {
    assert_eq!(mean(&[0.3]), Some(0.3));
    assert_eq!(standard_deviation(&[0.3]), None);
    assert_eq!(t_interval(&[0.3], 0.95), None);
    assert_eq!(corrected_resampled_t(&[0.3], 80, 10), None);
}

#[test]
fn the_smallest_detectable_difference_is_the_one_that_reaches_the_power() {
    for (replicates, n_test, alpha) in [(2, 0, 0.05), (3, 10, 0.05), (10, 10, 0.01), (400, 0, 0.05)] {
        let planned = PlannedTest { difference: 0.0, deviation: 0.02, n_train: 80, n_test, alpha };
        let least = planned.smallest_detectable(replicates, 0.8).unwrap();
        let reached = PlannedTest { difference: least, ..planned }.power(replicates);
        assert!((reached - 0.8).abs() < 1e-7, "{replicates}: {least} gives {reached}");
    }
    let planned = PlannedTest { difference: 0.0, deviation: 0.0, n_train: 80, n_test: 10, alpha: 0.05 };
    assert_eq!((planned.smallest_detectable(1, 0.8), planned.smallest_detectable(3, 0.8)), (None, None));
    let planned = PlannedTest { deviation: 0.02, ..planned };
    assert_eq!(planned.smallest_detectable(3, 0.04), Some(0.0), "equal models differ as often");
    let least = |power: f64| planned.smallest_detectable(3, power).unwrap();
    assert!(least(0.051) > 0.0 && least(0.051) < least(0.8) && least(0.8) < least(0.999_999), "{}", least(0.999_999));
}

#[test]
fn equal_differences_give_a_point_and_are_no_evidence() {
    for x in [0.0, 0.1, -0.3] {
        for got in [corrected_resampled_t(&[x; 3], 80, 10).unwrap(), paired_t(&[x; 2]).unwrap()] {
            assert_eq!((got.mean, got.interval, got.p), (x, Interval { low: x, high: x }, 1.0));
        }
    }
}

#[test]
fn a_difference_that_is_not_finite_is_not_tested() {
    assert_eq!(corrected_resampled_t(&[0.1, f64::NAN], 80, 10), None);
    assert_eq!(corrected_resampled_t(&[0.1, f64::INFINITY], 80, 10), None);
}

#[test]
fn a_label_with_neither_true_nor_predicted_rows_is_left_out_of_the_mean() {
    let confusion = Confusion::of(4, [(0, 0), (1, 2)]);
    assert_eq!(confusion.macro_f1(), Some(1.0 / 3.0));
    assert!(!confusion.by_label()[3].is_present());
}

#[test]
fn sums_of_matrices_are_matrices_of_all_rows() {
    let mut sum = Confusion::of(3, [(0, 1), (2, 2)]);
    sum.add(&Confusion::of(3, [(0, 1), (1, 1)]));
    assert_eq!(sum, Confusion::of(3, [(0, 1), (2, 2), (0, 1), (1, 1)]));
}

proptest! {
    #[test]
    fn correction_never_makes_a_p_value_smaller(p_values in prop::collection::vec(0.0_f64..=1.0, 0..10)) {
        for (p, adjusted) in p_values.iter().zip(holm(&p_values)) {
            prop_assert!(*p <= adjusted && adjusted <= 1.0);
        }
    }

    #[test]
    fn interval_excludes_zero_exactly_when_p_is_below_five_percent(differences in prop::collection::vec(-1.0_f64..1.5, 2..12)) {
        let comparison = corrected_resampled_t(&differences, 80, 10).unwrap();
        prop_assume!((comparison.p - 0.05).abs() > 1e-6);
        prop_assert_eq!(comparison.interval.contains(0.0), comparison.p > 0.05);
    }

    #[test]
    fn quantile_and_tail_are_inverse(p in 0.501_f64..0.9999, freedom in 1_u32..200) {
        let t = quantile(p, f64::from(freedom));
        prop_assert!((two_sided_p(t, f64::from(freedom)) - 2.0 * (1.0 - p)).abs() < 1e-9);
    }
}
