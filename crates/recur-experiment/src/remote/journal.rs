//! What was sent, written down before it is sent: `STORE/jobs/EXPERIMENT/RUN/jobs.jsonl`, a line before a job is submitted and
//! one when its number is known. Each run has a folder of its own, so that two at once do not write into one file.

use super::io;
use super::sent::{Sent, Task};
use crate::error::ExperimentError;
use crate::queue::Queue;
use recur_cluster::{Job, TaskProgram};
use recur_core::trial::TrialId;
use recur_core::visible::shown;
use recur_files::read_regular;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The file's name.
const JOURNAL: &str = "jobs.jsonl";

/// The most of a journal that is read, in bytes.
const MAX_BYTES: u64 = 1 << 28;

/// The beginning of the names of runs' folders.
const RUN: &str = "run-";

/// Random characters at the end of them.
const RANDOM: usize = 8;

/// A line: a job, with the trials of its tasks where it is the job's first one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    job: Job,
    tasks: Vec<Vec<TrialId>>,
}

/// The journal of this run.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    file: File,
    n_jobs: u64,
}

impl Journal {
    /// Makes the folder of a run in `jobs`.
    pub(super) fn create(jobs: &Path) -> Result<Self, ExperimentError> {
        std::fs::create_dir_all(jobs).map_err(io(jobs))?;
        let made = tempfile::Builder::new().prefix(RUN).rand_bytes(RANDOM).tempdir_in(jobs).map_err(io(jobs))?;
        let folder = made.keep();
        for name in ["tasks", "logs"] {
            let path = folder.join(name);
            std::fs::create_dir(&path).map_err(io(&path))?;
        }
        let path = folder.join(JOURNAL);
        let file = File::options().create_new(true).append(true).open(&path).map_err(io(&path))?;
        Ok(Self { folder, file, n_jobs: 0 })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A name that no other job has: with the experiment's, the run's and a number.
    pub(super) fn next_name(&mut self, queue: &Queue<'_>) -> String {
        self.n_jobs += 1;
        let name = queue.with(|experiment| experiment.plan().name.clone());
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = name.chars().take(30).map(plain).collect();
        let run = self.folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        format!("recur-{name}-{}-{}", run.trim_start_matches(RUN), self.n_jobs)
    }

    /// Notes a job that is about to be submitted, with its tasks, or one whose number is known, without.
    pub(super) fn note(&mut self, job: &Job, tasks: &[&Task]) -> Result<(), ExperimentError> {
        let tasks = tasks.iter().map(|task| task.left.iter().cloned().collect()).collect();
        let line = Line { job: job.clone(), tasks };
        let path = self.folder.join(JOURNAL);
        let mut text = serde_json::to_vec(&line).map_err(|error| io(&path)(error.into()))?;
        text.push(b'\n');
        self.file.write_all(&text).and_then(|()| self.file.sync_data()).map_err(io(&path))
    }
}

/// What earlier runs of the experiment sent, other than that in the folder `own`, where there is one. Whether any of it still runs, the batch
/// system knows. What cannot be read is passed over: its trials are sent again, which is harmless.
pub(super) fn earlier(jobs: &Path, own: Option<&Path>) -> Vec<Sent> {
    let listed = std::fs::read_dir(jobs).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = listed.filter(|path| Some(path.as_path()) != own && is_run(path)).collect();
    folders.sort();
    folders.iter().filter_map(|folder| read(folder)).filter(|sent| !sent.jobs.is_empty()).collect()
}

fn is_run(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(RUN))
}

fn read(folder: &Path) -> Option<Sent> {
    let path = folder.join(JOURNAL);
    let bytes = match read_regular(&path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!("what an earlier run sent is not known: {}: {error}", shown(&path));
            return None;
        }
    };
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let program = TaskProgram { folder, working_folder: PathBuf::new(), before: Vec::new(), after: Vec::new() };
    let mut sent = Sent::new(program);
    // The last line may be cut.
    for line in bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
        let Ok(Line { job, tasks }) = serde_json::from_slice::<Line>(line) else { continue };
        match sent.jobs.iter_mut().find(|known| known.name == job.name) {
            Some(known) => known.id = job.id,
            None => {
                let tasks =
                    tasks.into_iter().zip(job.first..).map(|(ids, n)| Task::new(n, ids, job.doublings)).collect();
                sent.add(job, tasks);
            }
        }
    }
    sent.pass_over_ended();
    Some(sent)
}
