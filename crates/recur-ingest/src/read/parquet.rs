//! Parquet: the columns that are asked for, read by polars into its arrays.
//!
//! Types are checked here before anything is read: polars' frames know only the types whose features are on, and panic at
//! others. What is left to panic is a damaged file.

use super::cells::{Cell, Cells, readable};
use super::first::FirstColumn;
use super::header::position;
use super::{BadRow, Columns, Each, ROWS_AT_ONCE, Row, Table};
use crate::error::IngestError;
use crate::quiet::quietly;
use polars::io::parquet::read::_internal::to_deserializer;
use polars::io::parquet::read::{FileMetadata, ParquetReader, infer_schema};
use polars::prelude::{ArrowField, ArrowSchema, PolarsError, SerReader};
use polars_buffer::Buffer;
use recur_core::facts::RejectReason;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Rows of the Parquet file `path`, numbered from 1. Numbers, booleans, dates and categories become text.
pub(super) fn tables(path: &str, bytes: &[u8], columns: Columns<'_>, each: Each<'_>) -> Result<(), IngestError> {
    refuse_other(path, bytes)?;
    let file = guarded(path, || File::open(path, bytes, columns))?;
    let mut line = 1;
    for group in 0..file.metadata.row_groups.len() {
        let (mut cells, mut n_left) = guarded(path, || file.cells(group))?;
        while n_left > 0 {
            let n = n_left.min(ROWS_AT_ONCE);
            let rows = guarded(path, || cells.iter_mut().map(|cells| file.take(cells, n)).collect::<Result<_, _>>())?;
            if each(file.table(line, n, rows)?)?.is_break() {
                return Ok(());
            }
            line += n as u64;
            n_left -= n;
        }
    }
    Ok(())
}

fn refuse_other(path: &str, bytes: &[u8]) -> Result<(), IngestError> {
    if bytes.len() < 12 || !bytes.starts_with(b"PAR1") || !bytes.ends_with(b"PAR1") {
        return Err(damaged(path, "it does not begin and end with `PAR1`"));
    }
    Ok(())
}

/// The columns of the file `path`, with the values of its first rows where they can be read.
pub(super) fn first_rows(path: &str, bytes: &[u8]) -> Result<Vec<FirstColumn>, IngestError> {
    refuse_other(path, bytes)?;
    let names: Vec<String> = guarded(path, || {
        let mut reader = ParquetReader::new(Cursor::new(bytes));
        let metadata = reader.get_metadata().map_err(|error| damaged(path, error))?;
        let schema = infer_schema(metadata).map_err(|error| damaged(path, error))?;
        Ok(schema.iter_names().map(|name| name.to_string()).collect())
    })?;
    Ok(names
        .iter()
        .map(|name| first_values(path, bytes, name).unwrap_or_else(|_| FirstColumn::unreadable(name)))
        .collect())
}

fn first_values(path: &str, bytes: &[u8], name: &str) -> Result<FirstColumn, IngestError> {
    let mut column = FirstColumn::new(name);
    tables(path, bytes, Columns { text: name, label: name, part: None }, &mut |table| {
        table.rows.into_iter().for_each(|row| column.push(row.text));
        Ok(ControlFlow::Break(()))
    })?;
    Ok(column)
}

fn damaged(path: &str, detail: impl ToString) -> IngestError {
    IngestError::Parse { path: path.to_owned(), format: "Parquet", detail: detail.to_string() }
}

/// polars panics on some damaged files where it should return an error.
fn guarded<T>(path: &str, read: impl FnOnce() -> Result<T, IngestError>) -> Result<T, IngestError> {
    quietly(read).unwrap_or_else(|| Err(damaged(path, "the file is damaged")))
}

/// A file whose wanted columns are there and can be read.
struct File<'a> {
    path: &'a str,
    bytes: &'a [u8],
    metadata: Arc<FileMetadata>,
    /// Of the text, the label and, if one is asked for, the part.
    fields: Vec<ArrowField>,
    columns: Columns<'a>,
}

impl<'a> File<'a> {
    fn open(path: &'a str, bytes: &'a [u8], columns: Columns<'a>) -> Result<Self, IngestError> {
        let mut reader = ParquetReader::new(Cursor::new(bytes));
        let metadata = reader.get_metadata().map_err(|error| damaged(path, error))?.clone();
        let schema = infer_schema(&metadata).map_err(|error| damaged(path, error))?;
        let fields = columns.wanted().map(|column| field(path, &schema, column)).collect::<Result<_, _>>()?;
        Ok(Self { path, bytes, metadata, fields, columns })
    }

    /// The wanted columns of a group of rows, and how many rows it has.
    fn cells(&self, group: usize) -> Result<(Vec<Cells>, usize), IngestError> {
        let group = &self.metadata.row_groups[group];
        let of_field = |field: &ArrowField| {
            let mut chunks = Vec::new();
            for chunk in group.columns_under_root_iter(&field.name).into_iter().flatten() {
                let range = chunk.byte_range();
                let bytes = self.bytes.get(range.start as usize..range.end as usize);
                let bytes = bytes.ok_or_else(|| damaged(self.path, "a column lies outside of the file"))?;
                chunks.push((chunk, Buffer::from_vec(bytes.to_vec())));
            }
            let (arrays, _) = to_deserializer(chunks, field.clone(), None).map_err(|error| self.damaged(error))?;
            Ok(Cells::new(arrays))
        };
        let cells: Vec<Cells> = self.fields.iter().map(of_field).collect::<Result<_, IngestError>>()?;
        match cells.iter().find(|cells| cells.n_left() != group.num_rows()) {
            Some(cells) => {
                Err(damaged(self.path, format!("{} rows were expected and {} found", group.num_rows(), cells.n_left())))
            }
            None => Ok((cells, group.num_rows())),
        }
    }

    fn take(&self, cells: &mut Cells, n: usize) -> Result<Vec<Cell>, IngestError> {
        cells.take(n).map_err(|error| self.damaged(error))
    }

    fn damaged(&self, error: PolarsError) -> IngestError {
        damaged(self.path, error)
    }

    /// The `n` rows from `first` on, of which each of `columns` has the cells.
    fn table(&self, first: u64, n: usize, columns: Vec<Vec<Cell>>) -> Result<Table, IngestError> {
        let mut columns = columns.into_iter().map(Vec::into_iter);
        let (texts, labels, parts) = (columns.next(), columns.next(), columns.next());
        let cells = |cells: Option<std::vec::IntoIter<Cell>>| {
            cells.into_iter().flatten().map(Some).chain(std::iter::repeat(None))
        };
        let rows = cells(texts).zip(cells(labels)).zip(cells(parts)).take(n);
        let mut table = Table::default();
        for (line, ((text, label), part)) in (first..).zip(rows) {
            let part = match part {
                Some(Err(bytes)) => {
                    let column = self.columns.part.unwrap_or_default();
                    return Err(IngestError::unknown_part(self.path, line, column, &String::from_utf8_lossy(&bytes)));
                }
                Some(Ok(part)) => part,
                None => None,
            };
            match (text.unwrap_or(Ok(None)), label.unwrap_or(Ok(None))) {
                (Ok(text), Ok(label)) => table.rows.push(Row::new(line, None, [text, label, part])),
                (Err(bytes), _) | (_, Err(bytes)) => {
                    let detail = "its bytes are not UTF-8";
                    table.bad.push(BadRow::new(line, RejectReason::InvalidUtf8, &bytes, detail));
                }
            }
        }
        Ok(table)
    }
}

/// The field of `column`, with the type that it is read as.
fn field(path: &str, schema: &ArrowSchema, column: &str) -> Result<ArrowField, IngestError> {
    let names: Vec<&str> = schema.iter_names().map(|name| name.as_str()).collect();
    let (name, field) = schema.get_at_index(position(path, &names, column)?).expect("the index of a column");
    match readable(&field.dtype) {
        Ok(dtype) => Ok(ArrowField::new(name.clone(), dtype, true)),
        Err(found) => Err(IngestError::ColumnType { path: path.to_owned(), column: column.to_owned(), found }),
    }
}
