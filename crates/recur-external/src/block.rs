//! Raw bytes: log-probabilities, losses and tensors, all little-endian. `texts` has those of texts.

use crate::error::printable;
use crate::frozen::{self, Frozen};
use crate::wire::TensorHead;
use recur_core::model::ModelError;
use recur_core::tensor::{Tensor, TensorData};
use recur_core::weights::unfit_name;

/// Appends the bytes of `numbers`. What is written was made room for at once: a push each takes several times as long.
pub(crate) fn push<T: Copy, const N: usize>(block: &mut Vec<u8>, numbers: &[T], bytes: impl Fn(T) -> [u8; N]) {
    let start = block.len();
    block.resize(start + N * numbers.len(), 0);
    for (out, number) in block[start..].as_chunks_mut().0.iter_mut().zip(numbers) {
        *out = bytes(*number);
    }
}

/// Copies log-probabilities into `out (n, C)`; says what is wrong with their number otherwise.
pub(crate) fn log_probabilities(block: &[u8], n_classes: usize, out: &mut [f32]) -> Result<(), String> {
    let expected = 4 * out.len();
    if block.len() != expected {
        let n_texts = out.len() / n_classes;
        return Err(format!(
            "has {} bytes, expected {expected}: f32 for {n_texts} texts × {n_classes} labels",
            block.len()
        ));
    }
    for (out, bytes) in out.iter_mut().zip(block.as_chunks().0) {
        *out = f32::from_le_bytes(*bytes);
    }
    Ok(())
}

/// Copies the losses of a chunk into `out`; says what is wrong with their number otherwise.
pub(crate) fn losses(block: &[u8], out: &mut [f64]) -> Result<(), String> {
    let expected = 8 * out.len();
    if block.len() != expected {
        let n_texts = out.len();
        return Err(format!("has {} bytes, expected {expected}: f64 for the losses of {n_texts} texts", block.len()));
    }
    for (out, bytes) in out.iter_mut().zip(block.as_chunks().0) {
        *out = f64::from_le_bytes(*bytes);
    }
    Ok(())
}

/// Appends the bytes of `f64`s.
pub(crate) fn push_doubles(block: &mut Vec<u8>, numbers: &[f64]) {
    push(block, numbers, f64::to_le_bytes);
}

/// Appends the bytes of `f32`s.
pub(crate) fn push_floats(block: &mut Vec<u8>, numbers: &[f32]) {
    push(block, numbers, f32::to_le_bytes);
}

/// Appends the numbers of `tensors`, and returns what the head of a message says of them.
pub(crate) fn push_tensors(block: &mut Vec<u8>, tensors: &[Tensor]) -> Vec<TensorHead> {
    let heads = tensors.iter().map(|tensor| {
        let dtype = match &tensor.data {
            TensorData::F32(data) => {
                push(block, data, f32::to_le_bytes);
                "f32"
            }
            TensorData::F64(data) => {
                push(block, data, f64::to_le_bytes);
                "f64"
            }
            TensorData::I64(data) => {
                push(block, data, i64::to_le_bytes);
                "i64"
            }
            TensorData::U8(data) => {
                block.extend_from_slice(data);
                "u8"
            }
        };
        TensorHead::new(&tensor.name, dtype, &tensor.shape)
    });
    heads.collect()
}

/// Tensors that a model may have.
pub(crate) const MAX_TENSORS: usize = 10_000;

/// Bytes that the name of a tensor may have.
const MAX_NAME: usize = 1000;

/// What is wrong with the names of `heads`.
fn check_names(heads: &[TensorHead]) -> Result<(), String> {
    if heads.len() > MAX_TENSORS {
        return Err(format!("has {} tensors, and {MAX_TENSORS} are allowed", heads.len()));
    }
    if let Some(long) = heads.iter().find(|head| head.name.len() > MAX_NAME) {
        let (name, length) = (printable(&long.name, 100), long.name.len());
        return Err(format!("has a tensor `{name}` with a name of {length} bytes, and {MAX_NAME} are allowed"));
    }
    if let Some((name, problem)) = unfit_name(heads.iter().map(|head| head.name.as_str())) {
        return Err(format!("has a tensor `{}`: {problem}", printable(name, 100)));
    }
    Ok(())
}

/// As [`push_tensors`]; those that stand for one of `frozen` files have no numbers.
///
/// # Errors
/// If one stands for another file.
pub(crate) fn push_weights(
    block: &mut Vec<u8>,
    tensors: &[Tensor],
    frozen: &[Frozen],
) -> Result<Vec<TensorHead>, ModelError> {
    let head = |tensor: &Tensor| match frozen.iter().find(|frozen| frozen.name == tensor.name) {
        Some(frozen) => frozen::check_tensor(tensor, frozen).map(|()| TensorHead::of_frozen(&tensor.name)),
        None => Ok(push_tensors(block, std::slice::from_ref(tensor)).remove(0)),
    };
    tensors.iter().map(head).collect()
}

/// What `head` stands for, if it is one of `frozen` files.
fn decode_frozen(head: &TensorHead, frozen: &[Frozen]) -> Result<Option<Tensor>, String> {
    let name = || printable(&head.name, 100);
    match (frozen.iter().find(|frozen| frozen.name == head.name), head.frozen) {
        (Some(frozen), true) => Ok(Some(frozen::tensor(frozen))),
        (Some(_), false) => Err(format!(
            "has a tensor `{0}` with numbers, but `{0}` is a frozen file of plugin.yaml: answer `frozen`",
            name()
        )),
        (None, true) => {
            Err(format!("has a frozen tensor `{}`, which plugin.yaml does not list under `frozen`", name()))
        }
        (None, false) => Ok(None),
    }
}

/// The tensors that `heads` and `block` describe; some may stand for one of `frozen` files.
pub(crate) fn decode_tensors(
    heads: Vec<TensorHead>,
    mut block: &[u8],
    frozen: &[Frozen],
) -> Result<Vec<Tensor>, String> {
    check_names(&heads)?;
    let mut tensors: Vec<Tensor> = Vec::with_capacity(heads.len());
    for head in heads {
        tensors.push(match decode_frozen(&head, frozen)? {
            Some(tensor) => tensor,
            None => decode_tensor(head, &mut block)?,
        });
    }
    if block.is_empty() { Ok(tensors) } else { Err(format!("has {} bytes beyond its tensors", block.len())) }
}

/// The tensor of `head` at the start of `block`, which is then behind it.
fn decode_tensor(head: TensorHead, block: &mut &[u8]) -> Result<Tensor, String> {
    let TensorHead { name, dtype, shape, .. } = head;
    let size = match dtype.as_str() {
        "f32" => 4,
        "f64" | "i64" => 8,
        "u8" => 1,
        _ => {
            let (name, dtype) = (printable(&name, 100), printable(&dtype, 20));
            return Err(format!("has a tensor `{name}` of dtype `{dtype}`, expected f32, f64, i64 or u8"));
        }
    };
    let n_bytes = shape.iter().try_fold(size, |bytes: usize, extent| bytes.checked_mul(*extent));
    let Some((data, rest)) = n_bytes.and_then(|n_bytes| block.split_at_checked(n_bytes)) else {
        let name = printable(&name, 100);
        return Err(format!("has too few bytes for the tensor `{name}` of shape {}", shape_in_words(&shape)));
    };
    *block = rest;
    let data = match dtype.as_str() {
        "f32" => TensorData::F32(data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
        "f64" => TensorData::F64(data.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()),
        "u8" => TensorData::U8(data.to_vec()),
        _ => TensorData::I64(data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect()),
    };
    Ok(Tensor::new(name, shape, data))
}

/// A shape, cut where it is long.
fn shape_in_words(shape: &[usize]) -> String {
    let cut = if shape.len() > 8 { ", …" } else { "" };
    let extents: Vec<String> = shape.iter().take(8).map(usize::to_string).collect();
    format!("[{}{cut}]", extents.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_core::digest::Digest;

    #[test]
    fn a_frozen_file_is_a_tensor_without_numbers_and_its_digest_to_recur() {
        let of = |content: &[u8]| Frozen { name: "f".into(), file: "f.bin".into(), digest: Digest::of(content) };
        let frozen = [of(b"content")];
        let tensors = [Tensor::f32("w", [1], vec![2.0]), frozen::tensor(&frozen[0])];
        let mut block = Vec::new();
        let heads = push_weights(&mut block, &tensors, &frozen).unwrap();
        assert_eq!((block.len(), heads[1].clone()), (4, TensorHead::of_frozen("f")));
        assert_eq!(decode_tensors(heads.clone(), &block, &frozen).unwrap(), tensors);
        let reported = |heads, frozen: &[Frozen]| decode_tensors(heads, &block, frozen).unwrap_err();
        assert!(reported(heads.clone(), &[]).contains("a frozen tensor `f`, which plugin.yaml does not list"));
        let copied = vec![TensorHead::new("f", "f32", &[1])];
        assert!(reported(copied, &frozen).contains("`f` is a frozen file of plugin.yaml: answer `frozen`"));
        let error = push_weights(&mut Vec::new(), &tensors, &[of(b"other")]).unwrap_err().to_string();
        assert!(error.contains("weight `f`: was made with a frozen file of the digest ed7002b4"), "{error}");
        let numbers = [Tensor::f32("f", [1], vec![1.0])];
        assert!(push_weights(&mut Vec::new(), &numbers, &frozen).unwrap_err().to_string().contains("no digest"));
    }

    #[test]
    fn tensors_come_back_as_they_were() {
        let tensors = vec![
            Tensor::f32("w", [2, 1], vec![f32::MIN_POSITIVE, -0.0]),
            Tensor::new("m", [1], TensorData::F64(vec![0.1])),
            Tensor::new("b", [3], TensorData::U8(vec![0, 128, 255])),
            Tensor::new("n", [], TensorData::I64(vec![i64::MIN])),
        ];
        let mut block = Vec::new();
        let heads = push_tensors(&mut block, &tensors);
        assert_eq!(decode_tensors(heads.clone(), &block, &[]).unwrap(), tensors);
        let reported = |heads, block| decode_tensors(heads, block, &[]).unwrap_err();
        assert!(reported(heads.clone(), &block[1..]).contains("too few bytes for the tensor `n`"));
        assert!(reported(heads[..1].to_vec(), &block).contains("beyond its tensors"));
        assert!(
            reported(vec![heads[0].clone(), heads[0].clone()], &block)
                .contains("a tensor `w`: two tensors have this name")
        );
        let called = |name: &str| vec![TensorHead { name: name.into(), ..heads[0].clone() }];
        assert!(
            reported(called("__metadata__"), &block)
                .contains("`__metadata__`: safetensors files keep this name for themselves")
        );
        assert!(reported(called(""), &block).contains("a tensor has no name"));
        assert!(reported(called(&"x".repeat(5000)), &block).contains("a name of 5000 bytes, and 1000 are allowed"));
        let many = |n: usize| (0..n).map(|i| TensorHead::new(i.to_string(), "f32", &[0]));
        assert_eq!(decode_tensors(many(MAX_TENSORS).collect(), &[], &[]).unwrap().len(), MAX_TENSORS);
        assert_eq!(reported(many(60_000).collect(), &[]), "has 60000 tensors, and 10000 are allowed");
        let odd = TensorHead { dtype: "f16".into(), ..heads[0].clone() };
        assert!(reported(vec![odd], &block).contains("dtype `f16`"));
        let huge = TensorHead { shape: vec![usize::MAX, 2], ..heads[0].clone() };
        assert!(reported(vec![huge], &block).contains("too few bytes"));
    }

    fn floats(numbers: &[f32]) -> Vec<u8> {
        let mut block = Vec::new();
        push_floats(&mut block, numbers);
        block
    }

    #[test]
    fn log_probabilities_of_another_number_are_reported() {
        let mut out = [0.0; 4];
        let reported = log_probabilities(&floats(&[-1.0]), 2, &mut out).unwrap_err();
        assert_eq!(reported, "has 4 bytes, expected 16: f32 for 2 texts × 2 labels");
        log_probabilities(&floats(&[-1.0, 1e-7, f32::NEG_INFINITY, 0.0]), 2, &mut out).unwrap();
        assert_eq!(out, [-1.0, 1e-7, f32::NEG_INFINITY, 0.0]);
    }
}
