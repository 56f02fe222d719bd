//! The numbers of a model's weights as lists, one a weight, and what a step does to them.

use super::floats;
use recur_core::tensor::{Tensor, TensorData};

/// Numbers, one list a weight; empty where a weight is not of floats.
pub(super) type Numbers = Vec<Vec<f64>>;

/// What became less from `before` to `after`, over `rate`.
pub(super) fn difference(before: &[Tensor], after: &[Tensor], rate: f64) -> Numbers {
    let of_one = |(before, after): (&Tensor, &Tensor)| match (floats(before), floats(after)) {
        (Some(before), Some(after)) => before.iter().zip(&after).map(|(b, a)| (b - a) / rate).collect(),
        _ => Vec::new(),
    };
    before.iter().zip(after).map(of_one).collect()
}

/// The Euclidean length.
pub(super) fn length(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// The Euclidean length of all lists together.
pub(super) fn length_of_all(numbers: &Numbers) -> f64 {
    numbers.iter().flatten().map(|x| x * x).sum::<f64>().sqrt()
}

/// The length of `a - b`.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

pub(super) fn dot(a: &Numbers, b: &Numbers) -> f64 {
    a.iter().zip(b).flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| a * b).sum()
}

/// Half a unit in the last place of each number of `tensor`: what storing it rounds away.
pub(super) fn rounding(tensor: &Tensor) -> Vec<f64> {
    match &tensor.data {
        TensorData::F32(data) => data.iter().map(|x| f64::from(x.abs()) * f64::from(f32::EPSILON) + 1e-30).collect(),
        TensorData::F64(data) => data.iter().map(|x| x.abs() * f64::EPSILON + 1e-30).collect(),
        _ => Vec::new(),
    }
}

/// The first weight on which `got` and `expected` are further apart than `share` of what is expected and what rounding of
/// `noise` explains: its place, and the lengths of both and of their difference.
pub(super) fn first_apart(
    got: &Numbers,
    expected: &Numbers,
    share: f64,
    noise: impl Fn(usize) -> f64,
) -> Option<(usize, [f64; 3])> {
    got.iter().zip(expected).enumerate().find_map(|(at, (got, expected))| {
        let lengths = [length(got), length(expected), distance(got, expected)];
        let near = lengths[2] <= share * lengths[1] + noise(at);
        (!near).then_some((at, lengths))
    })
}
