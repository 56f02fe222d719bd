//! Why a report cannot be written.

use recur_core::visible::shown;
use std::io;
use std::path::PathBuf;

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum ReportError {
    /// The experiment's name cannot name a file.
    #[error("the name `{name}` cannot name a report: it has to be a plain file name")]
    Name { name: String },
    /// A file that recur did not write, where it wants to write one.
    #[error("{} was not written by recur, and is not replaced", shown(path))]
    Foreign { path: PathBuf },
    /// A file that recur wrote and somebody changed.
    #[error("{} was changed after recur wrote it, and is not replaced", shown(path))]
    Changed { path: PathBuf },
    /// A link, where recur wants to write a file or a folder.
    #[error("{} is a link: recur writes through no link within the folder of reports", shown(path))]
    Link { path: PathBuf },
    /// A folder where a file is expected, or something else.
    #[error("{} is not {expected}", shown(path))]
    InTheWay {
        path: PathBuf,
        /// What it has to be.
        expected: &'static str,
    },
    /// The report of another experiment.
    #[error("{} is the report of another experiment: it is of {there}, and this one of {new}", shown(path))]
    OtherReport {
        path: PathBuf,
        /// Its spec or question.
        there: String,
        /// The spec or question of the report that was to be written.
        new: String,
    },
    /// A report without a readable `report.json` is at the place of this one: what it is about is not known.
    #[error("{} is the report of another version of recur, or lost its report.json, and is not replaced", shown(path))]
    UnknownReport { path: PathBuf },
    /// A file that cannot be written.
    #[error("cannot write {}", shown(path))]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}
