//! Event files of TensorBoard while an experiment runs.

use recur_core::event::Event;
use recur_experiment::{Experiment, Observer, RunEvent, with_causes};
use recur_viewers::LiveTensorBoard;
use std::path::Path;

/// Writes what happens to the trials of an experiment into event files. A file that cannot be written is a warning: the run goes on.
pub(crate) struct EventFiles(LiveTensorBoard);

impl EventFiles {
    /// Into `folder`, for the experiment `name`.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        Self(LiveTensorBoard::new(folder, name))
    }
}

impl Observer for EventFiles {
    fn event(&self, experiment: &Experiment, event: &RunEvent<'_>) {
        let RunEvent::Trial(event) = event else { return };
        let (Event::TrialStarted { trial, .. } | Event::EpochFinished { trial, .. } | Event::TrialEnded { trial, .. }) =
            event;
        if let Err(error) = self.0.event(experiment.configuration_of(trial), event) {
            tracing::warn!("no events for TensorBoard of trial {}: {}", trial.id.short(), with_causes(&error));
        }
    }
}
