//! Where checkpoints of running trials are: in the store, or most of them on a disk of this machine.
//!
//! On a shared file system with many writers, checkpoints are most of what is written. With a folder on a disk of the machine
//! (`RECUR_SCRATCH`) only every tenth goes into the store, and those that others need: of a run that is asked to stop, and at the end of
//! a training that halving may continue. A trial that goes on elsewhere loses what is on the machine alone.

use crate::error::{ExperimentError, with_causes};
use recur_core::checkpoint::Checkpoint;
use recur_core::digest::Digest;
use recur_core::trial::TrialId;
use recur_store::{FoundCheckpoint, Store, StoreError};
use std::path::Path;

/// Of so many checkpoints one goes into the store.
const SHARED: u32 = 10;

/// The checkpoints of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checkpoints<'a> {
    pub(crate) store: &'a Store,
    /// On a disk of this machine.
    pub(crate) local: Option<&'a Store>,
}

impl Checkpoints<'_> {
    /// The furthest of a training, wherever it is.
    pub(crate) fn find(&self, training: &TrialId) -> Result<FoundCheckpoint, StoreError> {
        let mut found = self.store.find_checkpoint(training)?;
        if let Some(local) = self.local {
            let FoundCheckpoint { checkpoint, damaged } = local.find_checkpoint(training).unwrap_or_else(|error| {
                warn(&error);
                FoundCheckpoint { checkpoint: None, damaged: Vec::new() }
            });
            let along = |checkpoint: &Option<Checkpoint>| {
                checkpoint.as_ref().map(|it| (it.progress.epochs.len(), it.progress.examples))
            };
            if along(&checkpoint) > along(&found.checkpoint) {
                found.checkpoint = checkpoint;
            }
            found.damaged.extend(damaged);
        }
        Ok(found)
    }

    /// Saves one, the `number`th of this run, from 0. `is_wanted` is whether others need it.
    pub(crate) fn save(&self, checkpoint: &Checkpoint, number: u32, is_wanted: bool) -> Result<(), StoreError> {
        match self.local {
            Some(local) if !is_wanted && !(number + 1).is_multiple_of(SHARED) => {
                local.save_checkpoint(checkpoint).or_else(|error| {
                    warn(&error);
                    self.store.save_checkpoint(checkpoint)
                })
            }
            _ => self.store.save_checkpoint(checkpoint),
        }
    }

    /// Removes those of a training that has ended.
    pub(crate) fn remove(&self, training: &TrialId) -> Result<(), StoreError> {
        if let Some(local) = self.local
            && let Err(error) = local.remove_checkpoints(training)
        {
            warn(&error);
        }
        self.store.remove_checkpoints(training)
    }
}

/// A disk of this machine that fails takes nothing from what the store has.
fn warn(error: &StoreError) {
    tracing::warn!("the checkpoints on this machine: {}", with_causes(error));
}

/// Opens the place for what belongs to `store` in the folder `scratch` of this machine.
///
/// # Errors
/// If it cannot be written.
pub fn local_store(scratch: &Path, store: &Store) -> Result<Store, ExperimentError> {
    let root = std::path::absolute(store.root()).unwrap_or_else(|_| store.root().to_owned());
    let name = Digest::of(root.to_string_lossy().as_bytes());
    Ok(Store::open(&scratch.join(format!("recur-{}", name.short())))?)
}
