//! What processes train now, by experiment.

use crate::clock::unix_seconds;
use recur_core::trial::TrialId;
use recur_store::{Life, Running, RunningProcess, RunningTrial, Store, StoreError};
use serde::Serialize;

/// A process of another machine that has not been heard of for so many seconds counts as ended: it writes every 10.
const SILENCE: u64 = 120;

/// Clocks of machines differ by so many seconds at most.
const CLOCKS: u64 = 3600;

/// A trial that a process trains now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunningNow {
    /// The trial, with how far it is.
    #[serde(flatten)]
    pub trial: RunningTrial,
    /// The machine.
    pub host: String,
    /// The process there.
    pub pid: u32,
    /// Where the process runs, in words of who started it.
    pub place: Option<String>,
    /// Of a process whose life is not known, as it is of another machine: seconds since it was heard of.
    pub heard_seconds_ago: Option<u64>,
}

/// A process that ended, or has not been heard of for long, while it trained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndedProcess {
    /// The machine.
    pub host: String,
    /// The process there.
    pub pid: u32,
    /// Where it ran, in words of who started it.
    pub place: Option<String>,
    /// Of a process of another machine: seconds since it was heard of.
    pub heard_seconds_ago: Option<u64>,
    /// The trials that it trained.
    pub trials: Vec<TrialId>,
}

/// A process that shows what it trains.
pub(super) struct Process {
    host: String,
    pid: u32,
    pub(super) running: Running,
    heard_seconds_ago: Option<u64>,
    pub(super) has_ended: bool,
}

/// Whether a process lives, as far as is known. One of another machine does as long as it gives signs of it; what it wrote in the future
/// is none.
fn lives(life: Life, running: Option<&Running>, now: u64) -> bool {
    let is_heard = |running: &Running| {
        now.saturating_sub(running.written_unix) <= SILENCE && running.written_unix <= now.saturating_add(CLOCKS)
    };
    match life {
        Life::Alive => true,
        Life::Ended => false,
        Life::Unknown => running.is_some_and(is_heard),
    }
}

/// Whether `process` lives now.
pub(crate) fn is_alive(process: &RunningProcess) -> bool {
    lives(process.life, process.running.as_ref(), unix_seconds())
}

/// What the processes show that train into `store` now.
///
/// # Errors
/// If the store cannot be read.
pub(crate) fn living(store: &Store) -> Result<Vec<Running>, StoreError> {
    Ok(store.running()?.into_iter().filter(is_alive).filter_map(|process| process.running).collect())
}

impl Process {
    /// What `process` shows at the time `now`, in seconds since 1970; nothing where that cannot be read.
    pub(super) fn of(process: RunningProcess, now: u64) -> Option<Self> {
        let RunningProcess { host, pid, life, running, .. } = process;
        let running = running?;
        let heard_seconds_ago = (life == Life::Unknown).then(|| now.saturating_sub(running.written_unix));
        let has_ended = !lives(life, Some(&running), now);
        Some(Self { host, pid, running, heard_seconds_ago, has_ended })
    }

    /// Whether it works on the experiment called `name`, which has the trials that `is_its` says.
    pub(super) fn works_on(&self, name: &str, is_its: impl Fn(&TrialId) -> bool) -> bool {
        self.running.experiment.as_deref() == Some(name) || self.running.trials.iter().any(|trial| is_its(&trial.id))
    }

    /// Its trials that `is_wanted`.
    pub(super) fn trials(&self, is_wanted: impl Fn(&TrialId) -> bool) -> Vec<RunningNow> {
        let Self { host, pid, running, heard_seconds_ago, .. } = self;
        let wanted = running.trials.iter().filter(|trial| is_wanted(&trial.id));
        let now = |trial: &RunningTrial| RunningNow {
            trial: trial.clone(),
            host: host.clone(),
            pid: *pid,
            place: running.place.clone(),
            heard_seconds_ago: *heard_seconds_ago,
        };
        wanted.map(now).collect()
    }

    /// That it ended, if it trained trials that `is_wanted`.
    pub(super) fn ended(&self, is_wanted: impl Fn(&TrialId) -> bool) -> Option<EndedProcess> {
        let trials: Vec<TrialId> = self.trials(is_wanted).into_iter().map(|now| now.trial.id).collect();
        let Self { host, pid, running, heard_seconds_ago, .. } = self;
        let (place, heard_seconds_ago) = (running.place.clone(), *heard_seconds_ago);
        (!trials.is_empty()).then(|| EndedProcess { host: host.clone(), pid: *pid, place, heard_seconds_ago, trials })
    }
}

/// Seconds since the first of `processes` began, and trials that they keep a minute together. Each is asked by its own clock.
pub(super) fn pace(processes: &[&Process]) -> (Option<u64>, Option<f64>) {
    let seconds = |it: &&Process| it.running.written_unix.saturating_sub(it.running.started_unix);
    let elapsed = processes.iter().map(seconds).max();
    let rate = |it: &&Process| 60.0 * it.running.n_kept as f64 / seconds(it).max(1) as f64;
    let per_minute: f64 = processes.iter().map(rate).sum();
    (elapsed, (per_minute > 0.0).then_some(per_minute))
}
