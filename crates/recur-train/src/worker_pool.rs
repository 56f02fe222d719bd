//! The threads of a sweep, lent to the trials that are still running.

use recur_core::workers::Workers;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A share of less work than this is not worth its handing over: some 200 microseconds of products.
const LEAST_SHARE: u64 = 16_000_000;

/// Lends the threads of a pool, in which it must be used, that have no trial of their own.
#[derive(Debug)]
pub(crate) struct WorkerPool {
    threads: usize,
    trials: AtomicUsize,
}

impl WorkerPool {
    pub(crate) fn new(threads: usize) -> Self {
        Self { threads, trials: AtomicUsize::new(0) }
    }

    /// Calls `trial`, which takes a thread of its own for as long.
    pub(crate) fn busy<T>(&self, trial: impl FnOnce() -> T) -> T {
        struct Ended<'a>(&'a AtomicUsize);
        impl Drop for Ended<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.trials.fetch_add(1, Ordering::Relaxed);
        let _ended = Ended(&self.trials);
        trial()
    }
}

impl Workers for WorkerPool {
    /// The calling trial's part of all threads, but no share smaller than what pays.
    fn shares(&self, multiply_adds: u64) -> usize {
        let threads = self.threads / self.trials.load(Ordering::Relaxed).max(1);
        threads.min(usize::try_from(multiply_adds / LEAST_SHARE).unwrap_or(usize::MAX)).max(1)
    }

    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
        if self.threads == 1 {
            // There may be no pool: with one of rayon's own, the system would be asked for threads that it does not grant.
            a();
            b();
        } else {
            rayon::join(a, b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_divide_the_threads_that_are_there() {
        let pool = WorkerPool::new(5);
        let shares = || pool.shares(100 * LEAST_SHARE);
        assert_eq!(pool.busy(shares), 5);
        assert_eq!(pool.busy(|| pool.busy(shares)), 2);
        assert_eq!(pool.busy(|| pool.busy(|| pool.busy(shares))), 1);
        assert_eq!(shares(), 5, "trials that have ended take no thread");
    }

    #[test]
    fn little_work_is_not_divided() {
        let pool = WorkerPool::new(8);
        assert_eq!(pool.shares(LEAST_SHARE - 1), 1);
        assert_eq!(pool.shares(3 * LEAST_SHARE), 3);
    }

    #[test]
    fn both_halves_are_called() {
        let (mut a, mut b) = (0, 0);
        WorkerPool::new(1).join(&mut || a = 1, &mut || b = 1);
        assert_eq!((a, b), (1, 1));
    }
}
