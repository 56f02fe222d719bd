//! Why there is no prediction, and what to do about it.

use recur_core::model::ModelError;
use recur_core::visible::shown;
use recur_ingest::{FileError, IngestError, ListMistake};
use recur_train::PredictError;
use std::io;
use std::path::PathBuf;

/// Why texts cannot be read, predicted or written. [`PredictionError::hint`] is the next thing to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum PredictionError {
    /// A file of texts cannot be read.
    #[error("cannot read the texts")]
    Texts(#[from] IngestError),
    /// Standard input cannot be read.
    #[error("cannot read texts from standard input")]
    StandardInput(#[source] io::Error),
    /// Standard input and something else.
    #[error("`-` (standard input) is given together with other texts or files")]
    StandardInputAndOthers,
    /// Words of which one looks like a file and one like a text.
    #[error("`{file}` looks like a file and `{text}` like a text")]
    FileAndText {
        /// The first that looks like a file.
        file: String,
        /// The first that looks like a text.
        text: String,
    },
    /// A word that looks like a text, and a file is called so.
    #[error("`{word}` is a file here, and it could be a text")]
    FileOrText { word: String },
    /// An option of files where no file is read.
    #[error("--{option} is for files of texts, and texts were given")]
    OptionOfFiles { option: &'static str },
    /// The weights cannot predict.
    #[error(transparent)]
    Weights(#[from] PredictError),
    /// The model failed.
    #[error("the model failed")]
    Model(#[from] ModelError),
    /// Not one text could be read.
    #[error("none of the {n_texts} texts can be read by the model")]
    NoneReadable { n_texts: usize },
    /// It was asked to stop.
    #[error("stopped")]
    Stopped,
    /// A file is at the place of the predictions.
    #[error("{} exists, and predictions overwrite no file", shown(path))]
    Exists { path: PathBuf },
    /// The file of predictions cannot be written.
    #[error("cannot write {}", shown(path))]
    Write { path: PathBuf, source: io::Error },
}

impl PredictionError {
    /// What to do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Texts(error) => return hint_of_texts(error),
            Self::Weights(error) => return error.hint(),
            Self::StandardInputAndOthers => "--input - reads standard input, and nothing else",
            Self::FileAndText { .. } => {
                "--input FILE… reads files only, and --literal takes all arguments for texts; for both, run it twice"
            }
            Self::FileOrText { word } => {
                return Some(format!("--input {word} reads the file; --literal takes arguments for texts"));
            }
            Self::OptionOfFiles { .. } => "--input FILE reads a file",
            Self::Exists { .. } => "remove it, or name another file",
            Self::Write { .. } => "name a file in a folder that exists and can be written",
            Self::StandardInput(_) | Self::Model(_) | Self::NoneReadable { .. } | Self::Stopped => return None,
        };
        Some(hint.to_owned())
    }
}

/// What to do about a file of texts that cannot be read.
fn hint_of_texts(error: &IngestError) -> Option<String> {
    let hint = match error {
        IngestError::Missing { .. } | IngestError::NoMatch { .. } | IngestError::Remote { .. } => {
            "a text that looks like a file: --literal"
        }
        IngestError::UnknownKind { .. } => {
            "--input-format csv (or txt, tsv, ndjson, parquet) gives the format of a file with another extension"
        }
        IngestError::ChooseColumn { .. } | IngestError::MissingColumn { .. } => {
            "--column NAME chooses the column with the texts"
        }
        IngestError::ListHasNoColumn { .. } => {
            "leave --column out, or give the format of the table: --input-format csv"
        }
        IngestError::NotAList { mistake: ListMistake::Header, .. } => {
            "remove the line, or read it as a table: --input-format csv; --input FILE --literal takes every line for a text"
        }
        IngestError::NotAList { .. } => {
            "--input-format csv (or tsv, ndjson) with --column NAME reads a table; --input FILE --literal takes every line for a text"
        }
        IngestError::IsFolder { path } => {
            let path = path.trim_end_matches('/');
            return Some(format!("--input '{path}/*.txt' reads the files of the folder; a text: --literal"));
        }
        IngestError::File { problem: FileError::NotRegular { .. }, .. } => {
            "standard input may be a pipe: COMMAND | recur predict --model MODEL --input -"
        }
        IngestError::Rejected { .. } => "correct these rows, or remove them: each row of the input gets a prediction",
        _ => return error.hint(),
    };
    Some(hint.to_owned())
}
