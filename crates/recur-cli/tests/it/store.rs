//! What `recur experiment` shows and writes beside its results: warnings, the log, and errors before the first trial.

use crate::common::{Lab, Ran};

#[test]
fn the_environment_may_name_the_store() {
    let lab = Lab::new();
    let output = lab.command(&["experiment", "small.yaml"]).env("RECUR_STORE", "elsewhere").output().unwrap();
    Ran::from(output).ended(0);
    assert!(lab.path("elsewhere/trials").exists() && !lab.path("runs").exists());
}

#[test]
fn a_record_that_counts_as_missing_is_a_warning() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    std::fs::write(lab.trials()[3].join("record.json"), "").unwrap();
    let reported = ["WARN", "counts as missing", "record.json is damaged", "7 done before, 1 to run"];
    lab.experiment(&[]).ended(0).reported(&reported);
}

#[test]
fn a_reports_folder_that_cannot_be_made_is_found_before_the_first_trial() {
    let lab = Lab::new();
    lab.write("reports", "in the way");
    lab.experiment(&[]).ended(1).reported(&["cannot write the report", "reports is not a folder", "--reports DIR"]);
    assert!(lab.trials().is_empty());
}

#[test]
fn the_log_is_one_json_object_a_line_and_grows_with_each_run() {
    let lab = Lab::new();
    let lines = || {
        let log = lab.read("runs/experiments/small/log.jsonl");
        let parse = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
        log.lines().map(parse).collect::<Vec<_>>()
    };
    lab.experiment(&["--log-level", "error"]).ended(0);
    let first = lines();
    let message = |line: &serde_json::Value| line["fields"]["message"].as_str().unwrap_or_default().to_owned();
    let n_epochs = first.iter().filter(|line| message(line).ends_with("epoch finished")).count();
    assert_eq!(n_epochs, 2 + 6 * 3, "every epoch, though the terminal shows errors alone");
    assert!(first.iter().any(|line| line["span"]["name"] == "trial"), "lines name their trial");
    lab.experiment(&[]).ended(0);
    assert_eq!(lines()[..first.len()], first);
    assert!(lines().len() > first.len());
}
