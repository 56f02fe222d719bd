//! The settings of `training` against PyTorch's own results: AdamW, warm-up, label smoothing, class weights.
//!
//! Each file of `tests/parity/training` was written by `tools/torch_reference.py` in float64: for several settings, the
//! plain loss of every text before its step, and the weights after the last one.

use super::{Dumped, assert_close, f32s, files_of, model_of, tensors};
use recur_core::dataset::Sequences;
use recur_core::model::{Cancel, Chunk, Kernels, Setup};
use recur_core::params::ParamValue;
use recur_core::random::StreamPath;
use recur_core::settings::TrainingSettings;
use recur_core::workers::alone;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[derive(Deserialize)]
struct Case {
    case: String,
    vocab: usize,
    classes: usize,
    sequences: Vec<Vec<u16>>,
    targets: Vec<u16>,
    initial: BTreeMap<String, Dumped>,
    settings: BTreeMap<String, ParamValue>,
    runs: BTreeMap<String, Run>,
}

#[derive(Deserialize)]
struct Run {
    training: TrainingSettings,
    learning_rate: f64,
    label_weights: Vec<f32>,
    losses: Vec<f64>,
    #[serde(rename = "final")]
    final_weights: BTreeMap<String, Dumped>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/training");
    files_of(&folder).iter().map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect()
}

/// Trains as `run` says and compares.
fn check(case: &Case, name: &str, run: &Run, training: &TrainingSettings) {
    let (plugin, params) = model_of(&case.case, &case.settings);
    let params = params.with("learning_rate", ParamValue::Real(run.learning_rate));
    let setup = Setup {
        params: &params,
        training: Some(training),
        data: None,
        n_tokens: case.vocab,
        n_classes: case.classes,
        class_weights: &run.label_weights,
        streams: &StreamPath::root(0),
        workers: &alone(),
        kernels: Kernels::widest(),
    };
    let mut model = plugin.build(&setup).unwrap();
    model.set_weights(&tensors(&case.initial)).unwrap();
    let sequences: Sequences = case.sequences.iter().map(Vec::as_slice).collect();
    let order: Vec<u32> = (0..sequences.len() as u32).collect();
    let steps = order.len().div_ceil(training.batch_size as usize) as u64;
    let mut got = Vec::new();
    for epoch in 0..training.n_epochs() {
        let chunk = Chunk {
            epoch,
            sequences: &sequences,
            labels: &case.targets,
            order: &order,
            steps_before: u64::from(epoch) * steps,
            total_steps: u64::from(training.n_epochs()) * steps,
            streams: &StreamPath::root(0),
            cancel: &Cancel::new(),
        };
        let mut losses = vec![0.0; order.len()];
        model.train(&chunk, &mut losses).unwrap();
        // A batch reports its losses with the longest text first, and of texts of one length the first one first.
        for (batch, losses) in
            order.chunks(training.batch_size as usize).zip(losses.chunks(training.batch_size as usize))
        {
            let mut packed = batch.to_vec();
            packed.sort_by_key(|row| std::cmp::Reverse(case.sequences[*row as usize].len()));
            let place = |row: &u32| packed.iter().position(|packed| packed == row).unwrap();
            got.extend(batch.iter().map(|row| losses[place(row)] as f32));
        }
    }
    assert_close(&format!("{} {name} losses", case.case), &got, &run.losses, TOLERANCE);
    for weight in model.weights() {
        let expected = &run.final_weights[&weight.name];
        assert_close(&format!("{} {name} {}", case.case, weight.name), f32s(&weight), &expected.data, TOLERANCE);
    }
}

/// Steps of Adam divide by the square root of small moments, which makes more of the rounding of gradients.
const TOLERANCE: f64 = 1e-5;

#[test]
fn trainings_agree_with_pytorch() {
    let cases = cases();
    let runs = cases.iter().flat_map(|case| case.runs.iter().map(move |(name, run)| (case, name, run)));
    let n_runs = runs.map(|(case, name, run)| check(case, name, run, &run.training)).count();
    assert_eq!((cases.len(), n_runs), (2, 16));
}

#[test]
fn a_setting_that_is_a_little_off_is_noticed() {
    let cases = cases();
    let off = |name: &str, change: &dyn Fn(&mut TrainingSettings)| {
        for case in &cases {
            let run = &case.runs[name];
            let mut training = run.training.clone();
            change(&mut training);
            let check = AssertUnwindSafe(|| check(case, name, run, &training));
            assert!(catch_unwind(check).is_err(), "{} {name}", case.case);
        }
    };
    off("warmup_constant", &|training| training.warmup = 0.2);
    off("adamw_warmup_cosine", &|training| training.warmup = 0.0);
    off("smoothing", &|training| training.label_smoothing = 0.201);
    off("smoothing_class_weights", &|training| training.label_smoothing = 0.299);
}
