//! Listing all trials, from their records.

use crate::error::StoreError;
use crate::files::{entries, parse_json};
use crate::layout::{RECORD, SCORES, TEST, trial_id};
use crate::problem::{Fault, Problem};
use crate::shards::in_order;
use crate::store::Store;
use crate::sums::Sums;
use recur_core::digest::Digest;
use recur_core::metric::Scores;
use recur_core::params::Params;
use recur_core::record::{EpochRecord, Outcome, TrialRecord};
use recur_core::settings::TrainingSettings;
use recur_core::trial::TrialId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

/// A trial, as a list shows it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Entry {
    pub id: TrialId,
    /// Its model's id.
    pub model: String,
    /// Every parameter.
    pub params: Params,
    /// `None` for a model that learns in one go.
    pub training: Option<TrainingSettings>,
    /// The digest of its data set.
    pub dataset: Digest,
    pub replicate: u32,
    pub outcome: Outcome,
    /// The validation results of the kept epoch, if it finished.
    pub validation: Option<Scores>,
    /// Epochs that were trained.
    pub n_epochs: usize,
    /// Number of parameters.
    pub n_parameters: u64,
    /// Whether it has a test result.
    pub has_test: bool,
}

/// What a list reads of a record.
#[derive(Deserialize)]
struct Brief {
    id: TrialId,
    identity: BriefIdentity,
    outcome: Outcome,
    epochs: Vec<EpochRecord>,
    n_parameters: u64,
}

#[derive(Deserialize)]
struct BriefIdentity {
    model: String,
    params: Params,
    training: Option<TrainingSettings>,
    dataset: Digest,
    replicate: u32,
}

impl Store {
    /// Shows each trial to `visit`, in order of id, until it stops. Of a trial's folder only the record is read, and compared with
    /// its digest; [`Store::find`] and [`Store::check`] check the other files.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn list(&self, visit: impl FnMut(Result<Entry, Problem>) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.each_trial(list_trial, visit)
    }

    /// Shows those of the trials `ids` to `visit` that there are, as [`Store::list`] does.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn list_of(
        &self,
        ids: &BTreeSet<TrialId>,
        visit: impl FnMut(Result<Entry, Problem>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let shards: BTreeSet<&str> = ids.iter().filter_map(|id| id.as_str().get(..2)).collect();
        self.each_trial_of(|shard| shards.contains(shard), |id| ids.contains(id), list_trial, visit)
    }

    /// Shows each trial's whole record to `visit`, as [`Store::list`] does.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn records(
        &self,
        visit: impl FnMut(Result<TrialRecord, Problem>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.each_trial(|folder, id| of_trial(folder, id, |record: &TrialRecord| &record.id), visit)
    }

    fn each_trial<T: Send>(
        &self,
        read: impl Fn(&Path, &TrialId) -> Result<T, Problem> + Sync,
        visit: impl FnMut(Result<T, Problem>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.each_trial_of(|_| true, |_| true, read, visit)
    }

    /// The trials that `is_wanted`, in the folders of which `has_wanted` says, by name, that they may hold such.
    fn each_trial_of<T: Send>(
        &self,
        has_wanted: impl Fn(&str) -> bool,
        is_wanted: impl Fn(&TrialId) -> bool + Sync,
        read: impl Fn(&Path, &TrialId) -> Result<T, Problem> + Sync,
        mut visit: impl FnMut(Result<T, Problem>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let read_one = |folder: &Path, id: &TrialId| self.steadily(|| read(folder, id));
        let read_shard = |shard: &Path| -> Result<Vec<Result<T, Problem>>, StoreError> {
            let trials = entries(shard)?;
            let trials = trials.iter().filter(|entry| entry.is_folder);
            let id = |name: &str| trial_id(name).filter(&is_wanted);
            Ok(trials.filter_map(|entry| Some(read_one(&entry.path, &id(&entry.name)?))).collect())
        };
        let mut outcome = Ok(());
        let mut shards = self.shards()?;
        shards.retain(|entry| entry.is_folder && has_wanted(&entry.name));
        in_order(&shards, read_shard, |shard| match shard {
            Ok(trials) => trials.into_iter().try_for_each(&mut visit),
            Err(error) => {
                outcome = Err(error);
                ControlFlow::Break(())
            }
        });
        outcome
    }
}

/// What `T` reads of the record of trial `id`.
fn of_trial<T: DeserializeOwned>(folder: &Path, id: &TrialId, id_of: impl Fn(&T) -> &TrialId) -> Result<T, Problem> {
    let path = folder.join(RECORD);
    let read: T = parse_json(&path, &Sums::read(folder)?.read_file(folder, RECORD)?)?;
    match id_of(&read) {
        found if found == id => Ok(read),
        found => Err(Problem::new(&path, Fault::OtherTrial { found: found.clone() })),
    }
}

fn list_trial(folder: &Path, id: &TrialId) -> Result<Entry, Problem> {
    let brief: Brief = of_trial(folder, id, |brief: &Brief| &brief.id)?;
    let validation = match brief.outcome {
        Outcome::Finished { kept_epoch } => brief.epochs.get(kept_epoch as usize).map(|epoch| epoch.validation),
        Outcome::Diverged { .. } | Outcome::Failed { .. } => None,
    };
    Ok(Entry {
        id: brief.id,
        model: brief.identity.model,
        params: brief.identity.params,
        training: brief.identity.training,
        dataset: brief.identity.dataset,
        replicate: brief.identity.replicate,
        outcome: brief.outcome,
        validation,
        n_epochs: brief.epochs.len(),
        n_parameters: brief.n_parameters,
        has_test: folder.join(TEST).join(SCORES).exists(),
    })
}
