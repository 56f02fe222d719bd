//! The threads of polars: it starts its pool at its first use, and panics where the system refuses it one.

use crate::error::IngestError;
use crate::quiet::quietly;
use polars::prelude::{CsvReadOptions, SerReader};
use std::io::Cursor;
use std::sync::OnceLock;

/// Starts the threads of polars, once for the process, so that a system that refuses them is an error and no panic.
pub(crate) fn start() -> Result<(), IngestError> {
    static STARTED: OnceLock<bool> = OnceLock::new();
    let read = || CsvReadOptions::default().into_reader_with_file_handle(Cursor::new("a\n1\n")).finish().is_ok();
    match *STARTED.get_or_init(|| quietly(read).unwrap_or(false)) {
        true => Ok(()),
        false => Err(IngestError::Threads),
    }
}
