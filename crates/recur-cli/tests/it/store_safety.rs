//! Whose files a store may touch, and what of it is believed: foreign folders, links, pipes, damaged weights.

#![cfg(unix)]

use crate::common::{Lab, Ran, STORE_JSON};
use crate::processes::{Running, wait_until};
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

fn finished() -> Lab {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab
}

fn flip_a_bit(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.len() - 1 - at;
    bytes[at] ^= 0x40;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_folder_that_is_no_store_is_refused_and_nothing_in_it_is_touched() {
    let lab = finished();
    for file in ["mine/tmp/thesis/chapter.tex", "mine/tmp/lock", "tmp/thesis/lock", "tmp/thesis/chapter.tex"] {
        lab.write(file, "mine");
    }
    lab.write("broken.yaml", crate::common::SPEC.replace("names.csv", "nowhere.csv"));
    for arguments in [
        &["experiment", "small.yaml", "--store", "mine"][..],
        &["experiment", "small.yaml", "--store", "."],
        &["experiment", "broken.yaml", "--store", "mine"],
        &["store", "export", "mine"],
        &["store", "export", "."],
    ] {
        let reported = ["cannot use the store", "it has no store.json and is not empty", "--store DIR"];
        lab.recur(arguments).ended(1).reported(&reported);
    }
    for file in ["mine/tmp/thesis/chapter.tex", "mine/tmp/lock", "tmp/thesis/lock", "tmp/thesis/chapter.tex"] {
        assert_eq!(lab.read(file), "mine");
    }
    assert!(!lab.path("store.json").exists() && !lab.path("mine/store.json").exists());
    for command in [&["list"][..], &["check"], &["gc"], &["gc", "--dry-run"]] {
        lab.recur(&[&["store"], command, &["--store", "mine"]].concat()).ended(1).reported(&["there is no store mine"]);
    }
}

#[test]
fn a_foreign_folder_in_the_scratch_of_a_store_is_a_stray_and_stays() {
    let lab = finished();
    lab.write("runs/tmp/thesis/lock", "");
    lab.write("runs/tmp/thesis/chapter.tex", "mine");
    lab.experiment(&[]).ended(0);
    lab.recur(&["store", "gc"]).ended(0);
    let check = lab.recur(&["store", "check"]).ended(4).out;
    assert!(check.contains("runs/tmp/thesis is not part of a store"), "{check}");
    assert_eq!(lab.read("runs/tmp/thesis/chapter.tex"), "mine");
}

#[test]
fn one_flipped_bit_of_weights_is_an_error_of_predict_that_names_the_file() {
    let lab = finished();
    let trial = lab.trials().into_iter().find(|trial| trial.join("weights.safetensors").exists()).unwrap();
    let weights = trial.join("weights.safetensors");
    let id = trial.file_name().unwrap().to_str().unwrap();
    let models = [id, trial.to_str().unwrap(), weights.to_str().unwrap()];
    for model in models {
        lab.recur(&["predict", "--model", model, "Novak"]).ended(0);
    }
    std::fs::copy(&weights, lab.path("copy.safetensors")).unwrap();
    flip_a_bit(&weights, 5);
    for model in models {
        let ran = lab.recur(&["predict", "--model", model, "Novak"]).ended(1);
        ran.reported(&["cannot read the model", "weights.safetensors is damaged", "trains it again"]);
    }
    lab.recur(&["predict", "--model", "copy.safetensors", "Novak"]).ended(0);
    symlink(&weights, lab.path("latest.safetensors")).unwrap();
    lab.recur(&["predict", "--model", "latest.safetensors", "Novak"]).ended(1);
    std::fs::remove_file(trial.join("SHA256SUMS")).unwrap();
    lab.recur(&["predict", "--model", models[2], "Novak"]).ended(1).reported(&["SHA256SUMS is missing"]);
}

/// Naive Bayes ends at once; the other model trains for long enough.
const SLOW: &str = "\
recur: 1
name: small
data: {source: names.csv}
training: {epochs: 120, batch_size: 1}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    params: {hidden_size: 48}
replicates: 1
";

#[test]
fn weights_that_are_damaged_while_others_train_are_not_scored() {
    let lab = Lab::with(SLOW);
    let mut run = Running::start(&lab, &["experiment", "small.yaml"]);
    wait_until("the first trial", || !lab.trials().is_empty() || run.has_ended());
    let trial = lab.trials().remove(0);
    flip_a_bit(&trial.join("weights.safetensors"), 3);
    assert!(!run.has_ended(), "the other model trains on");
    let reported = ["weights.safetensors is damaged", "damaged after this run began", "run the experiment again"];
    run.end().ended(1).reported(&reported);
    assert!(!trial.join("test").exists() && !lab.path("reports/small.md").exists());
    lab.experiment(&[]).ended(0).reported(&["counts as missing", "1 done before, 1 to run"]);
    lab.recur(&["store", "check"]).ended(0);
    let whole = Lab::with(SLOW);
    whole.experiment(&[]).ended(0);
    assert!(whole.promised(&["runs", "reports"]) == lab.promised(&["runs", "reports"]));
}

/// A store with `place` as a link to a folder outside, and what a run says of it.
fn linked(place: &str) -> (Lab, Ran) {
    let lab = finished();
    lab.write("outside/file", "mine");
    lab.write("outside/dead/lock", "");
    let place = lab.path(place);
    let _ = std::fs::remove_dir_all(&place);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    symlink(lab.path("outside"), place).unwrap();
    let ran = lab.experiment(&[]);
    lab.recur(&["store", "gc"]);
    (lab, ran)
}

#[track_caller]
fn assert_untouched(lab: &Lab) {
    let left = lab.promised(&["outside"]);
    let names: Vec<PathBuf> = left.keys().cloned().collect();
    assert_eq!(names, ["outside/dead/lock", "outside/file"].map(PathBuf::from));
}

#[test]
fn folders_of_a_store_that_are_links_to_elsewhere_are_refused_by_path() {
    for place in ["tmp", "trials", "checkpoints", "experiments", "experiments/small", "diffs", "conflicts"] {
        let (lab, ran) = linked(&format!("runs/{place}"));
        ran.ended(1).reported(&["cannot use the store", &format!("runs/{place}"), "it is a link"]);
        assert_untouched(&lab);
    }
}

#[test]
fn links_in_the_place_of_a_trials_folders_are_not_followed() {
    let scored = finished().trials().into_iter().find(|trial| trial.join("test").exists()).unwrap();
    let id = scored.file_name().unwrap().to_str().unwrap().to_owned();
    let shard = format!("runs/trials/{}", &id[..2]);
    let (lab, ran) = linked(&shard);
    ran.ended(1).reported(&["cannot use the store", &shard, "it is a link"]);
    assert_untouched(&lab);
    // A trial that is a link is damaged; the link goes, what it leads to stays.
    for place in [format!("{shard}/{id}"), format!("{shard}/{id}/test")] {
        let (lab, ran) = linked(&place);
        assert!(ran.err.contains(&place) && ran.err.contains("it is a link"), "{}", ran.err);
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
        lab.experiment(&[]).ended(1).reported(&["cannot use the store", &place]);
        assert_eq!(lab.read("outside.jsonl"), "mine, and no line end");
    }
}

#[test]
fn the_folder_of_the_store_itself_may_be_a_link() {
    let lab = finished();
    std::fs::rename(lab.path("runs"), lab.path("disk")).unwrap();
    symlink("disk", lab.path("runs")).unwrap();
    lab.experiment(&[]).ended(0).reported(&["8 done before, 0 to run"]);
    lab.recur(&["store", "check"]).ended(0);
}

/// No command waits for the other end of a pipe.
#[test]
fn a_pipe_in_the_place_of_a_stored_file_is_an_error_at_once() {
    let shape = finished();
    let trial = shape.trials().into_iter().find(|trial| trial.join("test").exists()).unwrap();
    let trial = trial.strip_prefix(shape.path("")).unwrap().display().to_string();
    let in_trial =
        ["record.json", "weights.safetensors", "SHA256SUMS", "test/scores.json"].map(|f| format!("{trial}/{f}"));
    let others = ["experiments/small/SHA256SUMS", "experiments/small/log.jsonl", "tmp/lock", "store.json"];
    for place in in_trial.into_iter().chain(others.map(|place| format!("runs/{place}"))) {
        let lab = finished();
        std::fs::remove_file(lab.path(&place)).unwrap();
        assert!(lab.program("mkfifo").arg(&place).status().unwrap().success());
        for command in
            [&["store", "check"][..], &["store", "list"], &["plan", "small.yaml"], &["experiment", "small.yaml"]]
        {
            let mut run = Running::start(&lab, command);
            wait_until(&format!("the end of {command:?} with {place}"), || run.has_ended());
        }
    }
}

#[test]
fn a_folder_in_the_place_of_a_file_is_named_with_the_remedy() {
    for name in ["SHA256SUMS", "resolved.yaml", "trials.csv", "log.jsonl"] {
        let lab = finished();
        let place = format!("runs/experiments/small/{name}");
        std::fs::remove_file(lab.path(&place)).unwrap();
        lab.write(&format!("{place}/mine"), "mine");
        lab.experiment(&[]).ended(1).reported(&[&place, "it is a folder, expected a file; move it elsewhere"]);
        std::fs::rename(lab.path(&place), lab.path("elsewhere")).unwrap();
        lab.experiment(&[]).ended(0);
    }
}

#[test]
fn a_damaged_or_missing_format_is_reported_with_what_to_write() {
    let lab = finished();
    let remedy = &*format!("echo '{}' > runs/store.json", STORE_JSON.trim_end());
    lab.write("runs/store.json", "garbage");
    lab.recur(&["plan", "small.yaml"]).ended(1).reported(&["runs/store.json is damaged", remedy, "--store DIR"]);
    std::fs::remove_file(lab.path("runs/store.json")).unwrap();
    lab.recur(&["plan", "small.yaml"]).ended(1).reported(&["runs/store.json is missing", "trials next to it", remedy]);
    assert!(lab.program("sh").args(["-c", remedy]).status().unwrap().success());
    lab.experiment(&[]).ended(0).reported(&["8 done before, 0 to run"]);
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
