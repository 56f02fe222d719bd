//! What a report is made from.

use crate::together::Setting;
use recur_core::digest::Digest;
use recur_core::facts::DataFacts;
use recur_core::plan::Plan;
use recur_core::record::TestRecord;
use recur_core::selection::{Finding, Selection};
use recur_core::trial::TrialId;

/// All that a report is made from. The order of `findings` and `tests` does not matter.
#[derive(Clone, Copy, Debug)]
pub struct ReportInput<'a> {
    /// The experiment.
    pub plan: &'a Plan,
    /// What became of the rows of its source.
    pub facts: &'a DataFacts,
    /// The labels, by index (C of them).
    pub label_names: &'a [String],
    /// Every trial that ended, however it did.
    pub findings: &'a [Finding],
    /// The chosen configurations.
    pub selection: &'a Selection,
    /// The test figures of the chosen configurations, one entry a replicate.
    pub tests: &'a [TestRecord],
    /// The trials of chosen configurations that could not be scored on test: their models are not ranked.
    pub unscored: &'a [Unscored],
    /// How many rows the parts of a split have.
    pub sizes: SplitSizes,
    /// How to get the same report again.
    pub how_to: &'a HowTo,
    /// Data sets of the same rows with names in other letters, whose trials are among the findings; none but in comparisons.
    pub respelt: &'a [Respelt],
    /// Whether figures chose the baseline, and nobody named it beforehand.
    pub baseline_is_chosen: bool,
}

impl ReportInput<'_> {
    /// Whether all trials of a replicate were scored on the very same names, so that models can be compared name by name.
    pub fn shares_names(&self) -> bool {
        self.respelt.is_empty()
    }
}

/// A data set of the same rows, divided in the same way, with names in other letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Respelt {
    /// What the experiment on it is called.
    pub name: String,
    /// The data set.
    pub dataset: Digest,
    /// The settings that differ from those of the report's own data set.
    pub settings: Vec<Setting>,
}

/// A trial of a chosen configuration whose model failed on the test rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unscored {
    /// The trial.
    pub trial: TrialId,
    /// Why it has no test figures.
    pub reason: String,
}

/// How many rows the parts of a split have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitSizes {
    /// Rows to train on.
    pub train: usize,
    /// Rows to choose by.
    pub validation: usize,
    /// Rows to score the chosen configurations on.
    pub test: usize,
}

/// How to get the same report again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HowTo {
    /// The spec as it was named on the command line.
    pub spec_path: String,
    /// The command to type, with every override.
    pub command: String,
    /// The version of recur.
    pub recur_version: String,
    /// The commit of the project that recur was built from, where known.
    pub commit: Option<String>,
    /// The spec as YAML, with defaults and overrides filled in.
    pub resolved_spec: String,
    /// The version of the numeric contract.
    pub numeric_contract: u32,
}
