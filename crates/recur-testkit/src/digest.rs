//! All that a training leaves behind, as one digest: for the comparison of processes.

use crate::bench::{Bench, SEED, predict};
use crate::examples;
use recur_core::digest::{Digest, Hasher};
use recur_core::model::ModelError;
use recur_core::tensor::{Tensor, TensorData};

/// The digest of the losses, weights and predictions of a training of five epochs: equal in every process that keeps
/// the plugin's promise.
///
/// # Errors
/// What the model says.
pub fn digest(bench: &Bench) -> Result<Digest, ModelError> {
    let examples = examples::learnable();
    let mut trained = bench.for_epochs(5).train(SEED, &examples)?;
    let mut hasher = Hasher::new();
    let losses: Vec<u8> = trained.losses.iter().flat_map(|loss| loss.to_bits().to_le_bytes()).collect();
    hasher.field(&losses);
    trained.model.weights().iter().for_each(|tensor| add(&mut hasher, tensor));
    for examples in [examples, examples::odd()] {
        let predicted = predict(trained.model.as_mut(), &examples, &examples.rows())?;
        hasher.field(&predicted.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect::<Vec<u8>>());
    }
    Ok(hasher.finish())
}

fn add(hasher: &mut Hasher, tensor: &Tensor) {
    hasher.field(tensor.name.as_bytes());
    hasher.field(&tensor.shape.iter().flat_map(|n| (*n as u64).to_le_bytes()).collect::<Vec<u8>>());
    let bytes: Vec<u8> = match &tensor.data {
        TensorData::F32(data) => data.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect(),
        TensorData::F64(data) => data.iter().flat_map(|x| x.to_bits().to_le_bytes()).collect(),
        TensorData::U8(data) => data.clone(),
        TensorData::I64(data) => data.iter().flat_map(|n| n.to_le_bytes()).collect(),
    };
    hasher.field(&bytes);
}
