//! A cluster, and an experiment that is run on it.

use crate::common::{Lab, Ran};
use crate::skip::skip;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::Duration;

/// Six trials of a network, each of a second or two as tests are built, and two that end at once.
pub(crate) const SPEC: &str = "\
recur: 1
name: small
seed: 5
data: {source: names.csv}
training: {epochs: 150, batch_size: 4}
models:
  - use: linfa_naive_bayes
  - use: gru
    params: {hidden_size: 48}
    sweep: {learning_rate: [0.002, 0.004, 0.01]}
replicates: 2
report: {baseline: linfa_naive_bayes}
";

/// A trial a task, so that there is something to send again; and answers that come late count as none soon.
const SITE: &str = "executor: slurm\nmin_tasks: 100\nslurm: {answer_seconds: 4}\n";

const ALL: [&str; 2] = ["runs/trials", "reports"];

/// The bytes of a local run.
static LOCAL: LazyLock<BTreeMap<PathBuf, Vec<u8>>> = LazyLock::new(|| {
    let lab = Lab::with(SPEC);
    lab.experiment(&[]).ended(0);
    lab.promised(&ALL)
});

/// Whether Slurm is installed; the test is skipped where it is not.
pub(crate) fn has_slurm() -> bool {
    // Without a cluster some of them fail, which is no matter.
    let is_there = |program: &str| Command::new(program).arg("-V").output().is_ok();
    let has = ["sbatch", "slurmctld", "slurmd", "munged"].into_iter().all(is_there);
    if !has {
        skip("slurm", "there is no slurm-wlm, or no munge");
    }
    has
}

/// A cluster that ends with this.
pub(crate) struct Cluster {
    pub(crate) lab: Lab,
    folder: tempfile::TempDir,
}

/// A run of recur whose messages are in a file.
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// What it said so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn end(&mut self) -> Ran {
        let code = self.child.wait().unwrap().code();
        Ran { code, out: String::new(), err: self.said() }
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Cluster {
    /// With [`SPEC`], and `lines` in its configuration.
    pub(crate) fn start(lines: &[&str]) -> Self {
        Self::with(SPEC, lines)
    }

    pub(crate) fn with(spec: &str, lines: &[&str]) -> Self {
        let lab = Lab::with(spec);
        lab.write("site.yaml", SITE);
        let cluster = Self { lab, folder: tempfile::tempdir().unwrap() };
        cluster.tool(&[&["start", &cluster.dir()], lines].concat());
        cluster
    }

    fn dir(&self) -> String {
        self.folder.path().display().to_string()
    }

    fn tool(&self, arguments: &[&str]) {
        let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/slurm/cluster");
        // Daemons keep what they inherit: a pipe would never end.
        let log = File::create(self.folder.path().join("tool.log")).unwrap();
        let ended = Command::new(tool).args(arguments).stdout(log.try_clone().unwrap()).stderr(log).status().unwrap();
        let said = std::fs::read_to_string(self.folder.path().join("tool.log")).unwrap();
        assert!(ended.success(), "{arguments:?}: {said}");
    }

    /// Kills `slurmctld`, or the `slurmd` of `n1` or `n2` alone.
    pub(crate) fn kill(&self, name: &str) {
        self.tool(&["kill", &self.dir(), name]);
    }

    /// Starts what was killed.
    pub(crate) fn up(&self, name: &str) {
        self.tool(&["up", &self.dir(), name]);
    }

    /// Waits until the controller has saved that `job` runs: one that does not know it any more starts it once more, and then takes its
    /// node out of service.
    pub(crate) fn save_state(&self, job: &str) {
        let saved =
            || std::fs::metadata(self.folder.path().join("state/job_state")).and_then(|file| file.modified()).ok();
        let before = saved();
        self.slurm("scontrol", &["update", &format!("JobId={job}"), "Comment=saved"]);
        self.wait_until("the controller's state", || saved() > before);
    }

    /// What a command of Slurm says. Where it is to come again later, it does.
    pub(crate) fn slurm(&self, program: &str, arguments: &[&str]) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        for _ in 0..600 {
            let output = Command::new(program).args(arguments).env("SLURM_CONF", self.conf()).output().unwrap();
            if output.status.success() {
                return text(&output.stdout);
            }
            let said = text(&output.stderr);
            assert!(said.contains("try again later"), "{program} {arguments:?}: {said}");
            sleep(Duration::from_millis(50));
        }
        panic!("{program} {arguments:?} was refused for too long");
    }

    fn conf(&self) -> PathBuf {
        self.folder.path().join("slurm.conf")
    }

    fn command(&self, more: &[&str]) -> Command {
        let words = ["experiment", "small.yaml", "--site", "site.yaml", "--checkpoint-every", "0s"];
        let mut command = self.lab.command(&[&words, more].concat());
        command.env("SLURM_CONF", self.conf());
        command
    }

    /// Runs the experiment to its end.
    pub(crate) fn experiment(&self, more: &[&str]) -> Ran {
        self.command(more).output().unwrap().into()
    }

    /// Starts it.
    pub(crate) fn start_experiment(&self, more: &[&str]) -> Running {
        self.start_with(more, &[])
    }

    /// The same, with variables of the environment.
    pub(crate) fn start_with(&self, more: &[&str], variables: &[(&str, String)]) -> Running {
        let log = self.folder.path().join("recur.log");
        let mut command = self.command(more);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let child = command.stderr(File::create(&log).unwrap()).stdout(File::create("/dev/null").unwrap()).spawn();
        Running { child: child.unwrap(), log }
    }

    /// Polls until `ready`, for three minutes at most.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, ready: impl FnMut() -> bool) {
        let is_ready = polled(ready);
        assert!(is_ready, "{what} never came; {}\n{}", self.slurm("squeue", &["-r"]), self.log_of_tasks());
    }

    /// The same while Slurm cannot be asked.
    #[track_caller]
    pub(crate) fn wait_until_without_slurm(&self, what: &str, ready: impl FnMut() -> bool) {
        assert!(polled(ready), "{what} never came; {}", self.log_of_tasks());
    }

    /// Waits until a task runs whose trial has a checkpoint, on `node` where one is named, and stops all tasks where they are: none ends
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

    /// Whether a trial of the task has a checkpoint, which it loses when it ends.
    fn has_checkpoint(&self, task: &TaskProcess) -> bool {
        let file = std::fs::read_to_string(&task.file).unwrap_or_default();
        let checkpoints = std::fs::read_dir(self.lab.path("runs/checkpoints")).into_iter().flatten().flatten();
        let saved =
            checkpoints.filter(|entry| std::fs::read_dir(entry.path()).is_ok_and(|mut files| files.next().is_some()));
        saved.into_iter().any(|entry| file.contains(&*entry.file_name().to_string_lossy()))
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

    /// The logs of all tasks.
    pub(crate) fn log_of_tasks(&self) -> String {
        let mut text = String::new();
        for run in std::fs::read_dir(self.lab.path("runs/jobs/small")).into_iter().flatten().flatten() {
            for log in std::fs::read_dir(run.path().join("logs")).into_iter().flatten().flatten() {
                text += &std::fs::read_to_string(log.path()).unwrap_or_default();
            }
        }
        text
    }

    /// Holds all that is promised to the bytes of a local run.
    #[track_caller]
    pub(crate) fn check_bytes(&self) {
        let found = self.lab.promised(&ALL);
        assert_eq!(found.keys().collect::<Vec<_>>(), LOCAL.keys().collect::<Vec<_>>());
        for (path, bytes) in &*LOCAL {
            assert!(found[path] == *bytes, "{} differs", path.display());
        }
    }
}

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

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in ["n1", "n2"] {
            self.processes_of(node).iter().for_each(|task| signal("KILL", task.pid));
        }
        self.tool(&["stop", &self.dir()]);
    }
}

fn polled(mut ready: impl FnMut() -> bool) -> bool {
    (0..9000).any(|_| {
        let now = ready();
        if !now {
            sleep(Duration::from_millis(20));
        }
        now
    })
}

/// Sends a signal.
pub(crate) fn signal(name: &str, pid: u32) {
    let _ =
        Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).stderr(std::process::Stdio::null()).status();
}
