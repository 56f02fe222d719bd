//! How long the rest of an experiment may take, by what the store has of it.

use super::running::RunningNow;
use crate::estimate::ended;
use crate::time_left::{Ended, ListedProgress, TimeLeft};
use recur_core::record::Outcome;
use recur_core::trial::TrialId;
use recur_store::{Entry, ExperimentTrial, Store};
use std::cell::RefCell;
use std::collections::HashMap;

/// Trials of a configuration whose times are read.
const OF_CONFIGURATION: usize = 3;

/// Trials whose times are read, so that ten thousand are looked at in less than a second.
const MOST: usize = 1000;

/// Seconds that the `listed` trials may take that have not ended; `None` where nothing runs or nothing is known.
pub(super) fn seconds_left(
    store: &Store,
    listed: &[ExperimentTrial],
    entries: &HashMap<TrialId, Entry>,
    running: &[RunningNow],
    now: u64,
) -> Option<f64> {
    if running.is_empty() {
        return None;
    }
    let running_by_id: HashMap<&TrialId, &RunningNow> = running.iter().map(|now| (&now.trial.id, now)).collect();
    let titles: HashMap<&TrialId, &str> = listed.iter().map(|trial| (&trial.id, &*trial.configuration)).collect();
    let read: RefCell<HashMap<&str, usize>> = RefCell::default();
    let n_read = std::cell::Cell::new(0);
    let progress = |id: &TrialId| {
        if let Some(now_running) = running_by_id.get(id) {
            return of_running(now_running, now);
        }
        match entries.get(id).filter(|entry| !matches!(entry.outcome, Outcome::Failed { .. })) {
            None => ListedProgress::Waiting,
            Some(entry) => {
                let mut read = read.borrow_mut();
                let of_this = read.entry(titles.get(id).copied().unwrap_or_default()).or_default();
                *of_this += 1;
                let is_read = *of_this <= OF_CONFIGURATION && n_read.get() < MOST;
                n_read.set(n_read.get() + usize::from(is_read));
                let (share, is_resumed) = (share_used(entry), false);
                let unread = Ended { seconds: None, share, is_resumed };
                ListedProgress::Ended(if is_read { ended(store, id, share) } else { unread })
            }
        }
    };
    TimeLeft::of_listing(listed, running.len(), progress).left(0.0).map(|left| left.seconds)
}

fn of_running(running: &RunningNow, now: u64) -> ListedProgress {
    let trial = &running.trial;
    let seconds = now.saturating_sub(trial.started_unix) as f64;
    let share = f64::from(trial.epochs_done) / f64::from(trial.n_epochs.max(1));
    // Of a trial that goes on it is not known how far it was at its start: what it had then is most of what it has.
    let share_before = if trial.resumed { share } else { 0.0 };
    ListedProgress::Running { seconds, share_before, share, silent: 0.0 }
}

/// The share of its epochs that a trial used.
fn share_used(entry: &Entry) -> f64 {
    let epochs = entry.training.as_ref().map_or(1, |training| training.n_epochs());
    (entry.n_epochs as f64 / f64::from(epochs.max(1))).min(1.0)
}
