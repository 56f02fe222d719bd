//! The errors of libraries, as the command line prints them.

use super::{CliError, Exit};
use recur_analysis::AnalysisError;
use recur_core::model::ModelError;
use recur_core::registry::NoModel;
use recur_experiment::predict::PredictionError;
use recur_experiment::{ComparisonError, ExperimentError, LookupError, VerifyError};
use recur_external::ExternalError;
use recur_files::{NoTemporaryFolder, NotReplaced};
use recur_report::{ReportError, ReportRecordError};
use recur_spec::NotAParameter;
use recur_store::StoreError;
use recur_viewers::{FolderError, OnnxError};

impl From<ExperimentError> for CliError {
    fn from(error: ExperimentError) -> Self {
        let exit = match error {
            ExperimentError::Interrupted { .. } | ExperimentError::Stopped => Exit::Interrupted,
            ExperimentError::PartDone { .. } => Exit::PartDone,
            _ => Exit::Error,
        };
        Self::of(&error).hint(error.hint()).ends_with(exit)
    }
}

impl From<LookupError> for CliError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Experiment(error) => (*error).into(),
            error => Self::of(&error).hint(error.hint()),
        }
    }
}

impl From<ComparisonError> for CliError {
    fn from(error: ComparisonError) -> Self {
        match error {
            ComparisonError::Experiment(error) => (*error).into(),
            ComparisonError::Lookup(error) => (*error).into(),
            error => Self::of(&error).hint(error.hint()),
        }
    }
}

impl From<VerifyError> for CliError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Experiment(error) => (*error).into(),
            VerifyError::Lookup(error) => (*error).into(),
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

impl From<NotAParameter> for CliError {
    fn from(error: NotAParameter) -> Self {
        Self::of(&error)
    }
}

impl From<NoModel> for CliError {
    fn from(error: NoModel) -> Self {
        Self::of(&error).hint(error.hint().to_owned())
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

impl From<NotReplaced> for CliError {
    fn from(error: NotReplaced) -> Self {
        Self::of(&error).hint(error.hint().to_owned())
    }
}

impl From<FolderError> for CliError {
    fn from(error: FolderError) -> Self {
        Self::of(&error).hint(error.hint().to_owned())
    }
}

impl From<OnnxError> for CliError {
    fn from(error: OnnxError) -> Self {
        let hint =
            "--model MODEL or --trial ID names another one; docs/weights.md says how other programs read all weights";
        let is_other = matches!(error, OnnxError::NotRecurrent { .. });
        Self::of(&error).hint(is_other.then(|| hint.to_owned()))
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
