//! Whose files a store may touch, and what of it is believed: foreign folders, links, pipes, damaged weights.

#![cfg(unix)]

use crate::common::{Lab, says};
use crate::logged::is_logged;
use crate::pipeline::{
    Ran, Run, experiment, finished, flip_a_bit, id, lab_with, problems, promised, refused, scored, to_read, trials,
    write_spec,
};
use recur_core::event::Event;
use recur_experiment::{Experiment, LookupError, Observer, RunEvent, weights_of};
use recur_store::{GcOptions, Store, StoreError};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

#[track_caller]
fn store_refused<T>(result: Result<T, StoreError>, parts: &[&str]) {
    let error = result.err().expect("it is refused");
    says(&error, error.hint(), parts);
}

fn gc(lab: &Lab) -> Result<(), StoreError> {
    lab.store().gc(GcOptions::default(), false).map(|_| ())
}

#[test]
fn a_folder_that_is_no_store_is_refused_and_nothing_in_it_is_touched() {
    const MINE: [&str; 4] =
        ["mine/tmp/thesis/chapter.tex", "mine/tmp/lock", "tmp/thesis/lock", "tmp/thesis/chapter.tex"];
    let lab = finished();
    MINE.iter().for_each(|file| lab.write(file, "mine"));
    write_spec(&lab, "broken.yaml", &crate::pipeline::SPEC.replace("LAB/names.csv", "nowhere.csv"));
    let parts = ["it has no store.json and is not empty", "--store DIR"];
    for (spec, store) in [("small.yaml", "mine"), ("small.yaml", "."), ("broken.yaml", "mine")] {
        refused(Run { spec, store, ..Run::default() }.of(&lab), &[&["cannot use the store"], &parts[..]].concat());
    }
    for folder in ["mine", "."] {
        store_refused(to_read(&lab, "runs").export(&lab.path(folder), None), &parts);
    }
    for file in MINE {
        assert_eq!(lab.read(file), "mine");
    }
    assert!(!lab.path("store.json").exists() && !lab.path("mine/store.json").exists());
    assert!(Store::open_to_read(&lab.path("mine")).unwrap().is_none());
}

#[test]
fn a_foreign_folder_in_the_scratch_of_a_store_is_a_stray_and_stays() {
    let lab = finished();
    lab.write("runs/tmp/thesis/lock", "");
    lab.write("runs/tmp/thesis/chapter.tex", "mine");
    experiment(&lab).unwrap();
    gc(&lab).unwrap();
    let strays: Vec<String> = problems(&lab).iter().map(ToString::to_string).collect();
    assert!(strays.len() == 1 && strays[0].contains("runs/tmp/thesis is not part of a store"), "{strays:?}");
    assert_eq!(lab.read("runs/tmp/thesis/chapter.tex"), "mine");
}

#[test]
fn one_flipped_bit_of_weights_is_an_error_of_predict_that_names_the_file() {
    let lab = finished();
    let trial = trials(&lab).into_iter().find(|trial| trial.join("weights.safetensors").exists()).unwrap();
    let weights = trial.join("weights.safetensors");
    let read = |model: &str| weights_of(model, &lab.path("runs"), &lab.registry);
    let models = [&id(&trial), trial.to_str().unwrap(), weights.to_str().unwrap()];
    for model in models {
        read(model).unwrap();
    }
    std::fs::copy(&weights, lab.path("copy.safetensors")).unwrap();
    flip_a_bit(&weights, 5);
    for model in models {
        refused(read(model), &["cannot read the model", "weights.safetensors is damaged", "trains it again"]);
    }
    read(&lab.word("copy.safetensors")).unwrap();
    symlink(&weights, lab.path("latest.safetensors")).unwrap();
    refused(read(&lab.word("latest.safetensors")), &["is damaged"]);
    std::fs::remove_file(trial.join("SHA256SUMS")).unwrap();
    refused(read(models[2]), &["SHA256SUMS is missing"]);
}

/// Naive Bayes ends at once; the other model is trained after it.
const TWO: &str = "\
recur: 1
name: small
data: {source: 'DATA'}
training: {epochs: 3, batch_size: 8}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    params: {hidden_size: 6}
replicates: 1
";

/// Damages the weights of the first trial as soon as another one is trained.
struct Damages<'a>(&'a Lab);

impl Observer for Damages<'_> {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        if let RunEvent::Trial(Event::EpochFinished { .. }) = event
            && let [first] = &trials(self.0)[..]
            && !self.0.path("damaged").exists()
        {
            flip_a_bit(&first.join("weights.safetensors"), 3);
            self.0.write("damaged", id(first));
        }
    }
}

#[test]
fn weights_that_are_damaged_while_others_train_are_not_scored() {
    let lab = lab_with(TWO);
    let observer = Some(&Damages(&lab) as &dyn Observer);
    let parts = ["weights.safetensors is damaged", "damaged after this run began", "run the experiment again"];
    refused(Run { jobs: 1, observer, ..Run::default() }.of(&lab), &parts);
    // The other model was trained when they were.
    let damaged = lab.read("damaged");
    let trial = lab.path(&format!("runs/trials/{}/{damaged}", &damaged[..2]));
    assert!(trial.exists() && !trial.join("test").exists() && !lab.path("reports/small.md").exists());
    assert_eq!(experiment(&lab).unwrap().n_trained, 1);
    assert!(is_logged(&["WARN", "counts as missing", &lab.word("runs")]));
    assert_eq!(problems(&lab), []);
    Run { store: "whole", reports: "of_whole", ..Run::default() }.of(&lab).unwrap();
    assert!(promised(&lab, &["whole", "of_whole"]) == promised(&lab, &["runs", "reports"]));
}

/// A store with `place` as a link to a folder outside, and what comes of a run.
fn linked(place: &str) -> (Lab, Result<Ran, LookupError>) {
    let lab = finished();
    lab.write("outside/file", "mine");
    lab.write("outside/dead/lock", "");
    let place = lab.path(place);
    let _ = std::fs::remove_dir_all(&place);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    symlink(lab.path("outside"), place).unwrap();
    let ran = experiment(&lab);
    let gone = Store::open(&lab.path("runs")).and_then(|store| store.gc(GcOptions::default(), false));
    drop(gone);
    (lab, ran)
}

#[track_caller]
fn assert_untouched(lab: &Lab) {
    let left = promised(lab, &["outside"]);
    let names: Vec<&Path> = left.keys().map(|(_, name)| name.as_path()).collect();
    assert_eq!(names, ["dead/lock", "file"].map(Path::new));
}

#[test]
fn folders_of_a_store_that_are_links_to_elsewhere_are_refused_by_path() {
    for place in ["tmp", "trials", "checkpoints", "experiments", "experiments/small", "diffs", "conflicts"] {
        let (lab, ran) = linked(&format!("runs/{place}"));
        refused(ran, &["cannot use the store", &format!("runs/{place}"), "it is a link"]);
        assert_untouched(&lab);
    }
}

#[test]
fn links_in_the_place_of_a_trials_folders_are_not_followed() {
    let id = id(&scored(&finished()));
    let shard = format!("runs/trials/{}", &id[..2]);
    let (lab, ran) = linked(&shard);
    refused(ran, &["cannot use the store", &shard, "it is a link"]);
    assert_untouched(&lab);
    // A trial that is a link is damaged; the link goes, what it leads to stays.
    for place in [format!("{shard}/{id}"), format!("{shard}/{id}/test")] {
        let (lab, ran) = linked(&place);
        ran.unwrap();
        assert!(is_logged(&["WARN", &lab.word(&place), "it is a link"]), "{place}");
        assert_untouched(&lab);
    }
    let (lab, _) = linked(&format!("runs/checkpoints/{id}"));
    assert_untouched(&lab);
}

#[test]
fn a_log_or_a_lock_that_is_a_link_is_refused_and_its_target_is_not_written() {
    for place in ["experiments/small/log.jsonl", "tmp/lock", "store.json"] {
        let lab = finished();
        lab.write("outside.jsonl", "mine, and no line end");
        let place = format!("runs/{place}");
        std::fs::remove_file(lab.path(&place)).unwrap();
        symlink(lab.path("outside.jsonl"), lab.path(&place)).unwrap();
        refused(experiment(&lab), &["cannot use the store", &place]);
        assert_eq!(lab.read("outside.jsonl"), "mine, and no line end");
    }
}

#[test]
fn the_folder_of_the_store_itself_may_be_a_link() {
    let lab = finished();
    std::fs::rename(lab.path("runs"), lab.path("disk")).unwrap();
    symlink("disk", lab.path("runs")).unwrap();
    assert_eq!(experiment(&lab).unwrap().n_trained, 0);
    assert_eq!(problems(&lab), []);
}

/// What reads a store: a check, a list, a plan and a run, whatever they come to.
fn use_all(lab: &Lab) {
    if let Ok(Some(store)) = Store::open_to_read(&lab.path("runs")) {
        let _ = store.check(|_| ());
        let _ = store.list(|_| std::ops::ControlFlow::Continue(()));
        let _ = Run::default().prepared(lab).planned_run(Some(&store));
    }
    let _ = experiment(lab);
}

/// Nothing waits for the other end of a pipe.
#[test]
fn a_pipe_in_the_place_of_a_stored_file_is_an_error_at_once() {
    let shape = finished();
    let trial = scored(&shape).strip_prefix(shape.path("")).unwrap().display().to_string();
    let in_trial =
        ["record.json", "weights.safetensors", "SHA256SUMS", "test/scores.json"].map(|f| format!("{trial}/{f}"));
    let others = ["experiments/small/SHA256SUMS", "experiments/small/log.jsonl", "tmp/lock", "store.json"];
    for place in in_trial.into_iter().chain(others.map(|place| format!("runs/{place}"))) {
        let lab = finished();
        std::fs::remove_file(lab.path(&place)).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(lab.path(&place)).status().unwrap().success());
        let (end, ended) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            use_all(&lab);
            end.send(()).unwrap();
        });
        ended.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{place} is waited for"));
        reader.join().unwrap();
    }
}

#[test]
fn a_folder_in_the_place_of_a_file_is_named_with_the_remedy() {
    for name in ["SHA256SUMS", "resolved.yaml", "trials.csv", "log.jsonl"] {
        let lab = finished();
        let place = format!("runs/experiments/small/{name}");
        std::fs::remove_file(lab.path(&place)).unwrap();
        lab.write(&format!("{place}/mine"), "mine");
        refused(experiment(&lab), &[&place, "it is a folder, expected a file; move it elsewhere"]);
        std::fs::rename(lab.path(&place), lab.path("elsewhere")).unwrap();
        experiment(&lab).unwrap();
    }
}

#[test]
fn a_damaged_or_missing_format_is_reported_with_what_to_write() {
    let lab = finished();
    let remedy = &*format!("echo '{{\"format\": 8}}' > {}", lab.word("runs/store.json"));
    let open = || Store::open_to_read(&lab.path("runs"));
    lab.write("runs/store.json", "garbage");
    store_refused(open(), &["runs/store.json is damaged", remedy, "--store DIR"]);
    std::fs::remove_file(lab.path("runs/store.json")).unwrap();
    store_refused(open(), &["runs/store.json is missing", "trials next to it", remedy]);
    assert!(std::process::Command::new("sh").args(["-c", remedy]).status().unwrap().success());
    assert_eq!(experiment(&lab).unwrap().n_trained, 0);
}
