//! `recur verify`, `recur reproduce` and `recur report --check`: what was made again is compared, and what differs is named.

use crate::common::{Lab, Ran, SPEC};
use std::path::{Path, PathBuf};

const REPORT: &str = "reports/small.md";
const RECORD: &str = "reports/small/report.json";

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
    let ran = lab
        .recur(&["verify", REPORT])
        .ended(0)
        .reported(&["there is no file small.yaml: the spec of the report is used"]);
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
    lab.recur(&["verify", "ffffffffff"]).ended(1).reported(&["no trial ffffffffff", "recur store list"]);
    lab.recur(&["verify", "small.yaml", "--set", "seed=6"]).ended(1).reported(&["8 of 8 trials", "have no record"]);
}

#[test]
fn a_sample_is_executed_again_and_nothing_is_claimed_of_the_others() {
    let lab = finished();
    for what in [REPORT, "small.yaml"] {
        let parts = [
            &format!("{what}: verified in part: 2 of 8 trials executed again and compared\n"),
            "2 of 8 trials executed again",
            "2 stored trials in runs are the same bytes",
            "not proven: 6 trials outside of the sample",
        ];
        let before = lab.promised(&["runs", "reports"]);
        says(lab.recur(&["verify", what, "--sample", "2"]).ended(0), &parts);
        assert!(before == lab.promised(&["runs", "reports"]), "it changes nothing");
        says(lab.recur(&["verify", what, "--sample", "8"]).ended(0), &[&format!("{what}: verified: 8 of 8 trials")]);
        let reported = ["'--sample <N>'", "no trial would be executed", "leave --sample out to execute all"];
        lab.recur(&["verify", what, "--sample", "0"]).ended(2).reported(&reported);
    }
    std::fs::remove_dir_all(lab.path("runs")).unwrap();
    let reported = ["cannot verify: 6 trials are missing or damaged in the store", "run the experiment first"];
    lab.recur(&["verify", REPORT, "--sample", "2"]).ended(1).reported(&reported);
}

#[test]
fn a_flipped_bit_of_a_stored_weight_is_reported_by_tensor_and_element() {
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
fn a_changed_byte_of_the_data_is_reported_with_the_file() {
    let lab = finished();
    edit(&lab, "names.csv", "Novak", "Novac");
    let parts = ["DIFFERS", "data file names.csv: SHA-256 is ", ", the report was made from "];
    says(lab.recur(&["verify", REPORT]).ended(4), &parts);
    let one = id(&lab.trials()[0]);
    says(lab.recur(&["verify", &one]).ended(4), &["was made with dataset ", "which is now "]);
}

#[test]
fn a_changed_digit_of_a_learning_rate_in_the_spec_is_reported_with_both() {
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
    // The folder is damaged by that: what cannot be trusted is not executed.
    lab.recur(&["verify", &id(&trial)]).ended(1).reported(&[&spec, "is damaged", "recur experiment with its spec"]);
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
    lab.recur(&["report", "small.yaml"]).ended(1).reported(&[&changed, "--replace writes over it"]);
    lab.recur(&["report", "small.yaml", "--replace"]).ended(0);
    says(lab.recur(&["report", "small.yaml", "--check"]).ended(0), &["reports/small.md: what the records give"]);
}

#[test]
fn a_changed_digit_of_the_report_is_reported_by_line() {
    check_report(REPORT, "| rows read | 60 |", "| rows read | 61 |");
}

#[test]
fn a_changed_figure_is_reported_by_line() {
    check_report("reports/small/confusion.svg", "width=\"", "width=\"1");
}

#[test]
fn a_changed_html_page_is_reported_by_line() {
    check_report("reports/small.html", "<h2 id=\"models\">Models", "<h2 id=\"models\">Model");
}

#[test]
fn a_changed_record_is_reported_by_its_part() {
    let record = |lab: &Lab| -> serde_json::Value { serde_json::from_str(&lab.read(RECORD)).unwrap() };
    let lab = finished();
    let code = record(&lab)["signature"]["code"].as_str().unwrap().to_owned();
    edit(&lab, RECORD, &code, "000000000000");
    let parts = ["DIFFERS", "code: ", "the report was made with 000000000000, this is ", &code];
    says(lab.recur(&["verify", REPORT]).ended(4), &parts);
    edit(&lab, RECORD, "000000000000", &code);
    // What the text does not show is compared, too.
    edit(&lab, RECORD, "\"answer\": \"", "\"answer\": \"Nothing. ");
    says(lab.recur(&["verify", REPORT]).ended(4), &["reports/small/report.json: answer: Nothing."]);
    edit(&lab, RECORD, "Nothing. ", "");
    // A command is shown to people: it has to be the one that the record means.
    for path in [RECORD, REPORT] {
        edit(&lab, path, "recur experiment small.yaml", "recur experiment small.yaml; rm -r .");
    }
    says(lab.recur(&["verify", REPORT]).ended(4), &["differs: reports/small.md: line ", "rm -r ."]);
}

#[test]
fn within_the_project_of_recur_a_report_names_just_and_is_verified_anywhere() {
    let lab = Lab::new();
    for file in ["justfile", "crates/recur-cli/Cargo.toml"] {
        lab.write(file, "");
    }
    lab.experiment(&[]).ended(0);
    assert!(lab.read(REPORT).contains("\njust experiment small.yaml\n"), "{}", lab.read(REPORT));
    lab.recur(&["verify", REPORT]).ended(0);
    std::fs::remove_file(lab.path("justfile")).unwrap();
    lab.recur(&["verify", REPORT]).ended(0);
    lab.experiment(&[]).ended(0);
    assert!(lab.read(REPORT).contains("\nrecur experiment small.yaml\n"), "{}", lab.read(REPORT));
}

#[test]
fn a_report_whose_record_is_damaged_is_refused_and_can_be_written_anew() {
    let lab = finished();
    let whole = lab.read(RECORD);
    lab.write(RECORD, "{");
    let reported =
        ["cannot use reports/small/report.json", "hint: write the report anew", "recur report SPEC --replace"];
    lab.recur(&["verify", REPORT]).ended(1).reported(&reported);
    lab.recur(&["report", "small.yaml", "--replace"]).ended(0);
    assert_eq!(lab.read(RECORD), whole);
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
    lab.recur(&["report", "small.yaml", "--check"]).ended(1).reported(&["there is no store runs"]);
    assert!(!lab.path("runs").exists());
}

#[test]
fn a_copy_of_a_report_is_verified_with_its_record_and_not_taken_for_the_original() {
    let lab = finished();
    lab.write("reports/copy.md", lab.read(REPORT));
    lab.recur(&["verify", "reports/copy.md"]).ended(1).reported(&["there is no reports/copy/report.json", "hint: "]);
    lab.write("reports/copy/report.json", lab.read(RECORD));
    says(lab.recur(&["verify", "reports/copy.md"]).ended(0), &["reports/copy.md: verified"]);
    edit(&lab, "reports/copy.md", "| rows read | 60 |", "| rows read | 61 |");
    says(lab.recur(&["verify", "reports/copy.md"]).ended(4), &["differs: reports/copy.md: line "]);
}

#[test]
fn nothing_of_a_file_that_a_report_names_is_shown() {
    let lab = finished();
    lab.write("secret.yaml", "password: hunter2\n");
    edit(&lab, RECORD, "\"spec_path\": \"small.yaml\"", "\"spec_path\": \"secret.yaml\"");
    let ran = lab.recur(&["verify", REPORT]).ended(4);
    assert!(!ran.out.contains("hunter2") && !ran.err.contains("hunter2"), "{}{}", ran.out, ran.err);
    says(ran, &["secret.yaml: cannot be read as a spec now"]);
}

#[test]
fn a_long_value_that_differs_is_one_short_line() {
    let lab = finished();
    let long = format!("\"answer\": \"verified\\nverified{} ", "x".repeat(100_000));
    edit(&lab, RECORD, "\"answer\": \"", &long);
    let ran = lab.recur(&["verify", REPORT]).ended(4);
    assert!(ran.out.len() < 3_000 && ran.out.contains("verified\\nverifiedxxx"), "{}", ran.out.len());
}

#[test]
fn trials_of_another_kind_of_machine_are_not_called_verified() {
    let lab = Lab::with(
        &SPEC
            .replace("use: manual_rnn\n    sweep: {learning_rate: [0.01, 0.02]}", "use: linfa_naive_bayes")
            .replace("  - use: linfa_naive_bayes\n  - use: linfa_naive_bayes\n", "  - use: linfa_naive_bayes\n")
            .replace("  - use: stacked_rnn\nsweep: {hidden_size: [6]}\n", ""),
    );
    lab.experiment(&[]).ended(0);
    let trials = lab.trials();
    for trial in &trials {
        let file = relative(&lab, &trial.join("environment.json"));
        let text = lab.read(&file);
        let kind = text.lines().find(|line| line.contains("machine_kind")).expect("it is there").to_owned();
        edit(&lab, &file, &kind, "  \"machine_kind\": \"another\",");
        restore_sums(trial);
    }
    lab.recur(&["store", "check"]).ended(0);
    let nothing = format!("nothing compared: 0 of {} trials executed again and compared\n", trials.len());
    for what in [REPORT, "small.yaml"] {
        says(lab.recur(&["verify", what]).ended(6), &[&format!("{what}: {nothing}"), "grade machine: made on another"]);
    }
    // A trial that is named is executed all the same, and what is equal is equal.
    let one = id(&trials[0]);
    says(lab.recur(&["verify", &one]).ended(0), &["verified: 1 of 1", "not proven: trials of linfa_naive_bayes"]);
}

/// Writes the digests of a trial's files as they are now.
fn restore_sums(trial: &Path) {
    let path = trial.join("SHA256SUMS");
    let sums = std::fs::read_to_string(&path).unwrap();
    let line = |line: &str| {
        let name = line.split_once("  ").expect("a digest and a name").1;
        let digest = recur_core::digest::Digest::of(&std::fs::read(trial.join(name)).unwrap());
        format!("{digest}  {name}\n")
    };
    std::fs::write(&path, sums.lines().map(line).collect::<String>()).unwrap();
}

#[test]
fn verify_leaves_no_scratch_and_needs_a_folder_for_it() {
    let lab = finished();
    std::fs::create_dir(lab.path("temporary")).unwrap();
    let verify = |folder: &str| -> Ran {
        let mut command = lab.command(&["verify", REPORT]);
        command.env("TMPDIR", lab.path(folder)).output().unwrap().into()
    };
    verify("temporary").ended(0);
    assert_eq!(std::fs::read_dir(lab.path("temporary")).unwrap().count(), 0);
    verify("gone").ended(1).reported(&["cannot make a scratch folder in ", "TMPDIR names the folder"]);
}

#[cfg(unix)]
#[test]
fn a_verification_that_is_ended_by_a_signal_leaves_no_scratch_and_a_killed_one_is_cleaned_up_after() {
    use crate::processes::{Running, wait_until};
    const LONG: &str = "recur: 1\nname: small\ndata: {source: names.csv}\ntraining: {epochs: 150, batch_size: 1}\n\
                        models: [{use: manual_rnn, params: {hidden_size: 64}}]\nreplicates: 4\n";
    let lab = Lab::with(LONG);
    lab.experiment(&[]).ended(0);
    let temporary = lab.path("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let scratch =
        || -> Vec<PathBuf> { std::fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().path()).collect() };
    let under_way = || scratch().iter().any(|folder| folder.join("runs/store.json").exists());
    let start = || {
        let mut command = lab.command(&["verify", "small.yaml"]);
        let run = Running::of(command.env("TMPDIR", &temporary));
        wait_until("the scratch store", under_way);
        run
    };
    for signal in ["-TERM", "-HUP", "-INT"] {
        let mut run = start();
        assert!(lab.program("kill").args([signal, &run.id().to_string()]).status().unwrap().success());
        wait_until("the end", || run.has_ended());
        run.end().ended(130);
        assert_eq!(scratch(), Vec::<PathBuf>::new(), "{signal}");
    }
    assert!(start().kill(), "it was not over by then");
    assert_eq!(scratch().len(), 1, "nothing can be done at a SIGKILL");
    let kept = temporary.join("recur-verify-thesis");
    std::fs::create_dir(&kept).unwrap();
    let mut command = lab.command(&["verify", "small.yaml", "--sample", "1"]);
    Ran::from(command.env("TMPDIR", &temporary).output().unwrap()).ended(0);
    assert_eq!(scratch(), [kept], "the next one removes what is recur's, and nothing else");
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
    lab.recur(&["reproduce", &one, "--to", "fresh"]).ended(1).reported(&["fresh is not empty", "--to DIR"]);
    assert!(before == lab.promised(&["fresh"]));
    says(lab.recur(&["reproduce", &one]).ended(0), &[&format!("made again: reproduced/{one}/trials/")]);
}

#[test]
fn a_report_with_changes_of_the_command_line_is_verified_with_them() {
    let lab = Lab::with(SPEC);
    lab.experiment(&["--set", "training.epochs=2"]).ended(0);
    says(lab.recur(&["verify", REPORT]).ended(0), &["8 of 8 trials executed again"]);
}
