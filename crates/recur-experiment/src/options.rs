//! How an experiment is run.

use crate::Experiment;
use crate::environment::Code;
use crate::memory::Memory;
use crate::observer::{Observer, RunEvent};
use crate::part::Part;
use crate::trial_log::TrialLogs;
use recur_core::model::{Cancel, Kernels};
use recur_store::Store;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How an experiment is run. Nothing here changes a result.
#[derive(Clone)]
pub struct RunOptions<'a> {
    /// Who watches.
    pub observers: Vec<&'a dyn Observer>,
    /// How often a running trial is saved, to go on from there.
    pub checkpoints: CheckpointInterval,
    /// The memory that trials may use.
    pub memory: Memory,
    /// The vector operations that models use.
    pub kernels: Kernels,
    /// What is recorded of the code that runs.
    pub code: Code,
    /// The logs of single trials. They are filled where these are a layer of the program's `tracing` subscriber.
    pub logs: TrialLogs,
    /// Where the trials run, in words that `recur status` shows, such as a cluster's job.
    pub place: Option<String>,
    /// A store on a disk of this machine, for most checkpoints and for prepared data: [`crate::local_store`].
    pub local: Option<Store>,
    /// What part of the work is to be done.
    pub part: Part,
    /// Raise it to stop: what has ended is kept.
    pub cancel: &'a Cancel,
}

impl fmt::Debug for RunOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { observers, checkpoints, memory, kernels, code, logs: _, place, local, part, cancel } = self;
        let mut options = f.debug_struct("RunOptions");
        options
            .field("n_observers", &observers.len())
            .field("checkpoints", checkpoints)
            .field("memory", memory)
            .field("kernels", kernels);
        options
            .field("code", code)
            .field("place", place)
            .field("local", local)
            .field("part", part)
            .field("is_cancelled", &cancel.is_cancelled())
            .finish_non_exhaustive()
    }
}

static NEVER: Cancel = Cancel::new();

impl Default for RunOptions<'_> {
    fn default() -> Self {
        Self {
            observers: Vec::new(),
            checkpoints: CheckpointInterval::default(),
            memory: Memory::OfMachine,
            kernels: Kernels::widest(),
            code: Code::WithoutDiff,
            logs: TrialLogs::default(),
            place: None,
            local: None,
            part: Part::default(),
            cancel: &NEVER,
        }
    }
}

impl RunOptions<'_> {
    /// With a time limit, running trials are saved several times before it: a trial that takes longer than the limit goes on, too.
    pub(crate) fn with_checkpoints_in_time(&self) -> Self {
        let checkpoints = match (self.checkpoints, self.part.time_limit) {
            (CheckpointInterval::Time(time), Some(limit)) => CheckpointInterval::Time(time.min(limit.0 / 4)),
            (other, _) => other,
        };
        Self { checkpoints, ..self.clone() }
    }

    pub(crate) fn notify(&self, experiment: &Experiment, event: &RunEvent<'_>) {
        self.observers.iter().for_each(|observer| observer.event(experiment, event));
    }
}

/// Sends an event when it is dropped: also where what was to come before it panicked.
pub(crate) struct AtEnd<'a> {
    pub(crate) experiment: &'a Experiment,
    pub(crate) options: &'a RunOptions<'a>,
    pub(crate) event: RunEvent<'a>,
}

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.options.notify(self.experiment, &self.event);
    }
}

/// How often a running trial is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointInterval {
    /// When so much time has passed since the last one.
    Time(Duration),
    /// After every so many epochs.
    Epochs(u32),
    /// Never.
    Off,
}

/// A word that is no interval of checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as 30s or 5m, a number of epochs such as 2epochs, or off")]
pub struct NotAnInterval;

impl Default for CheckpointInterval {
    /// 30 seconds.
    fn default() -> Self {
        Self::Time(Duration::from_secs(30))
    }
}

impl FromStr for CheckpointInterval {
    type Err = NotAnInterval;

    fn from_str(text: &str) -> Result<Self, NotAnInterval> {
        if text == "off" {
            return Ok(Self::Off);
        }
        if let Some(count) = text.strip_suffix("epochs").or_else(|| text.strip_suffix("epoch")) {
            let epochs = count.trim().parse().map_err(|_| NotAnInterval)?;
            return if epochs == 0 { Err(NotAnInterval) } else { Ok(Self::Epochs(epochs)) };
        }
        let (number, unit) = match text.strip_suffix('m') {
            Some(minutes) => (minutes, 60.0),
            None => (text.strip_suffix('s').unwrap_or(text), 1.0),
        };
        let seconds = number.parse::<f64>().map_err(|_| NotAnInterval)? * unit;
        Duration::try_from_secs_f64(seconds).map(Self::Time).map_err(|_| NotAnInterval)
    }
}

impl fmt::Display for CheckpointInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointInterval::Time(time) => write!(f, "{}s", time.as_secs_f64()),
            CheckpointInterval::Epochs(epochs) => write!(f, "{epochs}epochs"),
            CheckpointInterval::Off => f.write_str("off"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_a_time_a_number_of_epochs_or_off() {
        let check = |text: &str, expected: Option<CheckpointInterval>| {
            assert_eq!(text.parse::<CheckpointInterval>().ok(), expected, "{text}")
        };
        check("30", Some(CheckpointInterval::Time(Duration::from_secs(30))));
        check("0.5s", Some(CheckpointInterval::Time(Duration::from_millis(500))));
        check("2m", Some(CheckpointInterval::Time(Duration::from_secs(120))));
        check("3epochs", Some(CheckpointInterval::Epochs(3)));
        check("1 epoch", Some(CheckpointInterval::Epochs(1)));
        check("off", Some(CheckpointInterval::Off));
        for wrong in ["", "s", "-1s", "0epochs", "epochs", "1h", "inf", "nan"] {
            check(wrong, None);
        }
    }
}
