//! The instruction set that models compute on: the widest one, or the one that `RECUR_ISA` names.

use crate::error::CliError;
use recur_kernels::{Isa, Kernels};

/// The value of `RECUR_ISA`, if it has one.
#[expect(clippy::disallowed_methods, reason = "the command line reads this variable, and nothing below it does")]
pub(crate) fn forced_instruction_set() -> Option<String> {
    // What is not UTF-8 is no name of one, and is shown as such.
    std::env::var_os("RECUR_ISA").map(|name| name.to_string_lossy().into_owned())
}

/// The vector operations on the instruction set that `RECUR_ISA` names, or the widest one.
pub(crate) fn asked_kernels() -> Result<Kernels, CliError> {
    let Some(name) = forced_instruction_set() else { return Ok(Kernels::widest()) };
    let wrong = |reason: String| CliError::new(format!("RECUR_ISA={name}: {reason}"));
    let isa = name.parse::<Isa>().map_err(|error| wrong(error.to_string()))?;
    Kernels::new(isa).map_err(|error| wrong(error.to_string()))
}

/// The vector operations that models use in this process.
pub(crate) fn kernels() -> Kernels {
    // A wrong `RECUR_ISA` ended the process at its start.
    asked_kernels().unwrap_or_else(|_| Kernels::widest())
}
