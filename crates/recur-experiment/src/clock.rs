//! The clock: for times next to results, never in them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment to measure from.
#[derive(Clone, Copy, Debug)]
pub struct Started(Instant);

impl Started {
    /// This moment.
    #[expect(clippy::disallowed_methods, reason = "times are shown and stored next to results, never in them")]
    pub fn now() -> Self {
        Self(Instant::now())
    }

    /// The time since then.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "times are shown and stored next to results, never in them")]
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Seconds since 1970, with fractions.
#[expect(clippy::disallowed_methods, reason = "times are shown and stored next to results, never in them")]
pub fn unix_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
