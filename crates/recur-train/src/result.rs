//! What comes of a trial.

use recur_core::record::TrialRecord;
use recur_core::tensor::Tensor;

/// A trial's record and, if it finished, the weights that it keeps.
#[derive(Clone, Debug)]
pub struct TrialResult {
    /// How it ended, with the results of each epoch.
    pub record: TrialRecord,
    /// The kept weights; empty unless the trial finished.
    pub weights: Vec<Tensor>,
}
