//! Results of tasks: heard of by what the tasks note, and taken from the store.

use super::Run;
use crate::observer::{RunEvent, title};
use crate::remote::executor_error;
use crate::stored_record::stored_record;
use recur_core::event::Event;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::trial::TrialId;
use recur_train::{Source as _, SweepError};

impl Run<'_, '_> {
    /// Reads which trials have ended, and takes their records from the store.
    pub(super) fn hear(&mut self) -> Result<(), SweepError> {
        for sent in &mut self.sent {
            for id in sent.hear() {
                if self.out.contains_key(&id) {
                    self.heard.insert(id);
                }
            }
        }
        for id in std::mem::take(&mut self.heard) {
            match stored_record(self.queue.store(), &id).map_err(executor_error)? {
                Some(record) => self.end(&id, record)?,
                // A shared file system may show it later.
                None => drop(self.heard.insert(id)),
            }
        }
        Ok(())
    }

    /// A trial has a record.
    pub(super) fn end(&mut self, id: &TrialId, record: TrialRecord) -> Result<(), SweepError> {
        self.sent.iter_mut().for_each(|sent| sent.ended(id));
        let Some(trial) = self.out.remove(id) else { return Ok(()) };
        self.n_barren = 0;
        let metric = self.queue.with(|experiment| experiment.plan().report.primary);
        match &record.outcome {
            Outcome::Finished { kept_epoch } => {
                let value = record.validation().map_or(f64::NAN, |scores| scores.get(metric));
                tracing::info!(
                    "{}: validation {} {value:.4} at epoch {}",
                    title(&trial),
                    metric.title(),
                    kept_epoch + 1
                );
            }
            Outcome::Diverged { reason } => tracing::warn!("{}: diverged: {reason}", title(&trial)),
            Outcome::Failed { reason } => tracing::error!("{}: failed: {reason}", title(&trial)),
        }
        if !self.begun.remove(id) {
            let n_epochs = record.epochs.len() as u32;
            let started = Event::TrialStarted { trial: &trial, n_epochs, epochs_done: 0 };
            self.queue.notify(&RunEvent::Trial(started));
        }
        self.queue.notify(&RunEvent::Trial(Event::TrialEnded { trial: &trial, outcome: &record.outcome }));
        self.queue.ended(&trial, Some(record)).map_err(SweepError::Decide)
    }
}
