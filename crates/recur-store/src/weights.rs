//! Weights as safetensors, byte for byte the same for equal weights and cards.
//!
//! The file's metadata has one key, `recur`, that holds the [`ModelCard`] as JSON: the safetensors crate writes metadata
//! in the order of a hash map, which only a single key keeps the same.

use crate::error::{StoreError, WeightsProblem};
use crate::files::write_atomically;
use recur_core::digest::Digest;
use recur_core::tensor::{Tensor, TensorData};
use recur_core::weights::{CARD_FORMAT, ModelCard, WeightsFile};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;

/// The key of the card in the file's metadata.
const CARD: &str = "recur";

/// A file larger than this is no model of names: the largest that the models' ranges allow is not read by mistake.
const MAX_BYTES: u64 = 1 << 32;

/// Writes `tensors` with `card`, in PyTorch's names and shapes as they stand in `tensors`.
///
/// # Errors
/// If the file cannot be written; what stood at `path` then still stands there.
pub fn write_weights(path: &Path, tensors: &[Tensor], card: &ModelCard) -> Result<(), StoreError> {
    let wrong = |error: SafeTensorError| {
        let problem = WeightsProblem::NotSafetensors { problem: error.to_string() };
        StoreError::Weights { path: path.to_owned(), problem }
    };
    write_atomically(path, &encode(tensors, card).map_err(wrong)?)
}

/// Reads a file of weights that recur, or any other writer of safetensors, wrote.
///
/// # Errors
/// If it cannot be read, is damaged, or holds numbers that no model has; the error names the file and the tensor.
pub fn read_weights(path: &Path) -> Result<WeightsFile, StoreError> {
    let wrong = |problem| StoreError::Weights { path: path.to_owned(), problem };
    let bytes = std::fs::metadata(path).map_err(StoreError::io("read", path))?.len();
    if bytes > MAX_BYTES {
        return Err(wrong(WeightsProblem::TooLarge { bytes, max: MAX_BYTES }));
    }
    let bytes = std::fs::read(path).map_err(StoreError::io("read", path))?;
    let (tensors, card) = decode(&bytes).map_err(wrong)?;
    Ok(WeightsFile { path: path.display().to_string(), digest: Digest::of(&bytes), card, tensors })
}

pub(crate) fn encode(tensors: &[Tensor], card: &ModelCard) -> Result<Vec<u8>, SafeTensorError> {
    let card = serde_json::to_string(card).expect("a card holds no map with other keys than strings");
    encode_tensors(tensors.iter().map(|tensor| (tensor.name.clone(), tensor)), (CARD, card))
}

/// The bytes of a file with `tensors` under the names beside them, and one entry of metadata.
pub(crate) fn encode_tensors<'a>(
    tensors: impl Iterator<Item = (String, &'a Tensor)>,
    (key, value): (&str, String),
) -> Result<Vec<u8>, SafeTensorError> {
    let encoded: Vec<_> = tensors.map(|(name, tensor)| (name, &tensor.shape, encode_data(&tensor.data))).collect();
    let views = encoded
        .iter()
        .map(|(name, shape, (dtype, bytes))| Ok((name.as_str(), TensorView::new(*dtype, (*shape).clone(), bytes)?)));
    let metadata = HashMap::from([(key.to_owned(), value)]);
    safetensors::serialize(views.collect::<Result<Vec<_>, SafeTensorError>>()?, Some(metadata))
}

/// The tensors of a safetensors file, by name, and its card.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Vec<Tensor>, Option<ModelCard>), WeightsProblem> {
    // A zip archive, or the pickle that older versions write.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\x80\x02\x8a\x0a") {
        return Err(WeightsProblem::TorchSave);
    }
    let damaged = |error: SafeTensorError| WeightsProblem::NotSafetensors { problem: error.to_string() };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let card = header.metadata().as_ref().and_then(|metadata| metadata.get(CARD));
    let card = card.map(|json| decode_card(json)).transpose()?;
    Ok((decode_tensors(bytes)?, card))
}

/// The tensors of a safetensors file, sorted by name.
pub(crate) fn decode_tensors(bytes: &[u8]) -> Result<Vec<Tensor>, WeightsProblem> {
    let damaged = |error: SafeTensorError| WeightsProblem::NotSafetensors { problem: error.to_string() };
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let mut tensors = file
        .tensors()
        .into_iter()
        .map(|(name, view)| Ok(Tensor::new(name.clone(), view.shape(), decode_data(&name, &view)?)))
        .collect::<Result<Vec<_>, WeightsProblem>>()?;
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tensors)
}

fn decode_card(json: &str) -> Result<ModelCard, WeightsProblem> {
    /// What every version of a card has.
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let damaged = |error: serde_json::Error| WeightsProblem::Card { problem: error.to_string() };
    let Format { format } = serde_json::from_str(json).map_err(damaged)?;
    if format > CARD_FORMAT {
        return Err(WeightsProblem::CardFormat { found: format, known: CARD_FORMAT });
    }
    let card: ModelCard = serde_json::from_str(json).map_err(damaged)?;
    let n_letters = card.letters.chars().count();
    if n_letters > 65_000 || card.labels.is_empty() || card.labels.len() > 65_535 {
        let problem = format!("{n_letters} letters and {} labels", card.labels.len());
        return Err(WeightsProblem::Card { problem });
    }
    Ok(card)
}

fn encode_data(data: &TensorData) -> (Dtype, Vec<u8>) {
    match data {
        TensorData::F32(data) => (Dtype::F32, data.iter().flat_map(|x| x.to_le_bytes()).collect()),
        TensorData::F64(data) => (Dtype::F64, data.iter().flat_map(|x| x.to_le_bytes()).collect()),
        TensorData::I64(data) => (Dtype::I64, data.iter().flat_map(|x| x.to_le_bytes()).collect()),
    }
}

fn decode_data(name: &str, view: &TensorView<'_>) -> Result<TensorData, WeightsProblem> {
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => Ok(TensorData::F32(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect())),
        Dtype::F64 => Ok(TensorData::F64(bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect())),
        Dtype::I64 => Ok(TensorData::I64(bytes.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect())),
        other => Err(WeightsProblem::NumberType { tensor: name.to_owned(), found: format!("{other:?}") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_core::params::{ParamValue, Params};
    use recur_core::settings::{Fold, TextSettings, UnicodeForm, Unknown};

    fn tensors() -> Vec<Tensor> {
        vec![
            Tensor::f32("a.weight", [2, 2], vec![1.0, -0.0, f32::MIN_POSITIVE, f32::NAN]),
            Tensor::new("b", [1], TensorData::F64(vec![std::f64::consts::PI])),
            Tensor::new("c", [2], TensorData::I64(vec![-1, i64::MAX])),
        ]
    }

    fn card() -> ModelCard {
        let text =
            TextSettings { unicode: UnicodeForm::Nfc, fold: Fold::Ascii, alphabet: None, unknown: Unknown::Drop };
        ModelCard {
            format: CARD_FORMAT,
            model: "m".into(),
            model_version: 1,
            params: Params::default().with("a", ParamValue::Real(0.1)).with("b", ParamValue::Integer(2)),
            text,
            letters: " '\"ñ".into(),
            has_unknown: false,
            labels: vec!["Czech".into(), "Português".into()],
            trial: None,
        }
    }

    fn check(bytes: &[u8], told: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        std::fs::write(&path, bytes).unwrap();
        let error = read_weights(&path).unwrap_err().to_string();
        assert!(error.contains("w.safetensors") && error.contains(told), "{error}");
    }

    #[test]
    fn weights_and_card_come_back_bit_for_bit() {
        let bytes = encode(&tensors(), &card()).unwrap();
        let (read, read_card) = decode(&bytes).unwrap();
        assert_eq!(encode(&read, &card()).unwrap(), bytes);
        assert_eq!(read[1..], tensors()[1..]);
        assert_eq!(read_card, Some(card()));
    }

    /// The order of a hash map differs from map to map even within one process.
    #[test]
    fn bytes_are_the_same_each_time_and_in_any_order_of_tensors() {
        let digest = Digest::of(&encode(&tensors(), &card()).unwrap());
        for _ in 0..20 {
            let reversed: Vec<Tensor> = tensors().into_iter().rev().collect();
            assert_eq!(Digest::of(&encode(&reversed, &card()).unwrap()), digest);
        }
    }

    #[test]
    fn a_file_of_another_program_has_no_card() {
        let bytes = safetensors::serialize(
            [("w", TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap())],
            Some(HashMap::from([("format".to_owned(), "pt".to_owned())])),
        );
        let (tensors, card) = decode(&bytes.unwrap()).unwrap();
        assert_eq!((tensors, card), (vec![Tensor::f32("w", [1], vec![0.0])], None));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_by_name() {
        let bytes = encode(&tensors(), &card()).unwrap();
        for len in 0..bytes.len() {
            assert!(matches!(decode(&bytes[..len]), Err(WeightsProblem::NotSafetensors { .. })), "{len}");
        }
        check(&bytes[..bytes.len() - 1], "not a whole safetensors file");
        check(b"", "not a whole safetensors file");
        check(&[0xff; 64], "not a whole safetensors file");
        check(b"PK\x03\x04...", "safetensors.torch.save_file");
    }

    #[test]
    fn half_precision_is_refused_with_its_tensor_and_the_way_out() {
        for (dtype, name) in [(Dtype::F16, "F16"), (Dtype::BF16, "BF16")] {
            let view = TensorView::new(dtype, vec![2], &[0; 4]).unwrap();
            let bytes = safetensors::serialize([("fc.bias", view)], None).unwrap();
            check(&bytes, &format!("tensor `fc.bias` holds {name}, expected F32, F64 or I64; in PyTorch, .float()"));
        }
    }

    #[test]
    fn a_card_of_a_later_format_or_with_holes_is_refused() {
        let with = |json: &str| {
            let metadata = HashMap::from([(CARD.to_owned(), json.to_owned())]);
            let view = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
            safetensors::serialize([("w", view)], Some(metadata)).unwrap()
        };
        check(
            &with(r#"{"format": 99, "shape": "another"}"#),
            "its card has format 99, and this version of recur reads",
        );
        check(&with(r#"{"format": 1}"#), "its card is damaged (missing field");
        check(&with("{"), "its card is damaged");
        let none = serde_json::to_string(&ModelCard { labels: vec![], ..card() }).unwrap();
        check(&with(&none), "its card is damaged (4 letters and 0 labels)");
    }

    #[cfg(unix)]
    #[test]
    fn a_huge_file_is_refused_unread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge");
        std::fs::File::create(&path).unwrap().set_len(MAX_BYTES + 1).unwrap();
        let error = read_weights(&path).unwrap_err().to_string();
        assert!(error.ends_with("it has 4294967297 bytes, at most 4294967296 are read"), "{error}");
    }
}
