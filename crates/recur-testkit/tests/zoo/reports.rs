//! What the battery says, of an honest model and of others.

use crate::battery;
use crate::flaw::Flaw;
use crate::plugin::Zoo;
use recur_core::model::ModelPlugin as _;
use recur_core::params::Params;
use recur_testkit::bench::training;
use recur_testkit::processes::{Given, fresh_process, instruction_sets};
use recur_testkit::{Bench, Outcome, check_model_observed, check_model_trained, checks};

const N_RAN: usize = 63;

#[test]
fn an_honest_model_passes() {
    let battery = battery(Flaw::None);
    battery.assert_passed(N_RAN);
    let skipped = battery.results.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Skipped(_)));
    assert_eq!(
        skipped.map(|(name, _)| *name).collect::<Vec<_>>(),
        ["settings_declared_unused_change_nothing", "a_model_in_one_go_has_no_training_state"]
    );
}

#[test]
fn counts_and_what_was_left_out_are_shown() {
    let shown = battery(Flaw::IgnoresCancel).to_string();
    let first = format!("zoo: {} checks passed (1 in part), 2 skipped, 1 failed\n", N_RAN - 1);
    assert!(shown.starts_with(&first), "{shown}");
    for line in [
        "  FAILED   a_raised_cancel_flag_stops_it: it trained on\n",
        "  in part  values_at_the_ends_of_their_ranges_do_not_panic: left out: `hidden_size: 100000`, about",
        "  skipped  a_model_in_one_go_has_no_training_state: it is trained step by step\n",
        "  passed   loss_falls\n",
    ] {
        assert!(shown.contains(line), "{line:?} is not in\n{shown}");
    }
}

#[test]
#[should_panic(expected = "of which at least 64 were to run")]
fn too_few_checks_do_not_pass() {
    battery(Flaw::None).assert_passed(N_RAN + 1);
}

#[test]
fn the_training_can_be_chosen() {
    static HONEST: Zoo = Zoo::new(Flaw::None);
    let mut gentle = training();
    gentle.batch_size = 4;
    check_model_trained(&HONEST, Params::defaults(HONEST.about().parameters), gentle).assert_passed(N_RAN);
}

#[test]
fn every_check_is_reported_before_and_after_it_runs() {
    static HONEST: Zoo = Zoo::new(Flaw::None);
    let bench = Bench::new(&HONEST, Params::defaults(HONEST.about().parameters), training());
    let mut reported = Vec::new();
    let battery = check_model_observed(&bench, &mut |check, outcome| reported.push((check.name, outcome.cloned())));
    let expected: Vec<_> =
        battery.results.iter().flat_map(|(name, outcome)| [(*name, None), (*name, Some(outcome.clone()))]).collect();
    assert_eq!(reported, expected);
    assert_eq!(battery.results.len(), checks().len());
}

#[test]
fn a_model_that_promises_nothing_of_its_bits_skips_what_compares_them() {
    let battery = battery(Flaw::PromisesNothing);
    battery.assert_passed(N_RAN - 11);
    let reason = Outcome::Skipped("it promises nothing of its bits".to_owned());
    assert_eq!(battery.results.iter().filter(|(_, outcome)| *outcome == reason).count(), 11);
}

#[test]
fn a_fresh_process_must_give_the_same() {
    let given = |digest: &str| Ok(digest.to_owned());
    let of = |flaw, this, fresh| fresh_process(&Zoo::new(flaw), &this, &fresh).1;
    assert_eq!(of(Flaw::None, given("aa"), given("aa")), Outcome::Ran);
    assert!(
        matches!(of(Flaw::None, given("aa"), given("bb")), Outcome::Failed(reported) if reported.contains("aa here, and bb"))
    );
    assert_eq!(of(Flaw::None, given("aa"), Err("it ended".to_owned())), Outcome::Failed("it ended".to_owned()));
    assert!(matches!(of(Flaw::PromisesOneMachine, given("aa"), given("bb")), Outcome::Failed(_)));
    assert!(matches!(of(Flaw::PromisesNothing, given("aa"), given("bb")), Outcome::Skipped(_)));
}

#[test]
fn instruction_sets_are_held_to_the_grade() {
    let given = |narrow: &str, wide: &str| [("narrow", Ok(narrow.to_owned())), ("wide", Ok(wide.to_owned()))];
    let of = |flaw, given: &[(&'static str, Given)]| instruction_sets(&Zoo::new(flaw), given).1;
    assert_eq!(of(Flaw::None, &given("aa", "aa")), Outcome::Ran);
    let reported = "a training gives aa on narrow, bb on wide".to_owned();
    assert_eq!(of(Flaw::None, &given("aa", "bb")), Outcome::Failed(reported.clone()));
    let allowed = Outcome::Skipped(format!("{reported}; the grade `machine` allows it"));
    assert_eq!(of(Flaw::PromisesOneMachine, &given("aa", "bb")), allowed);
    assert!(matches!(of(Flaw::PromisesNothing, &given("aa", "bb")), Outcome::Skipped(_)));
    assert!(matches!(of(Flaw::None, &given("aa", "aa")[..1]), Outcome::Skipped(_)));
    let broken = [("narrow", Ok("aa".to_owned())), ("wide", Err("it ended".to_owned()))];
    assert!(
        matches!(of(Flaw::PromisesOneMachine, &broken), Outcome::Failed(reported) if reported.contains("nothing on wide"))
    );
}
