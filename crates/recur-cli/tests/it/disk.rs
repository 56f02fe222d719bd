//! A disk that is full and a store that may only be read: clear errors, and the store stays whole.

#![cfg(unix)]

use crate::common::{Lab, N_TRIALS, Ran, SPEC, STORE_JSON};
use crate::processes::{with_mounts, within};

const ALL: &[&str] = &["runs", "reports"];

/// One trial whose weights are 130 kB, and whose checkpoints are four times that.
const LARGE: &str = "\
recur: 1
name: small
data: {source: names.csv}
training: {epochs: 3, batch_size: 8, early_stopping: {metric: validation_loss, patience: 3}}
models: [{use: manual_rnn, params: {hidden_size: 160}}]
replicates: 1
# Without the weights in it the page is smaller than a checkpoint.
report: {try: none}
";

/// Files of more than so many of the shell's blocks (512 bytes, of some shells 1024) cannot be written. Without the trap the
/// signal would end the process.
fn limit(blocks: u32) -> String {
    format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"")
}

#[track_caller]
fn assert_whole(lab: &Lab) {
    let check = lab.recur(&["store", "check"]).ended(0).out;
    assert!(check.contains("all whole"), "{check}");
}

/// Whether with room again the same command ends like a run that always had it.
#[track_caller]
fn check_end(lab: &Lab, spec: &str) {
    assert_whole(lab);
    lab.experiment(&[]).ended(0);
    assert_whole(lab);
    let whole = Lab::with(spec);
    whole.experiment(&[]).ended(0);
    assert!(whole.promised(ALL) == lab.promised(ALL));
}

#[test]
fn a_record_that_finds_no_room_stops_the_sweep_and_names_the_file() {
    let lab = Lab::with(LARGE);
    let arguments = ["experiment", "small.yaml", "--checkpoint-every", "off"];
    let ran = within(&limit(100), &lab, &arguments).output().unwrap();
    let reported = ["the sweep stopped", "cannot keep trial", "runs/tmp/", "weights.safetensors", "with room to write"];
    Ran::from(ran).ended(1).reported(&reported);
    assert!(lab.trials().is_empty() && !lab.path("reports").exists());
    check_end(&lab, LARGE);
}

#[test]
fn a_checkpoint_that_finds_no_room_is_reported_and_training_goes_on() {
    let lab = Lab::with(LARGE);
    let arguments = ["experiment", "small.yaml", "--checkpoint-every", "1epoch"];
    let ran = within(&limit(400), &lab, &arguments).output().unwrap();
    let reported = ["ERROR", "no checkpoint, training goes on", "runs/tmp/", "File too large"];
    Ran::from(ran).ended(0).reported(&reported);
    check_end(&lab, LARGE);
}

#[test]
fn a_log_that_finds_no_room_does_not_stop_the_run_and_the_next_run_puts_it_right() {
    let lab = Lab::new();
    lab.write("runs/store.json", STORE_JSON);
    lab.write("runs/experiments/small/log.jsonl", "{\"before\": 1}\n".repeat(30_000));
    let ran = within(&limit(400), &lab, &["experiment", "small.yaml"]).output().unwrap();
    let ran = Ran::from(ran).ended(0).reported(&["WARN", "log.jsonl is incomplete", "File too large"]);
    assert!(ran.out.contains("Report: reports/small.md"), "{}", ran.out);
    check_end(&lab, SPEC);
}

/// Room for some of the trials.
#[test]
fn a_full_disk_is_reported_and_leaves_a_whole_store() {
    let spec = LARGE.replace("replicates: 1", "replicates: 6");
    let lab = Lab::with(&spec);
    std::fs::create_dir(lab.path("runs")).unwrap();
    let script = "mount -t tmpfs -o size=900k none runs && { \"$@\"; code=$?; cp -r runs kept; exit $code; }";
    let arguments = ["experiment", "small.yaml", "--jobs", "1", "--checkpoint-every", "1epoch"];
    let Some(ran) = with_mounts(script, &lab, &arguments) else { return };
    ran.ended(1).reported(&["the sweep stopped", "cannot keep trial", "runs/", "No space left on device"]);
    std::fs::remove_dir(lab.path("runs")).unwrap();
    std::fs::rename(lab.path("kept"), lab.path("runs")).unwrap();
    let n_kept = lab.trials().len();
    assert!((1..6).contains(&n_kept), "{n_kept} trials found room");
    check_end(&lab, &spec);
}

#[test]
fn a_store_that_may_not_be_written_can_be_planned_checked_listed_and_verified() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let before = lab.promised(ALL);
    let read_only = "mount --bind runs runs && mount -o remount,bind,ro runs && exec \"$@\"";
    for arguments in [
        &["plan", "small.yaml"][..],
        &["plan", "small.yaml", "--json"],
        &["why", "small.yaml"],
        &["report", "small.yaml"],
        &["report", "small.yaml", "--check"],
        &["store", "gc", "--dry-run"],
        &["verify", "reports/small.md"],
        &["verify", "small.yaml"],
        &["store", "check"],
        &["store", "list"],
        &["store", "export", "copy"],
    ] {
        let Some(ran) = with_mounts(read_only, &lab, arguments) else { return };
        let out = ran.ended(0).reported(&[]).out;
        assert!(!out.is_empty(), "{arguments:?}");
    }
    for arguments in [&["experiment", "small.yaml"][..], &["store", "gc"]] {
        let Some(ran) = with_mounts(read_only, &lab, arguments) else { return };
        ran.ended(1).reported(&["cannot use the store", "runs/tmp", "Read-only file system", "--store DIR"]);
    }
    assert!(before == lab.promised(ALL));
    assert_eq!(lab.trials().len(), N_TRIALS);
}
