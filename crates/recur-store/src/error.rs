//! What can go wrong with a store.

use crate::problem::Problem;
use crate::weights_problem::WeightsProblem;
use recur_core::trial::TrialId;
use recur_core::visible::{shown, visible};
use std::path::PathBuf;

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum StoreError {
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {}", shown(path))]
    Io {
        /// `read`, `write`, `create`, …
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error(transparent)]
    Damaged(Problem),
    /// The store was written by a later version of recur.
    #[error("{} has store format {found}, and this version of recur reads up to {known}", shown(path))]
    Format {
        path: PathBuf,
        found: u32,
        /// The latest one known.
        known: u32,
    },
    /// The store was written by an earlier version of recur, whose trials are named in another way.
    #[error(
        "{} has store format {found}, and this version of recur reads only format {known}: its trials were made by an \
         earlier recur; `recur experiment SPEC --store DIR` trains them again in another folder",
        shown(path)
    )]
    OlderFormat {
        path: PathBuf,
        found: u32,
        /// The one that is read.
        known: u32,
    },
    /// The store was opened to read and is to be written.
    #[error("the store {} was opened only to read", shown(root))]
    ReadOnly { root: PathBuf },
    /// Another process has the store open to write.
    #[error("another process is writing to the store: it holds {}", shown(scratch))]
    InUse { scratch: PathBuf },
    /// A process of another machine, or of this one before it was booted, may be writing to the store.
    #[error("a process on {host} may be writing to the store: it made {}", shown(scratch))]
    InUseElsewhere { host: String, scratch: PathBuf },
    /// The folder is somebody's, and no store.
    #[error("{} is no store: it has no store.json and is not empty (it has `{}`)", shown(root), visible(entry))]
    NotAStore {
        root: PathBuf,
        /// One of the names in it.
        entry: String,
    },
    /// A trial gave other bytes than before.
    #[error(
        "trial {trial} is not deterministic: its {file} differs from the one of an earlier run; compare {} (earlier) with \
         {} (now), then remove the wrong one",
        shown(kept),
        shown(conflict)
    )]
    Nondeterminism {
        trial: TrialId,
        /// The first file that differs.
        file: String,
        /// The folder that was there and stays.
        kept: PathBuf,
        /// The folder of the new result.
        conflict: PathBuf,
    },
    /// A record that its file would not give back.
    #[error("the {file} of trial {trial} cannot be kept: {problem}")]
    NotStorable { trial: TrialId, file: &'static str, problem: String },
    /// A test result of a trial that the store does not have.
    #[error("trial {trial} has no folder {} for its test result; run the trial first", shown(folder))]
    NoTrial {
        trial: TrialId,
        /// Where its folder would be.
        folder: PathBuf,
    },
    /// A name that is no folder's name.
    #[error("`{name}` cannot be the name of an experiment's folder; use letters, digits, `-` and `_`")]
    ExperimentName { name: String },
    /// A file of weights cannot be used.
    #[error("cannot use the weights {}: {problem}", shown(path))]
    Weights { path: PathBuf, problem: WeightsProblem },
}
