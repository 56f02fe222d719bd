//! The plugin contract, and values worked out by hand.

use super::Template;
use recur_core::dataset::Sequences;
use recur_core::model::{Kernels, Model, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::tensor::Tensor;
use recur_core::workers::alone;
use recur_testkit::{bench, check_model};

fn params(pooling: &str) -> Params {
    let defaults = Params::defaults(Template.about().parameters);
    defaults.with("pooling", ParamValue::Text(pooling.to_owned())).with("learning_rate", ParamValue::Real(0.01))
}

#[test]
fn the_battery_passes() {
    ["sum", "mean"].iter().for_each(|pooling| check_model(&Template, params(pooling)).assert_passed(60));
}

/// A model of three characters and two labels: of label 0 the characters weigh 1, 2 and 4, of label 1 nothing.
fn weighed(pooling: &str) -> Box<dyn Model> {
    let setup = Setup {
        params: &params(pooling),
        training: Some(&bench::training()),
        n_tokens: 3,
        n_classes: 2,
        data: None,
        class_weights: &[1.0; 2],
        streams: &StreamPath::root(0),
        workers: &alone(),
        kernels: Kernels::widest(),
    };
    let mut model = Template.build(&setup).unwrap();
    let w = Tensor::f32("bag.weight", [2, 3], vec![1.0, 2.0, 4.0, 0.0, 0.0, 0.0]);
    model.set_weights(&[w, Tensor::f32("bag.bias", [2], vec![0.5, 0.0])]).unwrap();
    model
}

#[test]
fn logits_are_the_pooled_weights_of_the_characters() {
    let texts: [&[u16]; 2] = [&[0, 2, 2], &[1]];
    let sequences: Sequences = texts.into_iter().collect();
    for (pooling, first, second) in [("sum", 9.5, 2.5), ("mean", 3.5, 2.5)] {
        let mut out = [0.0; 4];
        weighed(pooling).log_probabilities(&sequences, &[0, 1], &mut out).unwrap();
        // The difference of log-probabilities is that of the logits.
        let found = [out[0] - out[1], out[2] - out[3]];
        for (found, expected) in found.into_iter().zip([first, second]) {
            assert!((found - expected).abs() < 1e-5, "{pooling}: {found}, expected {expected}");
        }
    }
}
