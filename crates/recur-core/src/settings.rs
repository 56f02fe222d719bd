//! Checked settings: what a spec says of data, split and training, with every default filled in.

use crate::metric::Metric;
use crate::noun::Noun;
use crate::split::Part;
use crate::training_value::choice;
use serde::{Deserialize, Serialize};
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

/// How the models that learn step by step are trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingSettings {
    /// For how long.
    pub length: TrainingLength,
    /// Examples a step (B).
    pub batch_size: u32,
    /// How examples are drawn.
    pub sampling: Sampling,
    /// How a gradient becomes a step.
    pub optimizer: Optimizer,
    /// Gradients with a larger Euclidean norm are scaled down to it.
    pub clip_norm: Option<f64>,
    /// The learning rate over time, relative to its start.
    pub schedule: Schedule,
    /// The share of all steps, 0 to below 1, over which the learning rate rises from 0; the schedule follows after it.
    /// Not serialised where it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub warmup: f64,
    /// The weight of each label in the loss.
    pub class_weights: ClassWeights,
    /// The share, 0 to below 1, of every target that is spread evenly over all labels. Not serialised where it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
    /// When to stop before the end.
    pub early_stopping: Option<EarlyStopping>,
    /// Stop after so many epochs of [`TrainingSettings::length`], to go on later: what is learned until then is what the full
    /// training learns. Not serialised where it is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_after: Option<u32>,
}

fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

/// A key of `training`, for what a model uses of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingKey {
    /// [`TrainingSettings::length`].
    Length,
    /// [`TrainingSettings::batch_size`].
    BatchSize,
    /// [`TrainingSettings::sampling`].
    Sampling,
    /// [`TrainingSettings::optimizer`] and [`TrainingSettings::clip_norm`].
    Optimizer,
    /// [`TrainingSettings::schedule`].
    Schedule,
    /// [`TrainingSettings::warmup`].
    Warmup,
    /// [`TrainingSettings::class_weights`].
    ClassWeights,
    /// [`TrainingSettings::label_smoothing`].
    LabelSmoothing,
    /// [`TrainingSettings::early_stopping`].
    EarlyStopping,
}

impl TrainingKey {
    /// Every key, in the order of the spec.
    pub const ALL: [TrainingKey; 9] = [
        TrainingKey::Length,
        TrainingKey::BatchSize,
        TrainingKey::Sampling,
        TrainingKey::Optimizer,
        TrainingKey::Schedule,
        TrainingKey::Warmup,
        TrainingKey::ClassWeights,
        TrainingKey::LabelSmoothing,
        TrainingKey::EarlyStopping,
    ];

    /// The keys that say how steps are made, and which losses they follow: a model that learns in one go has no use for them.
    /// What is left is the weight of each label, which such a model may heed.
    pub const OF_STEPS: [TrainingKey; 8] = [
        TrainingKey::Length,
        TrainingKey::BatchSize,
        TrainingKey::Sampling,
        TrainingKey::Optimizer,
        TrainingKey::Schedule,
        TrainingKey::Warmup,
        TrainingKey::LabelSmoothing,
        TrainingKey::EarlyStopping,
    ];

    /// The key that the setting at `path` belongs to; `path` is that below `training`, such as `optimizer.name`.
    pub fn of(path: &str) -> Option<Self> {
        match path.split('.').next()? {
            "epochs" | "steps" | "evaluate_every" | "stop_after" => Some(TrainingKey::Length),
            "batch_size" => Some(TrainingKey::BatchSize),
            "sampling" => Some(TrainingKey::Sampling),
            "optimizer" => Some(TrainingKey::Optimizer),
            "schedule" => Some(TrainingKey::Schedule),
            "warmup" => Some(TrainingKey::Warmup),
            "class_weights" => Some(TrainingKey::ClassWeights),
            "label_smoothing" => Some(TrainingKey::LabelSmoothing),
            "early_stopping" => Some(TrainingKey::EarlyStopping),
            _ => None,
        }
    }

    /// Whether it changes what is learned, and not only how: a model that does not use it answers another question than one
    /// that does.
    pub fn changes_the_objective(self) -> bool {
        matches!(self, TrainingKey::Sampling | TrainingKey::ClassWeights | TrainingKey::LabelSmoothing)
    }
}

impl Default for TrainingSettings {
    /// What a spec gets that says nothing of training: ten epochs of batches of 32 with Adam.
    fn default() -> Self {
        Self {
            length: TrainingLength::Epochs(10),
            batch_size: 32,
            sampling: Sampling::Shuffle,
            optimizer: Optimizer::ADAM,
            clip_norm: None,
            schedule: Schedule::Constant,
            warmup: 0.0,
            class_weights: ClassWeights::None,
            label_smoothing: 0.0,
            early_stopping: None,
            stop_after: None,
        }
    }
}

impl TrainingSettings {
    /// How many epochs the full training has, or intervals of steps between two scorings.
    pub fn n_epochs(&self) -> u32 {
        match self.length {
            TrainingLength::Epochs(epochs) => epochs,
            TrainingLength::Steps { steps, evaluate_every } => steps.div_ceil(evaluate_every),
        }
    }

    /// The same training to its end.
    pub fn full(&self) -> Self {
        Self { stop_after: None, ..self.clone() }
    }

    /// The keys whose value is not the default, with the path and the value that a spec gives them.
    pub fn asked(&self) -> Vec<(TrainingKey, String)> {
        let default = Self::default();
        let asked = |key: &TrainingKey| match key {
            TrainingKey::Length => self.length != default.length,
            TrainingKey::BatchSize => self.batch_size != default.batch_size,
            TrainingKey::Sampling => self.sampling != default.sampling,
            TrainingKey::Optimizer => (self.optimizer, self.clip_norm) != (default.optimizer, default.clip_norm),
            TrainingKey::Schedule => self.schedule != default.schedule,
            TrainingKey::Warmup => self.warmup != default.warmup,
            TrainingKey::ClassWeights => self.class_weights != default.class_weights,
            TrainingKey::LabelSmoothing => self.label_smoothing != default.label_smoothing,
            TrainingKey::EarlyStopping => self.early_stopping != default.early_stopping,
        };
        let keys = TrainingKey::ALL.into_iter().filter(asked);
        keys.map(|key| (key, format!("training.{}", self.written(key)))).collect()
    }

    /// `key` and its value in a few words of a spec.
    fn written(&self, key: TrainingKey) -> String {
        match key {
            TrainingKey::Length => match self.length {
                TrainingLength::Epochs(n) => format!("epochs: {n}"),
                TrainingLength::Steps { steps, .. } => format!("steps: {steps}"),
            },
            TrainingKey::BatchSize => format!("batch_size: {}", self.batch_size),
            TrainingKey::Sampling => format!("sampling: {}", choice(self.sampling)),
            TrainingKey::Optimizer => match (self.optimizer, self.clip_norm) {
                (Optimizer::Sgd { .. }, _) => "optimizer.name: sgd".to_owned(),
                (Optimizer::Adam { .. }, Some(norm)) => format!("optimizer.clip_norm: {norm}"),
                (Optimizer::Adam { .. }, None) => "optimizer".to_owned(),
                (Optimizer::AdamW { .. }, _) => "optimizer.name: adamw".to_owned(),
            },
            TrainingKey::Schedule => format!("schedule: {}", choice(self.schedule)),
            TrainingKey::Warmup => format!("warmup: {}", self.warmup),
            TrainingKey::ClassWeights => format!("class_weights: {}", choice(self.class_weights)),
            TrainingKey::LabelSmoothing => format!("label_smoothing: {}", self.label_smoothing),
            TrainingKey::EarlyStopping => "early_stopping".to_owned(),
        }
    }
}

/// How long training lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingLength {
    /// This many epochs; an epoch draws as many examples as there are training rows.
    Epochs(u32),
    /// This many steps, one batch each, scored on validation every `evaluate_every` steps. Such an interval
    /// is what records and curves call "epoch".
    Steps {
        /// Number of steps.
        steps: u32,
        /// Steps between two scorings.
        evaluate_every: u32,
    },
}

/// How examples are drawn for training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Sampling {
    /// Each training row once an epoch, in random order.
    Shuffle,
    /// With replacement: a label uniformly, then one of its rows uniformly.
    ClassBalanced,
}

/// How a gradient becomes a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
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
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as `torch.optim.AdamW`: each step first
    /// multiplies every parameter, biases too, by `1 - rate · weight_decay`.
    #[serde(rename = "adamw")]
    #[strum(serialize = "adamw")]
    AdamW {
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Added to the denominator.
        epsilon: f64,
        /// What the learning rate is multiplied by for the share of a parameter that a step takes off.
        weight_decay: f64,
    },
}

impl Optimizer {
    /// The plain method, without momentum.
    pub const SGD: Self = Optimizer::Sgd { momentum: 0.0 };

    /// With the values of Kingma and Ba's paper.
    pub const ADAM: Self = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    /// With PyTorch's default decay.
    pub const ADAMW: Self = Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 };
}

/// The learning rate over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Schedule {
    /// The same throughout.
    Constant,
    /// Half a cosine from the start value to zero (Loshchilov and Hutter 2017, without restarts).
    Cosine,
}

/// The weight of each label in the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ClassWeights {
    /// All equal.
    #[default]
    None,
    /// `n / (C · n_label)`: rare labels weigh more, and the mean weight of a training row is 1.
    Balanced,
}

impl ClassWeights {
    /// Whether all are equal.
    pub fn are_none(&self) -> bool {
        *self == ClassWeights::None
    }
}

/// When to stop before the end; the weights of the best epoch are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// The validation metric to watch.
    pub metric: Metric,
    /// Epochs without a better value before training stops.
    pub patience: u32,
}

impl Default for EarlyStopping {
    /// What a spec gets that asks for it and says no more.
    fn default() -> Self {
        Self { metric: Metric::TRAINED, patience: 3 }
    }
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
        }
    }
}
