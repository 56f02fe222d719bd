//! An analysis in forms for other programs: tables of columns, JSON, LaTeX; unrounded where a form is not for people.

mod csv;
mod document;
mod latex;
mod leaderboard;
mod records;

use crate::answer::Opening;
use crate::provenance::Provenance;
use crate::signature::Signature;
use recur_analysis::Analysis;
use recur_core::table::Column;

pub use csv::csv;
pub use document::SCHEMA_VERSION;

/// An analysis, for other programs. Equal analyses give equal bytes.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    analysis: &'a Analysis,
    provenance: &'a Provenance,
    signature: &'a Signature,
}

impl<'a> Export<'a> {
    /// Of `analysis`; `provenance` and `signature` are those of its report.
    pub fn of(analysis: &'a Analysis, provenance: &'a Provenance, signature: &'a Signature) -> Self {
        Self { analysis, provenance, signature }
    }

    /// One row a trial and a metric: `experiment`, `trial`, `model`, `configuration`, `param_NAME` for each parameter of any
    /// model, `parameters`, `replicate`, `chosen`, `outcome`, `split`, `metric` and `value`.
    ///
    /// Training and validation results are those of the epoch whose weights were kept. A trial that did not finish has its
    /// rows without a value. Only chosen configurations have test results: there are no others.
    pub fn records(&self) -> Vec<Column> {
        records::columns(self.analysis)
    }

    /// One row a model, best first, unrounded.
    pub fn leaderboard(&self) -> Vec<Column> {
        leaderboard::columns(self.analysis)
    }

    /// The leaderboard as a LaTeX table for the package `booktabs`, rounded as in the report.
    pub fn leaderboard_latex(&self) -> String {
        latex::table(self.analysis)
    }

    /// The whole analysis as one JSON document of version [`SCHEMA_VERSION`]; what is no finite number is `null`.
    pub fn json(&self) -> String {
        document::json(self.analysis, Opening::plain(self.analysis), self.provenance, self.signature)
    }
}
