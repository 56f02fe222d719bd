//! Mistakes in what a batch is made of, in the weights of labels and in dropout.

use crate::check;
use crate::flaw::Flaw;

#[test]
fn a_short_batch_over_batch_size_is_caught() {
    check(
        Flaw::DividesShortBatchesByTheirSize,
        "a_short_batch_is_a_mean_of_its_own_texts",
        &["labels_weigh_in_proportion"],
    );
}

#[test]
fn a_short_last_batch_left_out_is_caught() {
    check(
        Flaw::LeavesOutAShortLastBatch,
        "a_short_batch_is_a_mean_of_its_own_texts",
        &["300_characters_and_300_labels_are_told_apart", "steps_are_those_of_the_optimizer"],
    );
}

#[test]
fn an_ignored_batch_size_is_caught() {
    check(Flaw::IgnoresTheBatchSize, "a_long_batch_is_a_mean_of_its_texts", &[]);
}

#[test]
fn a_batch_learned_up_to_256_texts_is_caught() {
    check(Flaw::LearnsFromTheFirst256OfABatch, "a_long_batch_is_a_mean_of_its_texts", &[]);
}

#[test]
fn a_last_text_of_a_long_call_left_out_is_caught() {
    check(
        Flaw::LeavesOutTheLastTextOfALongCall,
        "an_epoch_in_chunks_ends_in_the_same_bytes",
        &["a_long_batch_is_a_mean_of_its_texts", "a_training_cut_at_any_step_ends_in_the_same_bytes"],
    );
}

#[test]
fn weights_of_labels_over_the_number_of_texts_are_caught() {
    check(Flaw::DividesWeightsByTexts, "labels_weigh_in_proportion", &[]);
}

#[test]
fn weights_of_labels_over_those_of_the_call_are_caught() {
    check(Flaw::DividesByTheWeightsOfTheCall, "an_epoch_in_chunks_ends_in_the_same_bytes", &[]);
}

#[test]
fn weights_by_first_appearance_are_caught() {
    check(Flaw::WeighsByFirstAppearance, "labels_weigh_in_proportion", &[]);
}

#[test]
fn weights_in_the_reported_loss_alone_are_caught() {
    check(Flaw::WeighsTheLossAlone, "labels_weigh_in_proportion", &["labels_weigh_what_they_are_said_to"]);
}

#[test]
fn a_forgotten_weight_of_the_last_label_is_caught() {
    check(Flaw::ForgetsTheLastLabelsWeight, "labels_weigh_in_proportion", &["labels_weigh_what_they_are_said_to"]);
}

#[test]
fn a_used_setting_declared_unused_is_caught() {
    check(Flaw::UsesWhatItDeclaresUnused, "settings_declared_unused_change_nothing", &[]);
}

#[test]
fn a_capped_loss_is_caught() {
    check(Flaw::LossesCapped, "the_loss_is_that_of_the_texts_in_nats", &[]);
}

#[test]
fn texts_cut_in_training_are_caught() {
    check(
        Flaw::TrainsOnTheFirstCharacters,
        "the_loss_is_that_of_the_texts_in_nats",
        &[
            "a_long_batch_is_a_mean_of_its_texts",
            "any_number_of_helping_threads_gives_equal_bytes",
            "odd_texts_can_be_trained_on",
        ],
    );
}

#[test]
fn dropout_in_prediction_by_the_text_is_caught() {
    check(Flaw::DropsByTheTextInPrediction, "dropout_does_nothing_in_prediction", &[]);
}

#[test]
fn one_mask_for_all_steps_is_caught() {
    check(Flaw::DropsTheSameEachStep, "each_step_drops_other_numbers", &[]);
}

#[test]
fn one_mask_for_all_seeds_is_caught() {
    check(Flaw::DropsTheSameForAllSeeds, "each_step_drops_other_numbers", &[]);
}

#[test]
fn dropout_without_a_scale_is_caught() {
    check(Flaw::DropsWithoutScale, "what_is_left_is_scaled_up", &[]);
}

#[test]
fn dropout_with_the_scale_of_what_is_dropped_is_caught() {
    check(Flaw::DropsWithTheOtherScale, "what_is_left_is_scaled_up", &[]);
}

#[test]
fn a_dropout_that_drops_nothing_is_caught() {
    check(Flaw::DropsNothing, "each_step_drops_other_numbers", &["what_is_left_is_scaled_up"]);
}

#[test]
fn a_dropout_that_drops_what_it_should_keep_is_caught() {
    check(Flaw::DropsWhatItShouldKeep, "what_is_left_is_scaled_up", &[]);
}
