//! The figures of a report in forms for other programs: tables of columns, JSON, LaTeX.
//!
//! They come from the analysis that the report is rendered from, unrounded where a form is not for people.

mod document;
mod latex;
mod leaderboard;
mod records;

use crate::analysis::Analysis;
use crate::check::check;
use crate::input::ReportInput;
use crate::{ReportError, answer};
use recur_core::table::Column;

pub use document::SCHEMA_VERSION;
pub(crate) use leaderboard::{Standing, in_order};

/// The figures of a report, for other programs. Equal input gives equal bytes.
pub struct Export<'a> {
    analysis: Analysis<'a>,
}

impl<'a> Export<'a> {
    /// The figures of the report of `input`.
    ///
    /// # Errors
    /// If the records do not belong together (see [`ReportError`]).
    pub fn of(input: &'a ReportInput<'a>) -> Result<Self, ReportError> {
        Self::resampled(input, recur_stats::RESAMPLES)
    }

    /// As [`Export::of`], with another number of resamples of the bootstrap than the usual 10,000.
    ///
    /// # Errors
    /// As [`Export::of`].
    ///
    /// # Panics
    /// If `n_resamples` is zero.
    pub fn resampled(input: &'a ReportInput<'a>, n_resamples: usize) -> Result<Self, ReportError> {
        assert!(n_resamples > 0, "no resamples");
        check(input)?;
        Ok(Self { analysis: Analysis::new(input, n_resamples) })
    }

    /// One row a trial and a figure: `experiment`, `trial`, `model`, `configuration`, `param_NAME` for each parameter of any
    /// model, `parameters`, `replicate`, `chosen`, `outcome`, `split`, `metric` and `value`.
    ///
    /// Training and validation figures are those of the epoch whose weights were kept. A trial that did not finish has its
    /// rows without a value. Test figures stand for the chosen configurations alone: there are no others.
    pub fn records(&self) -> Vec<Column> {
        records::columns(&self.analysis)
    }

    /// One row a model, best first, with unrounded figures.
    pub fn leaderboard(&self) -> Vec<Column> {
        leaderboard::columns(&self.analysis)
    }

    /// The leaderboard as a LaTeX table for the package `booktabs`, rounded as in the report.
    pub fn leaderboard_latex(&self) -> String {
        latex::table(&self.analysis)
    }

    /// All figures of the analysis as one JSON document of version [`SCHEMA_VERSION`]; what is no finite number is `null`.
    pub fn json(&self) -> String {
        document::json(&self.analysis, answer::plain(&self.analysis))
    }
}
