//! Stopping a run: trials under way are saved first.
//!
//! Models stop between any two of their steps, and can be saved between two chunks of them only. So what users raise does not reach
//! the models. It keeps further trials from starting, and asks each that runs for a checkpoint. When all have one, or after
//! [`PATIENCE`], the flag is raised that the models see.

use crate::clock::Started;
use recur_core::model::Cancel;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// So long a run waits for checkpoints of its trials. It ends at once where the process is asked a second time.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time between two looks whether the run is asked to stop, or has stopped.
pub(crate) const LOOK: Duration = Duration::from_millis(50);

/// Does `work` with a flag that is raised some time after `asked` is: once `is_saved`, or after [`PATIENCE`]. Who saves the last
/// trial may raise it before.
pub(crate) fn saving_first<T>(
    asked: &Cancel,
    now: &Cancel,
    is_saved: impl Fn() -> bool + Sync,
    work: impl FnOnce(&Cancel) -> T,
) -> T {
    if asked.is_cancelled() {
        now.cancel();
    }
    std::thread::scope(|scope| {
        let (done, is_done) = channel::<()>();
        let thread = std::thread::Builder::new().name("stop".to_owned());
        let watched = thread.spawn_scoped(scope, || watch(asked, now, &is_saved, is_done));
        // Without another thread the models see what users raise, and nothing waits for the other flag.
        if watched.is_err() {
            now.cancel();
        }
        let result = work(if watched.is_ok() { now } else { asked });
        drop(done);
        result
    })
}

fn watch(asked: &Cancel, now: &Cancel, is_saved: &dyn Fn() -> bool, is_done: Receiver<()>) {
    let mut since: Option<Started> = None;
    while is_done.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        if !asked.is_cancelled() {
            continue;
        }
        let since = *since.get_or_insert_with(Started::now);
        if is_saved() || since.elapsed() >= PATIENCE {
            now.cancel();
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Waits until `flag` is raised.
    fn wait(flag: &Cancel) {
        while !flag.is_cancelled() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn what_models_see_is_raised_when_all_is_saved_and_not_before() {
        let (asked, now, saved) = (Cancel::new(), Cancel::new(), AtomicBool::new(false));
        saving_first(
            &asked,
            &now,
            || saved.load(Ordering::SeqCst),
            |seen| {
                asked.cancel();
                std::thread::sleep(3 * LOOK);
                assert!(!seen.is_cancelled());
                saved.store(true, Ordering::SeqCst);
                wait(seen);
            },
        );
    }

    #[test]
    fn a_run_that_is_not_asked_ends_by_itself_and_one_that_was_asked_before_starts_nothing() {
        let (asked, now) = (Cancel::new(), Cancel::new());
        saving_first(&asked, &now, || true, |seen| assert!(!seen.is_cancelled()));
        assert!(!now.is_cancelled());
        asked.cancel();
        saving_first(&asked, &now, || false, |seen| assert!(seen.is_cancelled()));
    }
}
