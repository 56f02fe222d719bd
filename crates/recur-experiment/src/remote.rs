//! Trials on other machines: they are packed into tasks, sent to a batch system, and their results are found in the store.
//!
//! The store decides what is done, never the batch system. A task notes which of its trials have ended, which says no more than
//! where to look. Of a task that has ended, the trials without a result are sent again; a trial that runs twice at once is
//! harmless, as its bytes are equal. What was sent is written down before it is sent ([`journal`]), so that a new run finds
//! the tasks of one that died, and goes on with them.

mod journal;
mod packing;
mod run;
mod sent;
mod tasks;

pub use tasks::SentTasks;

use crate::error::ExperimentError;
use crate::options::RunOptions;
use crate::parallel::available_cores;
use crate::queue::Queue;
use crate::run::Executor;
use recur_cluster::Engine;
use recur_store::StoreError;
use recur_train::SweepError;
use run::{End, Run};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How tasks are made and sent.
pub struct RemoteOptions<'a> {
    /// The program that trains a task: this one.
    pub program: PathBuf,
    /// The folder of external plugins, where there is one.
    pub plugins: Option<PathBuf>,
    /// Threads of a task.
    pub threads: usize,
    /// Seconds that a task is to take.
    pub target_seconds: f64,
    /// Trials are packed into at least so many tasks.
    pub min_tasks: usize,
    /// Words for `recur trial run` besides its file, its store and its plugins.
    pub arguments: Vec<String>,
    /// Whether the run ends when all that can be sent is sent.
    pub detach: bool,
    /// Asked when the run is interrupted, with the number of tasks: whether they are cancelled.
    pub cancels: &'a (dyn Fn(usize) -> bool + Sync),
}

impl std::fmt::Debug for RemoteOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { program, threads, target_seconds, min_tasks, detach, .. } = self;
        let mut options = f.debug_struct("RemoteOptions");
        options.field("program", program).field("threads", threads).field("target_seconds", target_seconds);
        options.field("min_tasks", min_tasks).field("detach", detach).finish_non_exhaustive()
    }
}

/// Sends trials to a batch system.
pub struct RemoteExecutor<'a> {
    engine: &'a dyn Engine,
    options: RemoteOptions<'a>,
    /// Tasks that were left to themselves at the end.
    left: AtomicUsize,
}

impl std::fmt::Debug for RemoteExecutor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteExecutor").field("engine", &self.engine.name()).field("options", &self.options).finish()
    }
}

impl<'a> RemoteExecutor<'a> {
    /// Sends them through `engine`.
    pub fn new(engine: &'a dyn Engine, options: RemoteOptions<'a>) -> Self {
        Self { engine, options, left: AtomicUsize::new(0) }
    }
}

impl Executor for RemoteExecutor<'_> {
    /// What this process reads at once.
    fn jobs(&self) -> usize {
        available_cores()
    }

    fn execute(
        &self,
        queue: &Queue<'_>,
        options: &RunOptions<'_>,
        _recorder: &dyn recur_train::Observer,
    ) -> Result<(), SweepError> {
        let mut run = Run::begin(self.engine, &self.options, queue).map_err(executor_error)?;
        let worked = run.work(options);
        match worked {
            Ok(End::Done) => run.tidy(),
            Ok(End::Interrupted) => self.left.store(run.stop(), Ordering::SeqCst),
            Ok(End::Detached) => self.left.store(run.n_live(), Ordering::SeqCst),
            Err(error) => {
                let n_live = run.n_live();
                if n_live > 0 && self.engine.outlives_us() {
                    tracing::warn!("{n_live} tasks go on without this process; the same command finds them");
                } else if n_live > 0 {
                    run.stop();
                }
                run.remove_if_unused();
                return Err(error);
            }
        }
        Ok(())
    }

    fn n_left_running(&self) -> usize {
        self.left.load(Ordering::SeqCst)
    }
}

fn executor_error(error: ExperimentError) -> SweepError {
    SweepError::Executor(Box::new(error))
}

/// A file of the jobs' folder cannot be written.
fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ExperimentError {
    let path = path.to_owned();
    move |source| ExperimentError::Store(StoreError::Io { action: "write", path, source })
}
