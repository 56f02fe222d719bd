//! The trials of an experiment on a store: those that stand in it, and those trained now.

use crate::environment;
use crate::error::CliError;
use crate::keeper::{Cadence, Keeper};
use crate::pipeline::Prepared;
use crate::progress::{Progress, Screen};
use crate::trial_log::TrialLogs;
use recur_core::model::Cancel;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::registry::Registry;
use recur_core::selection::Finding;
use recur_core::trial::Trial;
use recur_store::{Found, Store, StoreError};
use recur_train::run_sweep;
use std::sync::Once;
use std::thread::ScopedJoinHandle;

/// A sweep on a store.
pub(crate) struct Sweep<'a> {
    pub(crate) prepared: &'a Prepared,
    pub(crate) store: &'a Store,
    pub(crate) registry: &'a Registry,
    pub(crate) jobs: usize,
    pub(crate) cadence: Cadence,
}

impl Sweep<'_> {
    /// The records of all trials: those of the store, and those trained now.
    pub(crate) fn run(&self, screen: &Screen, logs: &TrialLogs) -> Result<Vec<Finding>, CliError> {
        let trials = &self.prepared.trials;
        // A trial that failed is run again: its cause may lie outside of what names it.
        let has_not_failed = |record: &TrialRecord| !matches!(record.outcome, Outcome::Failed { .. });
        let look = |trial: &Trial| Ok(stored(self.store, trial)?.filter(has_not_failed));
        let mut records = in_parallel(trials, self.jobs, look).into_iter().collect::<Result<Vec<_>, CliError>>()?;
        let missing: Vec<usize> = (0..trials.len()).filter(|index| records[*index].is_none()).collect();
        self.remove_checkpoints(&records);
        let n_done = trials.len() - missing.len();
        tracing::info!("{} trials: {n_done} done before, {} to run", trials.len(), missing.len());
        if !missing.is_empty() {
            let to_run: Vec<Trial> = missing.iter().map(|index| trials[*index].clone()).collect();
            let trained = self.train(&to_run, screen, logs)?;
            for (index, record) in missing.into_iter().zip(trained) {
                records[index] = record;
            }
        }
        let n_kept = records.iter().flatten().count();
        if n_kept < trials.len() {
            let store = self.store.root().to_owned();
            return Err(CliError::Interrupted { n_kept, n_trials: trials.len(), store });
        }
        let finding = |(trial, record): (&Trial, Option<_>)| Some(Finding { trial: trial.clone(), record: record? });
        Ok(trials.iter().zip(records).filter_map(finding).collect())
    }

    /// Removes what a process that was killed between keeping a trial and this left.
    fn remove_checkpoints(&self, records: &[Option<TrialRecord>]) {
        let remove = || -> Result<(), StoreError> {
            let kept = self.store.trials_with_checkpoints()?;
            let mut ended = records.iter().flatten().filter(|record| kept.contains(&record.id));
            ended.try_for_each(|record| self.store.remove_checkpoints(&record.id))
        };
        if let Err(error) = remove() {
            tracing::warn!("checkpoints of ended trials stay: {}", crate::error::with_causes(&error));
        }
    }

    /// Trains `trials` and keeps them; no record where a trial was abandoned.
    pub(crate) fn train(
        &self,
        trials: &[Trial],
        screen: &Screen,
        logs: &TrialLogs,
    ) -> Result<Vec<Option<TrialRecord>>, CliError> {
        let Prepared { spec, plan, data, .. } = self.prepared;
        let (environment, progress) =
            (environment::gather(self.store, self.jobs, self.prepared.code), Progress::new(screen, trials.len()));
        let about = (spec, plan, &data.dataset);
        let keeper = Keeper::new(about, (self.store, environment), self.cadence, logs, progress, self.registry);
        let sweep = run_sweep(plan, &data.dataset, self.registry, trials, self.jobs, &CANCEL, &keeper);
        keeper.progress.finish();
        let mut records = sweep?.records;
        // Where another result was kept, that one counts: weights and test results are its own.
        for id in keeper.passed_over() {
            if let Some(index) = trials.iter().position(|trial| trial.id == id) {
                records[index] = stored(self.store, &trials[index])?.or(records[index].take());
            }
        }
        let mut unstorable = keeper.unstorable();
        let mut of_store = |record: TrialRecord| unstorable.remove(&record.id).unwrap_or(record);
        Ok(records.into_iter().map(|record| record.map(&mut of_store)).collect())
    }
}

/// The record of `trial`, if the store has one that can be used.
///
/// # Errors
/// If it is there and the system does not let it be read: it may be whole, and is not to be trained in vain.
pub(crate) fn stored(store: &Store, trial: &Trial) -> Result<Option<TrialRecord>, CliError> {
    match store.find(&trial.id) {
        Found::Record(record) => Ok(Some(*record)),
        Found::Missing => Ok(None),
        Found::Damaged(problem) if problem.is_damage() => {
            tracing::warn!("trial {} counts as missing: {problem}", trial.id.short());
            Ok(None)
        }
        Found::Damaged(problem) => Err(StoreError::Damaged(problem).into()),
    }
}

/// `look` at each of `items` on up to `jobs` threads, in order. What a thread was to do that the system does not grant is
/// done by the calling one.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], jobs: usize, look: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let share = items.len().div_ceil(jobs.max(1)).max(1);
    let all = &|chunk: &[T]| chunk.iter().map(&look).collect::<Vec<R>>();
    std::thread::scope(|scope| {
        let start = |chunk| std::thread::Builder::new().spawn_scoped(scope, move || all(chunk)).map_err(|_| chunk);
        let threads: Vec<_> = items.chunks(share).map(start).collect();
        let join = |thread: Result<ScopedJoinHandle<'_, Vec<R>>, &[T]>| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(chunk) => all(chunk),
        };
        threads.into_iter().flat_map(join).collect()
    })
}

static CANCEL: Cancel = Cancel::new();

/// Whether the process was asked to stop.
pub(crate) fn is_stopping() -> bool {
    CANCEL.is_cancelled()
}

/// The first Ctrl-C, or the first signal that asks to end, asks running trials to stop; the second ends the process.
pub(crate) fn cancel_on_interrupt() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = ctrlc::set_handler(stop) {
            tracing::warn!("Ctrl-C will end recur at once: {error}");
        }
        #[cfg(unix)]
        if let Err(error) = stop_on_termination() {
            tracing::warn!("SIGTERM and SIGHUP will end recur at once: {error}");
        }
    });
}

fn stop() {
    if CANCEL.is_cancelled() {
        crate::temporary::remove_all();
        std::process::exit(130);
    }
    CANCEL.cancel();
    tracing::warn!("stopping; press Ctrl-C again to stop at once");
}

/// A batch system ends a process by SIGTERM, a terminal that is closed by SIGHUP. Who ignores the latter (`nohup`) wants it
/// ignored.
#[cfg(unix)]
fn stop_on_termination() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM])?;
    if is_hangup_heeded() {
        signals.add_signal(SIGHUP)?;
    }
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || signals.forever().for_each(|_| stop()))?;
    Ok(())
}

/// Whether SIGHUP is known not to be ignored: Linux lists what is.
#[cfg(unix)]
fn is_hangup_heeded() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    ignored.is_some_and(|signals| signals & 1 << (signal_hook::consts::SIGHUP - 1) == 0)
}
