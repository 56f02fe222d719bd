//! What the models learned from, and how their results are compared.

use crate::difference::{Basis, CONFIDENCE};
use crate::outcomes::SplitSizes;
use crate::ranked::Ranked;
use recur_core::data_warning::DataWarning;
use recur_core::digest::Digest;
use recur_core::facts::DataFacts;
use recur_core::settings::{EarlyStopping, SplitSettings, TestRows};
use serde::Serialize;

/// What the models learned from. [`crate::Analysis::facts`] has what became of the rows of the source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Data {
    /// The source as written in the spec.
    pub source: String,
    /// The digest of the data set.
    pub dataset: Digest,
    /// Rows of the data set, without those of the source that are not used.
    pub rows: u64,
    /// Its labels, by index.
    pub labels: Vec<String>,
    /// The rows of each label, by the label's name.
    pub rows_by_label: Vec<LabelRows>,
    /// Training rows: a mean over replicates.
    pub train_rows: usize,
    /// Validation rows: a mean over replicates.
    pub validation_rows: usize,
    /// Test rows: a mean over replicates.
    pub test_rows: usize,
    /// Whether the parts of a split have other sizes on other replicates.
    pub sizes_differ: bool,
    /// The share of rows that the best answer to each exact text gets right.
    pub accuracy_ceiling: f64,
    /// The same of the rows tested, as a mean over replicates.
    pub accuracy_ceiling_tested: Option<f64>,
    /// The share of rows of the commonest label.
    pub majority_share: f64,
    /// Labels without a test row on any replicate.
    pub labels_without_test_rows: Vec<String>,
    /// Labels without a test row on some replicates.
    pub labels_sometimes_without_test_rows: Vec<String>,
    /// Labels with test rows and without training rows on some replicate.
    pub labels_without_training_rows: Vec<String>,
    /// Labels with fewer rows than the split divides them into.
    pub few_rows: Option<DataWarning>,
}

/// The rows of a label.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct LabelRows {
    pub label: String,
    pub rows: u64,
    /// Their share of all rows.
    pub share: f64,
}

/// How results are compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Method {
    /// Whether each replicate has test rows of its own.
    pub test_rows: TestRows,
    /// The confidence of all intervals.
    pub confidence: f64,
    /// What results on test rows depend on.
    pub basis: Basis,
    /// What results on validation rows depend on.
    pub validation_basis: Basis,
    /// How many rows that are not trained on there are for each training row.
    pub ratio: f64,
    /// Whether the data says which rows are validation rows.
    pub has_published_validation: bool,
    /// Resamples of a bootstrap over the test examples of two models.
    pub bootstrap_resamples: usize,
    /// Resamples of the groups of a fixed test set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_resamples: Option<usize>,
}

/// What the spec asks for, as far as it is needed to understand the results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// How the rows are divided.
    pub split: SplitSettings,
    /// When training ends early.
    pub early_stopping: Option<EarlyStopping>,
    /// Whether some configurations are trained with it, or with another one, and some without.
    pub early_stopping_differs: bool,
    /// Models that differ by less in the primary metric are as good as each other; `None` where the spec has no margin.
    pub equivalence_margin: Option<f64>,
}

impl Data {
    pub(crate) fn of(ranked: &Ranked<'_>) -> Self {
        let labels = ranked.labels_without_rows();
        let outcomes = ranked.outcomes;
        let (facts, SplitSizes { train, validation, test }) = (outcomes.facts, outcomes.sizes());
        Self {
            source: facts.source.clone(),
            dataset: facts.dataset.clone(),
            rows: facts.rows,
            labels: outcomes.label_names.to_vec(),
            rows_by_label: rows_by_label(facts),
            train_rows: train,
            validation_rows: validation,
            test_rows: test,
            sizes_differ: outcomes.splits.windows(2).any(|pair| pair[0].sizes != pair[1].sizes),
            accuracy_ceiling: facts.accuracy_ceiling,
            accuracy_ceiling_tested: ranked.test_ceiling(),
            majority_share: facts.majority_share,
            labels_without_test_rows: labels.never_tested,
            labels_sometimes_without_test_rows: labels.sometimes_untested,
            labels_without_training_rows: labels.untrained,
            few_rows: DataWarning::few_rows(facts, &outcomes.plan.split),
        }
    }
}

fn rows_by_label(facts: &DataFacts) -> Vec<LabelRows> {
    let of = |(label, rows): (&String, &u64)| LabelRows {
        label: label.clone(),
        rows: *rows,
        share: *rows as f64 / facts.rows.max(1) as f64,
    };
    facts.rows_by_label.iter().map(of).collect()
}

impl Method {
    pub(crate) fn of(ranked: &Ranked<'_>) -> Self {
        let basis = ranked.test_basis();
        Self {
            test_rows: ranked.outcomes.plan.split.test_rows,
            confidence: CONFIDENCE,
            basis,
            validation_basis: ranked.validation_basis(),
            ratio: basis.ratio(),
            has_published_validation: ranked.has_published_validation(),
            bootstrap_resamples: ranked.n_resamples,
            group_resamples: ranked.has_fixed_test().then(|| ranked.n_group_resamples()),
        }
    }
}

impl Settings {
    pub(crate) fn of(ranked: &Ranked<'_>) -> Self {
        let plan = ranked.outcomes.plan;
        let trained = ranked.outcomes.trials.iter().filter_map(|outcome| outcome.record.identity.training.as_ref());
        let mut distinct: Vec<Option<EarlyStopping>> = Vec::new();
        for training in trained {
            if !distinct.contains(&training.early_stopping) {
                distinct.push(training.early_stopping);
            }
        }
        let shared = plan.training.early_stopping;
        Self {
            split: plan.split.clone(),
            early_stopping: if let [only] = distinct[..] { only } else { shared },
            early_stopping_differs: distinct.len() > 1,
            equivalence_margin: plan.report.equivalence_margin,
        }
    }
}
