//! Tests of differences and their planning, at the ends of what they take.

use proptest::prelude::*;
use recur_stats::*;

fn point(x: f64) -> Interval {
    Interval { low: x, high: x }
}

#[test]
fn too_few_or_not_finite_differences_are_not_tested() {
    for differences in [&[][..], &[0.1], &[0.1, f64::NAN], &[f64::INFINITY, 0.1]] {
        assert_eq!(paired_t(differences), None);
        assert_eq!(paired_tost(differences, 0.1), None);
        assert_eq!(corrected_resampled_tost(differences, 0.1, 80, 10), None);
        assert_eq!(wilcoxon_signed_rank(differences).is_some(), differences == [0.1]);
    }
}

#[test]
fn wins_are_above_zero_and_what_is_no_number_is_refused() {
    let counts = wins_ties_losses(&[0.1, -0.0, 0.0, -0.3, f64::INFINITY]).unwrap();
    assert_eq!(counts, WinsTiesLosses { wins: 2, ties: 2, losses: 1 });
    assert_eq!(wins_ties_losses(&[]), Some(WinsTiesLosses::default()));
    assert_eq!(wins_ties_losses(&[0.1, f64::NAN]), None);
}

#[test]
fn equal_differences_show_no_equivalence() {
    for x in [0.0, 0.1, -0.2] {
        let got = corrected_resampled_tost(&[x; 4], 0.1, 80, 10).unwrap();
        assert_eq!((got.interval, got.p_lower, got.p_upper, got.p), (point(x), 1.0, 1.0, 1.0));
        assert_eq!(paired_tost(&[x; 4], 0.1).unwrap(), got);
    }
}

#[test]
#[should_panic(expected = "margin 0")]
fn equivalence_without_a_margin_is_refused() {
    let _ = paired_tost(&[0.1, 0.2], 0.0);
}

#[test]
fn differences_of_zero_are_no_evidence() {
    let got = wilcoxon_signed_rank(&[0.0, -0.0, 0.0]).unwrap();
    assert_eq!((got.n, got.w_plus, got.w_minus, got.p), (0, 0.0, 0.0, 1.0));
}

/// Of the 2⁵ ways to sign five ranks one alone has none below zero, whatever is tied: p is 2/32.
#[test]
fn no_p_value_of_five_signed_ranks_is_below_a_sixteenth() {
    for differences in [[0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.1, 0.3, 0.4, 0.5], [0.2; 5]] {
        let got = wilcoxon_signed_rank(&differences).unwrap();
        assert_eq!((got.p, got.null), (0.0625, NullDistribution::Exact));
    }
}

#[test]
fn runs_that_no_row_distinguishes_have_p_of_one() {
    assert_eq!(mcnemar_exact(&PairedCounts::default()), 1.0);
    let same = PairedCounts::of([(true, true), (false, false), (true, true)]);
    assert_eq!((mcnemar_exact(&same), same.accuracy_difference()), (1.0, Some(0.0)));
    assert_eq!(PairedCounts::default().accuracy_difference(), None);
}

/// Ten rows that the first run alone has right, none the other way: `2 · 2⁻¹⁰`.
#[test]
fn rows_are_counted_by_who_is_right() {
    let rows = [(true, false); 10].into_iter().chain([(true, true), (false, false), (false, false)]);
    let counts = PairedCounts::of(rows);
    assert_eq!(counts, PairedCounts { both_right: 1, only_first: 10, only_second: 0, both_wrong: 2 });
    assert_eq!((mcnemar_exact(&counts), counts.accuracy_difference()), (0.001_953_125, Some(10.0 / 13.0)));
}

fn planned(difference: f64, deviation: f64) -> PlannedTest {
    PlannedTest { difference, deviation, n_train: 80, n_test: 10, alpha: 0.05 }
}

#[test]
fn one_replicate_shows_nothing_and_nor_do_differences_without_spread() {
    assert_eq!((planned(0.1, 0.02).power(0), planned(0.1, 0.02).power(1)), (0.0, 0.0));
    assert_eq!((planned(0.1, 0.0).power(5), planned(0.1, 0.0).replicates_needed(0.8)), (0.0, None));
    assert_eq!(planned(0.0, 0.02).replicates_needed(0.8), None);
}

#[test]
#[should_panic(expected = "difference NaN")]
fn power_for_no_number_is_refused() {
    let _ = planned(f64::NAN, 0.02).power(5);
}

proptest! {
    #[test]
    fn equivalence_is_shown_exactly_when_the_interval_lies_within_the_margin(
        differences in prop::collection::vec(-1.0_f64..1.0, 2..12), margin in 0.1_f64..2.0,
    ) {
        let got = corrected_resampled_tost(&differences, margin, 80, 10).unwrap();
        prop_assume!((got.p - 0.05).abs() > 1e-6);
        prop_assert_eq!(-margin < got.interval.low && got.interval.high < margin, got.p < 0.05);
    }

    #[test]
    fn exchanging_the_models_exchanges_the_ranks_and_keeps_p(
        differences in prop::collection::vec((-4_i8..5).prop_map(f64::from), 1..70),
    ) {
        let opposite: Vec<f64> = differences.iter().map(|difference| -difference).collect();
        let (got, other) = (wilcoxon_signed_rank(&differences).unwrap(), wilcoxon_signed_rank(&opposite).unwrap());
        prop_assert_eq!((got.w_plus, got.w_minus, got.p), (other.w_minus, other.w_plus, other.p));
        prop_assert_eq!(got.w_plus + got.w_minus, (got.n * (got.n + 1)) as f64 / 2.0);
        prop_assert!(0.0 < got.p && got.p <= 1.0);
    }

    #[test]
    fn power_grows_with_the_difference_and_with_replicates(difference in 0.0_f64..3.0, replicates in 2_u32..40) {
        let power = planned(difference, 1.0).power(replicates);
        prop_assert!((0.05 - 1e-9..=1.0).contains(&power));
        prop_assert!(planned(difference + 0.1, 1.0).power(replicates) >= power);
        prop_assert!(planned(difference, 1.0).power(replicates + 1) >= power - 1e-9);
    }
}
