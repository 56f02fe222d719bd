//! `recur verify`, `recur reproduce` and `recur report --check`: what was made again is compared, and what differs is named.

use crate::common::{Lab, Ran, SPEC};
use std::path::{Path, PathBuf};

const REPORT: &str = "reports/small.md";

/// A folder with a finished experiment.
fn finished() -> Lab {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab
}

#[track_caller]
fn says(ran: Ran, parts: &[&str]) {
    for part in parts {
        assert!(ran.out.contains(part), "`{part}` is not said:\n{}", ran.out);
    }
}

/// Puts `new` in the place of the first `old` in a file.
#[track_caller]
fn edit(lab: &Lab, path: &str, old: &str, new: &str) {
    let text = lab.read(path);
    assert!(text.contains(old), "`{old}` is not in {path}");
    lab.write(path, text.replacen(old, new, 1));
}

/// Flips the least bit of the last number of the last tensor; the tensor and the number's index.
fn flip_a_weight(path: &Path) -> (String, usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let n_data = bytes.len() - 8 - length;
    let is_last = |tensor: &serde_json::Value| tensor["data_offsets"][1].as_u64() == Some(n_data as u64);
    let (name, tensor) = header.as_object().unwrap().iter().find(|(_, tensor)| is_last(tensor)).expect("a last tensor");
    let shape = tensor["shape"].as_array().unwrap().iter();
    let n_numbers: u64 = shape.map(|n| n.as_u64().unwrap()).product();
    let size = if tensor["dtype"] == "F32" { 4 } else { 8 };
    let at = bytes.len() - size;
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
    (name.clone(), n_numbers as usize - 1)
}

fn relative(lab: &Lab, path: &Path) -> String {
    path.strip_prefix(lab.path("")).expect("it is in the folder").display().to_string()
}

fn id(trial: &Path) -> String {
    trial.file_name().expect("an id").to_string_lossy().into_owned()
}

fn trial_of(lab: &Lab, model: &str) -> PathBuf {
    let is_of = |trial: &PathBuf| {
        std::fs::read_to_string(trial.join("record.json")).unwrap().contains(&format!("\"model\": \"{model}\""))
    };
    lab.trials().into_iter().find(is_of).expect("a trial of that model")
}

#[test]
fn a_report_is_verified_from_its_own_spec_with_a_store_and_without() {
    let lab = finished();
    let before = lab.promised(&["runs", "reports"]);
    let again = ["reports/small.md: verified", "8 of 8 trials executed again", "6 of them of grade portable"];
    let same = [
        "8 stored trials in runs are the same bytes",
        "reports/small.md, its figures and its HTML page are the same bytes",
    ];
    says(lab.recur(&["verify", REPORT]).ended(0), &[&again[..], &same].concat());
    assert!(before == lab.promised(&["runs", "reports"]), "it changes nothing");
    std::fs::remove_dir_all(lab.path("runs")).unwrap();
    std::fs::remove_file(lab.path("small.yaml")).unwrap();
    let ran = lab.recur(&["verify", REPORT]).ended(0).told(&["small.yaml is gone: the spec within the report is used"]);
    says(ran, &[&again[..], &same[1..]].concat());
    assert!(!lab.path("runs").exists());
}

#[test]
fn an_experiment_and_a_trial_are_verified_against_the_store() {
    let lab = finished();
    let all = ["small.yaml: verified", "8 of 8 trials executed again", "8 stored trials in runs are the same bytes"];
    says(lab.recur(&["verify", "small.yaml"]).ended(0), &all);
    let one = id(&lab.trials()[3]);
    says(lab.recur(&["verify", &one[..10]]).ended(0), &[&one[..10], "verified", "1 stored trials"]);
    lab.recur(&["verify", "ffffffffff"]).ended(1).told(&["no trial ffffffffff", "recur store list"]);
    lab.recur(&["verify", "small.yaml", "--set", "seed=6"]).ended(1).told(&["8 of 8 trials", "have no record"]);
}

#[test]
fn a_sample_is_executed_again_and_nothing_is_claimed_of_the_others() {
    let lab = finished();
    for what in [REPORT, "small.yaml"] {
        let parts = [
            "2 of 8 trials executed again",
            "2 stored trials in runs are the same bytes",
            "not proven: 6 trials outside of the sample",
        ];
        says(lab.recur(&["verify", what, "--sample", "2"]).ended(0), &parts);
    }
    std::fs::remove_dir_all(lab.path("runs")).unwrap();
    let told = ["6 trials are not to be executed again", "the store does not have all of them whole"];
    lab.recur(&["verify", REPORT, "--sample", "2"]).ended(1).told(&told);
}

#[test]
fn a_flipped_bit_of_a_stored_weight_is_told_by_tensor_and_element() {
    for model in ["manual_rnn", "linfa_naive_bayes"] {
        let lab = finished();
        let trial = trial_of(&lab, model);
        let (tensor, index) = flip_a_weight(&trial.join("weights.safetensors"));
        let file = relative(&lab, &trial.join("weights.safetensors"));
        let parts = ["DIFFERS", &file, &format!("tensor `{tensor}`, element {index}: "), ", made again "];
        for what in [REPORT, "small.yaml", &id(&trial)] {
            says(lab.recur(&["verify", what]).ended(4), &parts);
        }
    }
}

#[test]
fn a_changed_byte_of_the_data_is_told_with_the_file() {
    let lab = finished();
    edit(&lab, "names.csv", "Novak", "Novac");
    let parts = ["DIFFERS", "data file names.csv: SHA-256 is ", ", the report was made from "];
    says(lab.recur(&["verify", REPORT]).ended(4), &parts);
    let one = id(&lab.trials()[0]);
    says(lab.recur(&["verify", &one]).ended(4), &["was made with dataset ", "which is now "]);
}

#[test]
fn a_changed_digit_of_a_learning_rate_in_the_spec_is_told_with_both() {
    let lab = finished();
    edit(&lab, "small.yaml", "0.02", "0.03");
    let parts = ["DIFFERS", "small.yaml: the report's spec, line ", "`- 0.02`, the spec now says `- 0.03`"];
    says(lab.recur(&["verify", REPORT]).ended(4), &parts);
    edit(&lab, "small.yaml", "0.03", "0.02");
    lab.recur(&["verify", REPORT]).ended(0);
    let trial = trial_of(&lab, "manual_rnn");
    let spec = relative(&lab, &trial.join("spec.yaml"));
    let rate = if lab.read(&spec).contains("learning_rate: 0.01") { "0.01" } else { "0.02" };
    edit(&lab, &spec, &format!("learning_rate: {rate}"), "learning_rate: 0.03");
    // The folder is damaged by that, and says so.
    says(lab.recur(&["verify", &id(&trial)]).ended(4), &["DIFFERS", &relative(&lab, &trial)]);
}

/// What `recur verify` and `recur report --check` say of a changed file of the report.
#[track_caller]
fn check_report(path: &str, old: &str, new: &str) {
    let lab = finished();
    let line = 1 + lab.read(path).lines().position(|line| line.contains(old)).expect("it is in the file");
    edit(&lab, path, old, new);
    let place = format!("{path}: line {line}: ");
    says(lab.recur(&["verify", REPORT]).ended(4), &["DIFFERS", &place, ", made again "]);
    let check = lab.recur(&["report", "small.yaml", "--check"]).ended(4);
    says(check, &["reports/small.md: not what the records give", &place, ", made again "]);
    // What somebody changed is not written over unless that is asked for.
    let changed = format!("{path} was changed after recur wrote it");
    lab.recur(&["report", "small.yaml"]).ended(1).told(&[&changed, "--replace writes over it"]);
    lab.recur(&["report", "small.yaml", "--replace"]).ended(0);
    says(lab.recur(&["report", "small.yaml", "--check"]).ended(0), &["reports/small.md: what the records give"]);
}

#[test]
fn a_changed_digit_of_the_report_is_told_by_line() {
    check_report(REPORT, "| rows read | 60 |", "| rows read | 61 |");
}

#[test]
fn a_changed_figure_is_told_by_line() {
    check_report("reports/small/confusion.svg", "width=\"", "width=\"1");
}

#[test]
fn a_changed_html_page_is_told_by_line() {
    check_report("reports/small.html", "<h2 id=\"models\">Models", "<h2 id=\"models\">Model");
}

#[test]
fn a_changed_signature_is_told_by_what_it_stands_for() {
    let lab = finished();
    let report = lab.read(REPORT);
    let code = report.split(" code:").nth(1).and_then(|rest| rest.split(' ').next()).expect("a digest of the code");
    edit(&lab, REPORT, &format!(" code:{code}"), " code:000000000000");
    let parts = ["DIFFERS", "code: ", "the report was made with 000000000000, this is ", code];
    says(lab.recur(&["verify", REPORT]).ended(4), &parts);
}

#[test]
fn a_check_of_a_report_writes_nothing_and_makes_missing_test_figures_for_itself() {
    let lab = finished();
    let scored: Vec<PathBuf> =
        lab.trials().iter().map(|trial| trial.join("test")).filter(|test| test.exists()).collect();
    std::fs::remove_dir_all(&scored[0]).unwrap();
    lab.recur(&["report", "small.yaml", "--check"]).ended(0);
    assert!(!scored[0].exists());
    std::fs::remove_dir_all(lab.path("runs")).unwrap();
    lab.recur(&["report", "small.yaml", "--check"]).ended(1).told(&["there is no store runs"]);
    assert!(!lab.path("runs").exists());
}

#[test]
fn what_is_no_report_of_recur_is_refused() {
    let lab = Lab::new();
    lab.write("other.md", "# A report\n\nSignature: none\n");
    lab.recur(&["verify", "other.md"]).ended(1).told(&["other.md is no report of recur"]);
    lab.recur(&["verify", "missing.md"]).ended(1).told(&["cannot read the report missing.md"]);
}

#[test]
fn a_trial_is_reproduced_into_a_fresh_folder_alone() {
    let lab = finished();
    let scored = lab.trials().into_iter().find(|trial| trial.join("test").exists()).expect("a chosen trial");
    let one = id(&scored);
    says(lab.recur(&["reproduce", &one[..8], "--to", "fresh"]).ended(0), &["made again: fresh/trials/", "verified"]);
    let inside = |folder: &str| -> Vec<(PathBuf, Vec<u8>)> {
        let below = |(path, bytes): (PathBuf, Vec<u8>)| (path.strip_prefix(folder).unwrap().to_owned(), bytes);
        lab.promised(&[folder]).into_iter().map(below).collect()
    };
    let stored = inside(&relative(&lab, &scored));
    let again = inside(&format!("fresh/trials/{}/{one}", &one[..2]));
    assert!(stored.len() >= 6 && stored == again);
    lab.recur(&["store", "check", "--store", "fresh"]).ended(0);

    let before = lab.promised(&["fresh"]);
    lab.recur(&["reproduce", &one, "--to", "fresh"]).ended(1).told(&["fresh is not empty", "--to DIR"]);
    assert!(before == lab.promised(&["fresh"]));
    says(lab.recur(&["reproduce", &one]).ended(0), &[&format!("made again: reproduced/{one}/trials/")]);
}

#[test]
fn a_report_with_changes_of_the_command_line_is_verified_with_them() {
    let lab = Lab::with(SPEC);
    lab.experiment(&["--set", "training.epochs=2"]).ended(0);
    says(lab.recur(&["verify", REPORT]).ended(0), &["8 of 8 trials executed again"]);
}
