//! Checked settings: what a spec says of data, split and training, with every default filled in.

mod training;

pub use training::{
    ClassWeights, EarlyStopping, Optimizer, Sampling, Schedule, TrainingKey, TrainingLength, TrainingSettings,
};

use crate::metric::{Metric, Requested};
use crate::noun::Noun;
use crate::split::Part;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use strum::VariantNames;

/// Where the texts come from and how they become rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSettings {
    /// Where the rows are read from.
    pub source: Source,
    /// The column that says which part of a published split a row is in; `None` if there is no such column.
    pub split_column: Option<String>,
    /// The column that holds the text; not used for a folder of `LABEL.txt`.
    pub text_column: String,
    /// The column that holds the label.
    pub label_column: String,
    /// How a text is normalised and encoded.
    pub text: TextSettings,
    /// What becomes of a second row with the same text and label.
    pub duplicates: Duplicates,
    /// What becomes of rows that cannot be used.
    pub rejects: Rejects,
    /// The largest share of rows (0 to 1) that may be rejected; with a larger one the data is refused.
    pub max_rejected: f64,
    /// Texts with more characters than this are rejected.
    pub max_characters: u32,
}

impl DataSettings {
    /// The column that the text is in where a spec names none: the shipped data has names.
    pub const TEXT_COLUMN: &str = "name";

    /// What a spec gets that says of its data only where it is.
    pub fn of(source: impl Into<Source>) -> Self {
        Self {
            source: source.into(),
            split_column: None,
            text_column: Self::TEXT_COLUMN.to_owned(),
            label_column: "label".to_owned(),
            text: TextSettings::default(),
            duplicates: Duplicates::Drop,
            rejects: Rejects::Report,
            max_rejected: 0.05,
            max_characters: 64,
        }
    }
}

/// Where rows are read from. A place is a file (csv, tsv, ndjson, parquet), a folder of `LABEL.txt`, or a glob of either, as
/// written in the spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Source {
    /// One place for all rows.
    All(String),
    /// A place for each part of a published split.
    Parts {
        /// The training rows.
        train: String,
        /// The validation rows; `None` takes them from the training rows.
        validation: Option<String>,
        /// The test rows.
        test: String,
    },
}

impl Source {
    /// The places with the part that each holds, if it holds only one.
    pub fn places(&self) -> Vec<(Option<Part>, &str)> {
        match self {
            Source::All(place) => vec![(None, place)],
            Source::Parts { train, validation, test } => {
                let validation = validation.as_ref().map(|place| (Some(Part::Validation), place.as_str()));
                let first = std::iter::once((Some(Part::Train), train.as_str()));
                first.chain(validation).chain([(Some(Part::Test), test.as_str())]).collect()
            }
        }
    }
}

impl From<&str> for Source {
    fn from(place: &str) -> Self {
        Source::All(place.to_owned())
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::All(place) => f.write_str(place),
            Source::Parts { .. } => {
                let places: Vec<String> = self
                    .places()
                    .into_iter()
                    .map(|(part, place)| format!("{place} ({})", part.map_or("all", Part::name)))
                    .collect();
                f.write_str(&places.join(", "))
            }
        }
    }
}

/// How a text is normalised and encoded. Blanks at either end are always trimmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextSettings {
    /// Unicode normalisation.
    pub unicode: UnicodeForm,
    /// Reduction to plain ASCII characters.
    pub fold: Fold,
    /// The characters that have a token; `None` takes every character of the data, in code-point order.
    pub alphabet: Option<String>,
    /// What becomes of characters outside the alphabet.
    pub unknown: Unknown,
}

impl Default for TextSettings {
    /// What a spec gets that says nothing of text: composed characters, no folding, every character of the data.
    fn default() -> Self {
        Self { unicode: UnicodeForm::Nfc, fold: Fold::None, alphabet: None, unknown: Unknown::Token }
    }
}

/// Unicode normalisation forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum UnicodeForm {
    /// Canonical composition.
    Nfc,
    /// Canonical decomposition.
    Nfd,
    /// Compatibility composition.
    Nfkc,
    /// As it is in the file.
    None,
}

/// Reduction of characters to ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Fold {
    /// No reduction.
    None,
    /// Marks are stripped after decomposition; what is then not ASCII stays a character outside the alphabet.
    Ascii,
    /// As `ascii`, and lower case.
    AsciiLower,
}

/// What becomes of characters outside the alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Unknown {
    /// They share one token of their own.
    Token,
    /// They are left out of the text.
    Drop,
    /// A text that has one is rejected.
    Error,
}

/// What becomes of a second row with the same text and label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Duplicates {
    /// One row is kept.
    Drop,
    /// All are kept.
    Keep,
    /// The data is refused.
    Error,
}

/// What becomes of rows that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Rejects {
    /// They are left out, counted, and listed in a rejects file.
    Report,
    /// The data is refused.
    Error,
}

/// How rows are divided into training, validation and test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitSettings {
    /// Where the three parts come from.
    pub division: Division,
    /// Whether every replicate has test rows of its own.
    pub test_rows: TestRows,
    /// Which rows must stay on one side.
    pub group: Group,
    /// Whether each label is divided in the same proportions.
    pub stratify: bool,
    /// What becomes of a published split with a group in two of its parts.
    pub overlap: Overlap,
}

impl Default for SplitSettings {
    /// What a small spec gets that says nothing of the split: eight tenths of each label's groups to train on, a tenth each to
    /// choose by and to test on.
    fn default() -> Self {
        Self::shares(0.8, 0.1, 0.1, Group::FoldedText, true)
    }
}

impl SplitSettings {
    /// A division by shares, with other test rows in each replicate.
    pub const fn shares(train: f64, validation: f64, test: f64, group: Group, stratify: bool) -> Self {
        Self {
            division: Division::Shares { train, validation, test },
            test_rows: TestRows::PerReplicate,
            group,
            stratify,
            overlap: Overlap::Refuse,
        }
    }
}

/// Where the training, validation and test rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Division {
    /// Drawn at random by these shares, which sum to 1.
    Shares {
        /// Share of rows to train on.
        train: f64,
        /// Share of rows to choose parameters by.
        validation: f64,
        /// Share of rows to score the chosen configurations on, once.
        test: f64,
    },
    /// Repeated k-fold cross-validation: each repeat divides the rows into `folds` parts, and each of these is the test
    /// part of one replicate (Bouckaert and Frank 2004).
    Folds {
        /// Parts of a repeat (k).
        folds: u32,
        /// How often the rows are divided anew.
        repeats: u32,
        /// Share of all rows to choose parameters by: they are drawn from the rows outside of the test fold.
        validation: f64,
    },
    /// The data says which row is in which part.
    Published {
        /// Share of the published training rows to choose parameters by, where the data has no validation rows of its
        /// own.
        validation: f64,
    },
}

impl Division {
    /// The number of replicates, where the division determines it.
    pub fn replicates(&self) -> Option<u32> {
        match self {
            Division::Folds { folds, repeats, .. } => Some(folds * repeats),
            Division::Shares { .. } | Division::Published { .. } => None,
        }
    }
}

/// Whether every replicate has test rows of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TestRows {
    /// Each replicate draws its test rows anew. A configuration is chosen for each replicate by that replicate's
    /// validation rows only, as rows that are tested here are validation rows elsewhere.
    PerReplicate,
    /// All replicates are tested on the same rows, which no replicate trains on or chooses by. One configuration is
    /// chosen for all replicates.
    Fixed,
}

/// What becomes of a published split with a group in two of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Overlap {
    /// The data is refused.
    Refuse,
    /// It is used as published, and the report says how many groups and texts are in two parts.
    Allow,
}

/// Which rows must stay on one side of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Group {
    /// Rows whose texts are equal but for marks, case, and masculine or feminine endings.
    FoldedText,
    /// Rows whose texts are equal but for case.
    Text,
    /// Each row is on its own.
    None,
}

/// What the report compares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportSettings {
    /// What the report calls an example: `data.noun`.
    pub noun: Noun,
    /// The metric to choose and rank by.
    pub primary: Metric,
    /// The model that the others are compared with.
    pub baseline: Option<String>,
    /// Differences of the primary metric that are smaller do not matter: models closer than that are as good as equal.
    pub equivalence_margin: Option<f64>,
    /// The label that is looked for among the others: of its ROC curve and the like.
    pub positive: Option<String>,
    /// The least precision at which recall of the positive label is given.
    pub recall_at_precision: f64,
    /// The network that the HTML page runs on a text of its reader.
    #[serde(rename = "try", default, skip_serializing_if = "ToTry::is_best")]
    pub to_try: ToTry,
}

/// Which network the HTML page of a report runs on a text that its reader types.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToTry {
    /// That of the model that is best on validation, among those that a page can run.
    #[default]
    Best,
    /// That of the model which reports call so.
    Model(String),
    /// None.
    Nothing,
}

impl ToTry {
    /// Whether it is left to the results.
    pub fn is_best(&self) -> bool {
        *self == Self::Best
    }
}

impl ReportSettings {
    /// The label that is looked for among `labels`, as its index: the one that is named, or of two the one with fewer rows, and of
    /// equal ones the later. `None` where none is named of more labels, or one that is not there.
    pub fn positive_among(&self, labels: &[String], rows_by_label: &BTreeMap<String, u64>) -> Option<usize> {
        let rows = |label: &String| rows_by_label.get(label).copied().unwrap_or(0);
        match (&self.positive, labels) {
            (Some(positive), labels) => labels.iter().position(|label| label == positive),
            (None, [first, second]) => Some(if rows(first) < rows(second) { 0 } else { 1 }),
            _ => None,
        }
    }

    /// What trials must compute besides the metrics that all have, because the report ranks by it.
    pub fn requested(&self, labels: &[String], rows_by_label: &BTreeMap<String, u64>) -> Option<Requested> {
        let metric = self.primary;
        let positive = || Some(labels[self.positive_among(labels, rows_by_label)?].clone());
        metric.is_on_request().then(|| Requested {
            metric,
            positive: metric.takes_positive().then(positive).flatten(),
            precision: metric.takes_precision().then_some(self.recall_at_precision),
        })
    }
}

impl Default for ReportSettings {
    /// What a spec gets that says nothing of its report.
    fn default() -> Self {
        let primary = Metric::DEFAULT;
        Self {
            noun: Noun::of(DataSettings::TEXT_COLUMN),
            primary,
            baseline: None,
            equivalence_margin: primary.about().negligible,
            positive: None,
            recall_at_precision: 0.9,
            to_try: ToTry::Best,
        }
    }
}
