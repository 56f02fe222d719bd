//! What is read is compared with its digest, and only regular files are read; scratch of other machines.

use crate::samples;
use crate::support::{Sample, assert_sound, checked, dead_scratch, files, full_store};
use recur_store::{Fault, Found, FoundTest, GcOptions, Problem, Store, StoreError, read_weights};
use std::path::{Path, PathBuf};

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn weights_and_environments_are_compared_with_their_digests() {
    let (_folder, store) = full_store();
    let id = samples::id(0);
    assert!(store.environment(&id).is_some() && store.test_environment(&id).is_some());
    store.weights(&id).unwrap();
    let weights = store.weights_path(&id);
    for name in ["weights.safetensors", "environment.json", "test/environment.json"] {
        flip(&store.trial(&id).join(name));
    }
    for error in [store.weights(&id).unwrap_err(), read_weights(&weights).unwrap_err()] {
        assert!(matches!(&error, StoreError::Damaged(Problem { path, fault: Fault::OtherDigest }) if *path == weights));
    }
    assert!(store.environment(&id).is_none() && store.test_environment(&id).is_none());
}

#[test]
fn a_listed_record_is_compared_with_its_digest() {
    let (_folder, store) = full_store();
    let path = store.trial(&samples::id(0)).join("record.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"n_parameters\": 4", "\"n_parameters\": 5", 1)).unwrap();
    let mut problems = Vec::new();
    let mut visit = |problem: Option<Problem>| {
        problems.extend(problem);
        std::ops::ControlFlow::Continue(())
    };
    store.list(|entry| visit(entry.err())).unwrap();
    store.records(|record| visit(record.err())).unwrap();
    assert_eq!(problems, [(); 2].map(|()| Problem { path: path.clone(), fault: Fault::OtherDigest }));
}

/// Every file that a store holds.
fn kept(store: &Store) -> Vec<PathBuf> {
    files(store.root()).into_iter().filter(|path| !path.starts_with(store.root().join("tmp"))).collect()
}

#[test]
fn whatever_is_no_regular_file_is_a_problem_by_its_path_and_nothing_waits_or_follows() {
    type Make = fn(&Path, &Path);
    let kinds: [(&str, Make); 4] = [
        ("a link", |path, aside| std::os::unix::fs::symlink(aside, path).unwrap()),
        ("a link to a device", |path, _| std::os::unix::fs::symlink("/dev/zero", path).unwrap()),
        ("a pipe", |path, _| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success())),
        ("a folder", |path, _| std::fs::create_dir(path).unwrap()),
    ];
    let (folder, store) = full_store();
    let aside = folder.path().join("aside");
    for path in kept(&store).into_iter().filter(|path| !path.ends_with("store.json")) {
        std::fs::rename(&path, &aside).unwrap();
        for (kind, make) in kinds {
            make(&path, &aside);
            let reported: Vec<String> = checked(&store).1.iter().map(ToString::to_string).collect();
            assert!(
                reported.iter().any(|line| line.contains(path.to_str().unwrap())),
                "{kind}: {}: {reported:?}",
                path.display()
            );
            let removed = if path.is_dir() && !path.is_symlink() {
                std::fs::remove_dir
            } else {
                |p: &PathBuf| std::fs::remove_file(p)
            };
            removed(&path).unwrap();
        }
        std::fs::rename(&aside, &path).unwrap();
    }
    assert_sound(&store);
}

#[test]
fn a_sparse_file_of_any_size_is_refused_unread() {
    let (_folder, store) = full_store();
    let (id, huge) = (samples::id(0), 1 << 40);
    for name in ["record.json", "SHA256SUMS", "test/predictions.parquet"] {
        let path = store.trial(&id).join(name);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_len(huge).unwrap();
        let damaged =
            matches!(store.find(&id), Found::Damaged(_)) || matches!(store.find_test(&id), FoundTest::Damaged(_));
        assert!(damaged, "{name}");
        std::fs::write(&path, bytes).unwrap();
    }
    assert_sound(&store);
}

/// What a process on `host` leaves.
fn of_host(store: &Store, host: &str) -> PathBuf {
    let folder = dead_scratch(store.root());
    let name = folder.file_name().unwrap().to_str().unwrap();
    let rest: Vec<&str> = name.rsplitn(4, '-').collect();
    let other = folder.with_file_name(format!("{host}-{}-{}-{}", rest[2], rest[1], rest[0]));
    let owner = std::fs::read_to_string(folder.join("owner.json")).unwrap();
    let here = format!("\"host\": \"{}\"", rest[3]);
    assert!(owner.contains(&here), "{owner}");
    std::fs::write(folder.join("owner.json"), owner.replace(&here, &format!("\"host\": \"{host}\""))).unwrap();
    std::fs::rename(folder, &other).unwrap();
    other
}

#[test]
fn scratch_of_another_machine_stays_until_a_user_says_that_it_is_gone() {
    let (_folder, store) = full_store();
    let folder = of_host(&store, "node-7");
    drop(Store::open(store.root()).unwrap());
    let summary = assert_sound(&store);
    assert_eq!((summary.writers, summary.elsewhere), (1, 1));
    assert_eq!(store.hosts_elsewhere().unwrap(), ["node-7".to_owned()].into());
    let error = store.gc(GcOptions::default(), false).unwrap_err();
    assert!(matches!(&error, StoreError::InUseElsewhere { host, .. } if host == "node-7"), "{error}");
    assert_eq!(store.gc(GcOptions::default(), true).unwrap(), []);
    assert_eq!(store.gc_host("node-8", false).unwrap(), []);
    let removed = |dry_run| store.gc_host("node-7", dry_run).unwrap().into_iter().map(|r| r.path).collect::<Vec<_>>();
    assert_eq!(removed(true), std::slice::from_ref(&folder));
    assert!(folder.exists());
    assert_eq!(removed(false), std::slice::from_ref(&folder));
    assert!(!folder.exists());
    assert_eq!(store.gc(GcOptions::default(), false).unwrap(), []);
}

#[test]
fn what_a_trial_cannot_hold_is_an_error_of_that_trial_alone() {
    let (_folder, store) = full_store();
    let mut sample = Sample::new(5);
    sample.weights.push(recur_core::tensor::Tensor::f32("__metadata__", [1], vec![0.0]));
    let error = sample.keep(&store).unwrap_err();
    assert!(matches!(&error, StoreError::NotStorable { trial, .. } if *trial == sample.id()), "{error}");
    assert!(
        error.to_string().contains("weights.safetensors") && error.to_string().contains("`__metadata__`"),
        "{error}"
    );
    assert_eq!(store.find(&sample.id()), Found::Missing);
    assert_sound(&store);
}
