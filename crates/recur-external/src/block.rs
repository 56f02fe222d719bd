//! Raw bytes: texts, labels, log-probabilities and tensors, all little-endian.

use crate::error::printable;
use crate::frozen::{self, Frozen};
use crate::wire::TensorHead;
use recur_core::dataset::{Alphabet, Sequences};
use recur_core::model::ModelError;
use recur_core::tensor::{Tensor, TensorData};
use recur_core::weights::unfit_name;
use std::borrow::Cow;

/// How raw texts are found, for a plugin that asks for them.
#[derive(Clone, Debug)]
pub(crate) struct RawTexts(Option<Alphabet>);

impl RawTexts {
    /// Those of a model that is built on `alphabet`.
    pub(crate) fn of(alphabet: Option<&Alphabet>) -> Self {
        Self(alphabet.cloned())
    }

    /// The raw text of `row`; where it was not kept, its characters, with U+FFFD for those without a token of their own.
    fn text<'a>(&self, sequences: &'a Sequences, row: u32) -> Cow<'a, str> {
        if let Some(raw) = sequences.raw(row) {
            return Cow::Borrowed(raw);
        }
        let characters = self.0.as_ref().map_or(&[][..], Alphabet::characters);
        let character =
            |token: &u16| characters.get(usize::from(*token)).copied().unwrap_or(char::REPLACEMENT_CHARACTER);
        Cow::Owned(sequences.get(row).iter().map(character).collect())
    }

    /// Appends those of `rows`: the bytes that each has (u32), and all their bytes in UTF-8.
    fn push(&self, block: &mut Vec<u8>, sequences: &Sequences, rows: &[u32]) {
        let texts: Vec<Cow<'_, str>> = rows.iter().map(|row| self.text(sequences, *row)).collect();
        texts.iter().for_each(|text| block.extend((text.len() as u32).to_le_bytes()));
        texts.iter().for_each(|text| block.extend_from_slice(text.as_bytes()));
    }
}

/// Appends `rows` of `sequences`: the length of each (u32), the label of each if there are labels (u16), all their tokens
/// end to end (u16), and their raw texts where they are asked for.
pub(crate) fn push_texts(
    block: &mut Vec<u8>,
    sequences: &Sequences,
    labels: Option<&[u16]>,
    rows: &[u32],
    raw: Option<&RawTexts>,
) {
    for row in rows {
        block.extend((sequences.get(*row).len() as u32).to_le_bytes());
    }
    for row in rows.iter().filter(|_| labels.is_some()) {
        block.extend(labels.map_or(0, |labels| labels[*row as usize]).to_le_bytes());
    }
    let mut tokens = Vec::new();
    rows.iter().for_each(|row| tokens.extend_from_slice(sequences.get(*row)));
    push(block, &tokens, u16::to_le_bytes);
    if let Some(raw) = raw {
        raw.push(block, sequences, rows);
    }
}

/// Appends the bytes of `numbers`. What is written was made room for at once: a push each takes several times as long.
fn push<T: Copy, const N: usize>(block: &mut Vec<u8>, numbers: &[T], bytes: impl Fn(T) -> [u8; N]) {
    let start = block.len();
    block.resize(start + N * numbers.len(), 0);
    for (out, number) in block[start..].as_chunks_mut().0.iter_mut().zip(numbers) {
        *out = bytes(*number);
    }
}

/// The texts in `block`, and their labels if they have some; with their raw texts if `is_raw`.
pub(crate) fn texts(
    block: &[u8],
    n_texts: usize,
    labelled: bool,
    is_raw: bool,
) -> Result<(Sequences, Vec<u16>), String> {
    let n_labels = if labelled { n_texts } else { 0 };
    let heads = n_texts.checked_mul(4).and_then(|lengths| lengths.checked_add(2 * n_labels));
    let Some((lengths, rest)) = heads.filter(|heads| *heads <= block.len()).map(|_| block.split_at(4 * n_texts)) else {
        return Err(format!("{} bytes are too few for {n_texts} texts", block.len()));
    };
    let (labels, mut rest) = rest.split_at(2 * n_labels);
    let mut sequences = Sequences::new();
    for length in lengths.as_chunks().0 {
        let Some((text, after)) = rest.split_at_checked((u32::from_le_bytes(*length) as usize).saturating_mul(2))
        else {
            return Err(format!("the tokens end within text {}", sequences.len()));
        };
        sequences.push(text.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes)));
        rest = after;
    }
    if is_raw {
        let raw;
        (raw, rest) = raw_texts(rest, n_texts)?;
        sequences = sequences.with_raw(raw);
    }
    match rest.len() {
        0 => Ok((sequences, labels.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect())),
        left => Err(format!("{left} bytes are left over")),
    }
}

/// The raw texts at the start of `block`, and what comes after them.
fn raw_texts(block: &[u8], n_texts: usize) -> Result<(Vec<&str>, &[u8]), String> {
    let too_short = |text: usize| format!("the bytes end within the raw text {text}");
    let Some((lengths, mut rest)) = block.split_at_checked(4 * n_texts) else { return Err(too_short(0)) };
    let mut texts = Vec::with_capacity(n_texts);
    for length in lengths.as_chunks().0 {
        let Some((text, after)) = rest.split_at_checked(u32::from_le_bytes(*length) as usize) else {
            return Err(too_short(texts.len()));
        };
        texts.push(std::str::from_utf8(text).map_err(|error| format!("the raw text {}: {error}", texts.len()))?);
        rest = after;
    }
    Ok((texts, rest))
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
        if let Some(tensor) = decode_frozen(&head, frozen)? {
            tensors.push(tensor);
            continue;
        }
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
        block = rest;
        let data = match dtype.as_str() {
            "f32" => TensorData::F32(data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
            "f64" => TensorData::F64(data.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()),
            "u8" => TensorData::U8(data.to_vec()),
            _ => TensorData::I64(data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect()),
        };
        tensors.push(Tensor::new(name, shape, data));
    }
    if block.is_empty() { Ok(tensors) } else { Err(format!("has {} bytes beyond its tensors", block.len())) }
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
    fn texts_come_back_as_they_were() {
        let sequences: Sequences = [&[1_u16, 2][..], &[], &[7]].into_iter().collect();
        for labels in [None, Some(&[5_u16, 6, 7][..])] {
            let mut block = Vec::new();
            push_texts(&mut block, &sequences, labels, &[2, 0, 1], None);
            let (back, back_labels) = texts(&block, 3, labels.is_some(), false).unwrap();
            assert_eq!(back, [&[7_u16][..], &[1, 2], &[]].into_iter().collect());
            assert_eq!(back_labels, labels.map_or(vec![], |_| vec![7, 5, 6]));
            assert!(texts(&block[1..], 3, labels.is_some(), false).is_err());
            assert!(texts(&block, usize::MAX, labels.is_some(), false).is_err());
        }
    }

    #[test]
    fn raw_texts_come_back_as_they_were_and_are_made_of_characters_where_there_are_none() {
        let sequences: Sequences = [&[1_u16, 2][..], &[0]].into_iter().collect();
        let raw = RawTexts::of(Some(&Alphabet::new("ab".chars(), true)));
        let back = |sequences: &Sequences| {
            let mut block = Vec::new();
            push_texts(&mut block, sequences, Some(&[5, 6]), &[1, 0], Some(&raw));
            assert!(texts(&block, 2, true, false).unwrap_err().ends_with("bytes are left over"));
            assert!(texts(&block[..block.len() - 1], 2, true, true).unwrap_err().contains("within the raw text 1"));
            texts(&block, 2, true, true).unwrap().0
        };
        let kept = back(&sequences.clone().with_raw(["B\u{e9}?", "A"]));
        assert_eq!([kept.raw(0), kept.raw(1)], [Some("A"), Some("B\u{e9}?")]);
        let made = back(&sequences);
        assert_eq!([made.raw(0), made.raw(1)], [Some("a"), Some("b\u{fffd}")]);
        assert_eq!((made.get(0), made.get(1)), (&[0_u16][..], &[1_u16, 2][..]));
    }

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
