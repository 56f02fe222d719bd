//! Readers, one a format: the bytes of a file to rows of text, and the rows that are no rows.

mod cells;
mod delimited;
mod first;
mod frame;
mod header;
mod labels;
mod list;
mod ndjson;
mod parquet;
mod records;

use crate::content::encoding;
use crate::error::IngestError;
use crate::rejects::excerpt;
use crate::source::{InputFile, Kind};
use recur_core::facts::RejectReason;
use std::ops::{ControlFlow, Range};
use std::str::Utf8Error;

/// How many rows are in memory as separate texts at once: rows that cannot be used are of no use once they are counted.
const ROWS_AT_ONCE: usize = 1 << 14;

/// What becomes of the rows of a file, some at a time, in order of lines, and whether the others are read.
pub(crate) type Each<'a> = &'a mut dyn FnMut(Table) -> Result<ControlFlow<()>, IngestError>;

pub(crate) use first::{FirstColumn, first_rows};
pub(crate) use labels::damaged_labels;

/// The columns to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Columns<'a> {
    pub text: &'a str,
    pub label: &'a str,
    /// The one that says which part of a published split a row is in.
    pub part: Option<&'a str>,
}

impl<'a> Columns<'a> {
    /// Those that a file must have.
    fn wanted(self) -> impl Iterator<Item = &'a str> + Clone {
        [self.text, self.label].into_iter().chain(self.part)
    }
}

/// The text, the label and the part of a row, as far as it has them.
type Values = [Option<String>; 3];

/// Successive rows of a file. Every row that is not blank is in one of the two lists, each in order of lines.
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
    /// Where it is in the file's bytes (Parquet: nowhere).
    pub span: Option<Range<usize>>,
    pub text: Option<String>,
    pub label: Option<String>,
    /// As in the column of parts; `None` without such a column as well.
    pub part: Option<String>,
}

impl Row {
    fn new(line: u64, span: Option<Range<usize>>, [text, label, part]: Values) -> Self {
        Self { line, span, text, label, part }
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

    fn not_utf8(line: u64, bytes: &[u8], error: Utf8Error) -> Self {
        Self::new(line, RejectReason::InvalidUtf8, bytes, not_utf8(bytes, error))
    }
}

/// Where `row` is not UTF-8, and what it looks like.
fn not_utf8(row: &[u8], error: Utf8Error) -> String {
    let at = error.valid_up_to();
    let byte = format!("byte {} of the row, 0x{:02x}, is not UTF-8", at + 1, row[at]);
    match encoding::guess(row) {
        Some(name) => {
            let text: String = encoding::as_windows_1252(row).chars().take(40).collect();
            format!("{byte}; it looks like {name}: `{text}`")
        }
        None => byte,
    }
}

/// Reads the `bytes` of `file`. Byte order marks, CRLF, blank lines and a missing last line end are all fine.
pub(crate) fn tables(file: &InputFile, bytes: &[u8], columns: Columns<'_>, each: Each<'_>) -> Result<(), IngestError> {
    refuse_empty(file, bytes)?;
    match file.kind {
        Kind::Csv => delimited::tables(&file.shown, bytes, b',', columns, each),
        Kind::Tsv => delimited::tables(&file.shown, bytes, b'\t', columns, each),
        Kind::Ndjson => ndjson::tables(&file.shown, bytes, columns, each),
        Kind::Parquet => parquet::tables(&file.shown, bytes, columns, each),
        Kind::List if columns.part.is_some() => Err(IngestError::ListHasNoColumns { path: file.shown.clone() }),
        Kind::List => list::tables(file, bytes, each),
    }
}

fn refuse_empty(file: &InputFile, bytes: &[u8]) -> Result<(), IngestError> {
    match bytes[byte_order_mark(bytes)..].iter().all(u8::is_ascii_whitespace) {
        true => Err(IngestError::EmptyFile { path: file.shown.clone() }),
        false => Ok(()),
    }
}

/// How many bytes of UTF-8 byte order marks `bytes` begins with: a tool may put one before another's.
fn byte_order_mark(bytes: &[u8]) -> usize {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    bytes.chunks(MARK.len()).take_while(|chunk| *chunk == MARK).count() * MARK.len()
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
