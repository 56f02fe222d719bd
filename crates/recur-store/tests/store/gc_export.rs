//! Removing what nobody needs, and copying into another store.

use crate::samples;
use crate::support::{
    Sample, assert_has, assert_sound, checked, dead_scratch, environment, full_store, keep_experiment, names, store,
    test_scores,
};
use recur_core::digest::Digest;
use recur_store::layout::COMPARED;
use recur_store::{Fault, Found, FoundTest, GcOptions, Kept, Problem, Removed, Store, StoreError};

const ALL: GcOptions = GcOptions { unreferenced: true };

/// What is removed, as it is called in the store.
fn reported(store: &Store, removed: &[Removed]) -> Vec<String> {
    removed.iter().map(|r| r.path.strip_prefix(store.root()).unwrap().display().to_string()).collect()
}

#[test]
fn what_has_a_use_stays() {
    let (_folder, store) = full_store();
    let before = names(store.root());
    assert_eq!(store.gc(ALL, false).unwrap(), []);
    assert_eq!(names(store.root()), before);
}

#[test]
fn what_has_no_use_goes_and_a_dry_run_only_reports_it() {
    let (_folder, store) = full_store();
    Sample::new(3).keep(&store).unwrap();
    // A checkpoint of a trial that ended, and a damaged one.
    store.save_checkpoint(&samples::checkpoint(1, 0)).unwrap();
    let damaged = store.root().join(format!("checkpoints/{}/{}.safetensors", samples::id(2), "0".repeat(64)));
    std::fs::write(&damaged, "").unwrap();
    let diff = store.keep_diff("nobody's").unwrap();
    let dead = dead_scratch(store.root());

    let plain = vec![
        dead.strip_prefix(store.root()).unwrap().display().to_string(),
        format!("checkpoints/{}", samples::id(0)),
        format!("checkpoints/{}/{}.safetensors", samples::id(2), "0".repeat(64)),
        format!("diffs/{diff}.diff"),
    ];
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let unlisted = store.trial(&samples::id(3)).strip_prefix(store.root()).unwrap().display().to_string();
    let before = names(store.root());
    let dry = store.gc(ALL, true).unwrap();
    assert_eq!(names(store.root()), before);
    assert_eq!(sorted(reported(&store, &dry)), sorted([plain.clone(), vec![unlisted.clone()]].concat()));

    assert_eq!(sorted(reported(&store, &store.gc(GcOptions::default(), false).unwrap())), sorted(plain));
    assert_has(&store, &Sample::new(3));
    assert_eq!(reported(&store, &store.gc(ALL, false).unwrap()), [unlisted]);
    assert_eq!(store.find(&samples::id(3)), Found::Missing);
    assert_sound(&store);
    assert_eq!(store.find_checkpoint(&samples::id(2)).unwrap().checkpoint.unwrap().progress.examples, 3);
}

#[test]
fn a_diff_goes_with_the_last_trial_that_names_it() {
    let (_folder, store) = full_store();
    keep_experiment(&store, "names", &[1]);
    let removed = reported(&store, &store.gc(ALL, false).unwrap());
    assert!(removed.len() == 2 && removed[1].starts_with("diffs/"), "{removed:?}");
    assert_sound(&store);
}

/// A store whose trial 0 was trained and scored with different changes: the digest of the latter.
fn scored_with_changes() -> (tempfile::TempDir, Store, Digest) {
    let (folder, store) = store();
    Sample::new(0).keep(&store).unwrap();
    let digest = store.keep_diff("+ only scored\n").unwrap();
    let mut scored = environment();
    scored.code.uncommitted = Some(digest.clone());
    store.keep_test(&test_scores(0), b"PAR1", &scored).unwrap();
    (folder, store, digest)
}

#[test]
fn the_diff_of_a_test_result_is_needed_as_well() {
    let (folder, store, digest) = scored_with_changes();
    assert_eq!(store.gc(GcOptions::default(), false).unwrap(), []);
    assert_sound(&store);
    let to = folder.path().join("other");
    assert_eq!(store.export(&to, None).unwrap().problems, []);
    let copy = Store::open(&to).unwrap();
    assert_eq!(assert_sound(&copy).diffs, 1);
    std::fs::remove_file(copy.root().join(format!("diffs/{digest}.diff"))).unwrap();
    let (_, problems) = checked(&copy);
    assert!(matches!(problems[..], [Problem { fault: Fault::NoDiff { .. }, .. }]), "{problems:?}");
}

#[test]
fn no_diff_is_removed_where_an_environment_is_damaged() {
    for file in ["environment.json", "SHA256SUMS", "test/environment.json", "test/SHA256SUMS"] {
        for bytes in ["", "{}", "damaged"] {
            let (_folder, store, _) = scored_with_changes();
            store.keep_diff("nobody's").unwrap();
            std::fs::write(store.trial(&samples::id(0)).join(file), bytes).unwrap();
            assert_eq!(store.gc(GcOptions::default(), false).unwrap(), [], "{file}: {bytes}");
        }
    }
}

#[test]
fn a_trial_of_an_unequal_model_is_kept_once_and_conflicts_of_earlier_runs_stay() {
    let (_folder, store) = store();
    let keep_first = |sample: &Sample| sample.keep_with(&store, Store::keep_first);
    assert_eq!(keep_first(&Sample::new(0)).unwrap(), Kept::New);
    let other = Sample::new(0).with_weights(vec![9.0]);
    assert_eq!(keep_first(&other).unwrap(), Kept::Passed);
    assert!(!store.root().join("conflicts").exists());
    assert!(matches!(other.keep(&store), Err(StoreError::Nondeterminism { .. })));
    let conflicts = names(&store.root().join("conflicts"));
    assert_eq!(keep_first(&other).unwrap(), Kept::Passed);
    assert_eq!(names(&store.root().join("conflicts")), conflicts);
    assert_has(&store, &Sample::new(0));
    store.keep_test(&test_scores(0), b"PAR1", &environment()).unwrap();
    assert_eq!(store.keep_first_test(&test_scores(0), b"PAR2", &environment()).unwrap(), Kept::Passed);
    assert_eq!(names(&store.root().join("conflicts")), conflicts);
}

#[test]
fn what_was_removed_when_a_store_was_opened_is_known() {
    let (_folder, store) = full_store();
    let dead = dead_scratch(store.root());
    let reader = Store::open_to_read(store.root()).unwrap().unwrap();
    let dry = reader.gc(GcOptions::default(), true).unwrap();
    assert!(dry.len() == 1 && dry[0].path == dead && dry[0].bytes > 0, "{dry:?}");
    drop(store);
    assert_eq!(Store::open(reader.root()).unwrap().cleared(), dry);
    assert_eq!(Store::open(reader.root()).unwrap().cleared(), []);
}

#[test]
fn nothing_is_removed_while_another_process_writes_or_a_list_of_trials_is_damaged() {
    let (_folder, store) = full_store();
    let other = Store::open(store.root()).unwrap();
    let dead = dead_scratch(store.root());
    assert!(matches!(store.gc(ALL, false), Err(StoreError::InUse { .. })));
    drop(other);
    std::fs::write(store.experiment("names").join("trials.csv"), "configuration,replicate,id\n").unwrap();
    assert!(matches!(store.gc(ALL, false), Err(StoreError::Damaged(p)) if p.path.ends_with("trials.csv")));
    assert!(dead.exists());
    store.gc(GcOptions::default(), false).unwrap();
    let reader = Store::open_to_read(store.root()).unwrap().unwrap();
    assert!(matches!(reader.gc(GcOptions::default(), false), Err(StoreError::ReadOnly { .. })));
    assert_eq!(reader.gc(GcOptions::default(), true).unwrap(), []);
}

#[test]
fn an_export_of_all_is_the_same_store_but_for_checkpoints() {
    let (folder, store) = full_store();
    let to = folder.path().join("copies/other");
    let reader = Store::open_to_read(store.root()).unwrap().unwrap();
    let exported = reader.export(&to, None).unwrap();
    assert_eq!((exported.copied, exported.there, exported.experiments), (2, 0, 1));
    let of = |store: &Store, name: &str| names(&store.root().join(name));
    let copy = Store::open(&to).unwrap();
    for name in ["trials", "experiments", "diffs"] {
        assert_eq!(of(&copy, name), of(&store, name));
        for file in of(&store, name) {
            let read = |store: &Store| std::fs::read(store.root().join(name).join(&file)).unwrap();
            assert_eq!(read(&copy), read(&store), "{file}");
        }
    }
    assert_sound(&copy);
    drop(copy);
    let again = reader.export(&to, None).unwrap();
    assert_eq!((again.copied, again.there, again.problems, again.conflicts.len()), (0, 2, vec![], 0));
}

#[test]
fn an_export_of_some_leaves_out_what_is_missing_or_damaged() {
    let (folder, store) = full_store();
    Sample::new(3).keep(&store).unwrap();
    let record = store.trial(&samples::id(1)).join(COMPARED[0]);
    std::fs::write(&record, "{}").unwrap();
    let to = folder.path().join("other");
    let exported = store.export(&to, Some(&[0, 1, 9].map(samples::id))).unwrap();
    assert_eq!((exported.copied, exported.experiments), (1, 0));
    let problems: Vec<_> = exported.problems.iter().map(|problem| problem.path.clone()).collect();
    assert_eq!(problems, [record, store.trial(&samples::id(9))]);
    let copy = Store::open(&to).unwrap();
    assert!(matches!(copy.find_test(&samples::id(0)), FoundTest::Test(_)));
    assert_eq!(assert_sound(&copy).trials, 1);
}

#[test]
fn an_export_merges_as_keep_does() {
    let [(_a, from), (_b, to)] = [store(), store()];
    Sample::new(0).keep(&from).unwrap();
    Sample::failed(0, "there").keep(&to).unwrap();
    Sample::failed(1, "here").keep(&from).unwrap();
    Sample::new(1).keep(&to).unwrap();
    to.keep_test(&test_scores(1), b"PAR1", &environment()).unwrap();
    Sample::new(2).keep(&from).unwrap();
    Sample::new(2).with_weights(vec![9.0]).keep(&to).unwrap();
    keep_experiment(&from, "names", &[0]);
    keep_experiment(&to, "names", &[1]);
    let exported = from.export(to.root(), None).unwrap();
    assert_eq!((exported.copied, exported.there, exported.experiments), (1, 1, 0));
    assert!(matches!(exported.conflicts[..], [StoreError::Nondeterminism { .. }]));
    assert!(exported.problems[0].to_string().contains("is another experiment of that name"));
    assert_has(&to, &Sample::new(0));
    assert_has(&to, &Sample::new(1));
    assert_eq!(to.weights(&samples::id(2)).unwrap()[0].data.len(), 1);
}
