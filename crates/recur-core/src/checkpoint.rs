//! A trial half way: all that is needed to go on as if it had never been stopped.

use crate::identity::TrialId;
use crate::record::EpochRecord;
use crate::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// The whole state of a trial between two steps. Random streams have no position in it: each is keyed by its epoch or step.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// How far the trial is.
    pub progress: Progress,
    /// The model's weights after the last step.
    pub weights: Vec<Tensor>,
    /// The model's training state besides the weights.
    pub training_state: Vec<Tensor>,
    /// The weights of [`Progress::best`]; empty where there is none.
    pub best_weights: Vec<Tensor>,
}

/// How far a trial is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The trial that continues from here.
    pub trial: TrialId,
    /// The epochs that are done.
    pub epochs: Vec<EpochRecord>,
    /// Examples of the next epoch that are done.
    pub examples: u64,
    /// The sum of their losses, in nats.
    pub loss: f64,
    /// The best epoch so far, where early stopping watches.
    pub best: Option<BestEpoch>,
}

/// The best epoch so far by the metric that early stopping watches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestEpoch {
    /// The epoch, from 0.
    pub epoch: u32,
    /// The validation result of this epoch, by that metric.
    pub value: f64,
}
