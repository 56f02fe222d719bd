//! What the command line fails with, and how a process ends.

use crate::program::named;
use anstyle::{AnsiColor, Style};
use recur_analysis::AnalysisError;
use recur_core::model::ModelError;
use recur_core::registry::{DuplicateModel, NoModel};
use recur_experiment::predict::PredictionError;
use recur_experiment::{ComparisonError, ExperimentError, LookupError, VerifyError};
use recur_external::ExternalError;
use recur_files::NoTemporaryFolder;
use recur_report::{ReportError, ReportRecordError};
use recur_store::StoreError;
use recur_terminal::print_error;
use recur_train::PredictError;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

/// How the process ends. Wrong words on the command line end it with 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: all that was asked for was done.
    Success,
    /// 1: an error; nothing useful was done, or the message names what was.
    Error,
    /// 3: the report was written, but some trials diverged or failed, or could not be scored on test.
    SomeTrialsFailed,
    /// 4: what was made again or checked is not what is there.
    Different,
    /// 5: a model does not keep the contract.
    ContractBroken,
    /// 6: nothing was compared: no trial could be executed again whose bytes are promised to be equal.
    NothingCompared,
    /// 130: interrupted; what was finished is kept.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Error => 1,
            Exit::SomeTrialsFailed => 3,
            Exit::Different => 4,
            Exit::ContractBroken => 5,
            Exit::NothingCompared => 6,
            Exit::Interrupted => 130,
        })
    }
}

/// Why a command ended: what failed, why, and what to do about it, as it is printed.
#[derive(Debug)]
pub(crate) struct CliError {
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
    exit: Exit,
}

impl CliError {
    /// What failed. `message` names the file or the word, and the place in it.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), causes: Vec::new(), hint: None, exit: Exit::Error }
    }

    /// An error of a library as it is, with all that caused it.
    fn of(error: &dyn Error) -> Self {
        Self { causes: chain(error.source()), ..Self::new(error.to_string()) }
    }

    /// With an error that caused it, and all that caused that.
    pub(crate) fn because(mut self, cause: &dyn Error) -> Self {
        self.causes = chain(Some(cause));
        self
    }

    /// With the next thing to do, where there is one.
    pub(crate) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// With another exit code than that of an error.
    pub(crate) fn ends_with(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// A file that was to be written.
    pub(crate) fn cannot_write(path: &Path, cause: &dyn Error) -> Self {
        let hint = "name a file in a folder that exists and can be written".to_owned();
        Self::new(format!("cannot write {}", path.display())).because(cause).hint(hint)
    }

    /// A file whose ending is none of those that an option writes.
    pub(crate) fn ending(path: &Path, option: &str, formats: &[&str]) -> Self {
        let hint = format!("end the file's name in {}", formats.join(" or "));
        Self::new(format!("{} ends in no format that --{option} writes", path.display())).hint(hint)
    }

    /// A comparison that cannot be made or written.
    pub(crate) fn comparison(error: &ReportError) -> Self {
        Self::of(error).hint(error.hint("name another file: --write FILE"))
    }

    /// How the process ends with this error.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Prints it to standard error, with its causes and the hint. Commands have the name of the program, `name`.
    pub(crate) fn print(&self, name: &str) {
        let bold = |color: AnsiColor| Style::new().bold().fg_color(Some(color.into()));
        print_error(bold(AnsiColor::Red), "error:", &format!(" {}", named(&self.message, name)));
        for cause in &self.causes {
            print_error(Style::new(), "  because ", &named(cause, name));
        }
        if let Some(hint) = &self.hint {
            print_error(bold(AnsiColor::Cyan), " hint:", &format!(" {}", named(hint, name)));
        }
    }
}

/// An error with all that caused it, each in words.
fn chain(mut next: Option<&dyn Error>) -> Vec<String> {
    let mut causes = Vec::new();
    while let Some(error) = next {
        causes.push(error.to_string());
        next = error.source();
    }
    causes
}

impl From<ExperimentError> for CliError {
    fn from(error: ExperimentError) -> Self {
        let exit = match error {
            ExperimentError::Interrupted { .. } | ExperimentError::Stopped => Exit::Interrupted,
            _ => Exit::Error,
        };
        Self::of(&error).hint(error.hint()).ends_with(exit)
    }
}

impl From<LookupError> for CliError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Experiment(error) => error.into(),
            error => Self::of(&error).hint(error.hint()),
        }
    }
}

impl From<ComparisonError> for CliError {
    fn from(error: ComparisonError) -> Self {
        match error {
            ComparisonError::Experiment(error) => error.into(),
            ComparisonError::Lookup(error) => error.into(),
            error => Self::of(&error).hint(error.hint()),
        }
    }
}

impl From<VerifyError> for CliError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Experiment(error) => error.into(),
            VerifyError::Lookup(error) => error.into(),
            error => Self::of(&error).hint(error.hint()),
        }
    }
}

impl From<ReportRecordError> for CliError {
    fn from(error: ReportRecordError) -> Self {
        Self::of(&error).hint(error.hint())
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self::new("cannot use the store").because(&error).hint(error.hint())
    }
}

impl From<AnalysisError> for CliError {
    fn from(error: AnalysisError) -> Self {
        Self::new("cannot analyse the records").because(&error).hint(error.hint())
    }
}

impl From<ReportError> for CliError {
    fn from(error: ReportError) -> Self {
        Self::new("cannot write the report").because(&error).hint(error.hint("name another folder: --reports DIR"))
    }
}

impl From<NoModel> for CliError {
    fn from(error: NoModel) -> Self {
        Self::of(&error).hint(error.hint().to_owned())
    }
}

impl From<PredictError> for CliError {
    fn from(error: PredictError) -> Self {
        PredictionError::from(error).into()
    }
}

impl From<PredictionError> for CliError {
    fn from(error: PredictionError) -> Self {
        let exit = if matches!(error, PredictionError::Stopped) { Exit::Interrupted } else { Exit::Error };
        Self::of(&error).hint(error.hint()).ends_with(exit)
    }
}

impl From<ExternalError> for CliError {
    fn from(error: ExternalError) -> Self {
        Self::of(&error).hint(error.hint())
    }
}

impl From<DuplicateModel> for CliError {
    fn from(error: DuplicateModel) -> Self {
        Self::of(&error).hint("a plugin's folder names its model: rename it, and its `id`".to_owned())
    }
}

impl From<NoTemporaryFolder> for CliError {
    fn from(error: NoTemporaryFolder) -> Self {
        Self::of(&error).hint(error.hint().to_owned())
    }
}

impl From<ModelError> for CliError {
    fn from(error: ModelError) -> Self {
        Self::new("the model failed").because(&error)
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::new("cannot write to standard output").because(&error)
    }
}
