//! What the fits find, against the definitions of their models.

use recur_core::dataset::Sequences;
use recur_core::model::{Cancel, Chunk, Kernels, Model, ModelError, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::tensor::TensorData;
use recur_core::workers::alone;
use recur_linfa::{LINFA_LOGISTIC, LINFA_NAIVE_BAYES, NGRAM_BAYES, NGRAM_LOGISTIC};

const N_TOKENS: usize = 3;
const N_CLASSES: usize = 4;
/// Seven texts of labels 0, 1 and 3, by single characters; label 2 has none.
const NAMES: [&[u16]; 7] = [&[0, 1], &[0], &[0, 0, 2], &[1, 1], &[1, 2], &[2], &[2, 0]];
const LABELS: [u16; 7] = [0, 0, 0, 1, 1, 3, 3];

fn build(plugin: &dyn ModelPlugin, changed: &[(&str, ParamValue)]) -> Box<dyn Model> {
    build_weighted(plugin, changed, [1.0; N_CLASSES])
}

fn build_weighted(
    plugin: &dyn ModelPlugin,
    changed: &[(&str, ParamValue)],
    class_weights: [f32; N_CLASSES],
) -> Box<dyn Model> {
    let single = Params::defaults(plugin.about().parameters).with("ngrams", ParamValue::IntegerPair(1, 1));
    let params = changed.iter().fold(single, |params, (name, value)| params.with(name, value.clone()));
    let setup = Setup {
        params: &params,
        training: None,
        n_tokens: N_TOKENS,
        n_classes: N_CLASSES,
        data: None,
        class_weights: &class_weights,
        streams: &StreamPath::root(1),
        workers: &alone(),
        kernels: Kernels::widest(),
    };
    plugin.build(&setup).unwrap()
}

fn train(model: &mut dyn Model, order: &[u32]) -> Result<f64, ModelError> {
    let (sequences, streams, cancel) = (NAMES.into_iter().collect(), StreamPath::root(1), Cancel::new());
    let chunk = Chunk {
        epoch: 0,
        sequences: &sequences,
        labels: &LABELS,
        order,
        steps_before: 0,
        total_steps: 1,
        streams: &streams,
        cancel: &cancel,
    };
    let mut losses = vec![f64::NAN; chunk.order.len()];
    model.train(&chunk, &mut losses)?;
    Ok(losses.iter().sum())
}

/// The tensor `name` as f64.
fn numbers(model: &dyn Model, name: &str) -> Vec<f64> {
    let tensor = model.weights().into_iter().find(|tensor| tensor.name == name).unwrap();
    match tensor.data {
        TensorData::F32(data) => data.into_iter().map(f64::from).collect(),
        TensorData::F64(data) => data,
        TensorData::I64(data) => data.into_iter().map(|x| x as f64).collect(),
        TensorData::U8(data) => data.into_iter().map(f64::from).collect(),
    }
}

fn predict(model: &mut dyn Model, texts: &Sequences) -> Vec<f32> {
    let rows: Vec<u32> = (0..texts.len() as u32).collect();
    let mut out = vec![0.0; rows.len() * N_CLASSES];
    model.log_probabilities(texts, &rows, &mut out).unwrap();
    out
}

#[test]
fn naive_bayes_is_the_smoothed_share_of_texts_with_each_character() {
    let mut model = build(&LINFA_NAIVE_BAYES, &[("smoothing", ParamValue::Real(0.5))]);
    train(model.as_mut(), &[0, 1, 2, 3, 4, 5, 6]).unwrap();
    assert_eq!(numbers(model.as_ref(), "ngrams"), [0.0, 1.0, 2.0]);
    assert_eq!(numbers(model.as_ref(), "labels"), [0.0, 1.0, 3.0]);
    // Texts with character (row) 0, 1, 2 of label (column) 0, 1, 3, of 3, 2 and 2 texts.
    let (with, of) = ([[3.0, 0.0, 1.0], [1.0, 2.0, 0.0], [1.0, 1.0, 2.0]], [3.0, 2.0, 2.0]);
    let share = |character: usize, label: usize| (with[character][label] + 0.5) / (of[label] + 1.0);
    let coefficients = numbers(model.as_ref(), "coefficients");
    let intercept = numbers(model.as_ref(), "intercept");
    for label in 0..3 {
        let none: f64 = (0..3).map(|character| libm::log(1.0 - share(character, label))).sum();
        assert!((intercept[label] - libm::log(of[label] / 7.0) - none).abs() < 1e-12);
        for character in 0..3 {
            let expect = libm::log(share(character, label) / (1.0 - share(character, label)));
            assert!((coefficients[character * 3 + label] - expect).abs() < 1e-6);
        }
    }
}

#[test]
fn multinomial_naive_bayes_is_the_smoothed_share_of_occurrences() {
    let mut model = build(&NGRAM_BAYES, &[("smoothing", ParamValue::Real(0.5))]);
    train(model.as_mut(), &[0, 1, 2, 3, 4, 5, 6]).unwrap();
    // Occurrences of character (row) 0, 1, 2 in texts of label (column) 0, 1, 3; texts of each label.
    let (counts, texts) = ([[4.0, 0.0, 1.0], [1.0, 3.0, 0.0], [1.0, 1.0, 2.0]], [3.0, 2.0, 2.0]);
    let coefficients = numbers(model.as_ref(), "coefficients");
    let intercept = numbers(model.as_ref(), "intercept");
    for label in 0..3 {
        assert!((intercept[label] - libm::log(texts[label] / 7.0)).abs() < 1e-12);
        let all: f64 = counts.iter().map(|of_label| of_label[label]).sum();
        for character in 0..3 {
            let expect = libm::log((counts[character][label] + 0.5) / (all + 1.5));
            assert!((coefficients[character * 3 + label] - expect).abs() < 1e-6);
        }
    }
}

/// Labels with whole weights against texts that are repeated as often.
#[test]
fn a_label_that_weighs_two_counts_twice() {
    let orders: [&[u32]; 2] = [&[0, 1, 2, 3, 4, 5, 6], &[0, 1, 2, 3, 4, 3, 4, 5, 6]];
    let precise = [("min_texts", ParamValue::Integer(1)), ("weighting", ParamValue::Text("counts".to_owned()))];
    let precise =
        [&precise[..], &[("tolerance", ParamValue::Real(1e-9)), ("max_epochs", ParamValue::Integer(1000))]].concat();
    for (plugin, changed) in [(&NGRAM_BAYES as &dyn ModelPlugin, &[][..]), (&NGRAM_LOGISTIC, &precise)] {
        let answers = [2.0, 1.0].into_iter().zip(orders).map(|(weight, order)| {
            let mut model = build_weighted(plugin, changed, [1.0, weight, 1.0, 1.0]);
            train(model.as_mut(), order).unwrap();
            predict(model.as_mut(), &NAMES.into_iter().collect())
        });
        let answers: Vec<Vec<f32>> = answers.collect();
        let furthest = answers[0].iter().zip(&answers[1]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest < 2e-3, "{}: {furthest}", plugin.about().id);
    }
}

#[test]
fn linfas_logistic_regression_ends_at_the_minimum_of_its_loss() {
    check_minimum(&LINFA_LOGISTIC, &[("max_iterations", ParamValue::Integer(300))]);
}

#[test]
fn sparse_logistic_regression_ends_at_the_minimum_of_its_loss() {
    let changed = [
        ("min_texts", ParamValue::Integer(1)),
        ("tolerance", ParamValue::Real(1e-8)),
        ("max_epochs", ParamValue::Integer(1000)),
    ];
    check_minimum(&NGRAM_LOGISTIC, &changed);
}

/// At the minimum, what the characters' counts times the excess probabilities sum to is `-l2` times the coefficient.
fn check_minimum(plugin: &dyn ModelPlugin, precise: &[(&str, ParamValue)]) {
    let l2 = 0.5;
    let changed = [("l2", ParamValue::Real(l2)), ("weighting", ParamValue::Text("counts".to_owned()))];
    let mut model = build(plugin, &[&changed[..], precise].concat());
    let loss = train(model.as_mut(), &[0, 1, 2, 3, 4, 5, 6]).unwrap();
    let out = predict(model.as_mut(), &NAMES.into_iter().collect());
    let coefficients = numbers(model.as_ref(), "coefficients");
    for character in 0..3_u16 {
        for (column, label) in [0_u16, 1, 3].into_iter().enumerate() {
            let excess = |row: usize| {
                let probability = libm::exp(f64::from(out[row * N_CLASSES + usize::from(label)]));
                let hit = if LABELS[row] == label { 1.0 } else { 0.0 };
                (probability - hit) * NAMES[row].iter().filter(|token| **token == character).count() as f64
            };
            let gradient = (0..7).map(excess).sum::<f64>() + l2 * coefficients[usize::from(character) * 3 + column];
            assert!(gradient.abs() < 2e-3, "letter {character}, label {label}: {gradient}");
        }
    }
    let nll: f64 = (0..7).map(|row| -f64::from(out[row * N_CLASSES + usize::from(LABELS[row])])).sum();
    assert!((loss - nll).abs() < 1e-8);
}

#[test]
fn training_looks_at_the_rows_of_its_order_alone() {
    for plugin in recur_linfa::PLUGINS {
        let mut model = build(*plugin, &[]);
        train(model.as_mut(), &[3, 4, 5]).unwrap();
        assert_eq!(numbers(model.as_ref(), "labels"), [1.0, 3.0]);
        assert_eq!(numbers(model.as_ref(), "ngrams"), [1.0, 2.0], "{}", plugin.about().id);
    }
}

#[test]
fn texts_without_any_known_character_get_the_intercept() {
    for plugin in recur_linfa::PLUGINS {
        let mut model = build(*plugin, &[]);
        train(model.as_mut(), &[1, 3]).unwrap();
        let texts = [&[2_u16][..], &[2; 200]].into_iter().collect();
        let out = predict(model.as_mut(), &texts);
        assert!(out.iter().all(|x| x.is_finite()));
        assert_eq!(out[..N_CLASSES], out[N_CLASSES..], "{}", plugin.about().id);
    }
}

#[test]
fn no_ngrams_at_all_leave_the_intercept() {
    for plugin in recur_linfa::PLUGINS {
        let mut model = build(*plugin, &[("ngrams", ParamValue::IntegerPair(5, 5))]);
        train(model.as_mut(), &[0, 1, 2, 3, 4]).unwrap();
        train(model.as_mut(), &[0, 1, 3]).unwrap();
        let out = predict(model.as_mut(), &NAMES.into_iter().collect());
        assert!(out.iter().all(|x| x.is_finite()) && out[0] > out[1], "{}: {out:?}", plugin.about().id);
        let mut fresh = build(*plugin, &[("ngrams", ParamValue::IntegerPair(5, 5))]);
        fresh.set_weights(&model.weights()).unwrap();
        assert_eq!(predict(fresh.as_mut(), &NAMES.into_iter().collect()), out);
    }
}

#[test]
fn nothing_to_train_on_and_nothing_to_predict_with_are_errors() {
    for plugin in recur_linfa::PLUGINS {
        let mut model = build(*plugin, &[]);
        let untrained = model.log_probabilities(&NAMES.into_iter().collect(), &[0], &mut [0.0; N_CLASSES]);
        assert!(untrained.unwrap_err().to_string().contains("only after it was trained"));
        assert!(train(model.as_mut(), &[]).unwrap_err().to_string().contains("no rows"));
        assert!(model.weights().is_empty() && model.n_parameters() == 0);
    }
}
