//! The record of a trial that a store may have.

use crate::error::ExperimentError;
use recur_core::record::TrialRecord;
use recur_core::trial::Trial;
use recur_store::{Found, Store, StoreError};

/// The record of `trial`, if the store has one that can be used.
///
/// # Errors
/// If it is there and the system does not let it be read: it may be whole, and is not to be trained in vain.
pub fn stored_record(store: &Store, trial: &Trial) -> Result<Option<TrialRecord>, ExperimentError> {
    match store.find(&trial.id) {
        Found::Record(record) => Ok(Some(*record)),
        Found::Missing => Ok(None),
        Found::Damaged(problem) if problem.is_damage() => {
            tracing::warn!("trial {} counts as missing: {problem}", trial.id.short());
            Ok(None)
        }
        Found::Damaged(problem) => Err(StoreError::Damaged(problem).into()),
    }
}
