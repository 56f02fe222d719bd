//! What each model says that it costs is what its weights say.

use recur_core::model::{ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::tensor::{Tensor, TensorData};
use recur_core::workers::alone;
use recur_models::PLUGINS;
use recur_testkit::bench::training;

const N_TOKENS: usize = 7;
const N_CLASSES: usize = 3;

/// How often the elements of a matrix are multiplied for a name of `letters` letters, by the tensor's name: a letter is
/// looked up, and the state before the first is zero.
fn multiply_adds(weight: &Tensor, letters: u64) -> u64 {
    let [rows, columns] = weight.shape[..] else { return 0 };
    let states = (rows * (columns - N_TOKENS.min(columns))) as u64;
    match weight.name.as_str() {
        "i2h.weight" => states * letters.saturating_sub(2),
        "i2o.weight" => states,
        "rnn.weight_ih_l0" => 0,
        "fc.weight" => (rows * columns) as u64,
        name if name.starts_with("rnn.weight_ih") => (rows * columns) as u64 * letters,
        name if name.starts_with("rnn.weight_hh") => (rows * columns) as u64 * (letters - 1),
        other => panic!("how often is {other} multiplied?"),
    }
}

fn check(plugin: &dyn ModelPlugin, params: &Params) {
    let setup = Setup {
        params,
        training: &training(),
        n_tokens: N_TOKENS,
        n_classes: N_CLASSES,
        class_weights: &[1.0; N_CLASSES],
        streams: &StreamPath::root(5),
        workers: &alone(),
    };
    let model = plugin.build(&setup).unwrap();
    let weights = model.weights();
    let bytes = |weight: &Tensor| match &weight.data {
        TensorData::F32(data) => 4 * data.len() as u64,
        other => panic!("{} is not in single precision: {other:?}", weight.name),
    };
    for letters in [1, 2, 3, 20] {
        let cost = plugin.cost(&setup, letters).unwrap();
        let told = (cost.parameters, cost.weight_bytes, cost.multiply_adds);
        let products = weights.iter().map(|weight| multiply_adds(weight, letters)).sum();
        let counted = (model.n_parameters() as u64, weights.iter().map(bytes).sum(), products);
        assert_eq!(told, counted, "{} with {params:?}, {letters} letters", plugin.id());
    }
}

#[test]
fn every_models_cost_is_that_of_its_weights() {
    for plugin in PLUGINS {
        for (hidden, layers) in [(1, 1), (21, 1), (21, 3)] {
            let mut params = Params::defaults(plugin.parameters()).with("hidden_size", ParamValue::Integer(hidden));
            if params.get("layers").is_some() {
                params = params.with("layers", ParamValue::Integer(layers));
            }
            check(*plugin, &params);
        }
    }
}
