//! The labels of rows that could not be read as a whole, as far as they can be read.
//!
//! A row whose name is not UTF-8 may have a label that is. Without it nobody would see that a label loses all its rows.

use super::records::{Record, Records, fields};
use super::{BadRow, Columns, byte_order_mark, lines};
use crate::source::{InputFile, Kind};
use recur_core::facts::RejectReason;

/// The labels of rows among `bad` that are not UTF-8, with the line of each.
pub(crate) fn labels_of_bad_rows(
    file: &InputFile,
    bytes: &[u8],
    columns: Columns<'_>,
    bad: &[BadRow],
) -> Vec<(String, u64)> {
    if !bad.iter().any(|bad| bad.reason == RejectReason::InvalidUtf8) {
        return Vec::new();
    }
    match file.kind {
        Kind::Csv => of_records(bytes, b',', columns),
        Kind::Tsv => of_records(bytes, b'\t', columns),
        Kind::Ndjson => of_objects(bytes, columns),
        Kind::List => of_list(file, bytes),
        Kind::Parquet => Vec::new(),
    }
}

fn of_records(bytes: &[u8], delimiter: u8, columns: Columns<'_>) -> Vec<(String, u64)> {
    let read = |record: &Record| fields(&String::from_utf8_lossy(&bytes[record.span.clone()]), delimiter);
    let mut records = Records::new(bytes, byte_order_mark(bytes), delimiter);
    let Some(header) = records.next().map(|header| read(&header)) else { return Vec::new() };
    let Some(column) = header.iter().position(|name| name.trim() == columns.label) else { return Vec::new() };
    let damaged = records.filter(|record| {
        record.n_fields == Ok(header.len()) && std::str::from_utf8(&bytes[record.span.clone()]).is_err()
    });
    damaged.filter_map(|record| Some((label(read(&record).get(column)?)?, record.line))).collect()
}

fn of_objects(bytes: &[u8], columns: Columns<'_>) -> Vec<(String, u64)> {
    let damaged = lines(bytes).filter(|(_, span)| std::str::from_utf8(&bytes[span.clone()]).is_err());
    let labelled = damaged.filter_map(|(line, span)| {
        let object: serde_json::Value = serde_json::from_str(&String::from_utf8_lossy(&bytes[span])).ok()?;
        Some((label(object.get(columns.label)?.as_str()?)?, line))
    });
    labelled.collect()
}

fn of_list(file: &InputFile, bytes: &[u8]) -> Vec<(String, u64)> {
    let Some(stem) = file.path.file_stem().and_then(|stem| stem.to_str()).and_then(label) else { return Vec::new() };
    let damaged = lines(bytes).filter(|(_, span)| std::str::from_utf8(&bytes[span.clone()]).is_err());
    damaged.map(|(line, _)| (stem.clone(), line)).collect()
}

/// A label that was read whole, as the data set spells it.
fn label(text: &str) -> Option<String> {
    use unicode_normalization::UnicodeNormalization;
    let label: String = text.trim().nfc().collect();
    (!label.is_empty() && !label.contains('\u{fffd}')).then_some(label)
}
