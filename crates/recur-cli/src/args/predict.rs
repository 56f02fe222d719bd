//! Arguments of `recur predict`.

use super::shared::StoreFolder;
use clap::{ArgAction, ValueEnum};
use recur_experiment::predict::TextFormat;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Predict {
    /// EXPERIMENT or EXPERIMENT/MODEL of the store (its best trial on validation), the beginning of a trial's id, or a file of weights
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: String,
    /// Read texts from these files: .txt with one text per line, or .csv, .tsv, .ndjson, .jsonl, .parquet; - for standard input
    #[arg(long, value_name = "FILE", num_args = 1.., action = ArgAction::Append, conflicts_with = "texts")]
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
    pub(crate) format: Option<PredictFormat>,
    #[command(flatten)]
    pub(crate) store: StoreFolder,
    /// Texts; or files, as with --input
    #[arg(required_unless_present = "input", value_name = "TEXT | FILE")]
    pub(crate) texts: Vec<String>,
    /// The folder in which they were typed, where the command works in another one.
    #[arg(skip)]
    pub(crate) typed_in: Option<PathBuf>,
}

/// How predictions are written to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PredictFormat {
    /// Comma-separated values, with a header
    Csv,
    /// A JSON object a line
    Ndjson,
}

impl From<PredictFormat> for TextFormat {
    fn from(format: PredictFormat) -> Self {
        match format {
            PredictFormat::Csv => TextFormat::Csv,
            PredictFormat::Ndjson => TextFormat::Ndjson,
        }
    }
}
