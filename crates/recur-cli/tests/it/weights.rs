//! Weights in and out: state dicts of PyTorch, specs that start from a file, bytes that stay the same.

use crate::common::{Lab, Ran};
use std::collections::BTreeMap;

const STATE_DICTS: [(&str, &[u8], &str); 2] = [
    (
        "{use: manual_rnn, params: {hidden_size: 16}, weights: start.safetensors}",
        include_bytes!("fixtures/manual_rnn.safetensors"),
        include_str!("fixtures/manual_rnn.json"),
    ),
    (
        "{use: stacked_rnn, params: {hidden_size: 16, layers: 2}, weights: start.safetensors}",
        include_bytes!("fixtures/stacked_rnn.safetensors"),
        include_str!("fixtures/stacked_rnn.json"),
    ),
];

/// What PyTorch says: see tools/torch_state_dict.py.
#[derive(serde::Deserialize)]
struct Case {
    alphabet: String,
    labels: Vec<String>,
    log_probabilities: BTreeMap<String, Vec<f64>>,
}

/// A lab that only scores `weights` with one model, on the 58 letters of PyTorch's tutorial.
fn scoring(model: &str, weights: &[u8], alphabet: &str) -> Lab {
    let alphabet = alphabet.replace('\'', "''");
    let lab = Lab::with(&format!(
        "recur: 1\nname: small\ndata: {{source: names.csv, text: {{alphabet: '{alphabet}', unknown: drop}}}}\n\
        training: {{epochs: 0}}\nmodels: [{model}]\nreplicates: 1\n"
    ));
    lab.write("start.safetensors", weights);
    lab
}

/// The tutorial's letters without its other characters.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn case(index: usize) -> (Lab, Case) {
    let (model, weights, json) = STATE_DICTS[index];
    let case: Case = serde_json::from_str(json).unwrap();
    (scoring(model, weights, &case.alphabet), case)
}

/// The fields of CSV without quoted line ends.
fn csv(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_state_dict_of_pytorch_predicts_what_pytorch_predicts() {
    for index in 0..STATE_DICTS.len() {
        let (lab, case) = case(index);
        lab.experiment(&[]).ended(0);
        let model = lab.trials()[0].join("weights.safetensors");
        let names: Vec<&str> = case.log_probabilities.keys().map(String::as_str).collect();
        let arguments = [&["predict", "--log-probs", "--model", model.to_str().unwrap()], &names[..]].concat();
        let rows = csv(&lab.recur(&arguments).ended(0).out);
        assert_eq!(rows[0][1..], case.labels[..]);
        assert_eq!(rows.len(), 1 + names.len());
        for row in &rows[1..] {
            for (cell, torch) in row[1..].iter().zip(&case.log_probabilities[&row[0]]) {
                let ours: f64 = cell.parse().unwrap();
                assert!((ours - torch).abs() < 1e-5, "{}: {ours}, PyTorch {torch}", row[0]);
            }
        }
    }
}

#[test]
fn scored_weights_are_kept_as_they_came() {
    let (lab, _) = case(1);
    lab.experiment(&[]).ended(0);
    let kept = std::fs::read(lab.trials()[0].join("weights.safetensors")).unwrap();
    // Behind the header, both files hold the same tensors in the same order.
    let data = |bytes: &[u8]| {
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + header..].to_vec()
    };
    assert_eq!(data(&kept), data(STATE_DICTS[1].1));
}

#[test]
fn weights_are_the_same_bytes_for_1_and_2_jobs() {
    let lab = Lab::new();
    lab.experiment(&["--jobs", "1", "--store", "one"]).ended(0);
    lab.experiment(&["--jobs", "2", "--store", "two"]).ended(0);
    let weights = |store: &str| -> Vec<Vec<u8>> {
        let files = lab.promised(&[store]).into_iter();
        files.filter(|(path, _)| path.ends_with("weights.safetensors")).map(|(_, bytes)| bytes).collect()
    };
    assert!(weights("one").len() == crate::common::N_TRIALS && weights("one") == weights("two"));
}

#[test]
fn other_weights_make_another_trial_and_the_resolved_spec_names_them() {
    let (lab, _) = case(0);
    let before = lab.plan(&["small.yaml"]);
    let mut bytes = STATE_DICTS[0].1.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    lab.write("start.safetensors", bytes);
    assert_ne!(lab.plan(&["small.yaml"]), before);
    lab.experiment(&[]).ended(0);
    let resolved = lab.read("runs/experiments/small/resolved.yaml");
    assert!(resolved.contains("weights: start.safetensors") && resolved.contains("epochs: 0"), "{resolved}");
    assert!(lab.read("reports/small.md").contains("as given, from `start.safetensors`"));
}

#[test]
fn weights_that_do_not_fit_stop_before_any_trial() {
    let (_, weights, _) = STATE_DICTS[0];
    let check = |model: &str, alphabet: &str, parts: &[&str]| {
        let lab = scoring(model, weights, alphabet);
        lab.experiment(&[]).ended(1).reported(&["start.safetensors"]).reported(parts);
        assert!(lab.trials().is_empty());
    };
    let model = STATE_DICTS[0].0;
    check(
        model,
        LETTERS,
        &["weight `i2h.weight`: has shape [16, 74], expected [16, 68]", "52 tokens", "`data.text.alphabet`"],
    );
    check("{use: gru, weights: start.safetensors}", LETTERS, &["weight `i2h.bias`: unknown to this model"]);
    check("{use: manual_rnn, weights: nowhere/start.safetensors}", LETTERS, &["relative to the folder"]);
}

#[test]
fn a_card_of_another_alphabet_is_reported_with_the_one_to_write() {
    let (lab, case) = case(0);
    lab.experiment(&[]).ended(0);
    let kept = std::fs::read(lab.trials()[0].join("weights.safetensors")).unwrap();
    let other = scoring(STATE_DICTS[0].0, &kept, LETTERS);
    let hint = format!("{{alphabet: '{}', unknown: drop}}", case.alphabet.replace('\'', "''"));
    other.experiment(&[]).ended(1).reported(&["they read the alphabet", &hint]);
    // What the hint says works.
    scoring(STATE_DICTS[0].0, &kept, &case.alphabet).experiment(&[]).ended(0);
}

#[test]
fn a_file_of_pytorch_alone_says_how_it_can_predict() {
    let (lab, _) = case(0);
    let ran: Ran = lab.recur(&["predict", "--model", "start.safetensors", "Kim"]);
    ran.ended(1).reported(&["start.safetensors has no card", "`training.epochs: 0`", "docs/weights.md"]);
}
