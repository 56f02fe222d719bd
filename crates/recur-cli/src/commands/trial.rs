//! `recur trial run FILE`: trains one trial, for executors that bring trials to other processes.

use crate::args::{Level, TrialArgs, TrialCommand, TrialRun};
use crate::error::{CliError, Exit};
use crate::options::training_options;
use crate::stores;
use recur_core::record::Outcome;
use recur_core::registry::Registry;
use recur_experiment::{TrialFile, available_cores};
use recur_terminal::{Screen, cancel_on_interrupt, start_logs};

/// Runs a command on a trial.
pub(crate) fn run(args: &TrialArgs, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    match &args.command {
        TrialCommand::Run(args) => train(args, level, registry),
    }
}

fn train(args: &TrialRun, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    let file = TrialFile::read(&args.file)?;
    let store = stores::to_write(&args.store)?;
    let logs = start_logs(level.into(), &Screen::new(), None);
    cancel_on_interrupt();
    let options = training_options(&args.training, logs);
    let jobs = args.jobs.map_or_else(available_cores, usize::from);
    let record = file.run(registry, &store, jobs, &options)?;
    Ok(match record.outcome {
        Outcome::Finished { .. } => Exit::Success,
        Outcome::Diverged { .. } | Outcome::Failed { .. } => Exit::SomeTrialsFailed,
    })
}
