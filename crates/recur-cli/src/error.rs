//! What the commands can fail with, what to do about it, and how the process ends.

use anstyle::{AnsiColor, Style};
use recur_ingest::IngestError;
use recur_report::ReportError;
use recur_spec::SpecErrors;
use recur_store::StoreError;
use recur_train::{SweepError, TestSetError};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// How the process ends. Wrong words on the command line end it with 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all that was asked for was done.
    Success,
    /// 1: an error; nothing useful was done, or it is told what was.
    Error,
    /// 3: the report was written, but some trials diverged or failed.
    SomeTrialsFailed,
    /// 130: interrupted; what was finished is kept.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Error => 1,
            Exit::SomeTrialsFailed => 3,
            Exit::Interrupted => 130,
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("cannot read the spec {}", path.display())]
    ReadSpec { path: PathBuf, source: std::io::Error, others: Vec<String> },
    #[error("{0}")]
    Spec(Box<SpecErrors>),
    #[error("cannot use the data")]
    Ingest(#[from] IngestError),
    #[error("cannot use the store")]
    Store(#[from] StoreError),
    #[error("cannot open the log {}", path.display())]
    Log { path: PathBuf, source: std::io::Error },
    #[error("the sweep stopped")]
    Sweep(#[from] SweepError),
    #[error("cannot score the test set")]
    TestSet(#[from] TestSetError),
    #[error("cannot write the report")]
    Report(#[from] ReportError),
    #[error("cannot divide the data")]
    Split(#[from] recur_core::split::SplitError),
    #[error(transparent)]
    UnknownModel(#[from] recur_core::registry::UnknownModel),
    #[error("{n_missing} of {n_trials} trials of {} have no record in the store {}", spec.display(), store.display())]
    TrialsMissing { n_missing: usize, n_trials: usize, spec: PathBuf, store: PathBuf },
    #[error("interrupted: {n_kept} of {n_trials} trials are kept in {}", store.display())]
    Interrupted { n_kept: usize, n_trials: usize, store: PathBuf },
    #[error("RECUR_ISA={name}: {reason}")]
    InstructionSet { name: String, reason: String },
    #[error("cannot write to standard output")]
    Output(#[from] std::io::Error),
}

impl CliError {
    /// How the process ends with this error.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            CliError::Interrupted { .. } => Exit::Interrupted,
            _ => Exit::Error,
        }
    }

    /// What to do about it, where that is known.
    fn hint(&self) -> Option<String> {
        match self {
            CliError::ReadSpec { others, .. } if !others.is_empty() => {
                Some(format!("there are: {}", others.join(", ")))
            }
            CliError::TrialsMissing { spec, .. } => {
                Some(format!("run them first: recur experiment {}", spec.display()))
            }
            CliError::Interrupted { .. } => Some("the same command goes on from there".to_owned()),
            CliError::UnknownModel(_) => Some("recur models lists all models".to_owned()),
            CliError::Store(StoreError::Format { .. }) => {
                Some("use a later version of recur, or another folder: --store DIR".to_owned())
            }
            CliError::Store(_) | CliError::Log { .. } => {
                Some("name a folder that can be written: --store DIR".to_owned())
            }
            CliError::Sweep(SweepError::Keep { .. }) => {
                Some("trials that had ended are kept; with room to write, the same command goes on".to_owned())
            }
            CliError::Ingest(IngestError::Missing { .. }) => {
                Some("`data.source` is relative to the folder that recur runs in; --set data.source=PATH".to_owned())
            }
            _ => None,
        }
    }

    /// Tells it on standard error, with its causes and the hint.
    pub(crate) fn print(&self) {
        let error_style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let hint_style = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        anstream::eprintln!("{error_style}error:{error_style:#} {self}");
        // The spec's errors are told in full by the error itself.
        let mut cause = self.source().filter(|_| !matches!(self, CliError::Spec(_)));
        while let Some(error) = cause {
            anstream::eprintln!("  because {error}");
            cause = error.source();
        }
        if let Some(hint) = self.hint() {
            anstream::eprintln!("{hint_style} hint:{hint_style:#} {hint}");
        }
    }
}
