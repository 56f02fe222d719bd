//! The labels of rows that could not be read as a whole, as far as they can be read.
//!
//! A row whose name is not UTF-8 may have a label that is. Without it nobody would see that a label loses all its rows.

use super::records::{Record, Records, fields};
use super::{Columns, byte_order_mark, lines};
use crate::source::{InputFile, Kind};
use std::ops::Range;

/// What is done with a label, the line of its row, and the place of that line in the bytes.
pub(crate) type EachLabel<'a> = &'a mut dyn FnMut(String, u64, Range<usize>);

/// The labels of rows that are not UTF-8, in order of lines.
pub(crate) fn damaged_labels(file: &InputFile, bytes: &[u8], columns: Columns<'_>, each: EachLabel<'_>) {
    match file.kind {
        Kind::Csv => of_records(bytes, b',', columns, each),
        Kind::Tsv => of_records(bytes, b'\t', columns, each),
        Kind::Ndjson => of_objects(bytes, columns, each),
        Kind::List => of_list(file, bytes, each),
        Kind::Parquet => {}
    }
}

fn of_records(bytes: &[u8], delimiter: u8, columns: Columns<'_>, each: EachLabel<'_>) {
    let read = |record: &Record| fields(&String::from_utf8_lossy(&bytes[record.span.clone()]), delimiter);
    let mut records = Records::new(bytes, byte_order_mark(bytes), delimiter);
    let Some(header) = records.next().map(|header| read(&header)) else { return };
    let Some(column) = header.iter().position(|name| name.trim() == columns.label) else { return };
    for record in records {
        let is_damaged = || std::str::from_utf8(&bytes[record.span.clone()]).is_err();
        if record.n_fields != Ok(header.len()) || !is_damaged() {
            continue;
        }
        if let Some(label) = read(&record).get(column).and_then(|text| label(text)) {
            each(label, record.line, record.span);
        }
    }
}

fn of_objects(bytes: &[u8], columns: Columns<'_>, each: EachLabel<'_>) {
    for (line, span) in damaged_lines(bytes) {
        let object: Option<serde_json::Value> =
            serde_json::from_str(&String::from_utf8_lossy(&bytes[span.clone()])).ok();
        let text = object.as_ref().and_then(|object| object.get(columns.label)?.as_str());
        if let Some(label) = text.and_then(label) {
            each(label, line, span);
        }
    }
}

fn of_list(file: &InputFile, bytes: &[u8], each: EachLabel<'_>) {
    let Some(stem) = file.path.file_stem().and_then(|stem| stem.to_str()).and_then(label) else { return };
    damaged_lines(bytes).for_each(|(line, span)| each(stem.clone(), line, span));
}

fn damaged_lines(bytes: &[u8]) -> impl Iterator<Item = (u64, Range<usize>)> {
    lines(bytes).filter(|(_, span)| std::str::from_utf8(&bytes[span.clone()]).is_err())
}

/// A label that was read whole, as the data set spells it.
fn label(text: &str) -> Option<String> {
    use unicode_normalization::UnicodeNormalization;
    let label: String = text.trim().nfc().collect();
    (!label.is_empty() && !label.contains('\u{fffd}')).then_some(label)
}
