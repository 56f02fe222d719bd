//! A typo in every key, and a wrong value at every key.

use crate::parse;
use recur_spec::ErrorKind;

/// A spec with every key, one a line. Keys that exclude some of these are in [`OTHER`].
pub const FULL: &str = "\
# Does a second layer
# earn its cost?
recur: 1
name: full
seed: 20261123
data:
  source: data/names.csv
  columns:
    text: surname
    label: language
  noun: surname
  text:
    unicode: nfd
    fold: ascii
    alphabet: abc
    unknown: drop
  duplicates: keep
  rejects: error
  max_characters: 30
  split:
    train: 0.6
    validation: 0.3
    test: 0.1
    group: text
    stratify: false
training:
  epochs: 4
  batch_size: 16
  sampling: class_balanced
  optimizer:
    name: adam
    beta1: 0.8
    beta2: 0.99
    epsilon: 1e-6
    clip_norm: 5.0
  schedule: cosine
  class_weights: balanced
  early_stopping:
    metric: validation_macro_f1
    patience: 2
models:
  - use: linfa_logistic
    params:
      max_ngrams: 100
      ngrams: [2, 4]
      l2: 1
      binary: true
  - use: stacked_rnn
    params:
      nonlinearity: relu
    sweep:
      layers: [1, 2]
    weights: start.safetensors
sweep:
  hidden_size:
    linear:
      from: 8
      to: 16
      steps: 2
  learning_rate:
    log:
      from: 0.001
      to: 0.1
      steps: 2
replicates: 2
report:
  primary: accuracy
  baseline: linfa_logistic
  equivalence_margin: 0.02
limits:
  max_trials: 1000
";

/// The keys that [`FULL`] cannot have.
const OTHER: [&str; 3] = [STEPS, FILES, COLUMN];

const STEPS: &str = "\
recur: 1
name: other
data:
  source: data/names.csv
  split:
    folds: 5
    repeats: 2
training:
  steps: 100
  evaluate_every: 20
  optimizer:
    name: sgd
    momentum: 0.9
models:
  - use: manual_rnn
";

const FILES: &str = "\
recur: 1
name: files
data:
  source:
    train: a.csv
    validation: b.csv
    test: c.csv
  split:
    test: fixed
    overlap: allow
models:
  - use: manual_rnn
";

const COLUMN: &str = "\
recur: 1
name: column
data:
  source: data/names.csv
  split:
    column: part
    validation: 0.2
models:
  - use: manual_rnn
";

fn specs() -> impl Iterator<Item = &'static str> {
    std::iter::once(FULL).chain(OTHER)
}

/// The line number (from 1), column (from 1) and name of each key.
fn keys(text: &str) -> Vec<(usize, usize, &str)> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#'))
        .filter_map(|(index, line)| {
            let start = line.find(|c| !matches!(c, ' ' | '-'))?;
            let (key, _) = line[start..].split_once(':')?;
            Some((index + 1, start + 1, key))
        })
        .collect()
}

fn with_line(text: &str, number: usize, line: &str) -> String {
    let lines = text.lines().enumerate().map(|(i, old)| if i + 1 == number { line } else { old });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_typo_in_any_key_is_reported_at_its_place_with_the_right_key() {
    for text in specs() {
        assert!(parse(text).is_ok(), "{:?}", parse(text));
        for (number, column, key) in keys(text) {
            let line = text.lines().nth(number - 1).unwrap();
            let first = &key[..1];
            let typo = line.replacen(key, &format!("{first}{key}"), 1);
            let errors = parse(with_line(text, number, &typo)).unwrap_err();
            let error = &errors.errors.iter().find(|error| error.place.line == number).expect("an error in the line");
            assert_eq!(error.place.column, column, "{errors}");
            assert!(error.to_string().contains(&format!("did you mean `{key}`?")), "{errors}");
        }
    }
}

#[test]
fn a_typo_in_a_required_key_is_one_error() {
    for key in ["recur", "name", "data", "models"] {
        let errors = parse(FULL.replacen(&format!("\n{key}:"), &format!("\nx{key}:"), 1)).unwrap_err();
        assert!(matches!(errors.errors[0].kind, ErrorKind::UnknownKey { .. }), "{errors}");
        let missing = |error: &&recur_spec::SpecError| matches!(error.kind, ErrorKind::MissingKey { .. });
        assert_eq!(errors.errors.iter().filter(missing).count(), 0, "{errors}");
    }
}

#[test]
fn a_value_of_another_type_at_any_key_is_reported_with_its_place() {
    let mut all = String::new();
    for (text, (number, _, key)) in specs().flat_map(|text| keys(text).into_iter().map(move |key| (text, key))) {
        let line = text.lines().nth(number - 1).unwrap();
        let (before, value) = line.split_once(':').unwrap();
        if value.is_empty() {
            continue;
        }
        let errors = parse(with_line(text, number, &format!("{before}: [1, {{}}]"))).unwrap_err();
        let error = errors.errors.iter().find(|error| error.place.line == number).expect("an error in the line");
        all += &format!("{key}: {}\n", error.kind);
    }
    insta::assert_snapshot!(all);
}
