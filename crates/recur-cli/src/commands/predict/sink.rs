//! Where the answers go: standard output, or a new file.

use crate::args::Predict;
use crate::error::CliError;
use recur_experiment::predict::{Answer, ColumnKind, FileFormat, Predicted, PredictionFile, TextFormat};
use recur_terminal::{print, table, write_data};
use std::io::IsTerminal as _;

/// The format of the file that is asked for, checked before anything is predicted.
pub(super) fn file_format(args: &Predict) -> Result<Option<FileFormat>, CliError> {
    let Some(path) = &args.output else { return Ok(None) };
    let format = FileFormat::of(path).ok_or_else(|| CliError::ending(path, "output", &FileFormat::EXTENSIONS))?;
    PredictionFile::check_place(path)?;
    Ok(Some(format))
}

/// Where answers go.
pub(super) enum Sink<'a> {
    /// All rows, as the widths of columns depend on them.
    Table(Vec<Vec<String>>),
    Stream(TextFormat),
    File(Box<PredictionFile<'a>>),
}

impl Sink<'_> {
    pub(super) fn on_standard_output(args: &Predict, answer: &Answer<'_>) -> Result<Self, CliError> {
        let default = (!std::io::stdout().is_terminal()).then_some(TextFormat::Csv);
        let Some(format) = args.format.map(TextFormat::from).or(default) else { return Ok(Sink::Table(Vec::new())) };
        write_data(&answer.head(format))?;
        Ok(Sink::Stream(format))
    }

    /// Writes the answers for `texts`; whether anyone still reads them.
    pub(super) fn write(
        &mut self,
        answer: &Answer<'_>,
        texts: &[String],
        predicted: &[Predicted],
    ) -> Result<bool, CliError> {
        match self {
            Sink::Table(table) => {
                let rows = texts.iter().zip(predicted).flat_map(|(text, predicted)| answer.rows(text, predicted));
                table.extend(rows.map(|row| row.iter().map(ToString::to_string).collect()));
            }
            Sink::File(file) => file.write(texts, predicted)?,
            Sink::Stream(format) => {
                let bytes = answer.encode(*format, texts, predicted);
                return Ok(write_data(&bytes)?);
            }
        }
        Ok(true)
    }

    pub(super) fn finish(self, answer: &Answer<'_>) -> Result<(), CliError> {
        match self {
            Sink::Table(rows) => {
                let columns = answer.columns();
                let header: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                let numbers_from = columns.iter().position(|column| column.kind == ColumnKind::Real).unwrap_or(0);
                Ok(print(&table(&header, &rows, numbers_from))?)
            }
            Sink::Stream(_) => Ok(()),
            Sink::File(file) => Ok(file.finish()?),
        }
    }
}
