//! Measures of speed: what is trained or predicted, how often, and what it costs in operations.
//!
//! Characters for dimensions: `H` hidden size, `C` labels.

#![expect(clippy::disallowed_methods, reason = "a measure of speed reads the clock")]

use recur_core::dataset::Sequences;
use recur_core::model::{Cancel, Chunk, Model, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::settings::{Optimizer, TrainingLength, TrainingSettings};
use recur_core::workers::alone;
use recur_kernels::Kernels;
use std::collections::BTreeMap;
use std::time::Instant;

/// Characters of the published tutorial.
pub const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,;'-";

/// The learning rate of the published tutorial.
const RATE: f64 = 0.005;

/// Texts as token ids, with their labels.
#[derive(Clone, Debug)]
pub struct Examples {
    /// One sequence of token ids for each text.
    pub sequences: Sequences,
    /// The label of each.
    pub labels: Vec<u16>,
    /// Number of tokens (V).
    pub n_tokens: usize,
    /// Number of labels (C).
    pub n_classes: usize,
}

impl Examples {
    /// Made-up texts of `length` characters, with the tutorial's 58 characters and 18 labels.
    pub fn synthetic(n: usize, length: usize) -> Self {
        let mut stream = StreamPath::root(1).child("bench").stream();
        let mut sequences = Sequences::new();
        let mut labels = Vec::with_capacity(n);
        for _ in 0..n {
            let characters: Vec<u16> = (0..length).map(|_| stream.below(58) as u16).collect();
            sequences.push(characters);
            labels.push(stream.below(18) as u16);
        }
        Self { sequences, labels, n_tokens: 58, n_classes: 18 }
    }

    /// The rows in keyed random order.
    pub fn shuffled(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = (0..self.sequences.len() as u32).collect();
        StreamPath::root(2).child("bench").stream().shuffle(&mut rows);
        rows
    }

    /// Rows in an order in which each run of `size` has texts of one length; what fills no run is left out.
    pub fn equal_lengths(&self, size: usize) -> Vec<u32> {
        let mut by_length: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for row in self.shuffled() {
            by_length.entry(self.sequences.get(row).len()).or_default().push(row);
        }
        by_length.into_values().flat_map(|rows| rows[..rows.len() / size * size].to_vec()).collect()
    }

    /// The rows with `length` characters.
    pub fn of_length(&self, length: usize) -> Vec<u32> {
        self.shuffled().into_iter().filter(|row| self.sequences.get(*row).len() == length).collect()
    }
}

/// A model in training: plain SGD as published, in batches.
pub struct Bench<'a> {
    examples: &'a Examples,
    model: Box<dyn Model>,
    streams: StreamPath,
    step: u64,
    losses: Vec<f64>,
}

impl<'a> Bench<'a> {
    /// The model called `id` with some integer parameters, trained in batches of `batch_size`. Of a parameter that is true or
    /// false, 0 is false.
    ///
    /// # Panics
    /// If there is no such model or parameter.
    pub fn new(examples: &'a Examples, id: &str, params: &[(&str, i64)], batch_size: u32) -> Self {
        let plugin = plugin(id);
        let mut checked = Params::defaults(plugin.about().parameters).with("learning_rate", ParamValue::Real(RATE));
        for (name, value) in params {
            let value = match checked.get(name) {
                Some(ParamValue::Boolean(_)) => ParamValue::Boolean(*value != 0),
                Some(_) => ParamValue::Integer(*value),
                None => panic!("{id} has no parameter {name}"),
            };
            checked = checked.with(name, value);
        }
        let streams = StreamPath::root(0);
        let setup = Setup {
            params: &checked,
            training: Some(&training(batch_size)),
            n_tokens: examples.n_tokens,
            n_classes: examples.n_classes,
            data: None,
            class_weights: &vec![1.0; examples.n_classes],
            streams: &streams,
            workers: &alone(),
            kernels: Kernels::widest(),
        };
        let model = plugin.build(&setup).expect("the parameters go together");
        Self { examples, model, streams, step: 0, losses: Vec::new() }
    }

    /// Trains on `rows`, in order.
    ///
    /// # Panics
    /// If training diverges.
    pub fn train(&mut self, rows: &[u32]) {
        let piece = Chunk {
            epoch: 0,
            sequences: &self.examples.sequences,
            labels: &self.examples.labels,
            order: rows,
            steps_before: self.step,
            total_steps: u64::MAX,
            streams: &self.streams,
            cancel: &Cancel::new(),
        };
        self.losses.resize(rows.len(), 0.0);
        self.model.train(&piece, &mut self.losses).expect("the loss stays finite");
        self.step += rows.len() as u64;
    }

    /// Predicts `rows`, `size` at a time.
    ///
    /// # Panics
    /// If the model cannot predict.
    pub fn predict(&mut self, rows: &[u32], size: usize) {
        let mut out = vec![0.0; size * self.examples.n_classes];
        for chunk in rows.chunks(size) {
            let out = &mut out[..chunk.len() * self.examples.n_classes];
            self.model.log_probabilities(&self.examples.sequences, chunk, out).expect("networks always predict");
        }
    }
}

/// The model of recur called `id`.
///
/// # Panics
/// If there is none.
pub fn plugin(id: &str) -> &'static dyn ModelPlugin {
    recur_models::PLUGINS.iter().copied().find(|plugin| plugin.about().id == id).expect("a model of recur-models")
}

/// Plain SGD, as published, in batches of `batch_size`.
pub fn training(batch_size: u32) -> TrainingSettings {
    TrainingSettings {
        length: TrainingLength::Epochs(1),
        batch_size,
        optimizer: Optimizer::SGD,
        ..TrainingSettings::default()
    }
}

/// The seconds that `work` takes.
pub fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The median over `repeats` runs of how many of `count` things a second `work` does, after one run to warm up.
pub fn median_rate(count: usize, repeats: usize, mut work: impl FnMut()) -> f64 {
    work();
    let mut seconds: Vec<f64> = (0..repeats)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    count as f64 / seconds[seconds.len() / 2]
}

/// The floating-point operations a second of fused multiply-adds alone, best of several tries.
pub fn peak_flops() -> f64 {
    let kernels = Kernels::widest();
    (0..20)
        .map(|_| {
            let start = Instant::now();
            let (operations, sum) = kernels.peak_round(200_000);
            assert!(sum.is_finite(), "the sum keeps the work from being left out");
            operations as f64 / start.elapsed().as_secs_f64()
        })
        .fold(0.0, f64::max)
}

/// Operations of training `stacked_rnn` on one text: each product forward, and twice backward; a fused multiply-add
/// counts as two, and what is not a product as nothing. The product with the first state, which is zero, is left out.
pub fn stacked_rnn_flops(hidden: usize, layers: usize, n_classes: usize, length: usize) -> f64 {
    let (h, l, t) = (hidden as f64, layers as f64, length as f64);
    let recurrent = l * (t - 1.0) * 2.0 * h * h;
    let between_layers = (l - 1.0) * t * 2.0 * h * h;
    3.0 * (recurrent + between_layers + 2.0 * h * n_classes as f64)
}
