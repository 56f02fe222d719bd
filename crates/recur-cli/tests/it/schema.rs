//! The JSON Schema of specs against another implementation of JSON Schema, and against the check of specs.

use crate::common::{EXAMPLES, Lab, SHIPPED};
use boon::{Compiler, Draft, SchemaIndex, Schemas};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A spec with every key.
const FULL: &str = "\
recur: 1
name: full
seed: 7
data:
  source: names.csv
  columns: {text: name, label: language}
  noun: name
  text: {unicode: nfc, fold: ascii, alphabet: auto, unknown: drop}
  duplicates: keep
  rejects: error
  max_characters: 30
  split: {train: 0.6, validation: 0.2, test: 0.2, group: text, stratify: false}
training:
  steps: 100
  evaluate_every: 10
  batch_size: 8
  sampling: class_balanced
  optimizer: {name: sgd, momentum: 0.5, clip_norm: 1}
  schedule: cosine
  class_weights: balanced
  early_stopping: {metric: validation_loss, patience: 2}
models:
  - use: linfa_logistic
    params: {ngrams: [1, 2], weighting: counts, l2: 0}
    sweep: {max_ngrams: {log: {from: 10, to: 1000, steps: 3}}}
  - use: manual_rnn
    sweep: {activation: [none, tanh]}
    weights: none
  - use: stacked_rnn
    params: {dropout: 0.5, nonlinearity: relu}
    weights: start.safetensors
sweep:
  hidden_size: [8, 16]
  learning_rate: {linear: {from: 0.01, to: 0.1, steps: 2}}
replicates: 2
report: {primary: accuracy, baseline: manual_rnn}
limits: {max_trials: 1000}
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The shipped specs by their paths.
fn shipped() -> Vec<(PathBuf, String)> {
    let files = std::fs::read_dir(root().join("experiments")).unwrap().map(|entry| entry.unwrap().path());
    let mut specs: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    specs.sort();
    assert!(specs.len() >= 3, "{specs:?}");
    specs.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    /// Of what `recur schema` prints; that it is a schema is checked against the schema of schemas.
    fn new() -> Self {
        let printed = Lab::new().recur(&["schema", "--plugins", EXAMPLES]).ended(0).out;
        let schema: Value = serde_json::from_str(&printed).unwrap();
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource("spec.json", schema).unwrap();
        let mut schemas = Schemas::new();
        let index = compiler.compile("spec.json", &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
        Self { schemas, index }
    }

    /// Whether something is wrong with `spec`.
    fn refuses(&self, spec: &Value) -> bool {
        self.schemas.validate(spec, self.index).is_err()
    }

    /// What is wrong with `spec`.
    fn why(&self, spec: &Value) -> String {
        self.schemas.validate(spec, self.index).map_or_else(|error| format!("{error:#}"), |()| String::new())
    }
}

/// What `recur` says of a spec; JSON is YAML as well.
fn recur_refuses(spec: &Value) -> Option<String> {
    recur_spec::parse(spec.to_string().as_bytes(), "x.yaml", &[], &SHIPPED).err().map(|e| e.to_string())
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn every_shipped_spec_and_one_with_every_key_fit_the_schema() {
    let validator = Validator::new();
    for (path, text) in shipped().into_iter().chain([(PathBuf::from("full"), FULL.to_owned())]) {
        assert_eq!(validator.why(&yaml(&text)), "", "{}", path.display());
        assert_eq!(recur_refuses(&yaml(&text)), None, "{}", path.display());
    }
}

/// The spec with every key, with the value at `pointer` replaced, must be refused by both.
#[track_caller]
fn check_wrong(validator: &Validator, pointer: &str, value: Value) {
    let mut spec = yaml(FULL);
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = spec.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}"));
    match parent {
        Value::Array(elements) => elements[key.parse::<usize>().unwrap()] = value,
        parent => parent[key] = value,
    }
    assert!(validator.refuses(&spec), "the schema takes {pointer}: {spec}");
    assert!(recur_refuses(&spec).is_some(), "recur takes {pointer}: {spec}");
}

#[test]
fn wrong_specs_do_not_fit_the_schema() {
    let validator = Validator::new();
    let wrong = |pointer: &str, value: Value| check_wrong(&validator, pointer, value);
    // Another type.
    wrong("/seed", json!("seven"));
    wrong("/replicates", json!(1.5));
    wrong("/data/split/stratify", json!("yes"));
    wrong("/models", json!({"use": "gru"}));
    wrong("/training/epochs", json!([1]));
    wrong("/data", json!(null));
    // Out of range.
    wrong("/recur", json!(2));
    wrong("/replicates", json!(0));
    wrong("/data/split/train", json!(1));
    wrong("/data/source", json!(""));
    wrong("/name", json!("No Name"));
    wrong("/models", json!([]));
    wrong("/training/schedule", json!("linear"));
    wrong("/models/2/params/dropout", json!(0.96));
    wrong("/models/0/params/ngrams", json!([1, 6]));
    wrong("/models/0/params/ngrams", json!([1, 2, 3]));
    wrong("/sweep/learning_rate", json!([0]));
    wrong("/sweep/learning_rate/linear/steps", json!(1));
    wrong("/models/0/sweep/max_ngrams/log/from", json!(0));
    // Unknown.
    wrong("/epochs", json!(3));
    wrong("/training/optimizer/rate", json!(0.1));
    wrong("/models/0/use", json!("linfa_logistics"));
    wrong("/models/1/params", json!({"layers": 2}));
    wrong("/models/1/sweep/layers", json!([1, 2]));
    wrong("/sweep/depth", json!([1, 2]));
    // Axes and weights that are none.
    wrong("/sweep/hidden_size", json!(8));
    wrong("/sweep/hidden_size", json!([]));
    wrong("/sweep/hidden_size", json!([8, 8]));
    wrong("/sweep/hidden_size", json!({"log": "none"}));
    wrong("/models/1/sweep/activation", json!({"linear": {"from": 1, "to": 2, "steps": 2}}));
    wrong("/models/0/weights", json!("start.safetensors"));
}

/// Every pointer into `value`, with what can be put there.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), into)),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(i, value)| pointers(value, &format!("{at}/{i}"), into));
        }
        _ => {}
    }
}

/// An editor must not underline what `recur` takes.
#[test]
fn whatever_the_schema_refuses_recur_refuses_too() {
    let validator = Validator::new();
    let odd = json!([
        null, "none", true, -1, 0, 0.5, 1, 1.5, 2, 3, 17, 4096.4, 1e9, 1e300, u64::MAX, "a", "x\ny", "auto", [], [1],
        [1, 1.0], [1, 2], [2, 1], [[1, 2]], ["tanh"], {}, {"log": null}, {"log": "none", "linear": null},
        {"log": {"from": 1, "to": 4, "steps": 2}}, {"linear": {"from": 0.5, "to": 4, "steps": 2}, "log": null}, "gru",
        {"use": "gru"}, {"hidden_size": 4}, {"hidden_size": [4]}, {"learning_rate": null}, {"name": "adam"}
    ]);
    let (mut n_refused, mut n_taken) = (0, 0);
    let spec = yaml(FULL);
    let mut places = Vec::new();
    pointers(&spec, "", &mut places);
    for pointer in &places {
        for value in odd.as_array().unwrap() {
            let mut changed = spec.clone();
            *changed.pointer_mut(pointer).unwrap() = value.clone();
            match (validator.refuses(&changed), recur_refuses(&changed)) {
                (true, Some(_)) => n_refused += 1,
                (false, _) => n_taken += 1,
                (true, None) => {
                    panic!("recur takes {pointer}: {value}, but not so the schema: {}", validator.why(&changed))
                }
            }
        }
    }
    assert!(n_refused > 1000 && n_taken > 100, "{n_refused} refused, {n_taken} taken");
}

#[test]
fn the_committed_schema_is_that_of_the_shipped_models_and_named_by_every_shipped_spec() {
    let committed = root().join("experiments/schema.json");
    Lab::new().recur(&["schema", "--plugins", EXAMPLES, "--check", committed.to_str().unwrap()]).ended(0);
    for (path, text) in shipped() {
        let first = text.lines().next();
        assert_eq!(first, Some("# yaml-language-server: $schema=schema.json"), "{}", path.display());
    }
}

#[test]
fn a_stale_schema_is_reported_with_its_line_and_the_remedy() {
    let lab = Lab::new();
    lab.recur(&["schema", "--write", "schema.json"]).ended(0);
    lab.recur(&["schema", "--check", "schema.json"]).ended(0);
    let text = std::fs::read_to_string(lab.path("schema.json")).unwrap();
    lab.write("schema.json", text.replacen("\"maximum\": 4096", "\"maximum\": 4095", 1));
    let ran = lab.recur(&["schema", "--check", "schema.json"]).ended(4);
    ran.reported(&["schema.json:", "4095", "4096", "recur schema --write schema.json --replace"]);
    lab.recur(&["schema", "--write", "schema.json"]).ended(1).reported(&["schema.json exists with other content"]);
    assert!(lab.read("schema.json").contains("\"maximum\": 4095"), "it stays");
    lab.recur(&["schema", "--check", "none.json"]).ended(1).reported(&["none.json", "recur schema --write none.json"]);
    // The plugins in use are part of the command, or it would write another file.
    let remedy = format!("recur schema --plugins {EXAMPLES} --write schema.json");
    lab.recur(&["schema", "--plugins", EXAMPLES, "--check", "schema.json"]).ended(4).reported(&[&remedy]);
    let remedy = format!("recur models --plugins {EXAMPLES} --write none.md");
    lab.recur(&["models", "--plugins", EXAMPLES, "--check", "none.md"]).ended(1).reported(&[&remedy]);
}

#[test]
fn the_line_for_editors_changes_no_report() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let report = std::fs::read(lab.path("reports/small.md")).unwrap();
    let spec = format!("# yaml-language-server: $schema=schema.json\n{}", crate::common::SPEC);
    lab.write("small.yaml", spec);
    lab.recur(&["report", "small.yaml", "--check"]).ended(0);
    assert_eq!(std::fs::read(lab.path("reports/small.md")).unwrap(), report);
}
