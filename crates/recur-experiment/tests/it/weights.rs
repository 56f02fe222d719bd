//! Weights in and out: state dicts of PyTorch, specs that start from a file, bytes that stay the same.

use crate::common::{Lab, says};
use crate::small::{N_TRIALS, Place, SPEC, conclude, lab, prepare, promised, refused, run, run_in, trials};
use recur_core::model::{Cancel, Kernels};
use recur_experiment::predict::{Answer, AnswerForm, BatchPredictor, TextFormat, card_of};
use recur_experiment::{Experiment, weights_of};
use std::collections::BTreeMap;

const STATE_DICTS: [(&str, &[u8], &str); 2] = [
    (
        "{use: manual_rnn, params: {hidden_size: 16}, weights: LAB/start.safetensors}",
        include_bytes!("fixtures/manual_rnn.safetensors"),
        include_str!("fixtures/manual_rnn.json"),
    ),
    (
        "{use: stacked_rnn, params: {hidden_size: 16, layers: 2}, weights: LAB/start.safetensors}",
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

/// A lab that only scores `weights` with one model, on the 58 characters of PyTorch's tutorial.
fn scoring(model: &str, weights: &[u8], alphabet: &str) -> Lab {
    let alphabet = alphabet.replace('\'', "''");
    let lab = lab(&format!(
        "recur: 1\nname: small\ndata: {{source: LAB/names.csv, text: {{alphabet: '{alphabet}', unknown: drop}}}}\n\
        training: {{epochs: 0}}\nmodels: [{model}]\nreplicates: 1\n"
    ));
    lab.write("start.safetensors", weights);
    lab
}

/// The tutorial's characters without its other characters.
const CHARACTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

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

/// What `recur predict --log-probs` writes of `texts`.
fn log_probabilities(lab: &Lab, model: &str, texts: &[String]) -> Vec<Vec<String>> {
    let weights = weights_of(model, &lab.path("runs"), &lab.registry).unwrap();
    let answer = Answer::new(
        AnswerForm { log_probs: true, ..AnswerForm::default() },
        &card_of(&weights, &lab.registry).unwrap().labels,
    );
    let mut written = answer.head(TextFormat::Csv);
    let mut predictor = BatchPredictor::new(&weights, &lab.registry, Kernels::widest(), texts.len()).unwrap();
    let write = |part: &[String], predicted: &[_]| {
        written.extend(answer.encode(TextFormat::Csv, part, predicted));
        Ok::<_, recur_experiment::predict::PredictionError>(true)
    };
    assert!(predictor.predict(texts, &Cancel::new(), write).unwrap());
    csv(&String::from_utf8(written).unwrap())
}

/// The tensors of the only trial in the store.
fn kept_weights(lab: &Lab) -> Vec<u8> {
    std::fs::read(trials(lab)[0].join("weights.safetensors")).unwrap()
}

#[test]
fn a_state_dict_of_pytorch_predicts_what_pytorch_predicts() {
    for index in 0..STATE_DICTS.len() {
        let (lab, case) = case(index);
        run(&lab, &[]);
        let model = trials(&lab)[0].join("weights.safetensors");
        let names: Vec<String> = case.log_probabilities.keys().cloned().collect();
        let rows = log_probabilities(&lab, model.to_str().unwrap(), &names);
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
    run(&lab, &[]);
    // Behind the header, both files hold the same tensors in the same order.
    let data = |bytes: &[u8]| {
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + header..].to_vec()
    };
    assert_eq!(data(&kept_weights(&lab)), data(STATE_DICTS[1].1));
}

#[test]
fn weights_are_the_same_bytes_for_1_and_2_jobs() {
    let lab = lab(SPEC);
    let weights = |store, jobs| -> Vec<Vec<u8>> {
        run_in(&lab, &[], Place { store, jobs, ..Place::default() });
        let files = promised(&lab, store).into_iter();
        files.filter(|(path, _)| path.ends_with("weights.safetensors")).map(|(_, bytes)| bytes).collect()
    };
    let one = weights("one", 1);
    assert!(one.len() == N_TRIALS && one == weights("two", 2));
}

#[test]
fn other_weights_make_another_trial_and_the_resolved_spec_names_them() {
    let ids = |experiment: &Experiment| -> Vec<String> {
        experiment.trials().iter().map(|trial| trial.id.to_string()).collect()
    };
    let (lab, _) = case(0);
    let before = ids(&prepare(&lab, &[]).unwrap());
    let mut bytes = STATE_DICTS[0].1.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    lab.write("start.safetensors", bytes);
    assert_ne!(ids(&run(&lab, &[]).experiment), before);
    let (resolved, start) = (lab.read("runs/experiments/small/resolved.yaml"), lab.word("start.safetensors"));
    assert!(resolved.contains(&format!("weights: {start}")) && resolved.contains("epochs: 0"), "{resolved}");
    assert!(lab.read("reports/small.md").contains(&format!("as given, from `{start}`")));
}

#[test]
fn weights_that_do_not_fit_stop_before_any_trial() {
    let (_, weights, _) = STATE_DICTS[0];
    let check = |model: &str, alphabet: &str, parts: &[&str]| {
        let lab = scoring(model, weights, alphabet);
        let ran = prepare(&lab, &[]).and_then(|experiment| conclude(experiment, &lab, Place::default()));
        refused(ran, &[&["start.safetensors"], parts].concat());
        assert!(trials(&lab).is_empty());
    };
    let model = STATE_DICTS[0].0;
    check(
        model,
        CHARACTERS,
        &["weight `i2h.weight`: has shape [16, 74], expected [16, 68]", "52 tokens", "`data.text.alphabet`"],
    );
    check("{use: gru, weights: LAB/start.safetensors}", CHARACTERS, &["weight `i2h.bias`: unknown to this model"]);
    check("{use: manual_rnn, weights: LAB/nowhere/start.safetensors}", CHARACTERS, &["where the path of a model"]);
}

#[test]
fn a_card_of_another_alphabet_is_reported_with_the_one_to_write() {
    let (lab, case) = case(0);
    run(&lab, &[]);
    let kept = kept_weights(&lab);
    let other = scoring(STATE_DICTS[0].0, &kept, CHARACTERS);
    let hint = format!("{{alphabet: '{}', unknown: drop}}", case.alphabet.replace('\'', "''"));
    let ran = prepare(&other, &[]).and_then(|experiment| conclude(experiment, &other, Place::default()));
    refused(ran, &["they read the alphabet", &hint]);
    // What the hint says works.
    run(&scoring(STATE_DICTS[0].0, &kept, &case.alphabet), &[]);
}

#[test]
fn a_file_of_pytorch_without_a_card_says_how_it_can_predict() {
    let (lab, _) = case(0);
    let weights = weights_of(&lab.word("start.safetensors"), &lab.path("runs"), &lab.registry).unwrap();
    let error = card_of(&weights, &lab.registry).unwrap_err();
    says(&error, error.hint(), &["start.safetensors has no card", "`training.epochs: 0`", "docs/weights.md"]);
}
