//! A table written to Parquet part by part, for tables that are larger than memory should hold.

use crate::tables::frame;
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{ParquetCompression, ParquetWriter, PolarsError, StatisticsOptions};
use recur_core::table::Column;
use std::io::{self, Write};

/// A Parquet file that is being written; each part becomes a group of rows.
pub struct TableWriter<W: Write>(BatchedWriter<W>);

impl<W: Write + Send> TableWriter<W> {
    /// Begins a file with columns of the names and types of `columns`, whose values are not written.
    ///
    /// # Errors
    /// If the beginning cannot be written.
    ///
    /// # Panics
    /// If two columns share a name.
    pub fn new(out: W, columns: &[Column]) -> io::Result<Self> {
        let writer = ParquetWriter::new(out)
            .with_compression(ParquetCompression::Uncompressed)
            .with_statistics(StatisticsOptions::empty())
            .set_parallel(false);
        Ok(Self(writer.batched(frame(columns).schema()).map_err(plain)?))
    }

    /// Writes the rows of `columns`, which have the names and types of those that the file began with.
    ///
    /// # Errors
    /// If they cannot be written.
    ///
    /// # Panics
    /// If the columns differ in length.
    pub fn write(&mut self, columns: &[Column]) -> io::Result<()> {
        self.0.write_batch(&frame(columns)).map_err(plain)
    }

    /// Writes the end of the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> io::Result<()> {
        self.0.finish().map(drop).map_err(plain)
    }
}

/// What the system said, without polars around it.
fn plain(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
        other => io::Error::other(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::read_table;
    use recur_core::table::Values;

    fn columns(rows: std::ops::Range<i64>) -> Vec<Column> {
        let column = |name: &str, values| Column { name: name.to_owned(), values };
        vec![
            column("text", Values::Text(rows.clone().map(|row| (row % 3 != 0).then(|| row.to_string())).collect())),
            column("real", Values::Real(rows.clone().map(|row| Some(row as f64 / 7.0)).collect())),
            column("integer", Values::Integer(rows.map(Some).collect())),
        ]
    }

    #[test]
    fn parts_are_read_back_as_one_table() {
        let mut bytes = Vec::new();
        let mut writer = TableWriter::new(&mut bytes, &columns(0..0)).unwrap();
        for part in [0..5, 5..5, 5..3000, 3000..3001] {
            writer.write(&columns(part)).unwrap();
        }
        writer.finish().unwrap();
        assert_eq!(read_table(&bytes).unwrap(), columns(0..3001));
    }

    #[test]
    fn a_table_without_rows_is_a_file_too() {
        let mut bytes = Vec::new();
        TableWriter::new(&mut bytes, &columns(0..0)).unwrap().finish().unwrap();
        assert_eq!(read_table(&bytes).unwrap(), columns(0..0));
    }

    #[test]
    fn what_cannot_be_written_is_an_error() {
        let mut nowhere: &mut [u8] = &mut [0; 100];
        let mut writer = TableWriter::new(&mut nowhere, &columns(0..0)).unwrap();
        assert!(writer.write(&columns(0..1000)).is_err() || writer.finish().is_err());
    }
}
