//! Parquet, read by polars.

use super::frame::columns_of_text;
use super::{BadRow, Columns, Row, Table, missing_column};
use crate::error::IngestError;
use polars::prelude::{DataType, ParquetReader, PolarsError, SerReader};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Rows of the Parquet file `path`, numbered from 1. Numbers, booleans and categories become text.
pub(super) fn table(path: &str, bytes: &[u8], columns: Columns<'_>) -> Result<Table, IngestError> {
    let damaged = |detail: String| IngestError::Parse { path: path.to_owned(), format: "Parquet", detail };
    if bytes.len() < 12 || !bytes.starts_with(b"PAR1") || !bytes.ends_with(b"PAR1") {
        return Err(damaged("it does not begin and end with `PAR1`".to_owned()));
    }
    // polars panics on some damaged files where it should return an error.
    let read = catch_unwind(AssertUnwindSafe(|| read(path, bytes, columns)));
    read.unwrap_or_else(|_| Err(damaged("the file is damaged".to_owned())))
}

fn read(path: &str, bytes: &[u8], columns: Columns<'_>) -> Result<Table, IngestError> {
    let damaged =
        |error: PolarsError| IngestError::Parse { path: path.to_owned(), format: "Parquet", detail: error.to_string() };
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    let schema = reader.schema().map_err(damaged)?;
    for column in columns.wanted() {
        let Some(field) = schema.get(column) else {
            return Err(missing_column(path, column, schema.iter_names().map(|name| name.as_str())));
        };
        check_type(path, column, &DataType::from_arrow_field(field))?;
    }
    let n_rows = reader.num_rows().map_err(damaged)?;
    let mut projection: Vec<String> = columns.wanted().map(str::to_owned).collect();
    projection.sort_unstable();
    projection.dedup();
    let frame = reader.with_columns(Some(projection)).finish().map_err(damaged)?;
    let wanted = [Some(columns.name), Some(columns.label), columns.part];
    let values = columns_of_text(&frame, wanted, n_rows).map_err(damaged)?;
    let rows = (1..).zip(values).map(|(line, values)| Row::new(line, None, values));
    Ok(Table { rows: rows.collect(), bad: Vec::<BadRow>::new() })
}

fn check_type(path: &str, column: &str, found: &DataType) -> Result<(), IngestError> {
    let is_text = matches!(found, DataType::String | DataType::Boolean | DataType::Null) || found.is_categorical();
    if is_text || found.is_primitive_numeric() {
        return Ok(());
    }
    let (path, column) = (path.to_owned(), column.to_owned());
    Err(IngestError::ColumnType { path, column, found: found.to_string() })
}
