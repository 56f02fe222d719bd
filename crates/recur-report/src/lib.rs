//! Records to Markdown, SVG and HTML: the same records give the same bytes.
//!
//! [`write()`] is the one entry. It reads no clock, no log and no store: all it knows stands in [`ReportInput`].
//! A report is rendered as a whole in memory before its first byte is written.

mod analysis;
mod answer;
mod axes;
mod check;
mod comparisons;
mod costs;
mod equivalence;
mod export;
mod figures;
mod files;
mod hint;
mod html;
mod index;
mod input;
mod markdown;
mod name_by_name;
mod numbers;
mod page;
mod practical;
mod provenance;
mod record;
mod sections;
mod signature;
mod together;

pub use check::ReportError;
pub use costs::{Cost, write_costs};
pub use export::{Export, SCHEMA_VERSION};
pub use files::{Destination, check_destination};
pub use index::{IndexState, Listed, index};
pub use input::{ReplicateSplit, ReportInput, Respelt, SplitSizes, Unscored};
pub use provenance::{ComparedSpec, ComparisonSource, MadeFrom, Provenance, SpecSource};
pub use record::{REPORT_RECORD_VERSION, ReportRecord, ReportRecordError};
pub use signature::{PARTS, Signature};
pub use together::{Overview, Part, Setting, Together, Unlike};

use analysis::Analysis;
use page::Page;
use std::path::PathBuf;

/// What [`write()`] made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The report, `DIR/NAME.md`.
    pub report: PathBuf,
    /// The same as one HTML page that holds its figures, `DIR/NAME.html`.
    pub html: PathBuf,
    /// Its figures, `DIR/NAME/*.svg`, sorted.
    pub figures: Vec<PathBuf>,
    /// Figures of an earlier report of this name that this one does not have: deleted.
    pub removed: Vec<PathBuf>,
    /// The report's first paragraph as plain text: what is better than what, and how sure that is.
    pub answer: String,
}

/// Writes the report of an experiment to `dir/NAME.md`, its figures to `dir/NAME/*.svg`, and all of it as one page to `dir/NAME.html`,
/// NAME being the plan's. `dir/NAME/report.json` has its question, its answer and its making for programs ([`ReportRecord`]).
///
/// `dir/NAME/SHA256SUMS` lists these files with their digests. Only what is in that list and was not changed since is ever
/// replaced, or deleted where this report does not make it anew; everything else stays.
///
/// # Errors
/// If the records do not belong together (see [`ReportError`]), something that is not to be replaced is at the place of a
/// file, or a file cannot be written. Then no file of an earlier report has been changed, unless the very last step, the
/// renaming of finished files, is what failed.
pub fn write<'a>(input: &ReportInput<'_>, destination: impl Into<Destination<'a>>) -> Result<Written, ReportError> {
    write_resampled(input, destination, recur_stats::RESAMPLES)
}

/// As [`write()`], with another number of resamples of the bootstrap than the usual 10,000; the report says how many.
///
/// # Errors
/// As [`write()`].
///
/// # Panics
/// If `n_resamples` is zero.
pub fn write_resampled<'a>(
    input: &ReportInput<'_>,
    destination: impl Into<Destination<'a>>,
    n_resamples: usize,
) -> Result<Written, ReportError> {
    assert!(n_resamples > 0, "no resamples");
    check::check(input)?;
    let analysis = Analysis::new(input, n_resamples);
    let mut page = Page::new(&input.plan.name);
    sections::render(&analysis, &mut page);
    files::write(page, &record(&analysis), destination.into(), answer::plain(&analysis))
}

/// What programs are to know of a report.
fn record(analysis: &Analysis<'_>) -> ReportRecord {
    let input = analysis.input;
    ReportRecord {
        recur_report: REPORT_RECORD_VERSION,
        name: input.plan.name.clone(),
        question: input.plan.question.clone(),
        answer: index::gist(&answer::markdown(analysis)),
        dataset: input.facts.dataset.clone(),
        files: input.facts.files.clone(),
        provenance: input.provenance.clone(),
        signature: Signature::of(input),
    }
}
