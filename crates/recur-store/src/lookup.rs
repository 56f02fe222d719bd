//! Reading trials and test results back, each checked as a whole.

use crate::environment::Environment;
use crate::error::StoreError;
use crate::files::{exists, parse_json, unreadable};
use crate::fs;
use crate::layout::{
    ALWAYS, COMPARED, COMPARED_TEST, ENVIRONMENT, PREDICTIONS, RECORD, SCORES, SPEC, SUMS, TEST, WEIGHTS,
};
use crate::problem::{Fault, Problem};
use crate::store::Store;
use crate::sums::{Files, Sums};
use crate::weights::decode_weights;
use recur_core::digest::Digest;
use recur_core::metric::Scores;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::tensor::Tensor;
use recur_core::trial::TrialId;
use recur_core::visible::shown;
use recur_core::weights::WeightsFile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What the store has of a trial.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Its record; every file next to it was checked.
    Record(Box<TrialRecord>),
    /// The store has no folder of it.
    Missing,
    /// Something that cannot be used: the trial has to be run again.
    Damaged(Problem),
}

/// What the store has of a trial's test result.
#[derive(Clone, Debug, PartialEq)]
pub enum FoundTest {
    /// The result; every file of its folder was checked.
    Test(Box<StoredTest>),
    /// The store has no folder of it.
    Missing,
    /// Something that cannot be used: the trial has to be scored again.
    Damaged(Problem),
}

/// A test result, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredTest {
    /// All of `scores.json`.
    pub scores: TestScores,
    /// The bytes of `predictions.parquet`.
    pub predictions: Vec<u8>,
}

/// The scores of a trial's kept weights on its test rows: all of `scores.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestScores {
    /// The trial whose kept weights were scored.
    pub id: TrialId,
    /// The scores on all test rows.
    pub scores: Scores,
    /// With two labels, the log-probability of each from which on a row is best predicted to have it, chosen on validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<[f32; 2]>,
}

/// A folder that was read and checked as a whole.
pub(crate) struct Whole<T> {
    pub(crate) value: T,
    pub(crate) sums: Sums,
    pub(crate) files: Files,
}

impl Store {
    /// Looks up a trial's record and checks its whole folder.
    pub fn find(&self, id: &TrialId) -> Found {
        match self.steadily(|| self.look_up(id)) {
            Ok(Some(whole)) => Found::Record(Box::new(whole.value)),
            Ok(None) => Found::Missing,
            Err(problem) => Found::Damaged(problem),
        }
    }

    /// Looks up a trial's test result and checks its whole folder.
    pub fn find_test(&self, id: &TrialId) -> FoundTest {
        match self.steadily(|| self.look_up_test(id)) {
            Ok(Some(whole)) => FoundTest::Test(Box::new(whole.value)),
            Ok(None) => FoundTest::Missing,
            Err(problem) => FoundTest::Damaged(problem),
        }
    }

    /// The digests of a trial's compared files, with those of its test result as `test/NAME`: as they are listed,
    /// unchecked.
    ///
    /// # Errors
    /// If a list is missing or damaged.
    pub fn digests(&self, id: &TrialId) -> Result<BTreeMap<String, Digest>, Problem> {
        let (folder, test) = (self.trial(id), self.trial(id).join(TEST));
        let mut digests = Sums::read(&folder)?.only(&COMPARED).0;
        if exists(&test)? {
            let listed = Sums::read(&test)?.only(&COMPARED_TEST).0;
            digests.extend(listed.into_iter().map(|(name, digest)| (format!("{TEST}/{name}"), digest)));
        }
        Ok(digests)
    }

    /// The weights that a finished trial kept, compared with their digest as they are read.
    ///
    /// # Errors
    /// If the file is missing or damaged.
    pub fn weights(&self, id: &TrialId) -> Result<Vec<Tensor>, StoreError> {
        let bytes = self.weights_bytes(id)?;
        let path = self.weights_path(id);
        decode_weights(&bytes).map(|(tensors, _)| tensors).map_err(|problem| StoreError::Weights { path, problem })
    }

    /// The same with their card and digest.
    ///
    /// # Errors
    /// As [`Store::weights`].
    pub fn read_weights(&self, id: &TrialId) -> Result<WeightsFile, StoreError> {
        let (bytes, path) = (self.weights_bytes(id)?, self.weights_path(id));
        let digest = Digest::of(&bytes);
        let (tensors, card) =
            decode_weights(&bytes).map_err(|problem| StoreError::Weights { path: path.clone(), problem })?;
        Ok(WeightsFile { path: shown(path), digest, card, tensors })
    }

    fn weights_bytes(&self, id: &TrialId) -> Result<Vec<u8>, StoreError> {
        let folder = self.trial(id);
        let read = || {
            self.no_link(&folder)?;
            Sums::read(&folder)?.read_file(&folder, WEIGHTS)
        };
        self.steadily(read).map_err(StoreError::Damaged)
    }

    /// The spec of a trial, compared with its digest.
    ///
    /// # Errors
    /// If it is missing or damaged.
    pub fn spec(&self, id: &TrialId) -> Result<Vec<u8>, Problem> {
        let folder = self.trial(id);
        self.no_link(&folder)?;
        Sums::read(&folder)?.read_file(&folder, SPEC)
    }

    /// Where and when a trial ran, if that is known: its file is compared with its digest.
    pub fn environment(&self, id: &TrialId) -> Option<Environment> {
        self.environment_in(&self.trial(id))
    }

    /// Where and when a trial's test rows were scored, if that is known: `seconds` are those of the predictions only.
    pub fn test_environment(&self, id: &TrialId) -> Option<Environment> {
        self.environment_in(&self.trial(id).join(TEST))
    }

    fn environment_in(&self, folder: &Path) -> Option<Environment> {
        self.read_environment(folder).ok()?
    }

    /// The environment in a trial's or a test result's folder, compared with its digest; none where there is no folder, or
    /// no such file in it and in its list.
    pub(crate) fn read_environment(&self, folder: &Path) -> Result<Option<Environment>, Problem> {
        self.no_link(folder)?;
        if !is_there(folder)? {
            return Ok(None);
        }
        let (sums, path) = (Sums::read(folder)?, folder.join(ENVIRONMENT));
        if !sums.0.contains_key(ENVIRONMENT) && !is_there(&path)? {
            return Ok(None);
        }
        parse_json(&path, &sums.read_file(folder, ENVIRONMENT)?).map(Some)
    }

    /// Reads the folder of trial `id`, now and as it is; nothing where there is none.
    pub(crate) fn look_up(&self, id: &TrialId) -> Result<Option<Whole<TrialRecord>>, Problem> {
        let folder = self.trial(id);
        self.no_link(&folder)?;
        read_trial(&folder, id)
    }

    /// Reads the folder of the test result of trial `id`, now and as it is; nothing where there is none.
    pub(crate) fn look_up_test(&self, id: &TrialId) -> Result<Option<Whole<StoredTest>>, Problem> {
        let folder = self.trial(id).join(TEST);
        self.no_link(&folder)?;
        read_test(&folder, id)
    }

    /// Looks a second time at what seems damaged, while no other process changes anything: a failed trial, say, may just have been
    /// replaced while its files were read. Who holds the gate must not call this.
    pub(crate) fn steadily<T>(&self, look: impl Fn() -> Result<T, Problem>) -> Result<T, Problem> {
        look().or_else(|_| {
            let _gate = self.gate_to_read();
            look()
        })
    }
}

pub(crate) fn is_there(folder: &Path) -> Result<bool, Problem> {
    fs::look_again(folder).map(|found| found.is_some()).map_err(|error| unreadable(folder, &error))
}

/// Reads the folder of trial `id`; nothing where there is none.
pub(crate) fn read_trial(folder: &Path, id: &TrialId) -> Result<Option<Whole<TrialRecord>>, Problem> {
    if !is_there(folder)? {
        return Ok(None);
    }
    let (sums, files) = Sums::read_folder(folder)?;
    for name in ALWAYS {
        require(folder, &files, name)?;
    }
    let path = folder.join(RECORD);
    let record: TrialRecord = parse_json(&path, &files[RECORD])?;
    if record.id != *id {
        return Err(Problem::new(&path, Fault::OtherTrial { found: record.id }));
    }
    if record.identity.id() != *id {
        return Err(Problem::new(&path, Fault::OtherIdentity));
    }
    if matches!(record.outcome, Outcome::Finished { .. }) {
        require(folder, &files, WEIGHTS)?;
    }
    Ok(Some(Whole { value: record, sums, files }))
}

/// Reads the folder of the test result of trial `id`; nothing where there is none.
pub(crate) fn read_test(folder: &Path, id: &TrialId) -> Result<Option<Whole<StoredTest>>, Problem> {
    if !is_there(folder)? {
        return Ok(None);
    }
    let (sums, files) = Sums::read_folder(folder)?;
    require(folder, &files, SCORES)?;
    require(folder, &files, PREDICTIONS)?;
    let path = folder.join(SCORES);
    let scores: TestScores = parse_json(&path, &files[SCORES])?;
    if scores.id != *id {
        return Err(Problem::new(&path, Fault::OtherTrial { found: scores.id }));
    }
    let value = StoredTest { scores, predictions: files[PREDICTIONS].clone() };
    Ok(Some(Whole { value, sums, files }))
}

fn require(folder: &Path, files: &Files, name: &str) -> Result<(), Problem> {
    match files.contains_key(name) {
        true => Ok(()),
        false => Err(Problem::content(&folder.join(SUMS), format!("it does not list {name}"))),
    }
}
