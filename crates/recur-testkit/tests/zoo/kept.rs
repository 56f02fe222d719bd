//! Mistakes in what is kept: answers, copies of weights, halves of refused ones; and in what bits depend on.

use crate::check;
use crate::flaw::Flaw;
use crate::plugin::Zoo;
use recur_testkit::bench::training;
use recur_testkit::other_libm::other_libm_in_test;
use recur_testkit::{Bench, Outcome};

#[test]
fn answers_kept_by_text_are_caught() {
    check(Flaw::KeepsAnswersByText, "answers_follow_from_the_weights_at_hand", &["every_weight_matters"]);
}

#[test]
fn answers_kept_by_row_are_caught() {
    check(
        Flaw::KeepsAnswersByRow,
        "answers_follow_from_the_weights_at_hand",
        &[
            "every_character_of_a_long_text_counts",
            "every_weight_matters",
            "many_texts_at_once_are_answered_as_few",
            "the_first_and_the_last_character_count",
        ],
    );
}

#[test]
fn answers_that_other_weights_leave_are_caught() {
    check(Flaw::ForgetsAnswersInTrainingOnly, "answers_follow_from_the_weights_at_hand", &["every_weight_matters"]);
}

#[test]
fn a_model_that_learns_while_it_answers_is_caught() {
    check(
        Flaw::AnswersAfterItLearnsMore,
        "asking_changes_nothing",
        &[
            "dropout_does_nothing_in_prediction",
            "many_texts_at_once_are_answered_as_few",
            "prediction_needs_no_training_settings",
            "predictions_do_not_depend_on_the_batch",
            "predictions_do_not_depend_on_the_order",
            "two_models_in_turn_learn_as_each_alone",
        ],
    );
}

#[test]
fn half_of_refused_weights_is_caught() {
    check(Flaw::TakesHalfOfRefusedWeights, "refused_weights_change_nothing", &[]);
}

#[test]
fn half_of_a_refused_state_is_caught() {
    check(Flaw::TakesHalfOfARefusedState, "refused_weights_change_nothing", &[]);
}

#[test]
fn a_hidden_divergence_is_caught() {
    check(Flaw::HidesADivergence, "a_loss_that_is_no_number_is_a_divergence", &[]);
}

#[test]
fn a_nan_handed_on_is_caught() {
    check(Flaw::HandsOnNan, "a_loss_that_is_no_number_is_a_divergence", &[]);
}

#[test]
fn a_divergence_counted_in_the_call_is_caught() {
    check(Flaw::CountsTheStepOfADivergenceInTheCall, "a_loss_that_is_no_number_is_a_divergence", &[]);
}

#[test]
fn a_copy_that_other_weights_leave_is_caught() {
    check(
        Flaw::KeepsACopyThatSetWeightsForgets,
        "answers_follow_from_the_weights_at_hand",
        &[
            "dropout_does_nothing_in_prediction",
            "every_weight_matters",
            "prediction_needs_no_training_settings",
            "the_loss_is_that_of_the_texts_in_nats",
            "weights_carry_the_predictions_to_a_fresh_model",
        ],
    );
}

#[test]
fn weights_rounded_when_saved_are_caught() {
    check(
        Flaw::RoundsWhatItSaves,
        "weights_carry_the_predictions_to_a_fresh_model",
        &[
            "a_resumed_training_ends_in_the_same_bytes",
            "a_training_cut_at_any_step_ends_in_the_same_bytes",
            "an_epoch_in_chunks_ends_in_the_same_bytes",
            "answers_follow_from_the_weights_at_hand",
            "dropout_does_nothing_in_prediction",
            "prediction_needs_no_training_settings",
        ],
    );
}

#[test]
fn sums_of_large_batches_split_over_threads_are_caught() {
    check(Flaw::SplitsTheSumOfLargeBatches, "any_number_of_helping_threads_gives_equal_bytes", &[]);
}

#[test]
fn two_weights_of_one_stream_are_caught() {
    check(Flaw::DrawsTwoWeightsFromOneStream, "each_weight_draws_its_own_numbers", &[]);
}

#[test]
fn a_seed_of_the_clock_is_caught() {
    check(
        Flaw::SeedOfTheClock,
        "equal_seeds_give_equal_bytes",
        &[
            "another_seed_starts_from_other_weights",
            "answers_follow_from_the_weights_at_hand",
            "any_number_of_helping_threads_gives_equal_bytes",
            "texts_far_down_the_list_are_learnt_the_same",
            "training_beside_other_threads_gives_equal_bytes",
            "training_goes_on_from_the_weights_at_hand",
            "two_models_in_turn_learn_as_each_alone",
        ],
    );
}

/// Under another libm; true where that cannot be had here.
fn is_told_by_another_libm(flaw: Flaw, is: impl Fn(&Outcome) -> bool) -> bool {
    let plugin: &'static Zoo = Box::leak(Box::new(Zoo::new(flaw)));
    let outcome = other_libm_in_test(&Bench::new(plugin, crate::params(plugin), training()));
    let skipped = matches!(&outcome, Outcome::Skipped(reason) if reason.starts_with("another libm could not be tried"));
    // In its second process, a test ends here.
    skipped || is(&outcome) || outcome == Outcome::Ran && std::env::args().any(|arg| arg == "--include-ignored")
}

#[test]
fn the_platforms_exp_is_caught() {
    let is_caught =
        |outcome: &Outcome| matches!(outcome, Outcome::Failed(problem) if problem.contains("it calls one of them"));
    assert!(is_told_by_another_libm(Flaw::PlatformExp, is_caught));
}

#[test]
fn a_model_with_a_libm_of_its_own_is_the_same_under_another() {
    assert!(is_told_by_another_libm(Flaw::None, |outcome| *outcome == Outcome::Ran));
}
