//! The report of an experiment that is not finished: what is there, and no verdict. It reads a [`PartialAnalysis`], which has no test
//! result.

mod cost;
mod overview;
mod page;
mod record;

pub use overview::PartialOverview;
pub(crate) use record::PartialRecord;

use crate::page::Page;
use crate::{Destination, Provenance, ReportError, files};
use recur_analysis::PartialAnalysis;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The version of the fields of [`partial_json`]: raised when one is renamed, removed, or changes its meaning.
const SCHEMA_VERSION: u32 = 1;

/// What [`write_partial`] made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenPartial {
    /// The report, `DIR/NAME.partial.md`.
    pub report: PathBuf,
    /// The same as one HTML page that holds its figures, `DIR/NAME.partial.html`.
    pub html: PathBuf,
    /// Its figures, `DIR/NAME.partial/*.svg`, sorted.
    pub figures: Vec<PathBuf>,
}

/// The commands that a partial report names, as users type them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continuation {
    /// Trains what is missing, and writes the full report.
    pub goes_on: String,
    /// Writes the partial report again.
    pub again: String,
}

/// Writes what there is of an experiment to `dir/NAME.partial.md`, its figures to `dir/NAME.partial/*.svg`, and all of it as one page to
/// `dir/NAME.partial.html`. An earlier partial report of the experiment is replaced by the rules of [`crate::write()`]; the full
/// report has other files, and stays as it is.
///
/// # Errors
/// As [`crate::write()`].
pub fn write_partial<'a>(
    analysis: &PartialAnalysis,
    provenance: &Provenance,
    commands: &Continuation,
    destination: impl Into<Destination<'a>>,
) -> Result<WrittenPartial, ReportError> {
    files::check_name(&analysis.experiment)?;
    let mut page = Page::new(&files::partial_name(&analysis.experiment));
    page::render(analysis, provenance, commands, &mut page);
    let record = PartialRecord::new(&analysis.experiment, &analysis.question, provenance);
    files::write_partial(page, &record, destination.into(), &overview::state(analysis))
}

/// Whether the page at `path` is a partial report that recur wrote.
pub fn is_partial_report(path: &Path) -> bool {
    let is_named_so = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(".partial.md"));
    is_named_so && matches!(PartialRecord::of_report(path), Ok(Some(_)))
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    recur_version: &'a str,
    /// Always: no program takes it for the analysis of a finished experiment.
    is_partial: bool,
    higher_is_better: bool,
    #[serde(flatten)]
    analysis: &'a PartialAnalysis,
}

/// All of `analysis` for other programs, as JSON with a line end.
pub fn partial_json(analysis: &PartialAnalysis, provenance: &Provenance) -> String {
    let document = Document {
        schema_version: SCHEMA_VERSION,
        recur_version: &provenance.recur_version,
        is_partial: true,
        higher_is_better: analysis.primary.higher_is_better(),
        analysis,
    };
    serde_json::to_string_pretty(&document).expect("the document has only string keys") + "\n"
}
