//! What making a model leaves behind, in a copy of what it reads.

use recur_scaffold::{Error, Name, checkout_above, new_model};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const SRC: &str = "crates/recur-models/src";

/// The files of a new model's folder.
const MADE: [&str; 4] = ["mod.rs", "description.md", "network.rs", "tests.rs"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder with the files of the checkout that matter here.
fn checkout() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let template = MADE.map(|file| format!("template/{file}"));
    let files = ["lib.rs", "gru/mod.rs"].into_iter().map(str::to_owned).chain(template);
    let files = files.map(|file| format!("{SRC}/{file}")).chain(["experiments/quickstart.yaml".to_owned()]);
    for file in files.chain(["crates/recur-linfa/src/logistic/mod.rs".to_owned()]) {
        let to = folder.path().join(&file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(repository().join(&file), to).unwrap();
    }
    folder
}

/// All files with their texts.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in std::fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

#[test]
fn one_folder_one_spec_and_one_line_are_new() {
    let checkout = checkout();
    let before = files(checkout.path());
    let reported = new_model(checkout.path(), &name("tiny_gru")).unwrap();
    let after = files(checkout.path());
    let mut changed: Vec<PathBuf> =
        after.keys().filter(|path| after.get(*path) != before.get(*path)).cloned().collect();
    let made = MADE.map(|file| format!("{SRC}/tiny_gru/{file}"));
    let mut expected: Vec<PathBuf> = made.iter().map(PathBuf::from).collect();
    expected.extend(["experiments/tiny_gru.yaml".into(), format!("{SRC}/lib.rs").into()]);
    assert_eq!(reported, expected);
    changed.sort();
    expected.sort();
    assert_eq!(changed, expected);
    let lib = |files: &BTreeMap<PathBuf, String>| files[Path::new(&format!("{SRC}/lib.rs"))].clone();
    assert_eq!(lib(&after).replacen("mod tiny_gru;\n", "", 1), lib(&before));
    for path in reported.iter().filter(|path| !path.ends_with("lib.rs")) {
        let text = &after[path];
        assert!(text.contains("tiny_gru") || text.contains("TinyGru") || path.ends_with("network.rs"), "{path:?}");
        assert!(!text.to_lowercase().contains("template"), "{path:?} speaks of the template");
    }
}

#[test]
fn a_taken_name_is_refused_with_its_place_and_nothing_changes() {
    let checkout = checkout();
    let before = files(checkout.path());
    let check = |id: &str, place: &str| {
        let error = new_model(checkout.path(), &name(id)).unwrap_err().to_string();
        let expected = format!("the name `{id}` is taken by {place}: choose another, or remove that first");
        assert_eq!(error, expected);
    };
    check("gru", "crates/recur-models/src/gru");
    check("template", "crates/recur-models/src/template");
    check("quickstart", "experiments/quickstart.yaml");
    check("linfa_logistic", "crates/recur-linfa/src/logistic/mod.rs");
    assert_eq!(files(checkout.path()), before);
}

#[test]
fn a_failure_on_the_way_leaves_nothing_behind() {
    let checkout = checkout();
    std::fs::remove_dir_all(checkout.path().join("experiments")).unwrap();
    let before = files(checkout.path());
    let error = new_model(checkout.path(), &name("tiny_gru")).unwrap_err();
    assert!(matches!(&error, Error::Io { path, .. } if path.ends_with("experiments/tiny_gru.yaml")), "{error}");
    assert_eq!(files(checkout.path()), before);
    assert!(!checkout.path().join(SRC).join("tiny_gru").exists());
}

#[test]
fn the_checkout_is_found_from_any_folder_in_it() {
    let checkout = checkout();
    assert_eq!(checkout_above(&checkout.path().join(SRC).join("gru")).unwrap(), checkout.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let error = checkout_above(elsewhere.path()).unwrap_err().to_string();
    assert!(error.ends_with("lies in no checkout of recur: go there first"), "{error}");
}
