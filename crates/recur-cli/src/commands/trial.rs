//! `recur trial run FILE`: trains the trials of a file, for executors that bring trials to other processes.

use crate::args::{Level, TrialArgs, TrialCommand, TrialRun};
use crate::error::{CliError, Exit};
use crate::options::{requeue_command, training_options};
use crate::stores;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::registry::Registry;
use recur_core::trial::TrialId;
use recur_core::visible::{shown, visible};
use recur_experiment::{TrialFile, available_cores};
use recur_terminal::{Screen, cancel_on_interrupt, cancel_when_time_is_over, is_time_over, start_logs};
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Runs a command on trials.
pub(crate) fn run(args: &TrialArgs, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    match &args.command {
        TrialCommand::Run(args) => train(args, level, registry),
    }
}

fn train(args: &TrialRun, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    let file = TrialFile::read(&args.file)?;
    let store = stores::to_write(&args.store)?;
    let logs = start_logs(level.into(), &Screen::new(), None);
    let ended = args.note_ended.then(|| Ended::open(args.file.with_extension("ended"))).transpose()?;
    cancel_on_interrupt();
    cancel_when_time_is_over();
    let options = training_options(&args.training, &store, logs)?;
    let jobs = args.jobs.map_or_else(available_cores, usize::from);
    let note = |id: &TrialId| ended.iter().for_each(|ended| ended.note(id));
    let before = file.left(&store)?;
    let records = file.run(registry, &store, jobs, &options, &note)?;
    if is_time_over() {
        start_again(&before, &file.left(&store)?);
    }
    Ok(exit(&records))
}

fn exit(records: &[Option<TrialRecord>]) -> Exit {
    let is_well = |record: &TrialRecord| matches!(record.outcome, Outcome::Finished { .. });
    if records.iter().any(Option::is_none) {
        Exit::Interrupted
    } else if records.iter().flatten().all(is_well) {
        Exit::Success
    } else {
        Exit::SomeTrialsFailed
    }
}

/// Where the ids of ended trials are noted.
struct Ended {
    path: PathBuf,
    file: File,
}

impl Ended {
    fn open(path: PathBuf) -> Result<Self, CliError> {
        let opened = File::options().create(true).append(true).open(&path);
        let file =
            opened.map_err(|error| CliError::new(format!("cannot write to {}", shown(&path))).because(&error))?;
        Ok(Self { path, file })
    }

    /// The store has the record whatever comes of this.
    fn note(&self, id: &TrialId) {
        if let Err(error) = (&self.file).write_all(format!("{}\n", id.as_str()).as_bytes()) {
            tracing::warn!("cannot write to {}: {error}", shown(&self.path));
        }
    }
}

/// How far a trial is: epochs and examples of its checkpoint, or nothing where it has ended.
type Along = Option<(usize, u64)>;

/// Whether a trial came further, or ended.
fn is_further(before: &[Along], after: &[Along]) -> bool {
    before.iter().zip(after).any(|(before, after)| match (before, after) {
        (Some(before), Some(after)) => after > before,
        (before, after) => before != after,
    })
}

/// Has the batch system start this task again, as its time is over: unless all its trials have ended, or none came further. Such a task
/// would start again for ever; it ends, and whoever sent it decides.
fn start_again(before: &[Along], after: &[Along]) {
    let Some(command) = requeue_command() else { return };
    if after.iter().all(Option::is_none) {
        return;
    }
    if !is_further(before, after) {
        tracing::error!("the time is over, and no trial of this task came further in it: it needs more time");
        return;
    }
    tracing::info!("the time is over; this task is started again by: {}", visible(&command));
    let ran = Command::new("sh").arg("-c").arg(&command).stdin(Stdio::null()).status();
    if !ran.as_ref().is_ok_and(std::process::ExitStatus::success) {
        tracing::warn!("it was not: {}", ran.map_or_else(|error| error.to_string(), |status| status.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_came_further_where_one_of_its_trials_did_or_ended() {
        let start = [Some((2, 10)), Some((0, 0)), None];
        assert!(!is_further(&start, &start));
        assert!(!is_further(&start, &[Some((2, 9)), Some((0, 0)), None]), "a checkpoint was lost");
        assert!(is_further(&start, &[Some((2, 10)), Some((0, 5)), None]));
        assert!(is_further(&start, &[Some((3, 0)), Some((0, 0)), None]));
        assert!(is_further(&start, &[Some((2, 10)), None, None]));
    }
}
