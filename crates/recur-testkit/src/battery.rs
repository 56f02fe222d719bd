//! Checks, run one by one, and what became of them.

use crate::bench::Bench;
use recur_core::model::ModelError;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran and found nothing.
    Ran,
    /// It does not concern the model; says why.
    Skipped(String),
    /// It found this.
    Failed(String),
}

/// Why a check stopped before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It does not concern the model.
    Skip(&'static str),
    /// It found this.
    Fail(String),
}

impl From<ModelError> for Stop {
    fn from(error: ModelError) -> Self {
        Stop::Fail(format!("the model failed: {error}"))
    }
}

/// A check's end: nothing found, or why it stopped.
pub(crate) type Verdict = Result<(), Stop>;

/// A check with its name, which is what it claims.
pub(crate) type Check = (&'static str, fn(&Bench) -> Verdict);

/// Fails a check unless `holds`.
pub(crate) fn ensure(holds: bool, message: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Stop::Fail(message())) }
}

/// The checks of one model with their outcomes, in the order in which they ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Battery {
    /// The model's id.
    pub model: &'static str,
    /// Each check's name and outcome.
    pub results: Vec<(&'static str, Outcome)>,
}

impl Battery {
    pub(crate) fn run(model: &'static str, bench: &Bench, checks: &[Check]) -> Self {
        let run = |(name, check): &Check| (*name, outcome(bench, *check));
        Self { model, results: checks.iter().map(run).collect() }
    }

    /// The checks that failed, with what they found.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.results.iter().filter_map(|(name, outcome)| match outcome {
            Outcome::Failed(message) => Some((*name, message.as_str())),
            Outcome::Ran | Outcome::Skipped(_) => None,
        })
    }

    /// How many checks ran and found nothing.
    pub fn n_ran(&self) -> usize {
        self.results.iter().filter(|(_, outcome)| *outcome == Outcome::Ran).count()
    }

    /// # Panics
    /// If a check failed, or fewer than `min_checks` ran. Shows all of them.
    pub fn assert_passed(&self, min_checks: usize) {
        assert!(self.failures().next().is_none(), "{self}");
        assert!(self.n_ran() >= min_checks, "{self}of which at least {min_checks} were to run");
    }
}

fn outcome(bench: &Bench, check: fn(&Bench) -> Verdict) -> Outcome {
    match catch_unwind(AssertUnwindSafe(|| check(bench))) {
        Ok(Ok(())) => Outcome::Ran,
        Ok(Err(Stop::Skip(reason))) => Outcome::Skipped(reason.to_owned()),
        Ok(Err(Stop::Fail(message))) => Outcome::Failed(message),
        Err(panic) => Outcome::Failed(format!("it panicked: {}", panic_message(panic.as_ref()))),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

impl fmt::Display for Battery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n_failed = self.failures().count();
        let n_skipped = self.results.len() - self.n_ran() - n_failed;
        writeln!(f, "{}: {} checks passed, {n_skipped} skipped, {n_failed} failed", self.model, self.n_ran())?;
        for (name, outcome) in &self.results {
            match outcome {
                Outcome::Ran => writeln!(f, "  passed   {name}")?,
                Outcome::Skipped(reason) => writeln!(f, "  skipped  {name}: {reason}")?,
                Outcome::Failed(message) => writeln!(f, "  FAILED   {name}: {message}")?,
            }
        }
        Ok(())
    }
}
