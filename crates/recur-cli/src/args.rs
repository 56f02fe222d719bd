//! The words of the command line.

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use recur_spec::Override;
use std::path::PathBuf;

/// Machine-learning experiments that come out the same every time.
#[derive(Debug, Parser)]
#[command(name = "recur", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Args {
    /// How much to tell on the terminal; `RUST_LOG` (in tracing's syntax) overrides it
    #[arg(long, global = true, value_enum, default_value_t = Level::Info)]
    pub(crate) log_level: Level,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How much to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// Errors alone
    Error,
    /// And what looks wrong
    Warn,
    /// And each step and trial
    Info,
    /// And each epoch
    Debug,
    /// And everything else
    Trace,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run an experiment: train what is not trained yet, choose, score, and write the report
    Experiment(Experiment),
    /// Show the trials of an experiment, with their ids, without training
    Plan(Plan),
    /// Write the report of an experiment again from its stored records
    Report(Report),
    /// List the models, or tell all about one
    Models(Models),
    /// Tell which language a name comes from, with weights that an experiment kept
    #[command(after_help = PREDICT_HELP)]
    Predict(Predict),
    /// Report the CPU, its instruction sets and measured peak, memory, and the store's free space
    Doctor(Doctor),
}

const PREDICT_HELP: &str = "\
Examples:
  recur predict --model runs/trials/3f/3f…/weights.safetensors Satoshi \"O'Neill\"
  recur predict --model 3f09a1c2d4 --top 3 names.txt > labels.csv
  cut -d, -f2 customers.csv | recur predict --model 3f09a1c2d4 --log-probs -

`recur experiment` ends with the file of its best model, and `recur plan` lists the ids of all trials.
On a terminal the answer is a table, elsewhere CSV. A name that the model cannot read has no label.";

#[derive(Debug, clap::Args)]
pub(crate) struct SpecArgs {
    /// The spec, a YAML file
    pub(crate) spec: PathBuf,
    /// Give one value of the spec another value; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", action = ArgAction::Append)]
    pub(crate) overrides: Vec<Override>,
    /// The folder that keeps records, weights and logs
    #[arg(long, value_name = "DIR", default_value = "runs", env = "RECUR_STORE")]
    pub(crate) store: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Experiment {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Trials to run at once [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// The folder for the report
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(crate) reports: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// The folder for the report
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(crate) reports: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Predict {
    /// The weights: a file that recur wrote, or the id of a trial in the store (its first digits will do)
    #[arg(long, value_name = "FILE")]
    pub(crate) model: String,
    /// Tell the N most probable labels of each name, a row each
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) top: Option<u16>,
    /// Tell log-probabilities (natural logarithm): of every label in a column each, or of the N of --top
    #[arg(long)]
    pub(crate) log_probs: bool,
    /// The folder that keeps records, weights and logs
    #[arg(long, value_name = "DIR", default_value = "runs", env = "RECUR_STORE")]
    pub(crate) store: PathBuf,
    /// Names; or one file with a name a line; or - to read them from standard input
    #[arg(required = true, value_name = "NAMES_FILE | NAME")]
    pub(crate) names: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// The folder that keeps records, weights and logs
    #[arg(long, value_name = "DIR", default_value = "runs", env = "RECUR_STORE")]
    pub(crate) store: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Models {
    /// The model to tell all about
    pub(crate) id: Option<String>,
}
