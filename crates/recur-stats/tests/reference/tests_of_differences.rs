//! Tests of paired differences, and what corrects them.

use crate::{cases, check, check_all, check_interval, number, numbers};
use recur_stats::*;

#[test]
fn corrected_test_is_that_of_the_paper() {
    for case in cases("corrected_t") {
        let (n_train, n_test) = (number(&case, "n_train") as usize, number(&case, "n_test") as usize);
        let comparison = corrected_resampled_t(&numbers(&case, "differences"), n_train, n_test).unwrap();
        check(comparison.p, number(&case, "p"));
        let Interval { low, high } = comparison.interval;
        check_all([low, high], &[number(&case, "low"), number(&case, "high")]);
    }
}

#[test]
fn student_distribution_is_that_of_scipy() {
    for case in cases("quantile") {
        check(quantile(number(&case, "p"), number(&case, "freedom")), number(&case, "t"));
    }
    for case in cases("two_sided_p") {
        check(two_sided_p(number(&case, "t"), number(&case, "freedom")), number(&case, "p"));
    }
}

#[test]
fn holm_is_that_of_statsmodels() {
    for case in cases("holm") {
        check_all(holm(&numbers(&case, "p")), &numbers(&case, "adjusted"));
    }
}

#[test]
fn paired_test_is_that_of_scipy() {
    for case in cases("paired_t") {
        let comparison = paired_t(&numbers(&case, "differences")).unwrap();
        check(comparison.p, number(&case, "p"));
        check_interval(comparison.interval, &case);
    }
}

#[test]
fn two_one_sided_tests_are_those_of_statsmodels_with_the_variance_of_the_paper() {
    for case in cases("tost") {
        let (differences, margin) = (numbers(&case, "differences"), number(&case, "margin"));
        let (n_train, n_test) = (number(&case, "n_train") as usize, number(&case, "n_test") as usize);
        let got = corrected_resampled_tost(&differences, margin, n_train, n_test).unwrap();
        let (p_lower, p_upper) = (number(&case, "p_lower"), number(&case, "p_upper"));
        check_all([got.p_lower, got.p_upper, got.p], &[p_lower, p_upper, p_lower.max(p_upper)]);
        check_interval(got.interval, &case);
        if n_test == 0 {
            assert_eq!(paired_tost(&differences, margin).unwrap(), got);
        }
    }
}

#[test]
fn signed_rank_test_is_that_of_scipy() {
    let mut seen = [0, 0];
    for case in cases("wilcoxon") {
        let got = wilcoxon_signed_rank(&numbers(&case, "differences")).unwrap();
        check(got.p, number(&case, "p"));
        check(got.w_plus.min(got.w_minus), number(&case, "w"));
        assert_eq!(got.n as f64, number(&case, "n"));
        let exact = case["exact"].as_bool().unwrap();
        assert_eq!(got.null == NullDistribution::Exact, exact);
        seen[usize::from(exact)] += 1;
    }
    assert!(seen.iter().all(|n| *n > 3), "{seen:?}");
}

#[test]
fn mcnemar_is_that_of_statsmodels() {
    for case in cases("mcnemar") {
        let (only_first, only_second) = (number(&case, "only_first") as u64, number(&case, "only_second") as u64);
        let counts = PairedCounts { both_right: 500, only_first, only_second, both_wrong: 77 };
        check(mcnemar_exact(&counts), number(&case, "p"));
    }
}
