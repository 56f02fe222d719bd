//! Arguments of running an experiment, and of what is shown of it.

use super::shared::{REPORTS, ReportsFolder, SpecArgs, StoreFolder};
use clap::{Subcommand, ValueEnum};
use recur_experiment::{CheckpointInterval, Memory, Part, TimeLimit};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct Experiment {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Number of trials that run at once [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) training: TrainingArgs,
    /// Run only trials of this model, which may be given several times; without a report, the exit code is 7
    #[arg(long, value_name = "MODEL")]
    pub(crate) only: Vec<String>,
    /// Run at most this many trials; the same command goes on
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_trials: Option<u32>,
    /// Stop after this time (90s, 30m, 2h); the same command goes on
    #[arg(long, value_name = "TIME")]
    pub(crate) time_limit: Option<TimeLimit>,
    #[command(flatten)]
    pub(crate) executor: ExecutorArgs,
    /// While it runs, write a partial report (NAME.partial.md) every TIME (30s, 2m): after the first trial, and then if another one ended
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "5m")]
    pub(crate) live: Option<TimeLimit>,
    /// While it runs, write event files for TensorBoard into DIR/EXPERIMENT: each epoch of the trials that this process trains
    #[arg(long, value_name = "DIR")]
    pub(crate) tensorboard: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reports: ReportsFolder,
    /// Overwrite the report of another experiment, and files of a report that were changed since recur wrote them
    #[arg(long)]
    pub(crate) replace: bool,
}

/// Where trials are trained.
#[derive(Debug, clap::Args)]
pub(crate) struct ExecutorArgs {
    /// What trains the trials [default: what the site file says, or local]
    #[arg(long, value_enum)]
    pub(crate) executor: Option<ExecutorWord>,
    /// The site file: what a cluster asks for [default: ~/.config/recur/site.yaml, where there is one]
    #[arg(long, value_name = "FILE", env = "RECUR_SITE", hide_env_values = true)]
    pub(crate) site: Option<PathBuf>,
    /// The command for --executor command, with {file} or {list} for what it trains (see docs/clusters.md)
    #[arg(long, value_name = "COMMAND")]
    pub(crate) executor_command: Option<String>,
    /// End when all trials are sent to the batch system; the same command finds them again
    #[arg(long)]
    pub(crate) detach: bool,
}

/// What trains trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExecutorWord {
    /// Threads of this process
    Local,
    /// A Slurm cluster, through sbatch
    Slurm,
    /// A command that starts processes, such as ssh or GNU parallel
    Command,
}

impl Experiment {
    /// What part of the work is asked for.
    pub(crate) fn part(&self) -> Part {
        Part { only: self.only.clone(), max_trials: self.max_trials.map(|n| n as usize), time_limit: self.time_limit }
    }
}

/// How trials are trained, whether all of an experiment or the one of a file.
#[derive(Debug, clap::Args)]
pub(crate) struct TrainingArgs {
    /// How often a running trial is saved, so that a later run can continue it: a time (30s, 5m), a number of epochs (2epochs), or off
    #[arg(long, value_name = "N", default_value = "30s", env = "RECUR_CHECKPOINT_EVERY", hide_env_values = true)]
    pub(crate) checkpoint_every: CheckpointInterval,
    /// Do not keep the text of uncommitted changes of the git checkout that recur runs in, only its digest
    #[arg(long, env = "RECUR_NO_DIFF", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) no_diff: bool,
    /// A folder on a disk of this machine: of ten checkpoints one goes into the store, the others there
    #[arg(long, value_name = "DIR", env = "RECUR_SCRATCH", hide_env_values = true)]
    pub(super) scratch: Option<OsString>,
    /// Memory that trials may use together: a size (500MiB, 8GiB), or off for no limit [default: what
    /// the machine has free]
    #[arg(long, value_name = "SIZE", env = "RECUR_MEMORY", hide_env_values = true)]
    pub(crate) memory: Option<Memory>,
}

impl TrainingArgs {
    /// The folder on a disk of this machine, where one is named: a variable of the environment may be empty.
    pub(crate) fn scratch(&self) -> Option<&Path> {
        self.scratch.as_deref().filter(|scratch| !scratch.is_empty()).map(Path::new)
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Why {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// The beginning of a trial's id: show only this trial
    pub(crate) trial: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Write nothing: exit code 4 if the existing report is not what the records give
    #[arg(long)]
    pub(crate) check: bool,
    /// Print all results of the analysis as JSON, and write no report
    #[arg(long, conflicts_with = "check")]
    pub(crate) json: bool,
    /// Write what there is of an experiment that is not finished, without verdict and test results, to NAME.partial.md
    #[arg(long, conflicts_with = "check")]
    pub(crate) partial: bool,
    #[command(flatten)]
    pub(crate) reports: ReportsFolder,
    /// Overwrite the report of another experiment, and files of a report that were changed since recur wrote them
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, clap::Args)]
#[group(id = "exported", required = true, multiple = true, args = ["records", "leaderboard", "analysis", "tensorboard", "mlflow", "optuna", "onnx"])]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// All results of every trial, one row per trial (.parquet or .csv)
    #[arg(long, value_name = "FILE")]
    pub(crate) records: Option<PathBuf>,
    /// One row per model, best first (.tex, .csv or .parquet)
    #[arg(long, value_name = "FILE")]
    pub(crate) leaderboard: Option<PathBuf>,
    /// All results of the report's analysis (.json)
    #[arg(long, value_name = "FILE")]
    pub(crate) analysis: Option<PathBuf>,
    /// Event files for TensorBoard, in a folder DIR/EXPERIMENT
    #[arg(long, value_name = "DIR")]
    pub(crate) tensorboard: Option<PathBuf>,
    /// A file store for MLflow, in a folder DIR/ID
    #[arg(long, value_name = "DIR")]
    pub(crate) mlflow: Option<PathBuf>,
    /// A journal for Optuna: a study with one trial per configuration (.log or .jsonl)
    #[arg(long, value_name = "FILE")]
    pub(crate) optuna: Option<PathBuf>,
    /// The trained network of the best trial, if it is a recurrent one (.onnx)
    #[arg(long, value_name = "FILE")]
    pub(crate) onnx: Option<PathBuf>,
    /// For --onnx: the best trial of this model, or of the configuration with this title
    #[arg(long, value_name = "MODEL", requires = "onnx")]
    pub(crate) model: Option<String>,
    /// For --onnx: the trial whose id begins so
    #[arg(long, value_name = "ID", requires = "onnx", conflicts_with = "model")]
    pub(crate) trial: Option<String>,
    /// For TensorBoard, MLflow and Optuna: write when the trials ran, instead of fixed times
    #[arg(long)]
    pub(crate) times: bool,
    /// Overwrite files with other content, and exported folders that were not changed since
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Reports {
    /// The folder of reports [default: reports, in the project]
    #[arg(value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// Write the list into its README.md
    #[arg(long, conflicts_with = "check")]
    pub(crate) write: bool,
    /// Overwrite its README.md where it was changed since recur wrote it
    #[arg(long, requires = "write")]
    pub(crate) replace: bool,
    /// Write nothing: exit code 4 if its README.md has other content
    #[arg(long)]
    pub(crate) check: bool,
}

impl Reports {
    /// The folder of reports.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.as_deref().unwrap_or(Path::new(REPORTS))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct TrialArgs {
    #[command(subcommand)]
    pub(crate) command: TrialCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrialCommand {
    /// Train the trials of a file into a store, which may be in use by other processes
    Run(TrialRun),
}

#[derive(Debug, clap::Args)]
pub(crate) struct TrialRun {
    /// The trials, as an executor wrote them
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) store: StoreFolder,
    /// Number of threads, for trials side by side and within one [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// Add the id of each trial that has ended to FILE with the ending `.ended`, one a line
    #[arg(long)]
    pub(crate) note_ended: bool,
    #[command(flatten)]
    pub(crate) training: TrainingArgs,
}
