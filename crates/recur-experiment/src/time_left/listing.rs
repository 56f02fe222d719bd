//! The time that is left of an experiment, from what the store has of it: without its data and its models.

use super::{Ended, TimeLeft, TrialWork, WorkKind};
use recur_core::trial::TrialId;
use recur_store::ExperimentTrial;
use std::collections::BTreeMap;

/// How far a listed trial is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ListedProgress {
    /// It has not begun.
    Waiting,
    /// A process is at it.
    Running {
        /// Seconds since it began.
        seconds: f64,
        /// The share of its epochs that was done when it began, 0 to 1.
        share_before: f64,
        /// The share of its epochs that is done.
        share: f64,
        /// Seconds since its last epoch ended, or since it began.
        silent: f64,
    },
    /// It has a record.
    Ended(Ended),
}

impl TimeLeft {
    /// The estimate of the listed `trials` of an experiment, of which `jobs` run at once. Ask [`TimeLeft::left`] for the time 0.
    pub fn of_listing(trials: &[ExperimentTrial], jobs: usize, progress: impl Fn(&TrialId) -> ListedProgress) -> Self {
        let mut time_left = Self::new(jobs);
        let costs = costs_of_epochs(trials);
        trials.iter().for_each(|trial| time_left.add(&work(trial, &costs)));
        for trial in trials {
            time_left.take(&trial.id, progress(&trial.id));
        }
        time_left
    }

    fn take(&mut self, id: &TrialId, progress: ListedProgress) {
        match progress {
            ListedProgress::Waiting => {}
            ListedProgress::Running { seconds, share_before, share, silent } => {
                self.started(id, -seconds, share_before);
                if share > share_before {
                    self.progressed(id, -silent, share);
                }
            }
            ListedProgress::Ended(ended) => self.ended_elsewhere(id, &ended),
        }
    }
}

/// What an epoch of each configuration costs that halving stopped.
fn costs_of_epochs(trials: &[ExperimentTrial]) -> BTreeMap<&str, f64> {
    let cost = |trial: &ExperimentTrial| Some(trial.cost? as f64 / f64::from(trial.stop_after?.max(1)));
    trials.iter().filter_map(|trial| Some((trial.configuration.as_str(), cost(trial)?))).collect()
}

/// What a list says of a trial's work. It has no epochs but those at which halving stops; of its longer trainings the cost shows them.
fn work(trial: &ExperimentTrial, costs: &BTreeMap<&str, f64>) -> TrialWork {
    let ExperimentTrial { configuration, replicate, stop_after, cost, id } = trial;
    let by_cost =
        || Some((cost.as_ref().map(|cost| *cost as f64)? / costs.get(configuration.as_str())?).round() as u32);
    let epochs = stop_after.or_else(by_cost).unwrap_or(1);
    let model = configuration.split('(').next().unwrap_or(configuration);
    TrialWork {
        id: id.clone(),
        model: model.to_owned(),
        configuration: configuration.clone(),
        training: format!("{configuration} {replicate}"),
        cost: *cost,
        kind: WorkKind::Network,
        epochs,
        full_epochs: epochs,
        threads: 1,
        at_once: usize::MAX,
        shares_work: false,
    }
}
