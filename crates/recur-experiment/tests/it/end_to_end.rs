//! From a spec to a report, again, and only what is missing.

use crate::logged::is_logged;
use crate::pipeline::{DIVERGING, N_TRIALS, Run, experiment, finished, lab, lab_with, promised, refused, trials};
use recur_core::record::Outcome;
use recur_store::Store;
use std::collections::BTreeSet;

const ALL: &[&str] = &["reports", "runs"];

#[test]
fn a_small_experiment_ends_with_a_report_and_its_figures() {
    let lab = lab();
    let ran = experiment(&lab).unwrap();
    assert_eq!((ran.experiment.data().facts.rows, ran.outcomes.len(), ran.n_trained), (60, N_TRIALS, N_TRIALS));
    let written = &ran.reported.written;
    assert_eq!((&written.report, &written.html), (&lab.path("reports/small.md"), &lab.path("reports/small.html")));
    let report = lab.read("reports/small.md");
    assert!(report.contains("Which family tells best"), "the question stands in the report");
    for model in ["linfa_naive_bayes", "manual_rnn", "stacked_rnn"] {
        assert!(ran.reported.analysis.models.iter().any(|analysed| analysed.model == model), "{model}");
    }
    let figures: BTreeSet<&str> = report.split("](small/").skip(1).filter_map(|text| text.split(')').next()).collect();
    assert!(figures.len() >= 3, "{figures:?}");
    for file in figures {
        let start = if file == "cost.md" { "# small: what it cost" } else { "<svg" };
        assert!(lab.read(&format!("reports/small/{file}")).starts_with(start), "{file}");
    }
    assert_eq!(trials(&lab).len(), N_TRIALS);
}

#[test]
fn a_second_run_trains_nothing_and_changes_no_byte() {
    let lab = finished();
    let before = promised(&lab, ALL);
    assert_eq!(experiment(&lab).unwrap().n_trained, 0);
    assert!(before == promised(&lab, ALL));
}

#[test]
fn report_writes_the_same_bytes_from_the_store_alone() {
    let lab = finished();
    let before = promised(&lab, ALL);
    std::fs::remove_dir_all(lab.path("reports")).unwrap();
    Run::default().report(&lab).unwrap();
    assert!(before == promised(&lab, ALL));
}

#[test]
fn report_of_trials_that_were_not_run_says_which_command_runs_them() {
    let lab = lab();
    drop(Store::open(&lab.path("runs")).unwrap());
    let spec = lab.word("small.yaml");
    let parts = [format!("8 of 8 trials of {spec} have no record"), format!("recur experiment {spec}")];
    refused(Run::default().report(&lab), &[&parts[0], &parts[1]]);
    assert!(!lab.path("reports").exists());
}

#[test]
fn a_deleted_trial_alone_is_trained_again_to_the_same_bytes() {
    let lab = finished();
    let before = promised(&lab, ALL);
    for trial in [&trials(&lab)[0], &trials(&lab)[N_TRIALS - 1]] {
        std::fs::remove_dir_all(trial).unwrap();
        let ran = experiment(&lab).unwrap();
        assert_eq!((ran.outcomes.len(), ran.n_trained), (8, 1));
        assert!(before == promised(&lab, ALL));
    }
}

#[test]
fn a_trial_that_diverges_is_named_and_the_others_are_reported() {
    let lab = lab_with(DIVERGING);
    let ran = experiment(&lab).unwrap();
    let is_diverged = |outcome: &&recur_core::selection::TrialOutcome| matches!(&outcome.record.outcome, Outcome::Diverged { reason } if reason.starts_with("loss became"));
    let n_diverged = ran.outcomes.iter().filter(is_diverged).count();
    assert_eq!((ran.outcomes.len(), ran.reported.n_unfinished), (4, n_diverged));
    assert!(n_diverged > 0);
    assert!(is_logged(&["WARN", "manual_rnn", "replicate ", "diverged: loss became"]));
    let report = lab.read("reports/small.md");
    let row = report.lines().find(|line| line.contains("diverged | loss became")).expect("a row of the failure");
    assert!(row.contains("`manual_rnn`"), "{row}");
    // It is an outcome like another: a second run takes it from the store, and so does a report.
    let again = experiment(&lab).unwrap();
    assert_eq!((again.n_trained, again.reported.n_unfinished), (0, n_diverged));
    assert_eq!(Run::default().report(&lab).unwrap().n_unfinished, n_diverged);
}

#[test]
fn the_trials_of_the_store_are_those_of_the_plan() {
    let lab = lab();
    let ids: BTreeSet<String> = Run::default().ids(&lab).into_iter().collect();
    assert_eq!(ids.len(), N_TRIALS);
    assert!(!lab.path("runs").exists());
    experiment(&lab).unwrap();
    assert_eq!(trials(&lab).iter().map(|trial| crate::pipeline::id(trial)).collect::<BTreeSet<_>>(), ids);
}

#[test]
fn an_override_is_recorded_in_the_resolved_spec_and_in_the_reports_command() {
    let lab = lab();
    let set = &["training.epochs=2", "data.text.alphabet=abcdefghijklmnop'"][..];
    Run { set, ..Run::default() }.of(&lab).unwrap();
    let resolved = lab.read("runs/experiments/small/resolved.yaml");
    assert!(resolved.contains("epochs: 2\n"), "{resolved}");
    let report = lab.read("reports/small.md");
    let command = format!(
        "lab experiment {} --set 'training.epochs=2' --set \"data.text.alphabet=abcdefghijklmnop'\"",
        lab.word("small.yaml")
    );
    assert!(report.contains(&command), "{report}");
    assert!(report.contains("epochs: 2\n"), "the resolved spec stands in the report");
}

#[test]
fn a_resolved_spec_names_the_same_trials() {
    let lab = lab();
    let set = &["training.epochs=2", "models.stacked_rnn.params={dropout: 0.25}"][..];
    let changed = Run { set, ..Run::default() };
    let before = changed.ids(&lab);
    assert_eq!(before.len(), N_TRIALS);
    assert_ne!(before, Run::default().ids(&lab));
    changed.of(&lab).unwrap();
    let resolved = Run { spec: "runs/experiments/small/resolved.yaml", ..Run::default() };
    assert_eq!(before, resolved.ids(&lab));
    let ran = resolved.of(&lab).unwrap();
    assert_eq!((ran.outcomes.len(), ran.n_trained), (8, 0));
}
