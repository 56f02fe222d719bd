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
    let bytes = read_regular(&record, MOST).map_err(|source| CliError::ReadReport { path: record.clone(), source })?;
    ReportRecord::read(&bytes).map(Some).map_err(|source| CliError::ReportRecord { path: record, source })
}
