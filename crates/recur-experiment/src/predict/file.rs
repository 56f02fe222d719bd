//! A file of predictions: it appears whole, or not at all.

use super::answer::{Answer, Column};
use super::batch::Predicted;
use super::encode::{TextFormat, series};
use super::error::PredictionError;
use recur_core::visible::shown;
use recur_files::{Staged, Unfinished};
use recur_ingest::TableWriter;
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// The format of a file of predictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Rows of text.
    Text(TextFormat),
    /// Columns, with the exact text.
    Parquet,
}

impl FileFormat {
    /// The extensions that a file of predictions may have.
    pub const EXTENSIONS: [&str; 4] = [".csv", ".ndjson", ".jsonl", ".parquet"];

    /// The format that the extension of `path` names, if it is one of [`FileFormat::EXTENSIONS`].
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension().and_then(|ending| ending.to_str()).unwrap_or("") {
            "csv" => Some(Self::Text(TextFormat::Csv)),
            "ndjson" | "jsonl" => Some(Self::Text(TextFormat::Ndjson)),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// A file of predictions that is not there yet.
pub struct PredictionFile<'a> {
    answer: &'a Answer<'a>,
    columns: Vec<Column>,
    encoder: Encoder,
    file: Unfinished,
    path: PathBuf,
}

enum Encoder {
    Text(TextFormat),
    Parquet(Box<TableWriter<File>>),
}

impl<'a> PredictionFile<'a> {
    /// Refuses a place where something is. No file is made yet.
    ///
    /// # Errors
    /// If something is at `path`.
    pub fn check_place(path: &Path) -> Result<(), PredictionError> {
        // A link to nowhere is something, too.
        match path.symlink_metadata() {
            Ok(_) => Err(PredictionError::Exists { path: path.to_owned() }),
            Err(_) => Ok(()),
        }
    }

    /// Begins the file at `path`, whose folder must be there.
    ///
    /// # Errors
    /// If no file can be written there.
    pub fn new(path: &Path, format: FileFormat, answer: &'a Answer<'a>) -> Result<Self, PredictionError> {
        let failed = |source| write_error(path, source);
        let mut file = Unfinished::new(path).map_err(failed)?;
        let columns = answer.columns();
        let encoder = match format {
            FileFormat::Text(format) => {
                file.write_all(&answer.head(format)).map_err(failed)?;
                Encoder::Text(format)
            }
            FileFormat::Parquet => {
                let file = file.as_file().try_clone().map_err(failed)?;
                Encoder::Parquet(Box::new(TableWriter::new(file, &series(&columns, &[])).map_err(failed)?))
            }
        };
        Ok(Self { answer, columns, encoder, file, path: path.to_owned() })
    }

    /// Writes the answers for `texts`, which were `predicted`.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write(&mut self, texts: &[String], predicted: &[Predicted]) -> Result<(), PredictionError> {
        let written = match &mut self.encoder {
            Encoder::Text(format) => self.file.write_all(&self.answer.encode(*format, texts, predicted)),
            Encoder::Parquet(writer) => writer.write(&series(&self.columns, &self.answer.all_rows(texts, predicted))),
        };
        written.map_err(|source| write_error(&self.path, source))
    }

    /// Gives the file its name, unless another file has got it by now.
    ///
    /// # Errors
    /// If it cannot be written, or something is at its place.
    pub fn finish(self) -> Result<(), PredictionError> {
        let path = self.path;
        if let Encoder::Parquet(writer) = self.encoder {
            writer.finish().map_err(|source| write_error(&path, source))?;
        }
        match self.file.finish().and_then(Staged::put_new) {
            Ok(()) => tracing::info!("written: {}", shown(&path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(PredictionError::Exists { path }),
            Err(source) => return Err(write_error(&path, source)),
        }
        Ok(())
    }
}

fn write_error(path: &Path, source: io::Error) -> PredictionError {
    PredictionError::Write { path: path.to_owned(), source }
}
