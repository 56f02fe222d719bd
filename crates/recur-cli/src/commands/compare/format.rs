//! What the file of a comparison holds.

use crate::error::CliError;
use recur_report::{Export, csv};
use std::path::Path;

/// What a file is to hold, by its ending.
#[derive(Clone, Copy)]
pub(super) enum Format {
    Report,
    Analysis,
    Latex,
    Csv,
}

impl Format {
    pub(super) fn of(path: &Path) -> Result<Self, CliError> {
        match path.extension().and_then(|ending| ending.to_str()).unwrap_or("") {
            "md" => Ok(Format::Report),
            "json" => Ok(Format::Analysis),
            "tex" => Ok(Format::Latex),
            "csv" => Ok(Format::Csv),
            _ => Err(CliError::ending(path, "write", &[".md", ".json", ".tex", ".csv"])),
        }
    }

    /// The content of the file; nothing for a report, which has several files.
    pub(super) fn bytes(self, export: &Export<'_>) -> Option<Vec<u8>> {
        match self {
            Format::Report => None,
            Format::Analysis => Some(export.json().into_bytes()),
            Format::Latex => Some(export.leaderboard_latex().into_bytes()),
            Format::Csv => Some(csv(&export.leaderboard())),
        }
    }
}
