//! Listing all trials, from their records alone.

use crate::error::StoreError;
use crate::files::{entries, parse_json, read};
use crate::layout::{RECORD, SCORES, TEST, trial_id};
use crate::problem::{Fault, Problem};
use crate::shards::in_order;
use crate::store::Store;
use recur_core::metric::Scores;
use recur_core::params::Params;
use recur_core::record::{EpochRecord, Outcome, TrialRecord};
use recur_core::trial::TrialId;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::ops::ControlFlow;
use std::path::Path;

/// A trial, as a list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The trial.
    pub id: TrialId,
    /// Its model's id.
    pub model: String,
    /// Every parameter.
    pub params: Params,
    /// The replicate.
    pub replicate: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// The validation figures of the kept epoch, if it finished.
    pub validation: Option<Scores>,
    /// Number of trained numbers.
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
    replicate: u32,
}

impl Store {
    /// Shows each trial to `visit`, in order of id, until it says stop. Records are read, but not checked against their
    /// digests: that is [`Store::find`]'s and [`Store::check`]'s part.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub fn list(&self, visit: impl FnMut(Result<Entry, Problem>) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.each_trial(list_trial, visit)
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
        read: impl Fn(&Path, &TrialId) -> T + Sync,
        mut visit: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let read_shard = |shard: &Path| -> Result<Vec<T>, StoreError> {
            let trials = entries(shard)?;
            Ok(trials.iter().filter_map(|entry| Some(read(&entry.path, &trial_id(&entry.name)?))).collect())
        };
        let mut outcome = Ok(());
        in_order(&self.shards()?, read_shard, |shard| match shard {
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
    let read: T = parse_json(&path, &read(&path)?)?;
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
        replicate: brief.identity.replicate,
        outcome: brief.outcome,
        validation,
        n_parameters: brief.n_parameters,
        has_test: folder.join(TEST).join(SCORES).exists(),
    })
}
