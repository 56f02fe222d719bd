//! The checks, by what they look at.

mod bytes;
mod learning;
mod prediction;
mod schema;
mod weights;

use crate::battery::Check;
use recur_core::tensor::{Tensor, TensorData};

/// Every check, from the cheapest to the dearest kind.
pub fn all() -> Vec<Check> {
    [schema::CHECKS, learning::CHECKS, prediction::CHECKS, weights::CHECKS, bytes::CHECKS].concat()
}

/// The bits of predictions, so that NaN and -0 compare.
fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

/// Whether two lists of tensors have equal names, shapes and bits.
fn same_tensors(a: &[Tensor], b: &[Tensor]) -> bool {
    let same_data = |a: &TensorData, b: &TensorData| match (a, b) {
        (TensorData::F32(a), TensorData::F32(b)) => bits(a) == bits(b),
        (TensorData::F64(a), TensorData::F64(b)) => a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits())),
        (TensorData::I64(a), TensorData::I64(b)) => a == b,
        _ => false,
    };
    let same = |(a, b): (&Tensor, &Tensor)| a.name == b.name && a.shape == b.shape && same_data(&a.data, &b.data);
    a.len() == b.len() && a.iter().zip(b).all(same)
}
