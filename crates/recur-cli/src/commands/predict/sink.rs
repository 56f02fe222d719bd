//! Where the answer goes: standard output, or a new file.

use super::Predicted;
use super::answer::{Answer, Cell, Column, Kind};
use crate::args::Predict;
use crate::error::CliError;
use crate::output::{print, table, write_data};
use recur_core::spreadsheet;
use recur_core::table::{Column as Series, Values};
use recur_core::visible::{visible, visible_json};
use recur_files::{Staged, Unfinished};
use recur_ingest::TableWriter;
use std::fs::File;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated values, with a header
    Csv,
    /// A JSON object a line
    Ndjson,
    #[value(skip)]
    Parquet,
}

/// What the arguments ask for, checked before anything is predicted.
pub(super) struct Target {
    /// `None` for a table on a terminal.
    format: Option<Format>,
    file: Option<PathBuf>,
}

impl Target {
    pub(super) fn of(args: &Predict) -> Result<Self, CliError> {
        let Some(path) = &args.output else {
            let default = (!std::io::stdout().is_terminal()).then_some(Format::Csv);
            return Ok(Self { format: args.format.or(default), file: None });
        };
        let format = match path.extension().and_then(|ending| ending.to_str()).unwrap_or("") {
            "csv" => Format::Csv,
            "ndjson" | "jsonl" => Format::Ndjson,
            "parquet" => Format::Parquet,
            _ => {
                let formats = &[".csv", ".ndjson", ".jsonl", ".parquet"];
                return Err(CliError::ending(path, "output", formats));
            }
        };
        // A link to nowhere is something, too.
        if path.symlink_metadata().is_ok() {
            return Err(output_exists(path));
        }
        Ok(Self { format: Some(format), file: Some(path.clone()) })
    }

    pub(super) fn open<'a>(self, answer: &'a Answer<'a>) -> Result<Sink<'a>, CliError> {
        let columns = answer.columns();
        let draft = self.file.map(Draft::new).transpose()?;
        let encoder = match (self.format, &draft) {
            (None, _) => Encoder::Table(Vec::new()),
            (Some(Format::Parquet), Some(draft)) => {
                let file = draft.file.as_file().try_clone().map_err(draft.failed())?;
                let writer = TableWriter::new(file, &series(&columns, &[])).map_err(draft.failed())?;
                Encoder::Parquet(Box::new(writer), draft.path.clone())
            }
            (Some(Format::Ndjson), _) => Encoder::Ndjson,
            (Some(_), _) => Encoder::Csv,
        };
        let mut sink = Sink { answer, columns, encoder, draft };
        if matches!(sink.encoder, Encoder::Csv) {
            let header: Vec<Cell<'_>> = sink.columns.iter().map(|column| Cell::Text(&column.name)).collect();
            let header = csv(&[header]);
            sink.write_bytes(&header)?;
        }
        Ok(sink)
    }
}

fn output_exists(path: &Path) -> CliError {
    CliError::new(format!("{} exists, and predictions overwrite no file", path.display()))
        .hint("remove it, or name another file".to_owned())
}

/// A file that is not there yet: it appears whole, or not at all.
struct Draft {
    file: Unfinished,
    path: PathBuf,
}

impl Draft {
    fn new(path: PathBuf) -> Result<Self, CliError> {
        match Unfinished::new(&path) {
            Ok(file) => Ok(Self { file, path }),
            Err(error) => Err(CliError::cannot_write(&path, &error)),
        }
    }

    fn failed(&self) -> impl Fn(std::io::Error) -> CliError + use<> {
        let path = self.path.clone();
        move |error| CliError::cannot_write(&path, &error)
    }

    /// Gives the file its name, unless another file has got it by now.
    fn finish(self) -> Result<(), CliError> {
        let path = self.path;
        match self.file.finish().and_then(Staged::put_new) {
            Ok(()) => tracing::info!("written: {}", path.display()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(output_exists(&path)),
            Err(error) => return Err(CliError::cannot_write(&path, &error)),
        }
        Ok(())
    }
}

enum Encoder {
    /// All rows, as the widths of columns depend on them.
    Table(Vec<Vec<String>>),
    Csv,
    Ndjson,
    /// With the path of the file, for errors.
    Parquet(Box<TableWriter<File>>, PathBuf),
}

/// Takes the answers.
pub(super) struct Sink<'a> {
    answer: &'a Answer<'a>,
    columns: Vec<Column>,
    encoder: Encoder,
    draft: Option<Draft>,
}

impl Sink<'_> {
    /// Writes the answers for `names`; says whether anyone still reads them.
    pub(super) fn write(&mut self, names: &[String], predicted: &[Predicted]) -> Result<bool, CliError> {
        let answer = self.answer;
        let rows: Vec<Vec<Cell<'_>>> =
            names.iter().zip(predicted).flat_map(|(name, predicted)| answer.rows(name, predicted)).collect();
        let bytes = match &mut self.encoder {
            Encoder::Table(table) => {
                table.extend(rows.iter().map(|row| row.iter().map(text).collect()));
                return Ok(true);
            }
            Encoder::Parquet(writer, path) => {
                let written = writer.write(&series(&self.columns, &rows)).map(|()| true);
                return written.map_err(|error| CliError::cannot_write(path, &error));
            }
            Encoder::Csv => csv(&rows),
            Encoder::Ndjson => ndjson(&self.columns, &rows),
        };
        self.write_bytes(&bytes)
    }

    fn write_bytes(&mut self, bytes: &[u8]) -> Result<bool, CliError> {
        match &mut self.draft {
            None => Ok(write_data(bytes)?),
            Some(draft) => {
                let failed = draft.failed();
                draft.file.write_all(bytes).map(|()| true).map_err(failed)
            }
        }
    }

    /// Ends the answer.
    pub(super) fn finish(self) -> Result<(), CliError> {
        match self.encoder {
            Encoder::Table(rows) => {
                let header: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
                let numbers_from = self.columns.iter().position(|column| column.kind == Kind::Real).unwrap_or(0);
                print(&table(&header, &rows, numbers_from))?;
            }
            Encoder::Parquet(writer, path) => {
                writer.finish().map_err(|error| CliError::cannot_write(&path, &error))?;
            }
            Encoder::Csv | Encoder::Ndjson => {}
        }
        self.draft.map_or(Ok(()), Draft::finish)
    }
}

/// A value in words, for tables and CSV.
fn text(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Text(text) => (*text).to_owned(),
        Cell::Rank(rank) => rank.to_string(),
        Cell::Probability(probability) => format!("{probability:.6}"),
        Cell::LogProbability(value) => value.to_string(),
        Cell::Nothing => String::new(),
    }
}

/// Rows as CSV (RFC 4180). What a terminal would obey is an escape, and what a spreadsheet would execute has an apostrophe.
fn csv(rows: &[Vec<Cell<'_>>]) -> Vec<u8> {
    let cell = |cell: &Cell<'_>| match cell {
        Cell::Text(text) => spreadsheet::cell(&visible(text)).into_owned(),
        other => text(other),
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(cell)).expect("rows have the same length, and memory takes them");
    }
    writer.into_inner().expect("memory takes all")
}

/// Rows as JSON objects, a line each, with the columns as keys, in their order.
fn ndjson(columns: &[Column], rows: &[Vec<Cell<'_>>]) -> Vec<u8> {
    let string = |text: &str| serde_json::Value::from(text).to_string();
    let value = |cell: &Cell<'_>| match cell {
        Cell::Text(text) => string(text),
        Cell::Rank(rank) => rank.to_string(),
        // The fewest digits that read back as the same `f64` or `f32`; an infinity, which JSON does not have, is `null`.
        Cell::Probability(probability) => serde_json::to_string(probability).expect("a number is JSON"),
        Cell::LogProbability(value) => serde_json::to_string(value).expect("a number is JSON"),
        Cell::Nothing => "null".to_owned(),
    };
    let keys: Vec<String> = columns.iter().map(|column| string(&column.name)).collect();
    let mut out = String::new();
    for row in rows {
        let entries: Vec<String> = keys.iter().zip(row).map(|(key, cell)| format!("{key}:{}", value(cell))).collect();
        out.push_str(&format!("{{{}}}\n", entries.join(",")));
    }
    visible_json(&out).into_owned().into_bytes()
}

/// Rows as columns of Parquet.
fn series(columns: &[Column], rows: &[Vec<Cell<'_>>]) -> Vec<Series> {
    let values = |(index, column): (usize, &Column)| match column.kind {
        Kind::Text => Values::Text(
            rows.iter()
                .map(|row| if let Cell::Text(text) = row[index] { Some(text.to_owned()) } else { None })
                .collect(),
        ),
        Kind::Integer => Values::Integer(
            rows.iter().map(|row| if let Cell::Rank(rank) = row[index] { Some(rank as i64) } else { None }).collect(),
        ),
        Kind::Real => Values::Real(
            rows.iter()
                .map(|row| match row[index] {
                    Cell::Probability(value) => Some(value),
                    Cell::LogProbability(value) => Some(f64::from(value)),
                    _ => None,
                })
                .collect(),
        ),
    };
    let series =
        |(index, column): (usize, &Column)| Series { name: column.name.clone(), values: values((index, column)) };
    columns.iter().enumerate().map(series).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "=A\u{1b}[31mnn\u{202e}a";

    fn rows() -> Vec<Vec<Cell<'static>>> {
        vec![
            vec![Cell::Text(HOSTILE), Cell::Rank(1), Cell::LogProbability(-0.1)],
            vec![Cell::Text("B,\"o\""), Cell::Nothing, Cell::LogProbability(f32::NEG_INFINITY)],
        ]
    }

    fn columns() -> Vec<Column> {
        let column = |(name, kind): (&str, Kind)| Column { name: name.to_owned(), kind };
        [("name", Kind::Text), ("rank", Kind::Integer), ("-x", Kind::Real)].map(column).to_vec()
    }

    #[test]
    fn csv_moves_no_cursor_and_starts_no_formula() {
        let text = String::from_utf8(csv(&rows())).unwrap();
        assert_eq!(text, "'=A\\x1b[31mnn\\u{202e}a,1,-0.1\n\"B,\"\"o\"\"\",,-inf\n");
    }

    #[test]
    fn ndjson_has_the_exact_text_and_moves_no_cursor() {
        let text = String::from_utf8(ndjson(&columns(), &rows())).unwrap();
        assert!(!text.chars().any(|c| c != '\n' && recur_core::visible::is_hidden(c)), "{text}");
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["name"], HOSTILE);
        assert_eq!(lines[1], serde_json::json!({"name": "B,\"o\"", "rank": null, "-x": null}));
        assert!(text.contains("\"-x\":-0.1}"), "{text}");
    }

    #[test]
    fn parquet_has_the_exact_text() {
        let series = series(&columns(), &rows());
        assert_eq!(series[0].values, Values::Text(vec![Some(HOSTILE.to_owned()), Some("B,\"o\"".to_owned())]));
        assert_eq!(series[1].values, Values::Integer(vec![Some(1), None]));
        assert_eq!(series[2].values, Values::Real(vec![Some(f64::from(-0.1_f32)), Some(f64::NEG_INFINITY)]));
    }
}
