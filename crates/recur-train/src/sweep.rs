//! The sweep: trials side by side, a thread each; threads without a trial help those that have one.

use crate::checked::{Checked, Nan};
use crate::memory::{Gate, Refused, bytes_in_words, memory_need};
use crate::observer::Observer;
use crate::result::TrialResult;
use crate::slots::{Slot, Slots};
use crate::source::{Fit, List, Next, Source};
use crate::start::StartError;
use crate::trial::{Execution, record, train_trial};
use crate::worker_pool::WorkerPool;
use recur_core::dataset::Dataset;
use recur_core::event::Event;
use recur_core::model::{Cancel, Kernels, ModelError, ModelPlugin};
use recur_core::record::{Outcome, TrialRecord};
use recur_core::registry::{NoModel, Registry};
use recur_core::replicate::Replicate;
use recur_core::trial::Trial;
use recur_core::unwound::Unwound;
use recur_core::workers::Workers;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What came of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// One record for each trial given, in that order; `None` where the trial was abandoned.
    pub records: Vec<Option<TrialRecord>>,
}

/// Why a sweep could not go on. Trials that had ended are kept.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum SweepError {
    /// A trial is of a model that the registry lacks, or whose plugin is broken.
    #[error(transparent)]
    NoModel(#[from] NoModel),
    /// A trial is of a replicate that was not handed in.
    #[error("trial {trial} is of replicate {replicate}, whose rows were not divided")]
    UnknownReplicate { trial: String, replicate: u32 },
    /// A file of initial weights does not fit; no trial was started.
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("cannot keep trial {trial}")]
    Keep {
        trial: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("cannot decide which trials come next")]
    Decide(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What trains the trials failed as a whole, such as a queue that takes no jobs. recur's own sweep never does.
    #[error("the trials could not be trained")]
    Executor(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How trials are run. Nothing of it changes a result.
#[derive(Clone, Copy)]
pub struct How<'a> {
    /// Trials that run at once. Where there are fewer trials, models may share their work among the threads.
    pub jobs: usize,
    /// The vector operations that models use.
    pub kernels: Kernels,
    /// Raise it to abandon what has not ended.
    pub cancel: &'a Cancel,
    /// Who watches, and keeps what comes of the trials.
    pub observer: &'a dyn Observer,
}

/// Trains `trials`, each of one of `replicates`.
///
/// A trial that panics, errors or diverges becomes a record with its cause, and the others go on. So does one that needs more
/// memory than [`Observer::available_memory`]; one that fits only while fewer others run waits for them. Where the system
/// grants fewer threads, there are fewer.
///
/// # Errors
/// See [`SweepError`].
pub fn run_sweep(
    trials: &[Trial],
    replicates: &[Replicate],
    dataset: &Dataset,
    registry: &Registry,
    how: How<'_>,
) -> Result<Sweep, SweepError> {
    let list = List::new(trials);
    run_trials(&list, replicates, dataset, registry, how)?;
    Ok(Sweep { records: list.into_records() })
}

/// Trains the trials of `source`, each of one of `replicates`: as [`run_sweep`], where results may decide which trials come next.
/// A thread for which there is no trial yet helps the others.
///
/// # Errors
/// See [`SweepError`].
pub fn run_trials(
    source: &dyn Source,
    replicates: &[Replicate],
    dataset: &Dataset,
    registry: &Registry,
    how: How<'_>,
) -> Result<(), SweepError> {
    let How { jobs, kernels, cancel, observer } = how;
    let known = source.known();
    let known = known.iter().map(|trial| Job::of(trial, replicates, registry)).collect::<Result<Vec<_>, _>>()?;
    crate::start::check(dataset, kernels, known.iter().map(|job| (job.trial, job.replicate, job.plugin)))?;
    let pool = Pool::new(jobs.max(1));
    let available = || observer.available_memory();
    let gate = Gate::new(&available);
    let work = Work {
        source,
        replicates,
        registry,
        dataset,
        kernels,
        cancel,
        observer,
        gate: &gate,
        slots: Slots::new(pool.n_threads()),
        pool: Arc::new(WorkerPool::new(pool.n_threads())),
        span: tracing::Span::current(),
        error: Mutex::new(None),
    };
    // Each thread takes trials of its own accord, so that none waits for a part of its trial within another one.
    pool.broadcast(&|| work.run());
    // One that was stopped leaves trials that wait.
    work.slots.models().iter().filter_map(|model| registry.get(model).ok()).for_each(ModelPlugin::release);
    match work.error.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// The threads of a sweep: as many of those wanted as the system grants, and the calling one where it grants none.
struct Pool(Option<rayon::ThreadPool>);

impl Pool {
    fn new(jobs: usize) -> Self {
        let of = |n| rayon::ThreadPoolBuilder::new().num_threads(n).thread_name(|i| format!("trial-{i}")).build();
        let halves = std::iter::successors(Some(jobs), |n| Some(n / 2)).take_while(|n| *n > 0);
        let pool = Self(halves.into_iter().find_map(|n| of(n).ok()));
        if pool.n_threads() < jobs || pool.0.is_none() {
            tracing::warn!("the system does not grant {jobs} threads: {} are used", pool.n_threads());
        }
        pool
    }

    fn n_threads(&self) -> usize {
        self.0.as_ref().map_or(1, rayon::ThreadPool::current_num_threads)
    }

    /// Calls `work` on each thread.
    fn broadcast(&self, work: &(dyn Fn() + Sync)) {
        match &self.0 {
            Some(pool) => drop(pool.broadcast(|_| work())),
            None => work(),
        }
    }
}

/// A trial with what it is trained from.
#[derive(Clone, Copy)]
struct Job<'a> {
    trial: &'a Trial,
    replicate: &'a Replicate,
    plugin: &'static dyn ModelPlugin,
}

impl<'a> Job<'a> {
    fn of(trial: &'a Trial, replicates: &'a [Replicate], registry: &Registry) -> Result<Self, SweepError> {
        let index = trial.identity.replicate;
        let replicate = replicates.iter().find(|replicate| replicate.index == index);
        let unknown = || SweepError::UnknownReplicate { trial: trial.id.to_string(), replicate: index };
        Ok(Self { trial, replicate: replicate.ok_or_else(unknown)?, plugin: registry.get(&trial.identity.model)? })
    }

    /// The result of a trial that did not return.
    fn without_epochs(self, outcome: Outcome) -> TrialResult {
        TrialResult { record: record(self.trial, self.replicate, outcome), weights: Vec::new() }
    }
}

/// What the threads share.
struct Work<'a> {
    source: &'a dyn Source,
    replicates: &'a [Replicate],
    registry: &'a Registry,
    dataset: &'a Dataset,
    kernels: Kernels,
    cancel: &'a Cancel,
    observer: &'a dyn Observer,
    gate: &'a Gate<'a>,
    slots: Slots,
    pool: Arc<WorkerPool>,
    span: tracing::Span,
    error: Mutex<Option<SweepError>>,
}

/// Stops all threads where the one that has it panics.
struct StopsOthers<'a>(&'a Cancel);

impl Drop for StopsOthers<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.cancel();
        }
    }
}

/// The time between two looks whether a thread without a trial can help one that has one: a share of work takes about as long.
const LOOK: Duration = Duration::from_micros(200);

/// The time between two looks at trials that wait for the end of others, which ends the wait as well.
const LOOK_AT_WAITING: Duration = Duration::from_millis(20);

impl Work<'_> {
    /// Takes one trial after the other until none is left.
    fn run(&self) {
        // An observer may panic: then no thread waits for the results of this one.
        let _stops = StopsOthers(self.cancel);
        while !self.cancel.is_cancelled() {
            let (next, slot, is_held_up) = self.next();
            let ended = match next {
                Next::Trial(trial) => self.run_one(&trial, slot).inspect(|()| self.release(&trial.identity.model)),
                Next::Later => {
                    if !help() {
                        if is_held_up { self.slots.wait(LOOK_AT_WAITING) } else { self.source.wait(LOOK) }
                    }
                    Ok(())
                }
                Next::End => return,
            };
            if let Err(error) = ended {
                self.cancel.cancel();
                self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                return;
            }
        }
    }

    /// The next trial that may start, with its slot; and whether trials wait for others to end. A trial whose model
    /// there is not has no slot.
    fn next(&self) -> (Next, Option<Slot<'_>>, bool) {
        let (mut slot, mut is_held_up) = (None, false);
        let mut fit = |trial: &Trial| {
            let Ok(plugin) = self.registry.get(&trial.identity.model) else { return Fit::Starts };
            match self.slots.take(plugin.about().id, plugin.needs().resources) {
                Ok(taken) => slot = Some(taken),
                Err(fit) => {
                    is_held_up = true;
                    return fit;
                }
            }
            Fit::Starts
        };
        let next = self.source.next_to_start(&mut fit);
        (next, slot, is_held_up)
    }

    /// Has `model` end what it keeps between two trials, if none of them runs or waits.
    fn release(&self, model: &str) {
        let mut waits = false;
        let mut look = |trial: &Trial| {
            waits |= trial.identity.model == model;
            if waits { Fit::HoldsUp } else { Fit::Waits }
        };
        self.source.next_to_start(&mut look);
        if !waits
            && !self.slots.has_running(model)
            && let Ok(plugin) = self.registry.get(model)
        {
            plugin.release();
        }
    }

    /// Runs a trial, which holds `_slot` meanwhile.
    fn run_one(&self, trial: &Trial, _slot: Option<Slot<'_>>) -> Result<(), SweepError> {
        let job = Job::of(trial, self.replicates, self.registry)?;
        // Before anything of the model is built.
        crate::start::check(self.dataset, self.kernels, std::iter::once((trial, job.replicate, job.plugin)))?;
        let span = tracing::info_span!(
            parent: &self.span, "trial", id = trial.id.as_str(), model = %trial.title, replicate = trial.replicate
        );
        let _entered = span.enter();
        let record = match self.result(job) {
            None => None,
            Some(result) => {
                let keep = |source| SweepError::Keep { trial: trial.id.to_string(), source };
                let kept = self.observer.keep(trial, &result).map_err(keep)?;
                self.observer.event(Event::TrialEnded { trial, outcome: &result.record.outcome });
                Some(kept.unwrap_or(result.record))
            }
        };
        self.source.ended(trial, record).map_err(SweepError::Decide)
    }

    /// What comes of a trial; `None` if it was asked to stop.
    fn result(&self, job: Job<'_>) -> Option<TrialResult> {
        let Job { trial, replicate, plugin } = job;
        let need = match catch_unwind(AssertUnwindSafe(|| {
            memory_need(trial, replicate, self.dataset, plugin, self.kernels)
        })) {
            Ok(need) => need,
            Err(payload) => {
                return Some(job.without_epochs(Outcome::Failed { reason: Unwound::new(payload).to_string() }));
            }
        };
        let _pass = match self.gate.pass(need, self.cancel, help) {
            Ok(pass) => pass,
            Err(Refused::Cancelled) => return None,
            Err(Refused::TooLarge { need, available }) => {
                let [need, available] = [need, available].map(bytes_in_words);
                let reason = format!("it needs about {need} of memory, and {available} are available");
                return Some(job.without_epochs(Outcome::Failed { reason }));
            }
        };
        self.observer.begins(trial);
        let result = self.trained(job);
        self.observer.ends(trial);
        result
    }

    /// What comes of a trial once its memory is there.
    fn trained(&self, job: Job<'_>) -> Option<TrialResult> {
        let workers: Arc<dyn Workers> = self.pool.clone();
        let checked = Checked::new(job.plugin, Nan::Diverged);
        let execution =
            Execution { kernels: self.kernels, workers: &workers, cancel: self.cancel, observer: self.observer };
        let train = || train_trial(job.trial, job.replicate, self.dataset, &checked, execution);
        match self.pool.busy(|| catch_unwind(AssertUnwindSafe(train))) {
            Ok(result) => result,
            Err(payload) => outcome(&Unwound::new(payload)).map(|outcome| job.without_epochs(outcome)),
        }
    }
}

/// Work of another trial, for a thread whose own waits; says whether there was some.
fn help() -> bool {
    matches!(rayon::yield_now(), Some(rayon::Yield::Executed))
}

/// How a trial ended that did not return; `None` if it was asked to stop.
fn outcome(unwound: &Unwound) -> Option<Outcome> {
    let reason = unwound.to_string();
    match unwound {
        Unwound::Error(ModelError::Cancelled) => None,
        Unwound::Error(ModelError::Diverged { .. }) => Some(Outcome::Diverged { reason }),
        Unwound::Error(_) | Unwound::Panic(_) => Some(Outcome::Failed { reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn where_the_system_grants_no_thread_the_calling_one_does_all() {
        let (pool, here) = (Pool(None), std::thread::current().id());
        assert_eq!(pool.n_threads(), 1);
        let calls = AtomicUsize::new(0);
        pool.broadcast(&|| {
            assert_eq!(std::thread::current().id(), here);
            calls.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert!(!help(), "there is nobody to help");
    }

    #[test]
    fn each_thread_that_is_granted_is_called_once() {
        let calls = AtomicUsize::new(0);
        let pool = Pool::new(3);
        pool.broadcast(&|| {
            calls.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!((pool.n_threads(), calls.load(Ordering::Relaxed)), (3, 3));
    }
}
