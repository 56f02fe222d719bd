//! The checks, by what they look at.

mod batches;
mod broken;
mod bytes;
mod declaration;
mod dropout;
mod edges;
mod gradient;
mod learning;
mod numbers;
mod prediction;
mod resume;
mod sizes;
mod steps;
mod updates;
mod weights;

use crate::battery::{Check, Stop, Verdict, ensure};
use crate::bench::Bench;
use crate::examples::{Examples, N_CLASSES};
use recur_core::model::Determinism;
use recur_core::params::ParamValue;
use recur_core::random::Stream;
use recur_core::tensor::{Tensor, TensorData};

/// What the checks look at, from what is declared to what is promised.
const PARTS: [(&str, &[Check]); 14] = [
    ("what is declared", declaration::CHECKS),
    ("ends of parameters' ranges", edges::CHECKS),
    ("learning", learning::CHECKS),
    ("what a step gets", steps::CHECKS),
    ("gradients", gradient::CHECKS),
    ("optimizer, clipping, schedule", updates::CHECKS),
    ("batches, weights of labels, unused settings", batches::CHECKS),
    ("dropout", dropout::CHECKS),
    ("answers", prediction::CHECKS),
    ("many texts, long texts, large alphabets", sizes::CHECKS),
    ("weights", weights::CHECKS),
    ("nothing is left of the past", broken::CHECKS),
    ("resuming a training", resume::CHECKS),
    ("bits", bytes::CHECKS),
];

/// Every check, in the order in which they run.
pub fn all() -> Vec<Check> {
    PARTS.iter().flat_map(|(kind, checks)| checks.iter().map(|check| Check { kind, ..*check })).collect()
}

/// Skips a check of bits where the plugin promises none.
fn promised(bench: &Bench) -> Verdict {
    match bench.plugin.about().determinism {
        Determinism::None => Err(Stop::Skip("it promises nothing of its bits")),
        Determinism::Portable | Determinism::Machine => Ok(()),
    }
}

/// Skips a check of steps for a model that has none.
fn in_steps(bench: &Bench) -> Verdict {
    if bench.is_one_shot() { Err(Stop::Skip("it is trained in one go")) } else { Ok(()) }
}

/// The bits of predictions, so that NaN and -0 compare.
fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// Whether two predictions are the same: bit for bit, or to three digits where the plugin promises nothing of its bits.
fn same_results(bench: &Bench, a: &[f32], b: &[f32]) -> bool {
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-3 * (1.0 + a.abs());
    match bench.plugin.about().determinism {
        Determinism::None => a.len() == b.len() && a.iter().zip(b).all(near),
        Determinism::Portable | Determinism::Machine => bits(a) == bits(b),
    }
}

fn all_finite(numbers: &[f32]) -> Verdict {
    ensure(numbers.iter().all(|x| x.is_finite()), || "a log-probability is not finite".to_owned())
}

/// The most probable label of a row of log-probabilities.
fn best(row: &[f32]) -> usize {
    (1..N_CLASSES).fold(0, |best, label| if row[label] > row[best] { label } else { best })
}

/// How many texts have their own label as the most probable.
fn n_right(log_probabilities: &[f32], examples: &Examples) -> usize {
    let rows = log_probabilities.chunks_exact(N_CLASSES).zip(&examples.labels);
    rows.filter(|(row, label)| best(row) == usize::from(**label)).count()
}

/// Whether two lists of tensors have equal names, shapes and bits.
fn same_tensors(a: &[Tensor], b: &[Tensor]) -> bool {
    let same_data = |a: &TensorData, b: &TensorData| match (a, b) {
        (TensorData::F32(a), TensorData::F32(b)) => bits(a) == bits(b),
        (TensorData::F64(a), TensorData::F64(b)) => a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits())),
        (TensorData::I64(a), TensorData::I64(b)) => a == b,
        (TensorData::U8(a), TensorData::U8(b)) => a == b,
        _ => false,
    };
    let same = |(a, b): (&Tensor, &Tensor)| a.name == b.name && a.shape == b.shape && same_data(&a.data, &b.data);
    a.len() == b.len() && a.iter().zip(b).all(same)
}

/// Adds `by` of its index to each number of a float tensor; false for a tensor of whole numbers, which stays.
fn shift(tensor: &mut Tensor, by: impl Fn(usize) -> f64) -> bool {
    match &mut tensor.data {
        TensorData::F32(data) => data.iter_mut().enumerate().for_each(|(i, x)| *x = (f64::from(*x) + by(i)) as f32),
        TensorData::F64(data) => data.iter_mut().enumerate().for_each(|(i, x)| *x += by(i)),
        TensorData::I64(_) | TensorData::U8(_) => return false,
    }
    true
}

/// Multiplies each number of a float tensor by `factor`.
fn scale(tensor: &mut Tensor, factor: f64) {
    match &mut tensor.data {
        TensorData::F32(data) => data.iter_mut().for_each(|x| *x = (f64::from(*x) * factor) as f32),
        TensorData::F64(data) => data.iter_mut().for_each(|x| *x *= factor),
        _ => {}
    }
}

/// Draws each number of a float tensor anew, from `-bound` to `bound`.
fn scatter(tensor: &mut Tensor, bound: f32, stream: &mut Stream) {
    match &mut tensor.data {
        TensorData::F32(data) => data.iter_mut().for_each(|x| *x = stream.symmetric_f32(bound)),
        TensorData::F64(data) => data.iter_mut().for_each(|x| *x = f64::from(stream.symmetric_f32(bound))),
        _ => {}
    }
}

/// Whether `name` is a parameter for the share of something that is dropped in training.
fn is_dropout(bench: &Bench, name: &str) -> bool {
    (name == "dropout" || name.ends_with("_dropout")) && bench.takes(name, 0.0)
}

/// The bench without dropout.
fn calm(bench: &Bench) -> Bench {
    let names = bench.plugin.about().parameters.iter().map(|spec| spec.name).filter(|name| is_dropout(bench, name));
    names.fold(bench.clone(), |bench, name| bench.with_param(name, ParamValue::Real(0.0)))
}

/// The numbers of a float tensor; None of one of whole numbers.
fn floats(tensor: &Tensor) -> Option<Vec<f64>> {
    match &tensor.data {
        TensorData::F32(data) => Some(data.iter().map(|x| f64::from(*x)).collect()),
        TensorData::F64(data) => Some(data.clone()),
        TensorData::I64(_) | TensorData::U8(_) => None,
    }
}
