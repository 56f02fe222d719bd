//! The program `recur`: all of [`recur_cli`] with the models that recur ships.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: recur_cli::Allocator = recur_cli::Allocator;

fn main() -> ExitCode {
    recur_cli::run("recur", &recur_cli::builtin())
}
