//! Where a sweep gets its trials from.

use recur_core::record::TrialRecord;
use recur_core::trial::{Trial, TrialId};
use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Where a sweep gets its trials from. Its threads ask for one after the other, and give the results back, which may decide which
/// trials come next.
pub trait Source: Sync {
    /// The trials that are known before any is taken: what is wrong with one of them is found before any is trained.
    fn known(&self) -> Vec<Trial>;

    /// The next trial.
    fn next(&self) -> Next {
        self.next_to_start(&mut |_| Fit::Starts)
    }

    /// The first trial that `fit` lets start: see [`first_to_start`]. It may answer [`Next::Later`] where there are
    /// trials.
    fn next_to_start(&self, fit: &mut dyn FnMut(&Trial) -> Fit) -> Next;

    /// Waits until there may be another answer to [`Source::next`], for no longer than `time`.
    fn wait(&self, time: Duration) {
        std::thread::sleep(time);
    }

    /// What became of a trial; `None` where it was abandoned.
    ///
    /// # Errors
    /// If it cannot be decided what comes next; the sweep then stops.
    fn ended(&self, trial: &Trial, record: Option<TrialRecord>) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// Whether a trial may start now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It starts.
    Starts,
    /// It waits, and later ones may start before it.
    Waits,
    /// It waits, and so do all after it.
    HoldsUp,
}

/// The place of the first of `waiting` that starts. `fit` is asked for one after the other, until one starts or holds
/// up the others.
pub fn first_to_start<'a>(
    waiting: impl IntoIterator<Item = &'a Trial>,
    fit: &mut dyn FnMut(&Trial) -> Fit,
) -> Option<usize> {
    for (place, trial) in waiting.into_iter().enumerate() {
        match fit(trial) {
            Fit::Starts => return Some(place),
            Fit::Waits => {}
            Fit::HoldsUp => return None,
        }
    }
    None
}

/// What comes next.
#[derive(Debug)]
pub enum Next {
    /// A trial, for whoever asked.
    Trial(Box<Trial>),
    /// None may start before running trials end, or their results decide whether there are more.
    Later,
    /// No trial is left.
    End,
}

/// Trials that are all known.
pub(crate) struct List<'a> {
    trials: &'a [Trial],
    state: Mutex<State<'a>>,
}

struct State<'a> {
    waiting: VecDeque<&'a Trial>,
    records: Vec<Option<TrialRecord>>,
    /// The places of each trial that did not end, the first one last; one may be listed twice.
    places: HashMap<&'a TrialId, Vec<usize>>,
}

impl<'a> List<'a> {
    pub(crate) fn new(trials: &'a [Trial]) -> Self {
        let mut places: HashMap<&TrialId, Vec<usize>> = HashMap::new();
        for (place, trial) in trials.iter().enumerate().rev() {
            places.entry(&trial.id).or_default().push(place);
        }
        let state = State { waiting: trials.iter().collect(), records: vec![None; trials.len()], places };
        Self { trials, state: Mutex::new(state) }
    }

    /// One for each trial, in their order.
    pub(crate) fn into_records(self) -> Vec<Option<TrialRecord>> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).records
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for List<'_> {
    fn known(&self) -> Vec<Trial> {
        self.trials.to_vec()
    }

    fn next_to_start(&self, fit: &mut dyn FnMut(&Trial) -> Fit) -> Next {
        let mut state = self.state();
        let first = first_to_start(state.waiting.iter().copied(), fit);
        match first.and_then(|place| state.waiting.remove(place)) {
            Some(trial) => Next::Trial(Box::new(trial.clone())),
            None if state.waiting.is_empty() => Next::End,
            None => Next::Later,
        }
    }

    fn ended(&self, trial: &Trial, record: Option<TrialRecord>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut state = self.state();
        if let Some(place) = state.places.get_mut(&trial.id).and_then(Vec::pop) {
            state.records[place] = record;
        }
        Ok(())
    }
}
