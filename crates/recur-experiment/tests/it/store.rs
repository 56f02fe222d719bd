//! Stores and report folders that are damaged, of another version, or cannot be written.

use crate::common::says;
use crate::logged::is_logged;
use crate::pipeline::{
    N_TRIALS, Run, SPEC, experiment, finished, flip_a_bit, lab, lab_with, problems, promised, refused, scored, trials,
};
use recur_store::Store;
use std::path::Path;

/// All of `store.json`.
const STORE_JSON: &str = "{\"format\": 8}\n";

#[test]
fn a_file_in_the_place_of_the_store_is_refused() {
    let lab = lab();
    lab.write("taken", "");
    let parts = ["cannot use the store", "taken", "--store DIR"];
    refused(Run { store: "taken", ..Run::default() }.of(&lab), &parts);
    assert!(!lab.path("reports").exists());
}

#[test]
fn a_store_that_takes_no_trial_is_refused_before_any_is_trained() {
    let lab = lab();
    lab.write("runs/store.json", STORE_JSON);
    lab.write("runs/trials", "in the way");
    refused(experiment(&lab), &["cannot use the store", "runs/trials", "it is no folder", "--store DIR"]);
    assert!(!lab.path("reports").exists());
}

#[test]
fn a_store_of_a_later_format_is_refused_and_left_alone() {
    let lab = lab();
    lab.write("runs/store.json", r#"{"format": 99}"#);
    let parts = ["store format 99", "reads up to 8", "a later version of recur"];
    refused(experiment(&lab), &parts);
    let error = Store::open_to_read(&lab.path("runs")).unwrap_err();
    says(&error, error.hint(), &parts);
    assert_eq!(std::fs::read_dir(lab.path("runs")).unwrap().count(), 1);
}

#[test]
fn a_cut_record_is_run_again_with_a_warning_to_the_same_bytes() {
    let lab = finished();
    let before = promised(&lab, &["runs", "reports"]);
    let record = trials(&lab)[3].join("record.json");
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, &text[..text.len() / 2]).unwrap();
    let ran = experiment(&lab).unwrap();
    assert_eq!((ran.outcomes.len(), ran.n_trained), (8, 1));
    let cut = format!("{} is damaged", record.display());
    assert!(is_logged(&["WARN", "counts as missing", &cut]));
    assert!(before == promised(&lab, &["runs", "reports"]));
}

/// Whether the run after `harm` to a file of a scored trial says so, trains `n_trained` trials, and ends in the same bytes. The
/// trials are of no other test, which would take their logs where it runs at the same time.
fn check_mended(file: &str, harm: impl Fn(&Path), logged: &str, n_trained: usize) {
    let lab = lab_with(&SPEC.replace("seed: 5", &format!("seed: 5{n_trained}")));
    experiment(&lab).unwrap();
    let before = promised(&lab, &["runs", "reports"]);
    let path = scored(&lab).join(file);
    harm(&path);
    assert_eq!(experiment(&lab).unwrap().n_trained, n_trained, "{file}");
    assert!(is_logged(&["WARN", path.to_str().unwrap(), logged]), "{file}");
    assert!(before == promised(&lab, &["runs", "reports"]), "{file}");
    assert_eq!(experiment(&lab).unwrap().n_trained, 0, "{file}");
}

/// Flips a bit in the middle.
fn harm(path: &Path) {
    assert!(std::fs::metadata(path).unwrap().len() > 0, "{}", path.display());
    flip_a_bit(path, std::fs::metadata(path).unwrap().len() as usize / 2);
}

#[test]
fn a_damaged_or_missing_file_of_a_trial_makes_it_run_again() {
    for file in ["record.json", "curves.csv", "weights.safetensors", "environment.json", "spec.yaml", "log.jsonl"] {
        check_mended(file, harm, "counts as missing", 1);
    }
    check_mended("weights.safetensors", |path| std::fs::remove_file(path).unwrap(), "counts as missing", 1);
}

#[test]
fn damaged_test_results_are_made_again_without_training() {
    for file in ["test/scores.json", "test/predictions.parquet"] {
        check_mended(file, harm, "are made again", 0);
    }
}

#[test]
fn a_log_whose_last_line_was_cut_goes_on_with_a_whole_one() {
    let lab = finished();
    let log = lab.read("runs/experiments/small/log.jsonl");
    lab.write("runs/experiments/small/log.jsonl", format!("{log}{{\"cut"));
    assert_ne!(problems(&lab), []);
    experiment(&lab).unwrap();
    assert!(lab.read("runs/experiments/small/log.jsonl").starts_with(&format!("{log}{{\"timestamp\"")));
    assert_eq!(problems(&lab), []);
}

#[test]
fn a_run_that_ends_before_its_first_trial_leaves_a_whole_store() {
    let lab = finished();
    lab.write("names.csv", "name,label\nNovak,Czech\nO'Neil,Irish\n");
    refused(experiment(&lab), &["cannot divide", "2 rows in 2 groups are too few to divide"]);
    assert!(is_logged(&[&lab.word("names.csv"), "2 names"]));
    assert_eq!(problems(&lab), []);
}

#[test]
fn a_reports_folder_that_cannot_be_made_is_found_before_the_first_trial() {
    let lab = lab();
    lab.write("reports", "in the way");
    let parts = ["cannot write the report", "reports is not a folder", "--reports DIR"];
    refused(experiment(&lab), &parts);
    assert!(trials(&lab).is_empty());
    let ran = Run { reports: "elsewhere", ..Run::default() }.of(&lab).unwrap();
    assert_eq!((ran.n_trained, trials(&lab).len()), (N_TRIALS, N_TRIALS));
    assert!(lab.path("elsewhere/small.md").exists());
}
