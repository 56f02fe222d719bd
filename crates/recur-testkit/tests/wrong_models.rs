//! The battery passes an honest model and catches each dishonest one, by the check that is meant to.

mod toy;

use recur_core::model::ModelPlugin as _;
use recur_core::params::{ParamValue, Params};
use recur_testkit::bench::training;
use recur_testkit::{Battery, Outcome, check_model, check_model_trained};
use toy::{Flaw, Toy};

fn battery(plugin: &'static Toy) -> Battery {
    let params = Params::defaults(plugin.parameters());
    check_model(plugin, params.with("learning_rate", ParamValue::Real(2.0)))
}

/// The flaw must fail the check called `expect`.
fn check(plugin: &'static Toy, expect: &str) {
    let battery = battery(plugin);
    assert!(battery.failures().any(|(name, _)| name == expect), "{:?} goes unseen by {expect}\n{battery}", plugin.0);
}

#[test]
fn an_honest_model_passes() {
    static TOY: Toy = Toy(Flaw::None);
    let battery = battery(&TOY);
    battery.assert_passed(23);
    let skipped = battery.results.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Skipped(_)));
    assert_eq!(skipped.map(|(name, _)| *name).collect::<Vec<_>>(), ["a_model_in_one_go_has_no_training_state"]);
}

#[test]
fn unnormalised_log_probabilities_are_caught() {
    static TOY: Toy = Toy(Flaw::Unnormalised);
    check(&TOY, "log_probabilities_are_normalised");
}

#[test]
fn a_forgotten_tensor_is_caught() {
    static TOY: Toy = Toy(Flaw::ForgetsBias);
    check(&TOY, "weights_carry_the_predictions_to_a_fresh_model");
}

#[test]
fn a_forgotten_training_state_is_caught() {
    static TOY: Toy = Toy(Flaw::ForgetsVelocity);
    check(&TOY, "a_resumed_training_ends_in_the_same_bytes");
}

#[test]
fn a_loss_that_begins_anew_with_each_piece_is_caught() {
    static TOY: Toy = Toy(Flaw::ForgetsTheLossBefore);
    check(&TOY, "an_epoch_in_pieces_ends_in_the_same_bytes");
}

#[test]
fn a_model_that_takes_any_weights_is_caught() {
    static TOY: Toy = Toy(Flaw::TakesAnyWeights);
    check(&TOY, "wrong_weights_are_refused");
}

#[test]
fn predictions_that_see_their_neighbours_are_caught() {
    static TOY: Toy = Toy(Flaw::SeesItsNeighbours);
    check(&TOY, "predictions_do_not_depend_on_the_batch");
}

#[test]
fn an_ignored_seed_is_caught() {
    static TOY: Toy = Toy(Flaw::IgnoresTheSeed);
    check(&TOY, "another_seed_starts_from_other_weights");
}

#[test]
fn a_global_state_is_caught() {
    static TOY: Toy = Toy(Flaw::KeepsAGlobalState);
    check(&TOY, "equal_seeds_give_equal_bytes");
}

#[test]
fn a_panic_on_one_letter_is_caught() {
    static TOY: Toy = Toy(Flaw::PanicsOnOneLetter);
    check(&TOY, "odd_names_have_log_probabilities");
}

#[test]
fn an_overflow_on_long_names_is_caught() {
    static TOY: Toy = Toy(Flaw::OverflowsOnLongNames);
    check(&TOY, "odd_names_have_log_probabilities");
}

#[test]
fn a_model_that_learns_nothing_is_caught() {
    static TOY: Toy = Toy(Flaw::LearnsNothing);
    check(&TOY, "loss_falls");
    check(&TOY, "training_names_are_learnt");
}

#[test]
fn an_ignored_cancel_flag_is_caught() {
    static TOY: Toy = Toy(Flaw::IgnoresCancel);
    check(&TOY, "a_raised_cancel_flag_stops_it");
}

#[test]
fn a_default_out_of_range_is_caught() {
    static TOY: Toy = Toy(Flaw::DefaultOutOfRange);
    check(&TOY, "defaults_are_in_range");
}

#[test]
fn the_battery_shows_its_counts_and_counts_what_ran() {
    static TOY: Toy = Toy(Flaw::IgnoresCancel);
    let shown = battery(&TOY).to_string();
    assert!(shown.starts_with("toy: 22 checks passed, 1 skipped, 1 failed\n"), "{shown}");
    assert!(shown.contains("FAILED   a_raised_cancel_flag_stops_it: it trained on\n"), "{shown}");
}

#[test]
#[should_panic(expected = "of which at least 24 were to run")]
fn too_few_checks_do_not_pass() {
    static TOY: Toy = Toy(Flaw::None);
    battery(&TOY).assert_passed(24);
}

#[test]
fn the_training_can_be_chosen() {
    static TOY: Toy = Toy(Flaw::None);
    let mut gentle = training();
    gentle.batch_size = 16;
    check_model_trained(&TOY, Params::defaults(TOY.parameters()), gentle).assert_passed(23);
}
