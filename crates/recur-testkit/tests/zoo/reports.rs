//! What the battery says, of an honest model and of others.

use crate::battery;
use crate::flaw::Flaw;
use crate::plugin::Zoo;
use recur_core::model::ModelPlugin as _;
use recur_core::params::Params;
use recur_testkit::bench::training;
use recur_testkit::{Bench, Outcome, check_model_observed, check_model_trained, checks};

const N_RAN: usize = 45;

#[test]
fn an_honest_model_passes() {
    let battery = battery(Flaw::None);
    battery.assert_passed(N_RAN);
    let skipped = battery.results.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Skipped(_)));
    assert_eq!(skipped.map(|(name, _)| *name).collect::<Vec<_>>(), ["a_model_in_one_go_has_no_training_state"]);
}

#[test]
fn counts_and_what_was_left_out_are_shown() {
    let shown = battery(Flaw::IgnoresCancel).to_string();
    let first = format!("zoo: {} checks passed (1 in part), 1 skipped, 1 failed\n", N_RAN - 1);
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
#[should_panic(expected = "of which at least 46 were to run")]
fn too_few_checks_do_not_pass() {
    battery(Flaw::None).assert_passed(N_RAN + 1);
}

#[test]
fn the_training_can_be_chosen() {
    static HONEST: Zoo = Zoo(Flaw::None);
    let mut gentle = training();
    gentle.batch_size = 4;
    check_model_trained(&HONEST, Params::defaults(HONEST.parameters()), gentle).assert_passed(N_RAN);
}

#[test]
fn every_check_is_told_before_and_after_it_runs() {
    static HONEST: Zoo = Zoo(Flaw::None);
    let bench = Bench::new(&HONEST, Params::defaults(HONEST.parameters()), training());
    let mut told = Vec::new();
    let battery = check_model_observed(&bench, &mut |check, outcome| told.push((check.name, outcome.cloned())));
    let expected: Vec<_> =
        battery.results.iter().flat_map(|(name, outcome)| [(*name, None), (*name, Some(outcome.clone()))]).collect();
    assert_eq!(told, expected);
    assert_eq!(battery.results.len(), checks().len());
}
