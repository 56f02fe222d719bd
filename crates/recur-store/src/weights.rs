//! Weights as safetensors, byte for byte the same for equal weights.

use recur_core::tensor::{Tensor, TensorData};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};

/// The bytes of a safetensors file with `tensors`.
pub(crate) fn encode(tensors: &[Tensor]) -> Result<Vec<u8>, SafeTensorError> {
    let encoded: Vec<(Dtype, Vec<u8>)> = tensors.iter().map(|tensor| encode_data(&tensor.data)).collect();
    let views = tensors.iter().zip(&encoded).map(|(tensor, (dtype, bytes))| {
        Ok((tensor.name.as_str(), TensorView::new(*dtype, tensor.shape.clone(), bytes)?))
    });
    safetensors::serialize(views.collect::<Result<Vec<_>, SafeTensorError>>()?, None)
}

/// The tensors of a safetensors file, by name.
pub(crate) fn decode(bytes: &[u8]) -> Result<Vec<Tensor>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let mut tensors = file
        .tensors()
        .into_iter()
        .map(|(name, view)| Ok(Tensor::new(name.clone(), view.shape(), decode_data(&name, &view)?)))
        .collect::<Result<Vec<_>, String>>()?;
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tensors)
}

fn encode_data(data: &TensorData) -> (Dtype, Vec<u8>) {
    match data {
        TensorData::F32(data) => (Dtype::F32, data.iter().flat_map(|x| x.to_le_bytes()).collect()),
        TensorData::F64(data) => (Dtype::F64, data.iter().flat_map(|x| x.to_le_bytes()).collect()),
        TensorData::I64(data) => (Dtype::I64, data.iter().flat_map(|x| x.to_le_bytes()).collect()),
    }
}

fn decode_data(name: &str, view: &TensorView<'_>) -> Result<TensorData, String> {
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => Ok(TensorData::F32(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect())),
        Dtype::F64 => Ok(TensorData::F64(bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect())),
        Dtype::I64 => Ok(TensorData::I64(bytes.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect())),
        other => Err(format!("tensor `{name}` holds {other:?}, expected F32, F64 or I64")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors() -> Vec<Tensor> {
        vec![
            Tensor::f32("a.weight", [2, 2], vec![1.0, -0.0, f32::MIN_POSITIVE, f32::NAN]),
            Tensor::new("b", [1], TensorData::F64(vec![std::f64::consts::PI])),
            Tensor::new("c", [2], TensorData::I64(vec![-1, i64::MAX])),
        ]
    }

    #[test]
    fn weights_come_back_bit_for_bit() {
        let bytes = encode(&tensors()).unwrap();
        let read = decode(&bytes).unwrap();
        assert_eq!(encode(&read).unwrap(), bytes);
        assert_eq!(read[1..], tensors()[1..]);
    }

    #[test]
    fn a_truncated_file_is_refused() {
        let bytes = encode(&tensors()).unwrap();
        assert!(decode(&bytes[..bytes.len() - 1]).is_err());
        assert!(decode(b"").is_err());
    }
}
