//! Mistakes that show on many texts, long texts, and large alphabets.

use crate::check;
use crate::flaw::Flaw;

#[test]
fn a_first_part_that_is_read_is_caught() {
    check(Flaw::ReadsTheFirst16Characters, "every_character_of_a_long_text_counts", &[]);
}

#[test]
fn a_last_part_that_is_read_is_caught() {
    check(Flaw::ReadsTheLast16Characters, "every_character_of_a_long_text_counts", &[]);
}

#[test]
fn texts_cut_after_64_characters_are_caught() {
    check(Flaw::ReadsTheFirst64Characters, "every_character_of_a_long_text_counts", &[]);
}

#[test]
fn characters_in_8_bits_are_caught() {
    check(Flaw::CharactersIn8Bits, "300_characters_and_300_labels_are_told_apart", &[]);
}

#[test]
fn labels_in_8_bits_are_caught() {
    check(Flaw::LabelsIn8Bits, "300_characters_and_300_labels_are_told_apart", &[]);
}

#[test]
fn wrong_answers_beyond_256_texts_are_caught() {
    check(Flaw::WrongBeyond256Texts, "many_texts_at_once_are_answered_as_few", &[]);
}

#[test]
fn rows_in_16_bits_are_caught() {
    check(Flaw::RowsIn16Bits, "many_texts_at_once_are_answered_as_few", &[]);
}

#[test]
fn rows_of_training_in_16_bits_are_caught() {
    check(Flaw::RowsOfTrainingIn16Bits, "texts_far_down_the_list_are_learnt_the_same", &[]);
}
