//! `recur why`: a line a trial.

use crate::common::{Lab, N_TRIALS};

fn finished() -> Lab {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab
}

#[test]
fn each_trial_with_a_record_is_a_hit_and_each_without_a_miss() {
    let lab = Lab::new();
    let before = lab.recur(&["why", "small.yaml"]).ended(0).out;
    assert!(before.ends_with("8 trials: 0 have a record, 8 to run\n"), "{before}");
    assert!(before.contains("the store has no trial of manual_rnn"), "{before}");
    assert!(!lab.path("runs").exists());
    lab.experiment(&[]).ended(0);
    let after = lab.recur(&["why", "small.yaml"]).ended(0).out;
    assert_eq!(after.lines().filter(|line| line.starts_with("hit   ")).count(), N_TRIALS);
    assert!(after.ends_with("8 trials: 8 have a record, 0 to run\n"), "{after}");
    let changed = lab.recur(&["why", "small.yaml", "--set", "training.batch_size=4"]).ended(0).out;
    let is_miss =
        |line: &&str| line.starts_with("miss  ") && line.contains(": training.batch_size 8 → 4 (nearest record: ");
    assert_eq!(changed.lines().filter(is_miss).count(), 6, "{changed}");
}

#[test]
fn only_one_trial_is_reported() {
    let lab = finished();
    let id = &lab.plan(&["small.yaml"])[2];
    let out = lab.recur(&["why", "small.yaml", &id[..12]]).ended(0).out;
    assert_eq!(out, format!("hit   {}  manual_rnn(learning_rate=0.02) replicate 0\n", &id[..10]));
    lab.recur(&["why", "small.yaml", "ffff"]).ended(1).reported(&["no trial of small.yaml", "recur plan small.yaml"]);
    let changed = lab.recur(&["why", "small.yaml", "--set", "seed=9", "ffff"]).ended(1);
    changed.reported(&["recur plan small.yaml --set 'seed=9' lists the ids"]);
    let missing = lab.recur(&["report", "small.yaml", "--set", "seed=9", "--store", "runs"]).ended(1);
    missing.reported(&["hint: run them first: recur experiment small.yaml --set 'seed=9'"]);
}
