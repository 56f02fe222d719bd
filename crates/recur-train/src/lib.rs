//! Runs the trials of a plan: trains, selects by validation, scores the chosen on test.
//!
//! A trial's result is a function of its identity and the data set alone; how many trials run at once, and in which
//! order they end, changes nothing. This crate touches no files: what is to be kept is handed to an [`Observer`].

mod checked;
mod crew;
mod hint;
mod memory;
mod order;
mod predict;
mod scores;
mod start;
mod sweep;
mod test_set;
mod trial;

/// The digest of the code that draws, divides, orders, trains and scores, whatever the model: part of each trial's identity.
pub const PROCEDURE: &str = env!("RECUR_CODE");

pub use memory::{bytes_in_words, memory_need};
pub use predict::{PredictError, Predictor, Unreadable};
pub use start::{Letters, Misfit, StartError};
pub use sweep::{Observer, Sweep, SweepError, run_sweep};
pub use test_set::{TestSetError, score_test_set};
pub use trial::{TrialResult, split_of};
