//! Keeps what a run makes in the store, takes checkpoints, and passes on what happens.

use crate::checkpoints::Checkpoints;
use crate::clock::{Started, unix_seconds};
use crate::error::with_causes;
use crate::live::{Live, Shown};
use crate::observer::{RunEvent, title};
use crate::options::{CheckpointInterval, RunOptions};
use crate::stop::{self, saving_first};
use crate::stored_record::stored_record;
use recur_core::checkpoint::Checkpoint;
use recur_core::dataset::Dataset;
use recur_core::event::Event;
use recur_core::metric::Metric;
use recur_core::model::{Cancel, Determinism};
use recur_core::record::{Outcome, TrialRecord};
use recur_core::registry::Registry;
use recur_core::trial::Trial;
use recur_core::weights::ModelCard;
use recur_store::{Environment, Kept, NewTrial, Store, StoreError};
use recur_train::{Observer, TrialResult};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What trials are recorded from, besides the trials themselves.
pub(crate) struct Recorded<'a> {
    pub(crate) dataset: &'a Dataset,
    /// The metric that the log shows at the end of a trial.
    pub(crate) metric: Metric,
    pub(crate) registry: &'a Registry,
    /// The spec of one trial, as the store keeps it.
    pub(crate) spec_of: Box<dyn Fn(&Trial) -> String + Sync + 'a>,
    /// The name of the experiment that the trials are of, where it is known.
    pub(crate) experiment: Option<String>,
    /// Gets each event.
    pub(crate) notify: Box<dyn Fn(&RunEvent<'_>) + Sync + 'a>,
}

/// Keeps what a run makes.
pub(crate) struct StoreRecorder<'a> {
    of: Recorded<'a>,
    store: &'a Store,
    /// All but the times of a trial.
    environment: Environment,
    options: &'a RunOptions<'a>,
    running: Mutex<BTreeMap<String, Running>>,
    live: Live,
    /// What the models see of a request to stop.
    stop: Cancel,
}

/// A trial under way.
struct Running {
    started: Started,
    started_unix: u64,
    saved: Started,
    resumed: bool,
    /// Whether it can be saved before its end, and was since the run was asked to stop.
    is_in_steps: bool,
    is_safe: bool,
    /// Checkpoints so far.
    n_saved: u32,
}

impl Running {
    fn now(trial: &Trial, resumed: bool) -> Self {
        let (started, started_unix, is_in_steps) = (Started::now(), unix_seconds(), trial.identity.training.is_some());
        Self { started, started_unix, saved: started, resumed, is_in_steps, is_safe: false, n_saved: 0 }
    }
}

impl<'a> StoreRecorder<'a> {
    pub(crate) fn new(
        of: Recorded<'a>,
        store: &'a Store,
        environment: Environment,
        options: &'a RunOptions<'a>,
    ) -> Self {
        let shown = Shown { experiment: of.experiment.clone(), place: options.place.clone() };
        let live = Live::start(store, of.metric, shown, &options.logs);
        Self { of, store, environment, options, running: Mutex::default(), live, stop: Cancel::new() }
    }

    fn checkpoints(&self) -> Checkpoints<'_> {
        Checkpoints { store: self.store, local: self.options.local.as_ref() }
    }

    /// Whether two results of `trial` may differ: its model promises nothing of its bits.
    fn may_differ(&self, trial: &Trial) -> bool {
        let plugin = self.of.registry.get(&trial.identity.model);
        plugin.is_ok_and(|plugin| plugin.about().determinism == Determinism::None)
    }

    /// Keeps `record`; where the store cannot hold it or its weights, a failed one instead of it, which comes back as well.
    fn keep_record(
        &self,
        trial: &Trial,
        record: &TrialRecord,
        new: &NewTrial<'_>,
    ) -> Result<(Kept, Option<TrialRecord>), StoreError> {
        let may_differ = self.may_differ(trial);
        let keep = |new: &NewTrial<'_>| if may_differ { self.store.keep_first(new) } else { self.store.keep(new) };
        match keep(&NewTrial { record, ..*new }) {
            Err(error @ StoreError::NotStorable { .. }) if !matches!(record.outcome, Outcome::Failed { .. }) => {
                let reason = with_causes(&error);
                tracing::error!("{}: failed: {reason}", title(trial));
                let outcome = Outcome::Failed { reason };
                let failed = TrialRecord { outcome, epochs: Vec::new(), ..record.clone() };
                Ok((keep(&NewTrial { record: &failed, ..*new })?, Some(failed)))
            }
            kept => Ok((kept?, None)),
        }
    }

    /// Does `work` with the flag that stops models. A run that is asked to stop saves its trials first.
    pub(crate) fn saving_first<T>(&self, work: impl FnOnce(&Cancel) -> T) -> T {
        let asked = self.options.cancel;
        match self.options.checkpoints {
            CheckpointInterval::Off => work(asked),
            _ => saving_first(asked, &self.stop, || self.is_all_safe(), work),
        }
    }

    /// Stops the models of a run that is asked to stop, once all that can be saved is.
    fn stop_if_safe(&self) {
        if self.options.cancel.is_cancelled() && self.is_all_safe() {
            self.stop.cancel();
        }
    }

    fn is_all_safe(&self) -> bool {
        self.running().values().all(|running| running.is_safe || !running.is_in_steps)
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn log_outcome(&self, trial: &Trial, result: &TrialResult, seconds: f64) {
        match &result.record.outcome {
            Outcome::Finished { kept_epoch } => {
                let metric = self.of.metric;
                let value = result.record.validation().map_or(f64::NAN, |scores| scores.get(metric));
                let (title, metric) = (title(trial), metric.title());
                tracing::info!("{title}: validation {metric} {value:.4} at epoch {}, {seconds:.1} s", kept_epoch + 1);
            }
            Outcome::Diverged { reason } => tracing::warn!("{}: diverged: {reason}", title(trial)),
            Outcome::Failed { reason } => tracing::error!("{}: failed: {reason}", title(trial)),
        }
    }
}

impl Observer for StoreRecorder<'_> {
    fn event(&self, event: Event<'_>) {
        match &event {
            Event::TrialStarted { trial, epochs_done, .. } => {
                let mut running = self.running();
                let resumed = running.contains_key(trial.id.as_str());
                running.entry(trial.id.to_string()).or_insert_with(|| Running::now(trial, false));
                drop(running);
                self.live.event(&event, resumed);
                let title = title(trial);
                if resumed {
                    tracing::info!("{title}: goes on from a checkpoint, {epochs_done} epochs were done");
                } else {
                    tracing::debug!("{title}: started");
                }
            }
            Event::EpochFinished { trial, epoch, train_loss, validation } => {
                self.live.event(&event, false);
                tracing::debug!(
                    epoch,
                    train_loss,
                    validation_loss = validation.loss,
                    validation_accuracy = validation.accuracy,
                    validation_macro_f1 = validation.macro_f1,
                    "{}: epoch finished",
                    title(trial)
                );
            }
            Event::TrialEnded { .. } => {}
        }
        (self.of.notify)(&RunEvent::Trial(event));
    }

    fn begins(&self, trial: &Trial) {
        (self.of.notify)(&RunEvent::MemoryTaken(trial));
    }

    fn ends(&self, trial: &Trial) {
        self.live.ended(trial);
        (self.of.notify)(&RunEvent::MemoryReleased(trial));
    }

    fn resume(&self, trial: &Trial) -> Option<Checkpoint> {
        let found = match self.checkpoints().find(&trial.identity.full_training()) {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!("{}: starts again: {}", title(trial), with_causes(&error));
                return None;
            }
        };
        for problem in &found.damaged {
            tracing::warn!("{}: a checkpoint is not used: {problem}", title(trial));
        }
        let checkpoint = found.checkpoint?;
        // A longer training of an earlier run left it.
        if trial.identity.stop_after().is_some_and(|epochs| checkpoint.progress.epochs.len() as u64 > epochs.into()) {
            return None;
        }
        self.running().insert(trial.id.to_string(), Running::now(trial, true));
        Some(checkpoint)
    }

    fn checkpoint_due(&self, trial: &Trial, epochs: u32, examples: u64) -> bool {
        match self.options.checkpoints {
            CheckpointInterval::Off => false,
            _ if self.options.cancel.is_cancelled() => {
                self.running().get(trial.id.as_str()).is_some_and(|running| !running.is_safe)
            }
            CheckpointInterval::Epochs(every) => examples == 0 && epochs.is_multiple_of(every),
            CheckpointInterval::Time(every) => {
                self.running().get(trial.id.as_str()).is_some_and(|running| running.saved.elapsed() >= every)
            }
        }
    }

    fn checkpoint(&self, trial: &Trial, checkpoint: &Checkpoint) {
        // A training that halving continues begins again then.
        if self.options.checkpoints == CheckpointInterval::Off {
            return;
        }
        // The sweep goes on without it: a record that can be kept is worth more than one that can be gone on from.
        let number = self.running().get(trial.id.as_str()).map_or(0, |running| running.n_saved);
        let is_end = trial.identity.stop_after() == Some(checkpoint.progress.epochs.len() as u32);
        // Before it is saved: one that is asked for meanwhile may not be where others find it.
        let is_asked = self.options.cancel.is_cancelled();
        let is_wanted = is_end || is_asked;
        if let Err(error) = self.checkpoints().save(checkpoint, number, is_wanted) {
            let causes = with_causes(&error);
            tracing::error!("{}: no checkpoint, training goes on: {causes}", title(trial));
        } else {
            tracing::debug!("{}: checkpoint", title(trial));
        }
        if let Some(running) = self.running().get_mut(trial.id.as_str()) {
            running.saved = Started::now();
            running.n_saved += 1;
            running.is_safe = is_asked;
        }
        self.stop_if_safe();
        // It would only be trained in vain while others are saved.
        while self.options.cancel.is_cancelled() && !self.stop.is_cancelled() {
            std::thread::sleep(stop::LOOK);
        }
    }

    fn available_memory(&self) -> Option<u64> {
        self.options.memory.available()
    }

    fn keep(
        &self,
        trial: &Trial,
        result: &TrialResult,
    ) -> Result<Option<TrialRecord>, Box<dyn std::error::Error + Send + Sync>> {
        let running = self.running().remove(trial.id.as_str());
        self.stop_if_safe();
        let seconds = running.as_ref().map_or(0.0, |running| running.started.elapsed().as_secs_f64());
        self.log_outcome(trial, result, seconds);
        let environment = Environment {
            started_unix: running.as_ref().map_or(self.environment.started_unix, |running| running.started_unix),
            finished_unix: unix_seconds(),
            seconds,
            resumed: running.is_some_and(|running| running.resumed),
            ..self.environment.clone()
        };
        let new = NewTrial {
            record: &result.record,
            weights: &result.weights,
            card: &ModelCard::of_trial(&trial.identity, self.of.dataset),
            spec: &(self.of.spec_of)(trial),
            environment: &environment,
            log: &self.options.logs.take(trial.id.as_str()),
        };
        let (kept, mut counts) = self.keep_record(trial, &result.record, &new)?;
        self.live.kept(trial);
        match kept {
            Kept::Same => tracing::info!("{}: another run kept the same bytes meanwhile", title(trial)),
            Kept::Passed => {
                tracing::info!("{}: another run kept a result meanwhile, which counts", title(trial));
                counts = stored_record(self.store, &trial.id)?.or(counts);
            }
            Kept::New | Kept::Replaced(_) => {}
        }
        let goes_on =
            trial.identity.stop_after().is_some() && matches!(result.record.outcome, Outcome::Finished { .. });
        if goes_on {
            return Ok(counts);
        }
        if let Err(error) = self.checkpoints().remove(&trial.identity.full_training()) {
            tracing::warn!("{}: {}", title(trial), with_causes(&error));
        }
        Ok(counts)
    }
}
