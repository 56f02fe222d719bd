//! What a configuration came to on its first replicates.

use crate::study::Needed;
use recur_core::metric::Metric;
use std::cmp::Ordering;

/// What a trial came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TrialResult {
    /// The value of the metric.
    Finished(f64),
    /// It diverged: worse than every value.
    Diverged,
}

/// The results of trials so far.
pub trait Results {
    /// What a trial came to; none if it is missing or failed.
    fn result(&self, trial: Needed) -> Option<TrialResult>;
}

/// What a configuration came to on replicates that are the same for all that it is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// The mean of the metric.
    Mean(f64),
    /// A trial diverged.
    Worst,
}

impl Outcome {
    /// The outcome of trials in the order of replicates; none if one of them has no result.
    pub(crate) fn of(trials: impl Iterator<Item = Option<TrialResult>>) -> Option<Self> {
        let (mut sum, mut n_trials, mut has_diverged) = (0.0, 0.0, false);
        for trial in trials {
            n_trials += 1.0;
            match trial? {
                TrialResult::Finished(value) => sum += value,
                TrialResult::Diverged => has_diverged = true,
            }
        }
        let mean = sum / n_trials;
        Some(if has_diverged || !mean.is_finite() { Self::Worst } else { Self::Mean(mean) })
    }

    /// Orders better outcomes first.
    pub(crate) fn compare(self, other: Self, metric: Metric) -> Ordering {
        match (self, other) {
            (Self::Mean(a), Self::Mean(b)) if metric.better(a, b) => Ordering::Less,
            (Self::Mean(a), Self::Mean(b)) if metric.better(b, a) => Ordering::Greater,
            (Self::Mean(_), Self::Worst) => Ordering::Less,
            (Self::Worst, Self::Mean(_)) => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(trials: &[Option<TrialResult>]) -> Option<Outcome> {
        Outcome::of(trials.iter().copied())
    }

    #[test]
    fn the_outcome_is_the_mean_or_the_worst() {
        let finished = |value| Some(TrialResult::Finished(value));
        assert_eq!(of(&[finished(1.0), finished(2.0)]), Some(Outcome::Mean(1.5)));
        assert_eq!(of(&[finished(1.0), Some(TrialResult::Diverged)]), Some(Outcome::Worst));
        assert_eq!(of(&[finished(f64::NAN), finished(2.0)]), Some(Outcome::Worst));
        assert_eq!(of(&[Some(TrialResult::Diverged), None]), None);
    }

    #[test]
    fn better_comes_first_and_diverged_last() {
        let (low, high) = (Outcome::Mean(0.1), Outcome::Mean(0.2));
        assert_eq!(high.compare(low, Metric::Accuracy), Ordering::Less);
        assert_eq!(high.compare(low, Metric::Loss), Ordering::Greater);
        assert_eq!(Outcome::Worst.compare(low, Metric::Accuracy), Ordering::Greater);
        assert_eq!(Outcome::Worst.compare(Outcome::Worst, Metric::Loss), Ordering::Equal);
    }
}
