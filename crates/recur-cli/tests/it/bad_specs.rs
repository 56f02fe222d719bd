//! Specs that are wrong: told with their places before any data is read.

use crate::common::{Lab, SPEC};

/// Changes `from` to `to` in the spec; the source does not exist either, and only the spec's error may be told.
fn check(from: &str, to: &str, place: &str, reported: &[&str]) {
    assert!(SPEC.contains(from), "{from}");
    let lab = Lab::with(&SPEC.replace(from, to).replace("names.csv", "missing.csv"));
    let ran = lab.experiment(&[]).ended(1).reported(&[&format!("small.yaml:{place}: ")]).reported(reported);
    assert!(!ran.err.contains("missing.csv"), "data is not looked for:\n{}", ran.err);
    assert!(ran.out.is_empty(), "{}", ran.out);
    assert!(!lab.path("runs").exists() && !lab.path("reports").exists(), "nothing is written");
}

#[test]
fn a_typo_is_reported_with_the_nearest_key() {
    check("batch_size", "batchsize", "6:23", &["unknown key `batchsize`", "did you mean `batch_size`"]);
}

#[test]
fn a_wrong_type_is_reported() {
    check("epochs: 3", "epochs: three", "6:20", &["`training.epochs`", "whole number", "got"]);
}

#[test]
fn zero_epochs_from_random_weights_are_refused() {
    check(
        "epochs: 3",
        "epochs: 0",
        "6:20",
        &["`manual_rnn`, `stacked_rnn` start from random weights", "`weights: FILE`"],
    );
}

#[test]
fn a_negative_size_is_refused() {
    check("hidden_size: [6]", "hidden_size: [6, -1]", "12:26", &["whole number from 1 to 4096", "got -1"]);
}

#[test]
fn an_empty_sweep_list_is_refused() {
    check("hidden_size: [6]", "hidden_size: []", "12:22", &["hidden_size"]);
}

#[test]
fn an_unknown_model_is_reported_with_the_nearest() {
    check("stacked_rnn", "stacked_rn", "11:10", &["unknown model `stacked_rn`", "did you mean `stacked_rnn`"]);
}

#[test]
fn a_model_listed_twice_is_refused() {
    check("stacked_rnn", "manual_rnn", "11:10", &["model `manual_rnn` is listed twice, first at"]);
}

#[test]
fn an_alias_bomb_is_refused_at_once() {
    let level = |n: u32| format!("  l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 10].join(", "));
    let bomb = format!("sweep:\n  l0: &l0 [1]\n{}", (1..9).map(level).collect::<String>());
    check("sweep: {hidden_size: [6]}\n", &bomb, "13:7", &["anchor"]);
}

#[test]
fn all_errors_come_at_once() {
    let lab = Lab::with(&SPEC.replace("epochs: 3", "epochs: 0").replace("replicates", "replicate"));
    lab.experiment(&["--set", "seed=x"]).ended(1).reported(&[
        "small.yaml:6:20",
        "small.yaml:13:1",
        "--set seed=x",
        "3 errors",
    ]);
}

#[test]
fn a_missing_spec_is_reported_with_the_specs_there_are() {
    let lab = Lab::new();
    lab.recur(&["experiment", "smal.yaml"]).ended(1).reported(&["cannot read the spec smal.yaml", "small.yaml"]);
}

#[test]
fn wrong_words_on_the_command_line_exit_with_2() {
    let lab = Lab::new();
    lab.recur(&["experiment"]).ended(2).reported(&["<SPEC>"]);
    lab.experiment(&["--jobs", "0"]).ended(2).reported(&["--jobs"]);
    lab.experiment(&["--set", "epochs"]).ended(2).reported(&["epochs"]);
}
