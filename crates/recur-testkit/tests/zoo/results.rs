//! Mistakes in what is said of texts.

use crate::check;
use crate::flaw::Flaw;

#[test]
fn unnormalised_log_probabilities_are_caught() {
    check(
        Flaw::Unnormalised,
        "log_probabilities_are_normalised",
        &[
            "300_characters_and_300_labels_are_told_apart",
            "characters_never_seen_have_log_probabilities",
            "texts_of_200_characters_have_log_probabilities",
            "texts_of_one_character_have_log_probabilities",
            "the_loss_is_that_of_the_texts_in_nats",
        ],
    );
}

#[test]
fn a_panic_on_one_character_is_caught() {
    check(
        Flaw::PanicsOnOneCharacter,
        "texts_of_one_character_have_log_probabilities",
        &[
            "a_long_batch_is_a_mean_of_its_texts",
            "any_number_of_helping_threads_gives_equal_bytes",
            "many_texts_at_once_are_answered_as_few",
            "odd_texts_can_be_trained_on",
            "predictions_do_not_depend_on_the_batch",
        ],
    );
}

#[test]
fn an_overflow_on_long_texts_is_caught() {
    check(
        Flaw::OverflowsOnLongTexts,
        "texts_of_200_characters_have_log_probabilities",
        &[
            "every_character_of_a_long_text_counts",
            "odd_texts_can_be_trained_on",
            "the_loss_is_that_of_the_texts_in_nats",
        ],
    );
}

#[test]
fn nan_on_a_character_never_seen_is_caught() {
    check(
        Flaw::NanOnUnseenCharacters,
        "characters_never_seen_have_log_probabilities",
        &[
            "300_characters_and_300_labels_are_told_apart",
            "odd_texts_can_be_trained_on",
            "the_loss_is_that_of_the_texts_in_nats",
        ],
    );
}

#[test]
fn a_panic_on_an_empty_batch_is_caught() {
    check(Flaw::PanicsOnNoTexts, "no_texts_at_all_are_allowed", &[]);
}

#[test]
fn the_last_step_read_at_the_longest_texts_end_is_caught() {
    check(
        Flaw::ReadsAtTheLongestTextsEnd,
        "predictions_do_not_depend_on_the_batch",
        &[
            "many_texts_at_once_are_answered_as_few",
            "ten_texts_are_learnt_by_heart",
            "the_loss_is_that_of_the_texts_in_nats",
            "training_texts_are_learnt",
        ],
    );
}

#[test]
fn a_state_kept_from_text_to_text_is_caught() {
    check(
        Flaw::KeepsItsStateFromTextToText,
        "predictions_do_not_depend_on_the_order",
        &[
            "many_texts_at_once_are_answered_as_few",
            "predictions_do_not_depend_on_the_batch",
            "ten_texts_are_learnt_by_heart",
            "the_loss_is_that_of_the_texts_in_nats",
            "training_texts_are_learnt",
        ],
    );
}

#[test]
fn answers_in_an_order_of_its_own_are_caught() {
    check(
        Flaw::AnswersInOrderOfLength,
        "predictions_do_not_depend_on_the_order",
        &[
            "many_texts_at_once_are_answered_as_few",
            "predictions_do_not_depend_on_the_batch",
            "ten_texts_are_learnt_by_heart",
            "the_loss_is_that_of_the_texts_in_nats",
            "training_texts_are_learnt",
            "unbalanced_labels_are_learnt",
        ],
    );
}

#[test]
fn dropout_in_prediction_is_caught() {
    check(
        Flaw::DropsOutInPrediction,
        "asking_changes_nothing",
        &[
            "answers_follow_from_the_weights_at_hand",
            "many_texts_at_once_are_answered_as_few",
            "predictions_do_not_depend_on_the_batch",
            "predictions_do_not_depend_on_the_order",
            "the_loss_is_that_of_the_texts_in_nats",
        ],
    );
}

#[test]
fn a_last_character_that_is_not_read_is_caught() {
    check(
        Flaw::StopsBeforeTheLastCharacter,
        "the_first_and_the_last_character_count",
        &["every_character_of_a_long_text_counts"],
    );
}

#[test]
fn a_first_character_that_is_not_read_is_caught() {
    check(
        Flaw::StartsAfterTheFirstCharacter,
        "the_first_and_the_last_character_count",
        &["every_character_of_a_long_text_counts"],
    );
}
