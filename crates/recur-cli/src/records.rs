//! Reading the records of reports.

use crate::error::CliError;
use recur_files::read_regular;
use recur_report::ReportRecord;
use std::path::Path;

/// The most bytes of a record.
const MOST: u64 = 64 << 20;

/// The record of the report at `path`; nothing where there is none.
pub(crate) fn record_of(path: &Path) -> Result<Option<ReportRecord>, CliError> {
    let record = ReportRecord::path_of(path);
    if path.extension().is_none_or(|extension| extension != "md") || record.symlink_metadata().is_err() {
        return Ok(None);
    }
    let bytes = read_regular(&record, MOST).map_err(|error| CliError::cannot_read_report(&record, &error))?;
    let damaged = |error| CliError::new(format!("cannot use {}", record.display())).because(&error).hint(write_anew());
    ReportRecord::read(&bytes).map(Some).map_err(damaged)
}

/// What to do about a record that cannot be used.
pub(crate) fn write_anew() -> String {
    "write the report anew from the stored records: recur report SPEC --replace".to_owned()
}
