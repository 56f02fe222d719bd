//! Two checks of what a training gives elsewhere: in a fresh process, and on other instruction sets.
//!
//! This crate starts no process. A program that does (`recur check-model`) hands in the [`digest`](crate::digest())s that it
//! got, of each instruction set by [`Bench::on`](crate::Bench::on).

use crate::battery::Outcome;
use recur_core::model::{Determinism, ModelPlugin};

/// A check of what a training gives elsewhere: its name, and the mistakes that it is there to catch.
pub type ProcessCheck = (&'static str, &'static str);

/// A fresh process on the same instruction set.
pub const FRESH_PROCESS: ProcessCheck = (
    "a_fresh_process_gives_equal_bytes",
    "state that one trial leaves to the next; addresses, or the order of a hash map that lives as long as the process",
);

/// Every instruction set of the machine.
pub const INSTRUCTION_SETS: ProcessCheck = (
    "every_instruction_set_gives_equal_bytes",
    "a sum whose order follows the width of a vector: the grade `portable` would be untrue",
);

/// What was given: the digest of a training, or why it gave none.
pub type Given = Result<String, String>;

/// Compares the digest of this process, after the whole battery, with that of a fresh one.
pub fn fresh_process(plugin: &dyn ModelPlugin, this: &Given, fresh: &Given) -> (&'static str, Outcome) {
    let outcome = match (plugin.about().determinism, this, fresh) {
        (Determinism::None, ..) => Outcome::Skipped("it promises nothing of its bits".to_owned()),
        (_, Err(error), _) | (_, _, Err(error)) => Outcome::Failed(error.clone()),
        (_, Ok(this), Ok(fresh)) if this == fresh => Outcome::Ran,
        (_, Ok(this), Ok(fresh)) => {
            Outcome::Failed(format!("a training gives {} here, and {} in a fresh process", short(this), short(fresh)))
        }
    };
    (FRESH_PROCESS.0, outcome)
}

/// Compares the digests on several instruction sets, each with its name.
pub fn instruction_sets(plugin: &dyn ModelPlugin, given: &[(&'static str, Given)]) -> (&'static str, Outcome) {
    let reported = || {
        let reported = |(name, given): &(&str, Given)| match given {
            Ok(digest) => format!("{} on {name}", short(digest)),
            Err(error) => format!("nothing on {name} ({error})"),
        };
        given.iter().map(reported).collect::<Vec<_>>().join(", ")
    };
    let failed = given.iter().any(|(_, given)| given.is_err());
    let equal = given.windows(2).all(|pair| pair[0].1 == pair[1].1);
    let outcome = match plugin.about().determinism {
        Determinism::None => Outcome::Skipped("it promises nothing of its bits".to_owned()),
        _ if plugin.build_is_costly() => Outcome::Skipped("it is a process, whose instructions are its own".to_owned()),
        _ if failed => Outcome::Failed(format!("a training gives {}", reported())),
        _ if given.len() < 2 => Outcome::Skipped("this machine has one instruction set".to_owned()),
        _ if equal => Outcome::Ran,
        Determinism::Machine => {
            Outcome::Skipped(format!("a training gives {}; the grade `machine` allows it", reported()))
        }
        Determinism::Portable => Outcome::Failed(format!("a training gives {}", reported())),
    };
    (INSTRUCTION_SETS.0, outcome)
}

/// Enough of a digest to tell it from another.
pub(crate) fn short(digest: &str) -> &str {
    &digest[..digest.len().min(10)]
}
