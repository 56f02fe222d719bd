//! What a model says of a text does not depend on the texts next to it, though texts share the work on their first characters.

use crate::variants::variants;
use recur_core::dataset::Sequences;
use recur_core::model::{Cancel, Chunk, Kernels, Model, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::settings::{Optimizer, TrainingLength, TrainingSettings};
use recur_core::workers::alone;
use recur_models::PLUGINS;

const N_CLASSES: usize = 3;

/// All texts of 1 to 9 characters of an alphabet of two, which share what can be shared, and some of them twice.
fn texts() -> Sequences {
    let of_length = |n: u16| (0..1_u16 << n).map(move |bits| (0..n).map(|i| bits >> i & 1).collect::<Vec<_>>());
    let mut texts: Vec<Vec<u16>> = (1..=9).flat_map(of_length).collect();
    texts.extend_from_within(20..60);
    texts.iter().map(Vec::as_slice).collect()
}

/// Every variant of every model.
fn models() -> impl Iterator<Item = (&'static str, Box<dyn Model>)> {
    let wanted = [("hidden_size", 21), ("layers", 2), ("heads", 3)].map(|(name, n)| (name, ParamValue::Integer(n)));
    PLUGINS.iter().flat_map(move |plugin| {
        let built = move |params: Params| (plugin.about().id, build(*plugin, &params));
        variants(*plugin, &wanted).into_iter().map(built)
    })
}

fn build(plugin: &dyn ModelPlugin, params: &Params) -> Box<dyn Model> {
    let setup = Setup {
        params,
        training: Some(&TrainingSettings {
            length: TrainingLength::Epochs(1),
            batch_size: 1,
            optimizer: Optimizer::Sgd { momentum: 0.0 },
            ..TrainingSettings::default()
        }),
        n_tokens: 2,
        n_classes: N_CLASSES,
        data: None,
        class_weights: &[1.0; N_CLASSES],
        streams: &StreamPath::root(5),
        workers: &alone(),
        kernels: Kernels::widest(),
    };
    plugin.build(&setup).unwrap()
}

fn predict(model: &mut dyn Model, texts: &Sequences, rows: &[u32]) -> Vec<u32> {
    let mut out = vec![0.0; rows.len() * N_CLASSES];
    model.log_probabilities(texts, rows, &mut out).unwrap();
    out.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn a_texts_results_do_not_depend_on_the_texts_next_to_it() {
    let texts = texts();
    let rows: Vec<u32> = (0..texts.len() as u32).collect();
    for (id, mut model) in models() {
        let together = predict(&mut *model, &texts, &rows);
        for (row, together) in rows.iter().zip(together.chunks_exact(N_CLASSES)) {
            assert_eq!(predict(&mut *model, &texts, &[*row]), together, "{id}, row {row}");
        }
    }
}

/// Training packs each text by itself.
#[test]
fn a_texts_loss_in_training_is_what_is_predicted_among_others() {
    let texts = texts();
    let rows: Vec<u32> = (0..texts.len() as u32).collect();
    let labels: Vec<u16> = rows.iter().map(|row| (row % N_CLASSES as u32) as u16).collect();
    for (id, mut model) in models() {
        let start = model.weights();
        let together = predict(&mut *model, &texts, &rows);
        for row in rows.iter().step_by(7) {
            let epoch = Chunk {
                epoch: 0,
                sequences: &texts,
                labels: &labels,
                order: &[*row],
                steps_before: 0,
                total_steps: 1,
                streams: &StreamPath::root(5),
                cancel: &Cancel::new(),
            };
            let mut loss = [0.0];
            model.train(&epoch, &mut loss).unwrap();
            model.set_weights(&start).unwrap();
            let at = *row as usize * N_CLASSES + usize::from(labels[*row as usize]);
            assert_eq!((-loss[0] as f32).to_bits(), together[at], "{id}, row {row}");
        }
    }
}
