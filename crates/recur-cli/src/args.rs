//! The words of the command line.

use crate::commands::predict::Format;
use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use recur_experiment::{CheckpointInterval, Memory};
use recur_spec::Override;
use std::path::PathBuf;

/// Machine-learning experiments that come out the same every time.
#[derive(Debug, Parser)]
#[command(name = "recur", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Args {
    /// How much to log on the terminal; `RUST_LOG` (in tracing's syntax) overrides it
    #[arg(long, global = true, value_enum, default_value_t = Level::Info)]
    pub(crate) log_level: Level,
    /// The folder of external plugins, NAME/plugin.yaml each [default: plugins, where there is one]
    #[arg(long, global = true, value_name = "DIR", env = "RECUR_PLUGINS")]
    pub(crate) plugins: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How much to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
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

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run an experiment: train what is not trained yet, choose, score, and write the report
    Experiment(Experiment),
    /// Show the trials of an experiment, with their ids, without training
    Plan(Plan),
    /// Write the report of an experiment again from its stored records
    Report(Report),
    /// Compare experiments that share their test sets, or single trials example by example
    #[command(after_help = COMPARE_HELP)]
    Compare(Compare),
    /// Write the results of an experiment's stored records for other programs: JSON, Parquet, CSV, LaTeX
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
    /// Train one trial that an executor wrote into a file
    #[command(hide = true)]
    Trial(TrialArgs),
    /// Report the CPU, its instruction sets and measured peak, memory, and the store's free space
    Doctor(Doctor),
}

const COMPARE_HELP: &str = "\
Examples:
  recur compare experiments/narrow.yaml experiments/wide.yaml
  recur compare narrow wide --markdown           by their names in the store
  recur compare old/names.md reports/names.md    by their reports: the specs within them
  recur compare 3f09a1c2d4 81be77f0aa            two trials, example by example

The first is what the others are compared with. Nothing is trained or scored: run the experiments first. docs/comparing.md
says what can be compared.";

const EXPORT_HELP: &str = "\
Examples:
  recur export experiments/quickstart.yaml --records records.parquet
  recur export experiments/names.yaml --leaderboard table.tex --analysis names.json

The ending of a file's name says its format. Equal records give equal bytes. docs/exports.md describes the fields.";

const VERIFY_HELP: &str = "\
Examples:
  recur verify reports/quickstart.md             the spec within the report is executed again
  recur verify experiments/names.yaml --sample 5 five trials of the store are executed again
  recur verify 3f09a1c2d4                        one trial of the store

Exit codes:
  0  trials were executed again, and every compared byte is the same; the first line says whether all trials were
  4  a byte differs; the first difference is reported with its place
  6  nothing was compared: no trial could be executed again whose bytes are promised to be equal
docs/reproducibility.md says what is proven.

A report, or a stored trial, starts plugins only from a folder that you name (--allow-plugins DIR, or --plugins DIR).";

const CHECK_MODEL_HELP: &str = "\
Examples:
  recur check-model manual_rnn
  recur check-model stacked_rnn --set layers=2 --set dropout=0.2
  recur check-model my_model --json > checks.json

Each check passes, passes in part, is skipped with its reason, or fails. Ends with 0 where none failed, and with 5 where
one did. docs/battery.md lists the checks with the mistakes that they catch.";

const PREDICT_HELP: &str = "\
Examples:
  recur predict --model names/gru Satoshi \"O'Neill\"         the best trial of a model of an experiment
  recur predict --model 3f09a1c2d4 --top 3 names.txt         a trial, by the first digits of its id; one text per line
  recur predict --model names --input customers.csv --column surname --all --output labels.parquet
  cut -d, -f2 customers.csv | tail -n +2 | recur predict --model names --input -

On a terminal the answer is a table, elsewhere CSV. A text that the model cannot read has no label. An argument that is, or
looks like, a file is never taken for a text; --literal takes it for one. docs/weights.md explains the columns.";

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
    /// [`Args::plugins`], which the report names
    #[arg(from_global)]
    pub(crate) plugins: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Experiment {
    #[command(flatten)]
    pub(crate) spec: SpecArgs,
    /// Number of trials that run at once [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// How often a running trial is saved, so that a later run can continue it: a time (30s, 5m), a number of epochs (2epochs), or off
    #[arg(long, value_name = "N", default_value = "30s", env = "RECUR_CHECKPOINT_EVERY")]
    pub(crate) checkpoint_every: CheckpointInterval,
    /// Do not keep the text of uncommitted changes of the git checkout that recur runs in, only its digest
    #[arg(long, env = "RECUR_NO_DIFF", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) no_diff: bool,
    /// Memory that trials may use together: a size (500MiB, 8GiB), or off for no limit [default: what
    /// the machine has free]
    #[arg(long, value_name = "SIZE", env = "RECUR_MEMORY")]
    pub(crate) memory: Option<Memory>,
    /// The folder for the report
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(crate) reports: PathBuf,
    /// Overwrite the report of another experiment, and over files of a report that were changed since recur wrote them
    #[arg(long)]
    pub(crate) replace: bool,
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
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) command: StoreCommand,
    /// The folder that keeps records, weights and logs
    #[arg(long, value_name = "DIR", default_value = "runs", env = "RECUR_STORE", global = true)]
    pub(crate) store: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Read every file and list those that are damaged, missing or stray (exit code 4 if there are any)
    Check,
    /// List all trials with their validation results: columns on a terminal, CSV elsewhere
    List {
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Remove what is not needed: scratch of ended processes, checkpoints of ended trials, diffs that no trial uses
    Gc {
        /// Also remove trials that no experiment's last run had
        #[arg(long)]
        unreferenced: bool,
        /// Scratch of this machine as well, which is gone or was started again; may be repeated (see recur store check)
        #[arg(long, value_name = "HOST")]
        host_gone: Vec<String>,
        /// Show what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Copy whole trials into another store: all, or those of specs or ids
    Export {
        /// The folder of the other store; it is created if it does not exist
        to: PathBuf,
        /// Specs, or beginnings of ids [default: everything]
        #[arg(value_name = "SPEC | TRIAL")]
        what: Vec<String>,
    },
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
    /// The folder for the report
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(crate) reports: PathBuf,
    /// Overwrite the report of another experiment, and over files of a report that were changed since recur wrote them
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Compare {
    /// Two or more specs, reports, names of experiments in the store, or beginnings of trials' ids; the first is compared with
    #[arg(required = true, num_args = 2.., value_name = "SPEC | REPORT | NAME | TRIAL")]
    pub(crate) things: Vec<String>,
    /// The model to compare with, as EXPERIMENT/MODEL [default: the first one's best on validation]
    #[arg(long, value_name = "MODEL")]
    pub(crate) baseline: Option<String>,
    /// Compare only these models of each experiment (may be given several times)
    #[arg(long = "model", value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// [`Args::plugins`], which the report names
    #[arg(from_global)]
    pub(crate) plugins: Option<PathBuf>,
    /// The question of the comparison, instead of the experiments' own
    #[arg(long, value_name = "TEXT")]
    pub(crate) question: Option<String>,
    /// Print the comparison as Markdown
    #[arg(long)]
    pub(crate) markdown: bool,
    /// Print all results as JSON
    #[arg(long, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// Write it to a file: the whole report with its figures (.md), all results (.json), or the leaderboard (.tex, .csv)
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
    /// Overwrite another report, files of a report that were changed since, and any table or document
    #[arg(long, requires = "write")]
    pub(crate) replace: bool,
    /// The folder that keeps records, weights and logs
    #[arg(long, value_name = "DIR", default_value = "runs", env = "RECUR_STORE")]
    pub(crate) store: PathBuf,
}

#[derive(Debug, clap::Args)]
#[group(id = "exported", required = true, multiple = true, args = ["records", "leaderboard", "analysis"])]
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
    /// Overwrite files that recur did not write
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Reports {
    /// The folder of reports
    #[arg(value_name = "DIR", default_value = "reports")]
    pub(crate) dir: PathBuf,
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

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// A report (.md), a spec, or the beginning of a trial's id
    #[arg(value_name = "REPORT | SPEC | TRIAL")]
    pub(crate) what: String,
    /// Execute only N of the trials again, chosen by the seed; the others are read from the store
    #[arg(long, value_name = "N", value_parser = sample)]
    pub(crate) sample: Option<usize>,
    /// Allow a report or a stored trial to start the plugins in this folder: its text, which anybody may have written, names the models
    #[arg(long, value_name = "DIR")]
    pub(crate) allow_plugins: Option<PathBuf>,
    /// Give one value of the spec another value, as when it was run; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", action = ArgAction::Append)]
    pub(crate) overrides: Vec<Override>,
    /// Number of trials that run at once [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// The folder that keeps records, weights and logs
    #[arg(long, value_name = "DIR", default_value = "runs", env = "RECUR_STORE")]
    pub(crate) store: PathBuf,
}

/// A number of trials to execute again.
fn sample(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("no trial would be executed, and nothing verified; give 1 or more, or leave --sample out to \
            execute all"
            .to_owned()),
        Ok(n) => Ok(n),
        Err(_) => Err("expected a number of trials, 1 or more".to_owned()),
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Reproduce {
    /// The beginning of a trial's id
    pub(crate) trial: String,
    /// A folder that is empty or does not exist: it becomes a store with only this trial [default: reproduced/ID]
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
    /// Allow the stored trial to start the plugins in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) allow_plugins: Option<PathBuf>,
    /// The folder that keeps records, weights and logs
    #[arg(long, value_name = "DIR", default_value = "runs", env = "RECUR_STORE")]
    pub(crate) store: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Predict {
    /// EXPERIMENT or EXPERIMENT/MODEL of the store (its best trial on validation), the beginning of a trial's id, or a file of weights
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: String,
    /// Read texts from these files: .txt with one text per line, or .csv, .tsv, .ndjson, .jsonl, .parquet; - for standard input
    #[arg(long, value_name = "FILE", num_args = 1.., action = ArgAction::Append, conflicts_with = "names")]
    pub(crate) input: Vec<String>,
    /// The column with the texts [default: name or text, or the only column]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) column: Option<String>,
    /// The format of the input, whatever the file's extension is; standard input is txt without it
    #[arg(long, value_name = "FORMAT", value_parser = ["txt", "csv", "tsv", "ndjson", "parquet"])]
    pub(crate) input_format: Option<String>,
    /// Use each argument, or each line of a .txt file, as a text, even if it looks like a file or a header
    #[arg(long)]
    pub(crate) literal: bool,
    /// Print the N most probable labels of each text, one row per label
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), conflicts_with = "all")]
    pub(crate) top: Option<u16>,
    /// Also print the probabilities of all labels, one column per label
    #[arg(long, visible_alias = "probabilities")]
    pub(crate) all: bool,
    /// Print log-probabilities (natural logarithm): of every label, one column per label, or of the N labels of --top
    #[arg(long)]
    pub(crate) log_probs: bool,
    /// Write the predictions to this new file (.csv, .ndjson, .jsonl or .parquet); a file that exists is never overwritten
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The format on standard output [default: a table on a terminal, csv elsewhere]
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "output")]
    pub(crate) format: Option<Format>,
    /// The folder that keeps records, weights and logs
    #[arg(long, value_name = "DIR", default_value = "runs", env = "RECUR_STORE")]
    pub(crate) store: PathBuf,
    /// Texts; or files, as with --input
    #[arg(required_unless_present = "input", value_name = "TEXT | FILE")]
    pub(crate) names: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TrialArgs {
    #[command(subcommand)]
    pub(crate) command: TrialCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrialCommand {
    /// Train the trial of a file into a store, which may be in use by other processes
    Run(TrialRun),
}

#[derive(Debug, clap::Args)]
pub(crate) struct TrialRun {
    /// The trial, as an executor wrote it
    pub(crate) file: PathBuf,
    /// The folder that keeps records, weights and logs
    #[arg(long, value_name = "DIR", default_value = "runs", env = "RECUR_STORE")]
    pub(crate) store: PathBuf,
    /// Number of threads that the model may use [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// How often the trial is saved, so that a later run can continue it: a time (30s, 5m), a number of epochs (2epochs), or off
    #[arg(long, value_name = "N", default_value = "30s", env = "RECUR_CHECKPOINT_EVERY")]
    pub(crate) checkpoint_every: CheckpointInterval,
    /// Do not keep the text of uncommitted changes of the git checkout that recur runs in, only its digest
    #[arg(long, env = "RECUR_NO_DIFF", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) no_diff: bool,
    /// Memory that the trial may use: a size (500MiB, 8GiB), or off for no limit [default: what the machine has free]
    #[arg(long, value_name = "SIZE", env = "RECUR_MEMORY")]
    pub(crate) memory: Option<Memory>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// The folder that keeps records, weights and logs
    #[arg(long, value_name = "DIR", default_value = "runs", env = "RECUR_STORE")]
    pub(crate) store: PathBuf,
}

/// Where a text that recur generates goes, other than to the terminal.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// Write it to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
    /// Write nothing: exit code 4 if this file has other content
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub(crate) check: Option<PathBuf>,
    /// Overwrite a file that has other content
    #[arg(long, requires = "write")]
    pub(crate) replace: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Schema {
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CheckModel {
    /// The model
    pub(crate) id: String,
    /// Give a parameter another value than its default; may be repeated
    #[arg(long = "set", value_name = "PARAM=VALUE", action = ArgAction::Append)]
    pub(crate) params: Vec<String>,
    /// Print the outcomes as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the digest of a training and nothing else: what the command asks of its own fresh process
    #[arg(long, hide = true)]
    pub(crate) digest: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Models {
    /// The model to show
    #[arg(conflicts_with_all = ["write", "check"])]
    pub(crate) id: Option<String>,
    /// Print it as JSON
    #[arg(long, conflicts_with_all = ["write", "check"])]
    pub(crate) json: bool,
    /// The page of all models, in Markdown
    #[command(flatten)]
    pub(crate) target: Target,
}
