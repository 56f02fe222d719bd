//! Trials on a real Slurm cluster, with one fault each: whatever fails, the bytes are those of a local run.
//!
//! Each test has a cluster of its own, two nodes on the loopback interface (`tools/slurm/cluster`). No sleep decides a result: a
//! test waits until what it needs has happened, and asserts that it did.

#![cfg(unix)]

#[path = "../it/common.rs"]
#[expect(dead_code, reason = "the other test program uses the rest of it")]
mod common;
#[path = "../../../../tools/skip.rs"]
mod skip;

mod cluster;
mod faults;
mod limits;
mod tasks;

use cluster::{Cluster, N_TASKS, has_slurm, local, short};
use common::Lab;
use tasks::signal;

/// The run that all others are compared with.
#[test]
fn the_bytes_are_those_of_a_local_run_and_nothing_is_left_behind() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&[]);
    let ran = cluster.experiment(&[]).ended(0);
    assert!(!ran.err.contains("sent again"), "{}", ran.err);
    cluster.check_bytes();
    assert!(!cluster.lab.path("runs/jobs").join("small").exists(), "what was written for tasks is removed");
    // All of it is there: nothing is sent.
    let again = cluster.experiment(&[]).ended(0);
    assert!(again.err.contains("0 to run"), "{}", again.err);
}

#[test]
fn a_detached_run_ends_at_once_and_the_same_command_finds_its_tasks() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::with(&short(), &[]);
    // So that none ends before it is looked for.
    cluster.set_partition("DOWN");
    let ran = cluster.experiment(&["--detach"]).ended(7);
    assert!(ran.err.contains("tasks wait or run") && ran.err.contains("the same command finds them"), "{}", ran.err);
    let mut running = cluster.start_experiment(&[]);
    let told = format!("{N_TASKS} tasks of an earlier run are there and go on");
    cluster.wait_until("the tasks", || running.said().contains(&told));
    cluster.set_partition("UP");
    running.end().ended(0);
    cluster.check_bytes_of(&local(&short()));
}

/// Stage by stage, as results decide what comes next.
#[test]
fn a_search_with_halving_has_the_trials_and_the_bytes_of_a_local_run() {
    if !has_slurm() {
        return;
    }
    const SEARCH: &str = "recur: 1\nname: small\nseed: 3\ndata: {source: names.csv}\ntraining: {epochs: 4, batch_size: 8}\n\
                          models:\n  - use: linfa_naive_bayes\n  - use: manual_rnn\n    sweep: {learning_rate: {log: {from: 0.001, to: 0.1}}}\n\
                          replicates: 2\nsearch: {configurations: 6, ahead: 3, replicates: 1}\nhalving: {shortest: 2}\n";
    let local = Lab::with(SEARCH);
    local.experiment(&[]).ended(0);
    let cluster = Cluster::with(SEARCH, &[]);
    cluster.experiment(&[]).ended(0);
    assert_eq!(cluster.lab.promised(&["runs/trials", "reports"]), local.promised(&["runs/trials", "reports"]));
}

/// A signal comes some time before the limit of a task: it saves what it has, and goes to the end of the queue.
#[test]
fn a_task_whose_time_is_nearly_over_saves_and_starts_again() {
    if !has_slurm() {
        return;
    }
    let cluster = Cluster::start(&[]);
    let mut running = cluster.start_experiment(&[]);
    let (task, others) = cluster.pause(None);
    // As Slurm does it (`--signal=B:USR2@120`), which takes a minute or two to come to it.
    signal("USR2", task.pid);
    cluster.go_on(&[&[task][..], &others].concat());
    cluster.wait_until("a task that starts again", || cluster.log_of_tasks().contains("this task is started again by"));
    running.end().ended(0);
    cluster.check_bytes();
}
