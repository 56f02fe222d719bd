//! The plugin contract, gradients against finite differences, and the first values of the weights.

use super::LetterAttention;
use super::network::{AttentionNetwork, Shape};
use recur_core::model::ModelPlugin;
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::tensor::{Tensor, TensorData};
use recur_kernels::Kernels;
use recur_nn::batch::Batch;
use recur_nn::gradient::Buffer;
use recur_nn::network::{Network, StepRng};
use recur_testkit::check_model;

#[test]
fn the_battery_passes() {
    let params = Params::defaults(LetterAttention.about().parameters)
        .with("filters", ParamValue::Integer(16))
        .with("attention_size", ParamValue::Integer(8))
        .with("learning_rate", ParamValue::Real(0.01));
    check_model(&LetterAttention, params.clone()).assert_passed(63);
    check_model(&LetterAttention, params.with("dropout", ParamValue::Real(0.2))).assert_passed(63);
}

const SHAPE: Shape = Shape { vocab: 5, embedding: 3, width: 3, filters: 4, attention: 2, classes: 3, dropout: 0.4 };

fn numbers(n: usize, seed: u64) -> Vec<f32> {
    let mut stream = StreamPath::root(seed).stream();
    (0..n).map(|_| stream.symmetric_f32(1.0)).collect()
}

/// The gradient of `Σ d · logits` with respect to each weight is its central difference, with dropout and without.
#[test]
fn gradients_are_the_slopes() {
    const STEP: f32 = 1e-3;
    let (kernels, path, mut batch) = (Kernels::widest(), StreamPath::root(4), Batch::default());
    batch.pack_texts(&[&[1, 2], &[1, 2, 3], &[4], &[1, 2, 0, 4, 3]]);
    for dropout in [0.0, 0.4] {
        let mut network = AttentionNetwork::new(&Shape { dropout, ..SHAPE });
        let d = numbers(batch.len() * SHAPE.classes, 1);
        let logits_of = |network: &mut AttentionNetwork, parameters: &[f32]| {
            let mut logits = vec![0.0; d.len()];
            network.parameters_changed(kernels, parameters);
            network.forward(kernels, parameters, &batch, Some(StepRng { path: &path, step: 7 }), &mut logits);
            logits
        };
        let parameters = numbers(network.layout().n_parameters(), 2);
        let mut gradients = vec![0.0; parameters.len()];
        logits_of(&mut network, &parameters);
        network.backward(kernels, &batch, &d, &mut Buffer { kernels, gradients: &mut gradients });
        let mut loss = |parameters: &[f32]| -> f64 {
            let products = logits_of(&mut network, parameters).into_iter().zip(&d);
            products.map(|(y, d)| f64::from(y) * f64::from(*d)).sum()
        };
        for (i, gradient) in gradients.iter().enumerate() {
            let [above, below] = [STEP, -STEP].map(|step| {
                let mut moved = parameters.clone();
                moved[i] += step;
                loss(&moved)
            });
            let (slope, found) = ((above - below) / f64::from(2.0 * STEP), f64::from(*gradient));
            assert!((slope - found).abs() < 2e-3 + 2e-2 * slope.abs(), "parameter {i}: {found}, slope {slope}");
        }
    }
}

/// Names and shapes are PyTorch's, and each weight begins as its [`recur_nn::layout::Init`] says.
#[test]
fn weights_have_pytorchs_shapes_and_their_own_first_values() {
    let network = AttentionNetwork::new(&SHAPE);
    let (kernels, layout) = (Kernels::widest(), network.layout());
    let weights = layout.export(kernels, "", &layout.initial(kernels, &StreamPath::root(1)));
    let shapes: Vec<(&str, &[usize])> = weights.iter().map(|tensor| (&*tensor.name, &*tensor.shape)).collect();
    let expected: [(&str, &[usize]); 10] = [
        ("embedding.weight", &[5, 3]),
        ("conv.weight", &[4, 3, 3]),
        ("conv.bias", &[4]),
        ("norm.weight", &[4]),
        ("norm.bias", &[4]),
        ("attention.proj.weight", &[2, 4]),
        ("attention.proj.bias", &[2]),
        ("attention.query", &[2]),
        ("fc.weight", &[3, 4]),
        ("fc.bias", &[3]),
    ];
    assert_eq!(shapes, expected);
    assert!(greatest(&weights[0]) > 1.0, "normal");
    assert!(within(&weights[1], 1.0 / 3.0), "uniform by a fan-in of 9");
    assert!(values(&weights[3]).iter().all(|x| *x == 1.0), "ones");
    assert!([4, 6].iter().all(|i| greatest(&weights[*i]) == 0.0), "zeros");
    assert!(within(&weights[5], 1.0), "Xavier, of 4 inputs and 2 outputs");
    assert!(within(&weights[8], 0.5), "uniform by a fan-in of 4");
}

fn values(tensor: &Tensor) -> &[f32] {
    match &tensor.data {
        TensorData::F32(values) => values,
        _ => panic!("{} holds other numbers than f32", tensor.name),
    }
}

fn greatest(tensor: &Tensor) -> f32 {
    values(tensor).iter().fold(0.0, |greatest: f32, x| greatest.max(x.abs()))
}

/// Whether values reach to `bound` and not beyond, as uniform ones do.
fn within(tensor: &Tensor, bound: f32) -> bool {
    (0.7 * bound..=bound).contains(&greatest(tensor))
}
