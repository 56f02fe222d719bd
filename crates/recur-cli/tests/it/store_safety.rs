//! Stores that are not there, that others use, and that other stores may not be made in.

#![cfg(unix)]

use crate::common::Lab;
use crate::processes::{Running, wait_until};
use std::io::{BufRead as _, BufReader, Read as _};

fn finished() -> Lab {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab
}

#[test]
fn a_folder_that_is_no_store_is_refused_by_every_command_on_stores() {
    let lab = Lab::new();
    lab.write("mine/tmp/lock", "mine");
    lab.experiment(&["--store", "mine"]).ended(1).reported(&["cannot use the store", "it has no store.json"]);
    for command in [&["list"][..], &["check"], &["gc"], &["gc", "--dry-run"]] {
        lab.recur(&[&["store"], command, &["--store", "mine"]].concat()).ended(1).reported(&["there is no store mine"]);
    }
    assert_eq!(lab.read("mine/tmp/lock"), "mine");
}

#[test]
fn a_wait_for_another_process_is_reported() {
    let lab = finished();
    let lock = std::fs::File::options().write(true).open(lab.path("runs/tmp/lock")).unwrap();
    lock.lock().unwrap();
    let mut run = lab.command(&["experiment", "small.yaml"]).spawn().unwrap();
    let mut err = BufReader::new(run.stderr.take().unwrap());
    let mut line = String::new();
    err.read_line(&mut line).unwrap();
    assert!(line.contains("waiting for another process") && line.contains("runs/tmp/lock"), "{line}");
    drop(lock);
    err.read_to_string(&mut line).unwrap();
    assert!(run.wait().unwrap().success(), "{line}");
}

#[test]
fn commands_that_read_make_no_store_and_say_that_there_is_none() {
    let lab = Lab::new();
    for arguments in [&["plan", "small.yaml"][..], &["why", "small.yaml"]] {
        lab.recur(arguments).ended(0).reported(&["there is no store runs", "--store DIR"]);
    }
    for arguments in [
        &["report", "small.yaml"][..],
        &["report", "small.yaml", "--check"],
        &["store", "list"],
        &["store", "check"],
        &["store", "gc", "--dry-run"],
        &["compare", "small", "other"],
        &["export", "small.yaml", "--records", "r.csv"],
        &["predict", "--model", "abcdef", "Novak"],
    ] {
        lab.recur(arguments).ended(1).reported(&["there is no store runs", "--store DIR"]);
    }
    lab.recur(&["report", "small.yaml"]).ended(1).reported(&["recur experiment makes it"]);
    assert!(!lab.path("runs").exists());
}

#[test]
fn a_run_that_ends_while_another_of_its_name_goes_on_leaves_a_sound_log() {
    let lab = Lab::new();
    let endless = [
        "experiment",
        "small.yaml",
        "--set",
        "training.epochs=1000000",
        "--set",
        "report.baseline=none",
        "--set",
        "models=[{use: manual_rnn}]",
    ];
    let mut long = Running::start(&lab, &endless);
    let log = lab.path("runs/experiments/small/log.jsonl");
    let size = || std::fs::metadata(&log).map_or(0, |log| log.len());
    wait_until("the first run's training", || {
        std::fs::read_to_string(&log).is_ok_and(|log| log.contains("epoch finished"))
    });
    lab.experiment(&[]).ended(0);
    let ended = size();
    wait_until("more of the first run's log", || size() > ended);
    lab.recur(&["store", "check"]).ended(0);
    lab.recur(&["compare", "small", "small"]).reported(&["are the same"]);
    assert!(!long.has_ended() && long.kill());
    let check = lab.recur(&["store", "check"]).out;
    assert!(!check.contains("log.jsonl is damaged"), "{check}");
    lab.experiment(&[]).ended(0);
    lab.recur(&["store", "gc"]).ended(0);
    lab.recur(&["store", "check"]).ended(0);
}

#[test]
fn no_other_store_is_made_within_a_store() {
    let lab = finished();
    let trial = lab.plan(&["small.yaml"]).swap_remove(0);
    for folder in ["runs", "runs/copy", "runs/trials/new"] {
        let reported = [&*format!("the folder {folder} is within the store runs"), "name a folder elsewhere"];
        lab.recur(&["store", "export", folder]).ended(1).reported(&reported);
        if folder != "runs" {
            lab.recur(&["reproduce", &trial, "--to", folder]).ended(1).reported(&reported);
        }
    }
    lab.recur(&["store", "check"]).ended(0);
}
