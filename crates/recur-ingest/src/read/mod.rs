//! Readers, one a format: the bytes of a file to rows of text, and the rows that are no rows.

mod delimited;
mod frame;
mod labels;
mod list;
mod ndjson;
mod parquet;
mod records;

use crate::error::IngestError;
use crate::rejects::excerpt;
use crate::source::{InputFile, Kind};
use recur_core::facts::RejectReason;
use recur_core::nearest::nearest;
use std::ops::Range;

pub(crate) use labels::labels_of_bad_rows;

/// The columns to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns<'a> {
    pub name: &'a str,
    pub label: &'a str,
    /// The one that says which part of a published split a row is in.
    pub part: Option<&'a str>,
}

impl<'a> Columns<'a> {
    /// Those that a file must have.
    fn wanted(self) -> impl Iterator<Item = &'a str> + Clone {
        [self.name, self.label].into_iter().chain(self.part)
    }
}

/// The name, the label and the part of a row, as far as it has them.
type Values = [Option<String>; 3];

/// What a file holds. Every row that is not blank stands in one of the two lists, each in order of lines.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub rows: Vec<Row>,
    pub bad: Vec<BadRow>,
}

/// A row as read, before anything is done to its text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// Its first line, from 1 (Parquet: its row).
    pub line: u64,
    /// Where it stands in the file's bytes (Parquet: nowhere).
    pub span: Option<Range<usize>>,
    pub name: Option<String>,
    pub label: Option<String>,
    /// As in the column of parts; `None` without such a column as well.
    pub part: Option<String>,
}

impl Row {
    fn new(line: u64, span: Option<Range<usize>>, [name, label, part]: Values) -> Self {
        Self { line, span, name, label, part }
    }
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BadRow {
    pub line: u64,
    pub reason: RejectReason,
    pub text: String,
    pub detail: String,
}

impl BadRow {
    fn new(line: u64, reason: RejectReason, bytes: &[u8], detail: impl Into<String>) -> Self {
        Self { line, reason, text: excerpt(bytes), detail: detail.into() }
    }

    fn not_utf8(line: u64, bytes: &[u8], error: std::str::Utf8Error) -> Self {
        let detail = format!("byte {} of the row begins no UTF-8 letter", error.valid_up_to() + 1);
        Self::new(line, RejectReason::InvalidUtf8, bytes, detail)
    }
}

/// Reads the `bytes` of `file`. A byte order mark, CRLF, blank lines and a missing last line end are all fine.
pub(crate) fn table(file: &InputFile, bytes: &[u8], columns: Columns<'_>) -> Result<Table, IngestError> {
    if bytes[byte_order_mark(bytes)..].iter().all(u8::is_ascii_whitespace) {
        return Err(IngestError::EmptyFile { path: file.shown.clone() });
    }
    match file.kind {
        Kind::Csv => delimited::table(&file.shown, bytes, b',', columns),
        Kind::Tsv => delimited::table(&file.shown, bytes, b'\t', columns),
        Kind::Ndjson => ndjson::table(&file.shown, bytes, columns),
        Kind::Parquet => parquet::table(&file.shown, bytes, columns),
        Kind::List if columns.part.is_some() => Err(IngestError::ListHasNoColumns { path: file.shown.clone() }),
        Kind::List => list::table(file, bytes),
    }
}

/// How many bytes of UTF-8 byte order mark `bytes` begins with.
fn byte_order_mark(bytes: &[u8]) -> usize {
    if bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 }
}

/// The lines of `bytes` that are not blank, with their number from 1 and their place; line ends are not part of them.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (u64, Range<usize>)> {
    let mut at = byte_order_mark(bytes);
    let numbered = (1..).zip(bytes[at..].split(|byte| *byte == b'\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        start..start + line.strip_suffix(b"\r").unwrap_or(line).len()
    }));
    numbered.filter(|(_, span)| !bytes[span.clone()].iter().all(u8::is_ascii_whitespace))
}

fn missing_column<'a>(path: &str, column: &str, found: impl IntoIterator<Item = &'a str>) -> IngestError {
    let mut found: Vec<String> = found.into_iter().map(str::to_owned).collect();
    let nearest = nearest(column, found.iter().map(String::as_str)).map(str::to_owned);
    found.truncate(20);
    IngestError::MissingColumn { path: path.to_owned(), column: column.to_owned(), found, nearest, delimiter: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_numbers() {
        let check = |text: &str, expected: &[(u64, &str)]| {
            let found: Vec<_> = lines(text.as_bytes()).map(|(line, span)| (line, &text[span])).collect();
            assert_eq!(found, expected);
        };
        check("", &[]);
        check("\u{feff}a\r\n\r\n  \nb", &[(1, "a"), (4, "b")]);
        check("a\nb\n", &[(1, "a"), (2, "b")]);
    }
}
