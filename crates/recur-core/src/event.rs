//! What happens during a sweep, as it happens: for progress bars and logs, never for results.

use crate::metric::Scores;
use crate::record::Outcome;
use crate::trial::Trial;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A trial began.
    TrialStarted {
        /// Which.
        trial: &'a Trial,
        /// Epochs it will train for at most.
        n_epochs: u32,
        /// Epochs that an earlier run had done, where it goes on from a checkpoint.
        epochs_done: u32,
    },
    /// A trial finished an epoch.
    EpochFinished {
        /// Which trial.
        trial: &'a Trial,
        /// Which epoch, from 0.
        epoch: u32,
        /// Mean training loss.
        train_loss: f64,
        /// Validation figures.
        validation: &'a Scores,
    },
    /// A trial ended.
    TrialEnded {
        /// Which.
        trial: &'a Trial,
        /// How.
        outcome: &'a Outcome,
    },
}
