//! What can go wrong here and nowhere else.

use recur_core::model::ModelError;

/// A baseline that could not be fitted or asked.
#[derive(Debug, thiserror::Error)]
pub enum LinfaError {
    /// Prediction before training.
    #[error("the model predicts only after it was trained or given weights")]
    Untrained,
    /// Training on nothing.
    #[error("there are no rows to train on")]
    NoRows,
    /// linfa refused the logistic regression.
    #[error("linfa cannot fit the logistic regression")]
    Logistic(#[source] linfa_logistic::error::Error),
    /// linfa refused the naive Bayes model.
    #[error("linfa cannot fit the naive Bayes model")]
    NaiveBayes(#[source] linfa_bayes::NaiveBayesError),
}

impl From<LinfaError> for ModelError {
    fn from(error: LinfaError) -> Self {
        ModelError::Other(Box::new(error))
    }
}
