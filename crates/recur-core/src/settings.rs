//! Checked settings: what a spec says of data, split and training, with every default filled in.

use crate::metric::Metric;
use serde::{Deserialize, Serialize};

/// Where the names come from and how they become rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSettings {
    /// A file (csv, tsv, ndjson, parquet), a folder of `LABEL.txt`, or a glob of either, as written in the spec.
    pub source: String,
    /// The column that holds the name; not used for a folder of `LABEL.txt`.
    pub name_column: String,
    /// The column that holds the label.
    pub label_column: String,
    /// How a name's text is normalised and encoded.
    pub text: TextSettings,
    /// What becomes of a second row with the same name and label.
    pub duplicates: Duplicates,
    /// What becomes of rows that cannot be used.
    pub rejects: Rejects,
    /// Names with more letters than this are rejected.
    pub max_letters: u32,
}

/// How a name's text is normalised and encoded. Blanks at either end are always trimmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextSettings {
    /// Unicode normalisation.
    pub unicode: UnicodeForm,
    /// Reduction to plain ASCII letters.
    pub fold: Fold,
    /// The letters that have a token; `None` takes every letter of the data, in code-point order.
    pub alphabet: Option<String>,
    /// What becomes of letters outside the alphabet.
    pub unknown: Unknown,
}

/// Unicode normalisation forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnicodeForm {
    /// Canonical composition.
    Nfc,
    /// Canonical decomposition.
    Nfd,
    /// Compatibility composition.
    Nfkc,
    /// As it stands in the file.
    None,
}

/// Reduction of letters to ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// No reduction.
    None,
    /// Marks are stripped after decomposition; what is then not ASCII stays a letter outside the alphabet.
    Ascii,
    /// As `ascii`, and lower case.
    AsciiLower,
}

/// What becomes of letters outside the alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// They share one token of their own.
    Token,
    /// They are left out of the name.
    Drop,
    /// A name that has one is rejected.
    Error,
}

/// What becomes of a second row with the same name and label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// One row is kept.
    Drop,
    /// All are kept.
    Keep,
    /// The data is refused.
    Error,
}

/// What becomes of rows that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejects {
    /// They are left out, counted, and listed in a rejects file.
    Report,
    /// The data is refused.
    Error,
}

/// How rows are divided into training, validation and test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitSettings {
    /// Share of rows to train on.
    pub train: f64,
    /// Share of rows to choose parameters by.
    pub validation: f64,
    /// Share of rows to score the chosen configurations on, once.
    pub test: f64,
    /// Which rows must stay on one side.
    pub group: Group,
    /// Whether each label is divided in the same proportions.
    pub stratify: bool,
}

/// Which rows must stay on one side of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Rows whose names are equal but for marks, case, and masculine or feminine endings.
    FoldedName,
    /// Rows whose names are equal but for case.
    Name,
    /// Each row is on its own.
    None,
}

/// How the models that learn step by step are trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingSettings {
    /// For how long.
    pub length: TrainingLength,
    /// Names a step (B).
    pub batch_size: u32,
    /// How names are drawn.
    pub sampling: Sampling,
    /// How a gradient becomes a step.
    pub optimizer: Optimizer,
    /// Gradients with a larger Euclidean norm are scaled down to it.
    pub clip_norm: Option<f64>,
    /// The learning rate over time, relative to its start.
    pub schedule: Schedule,
    /// The weight of each label in the loss.
    pub class_weights: ClassWeights,
    /// When to stop before the end.
    pub early_stopping: Option<EarlyStopping>,
}

/// How long training lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingLength {
    /// This many epochs; an epoch draws as many names as there are training rows.
    Epochs(u32),
    /// This many steps, one batch each, scored on validation every `evaluate_every` steps. Such an interval
    /// stands where records and curves say "epoch".
    Steps {
        /// Number of steps.
        steps: u32,
        /// Steps between two scorings.
        evaluate_every: u32,
    },
}

/// How names are drawn for training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Each training row once an epoch, in random order.
    Shuffle,
    /// With replacement: a label uniformly, then one of its rows uniformly.
    ClassBalanced,
}

/// How a gradient becomes a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimizer {
    /// Stochastic gradient descent: `p -= rate · v` with `v = momentum · v + gradient`.
    Sgd {
        /// Share of the last velocity that is kept; 0 is the plain method.
        momentum: f64,
    },
    /// Kingma and Ba 2015, with bias correction.
    Adam {
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Added to the denominator.
        epsilon: f64,
    },
}

/// The learning rate over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// The same throughout.
    Constant,
    /// Half a cosine from the start value to zero (Loshchilov and Hutter 2017, without restarts).
    Cosine,
}

/// The weight of each label in the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeights {
    /// All equal.
    None,
    /// `n / (C · n_label)`: rare labels weigh more, and the mean weight of a training row is 1.
    Balanced,
}

/// When to stop before the end; the weights of the best epoch are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// The validation figure to watch.
    pub metric: Metric,
    /// Epochs without a better figure before training stops.
    pub patience: u32,
}

/// What the report compares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportSettings {
    /// The figure to choose and rank by.
    pub primary: Metric,
    /// The model that the others are compared with.
    pub baseline: Option<String>,
    /// Differences of the primary figure that are smaller do not matter: models closer than that are as good as equal.
    pub equivalence_margin: Option<f64>,
}
