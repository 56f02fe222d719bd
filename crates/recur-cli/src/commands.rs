//! The commands.

mod experiment;
mod models;
mod plan;
mod report;

use crate::args::{Args, Command};
use crate::error::{CliError, Exit};
use recur_core::registry::Registry;

/// Runs the command of `args`.
pub(crate) fn run(args: &Args, registry: &Registry) -> Result<Exit, CliError> {
    match &args.command {
        Command::Experiment(command) => experiment::run(command, args.log_level, registry),
        Command::Plan(command) => plan::run(command, args.log_level, registry),
        Command::Report(command) => report::run(command, args.log_level, registry),
        Command::Models(command) => models::run(command, registry),
    }
}
