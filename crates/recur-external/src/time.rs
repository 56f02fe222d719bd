//! The clock of time limits. No time reaches a result.

#![expect(clippy::disallowed_methods, reason = "another process is given up after a time")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The time since it was started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// When the last message or line of a process was received. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    since: Stopwatch,
    at: Arc<AtomicU64>,
}

impl Received {
    pub(crate) fn now() -> Self {
        Self { since: Stopwatch::start(), at: Arc::new(AtomicU64::new(0)) }
    }

    /// Something was received just now.
    pub(crate) fn again(&self) {
        self.at.store(self.since.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// For how long nothing was received.
    pub(crate) fn silence(&self) -> Duration {
        self.since.elapsed().saturating_sub(Duration::from_millis(self.at.load(Ordering::Relaxed)))
    }
}
