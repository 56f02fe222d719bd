//! What a report is made from.

use crate::provenance::Provenance;
use crate::together::Setting;
use recur_core::dataset::Dataset;
use recur_core::digest::Digest;
use recur_core::facts::DataFacts;
use recur_core::plan::{Plan, UnusedSettings};
use recur_core::record::TestRecord;
use recur_core::selection::{Finding, Selection};
use recur_core::split::Split;
use recur_core::trial::TrialId;
use std::collections::BTreeSet;

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
    /// How the rows are divided, one entry a replicate.
    pub splits: &'a [ReplicateSplit],
    /// What the spec asks of training and a model does not use, one entry for each such model.
    pub unused: &'a [UnusedSettings],
    /// How the report is made.
    pub provenance: &'a Provenance,
    /// Data sets of the same rows with names in other letters, whose trials are among the findings; none but in comparisons.
    pub respelt: &'a [Respelt],
    /// Whether figures chose the baseline, and nobody named it beforehand.
    pub baseline_is_chosen: bool,
}

impl ReportInput<'_> {
    /// How many rows the parts of a split have: means over replicates, to whole rows.
    pub fn sizes(&self) -> SplitSizes {
        SplitSizes::mean(self.splits)
    }

    /// Whether all trials of a replicate were scored on the very same names, so that models can be compared name by name.
    pub fn shares_names(&self) -> bool {
        self.respelt.is_empty()
    }
}

/// How the rows are divided on one replicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicateSplit {
    /// How many rows each part has.
    pub sizes: SplitSizes,
    /// The group of each test row, in the order of the rows.
    pub test_groups: Vec<u32>,
    /// Labels that test rows have and no training row has: they cannot be learned.
    pub untrained_labels: Vec<u16>,
    /// Labels that no test row has: the results do not cover them.
    pub untested_labels: Vec<u16>,
}

impl ReplicateSplit {
    /// What a report needs to know of `split`.
    pub fn of(dataset: &Dataset, split: &Split) -> Self {
        let labels =
            |rows: &[u32]| -> BTreeSet<u16> { rows.iter().map(|row| dataset.labels()[*row as usize]).collect() };
        let (trained, tested) = (labels(&split.train), labels(&split.test));
        Self {
            sizes: SplitSizes { train: split.train.len(), validation: split.validation.len(), test: split.test.len() },
            test_groups: split.test.iter().map(|row| dataset.groups()[*row as usize]).collect(),
            untrained_labels: tested.difference(&trained).copied().collect(),
            untested_labels: (0..dataset.label_names().len() as u16).filter(|label| !tested.contains(label)).collect(),
        }
    }
}

/// A data set of the same rows, divided in the same way, with names in other letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Respelt {
    /// What the experiment on it is called.
    pub name: String,
    /// The data set.
    pub dataset: Digest,
    /// How its rows are divided, one entry a replicate: the same groups, perhaps in another order.
    pub splits: Vec<ReplicateSplit>,
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

impl SplitSizes {
    /// The means over replicates, to whole rows; zeros without a replicate.
    pub fn mean(splits: &[ReplicateSplit]) -> Self {
        let n = splits.len().max(1);
        let mean = |of: fn(&Self) -> usize| {
            let sum: usize = splits.iter().map(|split| of(&split.sizes)).sum();
            (sum + n / 2) / n
        };
        Self { train: mean(|s| s.train), validation: mean(|s| s.validation), test: mean(|s| s.test) }
    }
}
