//! From a spec to a report, again, and only what is missing.

use crate::common::{DIVERGING, Lab, N_TRIALS, SHIPPED, STORE_JSON};
use std::collections::BTreeSet;

const ALL: &[&str] = &["reports", "runs"];

#[test]
fn a_small_experiment_ends_with_a_report_and_its_figures() {
    let lab = Lab::new();
    let ran = lab.experiment(&[]).ended(0).reported(&["60 names", "8 trials: 0 done before, 8 to run"]);
    assert!(ran.out.contains("Report: reports/small.md"), "{}", ran.out);
    assert!(ran.out.contains("The same as one page, to sort and filter: reports/small.html"), "{}", ran.out);
    for model in ["linfa_naive_bayes", "manual_rnn(learning_rate=0.0", "stacked_rnn"] {
        assert!(ran.out.contains(model), "{}", ran.out);
    }
    let report = lab.read("reports/small.md");
    assert!(report.contains("Which family tells best"), "the question stands in the report");
    let figures: BTreeSet<&str> = report.split("](small/").skip(1).filter_map(|text| text.split(')').next()).collect();
    assert!(figures.len() >= 3, "{figures:?}");
    for file in figures {
        let start = if file == "cost.md" { "# small: what it cost" } else { "<svg" };
        assert!(lab.read(&format!("reports/small/{file}")).starts_with(start), "{file}");
    }
    assert_eq!(lab.trials().len(), N_TRIALS);
}

#[test]
fn a_second_run_trains_nothing_and_changes_no_byte() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let before = lab.promised(ALL);
    lab.experiment(&[]).ended(0).reported(&["8 trials: 8 done before, 0 to run"]);
    assert!(before == lab.promised(ALL));
}

#[test]
fn report_writes_the_same_bytes_from_the_store_alone() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let before = lab.promised(ALL);
    std::fs::remove_dir_all(lab.path("reports")).unwrap();
    lab.recur(&["report", "small.yaml"]).ended(0);
    assert!(before == lab.promised(ALL));
}

#[test]
fn report_of_trials_that_were_not_run_says_which_command_runs_them() {
    let lab = Lab::new();
    lab.recur(&["report", "small.yaml"]).ended(1).reported(&["there is no store runs", "recur experiment makes it"]);
    lab.write("runs/store.json", STORE_JSON);
    let reported = ["8 of 8 trials of small.yaml have no record", "recur experiment small.yaml"];
    lab.recur(&["report", "small.yaml"]).ended(1).reported(&reported);
    assert!(!lab.path("reports").exists());
}

#[test]
fn a_deleted_trial_alone_is_trained_again_to_the_same_bytes() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let before = lab.promised(ALL);
    for trial in [&lab.trials()[0], &lab.trials()[N_TRIALS - 1]] {
        std::fs::remove_dir_all(trial).unwrap();
        lab.experiment(&[]).ended(0).reported(&["8 trials: 7 done before, 1 to run"]);
        assert!(before == lab.promised(ALL));
    }
}

#[test]
fn a_trial_that_diverges_is_named_and_the_others_are_reported() {
    let lab = Lab::with(DIVERGING);
    let ran = lab.experiment(&[]).ended(3).reported(&["WARN", "manual_rnn replicate", "diverged: loss became"]);
    assert!(ran.out.contains("of 4 trials did not finish: see the report"), "{}", ran.out);
    assert!(ran.out.contains("Report: reports/small.md"), "{}", ran.out);
    let report = lab.read("reports/small.md");
    let row = report.lines().find(|line| line.contains("diverged | loss became")).expect("a row of the failure");
    assert!(row.contains("`manual_rnn`"), "{row}");
    // It is an outcome like another: a second run takes it from the store, and exits in the same way.
    lab.experiment(&[]).ended(3).reported(&["4 trials: 4 done before, 0 to run"]);
    lab.recur(&["report", "small.yaml"]).ended(3);
}

#[test]
fn plan_lists_every_trial_with_its_state_and_writes_nothing() {
    let lab = Lab::new();
    let before = lab.recur(&["plan", "small.yaml"]).ended(0).out;
    assert!(
        before.contains("\n4 configurations, 2 replicates, 8 trials: 0 done, 8 to run\nTest rows: drawn anew"),
        "{before}"
    );
    assert!(!lab.path("runs").exists());
    let ids = lab.plan(&["small.yaml"]);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), N_TRIALS);
    lab.experiment(&[]).ended(0);
    let name = |path: &std::path::PathBuf| path.file_name().expect("an id").to_string_lossy().into_owned();
    assert_eq!(lab.trials().iter().map(name).collect::<BTreeSet<_>>(), ids.into_iter().collect());
    let after = lab.recur(&["plan", "small.yaml"]).ended(0).out;
    assert!(after.contains("8 trials: 8 done, 0 to run\nTest rows: "), "{after}");
}

#[test]
fn an_override_is_recorded_in_the_resolved_spec_and_in_the_reports_command() {
    let lab = Lab::new();
    let changes = ["--set", "training.epochs=2", "--set", "data.text.alphabet=abcdefghijklmnop'"];
    lab.experiment(&changes).ended(0);
    let resolved = lab.read("runs/experiments/small/resolved.yaml");
    assert!(resolved.contains("epochs: 2\n"), "{resolved}");
    let report = lab.read("reports/small.md");
    let command =
        "recur experiment small.yaml --set 'training.epochs=2' --set \"data.text.alphabet=abcdefghijklmnop'\"";
    assert!(report.contains(command), "{report}");
    assert!(report.contains("epochs: 2\n"), "the resolved spec stands in the report");
}

#[test]
fn a_resolved_spec_names_the_same_trials() {
    let lab = Lab::new();
    let changes = ["--set", "training.epochs=2", "--set", "models.stacked_rnn.params={dropout: 0.25}"];
    let before = lab.plan(&[&["small.yaml"], &changes[..]].concat());
    assert_eq!(before.len(), N_TRIALS);
    assert_ne!(before, lab.plan(&["small.yaml"]));
    lab.experiment(&changes).ended(0);
    assert_eq!(before, lab.plan(&["runs/experiments/small/resolved.yaml"]));
    lab.recur(&["experiment", "runs/experiments/small/resolved.yaml"]).ended(0).reported(&["8 done before, 0 to run"]);
}

#[test]
fn every_shipped_experiment_is_a_valid_spec() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let mut n_specs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let spec = recur_spec::parse(&std::fs::read(&path).unwrap(), &path.display().to_string(), &[], &SHIPPED)
            .unwrap_or_else(|errors| panic!("{errors}"));
        assert!(spec.plan().n_trials() > 0);
        n_specs += 1;
    }
    assert!(n_specs >= 3, "{n_specs} specs");
}
