//! `LABEL.txt`: one name a line, the label is the name of the file.

use super::{BadRow, Row, Table, lines};
use crate::error::IngestError;
use crate::source::InputFile;

/// Rows of a list of names.
pub(super) fn table(file: &InputFile, bytes: &[u8]) -> Result<Table, IngestError> {
    let stem = file.path.file_stem().and_then(|stem| stem.to_str());
    let Some(label) = stem else { return Err(IngestError::FileName { path: file.shown.clone() }) };
    let mut table = Table::default();
    for (line, span) in lines(bytes) {
        match std::str::from_utf8(&bytes[span.clone()]) {
            Err(error) => table.bad.push(BadRow::not_utf8(line, &bytes[span], error)),
            Ok(name) => {
                let values = [Some(name.to_owned()), Some(label.to_owned()), None];
                table.rows.push(Row::new(line, Some(span), values));
            }
        }
    }
    Ok(table)
}
