//! `recur verify`, `recur reproduce` and `recur report --check`: what they print, how they end, and where they write.

use crate::common::{Lab, Ran};
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

fn id(trial: &Path) -> String {
    trial.file_name().expect("an id").to_string_lossy().into_owned()
}

#[test]
fn a_verdict_is_printed_and_is_how_the_process_ends() {
    let lab = finished();
    std::fs::remove_dir_all(lab.path("runs")).unwrap();
    says(lab.recur(&["verify", REPORT]).ended(0), &["reports/small.md: verified", "8 of 8 trials executed again"]);
    lab.recur(&["verify", "small.yaml", "--set", "seed=6"]).ended(1).reported(&["8 of 8 trials", "have no record"]);
    edit(&lab, "names.csv", "Novak", "Novac");
    says(lab.recur(&["verify", REPORT]).ended(4), &["reports/small.md: DIFFERS", "names.csv: SHA-256 is "]);
    let reported = ["'--sample <N>'", "no trial would be executed", "leave --sample out to execute all"];
    lab.recur(&["verify", REPORT, "--sample", "0"]).ended(2).reported(&reported);
}

#[test]
fn a_check_of_a_report_prints_what_differs_and_writes_nothing() {
    let lab = finished();
    let test = lab.trials().iter().map(|trial| trial.join("test")).find(|test| test.exists()).expect("a chosen trial");
    std::fs::remove_dir_all(&test).unwrap();
    edit(&lab, REPORT, "| rows read | 60 |", "| rows read | 61 |");
    let check = || lab.recur(&["report", "small.yaml", "--check"]);
    says(check().ended(4), &["reports/small.md: not what the records give", "reports/small.md: line "]);
    lab.recur(&["report", "small.yaml"]).ended(1).reported(&["was changed after recur wrote it", "--replace"]);
    lab.recur(&["report", "small.yaml", "--replace"]).ended(0);
    says(check().ended(0), &["reports/small.md: what the records give"]);
    assert!(!test.exists());
}

#[test]
fn a_report_names_the_command_of_its_project_and_is_verified_anywhere() {
    let lab = Lab::new();
    lab.write("recur.toml", "command = \"just\"\n");
    lab.experiment(&[]).ended(0);
    assert!(lab.read(REPORT).contains("\njust experiment small.yaml\n"), "{}", lab.read(REPORT));
    lab.recur(&["verify", REPORT]).ended(0);
    std::fs::remove_file(lab.path("recur.toml")).unwrap();
    lab.recur(&["verify", REPORT]).ended(0);
    lab.experiment(&[]).ended(0);
    assert!(lab.read(REPORT).contains("\nrecur experiment small.yaml\n"), "{}", lab.read(REPORT));
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
fn a_trial_is_reproduced_into_a_folder_that_is_empty() {
    let lab = finished();
    let one = id(&lab.trials()[0]);
    says(lab.recur(&["reproduce", &one[..8], "--to", "fresh"]).ended(0), &["made again: fresh/trials/", "verified"]);
    let before = lab.promised(&["fresh"]);
    lab.recur(&["reproduce", &one, "--to", "fresh"]).ended(1).reported(&["fresh is not empty", "--to DIR"]);
    assert!(before == lab.promised(&["fresh"]));
    says(lab.recur(&["reproduce", &one]).ended(0), &[&format!("made again: reproduced/{one}/trials/")]);
}
