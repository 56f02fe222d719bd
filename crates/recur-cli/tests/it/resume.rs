//! Going on from a checkpoint after a kill. The rest is in the tests of `recur-experiment`.

#![cfg(unix)]

use crate::common::{Lab, Ran};
use crate::processes::{Running, wait_until};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

/// One trial of many short epochs.
const LONG: &str = "\
recur: 1
name: small
data: {source: names.csv}
training: {epochs: 200, batch_size: 1}
models: [{use: manual_rnn, params: {hidden_size: 48}}]
replicates: 1
";

const N_EPOCHS: usize = 200;

const ALL: &[&str] = &["runs", "reports"];

/// The epochs (from 0) that the experiment's log says were finished, in its order.
fn epochs(lab: &Lab) -> Vec<u64> {
    let Ok(log) = std::fs::read_to_string(lab.path("runs/experiments/small/log.jsonl")) else { return Vec::new() };
    let epoch = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let fields = &line["fields"];
        fields["message"].as_str()?.ends_with("epoch finished").then(|| fields["epoch"].as_u64()).flatten()
    };
    log.lines().filter_map(epoch).collect()
}

/// The files of checkpoints in the store.
fn checkpoints(lab: &Lab) -> Vec<PathBuf> {
    let below = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    below(lab.path("runs/checkpoints")).flat_map(below).collect()
}

/// A store whose run was killed once it had logged so many epochs, and the number of those it had logged by then.
///
/// No clock says when a kill hits. A run that was over before it, on a machine that is busy with other things, is repeated in a
/// fresh store.
fn killed_after(interval: &str, n_epochs: usize) -> (Lab, usize) {
    for _ in 0..20 {
        let lab = Lab::with(LONG);
        let mut run = Running::start(&lab, &["experiment", "small.yaml", "--checkpoint-every", interval]);
        wait_until("the epochs", || epochs(&lab).len() >= n_epochs || run.has_ended());
        if run.kill() && lab.trials().is_empty() {
            let n_logged = epochs(&lab).len();
            assert!((n_epochs..=N_EPOCHS).contains(&n_logged), "{n_logged} epochs are logged");
            return (lab, n_logged);
        }
    }
    panic!("20 runs were over before they could be killed, {n_epochs} of {N_EPOCHS} epochs in");
}

/// What a run promises that nobody killed.
static WHOLE: LazyLock<BTreeMap<PathBuf, Vec<u8>>> = LazyLock::new(|| {
    let lab = Lab::with(LONG);
    lab.experiment(&["--checkpoint-every", "off"]).ended(0);
    assert!(!lab.path("runs/checkpoints").exists());
    lab.promised(ALL)
});

/// How many epochs were done where the trial goes on, if it does.
fn gone_on_from(ran: &Ran) -> Option<usize> {
    let line = ran.err.lines().find(|line| line.contains("goes on from a checkpoint"))?;
    line.split("checkpoint, ").nth(1)?.split(' ').next()?.parse().ok()
}

#[track_caller]
fn check_goes_on(interval: &str, n_epochs: usize) {
    let (lab, reported) = killed_after(interval, 10);
    let ran = lab.experiment(&["--checkpoint-every", interval]).ended(0);
    let done = gone_on_from(&ran).unwrap_or_else(|| panic!("it goes on from a checkpoint:\n{}", ran.err));
    assert!(
        done <= reported + 1 && done + n_epochs >= reported,
        "{reported} epochs were reported, and it goes on from {done}"
    );
    let again: Vec<u64> = epochs(&lab).split_off(reported);
    assert_eq!(again, (done as u64..N_EPOCHS as u64).collect::<Vec<_>>(), "no epoch before that is trained again");
    assert!(*WHOLE == lab.promised(ALL), "{interval}");
    let environment = std::fs::read_to_string(lab.trials()[0].join("environment.json")).unwrap();
    assert!(environment.contains("\"resumed\": true"), "{environment}");
}

#[test]
fn a_killed_trial_goes_on_from_its_last_checkpoint_and_loses_at_most_the_interval() {
    check_goes_on("1epoch", 1);
    check_goes_on("4epochs", 4);
}

#[test]
fn a_damaged_checkpoint_is_reported_and_not_used() {
    let (lab, _) = killed_after("1epoch", 5);
    let checkpoints = checkpoints(&lab);
    assert!(!checkpoints.is_empty());
    checkpoints.iter().for_each(|path| std::fs::write(path, "").unwrap());
    let reported = ["WARN", "a checkpoint is not used", "runs/checkpoints/", "is damaged"];
    let ran = lab.experiment(&[]).ended(0).reported(&reported);
    assert_eq!(gone_on_from(&ran), None, "the trial starts again");
    assert!(*WHOLE == lab.promised(ALL));
}
