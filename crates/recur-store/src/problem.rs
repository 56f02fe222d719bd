//! What is wrong with a file or folder of a store: data, not an end. Whoever meets one treats the thing as missing.

use crate::fs::Refused;
use crate::weights_problem::WeightsProblem;
use recur_core::digest::Digest;
use recur_core::trial::TrialId;
use recur_core::visible::shown;
use std::path::{Path, PathBuf};

/// What is wrong with a file or folder of a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {fault}", shown(path))]
#[expect(missing_docs, reason = "the messages name the fields")]
pub struct Problem {
    pub path: PathBuf,
    pub fault: Fault,
}

/// What is wrong with a file or folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum Fault {
    #[error("is missing")]
    Missing,
    /// Something else is there than belongs there.
    #[error("cannot be read: {0}")]
    Refused(Refused),
    /// The system does not read it now: it may be whole.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// The system's words.
        reason: String,
    },
    /// It has another digest than the SHA256SUMS next to it lists.
    #[error("is damaged: it does not have the digest that SHA256SUMS lists for it")]
    OtherDigest,
    /// The digests of an experiment's folder are not there.
    #[error("is missing: a run was cut off while it wrote this folder; run the experiment again")]
    HalfWritten,
    /// It is listed, but not there.
    #[error("is missing, and SHA256SUMS lists it")]
    ListedButMissing,
    /// It is there, but not listed.
    #[error("is not listed in SHA256SUMS")]
    Unlisted,
    /// It does not hold what it should.
    #[error("is damaged: {reason}")]
    Content { reason: String },
    /// Its name is not the digest of its content.
    #[error("is damaged: its content does not have the digest {expected}")]
    NotItsName {
        /// The digest that its name promises.
        expected: Digest,
    },
    /// It is of another trial than its folder's.
    #[error("is damaged: it is of trial {found}, not of the one that its folder names")]
    OtherTrial {
        /// The trial that it names.
        found: TrialId,
    },
    /// The record's identity does not give the record's id.
    #[error("is damaged: its identity does not give its own id")]
    OtherIdentity,
    /// Weights or a checkpoint that cannot be used.
    #[error("is damaged: {0}")]
    Weights(WeightsProblem),
    /// A checkpoint of a later version of recur.
    #[error("has checkpoint format {found}, and this version of recur reads up to {known}")]
    CheckpointFormat {
        found: u32,
        /// The latest one known.
        known: u32,
    },
    /// The trial failed; it is run again.
    #[error("is of a trial that failed: {reason}")]
    Failed { reason: String },
    #[error("was cut in line {line}: its writer was stopped")]
    CutLog {
        /// The line, from 1.
        line: usize,
    },
    /// A line of a log is no JSON.
    #[error("is damaged: line {line} is no JSON")]
    LogLine {
        /// The line, from 1.
        line: usize,
    },
    /// Uncommitted changes that a trial ran with are not there.
    #[error("is missing, and {} names it", shown(environment))]
    NoDiff {
        /// The file that names them.
        environment: PathBuf,
    },
    /// A second result of a trial.
    #[error("is another result of a trial than the one kept: compare the two, then remove one")]
    Conflict,
    /// Scratch of a process that ended before it could clear it away.
    #[error("was left by a process that has ended; `store gc` removes it")]
    DeadScratch,
    /// Nothing that recur wrote.
    #[error("is not part of a store; move it elsewhere")]
    Stray,
    /// A folder with trials that does not say its format.
    #[error("is missing, and there are trials next to it")]
    NoFormat,
    /// An experiment's folder has another experiment of the same name in the store that it is copied to.
    #[error("is not copied: {} is another experiment of that name", shown(there))]
    OtherExperiment {
        /// What is there.
        there: PathBuf,
    },
}

impl Problem {
    pub(crate) fn new(path: &Path, fault: Fault) -> Self {
        Self { path: path.to_owned(), fault }
    }

    /// Whether the thing itself is damaged or something else is in its place. Where the system only does not read it (too many open
    /// files, no permission, a fault of the disk), nobody knows: then nothing is removed for it.
    pub fn is_damage(&self) -> bool {
        !matches!(self.fault, Fault::Unreadable { .. })
    }

    pub(crate) fn content(path: &Path, reason: impl ToString) -> Self {
        Self::new(path, Fault::Content { reason: reason.to_string() })
    }
}
