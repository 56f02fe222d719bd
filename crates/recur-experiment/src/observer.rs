//! Who watches a run.

use crate::Experiment;
use crate::time_left::Left;
use recur_core::event::Event;
use recur_core::trial::Trial;

/// What happens while an experiment is run or scored.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum RunEvent<'a> {
    /// `n_trials` trials are to be trained.
    Started {
        /// Those without a record in the store, as far as they are known: `Decided` follows where results decide that there are more.
        n_trials: usize,
    },
    /// Results decided that more trials are to be trained.
    Decided {
        /// How many more.
        n_trials: usize,
    },
    /// A trial started, finished an epoch, or ended.
    Trial(Event<'a>),
    /// How much time is left until the last trial has ended. It follows the ends of trials and, twice a second, their epochs, as soon
    /// as anything is known.
    TimeLeft(Left),
    /// A trial is about to take memory: its model is built next.
    MemoryTaken(&'a Trial),
    /// A trial has given its memory back, however it ended.
    MemoryReleased(&'a Trial),
    /// A chosen trial is scored on its test rows.
    ScoringStarted(&'a Trial),
    /// The scoring of a trial has ended, however it did.
    ScoringEnded(&'a Trial),
    /// No trial is trained any more. It follows each `Started`. Scoring comes after it; where nothing is to be trained, neither
    /// event is sent.
    Finished,
}

/// Watches a run: every observer gets every event, from the threads of the run, in the order of [`crate::RunOptions::observers`]. It must
/// not wait for another event, as the experiment does not change while it looks. [`Experiment::configuration_of`] finds the configuration of
/// a trial.
pub trait Observer: Sync {
    /// Something happened.
    fn event(&self, experiment: &Experiment, event: &RunEvent<'_>);
}

/// The title of a trial with the beginning of its id: `model(hidden_size=64) replicate 2 [1a2b3c4d5e]`. Whoever reads it can look
/// the trial up.
pub fn title(trial: &Trial) -> String {
    format!("{} [{}]", title_without_id(trial), trial.id.short())
}

/// The title of a trial next to its id: `model(hidden_size=64) replicate 2`, with `, to epoch 3` where it stops before its end.
pub fn title_without_id(trial: &Trial) -> String {
    let stop = trial.identity.stop_after().map_or_else(String::new, |epochs| format!(", to epoch {epochs}"));
    format!("{} replicate {}{stop}", trial.title, trial.replicate)
}
