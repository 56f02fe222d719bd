//! Why something cannot be verified, and what to do about it.

use crate::error::ExperimentError;
use crate::lookup::LookupError;
use crate::shell::quoted;
use recur_core::visible::{shown, visible};
use recur_external::ExternalError;
use recur_files::Kind;
use recur_report::ReportRecordError;
use recur_store::StoreError;
use std::path::PathBuf;

/// Why something cannot be verified. [`VerifyError::hint`] is the next thing to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A word names nothing that can be verified.
    #[error("{} {problem}", shown(path))]
    NotASubject {
        /// The word, as a path.
        path: PathBuf,
        /// What it names instead.
        problem: NotASubject,
        /// What can be verified instead.
        instead: Option<String>,
    },
    /// A report is that of a comparison.
    #[error("{} is a comparison: its experiments are verified, not it", shown(report))]
    IsComparison {
        /// The report.
        report: PathBuf,
    },
    /// An option is given that cannot change what is executed again.
    #[error("{what} is executed again as it was: --{option} is for other subjects")]
    OptionOfOthers {
        /// The word.
        what: String,
        /// The option.
        option: &'static str,
    },
    /// A report, or its record, cannot be used.
    #[error(transparent)]
    Report(#[from] ReportRecordError),
    /// The record of a report names a change of its spec that is none.
    #[error("cannot use {}: the change {} of its spec cannot be read: {problem}", shown(record), visible(change))]
    Change {
        /// The record.
        record: PathBuf,
        /// The change.
        change: String,
        /// What is wrong with it.
        problem: Box<recur_spec::ErrorKind>,
    },
    /// A report or a stored trial names plugins that the user did not allow.
    #[error(
        "{what} names plugins of the folder {}, which are programs. They are started only if you allow it:\n  {}{}",
        shown(folder), starts.join("\n  "), other_folder(other)
    )]
    PluginsNotAllowed {
        /// What names them.
        what: String,
        /// The folder.
        folder: PathBuf,
        /// The manifest and the command of each.
        starts: Vec<String>,
        /// The folder that the user allowed, where it is not this one.
        other: Option<PathBuf>,
        /// The command that the user typed, without what allows plugins.
        command: String,
    },
    /// The folder of plugins cannot be used.
    #[error(transparent)]
    Plugins(#[from] ExternalError),
    /// A word does not name what can be used.
    #[error(transparent)]
    Lookup(Box<LookupError>),
    /// The experiment cannot be prepared, run or reported.
    #[error(transparent)]
    Experiment(Box<ExperimentError>),
    /// The store cannot be read.
    #[error("cannot use the store")]
    Store(#[from] StoreError),
}

fn other_folder(other: &Option<PathBuf>) -> String {
    let named = |folder: &PathBuf| format!("\n(--allow-plugins names another folder: {})", shown(folder));
    other.as_ref().map_or_else(String::new, named)
}

/// What is at a path that names nothing that can be verified.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotASubject {
    /// A folder.
    #[error("is a folder")]
    Folder,
    /// A pipe, a device or the like.
    #[error("is {0}")]
    NotRegular(Kind),
    /// `report.json` of a report.
    #[error("is the record of a report, and a report is verified by its Markdown file")]
    Record,
    /// A link that leads nowhere.
    #[error("is a link to {}, which does not exist", shown(.0))]
    DanglingLink(PathBuf),
    /// Nothing.
    #[error("does not exist")]
    Missing,
    /// A file that is not text.
    #[error("is neither a report nor a spec: it is not text")]
    NotText,
    /// An HTML page.
    #[error("is an HTML page: a report is verified by its Markdown file")]
    HtmlPage,
    /// An SVG file.
    #[error("is a figure, and a figure is verified with its report")]
    Figure,
    /// A page in the folder of a report.
    #[error("is not a report, but in the folder of one")]
    InFolderOfReport,
    /// Any other file.
    #[error("is neither a report nor a spec")]
    Neither,
}

impl VerifyError {
    /// What to do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotASubject { instead, .. } => instead.clone(),
            Self::IsComparison { .. } => {
                Some("recur verify their reports; the command in this one then writes these bytes again".to_owned())
            }
            Self::Report(error) => error.hint(),
            Self::OptionOfOthers { option: "set", .. } => {
                Some("change the spec, run it, and verify that: recur experiment SPEC --set PATH=VALUE".to_owned())
            }
            Self::OptionOfOthers { .. } => Some("a sample is of the trials of a report or a spec".to_owned()),
            Self::Change { .. } => Some(ReportRecordError::WRITE_ANEW.to_owned()),
            Self::PluginsNotAllowed { folder, command, .. } => {
                let folder = quoted(&folder.display().to_string());
                Some(format!("if you trust them: {command} --allow-plugins {folder}"))
            }
            Self::Plugins(error) => error.hint(),
            Self::Lookup(error) => error.hint(),
            Self::Experiment(error) => error.hint(),
            Self::Store(error) => error.hint(),
        }
    }
}

impl From<LookupError> for VerifyError {
    fn from(error: LookupError) -> Self {
        Self::Lookup(Box::new(error))
    }
}

impl From<ExperimentError> for VerifyError {
    fn from(error: ExperimentError) -> Self {
        Self::Experiment(Box::new(error))
    }
}
