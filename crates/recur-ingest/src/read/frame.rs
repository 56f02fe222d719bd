//! Columns of a polars frame as text.

use super::Values;
use polars::prelude::{DataFrame, DataType};
pub(super) use polars::prelude::{PolarsError, PolarsResult};

/// The values of the columns of text, label and part, row by row; a column of another type is cast to text.
///
/// # Errors
/// If the frame has not `n_rows` rows: then the reader saw other rows than were given to it.
pub(super) fn columns_of_text(
    frame: &DataFrame,
    [text, label, part]: [Option<&str>; 3],
    n_rows: usize,
) -> PolarsResult<Vec<Values>> {
    if frame.height() != n_rows {
        let message = format!("{n_rows} rows were expected and {} found", frame.height());
        return Err(PolarsError::ShapeMismatch(message.into()));
    }
    let values = |column: Option<&str>| -> PolarsResult<Vec<Option<String>>> {
        let Some(column) = column else { return Ok(vec![None; n_rows]) };
        let text = frame.column(column)?.cast(&DataType::String)?;
        Ok(text.str()?.iter().map(|value| value.map(str::to_owned)).collect())
    };
    let (texts, labels, parts) = (values(text)?, values(label)?, values(part)?);
    Ok(texts.into_iter().zip(labels).zip(parts).map(|((text, label), part)| [text, label, part]).collect())
}
