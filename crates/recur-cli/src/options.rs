//! The options that commands run an experiment with.

use crate::args::TrainingArgs;
use crate::error::CliError;
use crate::instruction_set::kernels;
use recur_experiment::{Code, RunOptions, TrialLogs, local_store};
use recur_store::Store;
use recur_terminal::{CANCEL, MemoryNames};

/// Options for a command that trains into `store`, as its arguments say.
pub(crate) fn training_options(
    args: &TrainingArgs,
    store: &Store,
    logs: TrialLogs,
) -> Result<RunOptions<'static>, CliError> {
    let local = match args.scratch() {
        Some(scratch) => Some(local_store(scratch, store)?),
        None => None,
    };
    Ok(RunOptions {
        local,
        checkpoints: args.checkpoint_every,
        memory: args.memory.unwrap_or_default(),
        kernels: kernels(),
        code: if args.no_diff { Code::WithoutDiff } else { Code::WithDiff },
        logs,
        place: place(),
        cancel: &CANCEL,
        ..RunOptions::default()
    })
}

/// Options for a command that trains nothing, and may score.
pub(crate) fn scoring_options(memory_names: &MemoryNames) -> RunOptions<'_> {
    RunOptions { observers: vec![memory_names], kernels: kernels(), ..RunOptions::default() }
}

/// What starts this task again, where a batch system runs it.
#[expect(clippy::disallowed_methods, reason = "the script of a task says it so")]
pub(crate) fn requeue_command() -> Option<String> {
    std::env::var("RECUR_REQUEUE").ok().filter(|command| !command.is_empty())
}

/// The job of a batch system that this process is, in words for `recur status`.
#[expect(clippy::disallowed_methods, reason = "a batch system names its jobs so")]
fn place() -> Option<String> {
    let job = std::env::var("SLURM_JOB_ID").ok()?;
    let task = std::env::var("SLURM_ARRAY_JOB_ID").ok().zip(std::env::var("SLURM_ARRAY_TASK_ID").ok());
    let job = task.map_or(job, |(array, task)| format!("{array}_{task}"));
    let node = std::env::var("SLURMD_NODENAME").map_or_else(|_| String::new(), |node| format!(" on {node}"));
    Some(format!("Slurm job {job}{node}"))
}
