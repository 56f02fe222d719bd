//! Mistakes in what is said of names.

use crate::check;
use crate::flaw::Flaw;

#[test]
fn unnormalised_log_probabilities_are_caught() {
    check(
        Flaw::Unnormalised,
        "log_probabilities_are_normalised",
        &[
            "letters_never_seen_have_log_probabilities",
            "names_of_200_letters_have_log_probabilities",
            "names_of_one_letter_have_log_probabilities",
            "the_loss_is_that_of_the_names_in_nats",
        ],
    );
}

#[test]
fn a_panic_on_one_letter_is_caught() {
    check(
        Flaw::PanicsOnOneLetter,
        "names_of_one_letter_have_log_probabilities",
        &["odd_names_can_be_trained_on", "predictions_do_not_depend_on_the_batch"],
    );
}

#[test]
fn an_overflow_on_long_names_is_caught() {
    check(Flaw::OverflowsOnLongNames, "names_of_200_letters_have_log_probabilities", &["odd_names_can_be_trained_on"]);
}

#[test]
fn nan_on_a_letter_never_seen_is_caught() {
    check(Flaw::NanOnUnseenLetters, "letters_never_seen_have_log_probabilities", &["odd_names_can_be_trained_on"]);
}

#[test]
fn a_panic_on_an_empty_batch_is_caught() {
    check(Flaw::PanicsOnNoNames, "no_names_at_all_are_no_obstacle", &[]);
}

#[test]
fn the_last_step_read_at_the_longest_names_end_is_caught() {
    check(
        Flaw::ReadsAtTheLongestNamesEnd,
        "predictions_do_not_depend_on_the_batch",
        &["ten_names_are_learnt_by_heart", "the_loss_is_that_of_the_names_in_nats", "training_names_are_learnt"],
    );
}

#[test]
fn a_state_kept_from_name_to_name_is_caught() {
    check(
        Flaw::KeepsItsStateFromNameToName,
        "predictions_do_not_depend_on_the_order",
        &[
            "predictions_do_not_depend_on_the_batch",
            "ten_names_are_learnt_by_heart",
            "the_loss_is_that_of_the_names_in_nats",
            "training_names_are_learnt",
        ],
    );
}

#[test]
fn answers_in_an_order_of_its_own_are_caught() {
    check(
        Flaw::AnswersInOrderOfLength,
        "predictions_do_not_depend_on_the_order",
        &[
            "predictions_do_not_depend_on_the_batch",
            "ten_names_are_learnt_by_heart",
            "the_loss_is_that_of_the_names_in_nats",
            "training_names_are_learnt",
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
            "predictions_do_not_depend_on_the_batch",
            "predictions_do_not_depend_on_the_order",
            "the_loss_is_that_of_the_names_in_nats",
        ],
    );
}

#[test]
fn a_last_letter_that_is_not_read_is_caught() {
    check(Flaw::StopsBeforeTheLastLetter, "the_first_and_the_last_letter_count", &[]);
}

#[test]
fn a_first_letter_that_is_not_read_is_caught() {
    check(Flaw::StartsAfterTheFirstLetter, "the_first_and_the_last_letter_count", &[]);
}
