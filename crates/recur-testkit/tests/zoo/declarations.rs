//! Mistakes in what is declared.

use crate::check;
use crate::flaw::Flaw;

#[test]
fn an_id_that_is_not_snake_case_is_caught() {
    check(Flaw::IdIsNoNoun, "id_and_summary_are_sound", &[]);
}

#[test]
fn a_summary_of_two_lines_is_caught() {
    check(Flaw::SummaryOfTwoLines, "id_and_summary_are_sound", &[]);
}

#[test]
fn a_missing_description_is_caught() {
    check(Flaw::NoDescription, "id_and_summary_are_sound", &[]);
}

#[test]
fn a_parameter_declared_twice_is_caught() {
    check(Flaw::ParameterTwice, "parameters_are_declared_once_with_a_meaning", &[]);
}

#[test]
fn a_parameter_without_a_meaning_is_caught() {
    check(Flaw::ParameterWithoutMeaning, "parameters_are_declared_once_with_a_meaning", &[]);
}

#[test]
fn a_range_upside_down_is_caught() {
    // Nothing lies in such a range, its default neither.
    check(Flaw::RangeUpsideDown, "ranges_are_finite_and_hold_something", &["defaults_are_in_range"]);
}

#[test]
fn a_range_without_an_end_is_caught() {
    check(Flaw::RangeWithoutEnd, "values_out_of_range_are_refused", &["ranges_are_finite_and_hold_something"]);
}

#[test]
fn a_default_out_of_range_is_caught() {
    check(Flaw::DefaultOutOfRange, "defaults_are_in_range", &[]);
}

#[test]
fn defaults_that_do_not_build_are_caught() {
    check(Flaw::DefaultsDoNotBuild, "defaults_build", &[]);
}

#[test]
fn a_panic_at_the_least_value_is_caught() {
    check(Flaw::PanicsAtTheLeastValue, "values_at_the_ends_of_their_ranges_do_not_panic", &[]);
}

#[test]
fn a_crash_at_the_greatest_value_is_caught() {
    check(Flaw::CrashesAtTheGreatestRate, "values_at_the_ends_of_their_ranges_do_not_panic", &[]);
}

#[test]
fn a_word_of_a_choice_that_is_refused_as_something_else_is_caught() {
    check(Flaw::RefusesAWordAsWeights, "values_at_the_ends_of_their_ranges_do_not_panic", &[]);
}
