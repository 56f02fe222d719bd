//! Weights as safetensors, byte for byte the same for equal weights and cards.
//!
//! The file's metadata has one key, `recur`, that holds the [`ModelCard`] as JSON: the safetensors crate writes metadata
//! in the order of a hash map, which only a single key keeps the same.

use crate::error::StoreError;
use crate::files::write_atomically;
use crate::fs::{self, MAX_BYTES, MAX_SMALL, Refused};
use crate::layout::{RECORD, SUMS, trial_id};
use crate::problem::{Fault, Problem};
use crate::sums::Sums;
use crate::weights_problem::{UnstorableTensors, WeightsProblem};
use recur_core::digest::Digest;
use recur_core::tensor::{Tensor, TensorData};
use recur_core::visible::shown;
use recur_core::weights::{CARD_FORMAT, ModelCard, WeightsFile};
use recur_files::folder_of;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The key of the card in the file's metadata.
const CARD: &str = "recur";

/// More tensors than any model has; a file of more is refused before its tensors are read.
const MAX_TENSORS: usize = 10_000;

/// So many groups of tensors may be in one file, by their prefixes: those of a checkpoint.
const GROUPS: usize = 3;

/// The name that the format uses itself.
const RESERVED: &str = "__metadata__";

/// Writes `tensors` with `card`, in PyTorch's names and shapes as they are in `tensors`.
///
/// # Errors
/// If the file cannot hold them or be written; what was at `path` is then still there.
pub fn write_weights(path: &Path, tensors: &[Tensor], card: &ModelCard) -> Result<(), StoreError> {
    let wrong = |problem| StoreError::Weights { path: path.to_owned(), problem };
    write_atomically(path, &encode(tensors, card).map_err(wrong)?)
}

/// Reads a file of weights that recur, or any other writer of safetensors, wrote. If a SHA256SUMS next to it lists the file, its
/// bytes are compared with the digest there. A trial's folder must have one.
///
/// # Errors
/// If it cannot be read, is damaged, or holds numbers that no model has; the error names the file and the tensor.
pub fn read_weights(path: &Path) -> Result<WeightsFile, StoreError> {
    let wrong = |problem| StoreError::Weights { path: path.to_owned(), problem };
    let bytes = fs::read_named(path, MAX_BYTES).map_err(|error| match Refused::of(&error) {
        Some(Refused::TooLarge { bytes, max }) => wrong(WeightsProblem::TooLarge { bytes, max }),
        _ => StoreError::io("read", path)(error),
    })?;
    let digest = Digest::of(&bytes);
    for place in places(path) {
        if listed(&place)?.is_some_and(|expected| expected != digest) {
            return Err(StoreError::Damaged(Problem::new(&place, Fault::OtherDigest)));
        }
    }
    let (tensors, card) = decode_weights(&bytes).map_err(wrong)?;
    Ok(WeightsFile { path: shown(path), digest, card, tensors })
}

/// The places of a file: as it is named, and where it is if that is a link.
fn places(path: &Path) -> Vec<PathBuf> {
    let real = path.canonicalize().ok().filter(|_| path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()));
    std::iter::once(path.to_owned()).chain(real).collect()
}

/// The digest that the list next to a file has for it. Lists of other programs may be written in other ways: a line that is none
/// is passed over.
fn listed(path: &Path) -> Result<Option<Digest>, StoreError> {
    let (folder, Some(name)) = (folder_of(path), path.file_name().and_then(|name| name.to_str())) else {
        return Ok(None);
    };
    let sums = folder.join(SUMS);
    if is_trial(folder) {
        let sums = Sums::read(folder).map_err(StoreError::Damaged)?;
        let missing = || Problem::content(&folder.join(SUMS), format!("it does not list {name}"));
        return sums.0.get(name).cloned().map(Some).ok_or_else(|| StoreError::Damaged(missing()));
    }
    let text = match fs::read_named(&sums, MAX_SMALL) {
        Ok(text) => text,
        // Whatever else is called so, or is too large for a list, is not one.
        Err(error) if error.kind() == ErrorKind::NotFound || Refused::of(&error).is_some() => return Ok(None),
        Err(error) => return Err(StoreError::io("read", &sums)(error)),
    };
    let digest = |line: &str| {
        let (digest, listed) = line.trim_end().split_once(' ')?;
        let listed = listed.strip_prefix([' ', '*']).unwrap_or(listed);
        (listed.strip_prefix("./").unwrap_or(listed) == name).then(|| Digest::parse(&digest.to_lowercase()))?
    };
    Ok(String::from_utf8_lossy(&text).lines().find_map(digest))
}

/// Whether a folder is a trial's, by its name and a record in it.
fn is_trial(folder: &Path) -> bool {
    let name = folder.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_str()?.to_owned()));
    name.is_some_and(|name| trial_id(&name).is_some()) && folder.join(RECORD).symlink_metadata().is_ok()
}

pub(crate) fn encode(tensors: &[Tensor], card: &ModelCard) -> Result<Vec<u8>, WeightsProblem> {
    check_count(tensors.len(), MAX_TENSORS)?;
    let card = serde_json::to_string(card).expect("a card holds no map with other keys than strings");
    encode_tensors(tensors.iter().map(|tensor| (tensor.name.clone(), tensor)), (CARD, card))
}

/// The bytes of a file with `tensors` under the names next to them, and one entry of metadata.
pub(crate) fn encode_tensors<'a>(
    tensors: impl Iterator<Item = (String, &'a Tensor)>,
    (key, value): (&str, String),
) -> Result<Vec<u8>, WeightsProblem> {
    let encoded: Vec<_> = tensors.map(|(name, tensor)| (name, &tensor.shape, encode_data(&tensor.data))).collect();
    check_count(encoded.len(), GROUPS * MAX_TENSORS)?;
    let mut names = BTreeSet::new();
    for (name, ..) in &encoded {
        if name == RESERVED {
            return Err(UnstorableTensors::Reserved.into());
        }
        if !names.insert(name) {
            return Err(UnstorableTensors::Twice { name: name.clone() }.into());
        }
    }
    let views = encoded
        .iter()
        .map(|(name, shape, (dtype, bytes))| Ok((name.as_str(), TensorView::new(*dtype, (*shape).clone(), bytes)?)));
    let metadata = HashMap::from([(key.to_owned(), value)]);
    let encoded = views
        .collect::<Result<Vec<_>, SafeTensorError>>()
        .and_then(|views| safetensors::serialize(views, Some(metadata)));
    encoded.map_err(damaged)
}

fn check_count(count: usize, max: usize) -> Result<(), WeightsProblem> {
    if count > max { Err(UnstorableTensors::TooMany { count, max }.into()) } else { Ok(()) }
}

fn damaged(error: SafeTensorError) -> WeightsProblem {
    WeightsProblem::NotSafetensors { problem: error.to_string() }
}

/// The tensors in the bytes of a file of weights, by name, and its card: as they are, whether damaged or not. To use
/// weights, read them with [`read_weights`], which compares their digest.
///
/// # Errors
/// What is wrong with them.
pub fn decode_weights(bytes: &[u8]) -> Result<(Vec<Tensor>, Option<ModelCard>), WeightsProblem> {
    // A zip archive, or the pickle that older versions write.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\x80\x02\x8a\x0a") {
        return Err(WeightsProblem::TorchSave);
    }
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let card = header.metadata().as_ref().and_then(|metadata| metadata.get(CARD));
    let card = card.map(|json| decode_card(json)).transpose()?;
    let tensors = decode_tensors(bytes)?;
    check_count(tensors.len(), MAX_TENSORS)?;
    Ok((tensors, card))
}

/// The tensors of a safetensors file, sorted by name.
pub(crate) fn decode_tensors(bytes: &[u8]) -> Result<Vec<Tensor>, WeightsProblem> {
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    check_count(file.len(), GROUPS * MAX_TENSORS)?;
    let mut tensors = file.tensors();
    // Of several tensors that are refused, the first by name is named.
    tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
    let decode = |(name, view): (String, TensorView<'_>)| {
        let data = decode_data(&name, &view)?;
        Ok(Tensor::new(name, view.shape(), data))
    };
    tensors.into_iter().map(decode).collect()
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
    let n_characters = card.characters.chars().count();
    if n_characters > 65_000 || card.labels.is_empty() || card.labels.len() > 65_535 {
        let problem = format!("{n_characters} characters and {} labels", card.labels.len());
        return Err(WeightsProblem::Card { problem });
    }
    Ok(card)
}

fn encode_data(data: &TensorData) -> (Dtype, Vec<u8>) {
    match data {
        TensorData::F32(data) => (Dtype::F32, data.iter().flat_map(|x| x.to_le_bytes()).collect()),
        TensorData::F64(data) => (Dtype::F64, data.iter().flat_map(|x| x.to_le_bytes()).collect()),
        TensorData::U8(data) => (Dtype::U8, data.clone()),
        TensorData::I64(data) => (Dtype::I64, data.iter().flat_map(|x| x.to_le_bytes()).collect()),
    }
}

fn decode_data(name: &str, view: &TensorView<'_>) -> Result<TensorData, WeightsProblem> {
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => Ok(TensorData::F32(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect())),
        Dtype::F64 => Ok(TensorData::F64(bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect())),
        Dtype::U8 => Ok(TensorData::U8(bytes.to_vec())),
        Dtype::I64 => Ok(TensorData::I64(bytes.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect())),
        other => Err(WeightsProblem::NumberType { tensor: name.to_owned(), found: format!("{other:?}") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_core::params::{ParamValue, Params};
    use recur_core::settings::{Fold, TextSettings, Unknown};

    fn tensors() -> Vec<Tensor> {
        vec![
            Tensor::f32("a.weight", [2, 2], vec![1.0, -0.0, f32::MIN_POSITIVE, f32::NAN]),
            Tensor::new("b", [1], TensorData::F64(vec![std::f64::consts::PI])),
            Tensor::new("c", [2], TensorData::I64(vec![-1, i64::MAX])),
            Tensor::new("d", [3], TensorData::U8(vec![0, 127, 255])),
        ]
    }

    fn card() -> ModelCard {
        let text = TextSettings { fold: Fold::Ascii, unknown: Unknown::Drop, ..TextSettings::default() };
        ModelCard {
            format: CARD_FORMAT,
            model: "m".into(),
            model_version: 1,
            model_code: None,
            params: Params::default().with("a", ParamValue::Real(0.1)).with("b", ParamValue::Integer(2)),
            text,
            characters: " '\"ñ".into(),
            has_unknown: false,
            labels: vec!["Czech".into(), "Português".into()],
            trial: None,
        }
    }

    fn check(bytes: &[u8], reported: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        std::fs::write(&path, bytes).unwrap();
        let error = read_weights(&path).unwrap_err().to_string();
        assert!(error.contains("w.safetensors") && error.contains(reported), "{error}");
    }

    #[test]
    fn weights_and_card_come_back_bit_for_bit() {
        let bytes = encode(&tensors(), &card()).unwrap();
        let (read, read_card) = decode_weights(&bytes).unwrap();
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
        let (tensors, card) = decode_weights(&bytes.unwrap()).unwrap();
        assert_eq!((tensors, card), (vec![Tensor::f32("w", [1], vec![0.0])], None));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_by_name() {
        let bytes = encode(&tensors(), &card()).unwrap();
        for len in 0..bytes.len() {
            assert!(matches!(decode_weights(&bytes[..len]), Err(WeightsProblem::NotSafetensors { .. })), "{len}");
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
            check(
                &bytes,
                &format!("tensor `fc.bias` holds {name}, expected F32, F64, I64 or U8; in PyTorch, .float()"),
            );
        }
    }

    #[test]
    fn a_card_of_an_earlier_format_is_read_and_of_a_later_one_or_with_holes_refused() {
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
        let first = serde_json::to_string(&ModelCard { format: 1, ..card() }).unwrap();
        let (_, read) = decode_weights(&with(&first.replace("\"characters\"", "\"letters\""))).unwrap();
        assert_eq!(read, Some(ModelCard { format: 1, ..card() }), "a card of format 1 is read");
        let none = serde_json::to_string(&ModelCard { labels: vec![], ..card() }).unwrap();
        check(&with(&none), "its card is damaged (4 characters and 0 labels)");
    }

    #[test]
    fn of_several_tensors_of_other_numbers_the_first_by_name_is_named() {
        let names: Vec<String> = (0..40).map(|n| format!("t{n:02}")).rev().collect();
        let views = names.iter().map(|name| (name, TensorView::new(Dtype::I8, vec![1], &[0]).unwrap()));
        let bytes = safetensors::serialize(views, None).unwrap();
        for _ in 0..10 {
            check(&bytes, "tensor `t00` holds I8");
        }
    }

    #[test]
    fn tensors_that_a_file_cannot_hold_are_not_written() {
        let named = |name: &str| Tensor::f32(name, [1], vec![0.0]);
        let refused = |tensors: &[Tensor]| encode(tensors, &card()).unwrap_err().to_string();
        assert!(refused(&[named("a"), named("__metadata__")]).contains("`__metadata__`"));
        assert!(refused(&[named("a"), named("b"), named("a")]).contains("two tensors are called `a`"));
        let many: Vec<Tensor> = (0..60_000).map(|n| named(&n.to_string())).collect();
        assert!(refused(&many).contains("it has 60000 tensors, at most 10000 are kept"));
    }

    #[test]
    fn a_file_of_too_many_tensors_or_with_two_headers_is_refused() {
        let view = || TensorView::new(Dtype::F32, vec![0], &[]).unwrap();
        let many = safetensors::serialize((0..60_000).map(|n| (n.to_string(), view())), None).unwrap();
        check(&many, "it has 60000 tensors, at most");
        let metadata = Some(HashMap::from([("a".to_owned(), "b".to_owned())]));
        let twice = safetensors::serialize([(RESERVED, view())], metadata).unwrap();
        check(&twice, "not a whole safetensors file");
    }

    #[test]
    fn a_list_of_digests_beside_a_file_is_compared_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let [path, link, sums] = ["w.safetensors", "latest.safetensors", SUMS].map(|name| folder.path().join(name));
        std::fs::write(&path, encode(&tensors(), &card()).unwrap()).unwrap();
        read_weights(&path).unwrap();
        let digest = Digest::of(&std::fs::read(&path).unwrap());
        for line in [format!("{digest}  w.safetensors\n"), format!("{digest} *w.safetensors\r\n")] {
            std::fs::write(&sums, format!("# by hand\n{line}")).unwrap();
            read_weights(&path).unwrap();
        }
        std::os::unix::fs::symlink("w.safetensors", &link).unwrap();
        std::fs::write(&sums, format!("{}  w.safetensors\n", Digest::of(b"other"))).unwrap();
        for path in [&path, &link] {
            let error = read_weights(path).unwrap_err();
            assert!(matches!(&error, StoreError::Damaged(Problem { fault: Fault::OtherDigest, .. })), "{error}");
            assert!(error.to_string().contains("w.safetensors"), "{error}");
        }
        std::fs::write(&sums, format!("{}  other.safetensors\n", Digest::of(b"other"))).unwrap();
        read_weights(&path).unwrap();
    }

    #[test]
    fn a_huge_file_is_refused_unread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge");
        std::fs::File::create(&path).unwrap().set_len(MAX_BYTES + 1).unwrap();
        let error = read_weights(&path).unwrap_err().to_string();
        assert!(error.contains("it has 4294967297 bytes, at most 4294967296 are read"), "{error}");
    }

    #[test]
    fn a_list_beside_a_file_outside_a_store_may_be_a_link_or_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let [path, sums, list] = ["w.safetensors", SUMS, "list"].map(|name| folder.path().join(name));
        let tensor = Tensor::f32("w", [1], vec![1.0]);
        std::fs::write(&path, encode_tensors([("w".into(), &tensor)].into_iter(), ("a", "b".into())).unwrap()).unwrap();
        let digest = Digest::of(&std::fs::read(&path).unwrap());
        std::fs::write(&list, format!("{digest}  w.safetensors\n")).unwrap();
        std::os::unix::fs::symlink(&list, &sums).unwrap();
        read_weights(&path).unwrap();
        std::fs::write(&list, format!("{}  w.safetensors\n", Digest::of(b""))).unwrap();
        assert!(matches!(read_weights(&path), Err(StoreError::Damaged(p)) if p.fault == Fault::OtherDigest));
        std::fs::remove_file(&list).unwrap();
        read_weights(&path).unwrap();
        std::fs::remove_file(&sums).unwrap();
        std::fs::write(&sums, vec![b'\n'; MAX_SMALL as usize + 1]).unwrap();
        read_weights(&path).unwrap();
        std::fs::remove_file(&sums).unwrap();
        std::fs::create_dir(&sums).unwrap();
        read_weights(&path).unwrap();
        assert_eq!(folder_of(Path::new("w.safetensors")), Path::new("."));
    }
}
