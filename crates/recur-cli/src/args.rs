//! The words of the command line.

mod compare;
mod help;
mod init;
mod models;
mod moved;
mod predict;
mod run;
mod shared;
mod store;
mod verify;
mod watching;

pub(crate) use compare::Compare;
pub(crate) use init::{Completions, Init, Man};
pub(crate) use models::{CheckModel, Doctor, Models, Schema};
pub(crate) use moved::Folders;
pub(crate) use predict::Predict;
pub(crate) use run::{
    ExecutorArgs, ExecutorWord, Experiment, Export, Plan, Report, Reports, TrainingArgs, TrialArgs, TrialCommand,
    TrialRun, Why,
};
pub(crate) use shared::Target;
pub(crate) use store::{StoreArgs, StoreCommand, Wanted};
pub(crate) use verify::{Reproduce, Verify};
pub(crate) use watching::{Logs, Status};

use clap::{Parser, Subcommand, ValueEnum};
use help::{
    CHECK_MODEL_HELP, COMPARE_HELP, COMPLETIONS_HELP, EXPORT_HELP, INIT_HELP, LOGS_HELP, PREDICT_HELP, RECUR_HELP,
    STATUS_HELP, VERIFY_HELP,
};
use std::path::PathBuf;

/// The version of recur, with the commit of a release build.
const VERSION: &str = env!("RECUR_VERSION");

/// Machine-learning experiments that come out the same every time.
#[derive(Debug, Parser)]
#[command(name = "recur", version = VERSION, propagate_version = true, arg_required_else_help = true, after_help = RECUR_HELP)]
pub(crate) struct Args {
    /// Work as if recur was started in this folder
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// How much to log on the terminal; `RUST_LOG` (in tracing's syntax) overrides it
    #[arg(long, global = true, value_enum, default_value_t = Level::Info)]
    pub(crate) log_level: Level,
    /// The folder of external plugins, NAME/plugin.yaml each [default: plugins, in the project, where there is one]
    #[arg(long, global = true, value_name = "DIR", env = "RECUR_PLUGINS")]
    pub(crate) plugins: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How much to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Level {
    /// Errors only
    Error,
    /// Errors and warnings
    Warn,
    /// + the progress of each stage and trial
    Info,
    /// + each epoch
    Debug,
    /// + everything else
    Trace,
}

impl From<Level> for tracing::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => tracing::Level::ERROR,
            Level::Warn => tracing::Level::WARN,
            Level::Info => tracing::Level::INFO,
            Level::Debug => tracing::Level::DEBUG,
            Level::Trace => tracing::Level::TRACE,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Begin a project: a spec with comments, a sample of data, a place for results; or a spec for your own data (--from)
    #[command(after_help = INIT_HELP)]
    Init(Init),
    /// Run an experiment: train what is not trained yet, choose, score, and write the report
    Experiment(Experiment),
    /// Show the trials of an experiment, with their ids, without training
    Plan(Plan),
    /// Show how far experiments are: what is done, runs and waits, and the best so far; nothing is written
    #[command(after_help = STATUS_HELP)]
    Status(Status),
    /// Print the log of a trial, also of one that is being trained
    #[command(after_help = LOGS_HELP)]
    Logs(Logs),
    /// Write the report of an experiment again from its stored records
    Report(Report),
    /// Compare experiments that share their test sets, or single trials example by example
    #[command(after_help = COMPARE_HELP)]
    Compare(Compare),
    /// Write the results of an experiment's stored records for other programs: JSON, Parquet, CSV, LaTeX, TensorBoard, MLflow, Optuna, ONNX
    #[command(after_help = EXPORT_HELP)]
    Export(Export),
    /// List the reports of a folder, with what each asks and answers, or write its README.md
    Reports(Reports),
    /// Show for each trial whether it has a record, and what differs from the most similar trial that has one
    Why(Why),
    /// Check, list, clean or copy the store
    Store(StoreArgs),
    /// Execute a report, an experiment or a trial again, and compare the results byte for byte
    #[command(after_help = VERIFY_HELP)]
    Verify(Verify),
    /// Re-run a stored trial into a store of its own, and compare the results byte for byte
    Reproduce(Reproduce),
    /// List the models, or show all about one
    Models(Models),
    /// Run the conformance checks on a model, and compare instruction sets
    #[command(after_help = CHECK_MODEL_HELP)]
    CheckModel(CheckModel),
    /// Print the JSON Schema of specs, with the parameters of every model, for editors
    Schema(Schema),
    /// Predict labels for texts with a trained model
    #[command(after_help = PREDICT_HELP)]
    Predict(Predict),
    /// Train trials of a file, which an executor wrote, into a store
    Trial(TrialArgs),
    /// Report the CPU, its instruction sets and measured peak, memory, and the store's free space
    Doctor(Doctor),
    /// Print completions for a shell
    #[command(after_help = COMPLETIONS_HELP)]
    Completions(Completions),
    /// Write a manual page for each command
    Man(Man),
}
