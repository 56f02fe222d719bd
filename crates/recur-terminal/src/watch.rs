//! What watches a run from the terminal: its progress, and the allocator, which names what was under way where memory
//! runs out.

use crate::allocator::{UnderWay, under_way};
use crate::progress::{Progress, Screen};
use recur_core::trial::Trial;
use recur_experiment::{Experiment, Observer, RunEvent, title_without_id};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Shows progress on a screen, or in the log where there is none.
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
            RunEvent::Started { n_trials } => {
                let metric = experiment.plan().report.primary;
                *progress = Some(Progress::new(self.screen, metric, *n_trials, &stages(experiment)));
            }
            RunEvent::Decided { n_trials } => {
                if let Some(progress) = progress.as_ref() {
                    progress.add(*n_trials, &stages(experiment));
                }
            }
            RunEvent::Trial(event) => {
                if let Some(progress) = progress.as_ref() {
                    progress.event(event);
                }
            }
            RunEvent::TimeLeft(left) => {
                if let Some(progress) = progress.as_ref() {
                    progress.set_left(*left);
                }
            }
            RunEvent::Finished => *progress = None,
            _ => {}
        }
    }
}

/// How far the races and searches are, in a line.
fn stages(experiment: &Experiment) -> String {
    let stages: Vec<String> = experiment.study_progress().iter().map(ToString::to_string).collect();
    stages.join("; ")
}

/// Names the trials that hold memory to the allocator.
#[derive(Debug, Default)]
pub struct MemoryNames(Mutex<BTreeMap<String, UnderWay>>);

impl MemoryNames {
    fn add(&self, trial: &Trial, doing: &str) {
        let words = format!("{} ({}){doing}", title_without_id(trial), trial.id.short());
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

/// What the terminal shows of a run: progress bars, and the names of the trials that hold memory where it runs out.
pub struct Watchers<'a> {
    bars: Bars<'a>,
    memory_names: MemoryNames,
}

impl<'a> Watchers<'a> {
    /// With bars on `screen`.
    pub fn new(screen: &'a Screen) -> Self {
        Self { bars: Bars::new(screen), memory_names: MemoryNames::default() }
    }

    /// The observers, for [`RunOptions`](recur_experiment::RunOptions).
    pub fn all(&self) -> Vec<&dyn Observer> {
        vec![&self.bars, &self.memory_names]
    }
}
