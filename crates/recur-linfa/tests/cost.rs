//! What each baseline says that it costs is what it has once it is trained.

use recur_core::dataset::Sequences;
use recur_core::model::{Cost, Kernels, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::tensor::{Tensor, TensorData};
use recur_core::workers::alone;
use recur_linfa::PLUGINS;
use recur_linfa::features::{FeatureSettings, Features, NGramRange, WeightingKind};
use recur_linfa::linear::Linear;
use recur_testkit::bench::{Bench, training};
use recur_testkit::examples::{N_CLASSES, N_TOKENS};

fn cost(plugin: &dyn ModelPlugin, params: &Params) -> Cost {
    let setup = Setup {
        params,
        training: None,
        n_tokens: N_TOKENS,
        n_classes: N_CLASSES,
        data: None,
        class_weights: &[1.0; N_CLASSES],
        streams: &StreamPath::root(5),
        workers: &alone(),
        kernels: Kernels::widest(),
    };
    plugin.cost(&setup, 7).unwrap()
}

fn bytes(weight: &Tensor) -> u64 {
    let size = if matches!(weight.data, TensorData::F32(_)) { 4 } else { 8 };
    size * weight.data.len() as u64
}

#[test]
fn weights_are_as_large_as_was_reported() {
    for plugin in PLUGINS {
        for (max_ngrams, longest) in [(7, 2), (20, 3)] {
            let params = Params::defaults(plugin.about().parameters)
                .with("max_ngrams", ParamValue::Integer(max_ngrams))
                .with("ngrams", ParamValue::IntegerPair(1, longest));
            let reported = cost(*plugin, &params);
            let model = Bench::new(*plugin, params, training()).trained().unwrap();
            let weights = model.weights();
            let table = weights.iter().find(|weight| weight.name == "ngrams").unwrap();
            let left_out = 8 * max_ngrams as u64 * (longest as u64 - table.shape[1] as u64);
            assert_eq!(reported.parameters, model.n_parameters() as u64, "{}", plugin.about().id);
            assert_eq!(
                reported.weight_bytes,
                weights.iter().map(bytes).sum::<u64>() + left_out,
                "{}",
                plugin.about().id
            );
        }
    }
}

#[test]
fn each_ngram_of_a_text_is_multiplied_once_a_label() {
    for (from, to) in [(1, 1), (1, 3), (2, 5), (8, 8)] {
        for characters in 1..10_u16 {
            let text: Vec<u16> = (0..characters).collect();
            let sequences: Sequences = [text.as_slice()].into_iter().collect();
            let range = NGramRange { from, to, n_tokens: 10 };
            for max_ngrams in [3, 1000] {
                let settings = FeatureSettings { range, min_texts: 1, max_ngrams, weighting: WeightingKind::Counts };
                let columns = Features::learn(settings, &sequences, &[0]).of(&text).len() as u64;
                let reported = Linear::cost(&settings, 34, u64::from(characters)).multiply_adds;
                assert_eq!(reported, 34 * columns, "{from} to {to} letters of {characters}");
            }
        }
    }
}
