//! How far the experiments of a store are: from what they list, the records of their trials, and what processes show of
//! themselves. No data is read, no plugin started, and nothing written.

mod best;
mod left;
mod read;
mod running;

pub use best::{BestSoFar, ModelStatus};
pub use read::{StatusRequest, trials_of_experiment};
pub use running::{EndedProcess, RunningNow};
pub(crate) use running::{is_alive, living};

use crate::SentTasks;
use recur_core::metric::Metric;
use recur_core::visible::shown;
use serde::Serialize;

/// The version of [`Status`] as JSON.
const FORMAT: u32 = 1;

/// How far experiments of a store are. As JSON it is what `recur status --json` prints.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Status {
    /// The version of this format.
    pub recur_status: u32,
    /// The store, as the user named it.
    pub store: String,
    /// By name; one where one was asked for.
    pub experiments: Vec<ExperimentStatus>,
    /// Trials that processes train now and that none of these experiments lists.
    pub other_running: Vec<RunningNow>,
    /// What of the store is damaged or cannot be read: a run trains such trials again.
    pub problems: Vec<String>,
    /// Why a batch system did not say what it has.
    pub unanswered: Vec<String>,
}

impl Status {
    pub(crate) fn new(store: &recur_store::Store) -> Self {
        Self { recur_status: FORMAT, store: shown(store.root()), ..Self::default() }
    }

    /// Asks `engine` what it has of the experiments of which something was sent to a batch system. No answer is a problem that is
    /// shown: what the store has is all that is known then.
    pub fn ask(&mut self, store: &recur_store::Store, engine: &dyn recur_cluster::Engine) {
        for experiment in &mut self.experiments {
            if !SentTasks::may_be(store, &experiment.name) {
                continue;
            }
            match SentTasks::look(store, &experiment.name, engine) {
                Ok(sent) => experiment.sent = sent,
                Err(error) => self.unanswered.push(error.to_string()),
            }
        }
    }

    /// Whether no trial of any experiment waits or runs, and no process works on one: a race or a search may have more trials while
    /// a process does.
    pub fn is_done(&self) -> bool {
        self.experiments.iter().all(ExperimentStatus::is_done)
    }
}

/// How far an experiment is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ExperimentStatus {
    /// Its name.
    pub name: String,
    /// Whether the store lists it: a run has begun.
    pub is_started: bool,
    /// Whether the spec that was given is another one than that of the last run.
    pub is_changed: bool,
    /// How many of its trials are where.
    pub trials: Counts,
    /// The most trials that it can have, where results decide how many there are.
    pub most_trials: Option<u64>,
    /// The metric that configurations are chosen by, if the spec can be read.
    pub metric: Option<Metric>,
    /// Each model, in the order of the list.
    pub models: Vec<ModelStatus>,
    /// Its trials that are being trained.
    pub running: Vec<RunningNow>,
    /// Processes of this machine that ended while they trained its trials: a run goes on from their checkpoints.
    pub ended_processes: Vec<EndedProcess>,
    /// Processes that work on it now.
    pub n_processes: usize,
    /// Seconds since the first of these processes began, and trials that they keep a minute; none where nothing runs.
    pub elapsed_seconds: Option<u64>,
    /// See [`ExperimentStatus::elapsed_seconds`].
    pub trials_per_minute: Option<f64>,
    /// Seconds that the rest may take, where trials run and something is known of them: with as many at once as run now.
    pub seconds_left: Option<f64>,
    /// What was sent of it to a batch system, and waits or runs there.
    pub sent: Option<SentTasks>,
}

impl ExperimentStatus {
    /// Whether no trial waits or runs, and no process works on it.
    pub fn is_done(&self) -> bool {
        self.is_started && self.trials.n_waiting == 0 && self.trials.n_running == 0 && self.n_processes == 0
    }
}

/// How many of the listed trials of an experiment are where. Each trial counts once, but for `n_trials`; one that halving stopped and
/// that went on is left out, as the longer one is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Trials that the store lists: in a race or a search, those that are decided so far.
    pub n_trials: usize,
    /// Trials that finished.
    pub n_finished: usize,
    /// Trials that diverged: they are done, too.
    pub n_diverged: usize,
    /// Trials that failed, and are not being trained again just now.
    pub n_failed: usize,
    /// Trials that are being trained.
    pub n_running: usize,
    /// All others.
    pub n_waiting: usize,
}

impl Counts {
    /// Trials that are not trained again.
    pub fn n_done(&self) -> usize {
        self.n_finished + self.n_diverged
    }
}
