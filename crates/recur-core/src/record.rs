//! What is kept of a trial.

use crate::digest::Digest;
use crate::identity::{Identity, TrialId};
use crate::metric::Scores;
use crate::settings::EarlyStopping;
use serde::{Deserialize, Serialize};

/// The result of a trial's training. Equal trials give equal records: no time, host or path is here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// [`Identity::id`] of `identity`.
    pub id: TrialId,
    /// All that determines the record.
    pub identity: Identity,
    /// The digest of the split that was trained on.
    pub split: Digest,
    /// How it ended.
    pub outcome: Outcome,
    /// One entry an epoch (for a one-shot model, one in all).
    pub epochs: Vec<EpochRecord>,
    /// Number of parameters; 0 if the model could not be built.
    pub n_parameters: u64,
}

impl TrialRecord {
    /// The validation results of the kept weights, if the trial finished.
    pub fn validation(&self) -> Option<Scores> {
        match &self.outcome {
            Outcome::Finished { kept_epoch } => self.epochs.get(*kept_epoch as usize).map(|epoch| epoch.validation),
            _ => None,
        }
    }

    /// The validation results that the trial has if it stops after `epochs` epochs, where it came so far; those of the kept weights
    /// for `None`.
    pub fn validation_after(&self, epochs: Option<u32>) -> Option<Scores> {
        let Some(epochs) = epochs.map(|epochs| epochs as usize) else { return self.validation() };
        let has_ended = matches!(self.outcome, Outcome::Finished { .. });
        if self.epochs.len() < epochs && !has_ended {
            return None;
        }
        let mut first = self.epochs.iter().map(|epoch| epoch.validation).take(epochs);
        match self.identity.training.as_ref().and_then(|training| training.early_stopping) {
            None => first.next_back(),
            Some(EarlyStopping { metric, .. }) => {
                first.reduce(|best, next| if metric.better(next.get(metric), best.get(metric)) { next } else { best })
            }
        }
    }
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Outcome {
    /// Trained to its end.
    Finished {
        /// The epoch, from 0, whose weights are kept.
        kept_epoch: u32,
    },
    /// The loss stopped being a number.
    Diverged {
        /// What happened, with the step.
        reason: String,
    },
    /// The model or the code under it failed.
    Failed {
        /// The error, or the panic's message.
        reason: String,
    },
}

/// One epoch's results.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Mean loss of the examples trained on, each before its step.
    pub train_loss: f64,
    /// Figures on the validation rows after the epoch.
    pub validation: Scores,
}

/// The result of scoring a trial's kept weights on its test rows. Made only for chosen configurations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestRecord {
    /// The trial whose kept weights were scored.
    pub id: TrialId,
    /// The scores on all test rows.
    pub scores: Scores,
    /// With two labels, the log-probability of each from which on a row is best predicted to have it: that with the highest F1
    /// of the label on the validation rows. `None` with other numbers of labels, or where the validation rows lack a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<[f32; 2]>,
    /// One entry a test row, in row order.
    pub predictions: Vec<Prediction>,
}

/// What a model said of one text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The text, normalised.
    pub text: String,
    /// Index of its label among the data set's labels.
    pub label: u16,
    /// Index of the most probable label; the first of equals.
    pub predicted: u16,
    /// Log-probability of the predicted label.
    pub log_probability: f32,
    /// Log-probability of the true label.
    pub label_log_probability: f32,
    /// How many labels are more probable than the true one; of equally probable ones the later in order is taken to be.
    pub label_rank: u16,
    /// Log-probability of each label, (C), in the order of the data set's labels.
    pub log_probabilities: Vec<f32>,
}
