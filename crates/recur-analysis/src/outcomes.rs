//! What an analysis is made from.

use crate::setting::DifferingSetting;
use crate::tried::ModelStages;
use recur_core::dataset::Dataset;
use recur_core::digest::Digest;
use recur_core::facts::DataFacts;
use recur_core::plan::{Plan, UnusedSettings};
use recur_core::record::TestRecord;
use recur_core::search::Budget;
use recur_core::selection::{Selection, TrialOutcome};
use recur_core::split::Split;
use recur_core::trial::TrialId;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What became of the trials of an experiment, with all that is needed to make sense of it. The order of `trials` and `tests`
/// does not matter.
#[derive(Clone, Copy, Debug)]
pub struct Outcomes<'a> {
    /// The plan of the experiment whose trials these are.
    pub plan: &'a Plan,
    /// What became of the rows of its source.
    pub facts: &'a DataFacts,
    /// The labels, by index (C of them).
    pub label_names: &'a [String],
    /// Every trial that ended, however it did.
    pub trials: &'a [TrialOutcome],
    /// The chosen configurations.
    pub selection: &'a Selection,
    /// The test results of the chosen configurations, one entry a replicate.
    pub tests: &'a [TestRecord],
    /// The trials of chosen configurations that could not be scored on test: their models are not ranked.
    pub unscored: &'a [Unscored],
    /// How the rows are divided, one entry a replicate.
    pub splits: &'a [ReplicateSplit],
    /// What the spec asks of training and a model does not use, one entry for each such model.
    pub unused: &'a [UnusedSettings],
    /// The models that are given the validation examples of their trials.
    pub sees_validation: &'a [String],
    /// What each configuration of the plan was trained for when it was eliminated; empty where none was.
    pub eliminated: &'a [Option<Budget>],
    /// The race or the search of each model; empty where every configuration was trained on every replicate.
    pub stages: &'a [ModelStages],
    /// Where the trials are those of several experiments: what was merged.
    pub comparison: Option<&'a ComparisonFacts>,
}

impl Outcomes<'_> {
    /// How many rows the parts of a split have: means over replicates, to whole rows.
    pub fn sizes(&self) -> SplitSizes {
        SplitSizes::mean(self.splits)
    }

    /// What a configuration of the plan is trained for.
    pub(crate) fn planned(&self, configuration: usize) -> Budget {
        self.eliminated.get(configuration).copied().flatten().unwrap_or(Budget::full(self.plan.replicates))
    }

    /// Whether all trials of a replicate were scored on the very same test examples, so that models can be compared on each.
    pub fn shares_examples(&self) -> bool {
        self.comparison.is_none_or(|comparison| comparison.different_encodings.is_empty())
    }
}

/// What was merged where several experiments are compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ComparisonFacts {
    /// Models that are listed once although several experiments have them: by label, the label that they are listed under.
    pub duplicates: BTreeMap<String, String>,
    /// Data sets of the same rows with texts in other characters, whose trials are among the outcomes.
    pub different_encodings: Vec<DifferentEncoding>,
    /// Whether validation results chose the baseline, and nobody named it beforehand.
    pub baseline_is_chosen: bool,
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
    /// What an analysis needs to know of `split`.
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

/// A data set of the same rows, divided in the same way, with texts in other characters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DifferentEncoding {
    /// What the experiment on it is called.
    pub name: String,
    /// The digest of that data set.
    pub dataset: Digest,
    /// How its rows are divided, one entry a replicate: the same groups, perhaps in another order.
    #[serde(skip)]
    pub splits: Vec<ReplicateSplit>,
    /// The settings that differ from those of the first data set.
    pub settings: Vec<DifferingSetting>,
}

/// A trial of a chosen configuration whose model failed on the test rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unscored {
    /// The id under which the store keeps it.
    pub trial: TrialId,
    /// Why it has no test results.
    pub reason: String,
}

/// How many rows the parts of a split have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
