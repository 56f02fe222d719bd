//! Models without a sweep that differ in nothing.

use crate::sweep::{Design, Models, Trained};
use crate::{FIXED, PER_REPLICATE, PER_REPLICATE_10, at_most_five_percent, is_best_found, learners, share};

const N_SWEEPS: u64 = 1_000;

fn check(name: &str, design: Design) {
    let task = learners(4);
    let mut two = Models::new(design, task.n_labels, &[0..1, 1..2], None);
    let mut four = Models::new(design, task.n_labels, &[0..1, 1..2, 2..3, 3..4], None);
    let (mut best_of_two, mut best_of_four, mut any_behind) = (Vec::new(), Vec::new(), Vec::new());
    for seed in 0..N_SWEEPS {
        let trained = Trained::new(&task, design, seed);
        best_of_two.push(is_best_found(&two.run(&trained).standing()));
        let standing = four.run(&trained).standing();
        best_of_four.push(is_best_found(&standing));
        any_behind.push(standing.iter().any(|standing| standing == "behind"));
    }
    at_most_five_percent(&format!("{name}, best of two"), &best_of_two);
    at_most_five_percent(&format!("{name}, best of four"), &best_of_four);
    at_most_five_percent(&format!("{name}, any of four behind"), &any_behind);
    assert!(share(&best_of_two) > 0.005, "a test that never finds anything says nothing");
}

#[test]
fn with_test_rows_of_each_replicate_equal_models_are_distinguished_in_at_most_five_percent_of_sweeps() {
    check("5 replicates", PER_REPLICATE);
    check("10 replicates", PER_REPLICATE_10);
}

#[test]
fn with_fixed_test_rows_equal_models_are_distinguished_in_at_most_five_percent_of_data_sets() {
    check("fixed", FIXED);
}

/// A data set has one draw of test examples, which favours one of the models in every replicate.
#[test]
fn without_the_variance_of_fixed_test_examples_equal_models_would_be_distinguished_far_too_often() {
    let task = learners(2);
    let mut models = Models::new(FIXED, task.n_labels, &[0..1, 1..2], None);
    let is_wrong = |seed| {
        models.run(&Trained::new(&task, FIXED, seed));
        is_best_found(&models.standing_by_replicates_only())
    };
    let error = share(&(0..400).map(is_wrong).collect::<Vec<_>>());
    println!("fixed, replicates only: {:.1} %", 100.0 * error);
    assert!((0.15..0.35).contains(&error), "{error}");
}
