//! Checkpoints: safetensors files that are named by the digest of their own bytes.
//!
//! Tensors are prefixed `weights/`, `state/` and `best/`. The metadata has one key (see [`crate::weights`] for why one),
//! whose JSON holds the rest. A number there that JSON has no word for, an infinity or a NaN, is written as its bits in
//! hexadecimal: what is read is what was saved, bit for bit.

use crate::error::StoreError;
use crate::files::{Entry, entries, read};
use crate::fs;
use crate::layout::trial_id;
use crate::problem::{Fault, Problem};
use crate::store::Store;
use crate::weights::{decode_tensors, encode_tensors};
use crate::weights_problem::WeightsProblem;
use recur_core::checkpoint::{BestEpoch, Checkpoint, Progress};
use recur_core::digest::Digest;
use recur_core::metric::{Metric, Scores};
use recur_core::record::EpochRecord;
use recur_core::tensor::Tensor;
use recur_core::trial::TrialId;
use safetensors::SafeTensors;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The version of a checkpoint's file that this recur writes, and the latest that it reads.
const FORMAT: u32 = 3;

/// The key of the metadata.
const KEY: &str = "recur_checkpoint";

/// No header of a safetensors file is longer.
const MAX_HEADER: u64 = 100_000_000;

/// The end of a checkpoint's name.
const ENDING: &str = ".safetensors";

/// What the groups of tensors are prefixed with.
const GROUPS: [&str; 3] = ["weights/", "state/", "best/"];

/// What the store has of a trial's checkpoints.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundCheckpoint {
    /// The one that is furthest along.
    pub checkpoint: Option<Checkpoint>,
    /// Those that cannot be used and were passed over.
    pub damaged: Vec<Problem>,
}

/// The metadata: progress, and the tensors of each group in their order.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    trial: TrialId,
    /// The metric on request whose value ends each epoch; since format 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requested: Option<Metric>,
    epochs: Vec<Epoch>,
    examples: u64,
    loss: Number,
    best: Option<(u32, Number)>,
    tensors: [Vec<String>; 3],
}

/// An epoch: the training loss, and on validation each metric of every trial, then the one on request.
type Epoch = Vec<Number>;

/// Numbers of an epoch without a metric on request.
const N_NUMBERS: usize = 1 + Metric::STORED.len();

/// A number of any bits.
#[derive(Clone, Copy)]
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.is_finite() {
            true => serializer.serialize_f64(self.0),
            false => serializer.serialize_str(&format!("{:016x}", self.0.to_bits())),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(bits) => {
                u64::from_str_radix(&bits, 16).map(|bits| Self(f64::from_bits(bits))).map_err(D::Error::custom)
            }
            value => value.as_f64().map(Self).ok_or_else(|| D::Error::custom("expected a number or its bits")),
        }
    }
}

impl Store {
    /// Keeps `checkpoint`, then removes those of its trial that are not further along.
    ///
    /// # Errors
    /// If it cannot be written; what was there is then still there.
    pub fn save_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let folder = self.checkpoints(&checkpoint.progress.trial);
        let bytes = encode(checkpoint).map_err(|problem| StoreError::Weights { path: folder.clone(), problem })?;
        let path = folder.join(format!("{}{ENDING}", Digest::of(&bytes)));
        // Another process may run the same trial, and remove its checkpoints when it has ended: one at a time.
        let _gate = self.write_file_and(&path, &bytes, || self.gate())?;
        let reached = along(&checkpoint.progress);
        for entry in entries(&folder)?.iter().filter(|entry| is_checkpoint(entry) && entry.path != path) {
            if is_behind(&entry.path, reached) {
                remove_file(&entry.path)?;
            }
        }
        Ok(())
    }

    /// The checkpoint of a trial that is furthest along (epochs, then examples), and those that cannot be used.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn find_checkpoint(&self, id: &TrialId) -> Result<FoundCheckpoint, StoreError> {
        let mut found = FoundCheckpoint { checkpoint: None, damaged: Vec::new() };
        for entry in self.entries(&self.checkpoints(id))? {
            match read_checkpoint(&entry.path, id) {
                Ok(checkpoint) => {
                    let best = found.checkpoint.as_ref().map(|best| along(&best.progress));
                    if best < Some(along(&checkpoint.progress)) {
                        found.checkpoint = Some(checkpoint);
                    }
                }
                // Another process has just put a later one in its place.
                Err(Problem { fault: Fault::Missing, .. }) => {}
                Err(problem) => found.damaged.push(problem),
            }
        }
        Ok(found)
    }

    /// The trials that have checkpoints.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn trials_with_checkpoints(&self) -> Result<BTreeSet<TrialId>, StoreError> {
        let listed = self.entries(&self.root().join("checkpoints"))?;
        Ok(listed.iter().filter_map(|entry| trial_id(&entry.name)).collect())
    }

    /// Removes the checkpoints of a trial: it has ended.
    ///
    /// # Errors
    /// If they cannot be removed.
    pub fn remove_checkpoints(&self, id: &TrialId) -> Result<(), StoreError> {
        let _gate = self.gate()?;
        self.removable_checkpoints(id)?.iter().try_for_each(|path| self.remove(path))
    }

    /// What there is to remove of a trial's checkpoints: the folder, or where it holds something else as well, each of them.
    pub(crate) fn removable_checkpoints(&self, id: &TrialId) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.checkpoints(id);
        let (ours, others): (Vec<_>, Vec<_>) = self.entries(&folder)?.into_iter().partition(is_checkpoint);
        if others.is_empty() {
            return Ok(vec![folder]);
        }
        Ok(ours.into_iter().map(|entry| entry.path).collect())
    }

    /// The folder of a trial's checkpoints.
    pub(crate) fn checkpoints(&self, id: &TrialId) -> PathBuf {
        self.root().join("checkpoints").join(id.as_str())
    }
}

/// Whether an entry of a trial's folder is a checkpoint by its name, damaged or not.
pub(crate) fn is_checkpoint(entry: &Entry) -> bool {
    entry.is_file && entry.name.strip_suffix(ENDING).and_then(Digest::parse).is_some()
}

/// How far a trial is.
fn along(progress: &Progress) -> (usize, u64) {
    (progress.epochs.len(), progress.examples)
}

fn remove_file(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(StoreError::io("remove", path)),
    }
}

/// Reads a checkpoint of trial `id` and checks it.
pub(crate) fn read_checkpoint(path: &Path, id: &TrialId) -> Result<Checkpoint, Problem> {
    let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(ENDING));
    let Some(expected) = name.and_then(Digest::parse) else {
        return Err(Problem::new(path, Fault::Stray));
    };
    let bytes = read(path)?;
    if Digest::of(&bytes) != expected {
        return Err(Problem::new(path, Fault::NotItsName { expected }));
    }
    let checkpoint = decode(&bytes).map_err(|fault| Problem::new(path, fault))?;
    let found = &checkpoint.progress.trial;
    if found != id {
        return Err(Problem::new(path, Fault::OtherTrial { found: found.clone() }));
    }
    Ok(checkpoint)
}

fn encode(checkpoint: &Checkpoint) -> Result<Vec<u8>, WeightsProblem> {
    let Checkpoint { progress, weights, training_state, best_weights } = checkpoint;
    let Progress { trial, epochs, examples, loss, best } = progress;
    let groups = [weights, training_state, best_weights];
    let header = Header {
        format: FORMAT,
        trial: trial.clone(),
        requested: epochs.first().and_then(|epoch| epoch.validation.requested()),
        epochs: epochs.iter().map(epoch).collect(),
        examples: *examples,
        loss: Number(*loss),
        best: best.map(|BestEpoch { epoch, value }| (epoch, Number(value))),
        tensors: groups.map(|tensors| tensors.iter().map(|tensor| tensor.name.clone()).collect()),
    };
    let prefixed = GROUPS
        .iter()
        .zip(groups)
        .flat_map(|(prefix, tensors)| tensors.iter().map(move |tensor| (format!("{prefix}{}", tensor.name), tensor)));
    let json = serde_json::to_string(&header).expect("a header holds no map");
    encode_tensors(prefixed, (KEY, json))
}

fn decode(bytes: &[u8]) -> Result<Checkpoint, Fault> {
    let wrong = |problem: String| Fault::Weights(WeightsProblem::NotSafetensors { problem });
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| wrong(error.to_string()))?;
    let header = decode_header(metadata.metadata().as_ref().and_then(|metadata| metadata.get(KEY)))?;
    let mut tensors: BTreeMap<String, Tensor> = decode_tensors(bytes)
        .map_err(Fault::Weights)?
        .into_iter()
        .map(|tensor| (tensor.name.clone(), tensor))
        .collect();
    let mut group = |index: usize| {
        let take = |name: &String| {
            let full = format!("{}{name}", GROUPS[index]);
            let tensor = tensors.remove(&full).ok_or_else(|| wrong(format!("no tensor {full}")))?;
            Ok(Tensor { name: name.clone(), ..tensor })
        };
        header.tensors[index].iter().map(take).collect::<Result<Vec<Tensor>, Fault>>()
    };
    let (weights, training_state, best_weights) = (group(0)?, group(1)?, group(2)?);
    Ok(Checkpoint { progress: progress(header), weights, training_state, best_weights })
}

fn decode_header(json: Option<&String>) -> Result<Header, Fault> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let content = |error: serde_json::Error| Fault::Content { reason: error.to_string() };
    let json = json.ok_or_else(|| Fault::Content { reason: format!("its metadata has no {KEY}") })?;
    let Format { format: found } = serde_json::from_str(json).map_err(content)?;
    if found > FORMAT {
        return Err(Fault::CheckpointFormat { found, known: FORMAT });
    }
    let header: Header = serde_json::from_str(json).map_err(content)?;
    let n_numbers = N_NUMBERS + usize::from(header.requested.is_some());
    match header.epochs.iter().find(|epoch| epoch.len() != n_numbers) {
        Some(epoch) => Err(Fault::Content { reason: format!("an epoch has {} numbers, not {n_numbers}", epoch.len()) }),
        None => Ok(header),
    }
}

fn epoch(record: &EpochRecord) -> Epoch {
    let EpochRecord { train_loss, validation } = record;
    let metrics = Metric::STORED.into_iter().chain(validation.requested());
    std::iter::once(*train_loss).chain(metrics.map(|metric| validation.get(metric))).map(Number).collect()
}

/// The epoch of as many numbers as its header's `requested` makes them.
fn epoch_record(numbers: &Epoch, requested: Option<Metric>) -> EpochRecord {
    let mut of_every = numbers[1..N_NUMBERS].iter();
    let validation = Scores::from_fn(|_| of_every.next().expect("as many numbers as metrics").0);
    let validation = requested.map_or(validation, |metric| validation.with(metric, numbers[N_NUMBERS].0));
    EpochRecord { train_loss: numbers[0].0, validation }
}

fn progress(header: Header) -> Progress {
    Progress {
        trial: header.trial,
        epochs: header.epochs.iter().map(|epoch| epoch_record(epoch, header.requested)).collect(),
        examples: header.examples,
        loss: header.loss.0,
        best: header.best.map(|(epoch, value)| BestEpoch { epoch, value: value.0 }),
    }
}

/// Whether a checkpoint is damaged or not further along. One that the system does not read may be further along.
fn is_behind(path: &Path, reached: (usize, u64)) -> bool {
    match fs::open(path, std::fs::File::options().read(true)) {
        Err(error) if fs::Refused::of(&error).is_none() => false,
        _ => read_progress(path).is_none_or(|progress| along(&progress) <= reached),
    }
}

/// The progress of a checkpoint, read from its first bytes only.
fn read_progress(path: &Path) -> Option<Progress> {
    let (mut file, _) = fs::open(path, std::fs::File::options().read(true)).ok()?;
    let mut length = [0; 8];
    file.read_exact(&mut length).ok()?;
    let mut json = Vec::new();
    file.take(u64::from_le_bytes(length).min(MAX_HEADER)).read_to_end(&mut json).ok()?;
    let header: serde_json::Value = serde_json::from_slice(&json).ok()?;
    let ours = header.get("__metadata__")?.get(KEY)?.as_str()?.to_owned();
    decode_header(Some(&ours)).ok().map(progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{create_folders, write_new};
    use crate::samples;
    use proptest::prelude::*;
    use recur_core::tensor::TensorData;

    fn bits(checkpoint: &Checkpoint) -> Vec<u64> {
        let Progress { epochs, examples, loss, best, .. } = &checkpoint.progress;
        let scores = |s: &Scores| [s.loss, s.accuracy, s.macro_f1].into_iter().chain(s.roc_auc);
        let epochs = epochs.iter().flat_map(|e| [e.train_loss].into_iter().chain(scores(&e.validation)));
        let best = best.iter().flat_map(|best| [f64::from(best.epoch), best.value]);
        let floats = epochs.chain(best).chain([*loss]).map(f64::to_bits);
        let tensors = [&checkpoint.weights, &checkpoint.training_state, &checkpoint.best_weights].into_iter().flatten();
        let numbers = tensors.flat_map(|tensor| match &tensor.data {
            TensorData::F32(data) => data.iter().map(|x| u64::from(x.to_bits())).collect::<Vec<_>>(),
            TensorData::F64(data) => data.iter().map(|x| x.to_bits()).collect(),
            TensorData::I64(data) => data.iter().map(|x| *x as u64).collect(),
            TensorData::U8(data) => data.iter().map(|x| u64::from(*x)).collect(),
        });
        floats.chain([*examples]).chain(numbers).collect()
    }

    fn names(checkpoint: &Checkpoint) -> Vec<(&str, &[usize])> {
        let tensors = [&checkpoint.weights, &checkpoint.training_state, &checkpoint.best_weights].into_iter().flatten();
        tensors.map(|tensor| (tensor.name.as_str(), &tensor.shape[..])).collect()
    }

    proptest! {
        /// Every bit pattern: NaN payloads, infinities, subnormals, both zeros.
        #[test]
        fn all_bits_come_back(
            floats in prop::collection::vec(any::<u64>(), 6),
            special in prop::sample::select(vec![0x7ff0_0000_0000_0000, 0xfff8_0000_0000_0001, 0x8000_0000_0000_0000, 1_u64]),
            singles in prop::collection::vec(any::<u32>(), 0..5),
            examples_done in any::<u64>(),
            best in any::<bool>(),
            requested in any::<bool>(),
        ) {
            let f = |index: usize| f64::from_bits(floats[index]);
            let validation = Scores { loss: f64::from_bits(special), accuracy: f(1), macro_f1: f(2), ..Scores::default() };
            let validation = if requested { validation.with(Metric::RocAuc, f(1)) } else { validation };
            let singles: Vec<f32> = singles.into_iter().map(f32::from_bits).collect();
            let checkpoint = Checkpoint {
                progress: Progress {
                    trial: samples::id(0),
                    epochs: vec![EpochRecord { train_loss: f(0), validation }],
                    examples: examples_done,
                    loss: f(3),
                    best: best.then(|| BestEpoch { epoch: u32::MAX, value: f(4) }),
                },
                // Not in the order of their names: the order is kept.
                weights: vec![Tensor::f32("z", [singles.len()], singles), Tensor::f32("a", [0, 3], vec![])],
                training_state: vec![Tensor::new("z", [2], TensorData::F64(vec![f(5), f64::from_bits(special)]))],
                best_weights: vec![Tensor::new("z", [1, 1], TensorData::I64(vec![floats[5] as i64]))],
            };
            let back = decode(&encode(&checkpoint).unwrap()).unwrap();
            prop_assert_eq!(bits(&back), bits(&checkpoint));
            prop_assert_eq!(names(&back), names(&checkpoint));
            prop_assert_eq!(&back.progress.trial, &checkpoint.progress.trial);
        }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        (folder, store)
    }

    fn files(store: &Store) -> Vec<PathBuf> {
        entries(&store.checkpoints(&samples::id(0))).unwrap().into_iter().map(|entry| entry.path).collect()
    }

    #[test]
    fn the_one_furthest_along_stays_and_is_found() {
        let (_folder, store) = store();
        for (epochs, examples, kept) in [(0, 5, (0, 5)), (1, 0, (1, 0)), (1, 7, (1, 7)), (0, 9, (1, 7))] {
            store.save_checkpoint(&samples::checkpoint(epochs, examples)).unwrap();
            let found = store.find_checkpoint(&samples::id(0)).unwrap();
            assert_eq!((found.checkpoint.map(|c| along(&c.progress)), found.damaged), (Some(kept), vec![]));
        }
        assert_eq!(files(&store).len(), 2, "one that is behind does not remove the one before it");
        assert_eq!(store.trials_with_checkpoints().unwrap(), [samples::id(0)].into());
        store.remove_checkpoints(&samples::id(0)).unwrap();
        assert!(store.trials_with_checkpoints().unwrap().is_empty());
        store.remove_checkpoints(&samples::id(0)).unwrap();
        assert_eq!(store.find_checkpoint(&samples::id(0)).unwrap().checkpoint, None);
    }

    #[test]
    fn a_damaged_one_is_passed_over_and_reported() {
        let (_folder, store) = store();
        store.save_checkpoint(&samples::checkpoint(2, 0)).unwrap();
        let bytes = read(&files(&store)[0]).unwrap();
        let later = files(&store).remove(0);
        store.save_checkpoint(&samples::checkpoint(1, 0)).unwrap();
        for at in [0, 9, bytes.len() / 2, bytes.len() - 1] {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            for damaged in [&flipped[..], &bytes[..at]] {
                std::fs::write(&later, damaged).unwrap();
                let found = store.find_checkpoint(&samples::id(0)).unwrap();
                assert_eq!(found.checkpoint, Some(samples::checkpoint(1, 0)));
                assert_eq!(found.damaged.iter().map(|problem| &problem.path).collect::<Vec<_>>(), [&later]);
            }
        }
        // What cannot be read is not waited for.
        std::fs::write(&later, &bytes[..20]).unwrap();
        store.save_checkpoint(&samples::checkpoint(1, 1)).unwrap();
        assert_eq!(files(&store).len(), 1);
    }

    #[test]
    fn a_users_file_beside_them_and_what_a_link_leads_to_stay() {
        let (folder, store) = store();
        store.save_checkpoint(&samples::checkpoint(1, 0)).unwrap();
        let notes = store.checkpoints(&samples::id(0)).join("notes.txt");
        std::fs::write(&notes, "mine").unwrap();
        store.save_checkpoint(&samples::checkpoint(1, 1)).unwrap();
        assert_eq!(files(&store).len(), 2);
        store.remove_checkpoints(&samples::id(0)).unwrap();
        assert_eq!(files(&store), [notes]);

        let elsewhere = folder.path().join("elsewhere");
        create_folders(&elsewhere).unwrap();
        std::fs::write(elsewhere.join("file"), "mine").unwrap();
        let place = store.checkpoints(&samples::id(0));
        std::fs::remove_dir_all(&place).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &place).unwrap();
        let refused = [
            store.save_checkpoint(&samples::checkpoint(1, 0)).unwrap_err(),
            store.remove_checkpoints(&samples::id(0)).unwrap_err(),
            store.find_checkpoint(&samples::id(0)).unwrap_err(),
        ];
        for error in refused {
            let text = error.to_string();
            assert!(text.contains(place.to_str().unwrap()) && text.contains("is a link"), "{text}");
        }
        assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 1);
    }

    #[test]
    fn one_of_another_trial_or_of_a_later_format_is_not_used() {
        let (_folder, store) = store();
        store.save_checkpoint(&samples::checkpoint(1, 0)).unwrap();
        let other = store.checkpoints(&samples::id(1));
        create_folders(&other).unwrap();
        std::fs::rename(&files(&store)[0], other.join(files(&store)[0].file_name().unwrap())).unwrap();
        let found = store.find_checkpoint(&samples::id(1)).unwrap();
        assert!(found.checkpoint.is_none() && found.damaged[0].to_string().contains("it is of trial"));

        let none: [(String, &Tensor); 0] = [];
        let bytes = encode_tensors(none.into_iter(), (KEY, r#"{"format": 9}"#.to_owned())).unwrap();
        write_new(&other.join(format!("{}{ENDING}", Digest::of(&bytes))), &bytes).unwrap();
        let reported =
            store.find_checkpoint(&samples::id(1)).unwrap().damaged.iter().map(ToString::to_string).collect::<String>();
        assert!(reported.contains("has checkpoint format 9, and this version of recur reads up to 3"), "{reported}");
    }
}
