//! What every batch system can do.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The tasks `first`, `first + 1`, … of a folder, submitted together. Task `n` is the file `tasks/n.json` of the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its name, which no other job has: by it a job is found whose number was never heard.
    pub name: String,
    /// The first task.
    pub first: u64,
    /// How many tasks it has; at least one.
    pub n_tasks: u64,
    /// How often the memory that the site asks for is doubled: these tasks ran out of memory before.
    pub doublings: u32,
    /// What the engine calls it; `None` until that is known.
    pub id: Option<String>,
}

impl Job {
    /// Whether it has task `n`.
    pub fn has(&self, task: u64) -> bool {
        (self.first..self.first + self.n_tasks).contains(&task)
    }
}

/// How a task is run: the program, and what comes before and after the task's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskProgram {
    /// The folder that holds `tasks/`, absolute.
    pub folder: PathBuf,
    /// Where the process starts: paths in specs are relative to it. Absolute.
    pub working_folder: PathBuf,
    /// The program and the words before the file.
    pub before: Vec<String>,
    /// The words after the file.
    pub after: Vec<String>,
}

impl TaskProgram {
    /// The file of task `n`.
    pub fn task_file(&self, task: u64) -> PathBuf {
        self.folder.join("tasks").join(format!("{task}.json"))
    }

    /// What task `place` of `job` prints.
    pub fn log_file(&self, job: &Job, place: u64) -> PathBuf {
        self.folder.join("logs").join(format!("{}-{place}.log", job.name))
    }
}

/// What an engine knows of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The job's name.
    pub name: String,
    /// The task.
    pub task: u64,
    /// What the engine calls the job.
    pub job: String,
    /// How it is.
    pub state: State,
}

/// How a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It has not started, or is to start again.
    Waiting {
        /// Why, in the engine's words; empty where it says nothing.
        reason: String,
    },
    /// It runs.
    Running {
        /// The machine, in the engine's words.
        place: String,
    },
    /// It has ended.
    Ended(Ended),
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its process said that all went well.
    Well,
    /// It was cancelled by somebody.
    Cancelled,
    /// Its time was over.
    OutOfTime,
    /// It needed more memory than it had asked for.
    OutOfMemory,
    /// Anything else, in the engine's words.
    Failed(String),
}

/// Why a job was not submitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// As many jobs run as may run at once.
    #[error("as many jobs run as may run at once")]
    Busy,
    /// The engine takes no more jobs, or none of so many tasks, for now.
    #[error("no more tasks are taken for now: {0}")]
    Limit(String),
    /// No job may have so many tasks.
    #[error("a job may not have so many tasks: {0}")]
    TooLarge(String),
    /// Whether it was submitted is not known.
    #[error("it is not known whether the job was taken: {0}")]
    Unknown(String),
    /// It will not be taken however often it is tried.
    #[error(transparent)]
    Error(EngineError),
}

/// Why an engine gave no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum EngineError {
    #[error("cannot start `{program}`: {problem}")]
    Start { program: String, problem: String },
    #[error("`{program}` gave no answer in {seconds} s{said}")]
    Silent { program: String, seconds: u64, said: String },
    #[error("`{program}` failed: {problem}")]
    Failed { program: String, problem: String },
    #[error("the answer of `{program}` cannot be read: {line}")]
    Answer { program: String, line: String },
}

impl EngineError {
    /// Whether a job was refused for the memory that it asks for. The words are Slurm's.
    pub fn is_of_memory(&self) -> bool {
        let Self::Failed { problem, .. } = self else { return false };
        let problem = problem.to_lowercase();
        ["memory", "maxmem", "node configuration is not available"].iter().any(|part| problem.contains(part))
    }

    /// What the user can do.
    pub fn hint(&self) -> String {
        match self {
            Self::Start { program, .. } => {
                format!("run recur where `{program}` can be started, or choose --executor local")
            }
            Self::Silent { program, .. } => format!(
                "run the same command when `{program}` answers again: it finds the tasks that were sent, if any were, and sends the others"
            ),
            Self::Failed { .. } | Self::Answer { .. } => {
                "mend what it says in the site file (see docs/clusters.md); the same command goes on".to_owned()
            }
        }
    }
}

/// A batch system. Each call may take as long as its commands, and no longer than a time limit.
pub trait Engine: Sync {
    /// What it is called in messages.
    fn name(&self) -> &'static str;

    /// Whether it can be asked at all.
    ///
    /// # Errors
    /// If there is no answer.
    fn check(&self) -> Result<(), EngineError>;

    /// How many tasks a job may have.
    fn most_tasks(&self) -> u64;

    /// Submits `job`, and gives what the engine calls it.
    ///
    /// # Errors
    /// If it is not taken; or nobody knows.
    fn submit(&self, job: &Job, program: &TaskProgram) -> Result<String, Refusal>;

    /// All that is known of the tasks of `jobs`. What is not in the answer is no longer known, and has ended.
    ///
    /// # Errors
    /// If there is no answer: nothing is known then, not even that tasks have ended.
    fn look(&self, jobs: &[&Job]) -> Result<Vec<Seen>, EngineError>;

    /// Cancels all tasks of `jobs`.
    ///
    /// # Errors
    /// If they may go on.
    fn cancel(&self, jobs: &[&Job]) -> Result<(), EngineError>;

    /// Why a task that was out of memory, though it asked for `doublings` times twice as much, would get no more if it asked again. `None`
    /// where it may get more.
    fn memory_limit(&self, _doublings: u32) -> Option<String> {
        None
    }

    /// What was started for the tasks of `job`, as a user types it; `None` where that is no command.
    fn command_line(&self, _job: &Job, _program: &TaskProgram) -> Option<String> {
        None
    }

    /// Whether tasks go on when this process has ended.
    fn outlives_us(&self) -> bool;

    /// Whether all tasks of a job print into the log of its first one.
    fn shares_logs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An engine may give no answer before anything was sent, and while tasks are there.
    #[test]
    fn the_hint_of_no_answer_is_true_with_and_without_tasks() {
        let error = EngineError::Silent { program: "squeue".into(), seconds: 4, said: String::new() };
        assert_eq!(
            error.hint(),
            "run the same command when `squeue` answers again: it finds the tasks that were sent, if any were, and sends the others"
        );
    }
}
