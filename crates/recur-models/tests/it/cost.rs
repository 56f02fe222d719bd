//! What each model says that it costs is what its weights say.

use crate::variants::variants;
use recur_core::model::{Kernels, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::tensor::{Tensor, TensorData};
use recur_core::workers::alone;
use recur_models::PLUGINS;
use recur_testkit::bench::training;
use std::collections::BTreeSet;

const N_TOKENS: usize = 7;
const N_CLASSES: usize = 3;

/// How often the elements of a matrix are multiplied for a text of `characters` characters, by the tensor's name: a character is
/// looked up, and the state before the first is zero. Of names that no shipped model has, nothing is known.
fn multiply_adds(weight: &Tensor, has_embedding: bool, characters: u64) -> Option<u64> {
    if weight.name.starts_with("convs.") && weight.name.ends_with(".weight") {
        return Some(weight.shape.iter().product::<usize>() as u64 * characters);
    }
    let [rows, columns] = weight.shape[..] else { return Some(0) };
    let states = (rows * (columns - N_TOKENS.min(columns))) as u64;
    Some(match weight.name.as_str() {
        "i2h.weight" => states * characters.saturating_sub(2),
        "i2o.weight" => states,
        "embedding.weight" => 0,
        "rnn.weight_ih_l0" | "rnn.weight_ih_l0_reverse" if !has_embedding => 0,
        "fc.weight" => (rows * columns) as u64,
        // 1 to 5 characters, start and end marks included.
        "ngrams.weight" => (1..=5).map(|n| (characters + 3_u64).saturating_sub(n) * columns as u64).sum(),
        name if name.starts_with("rnn.weight_ih") => (rows * columns) as u64 * characters,
        name if name.starts_with("rnn.weight_hh") => (rows * columns) as u64 * (characters - 1),
        _ => return None,
    })
}

/// Says whether the multiply-adds could be compared as well.
fn check(plugin: &dyn ModelPlugin, params: &Params) -> bool {
    let setup = Setup {
        params,
        training: Some(&training()),
        n_tokens: N_TOKENS,
        n_classes: N_CLASSES,
        data: None,
        class_weights: &[1.0; N_CLASSES],
        streams: &StreamPath::root(5),
        workers: &alone(),
        kernels: Kernels::widest(),
    };
    let model = plugin.build(&setup).unwrap();
    let weights = model.weights();
    let has_embedding = weights.iter().any(|weight| weight.name == "embedding.weight");
    let bytes = |weight: &Tensor| match &weight.data {
        TensorData::F32(data) => 4 * data.len() as u64,
        other => panic!("{} is not in single precision: {other:?}", weight.name),
    };
    let counted = (model.n_parameters() as u64, weights.iter().map(bytes).sum());
    [1, 2, 3, 20].into_iter().all(|characters| {
        let Some(cost) = plugin.cost(&setup, characters) else { return false };
        let reported = (cost.parameters, cost.weight_bytes);
        assert_eq!(reported, counted, "{} with {params:?}, {characters} letters", plugin.about().id);
        let products: Option<u64> = weights.iter().map(|weight| multiply_adds(weight, has_embedding, characters)).sum();
        if let Some(products) = products {
            assert_eq!(cost.multiply_adds, products, "{} with {params:?}, {characters} letters", plugin.about().id);
        }
        products.is_some()
    })
}

#[test]
fn every_models_cost_is_that_of_its_weights() {
    let mut compared = BTreeSet::new();
    for plugin in PLUGINS {
        for (hidden, layers) in [(1, 1), (21, 1), (21, 3)] {
            let wanted = [("hidden_size", hidden), ("layers", layers), ("heads", 1)];
            let wanted = wanted.map(|(name, n)| (name, ParamValue::Integer(n)));
            for params in variants(*plugin, &wanted) {
                if check(*plugin, &params) {
                    compared.insert(plugin.about().id);
                }
            }
        }
    }
    let shipped = ["char_cnn", "gru", "lstm", "manual_rnn", "stacked_rnn"];
    assert!(shipped.iter().all(|id| compared.contains(id)), "{compared:?}");
}
