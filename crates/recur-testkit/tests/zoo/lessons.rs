//! Mistakes in training: the steps, what they get, and their gradients.

use crate::check;
use crate::flaw::Flaw;

#[test]
fn a_model_that_learns_nothing_is_caught() {
    check(
        Flaw::LearnsNothing,
        "loss_falls",
        &[
            "300_characters_and_300_labels_are_told_apart",
            "a_label_without_texts_is_allowed",
            "a_step_is_the_learning_rate_times_the_gradient",
            "each_step_drops_other_numbers",
            "gradient_agrees_with_finite_differences",
            "labels_weigh_what_they_are_said_to",
            "steps_are_those_of_the_optimizer",
            "ten_texts_are_learnt_by_heart",
            "texts_are_taken_in_the_order_given",
            "training_texts_are_learnt",
            "unbalanced_labels_are_learnt",
            "what_is_left_is_scaled_up",
        ],
    );
}

#[test]
fn a_character_taken_for_another_is_caught() {
    check(Flaw::TakesOneCharacterForAnother, "ten_texts_are_learnt_by_heart", &[]);
}

#[test]
fn a_division_by_the_texts_of_a_label_is_caught() {
    check(
        Flaw::DividesByTheTextsOfALabel,
        "a_label_without_texts_is_allowed",
        &["300_characters_and_300_labels_are_told_apart"],
    );
}

#[test]
fn a_common_label_that_drowns_the_others_is_caught() {
    check(Flaw::LovesTheCommonLabel, "unbalanced_labels_are_learnt", &[]);
}

#[test]
fn an_ignored_cancel_flag_is_caught() {
    check(Flaw::IgnoresCancel, "a_raised_cancel_flag_stops_it", &[]);
}

#[test]
fn a_last_step_after_a_stop_is_caught() {
    check(Flaw::StepsAndThenCancels, "a_raised_cancel_flag_stops_it", &[]);
}

#[test]
fn a_loss_in_bits_is_caught() {
    check(
        Flaw::LossInBits,
        "the_loss_is_that_of_the_texts_in_nats",
        &["a_step_is_the_learning_rate_times_the_gradient"],
    );
}

#[test]
fn a_loss_taken_after_the_step_is_caught() {
    check(
        Flaw::LossAfterTheStep,
        "the_loss_is_that_of_the_texts_in_nats",
        &["a_long_batch_is_a_mean_of_its_texts", "labels_weigh_in_proportion"],
    );
}

#[test]
fn a_mean_in_place_of_each_loss_is_caught() {
    check(Flaw::MeanInPlaceOfLosses, "the_loss_is_that_of_the_texts_in_nats", &[]);
}

#[test]
fn an_order_of_its_own_is_caught() {
    check(
        Flaw::SortsTheOrder,
        "texts_are_taken_in_the_order_given",
        &["a_training_cut_at_any_step_ends_in_the_same_bytes", "an_epoch_in_chunks_ends_in_the_same_bytes"],
    );
}

#[test]
fn rows_read_by_their_place_are_caught() {
    check(
        Flaw::ReadsRowsByTheirPlace,
        "only_the_texts_given_are_learnt_from",
        &[
            "a_long_batch_is_a_mean_of_its_texts",
            "a_short_batch_is_a_mean_of_its_own_texts",
            "a_training_cut_at_any_step_ends_in_the_same_bytes",
            "an_epoch_in_chunks_ends_in_the_same_bytes",
            "labels_weigh_in_proportion",
            "texts_are_taken_in_the_order_given",
            "texts_far_down_the_list_are_learnt_the_same",
            "the_loss_is_that_of_the_texts_in_nats",
        ],
    );
}

#[test]
fn ignored_class_weights_are_caught() {
    check(Flaw::IgnoresClassWeights, "labels_weigh_what_they_are_said_to", &["labels_weigh_in_proportion"]);
}

#[test]
fn a_gradient_of_the_wrong_sign_is_caught() {
    check(
        Flaw::WrongSign,
        "gradient_agrees_with_finite_differences",
        &[
            "300_characters_and_300_labels_are_told_apart",
            "a_label_without_texts_is_allowed",
            "labels_weigh_what_they_are_said_to",
            "loss_falls",
            "ten_texts_are_learnt_by_heart",
            "training_texts_are_learnt",
            "unbalanced_labels_are_learnt",
        ],
    );
}

#[test]
fn a_gradient_added_up_twice_is_caught() {
    check(Flaw::GradientTwice, "a_step_is_the_learning_rate_times_the_gradient", &[]);
}

#[test]
fn a_sum_in_place_of_the_mean_is_caught() {
    check(
        Flaw::SumInPlaceOfMean,
        "a_step_is_the_learning_rate_times_the_gradient",
        &["a_long_batch_is_a_mean_of_its_texts", "labels_weigh_in_proportion"],
    );
}

#[test]
fn a_gradient_of_the_last_step_left_in_is_caught() {
    check(
        Flaw::GradientOfTheLastStepLeftIn,
        "gradient_agrees_with_finite_differences",
        &[
            "a_long_batch_is_a_mean_of_its_texts",
            "a_resumed_training_ends_in_the_same_bytes",
            "a_step_is_the_learning_rate_times_the_gradient",
            "a_training_cut_at_any_step_ends_in_the_same_bytes",
            "an_epoch_in_chunks_ends_in_the_same_bytes",
            "loss_falls",
            "steps_are_those_of_the_optimizer",
            "ten_texts_are_learnt_by_heart",
            "training_goes_on_from_the_weights_at_hand",
            "what_is_left_is_scaled_up",
        ],
    );
}

#[test]
fn a_backward_pass_of_one_step_through_time_is_caught() {
    check(
        Flaw::OneStepThroughTimeAlone,
        "gradient_agrees_with_finite_differences",
        &["a_step_is_the_learning_rate_times_the_gradient"],
    );
}

#[test]
fn a_bias_without_a_gradient_is_caught() {
    check(Flaw::BiasWithoutGradient, "gradient_agrees_with_finite_differences", &[]);
}

#[test]
fn a_gradient_of_one_bias_added_up_twice_is_caught() {
    check(
        Flaw::BiasGradientTwice,
        "gradient_agrees_with_finite_differences",
        &["a_step_is_the_learning_rate_times_the_gradient"],
    );
}

#[test]
fn the_check_of_gradients_names_the_wrong_weights_and_no_other() {
    let names = |flaw: Flaw| -> Vec<&str> {
        let battery = crate::battery(flaw);
        let (_, reported) =
            battery.failures().find(|(name, _)| *name == "gradient_agrees_with_finite_differences").unwrap();
        ["w_xh", "w_hh", "b_h", "w_hy", "b_y"]
            .into_iter()
            .filter(|weight| reported.contains(&format!("`{weight}`")))
            .collect()
    };
    assert_eq!(names(Flaw::BiasGradientTwice), ["b_y"]);
    assert_eq!(names(Flaw::BiasWithoutGradient), ["b_h"]);
    assert_eq!(names(Flaw::OneStepThroughTimeAlone), ["w_xh", "w_hh", "b_h"]);
}

#[test]
fn an_ignored_learning_rate_is_caught() {
    check(
        Flaw::IgnoresTheLearningRate,
        "a_step_is_the_learning_rate_times_the_gradient",
        &["steps_are_those_of_the_optimizer"],
    );
}

#[test]
fn a_learning_rate_of_another_unit_is_caught() {
    check(
        Flaw::RateOfAnotherUnit,
        "a_step_is_the_learning_rate_times_the_gradient",
        &["steps_are_those_of_the_optimizer"],
    );
}
