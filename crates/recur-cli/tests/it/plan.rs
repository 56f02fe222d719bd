//! `recur plan --json`, for programs.

use crate::common::{Lab, N_TRIALS};
use serde_json::Value;

fn plan(lab: &Lab, arguments: &[&str]) -> Value {
    let out = lab.recur(&[&["plan", "small.yaml", "--json"], arguments].concat()).ended(0).out;
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

fn texts<'a>(plan: &'a Value, field: &str) -> Vec<&'a str> {
    plan["trials"].as_array().expect("trials").iter().map(|trial| trial[field].as_str().expect("a text")).collect()
}

#[test]
fn ids_are_those_of_the_run_and_states_tell_what_is_done() {
    let lab = Lab::new();
    let before = plan(&lab, &[]);
    assert_eq!((&before["done"], &before["to_run"]), (&0.into(), &8.into()));
    assert_eq!(before["estimated_seconds"], Value::Null, "nothing is known of the time");
    assert!(!lab.path("runs").exists());
    lab.experiment(&[]).ended(0);
    let mut ids = texts(&before, "id");
    ids.sort_unstable();
    let stored: Vec<String> =
        lab.trials().iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(ids, stored);
    let after = plan(&lab, &[]);
    assert_eq!(texts(&after, "id"), texts(&before, "id"));
    assert_eq!(texts(&after, "state"), ["done"; N_TRIALS]);
    assert_eq!((&after["done"], &after["estimated_seconds"]), (&8.into(), &Value::Null));
}

#[test]
fn what_is_to_run_is_estimated_from_past_trials() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let text = lab.recur(&["plan", "small.yaml", "--set", "replicates=4"]).ended(0).out;
    assert!(text.contains("8 done, 8 to run, about ") && text.contains("by past trials"), "{text}");
}

/// The new model itself is not compiled here: a shipped one takes its place.
#[test]
fn the_smoke_spec_of_a_new_model_can_be_run() {
    let spec = include_str!("../../../recur-scaffold/src/smoke.yaml").replace("template", "manual_rnn");
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/names.csv");
    let lab = Lab::with(&spec.replace("data/names.csv", data));
    assert_eq!(plan(&lab, &[])["to_run"], 6);
}
