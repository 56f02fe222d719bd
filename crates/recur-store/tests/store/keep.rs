//! Keeping and finding trials and test results.

use crate::samples;
use crate::skip::skip;
use crate::support::{Sample, assert_has, assert_sound, checked, dead_scratch, environment, names, store, test_scores};
use recur_core::digest::Digest;
use recur_core::record::{Outcome, TrialRecord};
use recur_store::layout::{COMPARED, ENVIRONMENT, LOG, RECORD, SUMS, WEIGHTS};
use recur_store::{Environment, Fault, Found, FoundTest, GcOptions, Kept, Refused, Store, StoreError, read_weights};
use std::process::Command;

#[test]
fn a_trial_comes_back_as_it_was() {
    let (_folder, store) = store();
    let sample = Sample::new(0);
    assert_eq!(store.find(&sample.id()), Found::Missing);
    assert_eq!(sample.keep(&store).unwrap(), Kept::New);
    assert_has(&store, &sample);
    assert_eq!(store.weights(&sample.id()).unwrap(), sample.weights);
    assert_eq!(store.environment(&sample.id()), Some(environment()));
    let expected = [
        "SHA256SUMS",
        "curves.csv",
        "environment.json",
        "log.jsonl",
        "record.json",
        "spec.yaml",
        "weights.safetensors",
    ];
    assert_eq!(names(&store.trial(&sample.id())), expected);
    assert_sound(&store);
}

#[test]
fn sha256sum_agrees_with_every_list_of_digests() {
    let (_folder, store) = store();
    Sample::new(0).keep(&store).unwrap();
    store.keep_test(&test_scores(0), b"PAR1", &environment()).unwrap();
    let trial = store.trial(&samples::id(0));
    if let Err(error) = Command::new("sha256sum").arg("--version").output() {
        return skip("sha256sum", &format!("sha256sum cannot be started: {error}"));
    }
    for folder in [trial.clone(), trial.join("test")] {
        let mut check = Command::new("sha256sum");
        let status = check.args(["--check", "--strict", "--quiet", SUMS]).current_dir(folder).status();
        assert!(status.unwrap().success());
    }
}

#[test]
fn equal_trials_give_equal_compared_files_wherever_they_ran() {
    let [(_a, first), (_b, second)] = [store(), store()];
    let mut sample = Sample::new(0);
    sample.keep(&first).unwrap();
    sample.environment = Environment { host: "another".into(), seconds: 9.0, ..environment() };
    sample.keep(&second).unwrap();
    let read = |store: &Store, name: &str| std::fs::read(store.trial(&sample.id()).join(name)).unwrap();
    for name in COMPARED {
        assert_eq!(read(&first, name), read(&second, name), "{name}");
    }
    assert_ne!(read(&first, ENVIRONMENT), read(&second, ENVIRONMENT));
}

#[test]
fn the_same_result_is_kept_once() {
    let (_folder, store) = store();
    let mut sample = Sample::new(0);
    sample.keep(&store).unwrap();
    sample.environment.host = "another".into();
    assert_eq!(sample.keep(&store).unwrap(), Kept::Same);
    assert_eq!(store.environment(&sample.id()).unwrap().host, "h");
    assert_sound(&store);
}

#[test]
fn another_result_is_an_error_that_names_the_file_and_keeps_both() {
    let (_folder, store) = store();
    let sample = Sample::new(0);
    sample.keep(&store).unwrap();
    let other_epochs = TrialRecord { epochs: vec![sample.record.epochs[0]; 2], ..sample.record.clone() };
    let other_record = Sample { record: other_epochs, ..sample.clone() };
    let other_weights = sample.clone().with_weights(vec![0.5, 0.0]);
    for (other, expected) in [(other_record, RECORD), (other_weights, WEIGHTS)] {
        for _ in 0..2 {
            let error = other.keep(&store).unwrap_err();
            let StoreError::Nondeterminism { trial, file, kept, conflict } = &error else { panic!("{error}") };
            assert_eq!((trial, file.as_str(), kept), (&sample.id(), expected, &store.trial(&sample.id())));
            assert_eq!(std::fs::read(conflict.join(RECORD)).unwrap(), record_bytes(&other.record));
        }
    }
    assert_has(&store, &sample);
    assert_eq!(store.weights(&sample.id()).unwrap(), sample.weights);
    assert_eq!(checked(&store).0.conflicts, 2, "a repeated conflict is kept once");
}

fn record_bytes(record: &TrialRecord) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(record).unwrap();
    bytes.push(b'\n');
    bytes
}

#[test]
fn a_failed_trial_gives_way_and_never_displaces_a_result() {
    let (_folder, store) = store();
    let (failed, again, sample) = (Sample::failed(0, "one"), Sample::failed(0, "two"), Sample::new(0));
    assert_eq!(failed.keep(&store).unwrap(), Kept::New);
    assert_eq!(failed.keep(&store).unwrap(), Kept::Same);
    for next in [&again, &sample] {
        assert!(matches!(next.keep(&store).unwrap(), Kept::Replaced(_)));
        assert_has(&store, next);
    }
    assert_eq!(failed.keep(&store).unwrap(), Kept::Passed);
    assert_has(&store, &sample);
    assert_sound(&store);
}

#[test]
fn a_diverged_trial_is_a_result_without_weights() {
    let (_folder, store) = store();
    let mut sample = Sample::new(0);
    sample.record.outcome = Outcome::Diverged { reason: "step 3".into() };
    sample.keep(&store).unwrap();
    assert_has(&store, &sample);
    assert!(!store.weights_path(&sample.id()).exists());
    assert!(matches!(Sample::new(0).keep(&store), Err(StoreError::Nondeterminism { .. })));
}

#[test]
fn whatever_is_damaged_in_the_place_of_a_trial_is_replaced() {
    let (_folder, store) = store();
    let sample = Sample::new(0);
    let place = store.trial(&sample.id());
    let replaced = |reported: &str| {
        let Kept::Replaced(problem) = sample.keep(&store).unwrap() else { panic!("{reported}") };
        assert!(problem.to_string().contains(reported), "{problem}");
        assert_has(&store, &sample);
    };
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(&place, "a file").unwrap();
    replaced("cannot be read");
    // Whoever wrote it has it still.
    let kept = || std::fs::read_dir(store.root().join("conflicts")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::read(kept()).unwrap(), b"a file");
    std::fs::remove_file(kept()).unwrap();
    std::fs::remove_file(place.join(LOG)).unwrap();
    replaced("log.jsonl is missing, and SHA256SUMS lists it");
    assert_sound(&store);
    // Of another trial, and whole as such.
    std::fs::remove_dir_all(&place).unwrap();
    Sample::new(1).keep(&store).unwrap();
    std::fs::rename(store.trial(&samples::id(1)), &place).unwrap();
    replaced("it is of trial");
    assert_sound(&store);
}

#[test]
fn a_users_files_in_the_folder_of_a_trial_stay_and_make_nothing_of_it_unusable() {
    let (_folder, store) = store();
    let sample = Sample::new(0);
    sample.keep(&store).unwrap();
    let place = store.trial(&sample.id());
    std::fs::write(place.join("notes.md"), "mine").unwrap();
    std::fs::create_dir(place.join("thesis")).unwrap();
    std::fs::write(place.join("thesis/a"), "mine").unwrap();
    assert_has(&store, &sample);
    assert_eq!(sample.keep(&store).unwrap(), Kept::Same);
    let mut problems = Vec::new();
    store.check(|problem| problems.push(problem.to_string())).unwrap();
    assert!(problems.len() == 1 && problems[0].contains("is not listed in SHA256SUMS"), "{problems:?}");
    assert_eq!(store.gc(GcOptions { unreferenced: true }, false).unwrap(), []);
    // The trial itself is damaged, too: the new result takes its place, and the files are kept aside.
    std::fs::remove_file(place.join(LOG)).unwrap();
    assert!(matches!(sample.keep(&store).unwrap(), Kept::Replaced(_)));
    assert_has(&store, &sample);
    let aside = std::fs::read_dir(store.root().join("conflicts")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::read(aside.join("notes.md")).unwrap(), b"mine");
    assert_eq!(std::fs::read(aside.join("thesis/a")).unwrap(), b"mine");
}

/// Changes a record and the digests next to it, or takes a file from both.
fn rewrite(store: &Store, from: &str, to: &str, removed: &str) {
    let folder = store.trial(&samples::id(0));
    let record = std::fs::read_to_string(folder.join(RECORD)).unwrap().replacen(from, to, 1);
    std::fs::write(folder.join(RECORD), &record).unwrap();
    let sums = std::fs::read_to_string(folder.join(SUMS)).unwrap();
    let line = |line: &str| match line.split_once("  ").unwrap().1 {
        RECORD => format!("{}  {RECORD}\n", Digest::of(record.as_bytes())),
        name if name == removed => String::new(),
        _ => format!("{line}\n"),
    };
    std::fs::write(folder.join(SUMS), sums.lines().map(line).collect::<String>()).unwrap();
    if !removed.is_empty() {
        std::fs::remove_file(folder.join(removed)).unwrap();
    }
}

/// Digests cannot tell what was changed along with them: the id can.
#[test]
fn a_record_that_was_edited_with_its_digest_or_lacks_a_file_is_damaged() {
    let check = |from: &str, to: &str, removed: &str, reported: &str| {
        let (_folder, store) = store();
        Sample::new(0).keep(&store).unwrap();
        rewrite(&store, from, to, removed);
        let Found::Damaged(problem) = store.find(&samples::id(0)) else { panic!("{reported}") };
        assert!(problem.to_string().contains(reported), "{problem}");
    };
    check("\"seed\": 0", "\"seed\": 1", "", "its identity does not give its own id");
    check(samples::id(0).as_str(), samples::id(1).as_str(), "", "it is of trial");
    check("\"m\"", "1", "", "record.json is damaged: invalid type");
    check("", "", WEIGHTS, "it does not list weights.safetensors");
    check("", "", LOG, "it does not list log.jsonl");
}

#[test]
fn curves_that_are_not_the_records_are_reported() {
    let (_folder, store) = store();
    Sample::new(0).keep(&store).unwrap();
    let folder = store.trial(&samples::id(0));
    let (before, after) = (std::fs::read(folder.join("curves.csv")).unwrap(), b"epoch\n0\n");
    let sums = std::fs::read_to_string(folder.join(SUMS)).unwrap();
    std::fs::write(folder.join("curves.csv"), after).unwrap();
    let sums = sums.replace(Digest::of(&before).as_str(), Digest::of(after).as_str());
    std::fs::write(folder.join(SUMS), sums).unwrap();
    let reported = checked(&store).1[0].to_string();
    assert!(reported.ends_with("curves.csv is damaged: it does not hold the values of record.json"), "{reported}");
}

#[test]
fn digests_are_those_of_the_compared_files() {
    let (_folder, store) = store();
    Sample::new(0).keep(&store).unwrap();
    let names = |store: &Store| store.digests(&samples::id(0)).unwrap().into_keys().collect::<Vec<_>>();
    assert_eq!(names(&store), ["curves.csv", "record.json", "weights.safetensors"]);
    store.keep_test(&test_scores(0), b"PAR1", &environment()).unwrap();
    assert_eq!(names(&store)[2..], ["test/predictions.parquet", "test/scores.json", "weights.safetensors"]);
    assert_eq!(store.digests(&samples::id(0)).unwrap()["test/predictions.parquet"], Digest::of(b"PAR1"));
    assert!(store.digests(&samples::id(1)).is_err());
}

#[test]
fn a_number_that_json_cannot_hold_is_refused() {
    let (_folder, store) = store();
    for value in [f64::INFINITY, f64::NAN] {
        let mut sample = Sample::new(0);
        sample.record.epochs[0].validation.loss = value;
        let error = sample.keep(&store).unwrap_err().to_string();
        assert!(error.contains("the record.json of trial") && error.contains("infinite"), "{error}");
        let mut scores = test_scores(0);
        scores.scores.loss = value;
        assert!(matches!(
            store.keep_test(&scores, b"", &environment()),
            Err(StoreError::NotStorable { file: "scores.json", .. })
        ));
    }
    assert_eq!(store.find(&samples::id(0)), Found::Missing);
}

#[test]
fn a_test_result_follows_the_rules_of_a_trial() {
    let (_folder, store) = store();
    let (id, scores) = (samples::id(0), test_scores(0));
    assert!(matches!(store.keep_test(&scores, b"PAR1", &environment()), Err(StoreError::NoTrial { .. })));
    Sample::new(0).keep(&store).unwrap();
    assert_eq!(store.find_test(&id), FoundTest::Missing);
    assert_eq!(store.keep_test(&scores, b"PAR1", &environment()).unwrap(), Kept::New);
    assert_eq!(store.keep_test(&scores, b"PAR1", &environment()).unwrap(), Kept::Same);
    let FoundTest::Test(found) = store.find_test(&id) else { panic!() };
    assert_eq!((found.scores.clone(), &found.predictions[..]), (scores.clone(), &b"PAR1"[..]));
    assert_has(&store, &Sample::new(0));
    assert_sound(&store);

    let error = store.keep_test(&scores, b"PAR2", &environment()).unwrap_err();
    let StoreError::Nondeterminism { file, conflict, .. } = error else { panic!("{error}") };
    assert_eq!(file, "predictions.parquet");
    assert_eq!(std::fs::read(conflict.join("predictions.parquet")).unwrap(), b"PAR2");

    std::fs::write(store.trial(&id).join("test/scores.json"), "{}").unwrap();
    assert!(matches!(store.find_test(&id), FoundTest::Damaged(problem) if problem.path.ends_with("test/scores.json")));
    assert!(matches!(store.keep_test(&scores, b"PAR1", &environment()).unwrap(), Kept::Replaced(_)));
    assert_eq!(store.find_test(&id), FoundTest::Test(found));
}

#[test]
fn trials_are_found_by_the_start_of_their_id() {
    let (_folder, store) = store();
    Sample::new(0).keep(&store).unwrap();
    Sample::failed(1, "").keep(&store).unwrap();
    let (finished, failed) = (samples::id(0), samples::id(1));
    for id in [&finished, &failed] {
        for prefix in [&id.as_str()[..2], id.short(), id.as_str()] {
            assert_eq!(store.trials_of_prefix(prefix).unwrap(), std::slice::from_ref(id));
        }
    }
    assert_eq!(store.weights_of_prefix(finished.short()).unwrap(), std::slice::from_ref(&finished));
    assert_eq!(store.weights_of_prefix(failed.short()).unwrap(), []);
    let read = store.read_weights(&finished).unwrap();
    assert_eq!(read.card.unwrap().characters, "ab");
    let (weights, elsewhere) = (store.weights_path(&finished), store.root().join("elsewhere"));
    std::fs::rename(&weights, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &weights).unwrap();
    let is_link = |error| matches!(error, StoreError::Damaged(p) if p.fault == Fault::Refused(Refused::Link));
    assert!(is_link(store.weights_of_prefix(finished.short()).unwrap_err()));
    assert!(is_link(store.read_weights(&finished).unwrap_err()));
    for prefix in ["", &finished.as_str()[..1], &format!("{}x", &finished.as_str()[..4]), "../..", "é"] {
        assert_eq!(store.trials_of_prefix(prefix).unwrap(), [], "{prefix}");
    }
    assert!(read_weights(&store.weights_path(&finished)).unwrap().card.is_some());
}

/// The clock is asked nowhere: files from long before and long after change nothing.
#[test]
fn a_clock_set_back_or_forth_changes_nothing() {
    let (_folder, first) = store();
    let sample = Sample::new(0);
    sample.keep(&first).unwrap();
    let dead = dead_scratch(first.root());
    for seconds in [0, 40_000_000_000] {
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        for path in crate::support::files(first.root()) {
            std::fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
        }
        let second = Store::open(first.root()).unwrap();
        assert!(!dead.exists());
        assert_has(&second, &sample);
        assert_eq!(sample.keep(&second).unwrap(), Kept::Same);
        assert_eq!(assert_sound(&second).writers, 2);
    }
}
