//! Shows other processes what this one trains: in the store's scratch, for `recur status` and `recur logs`.
//!
//! A thread writes, so that no training waits for a slow disk. A write that fails is logged once and changes nothing of the run.

use crate::clock::{Started, unix_seconds};
use crate::error::with_causes;
use crate::trial_log::TrialLogs;
use recur_core::event::Event;
use recur_core::metric::Metric;
use recur_core::trial::Trial;
use recur_store::{Running, RunningTrial, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Epochs are shown at most this often.
const EPOCHS: Duration = Duration::from_secs(1);

/// After so long it is written again that the process lives; with [`EPOCHS`] at most 10 seconds.
const HEARTBEAT: Duration = Duration::from_secs(9);

/// What a run shows of itself, besides its trials.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    /// The experiment's name, where it is known.
    pub(crate) experiment: Option<String>,
    /// [`crate::RunOptions::place`].
    pub(crate) place: Option<String>,
}

/// Shows what runs until it is dropped.
pub(crate) struct Live {
    board: Arc<Board>,
    /// Has the thread write at once; without it the thread ends.
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread writes.
struct Board {
    store: Store,
    metric: Metric,
    shown: Shown,
    logs: TrialLogs,
    started_unix: u64,
    n_kept: AtomicU64,
    trials: Mutex<BTreeMap<String, RunningTrial>>,
    /// Whether an epoch ended since the last write.
    has_news: AtomicBool,
    has_failed: AtomicBool,
}

impl Live {
    /// Starts to show what is trained into `store`, `metric` of it, and has `logs` write the trials' logs there too.
    pub(crate) fn start(store: &Store, metric: Metric, shown: Shown, logs: &TrialLogs) -> Self {
        let board = Arc::new(Board {
            store: store.clone(),
            metric,
            shown,
            logs: logs.clone(),
            started_unix: unix_seconds(),
            n_kept: AtomicU64::new(0),
            trials: Mutex::default(),
            has_news: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
        });
        // A store that cannot be written to fails where its first trial is kept.
        logs.write_into(store.running_folder().ok());
        let (wake, woken) = channel();
        let thread = std::thread::Builder::new().name("live".to_owned());
        // Without another thread nothing is shown.
        let thread = thread.spawn({
            let board = board.clone();
            move || board.keep_writing(&woken)
        });
        Self { board, wake: Some(wake), thread: thread.ok() }
    }

    /// Shows an event of the run. `resumed` is whether a trial that starts goes on from a checkpoint.
    pub(crate) fn event(&self, event: &Event<'_>, resumed: bool) {
        match *event {
            Event::TrialStarted { trial, n_epochs, epochs_done } => {
                let metric = self.board.metric.name().to_owned();
                let started = started(trial, metric, [n_epochs, epochs_done], resumed);
                self.board.trials().insert(trial.id.to_string(), started);
                self.write_now();
            }
            Event::EpochFinished { trial, epoch, validation, .. } => {
                if let Some(running) = self.board.trials().get_mut(trial.id.as_str()) {
                    running.epochs_done = epoch.saturating_add(1);
                    running.validation = Some(validation.get(self.board.metric)).filter(|value| value.is_finite());
                    self.board.has_news.store(true, Ordering::Relaxed);
                }
            }
            Event::TrialEnded { .. } => {}
        }
    }

    /// Shows that `trial` is not trained any more. Its log stays until it is kept.
    pub(crate) fn ended(&self, trial: &Trial) {
        if self.board.trials().remove(trial.id.as_str()).is_some() {
            self.write_now();
        }
    }

    /// Shows that `trial` is kept: the store has its log now.
    pub(crate) fn kept(&self, trial: &Trial) {
        self.board.logs.remove_file(trial.id.as_str());
        self.board.n_kept.fetch_add(1, Ordering::Relaxed);
        self.board.has_news.store(true, Ordering::Relaxed);
    }

    fn write_now(&self) {
        if let Some(wake) = &self.wake {
            // Where there is no thread, nobody listens.
            let _ = wake.send(());
        }
    }
}

fn started(trial: &Trial, metric: String, [n_epochs, epochs_done]: [u32; 2], resumed: bool) -> RunningTrial {
    RunningTrial {
        id: trial.id.clone(),
        title: trial.title.clone(),
        model: trial.identity.model.clone(),
        replicate: trial.replicate,
        epochs_done,
        n_epochs,
        metric,
        validation: None,
        started_unix: unix_seconds(),
        resumed,
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            // It has no more to say, whatever became of it.
            let _ = thread.join();
        }
        // Should this fail, it goes with the scratch.
        let _ = self.board.store.end_running();
        self.board.logs.write_into(None);
    }
}

impl Board {
    fn trials(&self) -> MutexGuard<'_, BTreeMap<String, RunningTrial>> {
        self.trials.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes when asked to, after epochs, and as a heartbeat.
    fn keep_writing(&self, woken: &Receiver<()>) {
        self.write();
        let mut written = Started::now();
        loop {
            match woken.recv_timeout(EPOCHS) {
                Ok(()) => while woken.try_recv().is_ok() {},
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    if !self.has_news.load(Ordering::Relaxed) && written.elapsed() < HEARTBEAT {
                        continue;
                    }
                }
            }
            self.write();
            written = Started::now();
        }
    }

    fn write(&self) {
        self.has_news.store(false, Ordering::Relaxed);
        let Shown { experiment, place } = self.shown.clone();
        let trials = self.trials().values().cloned().collect();
        let (started_unix, n_kept) = (self.started_unix, self.n_kept.load(Ordering::Relaxed));
        let written_unix = unix_seconds();
        let running = Running { experiment, place, started_unix, written_unix, n_kept, trials };
        let written = self.store.show_running(&running);
        let logged = self
            .logs
            .take_failure()
            .map_or(Ok(()), |(path, source)| Err(StoreError::Io { action: "write", path, source }));
        if let Err(error) = written.and(logged)
            && !self.has_failed.swap(true, Ordering::Relaxed)
        {
            let causes = with_causes(&error);
            tracing::warn!("other processes do not see all of what runs here, the run goes on: {causes}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_store::Life;

    fn live(store: &Store) -> Live {
        let shown = Shown { experiment: Some("names".to_owned()), place: Some("job 7".to_owned()) };
        Live::start(store, Metric::MacroF1, shown, &TrialLogs::default())
    }

    /// The thread has written when it shows this process.
    fn wait(store: &Store) -> Running {
        loop {
            if let [process] = &store.running().unwrap()[..] {
                assert_eq!(process.life, Life::Alive);
                return process.running.clone().unwrap();
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_run_is_shown_with_its_place_from_its_start_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let live = live(&store);
        let running = wait(&store);
        assert_eq!((running.experiment.as_deref(), running.place.as_deref()), (Some("names"), Some("job 7")));
        assert!(running.written_unix > 0 && running.trials.is_empty());
        drop(live);
        assert_eq!(store.running().unwrap(), []);
    }

    #[test]
    fn what_cannot_be_shown_stops_no_run() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let scratch = store.running_folder().unwrap();
        // A folder in its place.
        std::fs::create_dir(scratch.join("running.json")).unwrap();
        let live = live(&store);
        while !live.board.has_failed.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        drop(live);
        let names: Vec<_> = std::fs::read_dir(&scratch).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(names.len(), 3, "nothing is left of what was to be renamed: {names:?}");
    }
}
