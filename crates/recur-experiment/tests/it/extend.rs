//! A finished sweep that is extended: only what is new is trained, and nothing else changes.

use crate::small::{N_TRIALS, Place, SPEC, lab, promised, run, run_in, trials, write};

/// What changes in the spec, and how many trials that adds to those that stay.
#[track_caller]
fn check(change: (&str, &str), n_trials: usize, n_new: usize) {
    let lab = lab(SPEC);
    run(&lab, &[]);
    let before = promised(&lab, "runs/trials");
    assert!(SPEC.contains(change.0), "{change:?}");
    write(&lab, &SPEC.replace(change.0, change.1));
    let ran = run(&lab, &[]);
    assert_eq!((ran.outcomes.len(), ran.n_trained), (n_trials, n_new), "{change:?}");
    let after = promised(&lab, "runs/trials");
    for (path, bytes) in before {
        assert!(after.get(&path) == Some(&bytes), "{change:?} changes {}", path.display());
    }
    assert_eq!(trials(&lab).len(), N_TRIALS + n_new);
    let from_nothing = run_in(&lab, &[], Place { store: "other", reports: "others", ..Place::default() });
    assert_eq!(from_nothing.n_trained, n_trials);
    assert!(promised(&lab, "others") == promised(&lab, "reports"), "{change:?}: the report");
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
