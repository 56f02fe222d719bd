//! Whether a trial's memory is there before it starts: one that is too large must not end the sweep.
//!
//! What a trial needs is estimated from outside of its model, by [`ModelPlugin::cost`]: a few copies of its weights, the
//! activations of a batch, and the answers for the rows that are scored. It is an estimate: a trial that needs a little more than there is
//! may still be started.

use crate::build::{Machine, setup};
use recur_core::dataset::Dataset;
use recur_core::model::{Cancel, Kernels, ModelPlugin};
use recur_core::replicate::Replicate;
use recur_core::settings::{Optimizer, TrainingSettings};
use recur_core::trial::Trial;
use recur_core::workers::alone;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use unit_prefix::NumberPrefix;

/// A trial that needs no more is started without a look at the memory that there is.
const SMALL: u64 = 64 << 20;

/// The time between two looks at whether a trial that waits for memory can start.
const LOOK: Duration = Duration::from_millis(20);

/// Bytes that `trial` needs at its peak, as far as can be said beforehand: an estimate, and rather too low than too high.
pub fn memory_need(
    trial: &Trial,
    replicate: &Replicate,
    dataset: &Dataset,
    plugin: &dyn ModelPlugin,
    kernels: Kernels,
) -> u64 {
    let answers = answers(replicate, dataset);
    // What a one-shot model costs at most is known, and that is often far more than what its data makes of it.
    let Some(training) = &trial.identity.training else { return answers };
    let n_classes = dataset.label_names().len();
    let (class_weights, workers) = (vec![1.0; n_classes], alone());
    let machine = Machine { kernels, workers: &workers };
    let setup = setup(trial, dataset, &replicate.streams, &class_weights, machine, None);
    let characters = mean_characters(dataset);
    let Some(cost) = plugin.cost(&setup, characters) else { return answers };
    let more = plugin.cost(&setup, 2 * characters).map_or(cost.multiply_adds, |cost| cost.multiply_adds);
    let per_character = more.saturating_sub(cost.multiply_adds) / characters;
    let batch = u64::from(training.batch_size).min(dataset.len() as u64);
    let activations =
        batch.saturating_mul(characters).saturating_mul(activations_of_character(per_character)).saturating_mul(4);
    let logits = batch.saturating_mul(4 * n_classes as u64);
    let weights = cost.weight_bytes.saturating_mul(copies(training));
    weights.saturating_add(activations).saturating_add(logits).saturating_add(answers)
}

/// Copies of the weights while a model learns: themselves, in a second layout for the backward pass, their gradients, what
/// the optimizer keeps, those that the trial will keep, and the best so far where training may stop early. Measured
/// peaks of the shipped models lie between nothing and a fifth above it.
fn copies(training: &TrainingSettings) -> u64 {
    let optimizer = match training.optimizer {
        Optimizer::Sgd { momentum: 0.0 } => 0,
        Optimizer::Sgd { .. } => 1,
        Optimizer::Adam { .. } | Optimizer::AdamW { .. } => 2,
    };
    4 + optimizer + u64::from(training.early_stopping.is_some())
}

/// Numbers that are kept of a character for the backward pass. Products of a square matrix with H rows take H² multiplications and
/// give H numbers; a network keeps a few such vectors. Measured peaks of activations lie between 0.6 and 2.4 times it: from the plain cells
/// to a deep `transformer`.
fn activations_of_character(multiply_adds: u64) -> u64 {
    const VECTORS: u64 = 5;
    VECTORS * multiply_adds.isqrt()
}

/// Bytes of the log-probabilities of all rows that are scored at once.
fn answers(replicate: &Replicate, dataset: &Dataset) -> u64 {
    let bytes = |rows: usize| 4 * rows as u64 * dataset.label_names().len() as u64;
    if bytes(dataset.len()) <= SMALL {
        return bytes(dataset.len());
    }
    bytes(replicate.split.validation.len())
}

/// The mean length of texts, at least 1. Of many rows some are looked at, evenly spread: a plan may have thousands of trials.
fn mean_characters(dataset: &Dataset) -> u64 {
    const MOST_ROWS: usize = 1_000;
    let step = dataset.len().div_ceil(MOST_ROWS).max(1);
    let (mut n_rows, mut n_characters) = (0_u64, 0);
    for row in (0..dataset.len() as u32).step_by(step) {
        n_rows += 1;
        n_characters += dataset.sequences().get(row).len() as u64;
    }
    (n_characters / n_rows.max(1)).max(1)
}

/// Why a trial cannot start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It needs more memory than there is.
    TooLarge { need: u64, available: u64 },
    /// It was to wait, and was asked to stop.
    Cancelled,
}

/// Lets trials in as far as their memory is there: one that fits only when others have ended waits for them.
pub(crate) struct Gate<'a> {
    /// Bytes that trials may use now; `None` where that is not known or not to be looked at.
    available: &'a (dyn Fn() -> Option<u64> + Sync),
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    /// What the running trials need together.
    reserved: u128,
    /// What was available when last no trial ran.
    idle: Option<u64>,
    has_looked: bool,
}

/// A trial that was let in; it ends with this value.
pub(crate) struct Pass<'a> {
    gate: &'a Gate<'a>,
    need: u64,
}

impl<'a> Gate<'a> {
    pub(crate) fn new(available: &'a (dyn Fn() -> Option<u64> + Sync)) -> Self {
        Self { available, state: Mutex::default(), ended: Condvar::new() }
    }

    /// Waits until the memory for a trial that needs so much is there. Calls `meanwhile` while it waits, which says whether it
    /// had something to do.
    pub(crate) fn pass(
        &'a self,
        need: u64,
        cancel: &Cancel,
        meanwhile: impl Fn() -> bool,
    ) -> Result<Pass<'a>, Refused> {
        let mut state = self.state();
        let mut is_reported = false;
        loop {
            match state.decide(need, self.available) {
                Decision::Start => break,
                Decision::Refuse { available } => return Err(Refused::TooLarge { need, available }),
                Decision::Wait if cancel.is_cancelled() => return Err(Refused::Cancelled),
                Decision::Wait => {
                    drop(state);
                    if !std::mem::replace(&mut is_reported, true) {
                        tracing::info!(
                            "waits until other trials free memory; this trial needs about {}",
                            bytes_in_words(need)
                        );
                    }
                    let was_busy = meanwhile();
                    state = self.state();
                    if !was_busy {
                        state =
                            self.ended.wait_timeout(state, LOOK).map_or_else(|error| error.into_inner().0, |it| it.0);
                    }
                }
            }
        }
        state.running += 1;
        state.reserved += u128::from(need);
        Ok(Pass { gate: self, need })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.running -= 1;
        state.reserved -= u128::from(self.need);
        drop(state);
        self.gate.ended.notify_all();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Start,
    Wait,
    Refuse { available: u64 },
}

impl State {
    fn decide(&mut self, need: u64, available: &dyn Fn() -> Option<u64>) -> Decision {
        // What there is before the first trial shows which ones can never run.
        if !self.has_looked {
            (self.has_looked, self.idle) = (true, available());
        }
        // Small trials are not worth the look, unless the others together are large.
        let together = u128::from(need) + self.reserved;
        if together <= u128::from(SMALL) {
            return Decision::Start;
        }
        let Some(now) = available() else { return Decision::Start };
        if self.running == 0 {
            self.idle = Some(now);
        }
        let most = now.max(self.idle.unwrap_or(now));
        if need > most {
            Decision::Refuse { available: most }
        } else if self.running == 0 || (need <= now && together <= u128::from(most)) {
            // Running trials may not have taken yet what they need.
            Decision::Start
        } else {
            Decision::Wait
        }
    }
}

/// A number of bytes, for people: the form of indicatif's `HumanBytes`, which the command line prints, without a library
/// for terminals here.
pub fn bytes_in_words(bytes: u64) -> String {
    match NumberPrefix::binary(bytes as f64) {
        NumberPrefix::Standalone(bytes) => format!("{bytes:.0} B"),
        NumberPrefix::Prefixed(prefix, number) => format!("{number:.2} {prefix}B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

    const GIB: u64 = 1 << 30;

    #[test]
    fn a_trial_that_is_too_large_is_refused_with_the_numbers_and_a_smaller_one_starts() {
        let available = || Some(3 * GIB);
        let gate = Gate::new(&available);
        let pass = |need| gate.pass(need, &Cancel::new(), || false).map(drop);
        assert_eq!(pass(4 * GIB), Err(Refused::TooLarge { need: 4 * GIB, available: 3 * GIB }));
        assert_eq!(pass(u64::MAX), Err(Refused::TooLarge { need: u64::MAX, available: 3 * GIB }));
        assert_eq!((pass(3 * GIB), pass(0)), (Ok(()), Ok(())));
    }

    #[test]
    fn where_nothing_is_known_all_trials_start() {
        let available = || None;
        let gate = Gate::new(&available);
        let passes: Vec<_> = (0..3).map(|_| gate.pass(u64::MAX / 2, &Cancel::new(), || false)).collect();
        assert!(passes.iter().all(Result::is_ok));
    }

    #[test]
    fn small_trials_start_with_one_look_for_all() {
        let looks = AtomicUsize::new(0);
        let available = || {
            looks.fetch_add(1, Ordering::Relaxed);
            Some(0)
        };
        let gate = Gate::new(&available);
        let _passes =
            [0, 1 << 20, 63 << 20].map(|need| gate.pass(need, &Cancel::new(), || false).map_err(|_| ()).unwrap());
        assert_eq!(looks.load(Ordering::Relaxed), 1);
    }

    /// Each of eight trials takes a gibibyte, and three are there.
    #[test]
    fn trials_wait_for_the_memory_of_others_and_all_run() {
        let (used, most, done) = (AtomicU64::new(0), AtomicU64::new(0), AtomicUsize::new(0));
        let available = || Some((3 * GIB).saturating_sub(used.load(Ordering::SeqCst)));
        let gate = Gate::new(&available);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _pass = gate.pass(GIB, &Cancel::new(), || false).map_err(|_| ()).unwrap();
                    let now = used.fetch_add(GIB, Ordering::SeqCst) + GIB;
                    most.fetch_max(now, Ordering::SeqCst);
                    std::thread::yield_now();
                    used.fetch_sub(GIB, Ordering::SeqCst);
                    done.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(done.load(Ordering::SeqCst), 8);
        assert!(most.load(Ordering::SeqCst) <= 3 * GIB);
    }

    #[test]
    fn a_trial_that_can_never_run_is_refused_while_others_run() {
        let used = AtomicU64::new(0);
        let available = || Some((3 * GIB).saturating_sub(used.load(Ordering::Relaxed)));
        let gate = Gate::new(&available);
        let _first = gate.pass(2 * GIB, &Cancel::new(), || false).map_err(|_| ()).unwrap();
        used.store(2 * GIB, Ordering::Relaxed);
        let refused = gate.pass(4 * GIB, &Cancel::new(), || panic!("it waits")).map(drop);
        assert_eq!(refused, Err(Refused::TooLarge { need: 4 * GIB, available: 3 * GIB }));
    }

    #[test]
    fn a_trial_that_waits_can_be_stopped() {
        let available = || Some(3 * GIB);
        let gate = Gate::new(&available);
        let (cancel, waited) = (Cancel::new(), AtomicBool::new(false));
        let first = gate.pass(2 * GIB, &cancel, || false);
        let second = gate.pass(2 * GIB, &cancel, || {
            waited.store(true, Ordering::Relaxed);
            cancel.cancel();
            true
        });
        assert_eq!(second.map(drop), Err(Refused::Cancelled));
        assert!(waited.load(Ordering::Relaxed) && first.is_ok());
    }

    #[test]
    fn bytes_are_reported_in_binary_units() {
        assert_eq!([0, 1, 3 << 29, 12 * GIB].map(bytes_in_words), ["0 B", "1 B", "1.50 GiB", "12.00 GiB"]);
    }
}
