//! The store: a folder of trials and experiments.

use crate::error::StoreError;
use crate::files::write_atomically;
use crate::weights;
use recur_core::record::{TestRecord, TrialRecord};
use recur_core::tensor::Tensor;
use recur_core::trial::TrialId;
use recur_core::weights::ModelCard;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The version of the folder's layout and of its files.
const FORMAT: u32 = 1;

/// The file of a trial's weights in its folder.
const WEIGHTS: &str = "weights.safetensors";

/// A folder of trials and experiments.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct FormatFile {
    format: u32,
}

/// What stands in the store of a trial.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Its record.
    Record(Box<TrialRecord>),
    /// Nothing.
    Missing,
    /// Something that cannot be used: the trial has to be run again.
    Damaged(String),
}

/// Where and when a trial ran. Kept beside its record and never compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of recur.
    pub recur: String,
    /// Operating system and CPU architecture.
    pub platform: String,
    /// Instruction set of the kernels.
    pub instruction_set: String,
    /// Trials that ran at once.
    pub jobs: usize,
    /// When the trial's record was written, in seconds since 1970.
    pub finished_unix: u64,
    /// Seconds that it took.
    pub seconds: f64,
}

impl Store {
    /// Opens the store at `root`; makes it where there is none.
    ///
    /// # Errors
    /// If the folder cannot be made or written, or has a format of a later version.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let file = root.join("store.json");
        if file.exists() {
            let FormatFile { format } = read_json(&file)?;
            if format > FORMAT {
                return Err(StoreError::Format { path: file, found: format, known: FORMAT });
            }
        } else {
            let bytes = serde_json::to_vec(&FormatFile { format: FORMAT }).expect("a number is JSON");
            write_atomically(&file, &bytes)?;
        }
        let probe = tempfile::Builder::new().prefix(".probe-").tempfile_in(root);
        probe.map_err(StoreError::io("write a file in", root))?;
        Ok(Self { root: root.to_owned() })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the experiment called `name`.
    pub fn experiment(&self, name: &str) -> PathBuf {
        self.root.join("experiments").join(name)
    }

    /// The folder of a trial.
    pub fn trial(&self, id: &TrialId) -> PathBuf {
        self.root.join("trials").join(&id.as_str()[..2]).join(id.as_str())
    }

    /// Looks up a trial's record.
    pub fn find(&self, id: &TrialId) -> Found {
        let path = self.trial(id).join("record.json");
        if !path.exists() {
            return Found::Missing;
        }
        match read_json::<TrialRecord>(&path) {
            Ok(record) if record.id != *id => Found::Damaged(format!("{} is of trial {}", path.display(), record.id)),
            Ok(record) if record.identity.id() != *id => {
                Found::Damaged(format!("{} does not match its own id", path.display()))
            }
            Ok(record) => Found::Record(Box::new(record)),
            Err(error) => Found::Damaged(with_sources(&error)),
        }
    }

    /// Keeps a trial's record and its weights, if it has any, with `card` on them, in place of what stood there.
    ///
    /// # Errors
    /// If they cannot be written; the store is then as before.
    pub fn keep(
        &self,
        record: &TrialRecord,
        tensors: &[Tensor],
        card: &ModelCard,
        environment: &Environment,
    ) -> Result<(), StoreError> {
        let target = self.trial(&record.id);
        let parent = target.parent().expect("a trial's folder has a parent");
        std::fs::create_dir_all(parent).map_err(StoreError::io("create", parent))?;
        let scratch = tempfile::Builder::new().prefix(".writing-").tempdir_in(parent);
        let scratch = scratch.map_err(StoreError::io("create a folder in", parent))?;
        write_json(&scratch.path().join("record.json"), record)?;
        write_json(&scratch.path().join("environment.json"), environment)?;
        if !tensors.is_empty() {
            weights::write_weights(&scratch.path().join(WEIGHTS), tensors, card)?;
        }
        make_readable(scratch.path())?;
        if target.exists() {
            std::fs::remove_dir_all(&target).map_err(StoreError::io("replace", &target))?;
        }
        std::fs::rename(scratch.path(), &target).map_err(StoreError::io("write", &target))
    }

    /// The weights that a finished trial kept.
    ///
    /// # Errors
    /// If the file is missing or damaged.
    pub fn weights(&self, id: &TrialId) -> Result<Vec<Tensor>, StoreError> {
        weights::read_weights(&self.weights_path(id)).map(|file| file.tensors)
    }

    /// Where the weights of a finished trial stand.
    pub fn weights_path(&self, id: &TrialId) -> PathBuf {
        self.trial(id).join(WEIGHTS)
    }

    /// The files of weights of the trials whose id begins with `prefix`, sorted; at least two of its digits are needed.
    ///
    /// # Errors
    /// If a folder of the store cannot be read.
    pub fn weights_of_prefix(&self, prefix: &str) -> Result<Vec<PathBuf>, StoreError> {
        let is_id = (2..=32).contains(&prefix.len()) && prefix.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let folder = self.root.join("trials").join(prefix.get(..2).unwrap_or_default());
        if !is_id || !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(StoreError::io("read", &folder))? {
            let trial = entry.map_err(StoreError::io("read", &folder))?;
            let path = trial.path().join(WEIGHTS);
            if trial.file_name().to_string_lossy().starts_with(prefix) && path.is_file() {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Looks up a trial's test figures; none where there are none or they cannot be used.
    pub fn find_test(&self, id: &TrialId) -> Option<TestRecord> {
        read_json::<TestRecord>(&self.trial(id).join("test.json")).ok().filter(|record| record.id == *id)
    }

    /// Keeps a trial's test figures.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn keep_test(&self, record: &TestRecord) -> Result<(), StoreError> {
        write_json(&self.trial(&record.id).join("test.json"), record)
    }

    /// Where and when a trial ran, if that is known.
    pub fn environment(&self, id: &TrialId) -> Option<Environment> {
        read_json(&self.trial(id).join("environment.json")).ok()
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let bytes = std::fs::read(path).map_err(StoreError::io("read", path))?;
    let damaged = |error: serde_json::Error| StoreError::Damaged { path: path.to_owned(), problem: error.to_string() };
    serde_json::from_slice(&bytes).map_err(damaged)
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("records have only string keys");
    bytes.push(b'\n');
    write_atomically(path, &bytes)
}

/// A temporary folder is private: gives it the permissions of an ordinary one.
fn make_readable(folder: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = folder.parent().expect("a scratch folder has a parent");
        let mode = std::fs::metadata(parent).map_err(StoreError::io("read", parent))?.permissions().mode();
        let permissions = std::fs::Permissions::from_mode(mode & 0o777);
        std::fs::set_permissions(folder, permissions).map_err(StoreError::io("write", folder))?;
    }
    Ok(())
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_core::digest::Digest;
    use recur_core::metric::Scores;
    use recur_core::params::{ParamValue, Params};
    use recur_core::record::{EpochRecord, Outcome};
    use recur_core::settings::{Fold, Group, SplitSettings, TextSettings, UnicodeForm, Unknown};
    use recur_core::trial::Identity;
    use recur_core::weights::CARD_FORMAT;

    fn record() -> TrialRecord {
        let identity = Identity {
            numeric_contract: 1,
            model: "m".into(),
            model_version: 1,
            params: Params::default().with("learning_rate", ParamValue::Real(0.1 + 0.2)),
            training: None,
            dataset: Digest::of(b"data"),
            split: SplitSettings { train: 0.8, validation: 0.1, test: 0.1, group: Group::Name, stratify: true },
            seed: u64::MAX,
            replicate: 0,
            initial_weights: None,
        };
        let scores = Scores { loss: 1.0 / 3.0, accuracy: 0.1, macro_f1: 2.0 / 3.0 };
        TrialRecord {
            id: identity.id(),
            identity,
            split: Digest::of(b"split"),
            outcome: Outcome::Finished { kept_epoch: 0 },
            epochs: vec![EpochRecord { train_loss: 1e-300, validation: scores }],
            n_parameters: 4,
        }
    }

    fn environment() -> Environment {
        Environment {
            recur: "0".into(),
            platform: "p".into(),
            instruction_set: "scalar".into(),
            jobs: 1,
            finished_unix: 0,
            seconds: 0.5,
        }
    }

    fn card() -> ModelCard {
        let text =
            TextSettings { unicode: UnicodeForm::Nfc, fold: Fold::None, alphabet: None, unknown: Unknown::Token };
        ModelCard {
            format: CARD_FORMAT,
            model: "m".into(),
            model_version: 1,
            params: record().identity.params,
            text,
            letters: "ab".into(),
            has_unknown: true,
            labels: vec!["Czech".into()],
            trial: Some(record().id),
        }
    }

    fn store_with_record() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("runs")).unwrap();
        store.keep(&record(), &[Tensor::f32("w", [1], vec![0.5])], &card(), &environment()).unwrap();
        (folder, store)
    }

    #[test]
    fn a_record_comes_back_as_it_was() {
        let (_folder, store) = store_with_record();
        assert_eq!(store.find(&record().id), Found::Record(Box::new(record())));
        assert_eq!(store.weights(&record().id).unwrap(), [Tensor::f32("w", [1], vec![0.5])]);
    }

    #[test]
    fn weights_are_found_by_the_start_of_their_trials_id() {
        let (_folder, store) = store_with_record();
        let id = record().id;
        let found = |prefix: &str| store.weights_of_prefix(prefix).unwrap();
        for prefix in [&id.as_str()[..2], id.short(), id.as_str()] {
            assert_eq!(found(prefix), [store.weights_path(&id)]);
        }
        let other = format!("{}x", &id.as_str()[..4]);
        for prefix in ["", &id.as_str()[..1], &other, "../..", "é"] {
            assert_eq!(found(prefix), Vec::<PathBuf>::new(), "{prefix}");
        }
        let file = weights::read_weights(&store.weights_path(&id)).unwrap();
        assert_eq!(file.card, Some(card()));
    }

    #[test]
    fn an_edited_or_cut_record_counts_as_damaged() {
        let (_folder, store) = store_with_record();
        let path = store.trial(&record().id).join("record.json");
        let text = std::fs::read_to_string(&path).unwrap();
        for damaged in [text.replace("\"model\": \"m\"", "\"model\": \"n\""), text[..text.len() / 2].to_owned()] {
            std::fs::write(&path, damaged).unwrap();
            assert!(matches!(store.find(&record().id), Found::Damaged(_)));
        }
    }

    #[test]
    fn keeping_again_replaces_and_leaves_no_scratch() {
        let (_folder, store) = store_with_record();
        store.keep(&record(), &[], &card(), &environment()).unwrap();
        let trial = store.trial(&record().id);
        assert!(store.weights(&record().id).is_err());
        assert_eq!(std::fs::read_dir(trial.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_store_of_a_later_format_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("store.json"), r#"{"format": 99}"#).unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Format { found: 99, .. })));
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("runs");
        std::fs::write(&file, "").unwrap();
        assert!(matches!(Store::open(&file), Err(StoreError::Io { .. })));
    }
}
