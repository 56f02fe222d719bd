//! Trials, checkpoints and experiments on disk: plain files, each written whole or not at all.
//!
//! ```text
//! STORE/store.json                              the format's version
//! STORE/trials/AB/ABCD…/record.json             how a trial ended, epoch by epoch        compared
//!                      /curves.csv              the record's results as a table          compared
//!                      /weights.safetensors     the weights that a finished trial keeps  compared
//!                      /spec.yaml               the spec of this trial only
//!                      /environment.json        code, machine and times
//!                      /log.jsonl               the trial's log
//!                      /SHA256SUMS              the digests of all of these
//!                      /test/…                  scores.json, predictions.parquet (both compared) and SHA256SUMS
//! STORE/checkpoints/ABCD…/DIGEST.safetensors    a trial half way
//! STORE/experiments/NAME/…                      resolved spec, rejects, trials and log of an experiment
//! STORE/diffs/DIGEST.diff                       uncommitted changes that an environment names
//! STORE/conflicts/ID-DIGEST/                    a second result of a trial, with other bytes
//! STORE/tmp/HOST-BOOT-PID-RANDOM/               scratch of a live process, with what it trains now
//! ```
//! A trial's folder is made in the scratch, flushed to the disk and renamed into place; it never changes after. A reader
//! never sees half of one, and checks all of it against its digests. Equal trials give equal compared files: a second
//! result with other bytes is an error that keeps both. The clock decides nothing. `docs/store-format.md` describes the
//! format to who reads it without this crate, which trains nothing, computes no metric and knows no Parquet.

mod check;
mod checkpoint;
mod curves;
mod entry_lines;
mod environment;
mod error;
mod experiment;
mod export;
mod files;
mod fs;
mod gate;
mod gc;
mod hint;
mod keep;
pub mod layout;
mod list;
mod logging;
mod lookup;
mod machine;
mod opening;
mod prepared;
mod problem;
mod running;
#[cfg(test)]
mod samples;
mod scratch;
mod shards;
mod store;
mod sums;
mod weights;
mod weights_problem;

pub use check::Summary;
pub use checkpoint::FoundCheckpoint;
pub use environment::{CodeState, Environment};
pub use error::StoreError;
pub use experiment::{ExperimentFiles, ExperimentTrial, FoundExperiment, StoredExperiment};
pub use export::Exported;
pub use fs::Refused;
pub use gate::StoreEvent;
pub use gc::{GcOptions, Removed};
pub use keep::{Kept, NewTrial};
pub use list::Entry;
pub use lookup::{Found, FoundTest, StoredTest, TestScores};
pub use problem::{Fault, Problem};
pub use running::{Running, RunningProcess, RunningTrial};
pub use scratch::Life;
pub use store::Store;
pub use weights::{decode_weights, read_weights, write_weights};
pub use weights_problem::{UnstorableTensors, WeightsProblem};
