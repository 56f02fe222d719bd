//! `LABEL.txt`: one text per line, the label is the name of the file.

use super::{BadRow, Each, ROWS_AT_ONCE, Row, Table, lines};
use crate::error::IngestError;
use crate::source::InputFile;

/// Rows of a list of texts.
pub(super) fn tables(file: &InputFile, bytes: &[u8], each: Each<'_>) -> Result<(), IngestError> {
    let Some(label) = file.stem() else { return Err(IngestError::FileName { path: file.shown.clone() }) };
    let mut lines = lines(bytes).peekable();
    while lines.peek().is_some() {
        let mut table = Table::default();
        for (line, span) in lines.by_ref().take(ROWS_AT_ONCE) {
            match std::str::from_utf8(&bytes[span.clone()]) {
                Err(error) => table.bad.push(BadRow::not_utf8(line, &bytes[span], error)),
                Ok(text) => {
                    let values = [Some(text.to_owned()), Some(label.to_owned()), None];
                    table.rows.push(Row::new(line, Some(span), values));
                }
            }
        }
        if each(table)?.is_break() {
            break;
        }
    }
    Ok(())
}
