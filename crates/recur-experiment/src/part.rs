//! A part of the work: some models, so many trials, or so much time. The next run goes on.

use recur_core::model::Cancel;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Scope;
use std::time::Duration;

/// What part of an experiment a run is to do; by default all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Only trials of these models, as reports call them, where any are named.
    pub only: Vec<String>,
    /// At most so many trials.
    pub max_trials: Option<usize>,
    /// Trials that still run after this time are stopped; they go on from their last checkpoint.
    pub time_limit: Option<TimeLimit>,
}

/// How long a run may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit(pub Duration);

/// A word that is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as 90s, 30m or 2h")]
pub struct NotATime;

impl FromStr for TimeLimit {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let units = [("s", 1.0), ("m", 60.0), ("h", 3600.0)];
        let (number, unit) =
            units.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds))).ok_or(NotATime)?;
        let seconds = number.trim().parse::<f64>().map_err(|_| NotATime)? * unit;
        let time = Duration::try_from_secs_f64(seconds).map_err(|_| NotATime)?;
        if time.is_zero() { Err(NotATime) } else { Ok(Self(time)) }
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0.as_secs_f64())
    }
}

/// Why a run that was to do a part of the work ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartEnd {
    /// The other trials are of other models.
    OtherModels,
    /// As many trials were run as asked for.
    MaxTrials(usize),
    /// The time is over.
    TimeLimit,
    /// So many tasks were sent to a batch system, where they go on.
    Detached(usize),
}

impl PartEnd {
    /// What does the rest.
    pub fn hint(&self) -> &'static str {
        match self {
            PartEnd::OtherModels => "the same command without --only does the rest and writes the report",
            PartEnd::MaxTrials(_) => {
                "the same command goes on; without --max-trials it does the rest and writes the report"
            }
            PartEnd::Detached(_) => "the same command finds them, and writes the report when they have ended",
            PartEnd::TimeLimit => {
                "the same command goes on; without --time-limit it does the rest and writes the report"
            }
        }
    }
}

impl fmt::Display for PartEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PartEnd::OtherModels => f.write_str("nothing more can be run of the models that were asked for"),
            PartEnd::MaxTrials(1) => f.write_str("one trial was run, as asked for"),
            PartEnd::MaxTrials(n) => write!(f, "{n} trials were run, as asked for"),
            PartEnd::Detached(1) => f.write_str("one task waits or runs"),
            PartEnd::Detached(n) => write!(f, "{n} tasks wait or run"),
            PartEnd::TimeLimit => f.write_str("the time limit was reached"),
        }
    }
}

/// Stops a run when its time is over; after it is dropped it stops none.
pub(crate) struct Timer<'a> {
    _ends_the_wait: Option<Sender<()>>,
    is_over: &'a AtomicBool,
}

impl<'a> Timer<'a> {
    /// When the time is over, raises `cancel` and sets `is_over`; a thread of `scope` waits for that.
    pub(crate) fn set<'scope, 'env>(
        scope: &'scope Scope<'scope, 'env>,
        limit: Option<TimeLimit>,
        cancel: &'env Cancel,
        is_over: &'env AtomicBool,
    ) -> Self
    where
        'env: 'a,
    {
        let sender = limit.map(|TimeLimit(time)| {
            let (sender, receiver) = channel();
            scope.spawn(move || wait(&receiver, time, cancel, is_over));
            sender
        });
        Self { _ends_the_wait: sender, is_over }
    }

    /// Whether the time is over.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }
}

fn wait(receiver: &Receiver<()>, time: Duration, cancel: &Cancel, is_over: &AtomicBool) {
    if receiver.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
        is_over.store(true, Ordering::SeqCst);
        cancel.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_has_a_unit() {
        let time = |text: &str| text.parse::<TimeLimit>().ok().map(|TimeLimit(time)| time.as_secs_f64());
        assert_eq!(["90s", "30m", "1.5h"].map(time), [Some(90.0), Some(1800.0), Some(5400.0)]);
        for wrong in ["", "30", "m", "-1m", "0s", "1d", "infs", "nanm"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
