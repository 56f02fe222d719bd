//! How far experiments are, as the library gives it.

use crate::common::Lab;
use crate::pipeline::{Run, SPEC, lab, lab_with};
use recur_core::metric::Metric;
use recur_experiment::status::{ExperimentStatus, Status, StatusRequest};
use recur_experiment::{LocalExecutor, Part, RunOptions, unix_seconds};
use recur_store::{Running, RunningTrial, Store};
use std::path::Path;

const HALVING: &str = "\
recur: 1
name: small
seed: 5
data: {source: 'DATA'}
training: {epochs: 9, batch_size: 8}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    sweep: {hidden_size: [3, 4, 5], learning_rate: [0.01, 0.1, 1]}
replicates: 2
race: {replicates: [1, 2]}
halving: {}
";

fn status(lab: &Lab) -> ExperimentStatus {
    let store = Store::open_to_read(&lab.path("runs")).unwrap().unwrap();
    let mut status = Status::read(&StatusRequest::Named("small".into()), &store, &lab.registry).unwrap();
    assert!(status.problems.is_empty(), "{:?}", status.problems);
    status.experiments.remove(0)
}

/// Runs at most so many trials.
fn run(lab: &Lab, max_trials: usize) {
    let part = Part { max_trials: Some(max_trials), ..Part::default() };
    let options = RunOptions { part, ..RunOptions::default() };
    let store = Store::open(&lab.path("runs")).unwrap();
    let _ = Run::default().prepared(lab).run(&store, &LocalExecutor::new(1), &options);
}

#[test]
fn where_results_decide_what_comes_next_the_list_grows_and_the_longest_trainings_are_compared() {
    let lab = lab_with(HALVING);
    run(&lab, 5);
    let begun = status(&lab);
    assert_eq!((begun.trials.n_done(), begun.trials.n_waiting, begun.metric), (5, 6, Some(Metric::MacroF1)));
    assert!(begun.most_trials > Some(11) && !begun.is_done() && !begun.is_changed);
    let best = begun.models[1].best.as_ref().unwrap();
    assert_eq!((best.stop_after, best.n_replicates, best.interval), (Some(1), 1, None));
    run(&lab, 1000);
    let ended = status(&lab);
    assert_eq!(ended.trials.n_done(), ended.trials.n_trials);
    assert!(ended.trials.n_trials as u64 <= ended.most_trials.unwrap() && ended.is_done());
    let best = ended.models[1].best.as_ref().unwrap();
    assert_eq!((best.stop_after, best.n_replicates, best.trials.len()), (None, 2, 2));
}

#[test]
fn a_grid_has_no_other_trials_than_those_that_are_listed() {
    let lab = lab_with(SPEC);
    run(&lab, 2);
    let begun = status(&lab);
    assert_eq!((begun.trials.n_trials, begun.trials.n_done(), begun.most_trials), (8, 2, None));
}

/// What a process of another machine leaves in the store.
fn elsewhere(lab: &Lab, running: &Running) {
    let store = Store::open(&lab.path("runs")).unwrap();
    store.show_running(running).unwrap();
    let here = store.running_folder().unwrap();
    let there = here.parent().unwrap().join("elsewhere-abcdef01-7-abcdefghijkl");
    let _ = std::fs::create_dir(&there);
    let read = |name: &str| std::fs::read_to_string(here.join(name)).unwrap();
    let mut owner: serde_json::Value = serde_json::from_str(&read("owner.json")).unwrap();
    (owner["host"], owner["boot"]) = ("elsewhere".into(), "abcdef0123".into());
    let write = |name: &Path, text: String| std::fs::write(name, text).unwrap();
    write(&there.join("lock"), String::new());
    write(&there.join("owner.json"), owner.to_string());
    write(&there.join("running.json"), read("running.json"));
}

#[test]
fn a_process_of_another_machine_counts_as_long_as_it_is_heard_of() {
    let lab = lab();
    run(&lab, 2);
    let id = Run::default().prepared(&lab).trials()[7].id.clone();
    let trial = RunningTrial {
        id: id.clone(),
        title: "stacked_rnn".into(),
        model: "stacked_rnn".into(),
        replicate: 1,
        epochs_done: 1,
        n_epochs: 3,
        metric: "macro_f1".into(),
        validation: None,
        started_unix: 1,
        resumed: false,
    };
    let now = unix_seconds();
    // It knows the trial only, as one that an executor started does.
    let running =
        Running { written_unix: now, started_unix: now - 60, n_kept: 3, trials: vec![trial], ..Running::default() };
    elsewhere(&lab, &running);
    let seen = status(&lab);
    assert_eq!((seen.trials.n_running, seen.trials.n_waiting, seen.n_processes), (1, 5, 1));
    assert_eq!((seen.running[0].host.as_str(), seen.running[0].pid), ("elsewhere", 7));
    assert!(seen.running[0].heard_seconds_ago.is_some());
    assert_eq!((seen.elapsed_seconds, seen.trials_per_minute), (Some(60), Some(3.0)));
    elsewhere(&lab, &Running { written_unix: now - 1000, ..running });
    let seen = status(&lab);
    assert_eq!((seen.trials.n_running, seen.trials.n_waiting, seen.n_processes), (0, 6, 0));
    assert_eq!(seen.ended_processes[0].trials, [id]);
}
