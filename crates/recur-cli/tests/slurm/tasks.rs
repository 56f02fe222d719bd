//! The processes of tasks: they are found, stopped where they are, and go on.

use crate::cluster::Cluster;
use recur_experiment::TrialFile;
use recur_store::Store;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Epochs of a trial that may be done when its task is paused: it goes on for some time then.
const MOST_DONE: usize = 75;

/// A process of recur that trains a task.
#[derive(Clone, Debug)]
pub(crate) struct TaskProcess {
    pub(crate) pid: u32,
    /// The process of Slurm that started it.
    pub(crate) step: u32,
    pub(crate) node: String,
    /// Slurm's number.
    pub(crate) job: String,
    /// The file that it trains.
    pub(crate) file: String,
}

impl TaskProcess {
    /// The process `pid`, if it is one of the cluster with that configuration.
    fn of(pid: u32, conf: &str) -> Option<Self> {
        let read = |name: &str| {
            let bytes = std::fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (environment, words) = (read("environ"), read("cmdline"));
        let value = |name: &str| environment.split('\0').find_map(|word| word.strip_prefix(name)).map(str::to_owned);
        let file = words.split('\0').skip_while(|word| *word != "run").nth(1)?;
        if !words.contains("\0trial\0run\0") || !environment.split('\0').any(|word| word == conf) {
            return None;
        }
        let parent = read("status").lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
        let (node, job) = (value("SLURMD_NODENAME=")?, value("SLURM_JOB_ID=")?);
        Some(Self { pid, step: parent?, node, job, file: file.to_owned() })
    }

    /// Whether it is there and stopped.
    fn is_stopped(&self) -> bool {
        (0..100).any(|_| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
            let is_stopped = status.lines().any(|line| line.starts_with("State:") && line.contains('T'));
            if !is_stopped {
                sleep(Duration::from_millis(1));
            }
            is_stopped
        })
    }
}

impl Cluster {
    /// Waits until a task runs whose trial has a checkpoint and some epochs before it, on `node` where one is named, and stops all tasks where they are: none ends
    /// before the test has done what it wants. That task, and the others. They go on with [`Cluster::go_on`].
    pub(crate) fn pause(&self, node: Option<&str>) -> (TaskProcess, Vec<TaskProcess>) {
        let mut found = None;
        self.wait_until("a checkpoint of a task that runs", || {
            let mut paused: Vec<TaskProcess> =
                ["n1", "n2"].into_iter().flat_map(|node| self.processes_of(node)).collect();
            paused.iter().for_each(|task| signal("STOP", task.pid));
            paused.retain(TaskProcess::is_stopped);
            // Whoever writes into the store holds its lock for a moment: stopped there, a task would hold up all others.
            let is_free = self.is_store_free();
            let is_wanted =
                |task: &TaskProcess| is_free && node.is_none_or(|node| task.node == node) && self.has_checkpoint(task);
            match paused.iter().position(is_wanted) {
                Some(place) => found = Some((paused.remove(place), paused)),
                None => self.go_on(&paused),
            }
            found.is_some()
        });
        found.unwrap()
    }

    fn is_store_free(&self) -> bool {
        let lock = self.lab.path("runs/tmp/lock");
        lock.exists() && Command::new("flock").arg("--nonblock").arg(lock).arg("true").status().unwrap().success()
    }

    /// Whether a trial of the task has a checkpoint, and is not near its end.
    fn has_checkpoint(&self, task: &TaskProcess) -> bool {
        let Ok(Some(store)) = Store::open_to_read(&self.lab.path("runs")) else { return false };
        let Ok(file) = TrialFile::read(Path::new(&task.file)) else { return false };
        file.trials().any(|trial| {
            let found = store.find_checkpoint(&trial.identity.full_training()).ok().and_then(|found| found.checkpoint);
            found.is_some_and(|checkpoint| checkpoint.progress.epochs.len() < MOST_DONE)
        })
    }

    /// Has paused tasks go on.
    pub(crate) fn go_on(&self, paused: &[TaskProcess]) {
        paused.iter().for_each(|task| signal("CONT", task.pid));
    }

    /// The processes of tasks on `node`.
    pub(crate) fn processes_of(&self, node: &str) -> Vec<TaskProcess> {
        let conf = format!("SLURM_CONF={}", self.conf().display());
        let pids = std::fs::read_dir("/proc").unwrap().flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
        pids.filter_map(|pid| TaskProcess::of(pid, &conf)).filter(|task| task.node == node).collect()
    }
}

/// Sends a signal.
pub(crate) fn signal(name: &str, pid: u32) {
    let _ = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).stderr(Stdio::null()).status();
}
