//! Ctrl-C, and the run after it.

#![cfg(unix)]

use crate::common::{Lab, Ran};
use crate::processes::{Running, wait_until};
use std::process::Command;

/// A second or two of training on one thread.
const LONG: &str = "\
recur: 1
name: small
data: {source: names.csv}
training: {epochs: 150, batch_size: 1}
models: [{use: manual_rnn, params: {hidden_size: 64}}]
replicates: 10
";

/// Sends SIGINT to the run after its first trial.
fn interrupt_after_one_trial(lab: &Lab) -> Ran {
    let mut run = Running::start(lab, &["experiment", "small.yaml", "--jobs", "1"]);
    let first_record = || lab.trials().iter().any(|trial| trial.join("record.json").exists());
    wait_until("the first record", || first_record() || run.has_ended());
    let kill = Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(kill.success());
    // A trial stops at its next step: within seconds on any machine.
    wait_until("the end of the interrupted run", || run.has_ended());
    run.end()
}

#[test]
fn an_interrupted_run_says_how_to_go_on_and_the_next_ends_like_an_uninterrupted_one() {
    let whole = Lab::with(LONG);
    whole.experiment(&["--jobs", "2"]).ended(0);

    let lab = Lab::with(LONG);
    let reported = [
        "stopping",
        "interrupted: ",
        "of 10 trials are kept in runs",
        "the same command goes on from there: recur experiment small.yaml",
    ];
    interrupt_after_one_trial(&lab).ended(130).reported(&reported);
    let n_kept = lab.trials().len();
    assert!((1..10).contains(&n_kept), "{n_kept} trials are kept");
    assert!(!lab.path("reports").exists(), "no report of half an experiment");

    let again = lab.experiment(&[]).ended(0);
    again.reported(&[&format!("10 trials: {n_kept} done before, {} to run", 10 - n_kept)]);
    assert!(whole.promised(&["runs", "reports"]) == lab.promised(&["runs", "reports"]));
}
