//! A model of one configuration against a model that chooses the best of eight, all nine equal.
//!
//! The bias of a chosen configuration is measured against the mean of all eight on the same rows. Where configurations are
//! [`coins`] that mean is the truth about each of them. Where they are [`learners`] a choice may really pay: the validation
//! rows tell which configuration this training set suits, so new rows show how much of the gain is true.

use crate::learner::Task;
use crate::sweep::{Design, Models, Trained};
use crate::{Bias, FIXED, PER_REPLICATE, PER_REPLICATE_10, at_most_five_percent, coins, is_best_found, learners};
use std::ops::Range;

const N_SWEEPS: u64 = 1_000;
const CHOSEN_AMONG: Range<usize> = 1..9;

/// What recur chooses, and what a pooled choice would.
#[derive(Default)]
struct Measured {
    /// Whether one of the two models is called best.
    claims: Vec<bool>,
    biases: Vec<f64>,
    biases_of_pooled: Vec<f64>,
}

fn measure(task: &Task, design: Design) -> Measured {
    let mut models = Models::new(design, task.n_labels, &[0..1, CHOSEN_AMONG], None);
    let mut measured = Measured::default();
    let bias = |trained: &Trained, chosen: &[usize]| {
        let true_gain = if task.n_new > 0 { trained.gain_on_new_rows(chosen, CHOSEN_AMONG) } else { 0.0 };
        trained.gain_on_test(chosen, CHOSEN_AMONG) - true_gain
    };
    for seed in 0..N_SWEEPS {
        let trained = Trained::new(task, design, seed);
        models.run(&trained);
        measured.claims.push(is_best_found(&models.standing()));
        measured.biases.push(bias(&trained, &models.chosen(1)));
        measured.biases_of_pooled.push(bias(&trained, &models.choose_pooled(&trained).chosen(1)));
    }
    measured
}

fn check(name: &str, task: &Task, design: Design) -> Measured {
    let measured = measure(task, design);
    at_most_five_percent(&format!("{name}, one against the best of 8"), &measured.claims);
    let bias = Bias::of(&format!("{name}, bias"), &measured.biases);
    assert!(bias.is_none(), "{name}: {} ± {}", bias.mean, bias.standard_error);
    measured
}

/// The choice of early versions, by the mean over all replicates whatever rows they are tested on, must fail the same check.
fn check_with_pooled(name: &str, task: &Task, design: Design) {
    let measured = check(name, task, design);
    let bias = Bias::of(&format!("{name}, bias of a pooled choice"), &measured.biases_of_pooled);
    assert!(!bias.is_none() && bias.mean > 0.01, "{name}: {} ± {}", bias.mean, bias.standard_error);
}

#[test]
fn chosen_on_each_replicate_the_best_of_equals_is_not_favoured_and_by_a_pooled_choice_it_would_be() {
    check_with_pooled("5 replicates", &coins(9), PER_REPLICATE);
    check_with_pooled("10 replicates", &coins(9), PER_REPLICATE_10);
}

#[test]
fn chosen_by_all_replicates_with_fixed_test_rows_the_best_of_equals_is_not_favoured() {
    check("fixed", &coins(9), FIXED);
}

#[test]
fn the_test_result_of_a_choice_is_what_it_gets_on_new_rows() {
    let task = Task { n_new: 160, ..learners(9) };
    check_with_pooled("learners, 5 replicates", &task, PER_REPLICATE);
    check("learners, fixed", &task, FIXED);
}
