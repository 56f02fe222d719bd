//! Estimates of a mean difference, against scipy and baycomp.

use crate::{cases, check, check_all, check_interval, number, numbers};
use recur_stats::*;

#[test]
fn probabilities_of_practical_difference_are_those_of_baycomp() {
    for case in cases("correlated_t") {
        let n_train = number(&case, "folds") as usize - 1;
        let estimate = corrected_resampled(&numbers(&case, "differences"), n_train, 1).unwrap();
        let Practical { better, equal, worse } = estimate.practical(number(&case, "margin"));
        check_all([better, equal, worse], &["better", "equal", "worse"].map(|key| number(&case, key)));
    }
}

#[test]
fn the_estimate_on_a_fixed_test_set_is_that_of_banerjee() {
    for case in cases("fixed_test_set") {
        let [n_train, n_held_out, n_groups] =
            ["n_train", "n_held_out", "n_groups"].map(|key| number(&case, key) as usize);
        let (differences, variance) = (numbers(&case, "differences"), number(&case, "test_variance"));
        let got = fixed_test_set(&differences, n_train, n_held_out, variance, n_groups).unwrap();
        check(got.standard_error, number(&case, "standard_error"));
        // Quantiles of many degrees of freedom differ little, so these are not known as well.
        assert!((got.freedom / number(&case, "freedom") - 1.0).abs() < 1e-7, "{got:?} {case}");
        check_interval(got.interval(0.95), &case);
        check_all([got.p(), got.tost_p(number(&case, "margin"))], &["p", "tost_p"].map(|key| number(&case, key)));
        let Practical { better, worse, .. } = got.practical(number(&case, "margin"));
        check_all([better, worse], &["better", "worse"].map(|key| number(&case, key)));
    }
}
