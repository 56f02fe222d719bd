//! What the batch system and the store say of tasks that have not ended.

use super::{HEAR, LOOK, Run};
use crate::observer::RunEvent;
use crate::status::living;
use recur_cluster::{Job, State};
use recur_core::event::Event;
use recur_train::SweepError;
use std::collections::BTreeSet;

impl Run<'_, '_> {
    /// Asks the batch system. Whether it answered: no answer means that nothing is known, and nothing is done then.
    pub(super) fn look(&mut self) -> Result<bool, SweepError> {
        let jobs: Vec<&Job> = self.sent.iter().flat_map(|sent| &sent.jobs).collect();
        if jobs.is_empty() {
            self.look_in = LOOK[0];
            return Ok(true);
        }
        let seen = match self.engine.look(&jobs) {
            Ok(seen) => seen,
            Err(error) => {
                self.tell(&format!("{error}; tasks that are there go on, and it is asked again"));
                self.look_in = LOOK[1] / 3;
                return Ok(false);
            }
        };
        let mut has_changed = false;
        for sent in &mut self.sent {
            has_changed |= sent.see(&seen);
        }
        let is_local = !self.engine.outlives_us();
        self.look_every = match has_changed {
            true => LOOK[0],
            false => (self.look_every * 3 / 2).min(LOOK[1]),
        };
        self.look_in = if is_local { HEAR } else { self.look_every };
        self.tell_of_held();
        self.see_running();
        self.settle()?;
        Ok(true)
    }

    /// Tells observers of the trials that other processes have begun to train.
    fn see_running(&mut self) {
        // What runs is for people: where it cannot be read, they see trials when they have ended.
        let processes = living(self.queue.store()).unwrap_or_default();
        for running in processes.into_iter().flat_map(|running| running.trials) {
            let Some(trial) = self.out.get(&running.id).filter(|_| !self.begun.contains(&running.id)) else { continue };
            let (n_epochs, epochs_done) = (running.n_epochs, running.epochs_done);
            self.queue.notify(&RunEvent::Trial(Event::TrialStarted { trial, n_epochs, epochs_done }));
            self.begun.insert(running.id);
        }
    }

    /// Says once why tasks wait that somebody holds back.
    fn tell_of_held(&mut self) {
        let held = |state: &State| match state {
            State::Waiting { reason } => {
                let words = reason.to_lowercase();
                ["held", "down", "drained"].iter().any(|word| words.contains(word)).then(|| reason.clone())
            }
            _ => None,
        };
        let reasons: BTreeSet<String> = self.sent.iter().flat_map(|sent| sent.states().filter_map(held)).collect();
        for reason in reasons {
            self.tell(&format!("tasks wait in {}: {reason}", self.engine.name()));
        }
    }
}
