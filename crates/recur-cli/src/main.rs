//! The program `recur`: all of [`recur_cli`] with the models that recur ships.

use std::process::ExitCode;

fn main() -> ExitCode {
    recur_cli::run(&recur_cli::builtin())
}
