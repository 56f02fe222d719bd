//! `partial.json`: what a partial report is about, for programs. By it recur knows its own partial reports, and what `recur reports` leaves
//! out.

use crate::provenance::Provenance;
use crate::record::ReportRecordError;
use recur_core::visible::visible_json;
use recur_files::read_regular;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of its fields: raised when one is renamed, removed, or changes its meaning.
const VERSION: u32 = 1;

/// The most bytes of a record.
const MOST: u64 = 64 << 20;

/// What a partial report is about. It has no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartialRecord {
    recur_partial_report: u32,
    /// The experiment's name.
    pub(crate) name: String,
    /// The question; empty if it has none.
    pub(crate) question: String,
    /// How the report of the experiment is made.
    #[serde(flatten)]
    pub(crate) provenance: Provenance,
}

impl PartialRecord {
    /// The file's name within the folder of a partial report.
    pub(crate) const FILE: &str = "partial.json";

    pub(crate) fn new(name: &str, question: &str, provenance: &Provenance) -> Self {
        let (name, question) = (name.to_owned(), question.to_owned());
        Self { recur_partial_report: VERSION, name, question, provenance: provenance.clone() }
    }

    /// The record of the partial report at `path`; nothing where there is none.
    ///
    /// # Errors
    /// If there is one, and it cannot be read or used.
    pub(crate) fn of_report(path: &Path) -> Result<Option<Self>, ReportRecordError> {
        let path = path.with_extension("").join(Self::FILE);
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        let bytes = match read_regular(&path, MOST) {
            Ok(bytes) => bytes,
            Err(source) => return Err(ReportRecordError::Unreadable { path, source }),
        };
        let record: Self = serde_json::from_slice(&bytes)?;
        match record.recur_partial_report {
            VERSION => Ok(Some(record)),
            found => Err(ReportRecordError::Version { found }),
        }
    }

    /// It as JSON, with hidden characters as escapes.
    pub(crate) fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("its maps have strings as keys");
        visible_json(&json).into_owned() + "\n"
    }
}
