//! Columns of a polars frame as text.

use polars::prelude::{DataFrame, DataType};
pub(super) use polars::prelude::{PolarsError, PolarsResult};

/// The values of two columns, row by row; a column of another type is cast to text.
///
/// # Errors
/// If the frame has not `n_rows` rows: then the reader saw other rows than were given to it.
pub(super) fn columns_of_text(
    frame: &DataFrame,
    columns: [&str; 2],
    n_rows: usize,
) -> PolarsResult<Vec<[Option<String>; 2]>> {
    if frame.height() != n_rows {
        let message = format!("{n_rows} rows were expected and {} found", frame.height());
        return Err(PolarsError::ShapeMismatch(message.into()));
    }
    let [first, second] = columns.map(|column| frame.column(column)?.cast(&DataType::String));
    let (first, second) = (first?, second?);
    let owned = |value: Option<&str>| value.map(str::to_owned);
    Ok(first.str()?.iter().zip(second.str()?.iter()).map(|(a, b)| [owned(a), owned(b)]).collect())
}
