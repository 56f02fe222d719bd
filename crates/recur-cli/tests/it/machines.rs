//! A store whose trials and processes are of several machines.

use crate::common::{Lab, N_TRIALS, SPEC};
use recur_core::digest::Digest;
use recur_core::trial::TrialId;
use recur_experiment::unix_seconds;
use recur_store::{Running, RunningTrial, Store, layout};
use serde_json::Value;
use std::path::Path;

/// The model of a trial.
fn model(trial: &Path) -> String {
    let record = std::fs::read_to_string(trial.join("record.json")).unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    record["identity"]["model"].as_str().unwrap().to_owned()
}

/// Has the store say that a trial ran on `kind` of machine.
fn move_to(trial: &Path, kind: &str) {
    let [path, sums] = ["environment.json", "SHA256SUMS"].map(|name| trial.join(name));
    let [text, list] = [&path, &sums].map(|path| std::fs::read_to_string(path).unwrap());
    let mut environment: Value = serde_json::from_str(&text).unwrap();
    environment["machine_kind"] = kind.into();
    let changed = environment.to_string();
    let [before, after] = [&text, &changed].map(|text| Digest::of(text.as_bytes()).to_string());
    assert!(list.contains(&before), "{list}");
    std::fs::write(&path, changed).unwrap();
    std::fs::write(&sums, list.replace(&before, &after)).unwrap();
}

#[test]
fn trials_of_grade_machine_that_ran_on_unlike_machines_are_warned_of() {
    let lab = Lab::new();
    let warned = |lab: &Lab| lab.experiment(&[]).ended(0).err;
    assert!(!warned(&lab).contains("unlike machines"));
    let first = |wanted: &str| lab.trials().into_iter().find(|trial| model(trial) == wanted).unwrap();
    // The bytes of this one are the same on all machines.
    move_to(&first("manual_rnn"), "other");
    assert!(!warned(&lab).contains("unlike machines"));
    move_to(&first("linfa_naive_bayes"), "oth\u{1b}er");
    let err = warned(&lab);
    assert_eq!(err.matches("unlike machines").count(), 1, "{err}");
    assert!(err.contains("linfa_naive_bayes is of grade `machine`") && err.contains("oth\\x1ber"), "{err}");
}

/// What a process of another machine leaves in the store that trains the trial `id`, and was heard of so many seconds ago; and its log.
fn elsewhere(lab: &Lab, id: &TrialId, seconds_ago: u64) {
    let store = Store::open(&lab.path("runs")).unwrap();
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
    let (written_unix, started_unix) = (now - seconds_ago, now - seconds_ago - 60);
    let running = Running { written_unix, started_unix, trials: vec![trial], ..Running::default() };
    store.show_running(&running).unwrap();
    let here = store.running_folder().unwrap();
    let there = here.parent().unwrap().join("elsewhere-abcdef01-7-abcdefghijkl");
    std::fs::create_dir_all(&there).unwrap();
    let read = |name: &str| std::fs::read_to_string(here.join(name)).unwrap();
    let mut owner: Value = serde_json::from_str(&read("owner.json")).unwrap();
    (owner["host"], owner["boot"]) = ("elsewhere".into(), "abcdef0123".into());
    let line = "{\"level\":\"INFO\",\"message\":\"from elsewhere\",\"unix_time\":100.0}\n";
    for (name, text) in [
        ("lock", String::new()),
        ("owner.json", owner.to_string()),
        ("running.json", read("running.json")),
        (&layout::running_log(id.as_str()), line.to_owned()),
    ] {
        std::fs::write(there.join(name), text).unwrap();
    }
}

/// A node that lost its network, or was switched off, says nothing any more: after two minutes its trials count as ended.
#[test]
fn a_node_that_fell_silent_trains_nothing_in_a_partial_report_and_ends_the_log_of_its_trial() {
    let lab = Lab::with(SPEC);
    lab.experiment(&["--max-trials", "5"]).ended(7);
    let done: Vec<String> =
        lab.trials().iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    let id = lab.plan(&["small.yaml"]).into_iter().find(|id| !done.contains(id)).unwrap();
    let trial: TrialId = serde_json::from_value(id.clone().into()).unwrap();
    let partial = || {
        let out = lab.recur(&["report", "small.yaml", "--partial", "--json"]).ended(0).out;
        let report: Value = serde_json::from_str(&out).unwrap();
        ["running", "waiting"].map(|key| report["progress"][key].as_u64().unwrap())
    };
    let waiting = (N_TRIALS - 5) as u64;
    elsewhere(&lab, &trial, 0);
    assert_eq!(partial(), [1, waiting - 1]);
    let heard = lab.recur(&["logs", &id]).ended(0);
    assert!(heard.out.contains("from elsewhere") && heard.err.is_empty(), "{}{}", heard.out, heard.err);
    elsewhere(&lab, &trial, 1000);
    assert_eq!(partial(), [0, waiting]);
    // It is not waited for more.
    let silent = lab.recur(&["logs", &id, "--follow"]).ended(0);
    assert!(silent.out.contains("from elsewhere"), "{}", silent.out);
    silent.reported(&["its process has ended, and the store does not have the trial"]);
}
