//! A model that shares its work among threads learns and predicts the same bits, whatever their number.

use crate::variants::variants;
use recur_core::dataset::Sequences;
use recur_core::model::{Cancel, Chunk, Kernels, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::settings::{ClassWeights, Optimizer, Schedule, TrainingLength, TrainingSettings};
use recur_core::tensor::Tensor;
use recur_core::workers::{Workers, alone};
use recur_models::PLUGINS;
use recur_testkit::Crowd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const N_TOKENS: usize = 12;
const N_CLASSES: usize = 5;

/// 70 texts of 1 to 9 characters, and one of 40; their labels.
fn texts() -> (Sequences, Vec<u16>) {
    let mut stream = StreamPath::root(5).child("names").stream();
    let mut text = |n: u32| (0..n).map(|_| stream.below(N_TOKENS as u32) as u16).collect::<Vec<u16>>();
    let texts: Vec<Vec<u16>> = (0..70).map(|i| if i == 33 { text(40) } else { text(i * i % 9 + 1) }).collect();
    let labels = texts.iter().map(|text| text[0] % N_CLASSES as u16).collect();
    (texts.iter().map(Vec::as_slice).collect(), labels)
}

fn training(optimizer: Optimizer, clip_norm: Option<f64>, batch_size: u32) -> TrainingSettings {
    TrainingSettings {
        length: TrainingLength::Epochs(2),
        batch_size,
        optimizer,
        clip_norm,
        schedule: Schedule::Cosine,
        class_weights: ClassWeights::Balanced,
        ..TrainingSettings::default()
    }
}

/// Every variant of `plugin`, deep and with dropout.
fn of_three_layers(plugin: &dyn ModelPlugin) -> Vec<Params> {
    let wanted = [
        ("hidden_size", ParamValue::Integer(21)),
        ("heads", ParamValue::Integer(3)),
        ("inner_size", ParamValue::Integer(30)),
        ("layers", ParamValue::Integer(3)),
        ("dropout", ParamValue::Real(0.3)),
        ("learning_rate", ParamValue::Real(0.02)),
    ];
    variants(plugin, &wanted)
}

/// The weights after two epochs, their losses, and all log-probabilities.
fn learn(
    plugin: &dyn ModelPlugin,
    params: &Params,
    training: &TrainingSettings,
    workers: &Arc<dyn Workers>,
) -> (Vec<Tensor>, [u64; 2], Vec<u32>) {
    let streams = StreamPath::root(3);
    let mut model = plugin
        .build(&Setup {
            params,
            training: Some(training),
            n_tokens: N_TOKENS,
            n_classes: N_CLASSES,
            data: None,
            class_weights: &[1.0, 0.5, 2.0, 1.5, 0.25],
            streams: &streams,
            workers,
            kernels: Kernels::widest(),
        })
        .unwrap();
    let (sequences, labels) = texts();
    let order: Vec<u32> = (0..sequences.len() as u32).rev().collect();
    let steps = order.len().div_ceil(training.batch_size as usize) as u64;
    let losses = [0, 1].map(|epoch| {
        let chunk = Chunk {
            epoch,
            sequences: &sequences,
            labels: &labels,
            order: &order,
            steps_before: u64::from(epoch) * steps,
            total_steps: 2 * steps,
            streams: &streams,
            cancel: &Cancel::new(),
        };
        let mut losses = vec![0.0; order.len()];
        model.train(&chunk, &mut losses).unwrap();
        losses.iter().sum::<f64>().to_bits()
    });
    // More texts than one worker takes at once.
    let rows: Vec<u32> = order.iter().copied().cycle().take(700).collect();
    let mut out = vec![0.0; rows.len() * N_CLASSES];
    model.log_probabilities(&sequences, &rows, &mut out).unwrap();
    (model.weights(), losses, out.iter().map(|x| x.to_bits()).collect())
}

const PLAIN: Optimizer = Optimizer::Sgd { momentum: 0.0 };
const ADAM: Optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

#[test]
fn any_number_of_threads_learns_and_predicts_the_same_bits() {
    let momentum = Optimizer::Sgd { momentum: 0.9 };
    for (optimizer, clip, batch_size) in
        [(PLAIN, None, 16), (momentum, None, 5), (ADAM, Some(0.5), 64), (ADAM, None, 3), (Optimizer::ADAMW, None, 16)]
    {
        let mut training = training(optimizer, clip, batch_size);
        if batch_size == 16 {
            (training.warmup, training.label_smoothing) = (0.25, 0.1);
        }
        for plugin in PLUGINS {
            for (variant, params) in of_three_layers(*plugin).into_iter().enumerate() {
                // Of the variants, steps on the way and steps from a buffer are enough.
                if variant > 0 && batch_size < 16 {
                    continue;
                }
                let expected = learn(*plugin, &params, &training, &alone());
                let numbers: &[usize] = if variant == 0 { &[2, 3, 8] } else { &[3] };
                for n in numbers.iter().copied() {
                    let shared = learn(*plugin, &params, &training, &(Arc::new(Crowd(n)) as Arc<dyn Workers>));
                    assert!(shared == expected, "{} {params:?}, {optimizer:?}, {n} threads", plugin.about().id);
                }
            }
        }
    }
}

/// A number of workers that changes at every step.
#[derive(Debug)]
struct Changing(AtomicUsize);

impl Workers for Changing {
    fn shares(&self, _multiply_adds: u64) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed) % 4 + 1
    }

    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
        b();
        a();
    }
}

#[test]
fn threads_may_come_and_go_between_steps() {
    for optimizer in [PLAIN, ADAM] {
        let training = training(optimizer, None, 9);
        for plugin in PLUGINS {
            for params in of_three_layers(*plugin) {
                let workers: Arc<dyn Workers> = Arc::new(Changing(AtomicUsize::new(0)));
                let shared = learn(*plugin, &params, &training, &workers);
                let expected = learn(*plugin, &params, &training, &alone());
                assert!(shared == expected, "{} {params:?}, {optimizer:?}", plugin.about().id);
            }
        }
    }
}
