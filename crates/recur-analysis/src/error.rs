//! Why there is no analysis, and what to do about it.

use crate::incompatibility::Incompatibility;
use recur_core::digest::Digest;
use recur_core::trial::TrialId;

/// Why outcomes cannot be analysed. [`AnalysisError::hint`] is the next thing to do.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum AnalysisError {
    /// A trial belongs to another version of the data.
    #[error("trial {trial} was trained on data set {got}, the report is about {expected}")]
    MixedData {
        trial: TrialId,
        /// The data set of the trial.
        got: Digest,
        /// The data set of the report.
        expected: Digest,
    },
    #[error("trial {trial} (configuration {configuration}, replicate {replicate}) is not in the plan")]
    NotInPlan { trial: TrialId, configuration: usize, replicate: u32 },
    /// Two outcomes for one configuration and replicate.
    #[error("trial {trial} (configuration {configuration}, replicate {replicate}) is given twice")]
    Repeated { trial: TrialId, configuration: usize, replicate: u32 },
    /// Test results of a trial that is not among the outcomes.
    #[error("test results of trial {trial}, which is not among the outcomes")]
    UnknownTrial { trial: TrialId },
    /// A prediction with a label that the data set does not have.
    #[error("trial {trial} predicts label {label} for an example, the data set has {n_labels} labels")]
    UnknownLabel { trial: TrialId, label: u16, n_labels: usize },
    /// A prediction without a probability for each label.
    #[error("trial {trial} gives {n_given} probabilities for an example, the data set has {n_labels} labels")]
    OtherLabels { trial: TrialId, n_given: usize, n_labels: usize },
    /// Test results of two trials of one replicate that are not of the same texts.
    #[error("trials {first} and {second} of replicate {replicate} were scored on different test rows")]
    OtherNames { first: TrialId, second: TrialId, replicate: u32 },
    /// Test results of another number of rows than the split has.
    #[error("trial {trial} was scored on {n_scored} test rows, replicate {replicate} has {n_rows}")]
    OtherRows {
        trial: TrialId,
        replicate: u32,
        /// Rows that it was scored on.
        n_scored: usize,
        /// Test rows of the replicate.
        n_rows: usize,
    },
    #[error("{n_splits} splits are given for {replicates} replicates")]
    Splits { n_splits: usize, replicates: u32 },
    #[error("{first} and {second} cannot be compared: {why}")]
    Incompatible { first: String, second: String, why: Box<Incompatibility> },
    /// An experiment without a configuration that finished on every replicate.
    #[error("no configuration of {name} finished on every replicate, so there is nothing to compare")]
    NothingFinished { name: String },
}

impl AnalysisError {
    /// What to do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Incompatible { why, .. } => Some(why.hint()),
            Self::NothingFinished { .. } => Some("its report shows how its trials ended".to_owned()),
            Self::MixedData { .. } => {
                Some("the data has changed since it was run: run the experiment again".to_owned())
            }
            _ => None,
        }
    }
}
