//! Mistakes between a gradient and a step: the optimizer, clipping, the schedule.

use crate::check;
use crate::flaw::Flaw;

#[test]
fn an_adam_without_bias_correction_is_caught() {
    check(Flaw::AdamWithoutBiasCorrection, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn an_epsilon_inside_of_the_root_is_caught() {
    check(Flaw::AdamEpsilonInside, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn a_bias_correction_that_counts_epochs_is_caught() {
    check(Flaw::AdamStepsByEpoch, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn an_adam_of_its_own_numbers_is_caught() {
    check(Flaw::AdamOfUsualNumbers, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn a_dampened_momentum_is_caught() {
    check(Flaw::Dampened, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn a_momentum_of_nesterov_is_caught() {
    check(Flaw::Nesterov, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn a_momentum_that_starts_anew_each_epoch_is_caught() {
    check(
        Flaw::MomentumAnewEachEpoch,
        "steps_are_those_of_the_optimizer",
        &["a_training_cut_at_any_step_ends_in_the_same_bytes"],
    );
}

#[test]
fn a_rate_inside_of_the_velocity_is_caught() {
    check(Flaw::RateInTheVelocity, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn an_ignored_clip_norm_is_caught() {
    check(Flaw::IgnoresClip, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn a_clip_of_each_weight_is_caught() {
    check(Flaw::ClipsEachTensor, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn a_cosine_that_counts_from_one_is_caught() {
    check(Flaw::CosineFromOne, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn a_cosine_that_counts_epochs_is_caught() {
    check(Flaw::CosineByEpoch, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn a_cosine_that_begins_anew_in_each_call_is_caught() {
    check(
        Flaw::CosineByCall,
        "steps_are_those_of_the_optimizer",
        &["a_training_cut_at_any_step_ends_in_the_same_bytes"],
    );
}

#[test]
fn a_cosine_that_forgets_short_batches_is_caught() {
    check(Flaw::CosineOfEpochsOfWholeBatches, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn an_ignored_schedule_is_caught() {
    check(Flaw::IgnoresTheSchedule, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn a_decay_of_weights_is_caught() {
    check(Flaw::DecaysItsWeights, "steps_are_those_of_the_optimizer", &[]);
}

#[test]
fn smoothed_labels_are_caught() {
    check(
        Flaw::SmoothsItsLabels,
        "gradient_agrees_with_finite_differences",
        &["a_step_is_the_learning_rate_times_the_gradient"],
    );
}

#[test]
fn smoothed_labels_under_a_rate_of_another_name_are_caught() {
    check(Flaw::HidesItsRateAndSmooths, "gradient_agrees_with_finite_differences", &[]);
}
