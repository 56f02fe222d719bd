//! An analysis as Markdown, SVG, HTML, LaTeX and JSON: the same analysis gives the same bytes.
//!
//! [`write()`] writes a report, [`write_costs`] the page of times next to it, [`Export`] what other programs read, and
//! [`Overview`] what fits on a screen. [`write_partial`] writes what there is of an experiment that is not finished. No number is
//! computed here: all of them are in [`recur_analysis::Analysis`] or [`recur_analysis::PartialAnalysis`]. A report is rendered as a
//! whole in memory before its first byte is written.
//!
//! [`ModelDescription`] and [`models_page`] describe models by what they declare.

mod answer;
mod axis_sentence;
mod costs;
mod error;
mod export;
mod figures;
mod files;
mod hint;
mod html;
mod index;
mod markdown;
mod method;
mod models;
mod numbers;
mod overview;
mod page;
mod partial;
mod practical;
mod provenance;
mod record;
mod results;
mod sections;
pub mod shell;
mod signature;
mod store_link;
mod trial_links;
mod try_text;

pub use costs::write_costs;
pub use error::ReportError;
pub use export::{Export, SCHEMA_VERSION, csv};
pub use files::{Destination, check_destination};
pub use index::{IndexState, Listed, index};
pub use models::{ModelDescription, ParameterDescription, models_page};
pub use overview::Overview;
pub use partial::{Continuation, PartialOverview, WrittenPartial, is_partial_report, partial_json, write_partial};
pub use provenance::{ComparedSpec, ComparisonSource, MadeFrom, Provenance, SpecSource};
pub use record::{REPORT_RECORD_VERSION, ReportRecord, ReportRecordError};
pub use results::ResultsTable;
pub use signature::{PARTS, Signature};
pub use store_link::StoreLink;
pub use try_text::{MOST_BYTES, NotTried, Passed, Tried, TryNetwork, TryText};

use answer::Opening;
use page::Page;
use recur_analysis::Analysis;
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
    /// The partial report of the experiment, where it stays: somebody changed it, or it cannot be removed.
    pub stale_partial: Option<PathBuf>,
    /// The report's first paragraph as plain text: what is better than what, and how sure that is.
    pub answer: String,
}

/// Writes the report of `analysis` to `dir/NAME.md`, its figures to `dir/NAME/*.svg`, and all of it as one page to `dir/NAME.html`,
/// NAME being the experiment's. `dir/NAME/report.json` has its question, its answer and its provenance for programs
/// ([`ReportRecord`]).
///
/// `dir/NAME/SHA256SUMS` lists these files with their digests. Only what is in that list and was not changed since is ever
/// replaced, or deleted where this report does not make it anew; everything else stays. The experiment's partial report
/// ([`write_partial`]) is deleted, unless somebody changed it.
///
/// # Errors
/// If the experiment's name cannot name a file, something that is not to be replaced is at the place of a file, or a file
/// cannot be written. Then no file of an earlier report has been changed, unless the very last step, the renaming of finished
/// files, is what failed.
pub fn write<'a>(
    analysis: &Analysis,
    provenance: &Provenance,
    signature: &Signature,
    destination: impl Into<Destination<'a>>,
) -> Result<Written, ReportError> {
    write_to_try(analysis, provenance, signature, &TryText::default(), destination)
}

/// Writes a report as [`write()`] does, with a box in its HTML page that runs a network on texts which the reader types.
///
/// # Errors
/// As [`write()`].
pub fn write_to_try<'a>(
    analysis: &Analysis,
    provenance: &Provenance,
    signature: &Signature,
    try_text: &TryText,
    destination: impl Into<Destination<'a>>,
) -> Result<Written, ReportError> {
    files::check_name(&analysis.experiment)?;
    let mut page = Page::new(&analysis.experiment);
    sections::render(analysis, provenance, signature, try_text, &mut page);
    files::write(page, &record(analysis, provenance, signature), destination.into(), Opening::plain(analysis).answer)
}

/// What programs are to know of a report.
fn record(analysis: &Analysis, provenance: &Provenance, signature: &Signature) -> ReportRecord {
    ReportRecord {
        recur_report: REPORT_RECORD_VERSION,
        name: analysis.experiment.clone(),
        question: analysis.question.clone(),
        answer: Opening::plain(analysis).gist,
        dataset: analysis.facts.dataset.clone(),
        files: analysis.facts.files.clone(),
        provenance: provenance.clone(),
        signature: signature.clone(),
    }
}

/// What `analysis` says is better than what, and how sure that is, as plain text: the first paragraph of its report.
pub fn answer(analysis: &Analysis) -> String {
    Opening::plain(analysis).answer
}
