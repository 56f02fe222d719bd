//! The record of a trial that a store may have.

use crate::error::ExperimentError;
use recur_core::record::TrialRecord;
use recur_core::trial::TrialId;
use recur_store::{Found, Store, StoreError};

/// The record of the trial `id`, if the store has one that can be used.
///
/// # Errors
/// If it is there and the system does not let it be read: it may be whole, and is not to be trained in vain.
pub fn stored_record(store: &Store, id: &TrialId) -> Result<Option<TrialRecord>, ExperimentError> {
    match store.find(id) {
        Found::Record(record) => Ok(Some(*record)),
        Found::Missing => Ok(None),
        Found::Damaged(problem) if problem.is_damage() => {
            tracing::warn!("trial {} counts as missing: {problem}", id.short());
            Ok(None)
        }
        Found::Damaged(problem) => Err(StoreError::Damaged(problem).into()),
    }
}
