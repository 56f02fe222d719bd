//! Runs trials: trains them, and scores the chosen on test.
//!
//! A trial's result is a function of its identity and the data set only; how many trials run at once, and in which
//! order they end, changes nothing. Training reads no plan: a trial holds all that it is trained with, and its
//! [`Replicate`](recur_core::replicate::Replicate) says on which rows. This crate touches no files: what is to be kept is
//! handed to an [`Observer`].

mod build;
mod checked;
mod examples;
mod hint;
mod memory;
mod observer;
mod order;
mod predict;
mod result;
mod scores;
mod slots;
mod source;
mod start;
mod sweep;
mod test_set;
mod trial;
mod worker_pool;

/// The digest of the code that draws, divides, orders, trains and scores, whatever the model: part of each trial's identity.
pub const PROCEDURE: &str = env!("RECUR_CODE");

/// The digest of that code for a trial that is scored by a metric on request as well, whose code then matters too.
pub fn procedure(requested: Option<&Requested>) -> String {
    match requested {
        None => PROCEDURE.to_owned(),
        Some(_) => Digest::of(format!("{PROCEDURE} {}", recur_stats::ON_REQUEST_CODE).as_bytes()).to_string(),
    }
}

use recur_core::digest::Digest;
use recur_core::metric::Requested;

pub use memory::{bytes_in_words, memory_need};
pub use observer::Observer;
pub use predict::{PredictError, Predictor, Unreadable};
pub use result::TrialResult;
pub use source::{Fit, Next, Source, first_to_start};
pub use start::{Characters, Misfit, StartError};
pub use sweep::{How, Sweep, SweepError, run_sweep, run_trials};
pub use test_set::{TestRows, TestSetError, score_test_set, validation_thresholds};
