//! Follows the times of a run, and tells its observers how much is left.

use crate::Experiment;
use crate::clock::Started;
use crate::error::ExperimentError;
use crate::estimate::{self, Done};
use crate::observer::RunEvent;
use crate::queue::Queue;
use crate::time_left::{Left, More, TimeLeft};
use crate::work::{Costs, Training};
use recur_core::event::Event;
use recur_core::record::Outcome;
use recur_core::trial::Trial;
use recur_store::Store;
use recur_train::Source as _;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Seconds between two estimates, unless a trial ends.
const INTERVAL: f64 = 0.5;

/// After an estimate none is made for so many times as long as it took: that of ten thousand trials takes some milliseconds.
const PAUSE: f64 = 50.0;

/// The times of a run.
pub(crate) struct RunTimes {
    started: Started,
    is_adaptive: bool,
    state: Mutex<State>,
}

struct State {
    time_left: TimeLeft,
    /// Trials that the run may still learn of.
    n_unknown: usize,
    /// Epochs of each running trial.
    epochs: BTreeMap<String, u32>,
    /// Seconds of the trials that other processes trained for this run.
    elsewhere: f64,
    /// When the last estimate was made, and for how many seconds none is made after it.
    told: Option<f64>,
    pause: f64,
}

impl RunTimes {
    /// The times of a run of the trials of `queue`, `jobs` at once, which begins now.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn begin(queue: &Queue<'_>, jobs: usize) -> Result<Self, ExperimentError> {
        let (mut to_run, n_to_run) = (queue.known(), queue.n_to_run());
        to_run.truncate(n_to_run);
        let (time_left, is_adaptive) = queue.with_records(|experiment, records| {
            let done = experiment.all_trials().filter_map(|trial| Some(Done::of(trial, records.get(&trial.id)?)));
            let mut time_left = experiment.time_left(Some(queue.store()), jobs, &done.collect::<Vec<_>>(), &to_run)?;
            time_left.set_more(experiment.more());
            Ok::<_, ExperimentError>((time_left, experiment.is_adaptive()))
        })?;
        let n_unknown = queue.most_to_run().map_or(usize::MAX, |most| most.saturating_sub(n_to_run));
        let state = State { time_left, n_unknown, epochs: BTreeMap::new(), elsewhere: 0.0, told: None, pause: 0.0 };
        Ok(Self { started: Started::now(), is_adaptive, state: Mutex::new(state) })
    }

    /// Takes the time of what happened; tells the observers of `queue` how much is left, unless it was just done.
    pub(crate) fn take(&self, queue: &Queue<'_>, event: &RunEvent<'_>) {
        let RunEvent::Trial(event) = event else { return };
        let now = self.started.elapsed().as_secs_f64();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Event::TrialStarted { trial, .. } = event {
            let waiting = if self.is_adaptive { queue.known() } else { Vec::new() };
            queue.with(|experiment| state.learn(experiment, std::iter::once(*trial).chain(&waiting)));
        }
        state.take(event, now, queue);
        let is_end = matches!(event, Event::TrialEnded { .. });
        if state.told.is_some_and(|told| now - told < if is_end { state.pause } else { INTERVAL }) {
            return;
        }
        let Some(left) = state.time_left.left(now) else { return };
        state.told = Some(now);
        state.pause = PAUSE * (self.started.elapsed().as_secs_f64() - now);
        drop(state);
        if is_end {
            log(now, left);
        }
        queue.notify(&RunEvent::TimeLeft(left));
    }

    /// Seconds that each of these trials of `queue` may take, where anything is known of it.
    pub(crate) fn seconds_of(&self, queue: &Queue<'_>, trials: &[Trial]) -> Vec<Option<f64>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        queue.with(|experiment| state.learn(experiment, trials.iter()));
        state.time_left.seconds_of(trials.iter().map(|trial| &trial.id))
    }
}

impl State {
    /// Adds trials that results decided.
    fn learn<'a>(&mut self, experiment: &Experiment, trials: impl Iterator<Item = &'a Trial>) {
        let new: Vec<&Trial> = trials.filter(|trial| !self.time_left.has(&trial.id)).take(self.n_unknown).collect();
        if !new.is_empty() {
            self.n_unknown -= new.len();
            let costs = Costs::new(experiment);
            new.into_iter().for_each(|trial| self.time_left.add(&costs.work(trial)));
        }
        let More { n, is_certain } = experiment.more();
        self.time_left.set_more(More { n: n.min(self.n_unknown), is_certain });
    }

    fn take(&mut self, event: &Event<'_>, now: f64, queue: &Queue<'_>) {
        match event {
            Event::TrialStarted { trial, n_epochs, epochs_done } => {
                self.epochs.insert(trial.id.to_string(), *n_epochs);
                self.time_left.started(&trial.id, now, share(*epochs_done, *n_epochs));
            }
            Event::EpochFinished { trial, epoch, .. } => {
                let n_epochs = self.epochs.get(trial.id.as_str()).copied().unwrap_or(1);
                self.time_left.progressed(&trial.id, now, share(epoch + 1, n_epochs));
            }
            Event::TrialEnded { trial, outcome } => {
                let n_epochs = self.epochs.remove(trial.id.as_str()).unwrap_or(0);
                let is_finished = matches!(outcome, Outcome::Finished { .. });
                if is_finished && !self.time_left.has_progress(&trial.id) {
                    self.end_elsewhere(trial, n_epochs, now, queue.store());
                } else {
                    self.time_left.ended(&trial.id, now);
                }
            }
        }
    }
}

impl State {
    /// Another process trained the trial: of an executor that sends trials away, only their ends are heard, one after the other. How many
    /// run at once shows in what they took together.
    fn end_elsewhere(&mut self, trial: &Trial, n_epochs: u32, now: f64, store: &Store) {
        let ended = estimate::ended(store, &trial.id, share(n_epochs, Training::of(trial).epochs()));
        self.time_left.ended_elsewhere(&trial.id, &ended);
        self.elsewhere += ended.seconds.unwrap_or(0.0);
        if now > 0.0 && self.elsewhere > 0.0 {
            self.time_left.set_jobs((self.elsewhere / now).round().max(1.0) as usize);
        }
    }
}

fn share(done: u32, of: u32) -> f64 {
    f64::from(done) / f64::from(of.max(1))
}

/// Outside of the span of the trial that ended: the estimate is not about it.
fn log(now: f64, left: Left) {
    let Left { seconds, at_most, .. } = left;
    tracing::debug!(parent: None, after = now, at_most, "about {seconds:.1} s left");
}

impl Experiment {
    /// The whole trainings that results decide besides the trials that there are.
    pub(crate) fn more(&self) -> More {
        if self.is_decided() {
            return More::default();
        }
        let n_new = usize::try_from(self.most_trials()).unwrap_or(usize::MAX).saturating_sub(self.trials().len());
        let goes_on = |trial: &&Trial| self.cut(trial).is_some() && self.eliminated()[self.place_of(trial)].is_none();
        let n_stopped = self.trials().iter().filter(goes_on).count();
        let n_going_on = self.plan().halving.map_or(0, |halving| halving.n_kept(n_stopped as u64) as usize);
        // With a margin a race may eliminate more than it must.
        let is_certain = self.plan().race.as_ref().is_none_or(|race| race.margin.is_none());
        More { n: n_new.saturating_add(n_going_on), is_certain }
    }
}
