//! Reports that are executed again: what they were made from, what was changed since, and what is said of it.

use crate::common::{edit, says};
use crate::logged::is_logged;
use crate::pipeline::{Run, finished, id, lab, promised, refused, scored, trials};
use crate::verified_trials::{differs, trial_of, verified, verify, verify_refused};

const REPORT: &str = "reports/small.md";
const RECORD: &str = "reports/small/report.json";

#[test]
fn a_report_is_verified_from_its_own_spec_with_a_store_and_without() {
    let lab = finished();
    let before = promised(&lab, &["runs", "reports"]);
    let again = ["8 of 8 trials executed again", "6 of them of grade portable"];
    let stored = format!("8 stored trials in {} are the same bytes", lab.word("runs"));
    let same = format!("{}, its figures and its HTML page are the same bytes", lab.word(REPORT));
    verified(&lab, REPORT, &[&again[..], &[&stored, &same]].concat());
    assert!(before == promised(&lab, &["runs", "reports"]), "it changes nothing");
    std::fs::remove_dir_all(lab.path("runs")).unwrap();
    std::fs::remove_file(lab.path("small.yaml")).unwrap();
    verified(&lab, REPORT, &[&again[..], &[&same]].concat());
    let missing = format!("there is no file {}: the spec of the report is used", lab.word("small.yaml"));
    assert!(is_logged(&[&missing]));
    assert!(!lab.path("runs").exists());
}

#[test]
fn a_changed_byte_of_the_data_is_reported_with_the_file() {
    let lab = finished();
    edit(&lab.path("names.csv"), "Novak", "Novac");
    differs(&lab, REPORT, &["DIFFERS", "data file names.csv: SHA-256 is ", ", the report was made from "]);
    let one = id(&trials(&lab)[0]);
    differs(&lab, &one, &["was made with dataset ", "which is now "]);
}

#[test]
fn a_changed_digit_of_a_learning_rate_in_the_spec_is_reported_with_both() {
    let lab = finished();
    edit(&lab.path("small.yaml"), "0.02", "0.03");
    let parts = ["DIFFERS", "small.yaml: the report's spec, line ", "`- 0.02`, the spec now says `- 0.03`"];
    differs(&lab, REPORT, &parts);
    edit(&lab.path("small.yaml"), "0.03", "0.02");
    verified(&lab, REPORT, &[]);
    let trial = trial_of(&lab, "manual_rnn");
    let spec = trial.join("spec.yaml");
    let text = std::fs::read_to_string(&spec).unwrap();
    let rate = if text.contains("learning_rate: 0.01") { "0.01" } else { "0.02" };
    edit(&spec, &format!("learning_rate: {rate}"), "learning_rate: 0.03");
    // The folder is damaged by that: what cannot be trusted is not executed.
    let parts = [spec.to_str().unwrap(), "is damaged", "recur experiment with its spec"];
    verify_refused(verify(&lab, &id(&trial), None), &parts);
}

/// What a verification and a check against the records say of a changed file of the report.
#[track_caller]
fn check_report(path: &str, old: &str, new: &str) {
    let lab = finished();
    let line = 1 + lab.read(path).lines().position(|line| line.contains(old)).expect("it is in the file");
    edit(&lab.path(path), old, new);
    let place = format!("{}: line {line}: ", lab.word(path));
    differs(&lab, REPORT, &["DIFFERS", &place, ", made again "]);
    let difference = Run::default().check(&lab).expect("it differs");
    assert!(difference.contains(&place) && difference.contains(", made again "), "{difference}");
    // What somebody changed is not written over unless that is asked for.
    let changed = format!("{path} was changed after recur wrote it");
    refused(Run::default().report(&lab), &[&changed, "--replace writes over it"]);
    Run { replace: true, ..Run::default() }.report(&lab).unwrap();
    assert_eq!(Run::default().check(&lab), None);
}

#[test]
fn a_changed_digit_of_the_report_is_reported_by_line() {
    check_report(REPORT, "| rows read | 60 |", "| rows read | 61 |");
}

#[test]
fn a_changed_result_is_reported_by_line() {
    check_report("reports/small/confusion.svg", "width=\"", "width=\"1");
}

#[test]
fn a_changed_html_page_is_reported_by_line() {
    check_report("reports/small.html", "<h2 id=\"models\">Models", "<h2 id=\"models\">Model");
}

#[test]
fn a_changed_record_is_reported_by_its_part() {
    let lab = finished();
    let (record, report) = (lab.path(RECORD), lab.path(REPORT));
    let json: serde_json::Value = serde_json::from_str(&lab.read(RECORD)).unwrap();
    let code = json["signature"]["code"].as_str().unwrap().to_owned();
    edit(&record, &code, "000000000000");
    differs(&lab, REPORT, &["DIFFERS", "code: ", "the report was made with 000000000000, this is ", &code]);
    edit(&record, "000000000000", &code);
    // What the text does not show is compared, too.
    edit(&record, "\"answer\": \"", "\"answer\": \"Nothing. ");
    differs(&lab, REPORT, &["reports/small/report.json: answer: Nothing."]);
    edit(&record, "Nothing. ", "");
    // A command is shown to people: it has to be the one that the record means.
    let command = format!("lab experiment {}", lab.word("small.yaml"));
    for path in [&record, &report] {
        edit(path, &command, &format!("{command}; rm -r ."));
    }
    differs(&lab, REPORT, &["differs: ", "reports/small.md: line ", "rm -r ."]);
}

#[test]
fn a_report_whose_record_is_damaged_is_refused_and_can_be_written_anew() {
    let lab = finished();
    let whole = lab.read(RECORD);
    lab.write(RECORD, "{");
    let used = format!("cannot use {}", lab.word(RECORD));
    verify_refused(verify(&lab, REPORT, None), &[&used, "write the report anew", "recur report SPEC --replace"]);
    Run { replace: true, ..Run::default() }.report(&lab).unwrap();
    assert_eq!(lab.read(RECORD), whole);
}

#[test]
fn a_check_of_a_report_writes_nothing_and_makes_missing_test_results_for_itself() {
    let lab = finished();
    let test = scored(&lab).join("test");
    std::fs::remove_dir_all(&test).unwrap();
    let before = promised(&lab, &["runs", "reports"]);
    assert_eq!(Run::default().check(&lab), None);
    assert!(!test.exists() && before == promised(&lab, &["runs", "reports"]));
}

#[test]
fn a_copy_of_a_report_is_verified_with_its_record_and_not_taken_for_the_original() {
    let lab = finished();
    lab.write("reports/copy.md", lab.read(REPORT));
    let missing = format!("there is no {}", lab.word("reports/copy/report.json"));
    let error = verify(&lab, "reports/copy.md", None).unwrap_err();
    assert!(error.hint().is_some());
    says(&error, error.hint(), &[&missing]);
    lab.write("reports/copy/report.json", lab.read(RECORD));
    verified(&lab, "reports/copy.md", &["verified"]);
    edit(&lab.path("reports/copy.md"), "| rows read | 60 |", "| rows read | 61 |");
    differs(&lab, "reports/copy.md", &[&format!("differs: {}: line ", lab.word("reports/copy.md"))]);
}

#[test]
fn nothing_of_a_file_that_a_report_names_is_shown() {
    let lab = finished();
    lab.write("secret.yaml", "password: hunter2\n");
    let place = |file: &str| format!("\"spec_path\": \"{}\"", lab.word(file));
    edit(&lab.path(RECORD), &place("small.yaml"), &place("secret.yaml"));
    let text = differs(&lab, REPORT, &["secret.yaml: cannot be read as a spec now"]);
    assert!(!text.contains("hunter2") && !is_logged(&["hunter2"]), "{text}");
}

#[test]
fn a_long_value_that_differs_is_one_short_line() {
    let lab = finished();
    let long = format!("\"answer\": \"verified\\nverified{} ", "x".repeat(100_000));
    edit(&lab.path(RECORD), "\"answer\": \"", &long);
    let text = differs(&lab, REPORT, &["verified\\nverifiedxxx"]);
    assert!(text.len() < 3_000, "{}", text.len());
}

#[test]
fn a_report_with_changes_of_the_command_line_is_verified_with_them() {
    let lab = lab();
    Run { set: &["training.epochs=2"], ..Run::default() }.of(&lab).unwrap();
    verified(&lab, REPORT, &["8 of 8 trials executed again"]);
}
