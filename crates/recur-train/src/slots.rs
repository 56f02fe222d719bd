//! Which trials may run at once, where a model takes more of the machine than a thread, or is to run alone.
//!
//! There are as many places as the sweep has threads. A trial takes one, or as many as its model keeps threads busy;
//! one that is to run alone takes all. None of it changes a result.

use recur_core::model::{Cancel, Resources};
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The time between two looks at whether a trial that waits can start.
const LOOK: Duration = Duration::from_millis(20);

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
    /// Those that wait, by the order in which they came.
    waiting: BTreeMap<u64, Need>,
    next: u64,
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

    /// Waits until a trial of `model` may start; `None` if it was asked to stop before. Calls `meanwhile` while it
    /// waits, which says whether it had something to do.
    pub(crate) fn pass(
        &self,
        model: &'static str,
        resources: Resources,
        cancel: &Cancel,
        meanwhile: impl Fn() -> bool,
    ) -> Option<Slot<'_>> {
        let need = self.need(model, resources);
        let mut state = self.state();
        let ticket = state.next;
        state.next += 1;
        state.waiting.insert(ticket, need);
        while !state.may_start(ticket, self.places) {
            if cancel.is_cancelled() {
                state.waiting.remove(&ticket);
                return None;
            }
            drop(state);
            let was_busy = meanwhile();
            state = self.state();
            if !was_busy {
                state = self.ended.wait_timeout(state, LOOK).map_or_else(|error| error.into_inner().0, |it| it.0);
            }
        }
        state.waiting.remove(&ticket);
        state.taken += need.places;
        *state.running.entry(model).or_default() += 1;
        Some(Slot { slots: self, need })
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

impl State {
    /// Whether fewer of its model run than may.
    fn model_has_room(&self, need: Need) -> bool {
        self.running.get(need.model).is_none_or(|running| *running < need.at_once)
    }

    /// Whether the trial that waits as `ticket` may start. One that waits for places keeps later ones from taking them,
    /// so that it is not put off for ever; one that waits for others of its model does not.
    fn may_start(&self, ticket: u64, places: u32) -> bool {
        let need = self.waiting[&ticket];
        let is_first = !self.waiting.range(..ticket).any(|(_, earlier)| self.model_has_room(*earlier));
        is_first && self.model_has_room(need) && self.taken + need.places <= places
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
    use std::sync::atomic::{AtomicBool, Ordering};

    fn resources(exclusive: bool, max_processes: Option<u32>, threads: u32) -> Resources {
        Resources { exclusive, max_processes, threads }
    }

    /// Whether a trial of `model` can start at once.
    fn starts<'a>(slots: &'a Slots, model: &'static str, resources: Resources) -> Option<Slot<'a>> {
        let cancel = Cancel::new();
        cancel.cancel();
        slots.pass(model, resources, &cancel, || panic!("it waits"))
    }

    #[test]
    fn ordinary_trials_fill_all_places() {
        let slots = Slots::new(3);
        let passes: Vec<_> = (0..3).map(|_| starts(&slots, "a", Resources::default())).collect();
        assert!(passes.iter().all(Option::is_some));
        assert!(starts(&slots, "a", Resources::default()).is_none());
        drop(passes);
        assert!(starts(&slots, "a", Resources::default()).is_some());
    }

    #[test]
    fn a_trial_that_is_to_run_alone_waits_for_all_others_and_they_for_it() {
        let slots = Slots::new(3);
        let alone = resources(true, None, 1);
        let other = starts(&slots, "a", Resources::default());
        assert!(starts(&slots, "b", alone).is_none());
        drop(other);
        let _alone = starts(&slots, "b", alone).unwrap();
        assert!(starts(&slots, "a", Resources::default()).is_none());
    }

    #[test]
    fn so_many_of_a_model_run_at_once_and_others_are_not_held_up() {
        let slots = Slots::new(4);
        let two = resources(false, Some(2), 1);
        let _passes = [starts(&slots, "a", two).unwrap(), starts(&slots, "a", two).unwrap()];
        assert!(starts(&slots, "a", two).is_none());
        // One of them waits, and came before.
        slots.state().waiting.insert(0, slots.need("a", two));
        slots.state().next += 1;
        assert!(starts(&slots, "b", two).is_some());
    }

    #[test]
    fn a_trial_takes_a_place_for_each_thread_and_never_more_than_there_are() {
        let slots = Slots::new(3);
        let two = starts(&slots, "a", resources(false, None, 2)).unwrap();
        assert!(starts(&slots, "a", resources(false, None, 2)).is_none());
        let one = starts(&slots, "b", Resources::default()).unwrap();
        drop((one, two));
        assert!(starts(&slots, "a", resources(false, None, 64)).is_some());
    }

    #[test]
    fn a_trial_that_waits_for_places_is_not_put_off_by_later_ones_and_can_be_stopped() {
        let slots = Slots::new(2);
        let (cancel, waits) = (Cancel::new(), AtomicBool::new(false));
        let _first = starts(&slots, "a", Resources::default()).unwrap();
        let wide = slots.pass("b", resources(false, None, 2), &cancel, || {
            if !waits.swap(true, Ordering::Relaxed) {
                assert!(starts(&slots, "a", Resources::default()).is_none(), "a place is free, but not for later ones");
            }
            cancel.cancel();
            true
        });
        assert!(wide.is_none() && waits.load(Ordering::Relaxed));
        assert!(starts(&slots, "a", Resources::default()).is_some(), "nobody waits any more");
    }
}
