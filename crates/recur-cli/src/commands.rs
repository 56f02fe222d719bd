//! The commands.

mod check_model;
mod compare;
mod doctor;
mod experiment;
mod export;
mod init;
mod logs;
mod models;
mod plan;
mod predict;
mod report;
mod reports;
mod schema;
mod shells;
mod status;
mod store;
mod trial;
mod verify;
mod why;

use crate::args::{Args, Command};
use crate::error::{CliError, Exit};
use crate::plugins;
use recur_experiment::Program;

/// Runs the command of `args` with the models of `builtin`, a program that is called `name`, and of external plugins.
pub(crate) fn run(args: &Args, name: &'static str, builtin: &Program<'_>) -> Result<Exit, CliError> {
    let plugins = args.plugins.as_deref();
    // What a report or a stored trial names is not taken for the user's word.
    match &args.command {
        Command::Verify(command) => return verify::run(command, args.log_level, plugins, builtin),
        Command::Reproduce(command) => return verify::reproduce(command, args.log_level, plugins, builtin),
        Command::Init(command) => return init::run(command),
        Command::Completions(command) => return shells::completions(command, name),
        Command::Man(command) => return shells::man(command, name),
        _ => {}
    }
    let executes = matches!(&args.command, Command::Experiment(_) | Command::CheckModel(_) | Command::Predict(_));
    let registry = &match plugins {
        // A file names the model, and starts no plugin that the command line does not name.
        None if matches!(&args.command, Command::Trial(_)) => builtin.registry.clone(),
        None if !executes => plugins::to_read(builtin.registry)?,
        _ => plugins::beside(builtin.registry, plugins)?,
    };
    let program = &Program { registry, ..*builtin };
    match &args.command {
        Command::Experiment(command) => {
            experiment::run(command, args.log_level, plugins::used_folder(plugins), program)
        }
        Command::Plan(command) => plan::run(command, args.log_level, program),
        Command::Status(command) => status::run(command, program),
        Command::Logs(command) => logs::run(command),
        Command::Report(command) => report::run(command, args.log_level, program),
        Command::Compare(command) => compare::run(command, args.log_level, program),
        Command::Export(command) => export::run(command, args.log_level, program),
        Command::Reports(command) => reports::run(command, args.log_level, program),
        Command::Why(command) => why::run(command, args.log_level, program),
        Command::Store(command) => store::run(command, program),
        Command::Verify(_) | Command::Reproduce(_) | Command::Init(_) | Command::Completions(_) | Command::Man(_) => {
            unreachable!("they were run above")
        }
        Command::Models(command) => models::run(command, args.plugins.as_deref(), registry),
        Command::CheckModel(command) => check_model::run(command, args.log_level, registry),
        Command::Schema(command) => schema::run(command, args.plugins.as_deref(), registry),
        Command::Predict(command) => predict::run(command, args.log_level, registry),
        Command::Trial(command) => trial::run(command, args.log_level, registry),
        Command::Doctor(command) => doctor::run(command),
    }
}
