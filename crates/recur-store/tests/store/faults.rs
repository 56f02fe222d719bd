//! Bit flips, cuts, and things that are missing or do not belong: each is reported by name.

use crate::samples;
use crate::support::{Sample, assert_sound, checked, dead_scratch, files, full_store, names, store};
use proptest::prelude::*;
use recur_core::metric::Scores;
use recur_core::record::EpochRecord;
use recur_store::{Found, FoundExperiment, FoundTest, Store};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The files of a store that hold something.
fn kept_files(store: &Store) -> Vec<PathBuf> {
    files(store.root()).into_iter().filter(|path| !path.starts_with(store.root().join("tmp"))).collect()
}

/// What is reported of a store in which `path` was changed.
fn reported(store: &Store, path: &Path) -> Vec<String> {
    if let Err(error) = Store::open_to_read(store.root()) {
        return vec![error.to_string()];
    }
    let mut reported: Vec<String> = checked(store).1.iter().map(ToString::to_string).collect();
    let relative = path.strip_prefix(store.root()).unwrap();
    let folder = relative.parent().unwrap();
    let (ids, experiment) = ([0, 1].map(samples::id), Path::new("experiments"));
    let found = if folder.ends_with("test") {
        matches!(store.find_test(&ids[0]), FoundTest::Damaged(_))
    } else if folder.starts_with("trials") {
        ids.iter().any(|id| matches!(store.find(id), Found::Damaged(_)))
    } else if folder.starts_with(experiment) {
        matches!(store.find_experiment("names"), FoundExperiment::Damaged(_))
    } else if folder.starts_with("checkpoints") {
        let found = store.find_checkpoint(&samples::id(2)).unwrap();
        found.checkpoint.is_none() && !found.damaged.is_empty()
    } else {
        true
    };
    if !found {
        reported.clear();
    }
    reported
}

/// Changes a file, expects its name to be reported, and puts it back.
fn check(store: &Store, path: &Path, change: &dyn Fn(&mut Vec<u8>), what: &str) {
    let bytes = std::fs::read(path).unwrap();
    let mut changed = bytes.clone();
    change(&mut changed);
    std::fs::write(path, &changed).unwrap();
    let reported = reported(store, path);
    let name = path.file_name().unwrap().to_string_lossy();
    let is_named = reported.iter().any(|problem| problem.contains(&*name));
    std::fs::write(path, bytes).unwrap();
    assert!(is_named, "{what} of {} is not told, but {reported:?}", path.display());
}

#[test]
fn nothing_is_wrong_with_the_store_that_is_damaged_below() {
    let (_folder, store) = full_store();
    let summary = assert_sound(&store);
    let counts = (summary.trials, summary.tests, summary.checkpoints, summary.experiments, summary.diffs);
    assert_eq!(counts, (2, 1, 1, 1, 1));
    let bytes: u64 = kept_files(&store).iter().map(|path| path.metadata().unwrap().len()).sum();
    assert_eq!((summary.bytes, summary.writers, summary.conflicts), (bytes, 1, 0));
    assert_eq!(kept_files(&store).len(), 26);
}

/// Every length of the short files, and fifty and more of the long ones.
#[test]
fn every_cut_of_every_file_is_reported() {
    let (_folder, store) = full_store();
    for path in kept_files(&store) {
        let len = path.metadata().unwrap().len() as usize;
        for at in (0..len).step_by(len.div_ceil(50)).chain([len - 1]) {
            check(&store, &path, &|bytes| bytes.truncate(at), "a cut");
        }
    }
}

#[test]
fn every_flipped_bit_of_the_format_and_of_one_list_of_digests_is_reported() {
    let (_folder, store) = full_store();
    for path in [store.root().join("store.json"), store.trial(&samples::id(0)).join("test/SHA256SUMS")] {
        for bit in 0..path.metadata().unwrap().len() as usize * 8 {
            check(&store, &path, &|bytes| bytes[bit / 8] ^= 1 << (bit % 8), "a flip");
        }
    }
}

#[test]
fn flipped_bits_of_every_file_are_reported() {
    let (_folder, store) = full_store();
    let paths = kept_files(&store);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(800) };
    let anywhere = (0..paths.len(), any::<prop::sample::Index>(), 0..8_u8);
    proptest::test_runner::TestRunner::new(config)
        .run(&anywhere, |(file, at, bit)| {
            check(
                &store,
                &paths[file],
                &|bytes| {
                    let at = at.index(bytes.len());
                    bytes[at] ^= 1 << bit;
                },
                "a flip",
            );
            Ok(())
        })
        .unwrap();
}

#[test]
fn every_file_that_is_gone_is_reported() {
    let (_folder, store) = full_store();
    let hidden = store.root().join("../hidden");
    for path in kept_files(&store) {
        // A checkpoint that is gone is no damage: the trial begins anew.
        if path.starts_with(store.root().join("checkpoints")) {
            continue;
        }
        std::fs::rename(&path, &hidden).unwrap();
        let reported = reported(&store, &path);
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(reported.iter().any(|t| t.contains(&*name)), "{} is gone: {reported:?}", path.display());
        std::fs::rename(&hidden, &path).unwrap();
    }
}

#[test]
fn what_does_not_belong_is_reported() {
    let (_folder, store) = full_store();
    let id = samples::id(0);
    let shard = &id.as_str()[..2];
    let experiment = "experiments/names/new".to_owned();
    let trial = format!("trials/{shard}/{id}/new");
    let test = format!("trials/{shard}/{id}/test/new");
    let checkpoint = format!("checkpoints/{}/new", samples::id(2));
    let shard_file = format!("trials/{shard}/new");
    let places = ["new", "trials/new", "experiments/new", "diffs/new", "checkpoints/new", "tmp/new"];
    let places = places.into_iter().map(str::to_owned).chain([experiment, trial, test, checkpoint, shard_file]);
    for place in places {
        let path = store.root().join(&place);
        std::fs::write(&path, "x").unwrap();
        let problems = checked(&store).1;
        assert_eq!(problems.iter().map(|problem| &problem.path).collect::<Vec<_>>(), [&path], "{place}");
        std::fs::remove_file(&path).unwrap();
    }
    // A whole trial in the folder of others.
    let wrong = store.root().join("trials/zz");
    std::fs::create_dir(&wrong).unwrap();
    std::fs::rename(store.trial(&id), wrong.join(id.as_str())).unwrap();
    assert_eq!(checked(&store).1[0].path, wrong.join(id.as_str()));
}

#[test]
fn scratch_of_the_dead_is_reported_and_goes_when_the_store_is_opened() {
    let (_folder, store) = full_store();
    let dead = dead_scratch(store.root());
    let (summary, problems) = checked(&store);
    assert_eq!((summary.writers, problems.len()), (1, 1));
    assert_eq!(problems[0].path, dead);
    assert!(problems[0].to_string().ends_with(" was left by a process that has ended; `store gc` removes it"));
    drop(Store::open(store.root()).unwrap());
    assert_sound(&store);
    assert_eq!(names(&store.root().join("tmp")).len(), 3, "that of the living stays, with its lock and its owner");
}

#[test]
fn a_store_that_is_open_to_read_can_be_checked_and_is_not_written() {
    let (_folder, store) = full_store();
    let root = store.root().to_owned();
    drop(store);
    let before = names(&root);
    let store = Store::open_to_read(&root).unwrap().unwrap();
    assert_eq!(assert_sound(&store).writers, 0);
    assert!(Sample::new(7).keep(&store).is_err());
    assert_eq!(names(&root), before);
}

#[test]
fn changes_that_an_environment_names_have_to_be_there() {
    let (_folder, store) = full_store();
    std::fs::remove_dir_all(store.root().join("diffs")).unwrap();
    let reported = checked(&store).1[0].to_string();
    assert!(
        reported.contains(".diff is missing, and ") && reported.ends_with("environment.json names it"),
        "{reported}"
    );
}

#[test]
fn a_list_goes_on_after_a_damaged_record() {
    let (_folder, store) = store();
    for seed in 0..20 {
        let mut sample = Sample::new(seed);
        sample
            .record
            .epochs
            .push(EpochRecord { train_loss: 0.0, validation: Scores { loss: 9.0, ..samples::scores() } });
        sample.keep(&store).unwrap();
    }
    store.keep_test(&crate::support::test_scores(3), b"", &crate::support::environment()).unwrap();
    let damaged = store.trial(&samples::id(5)).join("record.json");
    std::fs::write(&damaged, "{").unwrap();
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    store
        .list(|entry| {
            match entry {
                Ok(entry) => entries.push(entry),
                Err(problem) => problems.push(problem.path),
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!((entries.len(), problems), (19, vec![damaged]));
    assert!(entries.is_sorted_by(|a, b| a.id < b.id));
    let mut records = Vec::new();
    store
        .records(|record| {
            records.extend(record);
            if records.len() < 7 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
        .unwrap();
    assert_eq!(
        records.iter().map(|r| &r.id).collect::<Vec<_>>(),
        entries[..7].iter().map(|e| &e.id).collect::<Vec<_>>()
    );
    for entry in entries {
        let record = samples::record((0..20).find(|seed| samples::id(*seed) == entry.id).unwrap());
        assert_eq!(entry.validation, record.validation());
        assert_eq!((entry.model, entry.params), (record.identity.model, record.identity.params));
        assert_eq!(entry.has_test, entry.id == samples::id(3));
    }
}
