//! Tables of named columns as Parquet, for other programs.
//!
//! No compression and no statistics, so that equal tables give equal bytes.

use crate::quiet::quietly;
use polars::prelude::{
    Column as Series, DataFrame, DataType, ParallelStrategy, ParquetCompression, ParquetReader, ParquetWriter,
    PolarsError, PolarsResult, SerReader, StatisticsOptions,
};
use recur_core::table::{Column, Values};
use std::io::Cursor;

/// A table that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a table of text, numbers and truth values: {problem}")]
pub struct UnreadableTable {
    problem: String,
}

/// `columns` as the bytes of a Parquet file.
///
/// # Panics
/// If they differ in length, or two share a name.
pub fn write_table(columns: &[Column]) -> Vec<u8> {
    parquet(frame(columns))
}

/// `columns` as polars has them.
pub(crate) fn frame(columns: &[Column]) -> DataFrame {
    let n_rows = columns.first().map_or(0, |column| column.values.len());
    let series = |Column { name, values }: &Column| match values {
        Values::Text(values) => Series::new(name.as_str().into(), values),
        Values::Integer(values) => Series::new(name.as_str().into(), values),
        Values::Real(values) => Series::new(name.as_str().into(), values),
        Values::Boolean(values) => Series::new(name.as_str().into(), values),
    };
    let columns = columns.iter().map(series).collect();
    DataFrame::new(n_rows, columns).expect("columns of one length, with different names")
}

/// `frame` as the bytes of a Parquet file.
pub(crate) fn parquet(mut frame: DataFrame) -> Vec<u8> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Uncompressed)
        .with_statistics(StatisticsOptions::empty())
        .set_parallel(false)
        .finish(&mut frame)
        .expect("text and numbers can be written to memory");
    bytes
}

/// The columns in the bytes of a file that [`write_table`] made.
///
/// # Errors
/// If it is no Parquet file, or has columns of other types.
pub fn read_table(bytes: &[u8]) -> Result<Vec<Column>, UnreadableTable> {
    let read = quietly(|| read(bytes)).unwrap_or_else(|| Err(PolarsError::ComputeError("the file is damaged".into())));
    read.map_err(|error| UnreadableTable { problem: error.to_string() })
}

fn read(bytes: &[u8]) -> PolarsResult<Vec<Column>> {
    // On this thread, so that a panic is quiet.
    let frame = ParquetReader::new(Cursor::new(bytes)).read_parallel(ParallelStrategy::None).finish()?;
    let column = |series: &Series| {
        let values = match series.dtype() {
            DataType::String => Values::Text(series.str()?.iter().map(|text| text.map(str::to_owned)).collect()),
            DataType::Int64 => Values::Integer(series.i64()?.iter().collect()),
            DataType::Float64 => Values::Real(series.f64()?.iter().collect()),
            DataType::Boolean => Values::Boolean(series.bool()?.iter().collect()),
            other => return Err(PolarsError::SchemaMismatch(format!("{} is of type {other}", series.name()).into())),
        };
        Ok(Column { name: series.name().to_string(), values })
    };
    frame.columns().iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(n: usize) -> Vec<Column> {
        fn some<T>(row: usize, value: T) -> Option<T> {
            (row % 3 != 1).then_some(value)
        }
        let reals = [0.1, f64::INFINITY, -0.0, f64::MIN_POSITIVE];
        let column = |name: &str, values| Column { name: name.to_owned(), values };
        vec![
            column("text", Values::Text((0..n).map(|row| some(row, format!("Ná\"me, {row}\n"))).collect())),
            column("integer", Values::Integer((0..n).map(|row| some(row, i64::MAX - row as i64)).collect())),
            column("real", Values::Real((0..n).map(|row| some(row, reals[row % 4])).collect())),
            column("boolean", Values::Boolean((0..n).map(|row| some(row, row % 2 == 0)).collect())),
            column("nothing", Values::Text(vec![None; n])),
        ]
    }

    #[test]
    fn tables_come_back_as_they_were_and_equal_ones_give_equal_bytes() {
        for n in [0, 1, 2, 7000] {
            let bytes = write_table(&columns(n));
            assert_eq!(bytes, write_table(&columns(n)));
            assert_eq!(read_table(&bytes).unwrap(), columns(n));
        }
        assert_eq!(read_table(&write_table(&[])).unwrap(), []);
    }

    #[test]
    fn cut_files_are_errors() {
        let bytes = write_table(&columns(9));
        for len in [0, 3, bytes.len() / 2, bytes.len() - 1] {
            assert!(read_table(&bytes[..len]).is_err(), "{len}");
        }
    }
}
