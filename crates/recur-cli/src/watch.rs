//! Who watches a run from the terminal: the progress bars, and the allocator, which names what was under way where memory
//! runs out.

use crate::allocator::{UnderWay, under_way};
use crate::progress::{Progress, Screen};
use recur_core::trial::Trial;
use recur_experiment::{Experiment, Observer, RunEvent, RunOptions, title};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Draws progress bars on a screen.
struct Bars<'a> {
    screen: &'a Screen,
    progress: Mutex<Option<Progress>>,
}

impl<'a> Bars<'a> {
    fn new(screen: &'a Screen) -> Self {
        Self { screen, progress: Mutex::default() }
    }
}

impl Observer for Bars<'_> {
    fn event(&self, experiment: &Experiment, event: &RunEvent<'_>) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            RunEvent::Started { n_trials } => *progress = Some(Progress::new(self.screen, *n_trials)),
            RunEvent::Trial(event) => {
                if let Some(progress) = progress.as_ref() {
                    progress.event(experiment.plan(), event);
                }
            }
            RunEvent::Finished => {
                if let Some(progress) = progress.take() {
                    progress.finish();
                }
            }
            _ => {}
        }
    }
}

/// Names the trials that hold memory to the allocator.
#[derive(Default)]
pub(crate) struct MemoryNames(Mutex<BTreeMap<String, UnderWay>>);

impl MemoryNames {
    /// Options for a command that trains nothing, and may score.
    pub(crate) fn options(&self) -> RunOptions<'_> {
        RunOptions { observers: vec![self], kernels: crate::kernels(), ..RunOptions::default() }
    }

    fn add(&self, trial: &Trial, doing: &str) {
        let words = format!("{} ({}){doing}", title(trial), trial.id.short());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(trial.id.to_string(), under_way(&words));
    }

    fn remove(&self, trial: &Trial) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(trial.id.as_str());
    }
}

impl Observer for MemoryNames {
    fn event(&self, _: &Experiment, event: &RunEvent<'_>) {
        match event {
            RunEvent::MemoryTaken(trial) => self.add(trial, ""),
            RunEvent::ScoringStarted(trial) => self.add(trial, ", scored on test"),
            RunEvent::MemoryReleased(trial) | RunEvent::ScoringEnded(trial) => self.remove(trial),
            _ => {}
        }
    }
}

/// What the terminal shows of a run.
pub(crate) struct Watchers<'a> {
    bars: Bars<'a>,
    memory_names: MemoryNames,
}

impl<'a> Watchers<'a> {
    pub(crate) fn new(screen: &'a Screen) -> Self {
        Self { bars: Bars::new(screen), memory_names: MemoryNames::default() }
    }

    pub(crate) fn all(&self) -> Vec<&dyn Observer> {
        vec![&self.bars, &self.memory_names]
    }
}
