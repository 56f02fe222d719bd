//! `docs/store-format.md` names every file and every field that is written.

use crate::samples;
use crate::support::{Sample, full_store, names};
use recur_store::layout::{ENVIRONMENT, RECORD, SCORES, TEST};
use serde_json::Value;
use std::path::Path;

const PAGE: &str = include_str!("../../../../docs/store-format.md");

/// The keys of `json`, those within it, and so on.
fn keys(json: &Value, found: &mut Vec<String>) {
    match json {
        Value::Object(object) => object.iter().for_each(|(key, value)| {
            found.push(key.clone());
            keys(value, found);
        }),
        Value::Array(array) => array.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

fn check(json: &Value, besides: &[&str]) {
    let mut found = Vec::new();
    keys(json, &mut found);
    let missing = |key: &&String| !PAGE.contains(&format!("`{key}`")) && !besides.contains(&key.as_str());
    assert_eq!(found.iter().filter(missing).collect::<Vec<_>>(), [] as [&String; 0]);
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn every_field_is_reported() {
    let (_folder, store) = full_store();
    let trial = store.trial(&samples::id(0));
    // The settings of a split and the parameters of models have pages of their own.
    let besides = ["train", "validation", "test", "group", "stratify", "learning_rate"];
    check(&read(&trial.join(RECORD)), &besides);
    check(&read(&store.trial(&Sample::failed(1, "").id()).join(RECORD)), &besides);
    check(&read(&trial.join(ENVIRONMENT)), &[]);
    check(&read(&trial.join(TEST).join(SCORES)), &[]);

    let checkpoint = names(&store.root().join("checkpoints")).remove(0);
    let bytes = std::fs::read(store.root().join("checkpoints").join(checkpoint)).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let metadata = header["__metadata__"].as_object().unwrap();
    assert_eq!(metadata.keys().collect::<Vec<_>>(), ["recur_checkpoint"]);
    check(&serde_json::from_str(metadata["recur_checkpoint"].as_str().unwrap()).unwrap(), &[]);
}

#[test]
fn every_file_is_reported() {
    let (_folder, store) = full_store();
    for name in names(store.root()) {
        let name = name.rsplit('/').next().unwrap();
        let reported = match name.split_once('.') {
            Some((digest, ending)) if digest.len() == 64 => format!("DIGEST.{ending}"),
            _ => name.to_owned(),
        };
        assert!(PAGE.contains(&reported), "{reported}");
    }
}
