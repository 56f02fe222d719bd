//! `report.json`: what a report asks and answers, and how it was made, for programs. `recur verify`, `recur reports` and
//! `recur compare` read it; the text of the report is for people.

use crate::provenance::Provenance;
use crate::signature::Signature;
use recur_core::digest::Digest;
use recur_core::visible::{shown, visible_json};
use recur_files::read_regular;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The file's name within the report's folder.
const FILE: &str = "report.json";

/// The version of its fields: raised when one is renamed, removed, or changes its meaning.
pub const REPORT_RECORD_VERSION: u32 = 4;

/// What a report asks and answers, and how it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRecord {
    /// [`REPORT_RECORD_VERSION`].
    pub recur_report: u32,
    /// The experiment's name, or the comparison's.
    pub name: String,
    /// The question; empty if it has none.
    pub question: String,
    /// The first sentences of the answer, as plain text.
    pub answer: String,
    /// The content of the data set.
    pub dataset: Digest,
    /// The SHA-256 of each file of the data, by its path in the spec.
    pub files: BTreeMap<String, Digest>,
    /// How it was made.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// What it was made of.
    pub signature: Signature,
}

/// The most bytes of a record.
const MOST: u64 = 64 << 20;

/// Why a text is not the record of a report, or a file is not a report. [`ReportRecordError::hint`] is the next thing to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum ReportRecordError {
    /// It is no JSON of this kind.
    #[error("it is not the record of a report")]
    Json(#[from] serde_json::Error),
    /// Another version of recur wrote it.
    #[error("it has version {found}, and this version of recur reads only version {REPORT_RECORD_VERSION}")]
    Version { found: u32 },
    /// A page without the record of a report.
    #[error(
        "{} is not a report of recur: there is no {} next to it",
        shown(report),
        shown(ReportRecord::path_of(report))
    )]
    NoReport { report: PathBuf },
    /// A report, or its record, cannot be read.
    #[error("cannot read the report {}", shown(path))]
    Unreadable { path: PathBuf, source: io::Error },
    /// The record of a report cannot be used.
    #[error("cannot use {}", shown(path))]
    Damaged { path: PathBuf, source: Box<ReportRecordError> },
}

impl ReportRecordError {
    /// What to do about a record that cannot be used.
    pub const WRITE_ANEW: &str = "write the report anew from the stored records: recur report SPEC --replace; a comparison: recur compare … --write FILE --replace";

    /// What to do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoReport { report } => Some(format!(
                "a report that was copied needs its {}; recur report SPEC --replace, or recur compare … --write FILE --replace, writes one of an earlier version anew",
                shown(ReportRecord::path_of(report))
            )),
            Self::Unreadable { .. } => None,
            Self::Damaged { .. } | Self::Json(_) | Self::Version { .. } => Some(Self::WRITE_ANEW.to_owned()),
        }
    }
}

#[derive(Deserialize)]
struct Version {
    recur_report: u32,
}

impl ReportRecord {
    /// Where the record of the report at `report`, a path that ends in `.md`, is.
    pub fn path_of(report: &Path) -> PathBuf {
        report.with_extension("").join(FILE)
    }

    /// The report whose record is at `path`, if `path` has the name of one.
    pub fn report_of(path: &Path) -> Option<PathBuf> {
        let folder = path.parent().filter(|folder| folder.file_name().is_some())?;
        let name = format!("{}.md", folder.file_name()?.to_str()?);
        (path.file_name()? == FILE).then(|| folder.with_file_name(name))
    }

    /// The record of the report at `path`; nothing where there is none.
    ///
    /// # Errors
    /// If there is one, and it cannot be read or used.
    pub fn of_report(path: &Path) -> Result<Option<Self>, ReportRecordError> {
        let record = Self::path_of(path);
        if path.extension().is_none_or(|extension| extension != "md") || record.symlink_metadata().is_err() {
            return Ok(None);
        }
        match read_regular(&record, MOST) {
            Ok(bytes) => Self::read(&bytes)
                .map(Some)
                .map_err(|source| ReportRecordError::Damaged { path: record, source: Box::new(source) }),
            Err(source) => Err(ReportRecordError::Unreadable { path: record, source }),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// If it is no JSON of this kind, or of another version.
    pub fn read(json: &[u8]) -> Result<Self, ReportRecordError> {
        let Version { recur_report: found } = serde_json::from_slice(json)?;
        if found != REPORT_RECORD_VERSION {
            return Err(ReportRecordError::Version { found });
        }
        Ok(serde_json::from_slice(json)?)
    }

    /// It as JSON, with hidden characters as escapes.
    pub(crate) fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("its maps have strings as keys");
        visible_json(&json).into_owned() + "\n"
    }

    /// The file's name within the report's folder.
    pub(crate) const fn file() -> &'static str {
        FILE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_and_its_record_lead_to_each_other() {
        let record = ReportRecord::path_of(Path::new("reports/a.b.md"));
        assert_eq!(record, Path::new("reports/a.b/report.json"));
        assert_eq!(ReportRecord::report_of(&record).unwrap(), Path::new("reports/a.b.md"));
        assert_eq!(ReportRecord::report_of(Path::new("report.json")), None);
        assert_eq!(ReportRecord::report_of(Path::new("a/other.json")), None);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let refused = |json: &str| {
            let error = ReportRecord::read(json.as_bytes()).unwrap_err();
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            format!("{error}; {cause}")
        };
        assert!(refused("# A report").contains("not the record of a report; expected value at line 1"));
        assert!(refused("{}").contains("missing field `recur_report`"));
        assert!(refused(&format!(r#"{{"recur_report": {REPORT_RECORD_VERSION}}}"#)).contains("missing field `name`"));
        assert!(refused(r#"{"recur_report": 99}"#).contains("has version 99, and this version of recur reads only"));
    }
}
