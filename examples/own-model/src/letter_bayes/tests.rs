//! The plugin contract, and a result calculated by hand.

use super::{Counts, LetterBayes};
use recur_core::model::ModelPlugin;
use recur_core::params::{ParamValue, Params};
use recur_testkit::check_model;

#[test]
fn the_battery_passes() {
    let params = Params::defaults(LetterBayes.about().parameters);
    check_model(&LetterBayes, params.clone()).assert_passed(39);
    check_model(&LetterBayes, params.with("smoothing", ParamValue::Real(0.1))).assert_passed(39);
}

/// Two texts with character 0 three times and character 1 once, against one text with character 1 twice.
#[test]
fn probabilities_are_those_of_counts_with_one_added() {
    let counts = Counts { smoothing: 1.0, texts: vec![2, 1], characters: vec![3, 1, 0, 2], n_tokens: 2 };
    let found = counts.log_probabilities_of(&[0, 1]);
    // 3 · 4/6 · 2/6 against 2 · 1/4 · 3/4.
    let (first, second) = (2.0 / 3.0, 3.0 / 8.0);
    assert!((libm::exp(found[0]) - first / (first + second)).abs() < 1e-12);
    assert!((libm::exp(found[1]) - second / (first + second)).abs() < 1e-12);
}
