//! The partial report of an experiment while it runs: written when the first trial ends, and then every few minutes, by a thread of its
//! own. The threads that train only leave it a copy of what is decided, when it asks for one.

use crate::Experiment;
use crate::error::{ExperimentError, with_causes};
use crate::observer::{Observer, RunEvent};
use crate::options::RunOptions;
use crate::partial::{ExperimentState, Trained};
use crate::request::RequestedExperiment;
use crate::run::Executor;
use recur_core::event::Event;
use recur_core::selection::TrialOutcome;
use recur_core::trial::TrialId;
use recur_core::visible::shown;
use recur_report::{Continuation, Destination, Provenance};
use recur_store::Store;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Writes the partial report of an experiment while it runs.
#[derive(Clone, Debug)]
pub struct LiveReport {
    provenance: Provenance,
    commands: Continuation,
    dir: PathBuf,
    replace: bool,
    every: Duration,
}

impl LiveReport {
    /// Of `experiment` in `store`, at `destination`, every so often.
    pub fn new<'a>(
        experiment: &RequestedExperiment,
        store: &Store,
        destination: impl Into<Destination<'a>>,
        every: Duration,
    ) -> Self {
        let Destination { dir, replace } = destination.into();
        Self {
            provenance: experiment.provenance.clone(),
            commands: experiment.continuation(store.root()),
            dir: dir.to_owned(),
            replace,
            every,
        }
    }

    /// Runs `experiment`, as [`Experiment::run`] does. Meanwhile the report is written from the records of `store`, and a last time
    /// after the end of training, unless all trials are done: the full report comes next then. One that cannot be written is a warning,
    /// once, and the run goes on.
    ///
    /// # Errors
    /// As [`Experiment::run`].
    pub fn run(
        &self,
        experiment: &mut Experiment,
        store: &Store,
        executor: &dyn Executor,
        options: &RunOptions<'_>,
    ) -> Result<Vec<TrialOutcome>, ExperimentError> {
        let watch = Watch::default();
        let observers = options.observers.iter().copied().chain([&watch as &dyn Observer]).collect();
        let options = &RunOptions { observers, ..options.clone() };
        let span = tracing::Span::current();
        std::thread::scope(|scope| {
            let write = || {
                let _entered = span.enter();
                self.write_when_due(&watch, store);
            };
            if let Err(error) = std::thread::Builder::new().spawn_scoped(scope, write) {
                tracing::warn!("no partial report is written during the run: {error}");
            }
            let _closes = CloseOnDrop(&watch);
            experiment.run(store, executor, options)
        })
    }

    fn write_when_due(&self, watch: &Watch, store: &Store) {
        let (mut is_written, mut has_failed) = (false, false);
        while let Some(snapshot) = watch.next() {
            match self.write(&snapshot, store) {
                Ok(Some(report)) if !is_written => {
                    is_written = true;
                    let seconds = self.every.as_secs_f64();
                    tracing::info!("the partial report is {report}, written again every {seconds} s if a trial ended");
                }
                Ok(_) => {}
                Err(error) if !has_failed => {
                    has_failed = true;
                    tracing::warn!("no partial report is written, and the run goes on: {}", with_causes(&error));
                }
                Err(_) => {}
            }
            watch.wait(self.every);
        }
    }

    /// Writes the report; its path, unless there is nothing to write.
    fn write(&self, snapshot: &Snapshot, store: &Store) -> Result<Option<String>, ExperimentError> {
        // One after the other: the cores are for training.
        let analysis = snapshot.state.analyse(Some(&Trained::of(store)), &snapshot.running, 1)?;
        if snapshot.is_last && analysis.is_complete {
            return Ok(None);
        }
        let destination = Destination { dir: &self.dir, replace: self.replace };
        let written = recur_report::write_partial(&analysis, &self.provenance, &self.commands, destination)?;
        Ok(Some(shown(&written.report).to_string()))
    }
}

/// An experiment at the moment of which a report is written.
struct Snapshot {
    state: ExperimentState,
    running: BTreeSet<TrialId>,
    /// Whether no trial is trained any more.
    is_last: bool,
}

/// Watches a run, and passes snapshots from the threads that train to the one that writes.
#[derive(Default)]
struct Watch {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    running: BTreeSet<TrialId>,
    /// Whether a trial ended since the last snapshot.
    has_news: bool,
    /// Whether the writer writes, or waits until the next report is due.
    is_busy: bool,
    snapshot: Option<Snapshot>,
    is_closed: bool,
}

impl Inner {
    /// Takes a snapshot of `experiment` as it is now, for the writer.
    fn take(&mut self, experiment: &Experiment, is_last: bool) {
        self.has_news = false;
        self.snapshot = Some(Snapshot { state: experiment.state(), running: self.running.clone(), is_last });
    }
}

impl Watch {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a snapshot; `None` where none will come.
    fn next(&self) -> Option<Snapshot> {
        let is_idle = |inner: &mut Inner| inner.snapshot.is_none() && !inner.is_closed;
        let mut inner = self.changed.wait_while(self.inner(), is_idle).unwrap_or_else(PoisonError::into_inner);
        let snapshot = inner.snapshot.take();
        inner.is_busy = snapshot.is_some();
        snapshot
    }

    /// Waits until the next report is due, or until the end of training.
    fn wait(&self, time: Duration) {
        let is_open = |inner: &mut Inner| inner.snapshot.is_none() && !inner.is_closed;
        let waited = self.changed.wait_timeout_while(self.inner(), time, is_open);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_busy = false;
    }

    fn close(&self) {
        self.inner().is_closed = true;
        self.changed.notify_all();
    }
}

impl Observer for Watch {
    fn event(&self, experiment: &Experiment, event: &RunEvent<'_>) {
        let mut inner = self.inner();
        match event {
            RunEvent::Trial(Event::TrialStarted { trial, .. }) => _ = inner.running.insert(trial.id.clone()),
            RunEvent::Trial(Event::TrialEnded { trial, .. }) => {
                // Its record is kept by now.
                inner.running.remove(&trial.id);
                inner.has_news = true;
            }
            RunEvent::MemoryReleased(trial) => _ = inner.running.remove(&trial.id),
            RunEvent::Finished if inner.has_news || inner.snapshot.is_some() => inner.take(experiment, true),
            _ => {}
        }
        if inner.has_news && !inner.is_busy && inner.snapshot.is_none() {
            inner.take(experiment, false);
        }
        if inner.snapshot.is_some() {
            self.changed.notify_all();
        }
    }
}

/// Lets the writer end: also where the run panicked.
struct CloseOnDrop<'a>(&'a Watch);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
