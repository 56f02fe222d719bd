//! Mistakes in weights and training state, and in what bits depend on.

use crate::check;
use crate::flaw::Flaw;

#[test]
fn a_model_that_cannot_be_built_to_predict_is_caught() {
    check(Flaw::NeedsTrainingSettingsToPredict, "prediction_needs_no_training_settings", &[]);
}

#[test]
fn two_tensors_of_one_name_are_caught() {
    check(Flaw::TwoTensorsOfOneName, "weights_are_well_named", &[]);
}

#[test]
fn a_count_without_biases_is_caught() {
    check(Flaw::CountsNoBias, "n_parameters_counts_what_training_moves", &[]);
}

#[test]
fn a_count_of_more_than_there_is_is_caught() {
    check(Flaw::CountsTooMany, "n_parameters_counts_what_training_moves", &[]);
}

#[test]
fn a_bias_that_is_not_saved_is_caught() {
    check(
        Flaw::ForgetsABias,
        "weights_carry_the_predictions_to_a_fresh_model",
        &[
            "a_long_batch_is_a_mean_of_its_texts",
            "a_resumed_training_ends_in_the_same_bytes",
            "a_training_cut_at_any_step_ends_in_the_same_bytes",
            "an_epoch_in_chunks_ends_in_the_same_bytes",
            "answers_follow_from_the_weights_at_hand",
            "dropout_does_nothing_in_prediction",
            "prediction_needs_no_training_settings",
            "steps_are_those_of_the_optimizer",
            "training_goes_on_from_the_weights_at_hand",
        ],
    );
}

#[test]
fn a_bias_that_is_not_taken_back_is_caught() {
    check(
        Flaw::TakesNoBiasBack,
        "weights_carry_the_predictions_to_a_fresh_model",
        &[
            "a_long_batch_is_a_mean_of_its_texts",
            "a_resumed_training_ends_in_the_same_bytes",
            "a_step_is_the_learning_rate_times_the_gradient",
            "a_training_cut_at_any_step_ends_in_the_same_bytes",
            "an_epoch_in_chunks_ends_in_the_same_bytes",
            "answers_follow_from_the_weights_at_hand",
            "dropout_does_nothing_in_prediction",
            "every_weight_matters",
            "gradient_agrees_with_finite_differences",
            "prediction_needs_no_training_settings",
            "steps_are_those_of_the_optimizer",
            "training_goes_on_from_the_weights_at_hand",
        ],
    );
}

#[test]
fn a_weight_that_is_never_read_is_caught() {
    check(Flaw::SavesWhatItNeverReads, "every_weight_matters", &[]);
}

#[test]
fn a_model_that_takes_any_weights_is_caught() {
    check(Flaw::TakesAnyWeights, "wrong_weights_are_refused", &["refused_weights_change_nothing"]);
}

#[test]
fn a_cost_that_is_reported_too_low_is_caught() {
    check(Flaw::CostsMoreThanItTells, "the_declared_cost_is_not_exceeded", &[]);
}

#[test]
fn state_that_grows_with_every_call_is_caught() {
    check(
        Flaw::KeepsEveryLoss,
        "weights_and_state_do_not_grow",
        &[
            "a_training_cut_at_any_step_ends_in_the_same_bytes",
            "an_epoch_in_chunks_ends_in_the_same_bytes",
            "refused_weights_change_nothing",
        ],
    );
}

#[test]
fn forgotten_moments_are_caught() {
    check(
        Flaw::ForgetsTheMoments,
        "a_resumed_training_ends_in_the_same_bytes",
        &[
            "a_training_cut_at_any_step_ends_in_the_same_bytes",
            "an_epoch_in_chunks_ends_in_the_same_bytes",
            "training_goes_on_from_the_weights_at_hand",
        ],
    );
}

#[test]
fn a_count_of_steps_of_its_own_is_caught() {
    check(
        Flaw::CountsItsOwnSteps,
        "a_training_cut_at_any_step_ends_in_the_same_bytes",
        &[
            "a_resumed_training_ends_in_the_same_bytes",
            "an_epoch_in_chunks_ends_in_the_same_bytes",
            "training_goes_on_from_the_weights_at_hand",
        ],
    );
}

#[test]
fn work_at_the_end_of_a_call_is_caught() {
    check(
        Flaw::DecaysAtTheEndOfACall,
        "an_epoch_in_chunks_ends_in_the_same_bytes",
        &[
            "a_short_batch_is_a_mean_of_its_own_texts",
            "a_training_cut_at_any_step_ends_in_the_same_bytes",
            "no_texts_at_all_are_allowed",
            "steps_are_those_of_the_optimizer",
        ],
    );
}

#[test]
fn a_model_that_takes_any_training_state_is_caught() {
    check(Flaw::TakesAnyState, "a_wrong_training_state_is_refused", &["refused_weights_change_nothing"]);
}

#[test]
fn a_model_that_takes_training_state_of_another_shape_is_caught() {
    check(Flaw::TakesStateOfAnyShape, "a_wrong_training_state_is_refused", &["refused_weights_change_nothing"]);
}

#[test]
fn random_numbers_of_the_process_are_caught() {
    check(
        Flaw::RandomNumbersOfTheProcess,
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

#[test]
fn the_order_of_a_hash_map_is_caught() {
    check(
        Flaw::OrderOfAHashMap,
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

#[test]
fn an_ignored_seed_is_caught() {
    check(Flaw::IgnoresTheSeed, "another_seed_starts_from_other_weights", &[]);
}

#[test]
fn moments_that_models_share_are_caught() {
    check(
        Flaw::SharesItsMoments,
        "two_models_in_turn_learn_as_each_alone",
        &[
            "a_resumed_training_ends_in_the_same_bytes",
            "a_training_cut_at_any_step_ends_in_the_same_bytes",
            "an_epoch_in_chunks_ends_in_the_same_bytes",
            "any_number_of_helping_threads_gives_equal_bytes",
            "equal_seeds_give_equal_bytes",
            "only_the_texts_given_are_learnt_from",
            "steps_are_those_of_the_optimizer",
            "texts_far_down_the_list_are_learnt_the_same",
            "training_beside_other_threads_gives_equal_bytes",
            "training_goes_on_from_the_weights_at_hand",
        ],
    );
}

#[test]
fn steps_that_depend_on_what_else_trains_are_caught() {
    check(Flaw::SlowsDownInCompany, "training_beside_other_threads_gives_equal_bytes", &[]);
}

#[test]
fn a_sum_that_is_split_over_threads_is_caught() {
    check(Flaw::SplitsASum, "any_number_of_helping_threads_gives_equal_bytes", &[]);
}
