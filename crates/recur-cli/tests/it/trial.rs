//! `recur trial run`: one trial of a file in a process of its own.

use crate::common::{EXAMPLES, Lab, N_TRIALS, SHIPPED, SPEC};
use crate::skip::skip;
use recur_experiment::Experiment;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `spec` in a folder, with a place of its data that every process finds.
fn lab(spec: &str) -> Lab {
    let lab = Lab::new();
    lab.write("small.yaml", spec.replace("names.csv", &lab.path("names.csv").display().to_string()));
    lab
}

/// Writes each trial of the lab's experiment into a file: their names.
fn write_files(lab: &Lab, plugins: Option<&Path>) -> Vec<String> {
    let text = lab.read("small.yaml");
    let spec = recur_spec::parse(text.as_bytes(), "small.yaml", &[], &SHIPPED).unwrap();
    let experiment = Experiment::prepare(spec, &SHIPPED).unwrap();
    let write = |(n, trial): (usize, &recur_core::trial::Trial)| {
        let name = format!("trial-{n}.json");
        experiment.trial_file(std::slice::from_ref(trial), plugins, None).write(&lab.path(&name)).unwrap();
        name
    };
    experiment.trials().iter().enumerate().map(write).collect()
}

/// The promised bytes of all trials in the store `name`, test results included.
fn trials(lab: &Lab, name: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = format!("{name}/trials");
    let files = lab.promised(&[&folder]).into_iter();
    // The place of the data is the same in both, so the spec of a trial is, too.
    files.map(|(path, bytes)| (path.strip_prefix(&folder).unwrap().to_owned(), bytes)).collect()
}

/// Trains each trial in a process of its own, and scores the chosen ones from what these kept.
fn check(lab: &Lab, files: &[String], more: &[&str]) {
    lab.experiment(more).ended(0);
    for file in files {
        lab.recur(&[&["trial", "run", file, "--store", "fresh"], more].concat()).ended(0);
    }
    let again = [&["--store", "fresh", "--reports", "again"], more].concat();
    lab.experiment(&again).ended(0).reported(&[&format!("{0} trials: {0} done before, 0 to run", files.len())]);
    let (local, fresh) = (trials(lab, "runs"), trials(lab, "fresh"));
    for file in ["record.json", "weights.safetensors", "predictions.parquet"] {
        assert!(local.keys().any(|path| path.ends_with(file)), "{file}");
    }
    assert_eq!(local.keys().collect::<Vec<_>>(), fresh.keys().collect::<Vec<_>>());
    for (path, bytes) in &local {
        assert!(fresh[path] == *bytes, "{} differs", path.display());
    }
}

#[test]
fn a_fresh_process_trains_each_trial_to_the_bytes_of_the_experiment() {
    let lab = lab(SPEC);
    let files = write_files(&lab, None);
    assert_eq!(files.len(), N_TRIALS);
    check(&lab, &files, &[]);
}

#[test]
fn a_trial_of_a_plugin_is_trained_only_with_leave_to_start_it() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        skip("python3", "there is no python3");
        return;
    }
    let lab = lab("recur: 1\nname: small\ndata: {source: names.csv}\ntraining: {epochs: 2}\n\
                   models: [{use: letters}, {use: letter_counts}]\nreplicates: 1\n");
    let files = write_files(&lab, Some(Path::new(EXAMPLES)));
    // Nor is one started that is in the default folder.
    for file in ["recur_plugin.py", "letters/plugin.yaml", "letters/letters.py"] {
        lab.write(&format!("plugins/{file}"), std::fs::read(Path::new(EXAMPLES).join(file)).unwrap());
    }
    let refused = lab.recur(&["trial", "run", &files[0]]).ended(1);
    refused.reported(&["is of model `letters`, a plugin in ", "a file may not start programs", "--plugins "]);
    check(&lab, &files, &["--plugins", EXAMPLES]);
}

#[test]
fn a_damaged_file_ends_with_the_place_and_the_remedy() {
    let lab = lab(SPEC);
    let begin = format!("{{\"recur_trial\": {}", recur_experiment::TRIAL_FILE_FORMAT);
    for (end, place) in [(",\n]", "line 2 column"), ("}", "it was changed after")] {
        let content = format!("{begin}{end}");
        lab.write("trial.json", content);
        let ran = lab.recur(&["trial", "run", "trial.json"]).ended(1);
        ran.reported(&["trial.json is no trial file", place, "have it written again"]);
    }
    assert!(!lab.path("runs").exists(), "no store is made for it");
}

/// One trial of many epochs.
const LONG: &str = "\
recur: 1
name: small
data: {source: names.csv}
training: {epochs: 4000, batch_size: 1}
models: [{use: manual_rnn, params: {hidden_size: 48}}]
replicates: 1
";

/// What a task says and does whose time is over while it trains. `requeued` is there afterwards if it had itself started again.
#[cfg(unix)]
fn run_out_of_time(lab: &Lab, more: &[&str]) -> crate::common::Ran {
    use crate::processes::{Running, wait_until};
    let files = write_files(lab, None);
    let mut command = lab.command(&[&["trial", "run", &files[0]], more].concat());
    let mut run = Running::of(command.env("RECUR_REQUEUE", "echo again >> requeued"));
    let shown = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().path().join("running.json");
    let trains = |path: PathBuf| std::fs::read_to_string(path).is_ok_and(|text| text.contains("manual_rnn"));
    let is_training = || std::fs::read_dir(lab.path("runs/tmp")).is_ok_and(|mut all| all.any(|it| trains(shown(it))));
    wait_until("a trial that runs", || is_training() || run.has_ended());
    Command::new("kill").args(["-USR2", &run.id().to_string()]).status().unwrap();
    run.end().ended(130)
}

#[test]
#[cfg(unix)]
fn a_task_whose_time_is_over_has_itself_started_again_where_a_trial_came_further() {
    let lab = lab(LONG);
    let ran = run_out_of_time(&lab, &[]);
    ran.reported(&["the time is over; this task is started again by: echo again >> requeued"]);
    assert_eq!(lab.read("requeued"), "again\n");
}

/// It would start again for ever.
#[test]
#[cfg(unix)]
fn a_task_in_which_no_trial_came_further_ends() {
    let lab = lab(LONG);
    // Without a checkpoint nothing is left of it.
    let ran = run_out_of_time(&lab, &["--checkpoint-every", "off"]);
    ran.reported(&["the time is over, and no trial of this task came further in it: it needs more time"]);
    assert!(!lab.path("requeued").exists());
}
