//! Checks, run one by one, and what became of them.

use crate::bench::Bench;
use recur_core::model::ModelError;
use recur_core::unwound::Unwound;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran and found nothing.
    Ran,
    /// It ran and found nothing, but left these parts of its work out.
    RanInPart(Vec<String>),
    /// It does not concern the model; says why.
    Skipped(String),
    /// It found this.
    Failed(String),
}

/// Why a check stopped before its end, or ended with less than all of its work done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It does not concern the model.
    Skip(&'static str),
    /// It found nothing, and left these parts out.
    LeftOut(Vec<String>),
    /// It found this.
    Fail(String),
}

impl From<ModelError> for Stop {
    fn from(error: ModelError) -> Self {
        let causes = std::iter::successors(std::error::Error::source(&error), |error| error.source());
        Stop::Fail(causes.fold(format!("the model failed: {error}"), |text, cause| format!("{text}: {cause}")))
    }
}

/// A check's end: nothing found, or why it stopped.
pub(crate) type Verdict = Result<(), Stop>;

/// One claim about a model, with the function that tests it.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its name, which is what it claims.
    pub name: &'static str,
    /// What it looks at, in a few words.
    pub kind: &'static str,
    /// The mistakes that it is there to catch.
    pub catches: &'static str,
    pub(crate) run: fn(&Bench) -> Verdict,
}

impl Check {
    pub(crate) const fn new(name: &'static str, catches: &'static str, run: fn(&Bench) -> Verdict) -> Self {
        Self { name, kind: "", catches, run }
    }
}

/// Fails a check unless `holds`.
pub(crate) fn ensure(holds: bool, message: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Stop::Fail(message())) }
}

/// The end of a check that found nothing and left out what `left_out` says.
pub(crate) fn all_but(left_out: Vec<String>) -> Verdict {
    if left_out.is_empty() { Ok(()) } else { Err(Stop::LeftOut(left_out)) }
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
    /// Runs `checks`; `observe` gets each before (without an outcome) and after.
    pub(crate) fn run(bench: &Bench, checks: &[Check], observe: &mut dyn FnMut(&Check, Option<&Outcome>)) -> Self {
        let mut run = |check: &Check| {
            observe(check, None);
            let outcome = outcome(bench, check.run);
            observe(check, Some(&outcome));
            (check.name, outcome)
        };
        Self { model: bench.plugin.about().id, results: checks.iter().map(&mut run).collect() }
    }

    /// The checks that failed, with what they found.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.results.iter().filter_map(|(name, outcome)| match outcome {
            Outcome::Failed(message) => Some((*name, message.as_str())),
            Outcome::Ran | Outcome::RanInPart(_) | Outcome::Skipped(_) => None,
        })
    }

    /// How many checks ran, if only in part, and found nothing.
    pub fn n_ran(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Ran | Outcome::RanInPart(_)))
    }

    fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.results.iter().filter(|(_, outcome)| is(outcome)).count()
    }

    /// One line: how many checks passed, ran in part, were skipped, and failed.
    pub fn summary(&self) -> String {
        let n_in_part = self.count(|outcome| matches!(outcome, Outcome::RanInPart(_)));
        let in_part = if n_in_part > 0 { format!(" ({n_in_part} in part)") } else { String::new() };
        let n_skipped = self.count(|outcome| matches!(outcome, Outcome::Skipped(_)));
        let n_failed = self.failures().count();
        format!("{}: {} checks passed{in_part}, {n_skipped} skipped, {n_failed} failed", self.model, self.n_ran())
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
        Ok(Err(Stop::LeftOut(parts))) => Outcome::RanInPart(parts),
        Ok(Err(Stop::Fail(message))) => Outcome::Failed(message),
        Err(panic) => Outcome::Failed(unwound(panic)),
    }
}

/// What ended a check that did not return.
pub(crate) fn unwound(payload: Box<dyn std::any::Any + Send>) -> String {
    match Unwound::new(payload) {
        error @ Unwound::Error(_) => format!("it failed: {error}"),
        Unwound::Panic(message) => format!("it panicked: {message}"),
    }
}

/// A line a check.
impl fmt::Display for Battery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.summary())?;
        self.results.iter().try_for_each(|(name, outcome)| writeln!(f, "  {outcome:<8} {name}{}", outcome.remark()))
    }
}

/// The word of an outcome.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Outcome::Ran => "passed",
            Outcome::RanInPart(_) => "in part",
            Outcome::Skipped(_) => "skipped",
            Outcome::Failed(_) => "FAILED",
        })
    }
}

impl Outcome {
    /// What there is to say beyond the word: `: reason`, or nothing.
    pub fn remark(&self) -> String {
        match self {
            Outcome::Ran => String::new(),
            Outcome::RanInPart(parts) => format!(": left out: {}", parts.join("; ")),
            Outcome::Skipped(reason) | Outcome::Failed(reason) => format!(": {reason}"),
        }
    }
}
