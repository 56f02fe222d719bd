//! A cluster, and an experiment that is run on it.

use crate::common::{Lab, Ran};
use crate::skip::skip;
use crate::tasks::signal;
use std::cell::Cell;
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

/// The same, where no trial has to last until something is done to it.
pub(crate) fn short() -> String {
    SPEC.replace("epochs: 150", "epochs: 20")
}

/// The trials of [`SPEC`], and its tasks: a trial a task, so that there is something to send again.
pub(crate) const N_TASKS: usize = 8;

/// A site where answers of Slurm may take so many seconds.
fn site(answer_seconds: u32) -> String {
    format!("executor: slurm\nmin_tasks: 100\nslurm: {{answer_seconds: {answer_seconds}}}\n")
}

/// Tenths of a second that a run may take to its end.
const MOST_TENTHS: u32 = 4000;

const ALL: [&str; 2] = ["runs/trials", "reports"];

/// The bytes of a local run.
static LOCAL: LazyLock<BTreeMap<PathBuf, Vec<u8>>> = LazyLock::new(|| {
    let lab = Lab::with(SPEC);
    lab.experiment(&[]).ended(0);
    lab.promised(&ALL)
});

/// The bytes of a local run of `spec`.
pub(crate) fn local(spec: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let lab = Lab::with(spec);
    lab.experiment(&[]).ended(0);
    lab.promised(&ALL)
}

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

/// Whether there is a python3, whose library has terminals; the test is skipped where there is none.
pub(crate) fn has_python() -> bool {
    let has = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has {
        skip("python3", "there is no python3");
    }
    has
}

/// A cluster that ends with this.
pub(crate) struct Cluster {
    pub(crate) lab: Lab,
    folder: tempfile::TempDir,
    /// Runs that were started.
    n_started: Cell<usize>,
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
        let ended = (0..MOST_TENTHS).find_map(|_| {
            let ended = self.child.try_wait().unwrap();
            if ended.is_none() {
                sleep(Duration::from_millis(100));
            }
            ended
        });
        let Some(ended) = ended else {
            self.child.kill().unwrap();
            panic!("it never ended: {}", self.said());
        };
        Ran { code: ended.code(), out: String::new(), err: self.said() }
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
        lab.write("site.yaml", site(60));
        let cluster = Self { lab, folder: tempfile::tempdir().unwrap(), n_started: Cell::new(0) };
        cluster.tool(&[&["start", &cluster.dir()], lines].concat());
        cluster
    }

    /// Answers that come late count as none soon: where a test has the controller give none.
    pub(crate) fn impatient(self) -> Self {
        self.lab.write("site.yaml", site(4));
        self
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

    pub(crate) fn conf(&self) -> PathBuf {
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

    /// Runs the experiment on a terminal, where Ctrl-C is pressed when `part` is shown, and the question then is answered.
    pub(crate) fn interrupt_at(&self, part: &str, answer: &str) -> Ran {
        let run = self.command(&[]);
        let mut terminal = self.lab.program("python3");
        terminal.args(["-c", include_str!("answer.py"), part, answer]).arg(run.get_program()).args(run.get_args());
        terminal.env("SLURM_CONF", self.conf()).output().unwrap().into()
    }

    /// Lets no task start any more, or lets them start again.
    pub(crate) fn set_partition(&self, state: &str) {
        self.slurm("scontrol", &["update", "PartitionName=main", &format!("State={state}")]);
    }

    /// The states of tasks in the queue, those that have ended as well.
    pub(crate) fn states(&self) -> Vec<String> {
        let listed = self.slurm("squeue", &["-h", "-r", "-t", "all", "-o", "%T"]);
        listed.lines().map(str::to_owned).collect()
    }

    /// Starts it.
    pub(crate) fn start_experiment(&self, more: &[&str]) -> Running {
        self.start_with(more, &[])
    }

    /// The same, with variables of the environment.
    pub(crate) fn start_with(&self, more: &[&str], variables: &[(&str, String)]) -> Running {
        self.n_started.set(self.n_started.get() + 1);
        let log = self.folder.path().join(format!("recur-{}.log", self.n_started.get()));
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
        self.check_bytes_of(&LOCAL);
    }

    /// Holds all that is promised to `expected`.
    #[track_caller]
    pub(crate) fn check_bytes_of(&self, expected: &BTreeMap<PathBuf, Vec<u8>>) {
        let found = self.lab.promised(&ALL);
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (path, bytes) in expected {
            assert!(found[path] == *bytes, "{} differs", path.display());
        }
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
