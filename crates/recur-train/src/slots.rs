//! Which trials may run at once, where a model takes more of the machine than a thread, or is to run alone.
//!
//! There are as many places as the sweep has threads. A trial takes one, or as many as its model keeps threads busy;
//! one that is to run alone takes all. None of it changes a result.

use crate::source::Fit;
use recur_core::model::Resources;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Lets trials in as far as their places are free.
pub(crate) struct Slots {
    places: u32,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    taken: u32,
    /// Trials of each model that run.
    running: BTreeMap<&'static str, u32>,
}

/// What a trial takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Need {
    model: &'static str,
    places: u32,
    /// Trials of its model that may run at once.
    at_once: u32,
}

/// A trial that was let in; it ends with this value.
pub(crate) struct Slot<'a> {
    slots: &'a Slots,
    need: Need,
}

impl Slots {
    /// As many places as threads.
    pub(crate) fn new(threads: usize) -> Self {
        let places = u32::try_from(threads.max(1)).unwrap_or(u32::MAX);
        Self { places, state: Mutex::default(), ended: Condvar::new() }
    }

    /// The slot of a trial of `model`, if it may start now. One that waits for others of its model holds nobody up. One
    /// that waits for places keeps later ones from taking them, so that it is not put off for ever.
    ///
    /// # Errors
    /// What is to become of the trial, and of those after it.
    pub(crate) fn take(&self, model: &'static str, resources: Resources) -> Result<Slot<'_>, Fit> {
        let need = self.need(model, resources);
        let mut state = self.state();
        let running = state.running.get(model).copied().unwrap_or_default();
        if running >= need.at_once {
            return Err(Fit::Waits);
        }
        if state.taken + need.places > self.places {
            return Err(Fit::HoldsUp);
        }
        state.taken += need.places;
        state.running.insert(model, running + 1);
        Ok(Slot { slots: self, need })
    }

    /// Whether a trial of `model` runs.
    pub(crate) fn has_running(&self, model: &str) -> bool {
        self.state().running.get(model).is_some_and(|running| *running > 0)
    }

    /// The models of the trials that were let in.
    pub(crate) fn models(&self) -> Vec<&'static str> {
        self.state().running.keys().copied().collect()
    }

    /// Waits until a trial ends, for no longer than `time`.
    pub(crate) fn wait(&self, time: Duration) {
        drop(self.ended.wait_timeout(self.state(), time));
    }

    fn need(&self, model: &'static str, resources: Resources) -> Need {
        let Resources { exclusive, max_processes, threads } = resources;
        let places = if exclusive { self.places } else { threads.clamp(1, self.places) };
        Need { model, places, at_once: max_processes.unwrap_or(u32::MAX).max(1) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.slots.state();
        state.taken -= self.need.places;
        *state.running.entry(self.need.model).or_default() -= 1;
        drop(state);
        self.slots.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(exclusive: bool, max_processes: Option<u32>, threads: u32) -> Resources {
        Resources { exclusive, max_processes, threads }
    }

    #[track_caller]
    fn starts<'a>(slots: &'a Slots, model: &'static str, resources: Resources) -> Slot<'a> {
        slots.take(model, resources).unwrap_or_else(|fit| panic!("{model}: {fit:?}"))
    }

    #[track_caller]
    fn waits(slots: &Slots, model: &'static str, resources: Resources, expected: Fit) {
        assert_eq!(slots.take(model, resources).err(), Some(expected));
    }

    #[test]
    fn ordinary_trials_fill_all_places() {
        let slots = Slots::new(3);
        let passes = [(); 3].map(|()| starts(&slots, "a", Resources::default()));
        waits(&slots, "a", Resources::default(), Fit::HoldsUp);
        drop(passes);
        starts(&slots, "a", Resources::default());
    }

    #[test]
    fn a_trial_that_is_to_run_alone_waits_for_all_others_and_they_for_it() {
        let slots = Slots::new(3);
        let alone = resources(true, None, 1);
        let other = starts(&slots, "a", Resources::default());
        waits(&slots, "b", alone, Fit::HoldsUp);
        drop(other);
        let _alone = starts(&slots, "b", alone);
        waits(&slots, "a", Resources::default(), Fit::HoldsUp);
    }

    #[test]
    fn so_many_of_a_model_run_at_once_and_others_are_not_held_up() {
        let slots = Slots::new(4);
        let two = resources(false, Some(2), 1);
        let passes = [starts(&slots, "a", two), starts(&slots, "a", two)];
        waits(&slots, "a", two, Fit::Waits);
        let _other = starts(&slots, "b", two);
        assert!(slots.has_running("a") && slots.has_running("b") && !slots.has_running("c"));
        drop(passes);
        assert!(!slots.has_running("a"));
        assert_eq!(slots.models(), ["a", "b"]);
        starts(&slots, "a", two);
    }

    #[test]
    fn a_trial_takes_a_place_for_each_thread_and_never_more_than_there_are() {
        let slots = Slots::new(3);
        let two = starts(&slots, "a", resources(false, None, 2));
        waits(&slots, "a", resources(false, None, 2), Fit::HoldsUp);
        let one = starts(&slots, "b", Resources::default());
        drop((one, two));
        starts(&slots, "a", resources(false, None, 64));
    }
}
