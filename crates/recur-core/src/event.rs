//! What happens during a sweep, as it happens: for progress bars and logs, never for results.

use crate::metric::Scores;
use crate::record::Outcome;
use crate::trial::Trial;

/// What happened while trials were trained.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Event<'a> {
    TrialStarted {
        trial: &'a Trial,
        /// Epochs it will train for at most.
        n_epochs: u32,
        /// Epochs that an earlier run had done, where it goes on from a checkpoint.
        epochs_done: u32,
    },
    EpochFinished {
        trial: &'a Trial,
        /// From 0.
        epoch: u32,
        /// The mean over the texts trained on, each before its step, in nats.
        train_loss: f64,
        /// Results on the validation rows after the epoch.
        validation: &'a Scores,
    },
    TrialEnded {
        trial: &'a Trial,
        outcome: &'a Outcome,
    },
}
