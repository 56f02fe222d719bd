//! Training allocates nothing once its buffers have grown: an epoch of many steps allocates as often as one of few.

#[path = "it/variants.rs"]
mod variants;

use recur_core::dataset::Sequences;
use recur_core::model::{Cancel, Chunk, Kernels, Model, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::settings::{Optimizer, Schedule, TrainingLength, TrainingSettings};
use recur_core::workers::alone;
use recur_models::PLUGINS;

const N_CLASSES: usize = 5;
const N_TOKENS: usize = 20;

fn training(optimizer: Optimizer, clip_norm: Option<f64>) -> TrainingSettings {
    TrainingSettings {
        length: TrainingLength::Epochs(1),
        batch_size: 4,
        optimizer,
        clip_norm,
        schedule: Schedule::Cosine,
        ..TrainingSettings::default()
    }
}

/// Texts of 1 to 9 characters, and their labels.
fn texts() -> (Sequences, Vec<u16>) {
    let texts: Vec<Vec<u16>> =
        (0..40_u16).map(|i| (0..=i % 9).map(|t| (i * 7 + t * 3) % N_TOKENS as u16).collect()).collect();
    (texts.iter().map(Vec::as_slice).collect(), (0..40).map(|i| i % N_CLASSES as u16).collect())
}

/// Every variant of `plugin`, with two layers and dropout where it has them.
fn of_two_layers(plugin: &dyn ModelPlugin) -> Vec<Params> {
    let wanted = [
        ("hidden_size", ParamValue::Integer(12)),
        ("layers", ParamValue::Integer(2)),
        ("dropout", ParamValue::Real(0.2)),
        ("learning_rate", ParamValue::Real(0.001)),
    ];
    variants::variants(plugin, &wanted)
}

fn build(plugin: &dyn ModelPlugin, params: &Params, training: &TrainingSettings) -> Box<dyn Model> {
    let setup = Setup {
        params,
        training: Some(training),
        n_tokens: N_TOKENS,
        n_classes: N_CLASSES,
        data: None,
        class_weights: &[1.0; N_CLASSES],
        streams: &StreamPath::root(3),
        workers: &alone(),
        kernels: Kernels::widest(),
    };
    plugin.build(&setup).unwrap()
}

/// How often training on `repeats` passes over the texts allocates.
fn allocations(model: &mut dyn Model, repeats: usize) -> u64 {
    let (sequences, labels) = texts();
    let order: Vec<u32> = (0..repeats).flat_map(|_| 0..sequences.len() as u32).collect();
    let (streams, cancel) = (StreamPath::root(3), Cancel::new());
    let chunk = Chunk {
        epoch: 0,
        sequences: &sequences,
        labels: &labels,
        order: &order,
        steps_before: 0,
        total_steps: 1000,
        streams: &streams,
        cancel: &cancel,
    };
    let mut losses = vec![f64::NAN; order.len()];
    let counted = allocation_counter::measure(|| model.train(&chunk, &mut losses).unwrap()).count_total;
    assert!(losses.iter().all(|loss| loss.is_finite()));
    counted
}

#[test]
fn more_steps_allocate_no_more() {
    let sgd = Optimizer::Sgd { momentum: 0.0 };
    let adam = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    let smoothed = TrainingSettings { warmup: 0.1, label_smoothing: 0.1, ..training(Optimizer::ADAMW, None) };
    for training in [training(sgd, None), training(adam, Some(1.0)), smoothed] {
        for (plugin, params) in
            PLUGINS.iter().flat_map(|plugin| of_two_layers(*plugin).into_iter().map(move |params| (*plugin, params)))
        {
            let mut model = build(plugin, &params, &training);
            let warm_up = allocations(&mut *model, 1);
            let (few, many) = (allocations(&mut *model, 1), allocations(&mut *model, 20));
            assert_eq!(few, many, "{} {params:?} with {:?}", plugin.about().id, training.optimizer);
            assert!(warm_up > few, "{}: the counter counts the buffers' growth", plugin.about().id);
        }
    }
}
