//! How many trials ended in which way.

use recur_core::record::Outcome;
use serde::Serialize;

/// How some trials ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// All that the plan has.
    pub planned: u64,
    /// Trained to their end.
    pub finished: u64,
    /// The loss stopped being a number.
    pub diverged: u64,
    /// The model or the code under it failed.
    pub failed: u64,
}

impl Tally {
    /// Trials without an outcome.
    pub fn missing(&self) -> u64 {
        self.planned - self.finished - self.diverged - self.failed
    }

    /// Counts one more that ended so.
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Finished { .. } => &mut self.finished,
            Outcome::Diverged { .. } => &mut self.diverged,
            Outcome::Failed { .. } => &mut self.failed,
        } += 1;
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Tally>>(tallies: I) -> Tally {
        tallies.fold(Tally::default(), |sum, tally| Tally {
            planned: sum.planned + tally.planned,
            finished: sum.finished + tally.finished,
            diverged: sum.diverged + tally.diverged,
            failed: sum.failed + tally.failed,
        })
    }
}
