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

/// The beginning of the names of runs' folders, where tasks may outlive their run.
const RUN: &str = "run-";

/// The same where tasks end with their run: nobody looks for them later.
const LOCAL: &str = "local-";

/// Random characters at the end of them.
const RANDOM: usize = 8;

/// A line: a job, with the trials of its tasks where it is the job's first one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    job: Job,
    tasks: Vec<Vec<TrialId>>,
    /// Whether the job was refused: its tasks are sent as other jobs.
    #[serde(default)]
    refused: bool,
}

/// The journal of this run. Its file is locked as long as the run lives, where locks work.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    file: File,
    n_jobs: u64,
}

impl Journal {
    /// Makes the folder of a run in `jobs`, whose tasks may outlive it or not.
    pub(super) fn create(jobs: &Path, outlives_us: bool) -> Result<Self, ExperimentError> {
        std::fs::create_dir_all(jobs).map_err(io(jobs))?;
        let made = tempfile::Builder::new()
            .prefix(if outlives_us { RUN } else { LOCAL })
            .rand_bytes(RANDOM)
            .tempdir_in(jobs)
            .map_err(io(jobs))?;
        let folder = made.keep();
        for name in ["tasks", "logs"] {
            let path = folder.join(name);
            std::fs::create_dir(&path).map_err(io(&path))?;
        }
        let path = folder.join(JOURNAL);
        let file = File::options().create_new(true).append(true).open(&path).map_err(io(&path))?;
        // Without locks nobody else takes the folder for one of a dead run.
        let _ = file.try_lock();
        Ok(Self { folder, file, n_jobs: 0 })
    }

    /// Whether no job was noted.
    pub(super) fn is_empty(&self) -> bool {
        self.n_jobs == 0
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
        format!("recur-{name}-{}-{}", run.trim_start_matches(RUN).trim_start_matches(LOCAL), self.n_jobs)
    }

    /// Notes a job that is about to be submitted, with its tasks, or one whose number is known, without.
    pub(super) fn note(&mut self, job: &Job, tasks: &[&Task]) -> Result<(), ExperimentError> {
        let tasks = tasks.iter().map(|task| task.left.iter().cloned().collect()).collect();
        self.write(&Line { job: job.clone(), tasks, refused: false })
    }

    /// Notes that a job was refused.
    pub(super) fn note_refused(&mut self, job: &Job) -> Result<(), ExperimentError> {
        self.write(&Line { job: job.clone(), tasks: Vec::new(), refused: true })
    }

    fn write(&mut self, line: &Line) -> Result<(), ExperimentError> {
        let path = self.folder.join(JOURNAL);
        let mut text = serde_json::to_vec(line).map_err(|error| io(&path)(error.into()))?;
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
    sent.journal_bytes = bytes.len() as u64;
    // The last line may be cut.
    for line in bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
        let Ok(Line { job, tasks, refused }) = serde_json::from_slice::<Line>(line) else { continue };
        match sent.jobs.iter().find(|known| known.name == job.name) {
            Some(_) if refused => sent.forget(&job),
            Some(_) => sent.is_taken(&job),
            None => {
                // A job with the same tasks was refused, and they were sent again.
                sent.forget(&job);
                let tasks =
                    tasks.into_iter().zip(job.first..).map(|(ids, n)| Task::new(n, ids, job.doublings)).collect();
                sent.add(job, tasks);
            }
        }
    }
    sent.pass_over_ended();
    Some(sent)
}

/// Removes the folder of an earlier run, unless that run lives, or has sent more than was read of it.
pub(super) fn remove_dead(sent: &Sent) {
    let path = sent.program.folder.join(JOURNAL);
    let is_dead = || -> std::io::Result<bool> {
        let file = File::options().read(true).append(true).open(&path)?;
        Ok(file.metadata()?.len() == sent.journal_bytes && file.try_lock().is_ok())
    };
    if is_dead().unwrap_or(false) {
        remove(&sent.program.folder);
    }
}

/// Removes what interrupted runs left whose tasks have ended with them.
pub(super) fn remove_dead_local(jobs: &Path, own: &Path) {
    let listed = std::fs::read_dir(jobs).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_local = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(LOCAL));
    for folder in listed.filter(|path| path != own && is_local(path)) {
        let opened = File::options().read(true).append(true).open(folder.join(JOURNAL));
        if opened.is_ok_and(|file| file.try_lock().is_ok()) {
            remove(&folder);
        }
    }
}

/// Removes the folder of a run.
pub(super) fn remove(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder) {
        tracing::debug!("{} stays: {error}", shown(folder));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> TrialId {
        serde_json::from_value(format!("{n:032x}").into()).unwrap()
    }

    fn job(name: &str, n_tasks: u64) -> Job {
        Job { name: name.into(), first: 0, n_tasks, doublings: 0, id: None }
    }

    #[test]
    fn a_job_that_was_refused_and_sent_in_smaller_ones_is_no_job_for_the_next_run() {
        let jobs = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(jobs.path(), true).unwrap();
        let tasks: Vec<Task> = (0..4).map(|n| Task::new(n.into(), [id(n)], 0)).collect();
        let tasks: Vec<&Task> = tasks.iter().collect();
        journal.note(&job("a", 4), &tasks).unwrap();
        journal.note(&job("b", 2), &tasks[..2]).unwrap();
        journal.note(&Job { id: Some("7".into()), ..job("b", 2) }, &[]).unwrap();
        let [sent] = &earlier(jobs.path(), None)[..] else { panic!() };
        assert_eq!(sent.jobs, [Job { id: Some("7".into()), ..job("b", 2) }]);
        assert_eq!([0, 1, 2, 3].map(|n| sent.has(&id(n))), [true, true, false, false]);
        assert!(!sent.has_unknown(), "it is known to be taken, however long its tasks wait");
        assert!(earlier(jobs.path(), Some(journal.folder())).is_empty());
        journal.note(&Job { first: 2, ..job("c", 1) }, &tasks[2..3]).unwrap();
        assert!(earlier(jobs.path(), None)[0].has(&id(2)), "it may have been taken");
        journal.note_refused(&Job { first: 2, ..job("c", 1) }).unwrap();
        let [sent] = &earlier(jobs.path(), None)[..] else { panic!() };
        assert_eq!([0, 1, 2, 3].map(|n| sent.has(&id(n))), [true, true, false, false]);
        assert!(!sent.has_unknown());
    }

    #[test]
    fn the_folder_of_a_run_that_lives_or_has_sent_more_stays() {
        let jobs = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(jobs.path(), true).unwrap();
        let task = Task::new(0, [id(1)], 0);
        journal.note(&job("a", 1), &[&task]).unwrap();
        let sent = earlier(jobs.path(), None).remove(0);
        remove_dead(&sent);
        assert!(sent.program.folder.exists(), "it lives");
        journal.note(&job("b", 1), &[&task]).unwrap();
        drop(journal);
        remove_dead(&sent);
        assert!(sent.program.folder.exists(), "it has sent more");
        remove_dead(&earlier(jobs.path(), None)[0]);
        assert!(!sent.program.folder.exists());
        let local = Journal::create(jobs.path(), false).unwrap();
        let folder = local.folder().to_owned();
        assert!(earlier(jobs.path(), None).is_empty());
        remove_dead_local(jobs.path(), Path::new(""));
        assert!(folder.exists());
        drop(local);
        remove_dead_local(jobs.path(), Path::new(""));
        assert!(!folder.exists());
    }
}
