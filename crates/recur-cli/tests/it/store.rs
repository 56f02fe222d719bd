//! Stores and report folders that are damaged, of another version, or cannot be written.

use crate::common::{Lab, N_TRIALS, Ran, STORE_JSON};

#[test]
fn a_file_in_the_place_of_the_store_is_refused() {
    let lab = Lab::new();
    lab.write("taken", "");
    lab.experiment(&["--store", "taken"]).ended(1).reported(&["cannot use the store", "taken", "--store DIR"]);
    assert!(!lab.path("reports").exists());
}

#[test]
fn a_store_that_takes_no_trial_is_refused_before_any_is_trained() {
    let lab = Lab::new();
    lab.write("runs/store.json", STORE_JSON);
    lab.write("runs/trials", "in the way");
    lab.experiment(&[]).ended(1).reported(&["cannot use the store", "runs/trials", "it is no folder", "--store DIR"]);
    assert!(!lab.path("reports").exists());
}

#[test]
fn the_environment_may_name_the_store() {
    let lab = Lab::new();
    let output = lab.command(&["experiment", "small.yaml"]).env("RECUR_STORE", "elsewhere").output().unwrap();
    Ran::from(output).ended(0);
    assert!(lab.path("elsewhere/trials").exists() && !lab.path("runs").exists());
}

#[test]
fn a_store_of_a_later_format_is_refused_and_left_alone() {
    let lab = Lab::new();
    lab.write("runs/store.json", r#"{"format": 99}"#);
    let reported = ["store format 99", "reads up to 6", "a later version of recur"];
    lab.experiment(&[]).ended(1).reported(&reported);
    lab.recur(&["report", "small.yaml"]).ended(1).reported(&reported);
    assert_eq!(std::fs::read_dir(lab.path("runs")).unwrap().count(), 1);
}

#[test]
fn a_cut_record_is_run_again_with_a_warning_to_the_same_bytes() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let before = lab.promised(&["runs", "reports"]);
    let record = lab.trials()[3].join("record.json");
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, &text[..text.len() / 2]).unwrap();
    lab.experiment(&[]).ended(0).reported(&[
        "WARN",
        "counts as missing",
        "record.json is damaged",
        "7 done before, 1 to run",
    ]);
    assert!(before == lab.promised(&["runs", "reports"]));
}

/// Whether the run after `harm` to a file of a scored trial says so, and ends in the same bytes.
fn check_mended(file: &str, harm: impl Fn(&std::path::Path), reported: &[&str]) {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let before = lab.promised(&["runs", "reports"]);
    let scored = lab.trials().into_iter().find(|trial| trial.join("test").exists()).expect("a chosen trial");
    harm(&scored.join(file));
    lab.experiment(&[]).ended(0).reported(&[&["WARN", file], reported].concat());
    assert!(before == lab.promised(&["runs", "reports"]), "{file}");
    lab.experiment(&[]).ended(0).reported(&["8 done before, 0 to run"]);
}

fn flip_a_bit(path: &std::path::Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_or_missing_file_of_a_trial_makes_it_run_again() {
    let run_again = ["counts as missing", "7 done before, 1 to run"];
    for file in ["record.json", "curves.csv", "weights.safetensors", "environment.json", "spec.yaml", "log.jsonl"] {
        check_mended(file, flip_a_bit, &run_again);
    }
    check_mended("weights.safetensors", |path| std::fs::remove_file(path).unwrap(), &run_again);
}

#[test]
fn damaged_test_figures_are_made_again_without_training() {
    for file in ["test/scores.json", "test/predictions.parquet"] {
        check_mended(file, flip_a_bit, &["are made again", "8 done before, 0 to run"]);
    }
}

#[test]
fn a_log_whose_last_line_was_cut_goes_on_with_a_whole_one() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let log = lab.read("runs/experiments/small/log.jsonl");
    lab.write("runs/experiments/small/log.jsonl", format!("{log}{{\"cut"));
    lab.recur(&["store", "check"]).ended(4);
    lab.experiment(&[]).ended(0);
    assert!(lab.read("runs/experiments/small/log.jsonl").starts_with(&format!("{log}{{\"timestamp\"")));
    lab.recur(&["store", "check"]).ended(0);
}

#[test]
fn a_run_that_ends_before_its_first_trial_leaves_a_whole_store() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab.write("names.csv", "name,label\nNovak,Czech\nO'Neil,Irish\n");
    lab.experiment(&[]).ended(1).reported(&["2 names", "cannot divide"]);
    lab.recur(&["store", "check"]).ended(0);
}

#[test]
fn a_reports_folder_that_cannot_be_made_is_found_before_the_first_trial() {
    let lab = Lab::new();
    lab.write("reports", "in the way");
    lab.experiment(&[]).ended(1).reported(&["cannot write the report", "reports is not a folder", "--reports DIR"]);
    assert!(lab.trials().is_empty());
    lab.experiment(&["--reports", "elsewhere"]).ended(0).reported(&["0 done before, 8 to run"]);
    assert_eq!(lab.trials().len(), N_TRIALS);
    assert!(lab.path("elsewhere/small.md").exists());
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
