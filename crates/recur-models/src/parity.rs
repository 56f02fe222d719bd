//! The networks against PyTorch's own results, and against finite differences.
//!
//! Each file of `tests/parity` was written by `tools/torch_reference.py` in float64: log-probabilities, loss, every
//! gradient, the loss of every step of SGD, and the final weights. Every file found is checked. Those of
//! `tests/parity/training` are of the settings of training: see `parity/training.rs`.

mod training;

use crate::PLUGINS;
use crate::manual_rnn::ManualRnn;
use recur_core::dataset::Sequences;
use recur_core::model::{Cancel, Chunk, Kernels, Model, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::settings::{Optimizer, TrainingSettings};
use recur_core::tensor::{Tensor, TensorData};
use recur_core::workers::alone;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Case {
    case: String,
    vocab: usize,
    classes: usize,
    sequences: Vec<Vec<u16>>,
    targets: Vec<u16>,
    initial: BTreeMap<String, Dumped>,
    log_probs: Vec<Vec<f64>>,
    mean_loss: f64,
    mean_loss_gradients: BTreeMap<String, Dumped>,
    sgd: Sgd,
    settings: BTreeMap<String, ParamValue>,
}

#[derive(Deserialize)]
struct Dumped {
    shape: Vec<usize>,
    data: Vec<f64>,
}

#[derive(Deserialize)]
struct Sgd {
    learning_rate: f64,
    epochs: u32,
    losses: Vec<f64>,
    #[serde(rename = "final")]
    final_weights: BTreeMap<String, Dumped>,
}

fn tensors(dumped: &BTreeMap<String, Dumped>) -> Vec<Tensor> {
    let tensor = |(name, dumped): (&String, &Dumped)| {
        Tensor::f32(name.clone(), dumped.shape.clone(), dumped.data.iter().map(|x| *x as f32).collect())
    };
    dumped.iter().map(tensor).collect()
}

fn f32s(tensor: &Tensor) -> &[f32] {
    let TensorData::F32(data) = &tensor.data else { panic!("{} is not f32", tensor.name) };
    data
}

/// Each number within `tolerance`, relative to the largest magnitude of the tensor where that is above one.
fn assert_close(what: &str, got: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0_f64, |max, x| max.max(x.abs()));
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let error = (f64::from(*got) - expected).abs();
        assert!(error <= tolerance * scale, "{what}[{i}]: got {got}, expected {expected}");
    }
}

/// Plain SGD on `batch_size` texts a step.
fn training(batch_size: u32) -> TrainingSettings {
    TrainingSettings { batch_size, optimizer: Optimizer::Sgd { momentum: 0.0 }, ..TrainingSettings::default() }
}

/// The model that `case` is named after, with the parameters `settings`.
fn model_of(case: &str, settings: &BTreeMap<String, ParamValue>) -> (&'static dyn ModelPlugin, Params) {
    let of_case = |plugin: &&&dyn ModelPlugin| case.starts_with(&format!("{}_h", plugin.about().id));
    let plugin = PLUGINS.iter().find(of_case).unwrap_or_else(|| panic!("{case}: no such model"));
    let mut params = Params::defaults(plugin.about().parameters);
    for (name, value) in settings {
        let name = if name == "hidden" { "hidden_size" } else { name };
        assert!(params.get(name).is_some(), "{case}: the plugin has no parameter {name}");
        params = params.with(name, value.clone());
    }
    (*plugin, params)
}

struct Bench {
    plugin: &'static dyn ModelPlugin,
    params: Params,
    sequences: Sequences,
    case: Case,
}

impl Bench {
    fn read(path: &Path) -> Self {
        let case: Case = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let (plugin, params) = model_of(&case.case, &case.settings);
        let sequences = case.sequences.iter().map(Vec::as_slice).collect();
        Self { plugin, params, sequences, case }
    }

    fn model(&self, batch_size: u32, learning_rate: f64, weights: &[Tensor]) -> Box<dyn Model> {
        let params = self.params.clone().with("learning_rate", ParamValue::Real(learning_rate));
        let setup = Setup {
            params: &params,
            training: Some(&training(batch_size)),
            n_tokens: self.case.vocab,
            n_classes: self.case.classes,
            data: None,
            class_weights: &vec![1.0; self.case.classes],
            streams: &StreamPath::root(0),
            workers: &alone(),
            kernels: Kernels::widest(),
        };
        let mut model = self.plugin.build(&setup).unwrap();
        model.set_weights(weights).unwrap();
        model
    }

    /// The greatest over time has no slope where it changes its place; its backward pass has tests of its own.
    fn is_smooth(&self) -> bool {
        let pooling = self.params.get("pooling");
        pooling != Some(&ParamValue::Text("max".to_owned())) && self.plugin.about().id != "char_cnn"
    }

    fn rows(&self) -> Vec<u32> {
        (0..self.sequences.len() as u32).collect()
    }

    fn train(&self, model: &mut dyn Model, rows: &[u32]) -> f64 {
        let chunk = Chunk {
            epoch: 0,
            sequences: &self.sequences,
            labels: &self.case.targets,
            order: rows,
            steps_before: 0,
            total_steps: 1,
            streams: &StreamPath::root(0),
            cancel: &Cancel::new(),
        };
        let mut losses = vec![0.0; rows.len()];
        model.train(&chunk, &mut losses).unwrap();
        losses.iter().sum::<f64>() / rows.len() as f64
    }

    /// The loss of all sequences and its gradients, read off a step of SGD with a rate of one.
    fn loss_and_gradients(&self, weights: &[Tensor]) -> (f64, Vec<Tensor>) {
        let mut model = self.model(self.sequences.len() as u32, 1.0, weights);
        let loss = self.train(&mut *model, &self.rows());
        let gradient = |(before, after): (&Tensor, Tensor)| {
            let after_data = f32s(&after);
            let difference = f32s(before).iter().zip(after_data).map(|(before, after)| before - after).collect();
            Tensor::f32(after.name.clone(), after.shape.clone(), difference)
        };
        let before = self.model(1, 1.0, weights).weights();
        (loss, before.iter().zip(model.weights()).map(gradient).collect())
    }

    fn check(&self) {
        let (case, initial) = (&self.case, tensors(&self.case.initial));
        let name = |what: &str| format!("{} {what}", case.case);

        let mut log_probs = vec![0.0; case.targets.len() * case.classes];
        self.model(1, 1.0, &initial).log_probabilities(&self.sequences, &self.rows(), &mut log_probs).unwrap();
        assert_close(&name("log_probs"), &log_probs, &case.log_probs.concat(), 2e-6);

        let (loss, gradients) = self.loss_and_gradients(&initial);
        assert_close(&name("mean_loss"), &[loss as f32], &[case.mean_loss], 1e-6);
        assert_eq!(gradients.len(), case.mean_loss_gradients.len(), "{}", case.case);
        for gradient in &gradients {
            let expected = &case.mean_loss_gradients[&gradient.name];
            assert_eq!(gradient.shape, expected.shape);
            assert_close(&name(&gradient.name), f32s(gradient), &expected.data, 2e-6);
        }

        let mut model = self.model(1, case.sgd.learning_rate, &initial);
        let order = (0..case.sgd.epochs).flat_map(|_| self.rows());
        let losses: Vec<f32> = order.map(|row| self.train(&mut *model, &[row]) as f32).collect();
        assert_close(&name("losses of SGD"), &losses, &case.sgd.losses, 1e-5);
        for weight in model.weights() {
            let expected = &case.sgd.final_weights[&weight.name];
            assert_close(&name(&format!("final {}", weight.name)), f32s(&weight), &expected.data, 1e-5);
        }
    }
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = paths.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn cases() -> Vec<Bench> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    files_of(&folder).iter().map(|file| Bench::read(file)).collect()
}

#[test]
fn every_case_agrees_with_pytorch() {
    let cases = cases();
    cases.iter().for_each(Bench::check);
    println!("{} cases agree", cases.len());
    for (id, least) in
        [("manual_rnn", 4), ("stacked_rnn", 10), ("gru", 10), ("lstm", 10), ("char_cnn", 5), ("transformer", 4)]
    {
        let n = cases.iter().filter(|bench| bench.plugin.about().id == id).count();
        assert!(n >= least, "{id} has {n} cases");
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    let small = |bench: &&Bench| bench.case.initial.values().all(|weight| weight.data.len() <= 3 * 16 * 16);
    cases().iter().filter(small).filter(|bench| bench.is_smooth()).for_each(check_slopes);
}

#[test]
fn gradients_agree_with_finite_differences_under_dropout() {
    let of_two_layers =
        |bench: &Bench| bench.params.get("layers") == Some(&ParamValue::Integer(2)) && bench.is_smooth();
    let layered: Vec<Bench> = cases().into_iter().filter(of_two_layers).collect();
    assert!(layered.len() >= 9, "cases of two layers in one direction and in both, a layered model");
    for mut bench in layered {
        // Every pass draws its mask from the same stream, so the loss stays one function of the weights.
        bench.params = bench.params.with("dropout", ParamValue::Real(0.25));
        check_slopes(&bench);
    }
}

/// Every seventh element of each gradient against the central difference.
fn check_slopes(bench: &Bench) {
    let weights = tensors(&bench.case.initial);
    let (_, gradients) = bench.loss_and_gradients(&weights);
    let mut model = bench.model(bench.sequences.len() as u32, 1.0, &weights);
    for gradient in &gradients {
        let at = weights.iter().position(|weight| weight.name == gradient.name).unwrap();
        for i in (0..f32s(gradient).len()).step_by(7) {
            let slope = slope(bench, &mut *model, &weights, at, i);
            let got = f64::from(f32s(gradient)[i]);
            assert!((slope - got).abs() < 1e-3, "{} {}[{i}]: {got}, slope {slope}", bench.case.case, gradient.name);
        }
    }
}

/// The central difference of the loss along one weight; `model` takes a step of all sequences at once.
fn slope(bench: &Bench, model: &mut dyn Model, weights: &[Tensor], tensor: usize, element: usize) -> f64 {
    const STEP: f32 = 2e-3;
    let mut loss = |shift: f32| {
        let mut moved = weights.to_vec();
        let TensorData::F32(data) = &mut moved[tensor].data else { panic!("weights are f32") };
        data[element] += shift;
        model.set_weights(&moved).unwrap();
        bench.train(model, &bench.rows())
    };
    (loss(STEP) - loss(-STEP)) / f64::from(2.0 * STEP)
}

#[test]
fn a_wrong_weight_is_noticed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/manual_rnn_h5_none.json");
    let mut bench = Bench::read(&path);
    assert_eq!(bench.plugin.about().id, ManualRnn.about().id);
    bench.case.initial.get_mut("i2h.bias").unwrap().data[0] += 1e-4;
    let check = std::panic::AssertUnwindSafe(|| bench.check());
    assert!(std::panic::catch_unwind(check).is_err());
}
