//! A finished sweep that is extended: only what is new is trained, and nothing else changes.

use crate::common::{Lab, N_TRIALS, SPEC};

/// What changes in the spec, and how many trials that adds to those that stay.
#[track_caller]
fn check(change: (&str, &str), n_trials: usize, n_new: usize) {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let before = lab.promised(&["runs/trials"]);
    assert!(SPEC.contains(change.0), "{change:?}");
    lab.write("small.yaml", SPEC.replace(change.0, change.1));
    let n_done = n_trials - n_new;
    lab.experiment(&[]).ended(0).reported(&[&format!("{n_trials} trials: {n_done} done before, {n_new} to run")]);
    let after = lab.promised(&["runs/trials"]);
    for (path, bytes) in before {
        assert!(after.get(&path) == Some(&bytes), "{change:?} changes {}", path.display());
    }
    assert_eq!(lab.trials().len(), N_TRIALS + n_new);
    let from_nothing = Lab::with(&SPEC.replace(change.0, change.1));
    from_nothing.experiment(&[]).ended(0);
    assert!(from_nothing.promised(&["reports"]) == lab.promised(&["reports"]), "{change:?}: the report");
}

#[test]
fn more_replicates_train_only_these() {
    check(("replicates: 2", "replicates: 3"), 12, 4);
}

#[test]
fn another_model_trains_only_its_trials() {
    check(("  - use: stacked_rnn", "  - use: gru\n  - use: stacked_rnn"), 10, 2);
}

#[test]
fn another_value_of_an_axis_trains_only_its_trials() {
    check(("[0.01, 0.02]", "[0.005, 0.01, 0.02]"), 10, 2);
}

#[test]
fn permuted_values_and_models_train_nothing() {
    check(("[0.01, 0.02]", "[0.02, 0.01]"), 8, 0);
    let models = "  - use: manual_rnn\n    sweep: {learning_rate: [0.01, 0.02]}\n  - use: stacked_rnn\n";
    let permuted = "  - use: stacked_rnn\n  - use: manual_rnn\n    sweep: {learning_rate: [0.01, 0.02]}\n";
    check((models, permuted), 8, 0);
}

#[test]
fn another_primary_metric_trains_nothing() {
    check(("report: {baseline", "report: {primary: accuracy, baseline"), 8, 0);
}
