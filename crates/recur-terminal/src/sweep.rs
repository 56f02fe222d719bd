//! How far a sweep is: what its progress bars and its lines in a log show. Whoever has a clock gives the times, in seconds since its start.

use recur_core::event::Event;
use recur_core::metric::Metric;
use recur_core::record::Outcome;
use recur_core::visible::visible;
use recur_experiment::{Left, title_without_id};

/// How far a sweep is.
#[derive(Clone, Debug)]
pub(crate) struct Sweep {
    /// What results are compared by.
    pub(crate) metric: Metric,
    pub(crate) n_trials: usize,
    pub(crate) n_done: usize,
    pub(crate) n_failed: usize,
    pub(crate) n_diverged: usize,
    /// How far races and searches are; may be empty.
    pub(crate) stage: String,
    /// In the order in which they started.
    pub(crate) running: Vec<RunningTrial>,
    /// The best validation result of a trial that finished, and its title.
    pub(crate) best: Option<(f64, String)>,
    /// An estimate, and when it was made.
    left: Option<(Left, f64)>,
    /// What earlier runs had done of the trials of this one, in trials.
    done_before: f64,
}

/// A trial that runs.
#[derive(Clone, Debug)]
pub(crate) struct RunningTrial {
    id: String,
    pub(crate) title: String,
    n_epochs: u32,
    done_before: u32,
    /// The metric after each epoch of this run.
    values: Vec<f64>,
}

impl RunningTrial {
    /// The share of its epochs that is done, those of earlier runs included.
    pub(crate) fn share(&self) -> f64 {
        share(self.done_before + self.values.len() as u32, self.n_epochs)
    }

    /// The metric after its last epoch.
    pub(crate) fn value(&self) -> Option<f64> {
        self.values.last().copied()
    }
}

fn share(done: u32, of: u32) -> f64 {
    f64::from(done) / f64::from(of.max(1))
}

impl Sweep {
    /// A sweep of `n_trials` trials, none of which has begun.
    pub(crate) fn new(metric: Metric, n_trials: usize, stage: &str) -> Self {
        Self {
            metric,
            n_trials,
            n_done: 0,
            n_failed: 0,
            n_diverged: 0,
            stage: visible(stage).into_owned(),
            running: Vec::new(),
            best: None,
            left: None,
            done_before: 0.0,
        }
    }

    /// Results decided that `n_trials` more are trained, which belong to `stage`.
    pub(crate) fn add(&mut self, n_trials: usize, stage: &str) {
        self.n_trials += n_trials;
        self.stage = visible(stage).into_owned();
    }

    /// Takes the time that is left, as it is estimated `now`.
    pub(crate) fn set_left(&mut self, left: Left, now: f64) {
        self.left = Some((left, now));
    }

    /// Takes what happened.
    pub(crate) fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::TrialStarted { trial, n_epochs, epochs_done } => {
                self.done_before += share(*epochs_done, *n_epochs);
                self.running.push(RunningTrial {
                    id: trial.id.to_string(),
                    title: visible(&title_without_id(trial)).into_owned(),
                    n_epochs: *n_epochs,
                    done_before: *epochs_done,
                    values: Vec::new(),
                });
            }
            Event::EpochFinished { trial, validation, .. } => {
                if let Some(running) = self.running.iter_mut().find(|running| running.id == trial.id.as_str()) {
                    running.values.push(validation.get(self.metric));
                }
            }
            Event::TrialEnded { trial, outcome } => {
                let place = self.running.iter().position(|running| running.id == trial.id.as_str());
                let ended = place.map(|place| self.running.remove(place));
                self.n_done += 1;
                match outcome {
                    Outcome::Finished { kept_epoch } => self.compare(ended, *kept_epoch),
                    Outcome::Diverged { .. } => self.n_diverged += 1,
                    Outcome::Failed { .. } => self.n_failed += 1,
                }
            }
        }
    }

    /// The share of all trials that is done, epochs of earlier runs included.
    pub(crate) fn share(&self) -> f64 {
        self.done() / self.n_trials.max(1) as f64
    }

    /// Trials that this run does in a minute.
    pub(crate) fn a_minute(&self, now: f64) -> f64 {
        60.0 * (self.done() - self.done_before).max(0.0) / now.max(1e-9)
    }

    /// Seconds that are left `now`: until the known trials have ended, and until all have that there can be.
    pub(crate) fn left(&self, now: f64) -> Option<(f64, Option<f64>)> {
        let (Left { seconds, at_most, .. }, at) = self.left?;
        let later = |seconds: f64| (seconds - (now - at)).max(0.0);
        Some((later(seconds), at_most.map(later)))
    }

    fn done(&self) -> f64 {
        self.n_done as f64 + self.running.iter().map(RunningTrial::share).sum::<f64>()
    }

    fn compare(&mut self, ended: Option<RunningTrial>, kept_epoch: u32) {
        let Some(RunningTrial { title, done_before, values, .. }) = ended else { return };
        // The kept epoch may be one of an earlier run.
        let value = kept_epoch.checked_sub(done_before).and_then(|epoch| values.get(epoch as usize).copied());
        if let Some(value) = value
            && self.best.as_ref().is_none_or(|(best, _)| self.metric.better(value, *best))
        {
            self.best = Some((value, title));
        }
    }
}
