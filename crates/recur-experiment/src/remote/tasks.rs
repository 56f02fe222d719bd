//! What a batch system has of an experiment now, for whoever watches.

use super::journal;
use super::sent::Sent;
use recur_cluster::{Engine, EngineError, Job, State};
use recur_store::Store;
use serde::Serialize;
use std::collections::BTreeMap;

/// Tasks of an experiment in a batch system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SentTasks {
    /// Tasks that wait, by the batch system's reason; an empty one where it says nothing.
    pub waiting: BTreeMap<String, usize>,
    /// Tasks that run, by machine.
    pub running: BTreeMap<String, usize>,
    /// Trials of these tasks that have not ended.
    pub n_trials: usize,
}

impl SentTasks {
    /// Asks `engine` for the tasks of the experiment called `name`; `None` where nothing was sent that may still be there. Nothing is
    /// written.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn look(store: &Store, name: &str, engine: &dyn Engine) -> Result<Option<Self>, EngineError> {
        let mut sent = journal::earlier(&store.jobs(name), None);
        let jobs: Vec<&Job> = sent.iter().flat_map(|sent| &sent.jobs).collect();
        if jobs.is_empty() {
            return Ok(None);
        }
        let seen = engine.look(&jobs)?;
        let mut tasks = Self::default();
        for sent in &mut sent {
            sent.see(&seen);
            tasks.count(sent);
        }
        Ok((!tasks.waiting.is_empty() || !tasks.running.is_empty()).then_some(tasks))
    }

    fn count(&mut self, sent: &Sent) {
        for (state, n_trials) in sent.live() {
            match state {
                State::Waiting { reason } => *self.waiting.entry(reason.clone()).or_default() += 1,
                State::Running { place } => *self.running.entry(place.clone()).or_default() += 1,
                State::Ended(_) => continue,
            }
            self.n_trials += n_trials;
        }
    }

    /// How many tasks wait.
    pub fn n_waiting(&self) -> usize {
        self.waiting.values().sum()
    }

    /// How many tasks run.
    pub fn n_running(&self) -> usize {
        self.running.values().sum()
    }

    /// Whether anything was sent of the experiment that a batch system may still have.
    pub fn may_be(store: &Store, name: &str) -> bool {
        !journal::earlier(&store.jobs(name), None).is_empty()
    }
}
