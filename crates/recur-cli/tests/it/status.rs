//! `recur status` and `recur logs`: what is done and what runs. Neither writes anything.

#![cfg(unix)]

use crate::common::{Lab, N_TRIALS, SPEC};
use crate::processes::{Running, wait_until};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Two trials of many short epochs.
const LONG: &str = "\
recur: 1
name: small
data: {source: names.csv}
training: {epochs: 4000, batch_size: 1}
models: [{use: manual_rnn, params: {hidden_size: 48}}]
replicates: 2
";

fn json(lab: &Lab, what: &[&str]) -> Value {
    let out = lab.recur(&[&["status", "--json"], what].concat()).ended(0).out;
    serde_json::from_str(&out).unwrap()
}

/// All files below `folder` with their bytes.
fn files(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
}

#[test]
fn a_finished_experiment_is_shown_with_the_best_of_each_model_and_nothing_is_written() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let [mut before, mut after] = [(); 2].map(|()| BTreeMap::new());
    files(&lab.path("runs"), &mut before);
    // Its data is not read.
    std::fs::remove_file(lab.path("names.csv")).unwrap();
    let overview = lab.recur(&["status"]).ended(0).out;
    let row: Vec<&str> = overview.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row, ["small", "8", "8", "0", "0", "0", "0"], "{overview}");
    for what in ["small", "small.yaml"] {
        let out = lab.recur(&["status", what]).ended(0).out;
        assert!(out.starts_with("small: 8 of 8 trials done, 0 running, 0 waiting\n"), "{out}");
        for part in ["best so far", "mean macro-F1", "manual_rnn(learning_rate=", "nothing is decided yet"] {
            assert!(out.contains(part), "`{part}`: {out}");
        }
        assert!(!out.contains("was changed"), "{out}");
        // What is done is shown once.
        assert_eq!(lab.recur(&["status", what, "--watch"]).ended(0).out, out);
    }
    let status = json(&lab, &["small"]);
    let experiment = &status["experiments"][0];
    assert_eq!((&status["recur_status"], &experiment["trials"]["n_finished"]), (&1.into(), &N_TRIALS.into()));
    assert_eq!(experiment["metric"], "macro_f1");
    let models = experiment["models"].as_array().unwrap();
    assert_eq!(models.iter().map(|model| &model["best"]["n_replicates"]).collect::<Vec<_>>(), [2, 2, 2]);
    assert!(models.iter().all(|model| model["best"]["interval"][0].is_f64()));
    files(&lab.path("runs"), &mut after);
    assert!(before == after);
}

#[test]
fn an_experiment_that_is_not_started_changed_or_unknown_is_named_with_what_to_do() {
    let lab = Lab::new();
    lab.recur(&["status"]).ended(1).reported(&["there is no store runs"]);
    lab.experiment(&["--max-trials", "3"])
        .ended(7)
        .reported(&["goes on; without --max-trials", "recur experiment small.yaml"]);
    let out = lab.recur(&["status", "small.yaml"]).ended(0).out;
    assert!(out.starts_with("small: 3 of 8 trials done, 0 running, 5 waiting\n"), "{out}");
    assert!(out.contains("Nothing works on it now. To go on: recur experiment small.yaml"), "{out}");
    let changed = lab.recur(&["status", "small.yaml", "--set", "seed=6"]).ended(0).out;
    let expected = "To run it as it is now: recur experiment small.yaml --set 'seed=6'";
    assert!(changed.contains("The spec was changed since the last run") && changed.contains(expected), "{changed}");
    lab.write("other.yaml", SPEC.replace("name: small", "name: other"));
    let out = lab.recur(&["status", "other.yaml"]).ended(0).out;
    assert_eq!(out, "other has not been started in this store. To start it: recur experiment other.yaml\n");
    lab.recur(&["status", "smal"]).ended(1).reported(&["no experiment smal in the store runs", "did you mean small?"]);
    lab.recur(&["status", "there.yaml"]).ended(1).reported(&["cannot read the spec there.yaml"]);
    // A damaged record is not counted.
    std::fs::write(lab.trials()[0].join("record.json"), "{").unwrap();
    let out = lab.recur(&["status", "small"]).ended(0).out;
    assert!(out.starts_with("small: 2 of 8") && out.contains("not counted") && out.contains("record.json"), "{out}");
}

#[test]
fn what_runs_is_shown_and_its_log_followed_and_a_process_that_was_killed_is_named() {
    let lab = Lab::with(LONG);
    let mut run = Running::start(&lab, &["experiment", "small.yaml", "--jobs", "1"]);
    let mut seen = Value::Null;
    wait_until("an epoch", || {
        if lab.path("runs/experiments/small/SHA256SUMS").exists() {
            seen = json(&lab, &["small"]);
        }
        seen["experiments"][0]["running"][0]["epochs_done"].as_u64() > Some(0) || run.has_ended()
    });
    let (experiment, trial) = (&seen["experiments"][0], &seen["experiments"][0]["running"][0]);
    assert_eq!((&experiment["n_processes"], &experiment["trials"]["n_running"]), (&1.into(), &1.into()), "{seen}");
    assert_eq!((&trial["n_epochs"], &trial["pid"]), (&4000.into(), &run.id().into()));
    assert!(trial["validation"].is_f64() && trial["place"].is_null());
    let id = trial["id"].as_str().unwrap().to_owned();
    let out = lab.recur(&["status", "small.yaml"]).ended(0).out;
    let part = format!("{}  manual_rnn replicate 0  ", &id[..10]);
    assert!(out.contains(&part) && out.contains(" of 4000") && out.contains("running for"), "{out}");

    let log = lab.recur(&["logs", &id[..8]]).ended(0).out;
    assert!(
        log.contains("DEBUG") && log.contains("epoch finished") && log.contains(&format!("[{}]", &id[..10])),
        "{log}"
    );
    let follower = Running::start(&lab, &["logs", &id, "--follow", "--json"]);
    let pid = run.id();
    assert!(run.kill());
    // The end of its process is the end of the log.
    follower.end().ended(0).reported(&["its process has ended, and the store does not have the trial"]);
    let out = lab.recur(&["status", "small.yaml"]).ended(0).out;
    assert!(out.contains(&format!("Process {pid} on ")) && out.contains("has ended, and trained"), "{out}");
    assert!(out.contains("0 of 2 trials done, 0 running, 2 waiting"), "{out}");
}

#[test]
fn a_log_is_followed_from_a_running_trial_to_the_kept_one() {
    let lab = Lab::with(&LONG.replace("4000", "150").replace("replicates: 2", "replicates: 1"));
    let id = lab.plan(&["small.yaml"]).remove(0);
    let mut run = Running::start(&lab, &["experiment", "small.yaml"]);
    let running = |run: &mut Running| lab.recur(&["logs", &id]).code == Some(0) || run.has_ended();
    wait_until("the trial", || running(&mut run));
    let follower = Running::start(&lab, &["logs", &id, "--follow", "--json"]);
    run.end().ended(0);
    let followed = follower.end().ended(0).out;
    let kept = std::fs::read_to_string(lab.trials()[0].join("log.jsonl")).unwrap();
    assert_eq!(followed, kept);
    assert_eq!(lab.recur(&["logs", &id[..4], "--json"]).ended(0).out, kept);
    let text = lab.recur(&["logs", &id]).ended(0).out;
    assert_eq!(text.lines().count(), kept.lines().count());
    lab.recur(&["logs", "ff00ff00ff"]).ended(1).reported(&["no trial ff00ff00ff in the store runs"]);
}

#[test]
fn a_list_has_the_trials_of_an_experiment_a_model_or_an_outcome() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab.write("other.yaml", SPEC.replace("name: small", "name: other").replace("seed: 5", "seed: 6"));
    lab.recur(&["experiment", "other.yaml"]).ended(0);
    let count = |more: &[&str]| lab.recur(&[&["store", "list"], more].concat()).ended(0).out.lines().count() - 1;
    assert_eq!(count(&[]), 2 * N_TRIALS);
    assert_eq!(count(&["--experiment", "other"]), N_TRIALS);
    assert_eq!(count(&["--model", "manual_rnn"]), 2 * 4);
    assert_eq!(count(&["--experiment", "small", "--model", "manual_rnn", "--outcome", "finished"]), 4);
    assert_eq!(count(&["--outcome", "failed"]), 0);
    lab.recur(&["store", "list", "--experiment", "smal"]).ended(1).reported(&["did you mean small?"]);
}
