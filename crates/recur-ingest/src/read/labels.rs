//! The labels of rows that could not be read as a whole, as far as they can be read.
//!
//! A row whose text is not UTF-8 may have a label that is. Without it nobody would see that a label loses all its rows.

use super::delimited::Header;
use super::records::{Records, fields};
use super::{Columns, ROWS_AT_ONCE, byte_order_mark, lines, ndjson};
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
    let mut records = Records::new(bytes, byte_order_mark(bytes), delimiter);
    // A header that cannot be read was refused before.
    let Ok(header) = Header::read("", bytes, delimiter, &mut records) else { return };
    let Ok(column) = header.column("", columns.label, delimiter) else { return };
    for record in records {
        let row = &bytes[record.span.clone()];
        if record.n_fields != Ok(header.n_columns()) || std::str::from_utf8(row).is_ok() {
            continue;
        }
        let fields = fields(&String::from_utf8_lossy(row), delimiter);
        if let Some(label) = fields.get(column).and_then(|text| label(text)) {
            each(label, record.line, record.span);
        }
    }
}

fn of_objects(bytes: &[u8], columns: Columns<'_>, each: EachLabel<'_>) {
    let mut damaged = damaged_lines(bytes).peekable();
    while damaged.peek().is_some() {
        let lines: Vec<(u64, Range<usize>)> = damaged.by_ref().take(ROWS_AT_ONCE).collect();
        let texts = lines.iter().map(|(line, span)| (*line, String::from_utf8_lossy(&bytes[span.clone()])));
        let mut spans = lines.iter();
        for (line, value) in ndjson::column_of(texts, columns.label) {
            // Rows come in the order of their lines, and some lines have none.
            let span = spans.find(|(of, _)| *of == line).map(|(_, span)| span.clone());
            if let Some((label, span)) = label(&value).zip(span) {
                each(label, line, span);
            }
        }
    }
}

fn of_list(file: &InputFile, bytes: &[u8], each: EachLabel<'_>) {
    let Some(stem) = file.stem().and_then(label) else { return };
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
