//! Why something cannot be compared, and what to do about it.

use crate::error::ExperimentError;
use crate::lookup::LookupError;
use crate::shell::quoted;
use recur_analysis::AnalysisError;
use recur_core::trial::TrialId;
use recur_core::visible::shown;
use recur_report::ReportRecordError;
use recur_store::StoreError;
use std::path::PathBuf;

/// Why experiments or trials cannot be compared. [`ComparisonError::hint`] is the next thing to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum ComparisonError {
    /// A word names nothing.
    #[error(
        "nothing is called {word}: no spec, no experiment in the store {}, and no trial whose id begins so",
        shown(store)
    )]
    NothingCalled {
        word: String,
        store: PathBuf,
        /// The experiment whose name is most like it.
        nearest: Option<String>,
        experiments: Vec<String>,
    },
    /// Experiments and trials are not compared with each other.
    #[error("{trial} is a trial and {experiment} an experiment")]
    TrialAndExperiment {
        /// The first word that names a trial.
        trial: String,
        /// The first word that names an experiment.
        experiment: String,
    },
    /// A report is that of a comparison.
    #[error("{} is the report of a comparison, and a comparison cannot be compared", shown(report))]
    IsComparison { report: PathBuf },
    /// A report cannot be used.
    #[error(transparent)]
    Report(#[from] ReportRecordError),
    /// Two words name the same.
    #[error("{first} and {second} are the same: they have the same trials")]
    Same { first: String, second: String },
    /// An experiment has none of the models that are asked for.
    #[error("{name} has none of the models {}", asked.join(", "))]
    NoneOfTheModels {
        name: String,
        /// The models that are asked for.
        asked: Vec<String>,
        models: Vec<String>,
    },
    /// No experiment has the model that the others are to be compared with.
    #[error("no model of these experiments is called {name}")]
    NoBaseline {
        name: String,
        /// The model whose name is most like it.
        nearest: Option<String>,
        /// All models, sorted.
        models: Vec<String>,
    },
    /// No trial of a chosen configuration has test results.
    #[error("trial {} of a chosen configuration of {} has no test results yet", trial.short(), shown(spec))]
    NotScored {
        /// The first of these trials.
        trial: TrialId,
        spec: PathBuf,
    },
    /// The test results of a trial are damaged.
    #[error("the test results of trial {} cannot be used: {problem}", trial.short())]
    DamagedTest { trial: TrialId, problem: String },
    /// A trial diverged or failed.
    #[error("trial {} did not finish: {reason}", trial.short())]
    NotFinished { trial: TrialId, reason: String },
    /// A trial has no test results, as no experiment chose its configuration.
    #[error("trial {} has no test results: no experiment chose its configuration", trial.short())]
    NotChosen { trial: TrialId },
    /// A word does not name what can be used.
    #[error(transparent)]
    Lookup(Box<LookupError>),
    /// An experiment cannot be prepared.
    #[error(transparent)]
    Experiment(Box<ExperimentError>),
    /// The store cannot be read.
    #[error("cannot use the store")]
    Store(#[from] StoreError),
    /// The experiments do not share what is compared.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
}

impl ComparisonError {
    /// What to do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NothingCalled { nearest: None, experiments, .. } if experiments.is_empty() => {
                "recur experiment SPEC runs one; recur store list lists the trials".to_owned()
            }
            Self::NothingCalled { nearest, experiments: names, .. }
            | Self::NoBaseline { nearest, models: names, .. } => nearest
                .as_ref()
                .map_or_else(|| format!("there are: {}", names.join(", ")), |name| format!("did you mean {name}?")),
            Self::TrialAndExperiment { .. } => {
                "compare experiments with experiments, and trials with trials".to_owned()
            }
            Self::IsComparison { .. } => "name the experiments that it compares".to_owned(),
            Self::Same { .. } => "name two or more different ones".to_owned(),
            Self::NoneOfTheModels { models, .. } => format!("it has: {}", models.join(", ")),
            Self::NotScored { spec, .. } => {
                format!(
                    "recur experiment {} scores them, and trains nothing again",
                    quoted(&spec.display().to_string())
                )
            }
            Self::DamagedTest { .. } => "recur experiment with its spec makes them again".to_owned(),
            Self::NotFinished { .. } => "compare trials that finished: recur store list".to_owned(),
            Self::NotChosen { .. } => {
                "test rows are scored for chosen configurations only; `has_test` in recur store list \
                --json shows which trials have results"
                    .to_owned()
            }
            Self::Report(error) => return error.hint(),
            Self::Lookup(error) => return error.hint(),
            Self::Experiment(error) => return error.hint(),
            Self::Store(error) => return error.hint(),
            Self::Analysis(error) => return error.hint(),
        })
    }
}

impl From<LookupError> for ComparisonError {
    fn from(error: LookupError) -> Self {
        Self::Lookup(Box::new(error))
    }
}

impl From<ExperimentError> for ComparisonError {
    fn from(error: ExperimentError) -> Self {
        Self::Experiment(Box::new(error))
    }
}
