//! The keys of a spec, each declared once: checking, nearest names and the reference derive from these tables.
//!
//! The parameters of models are not here: plugins declare them.

use recur_core::metric::Metric;
use std::fmt;
use std::ops::Bound::{self, Excluded, Included, Unbounded};

/// The declaration of one key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The key as written.
    pub name: &'static str,
    /// Type and range of its value.
    pub kind: Kind,
    /// What holds where the key is left out.
    pub default: Default,
    /// The sibling without which the key means nothing.
    pub with: Option<With>,
    /// One line for the reference.
    pub meaning: &'static str,
}

/// Type and range of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A whole number, bounds included.
    Integer { min: u64, max: u64 },
    /// A finite number.
    Real { min: Bound<f64>, max: Bound<f64> },
    /// `true` or `false`.
    Boolean,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A finite number, or one of a few words.
    RealOr { min: Bound<f64>, max: Bound<f64>, words: &'static [&'static str] },
    /// Text that is not empty, without line breaks and control characters.
    Text { max_letters: usize },
    /// Such text, or a mapping with keys of its own.
    TextOr { max_letters: usize, keys: &'static [Key] },
    /// A word fit for a file's name.
    Name,
    /// A mapping with keys of its own.
    Section(&'static [Key]),
    /// The list of models.
    Models,
    /// A mapping from parameter to value.
    Params,
    /// A mapping from parameter to axis.
    Axes,
}

/// What holds where a key is left out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Default {
    /// It must not be left out.
    Required,
    /// This value, as a spec would write it.
    Value(&'static str),
    /// Nothing; `none` and an empty value say the same.
    None,
    /// A value that depends on others, in words; unless the words say otherwise, `none` and an empty value say the same as
    /// leaving the key out.
    Derived(&'static str),
    /// A mapping or list with nothing in it: each key inside has its own default.
    Empty,
}

/// A sibling key, and the value it must have (any, if `None`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct With {
    pub key: &'static str,
    pub value: Option<&'static str>,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Integer { min, max } if min == max => write!(f, "the number {min}"),
            Kind::Integer { min, max } => write!(f, "whole number from {min} to {max}"),
            Kind::Real { min, max } => write_range(f, *min, *max),
            Kind::RealOr { min, max, words } => {
                write_range(f, *min, *max)?;
                write!(f, ", or one of {}", words.join(", "))
            }
            Kind::Boolean => f.write_str("true or false"),
            Kind::Choice(words) => write!(f, "one of {}", words.join(", ")),
            Kind::Text { max_letters } => write!(f, "text of 1 to {max_letters} characters on one line"),
            Kind::TextOr { max_letters, keys } => {
                let keys: Vec<&str> = keys.iter().map(|key| key.name).collect();
                write!(
                    f,
                    "{}, or a mapping with the keys {}",
                    Kind::Text { max_letters: *max_letters },
                    keys.join(", ")
                )
            }
            Kind::Name => f.write_str("name of 1 to 100 of the letters a-z, 0-9, _ and -"),
            Kind::Section(_) => f.write_str("mapping"),
            Kind::Models => f.write_str("list of models"),
            Kind::Params => f.write_str("mapping from parameter to value"),
            Kind::Axes => f.write_str("mapping from parameter to list or range"),
        }
    }
}

fn write_range(f: &mut fmt::Formatter<'_>, min: Bound<f64>, max: Bound<f64>) -> fmt::Result {
    f.write_str("number")?;
    match min {
        Included(x) => write!(f, " from {x}")?,
        Excluded(x) => write!(f, " above {x}")?,
        Unbounded => {}
    }
    match max {
        Included(x) => write!(f, " up to {x}"),
        Excluded(x) => write!(f, " below {x}"),
        Unbounded => Ok(()),
    }
}

const fn key(name: &'static str, kind: Kind, default: Default, meaning: &'static str) -> Key {
    Key { name, kind, default, with: None, meaning }
}

impl Key {
    const fn with(mut self, key: &'static str, value: Option<&'static str>) -> Self {
        self.with = Some(With { key, value });
        self
    }
}

const SHARE: Kind = Kind::Real { min: Excluded(0.0), max: Excluded(1.0) };
const TEST: Kind = Kind::RealOr { min: Excluded(0.0), max: Excluded(1.0), words: &["per_replicate", "fixed"] };
const POSITIVE: Kind = Kind::Real { min: Excluded(0.0), max: Unbounded };
const DECAY: Kind = Kind::Real { min: Included(0.0), max: Excluded(1.0) };
const NUMBER: Kind = Kind::Real { min: Unbounded, max: Unbounded };
const LINE: Kind = Kind::Text { max_letters: 4096 };
/// As many letters as a data set's alphabet can hold.
const LETTERS: Kind = Kind::Text { max_letters: 65_000 };
/// The length of training is counted in 32 bits.
const STEPS: Kind = Kind::Integer { min: 1, max: 4_294_967_295 };

/// The top level.
pub(crate) static ROOT: &[Key] = &[
    key("recur", Kind::Integer { min: 1, max: 1 }, Default::Required, "version of the spec format"),
    key("name", Kind::Name, Default::Required, "names the report, the log and the figures"),
    key("seed", Kind::Integer { min: 0, max: u64::MAX }, Default::Value("0"), "root of every random number"),
    key("data", Kind::Section(DATA), Default::Required, "where names come from and how they are divided"),
    key("training", Kind::Section(TRAINING), Default::Empty, "how models that learn step by step are trained"),
    key("models", Kind::Models, Default::Required, "the models to compare, each once"),
    key(
        "sweep",
        Kind::Axes,
        Default::Empty,
        "axes shared by every model that declares the parameter; a model's own `params` or `sweep` wins",
    ),
    key(
        "replicates",
        Kind::Integer { min: 1, max: 1000 },
        Default::Derived("5; with `data.split.folds` it is folds × repeats"),
        "trials of each configuration, each on another split and from another start",
    ),
    key("report", Kind::Section(REPORT), Default::Empty, "what the report compares"),
    key("limits", Kind::Section(LIMITS), Default::Empty, "guards against sweeps larger than meant"),
];

/// Keys of `data`.
pub(crate) static DATA: &[Key] = &[
    key(
        "source",
        Kind::TextOr { max_letters: 4096, keys: SOURCE },
        Default::Required,
        "a csv, tsv, ndjson or parquet file (also .gz or .zst), a folder of `LABEL.txt`, or a glob in quotes, relative to the \
         working folder; a mapping gives one such place for each part of a published split",
    ),
    key("columns", Kind::Section(COLUMNS), Default::Empty, "which columns to read; not used for `LABEL.txt`"),
    key("text", Kind::Section(TEXT), Default::Empty, "how a name is normalised and encoded"),
    key(
        "duplicates",
        Kind::Choice(&["drop", "keep", "error"]),
        Default::Value("drop"),
        "what becomes of a second row with the same name and label",
    ),
    key(
        "rejects",
        Kind::Choice(&["report", "error"]),
        Default::Value("report"),
        "what becomes of rows that cannot be used: listed and left out, or the data is refused",
    ),
    key(
        "max_rejected",
        Kind::Real { min: Included(0.0), max: Included(1.0) },
        Default::Value("0.05"),
        "the largest share of rows that may be rejected; with a larger one the data is refused",
    ),
    key(
        "max_letters",
        Kind::Integer { min: 1, max: 10_000 },
        Default::Value("64"),
        "texts with more characters are rejected",
    ),
    key("split", Kind::Section(SPLIT), Default::Empty, "how rows are divided into training, validation and test rows"),
];

/// Keys of `data.source`, where it is a mapping.
pub(crate) static SOURCE: &[Key] = &[
    key("train", LINE, Default::Required, "the place of the training rows"),
    key(
        "validation",
        LINE,
        Default::None,
        "the place of the validation rows; without it they are drawn from the training rows",
    ),
    key("test", LINE, Default::Required, "the place of the test rows"),
];

/// Keys of `data.columns`.
pub(crate) static COLUMNS: &[Key] = &[
    key("name", LINE, Default::Value("name"), "the column of names"),
    key("label", LINE, Default::Value("label"), "the column of labels"),
];

/// Keys of `data.text`.
pub(crate) static TEXT: &[Key] = &[
    key("unicode", Kind::Choice(&["nfc", "nfd", "nfkc", "none"]), Default::Value("nfc"), "Unicode normalisation"),
    key(
        "fold",
        Kind::Choice(&["none", "ascii", "ascii_lower"]),
        Default::Value("none"),
        "reduction to ASCII characters",
    ),
    key(
        "alphabet",
        LETTERS,
        Default::Value("auto"),
        "the characters that have a token, such as `abcdefghijklmnopqrstuvwxyz`; `auto`: every character of the data",
    ),
    key(
        "unknown",
        Kind::Choice(&["token", "drop", "error"]),
        Default::Value("token"),
        "characters outside the alphabet: one shared token, left out, or the text is rejected",
    ),
];

/// Keys of `data.split`.
pub(crate) static SPLIT: &[Key] = &[
    key(
        "column",
        LINE,
        Default::None,
        "the column that says which part of a published split each row is in: `train`, `validation` (or `dev`, `valid`, `val`) \
         or `test`",
    ),
    key(
        "train",
        SHARE,
        Default::Derived("0.8"),
        "share of rows to train on; not with a published split or `folds`, where it is what the others leave",
    ),
    key(
        "validation",
        SHARE,
        Default::Derived("0.1"),
        "share of rows to choose parameters by; with a published split without validation rows, the share of its training rows",
    ),
    key(
        "test",
        TEST,
        Default::Derived("`fixed` with a published split or more than 50 configurations, else `per_replicate`"),
        "share of rows to score the chosen configurations on (by default 0.1), or whether every replicate draws its own test \
         rows (`per_replicate`) or all are tested on the same ones (`fixed`); with a word the share is what `train` and \
         `validation` leave",
    ),
    key(
        "folds",
        Kind::Integer { min: 2, max: 100 },
        Default::None,
        "k-fold cross-validation: each of so many parts of the rows is the test part of one replicate",
    ),
    key(
        "repeats",
        Kind::Integer { min: 1, max: 100 },
        Default::Derived("1"),
        "how often the rows are divided into folds; folds × repeats is the number of replicates",
    )
    .with("folds", None),
    key(
        "group",
        Kind::Choice(&["folded_name", "name", "none"]),
        Default::Value("folded_name"),
        "rows that stay on one side: equal but for marks, case, invisible characters and gendered endings; equal but for case; each row by itself",
    ),
    key("stratify", Kind::Boolean, Default::Value("true"), "divide each label in the same proportions"),
    key(
        "overlap",
        Kind::Choice(&["refuse", "allow"]),
        Default::Value("refuse"),
        "what to do with a published split that has a group in two parts: refuse the data, or use it and report the number",
    ),
];

/// Keys of `training`.
pub(crate) static TRAINING: &[Key] = &[
    key(
        "epochs",
        Kind::Integer { min: 0, max: 1_000_000 },
        Default::Derived("10, unless `steps` is given"),
        "passes over as many names as there are training rows; not together with `steps`; 0 only scores initial `weights`",
    ),
    key("steps", STEPS, Default::None, "steps of one batch each; not together with `epochs`"),
    key("evaluate_every", STEPS, Default::Derived("a tenth of `steps`, rounded up"), "steps between two scorings")
        .with("steps", None),
    key("batch_size", Kind::Integer { min: 1, max: 1_000_000 }, Default::Value("32"), "examples per batch"),
    key(
        "sampling",
        Kind::Choice(&["shuffle", "class_balanced"]),
        Default::Value("shuffle"),
        "each row once an epoch, or with replacement: a label, then one of its rows",
    ),
    key("optimizer", Kind::Section(OPTIMIZER), Default::Empty, "how a gradient becomes a step"),
    key(
        "schedule",
        Kind::Choice(&["constant", "cosine"]),
        Default::Value("constant"),
        "the learning rate over time, relative to its start",
    ),
    key(
        "class_weights",
        Kind::Choice(&["none", "balanced"]),
        Default::Value("none"),
        "weight of each label in the loss",
    ),
    key("early_stopping", Kind::Section(EARLY_STOPPING), Default::None, "when to stop before the end"),
];

/// Keys of `training.optimizer`.
pub(crate) static OPTIMIZER: &[Key] = &[
    key("name", Kind::Choice(&["sgd", "adam"]), Default::Value("adam"), "the method"),
    key("momentum", DECAY, Default::Value("0"), "share of the last velocity that is kept").with("name", Some("sgd")),
    key("beta1", DECAY, Default::Value("0.9"), "decay of the first moment").with("name", Some("adam")),
    key("beta2", DECAY, Default::Value("0.999"), "decay of the second moment").with("name", Some("adam")),
    key("epsilon", POSITIVE, Default::Value("1e-8"), "added to the denominator").with("name", Some("adam")),
    key("clip_norm", POSITIVE, Default::None, "gradients with a larger Euclidean norm are scaled down to it"),
];

/// Keys of `training.early_stopping`.
pub(crate) static EARLY_STOPPING: &[Key] = &[
    key("metric", Kind::Choice(&Metric::VALIDATION_NAMES), Default::Value("validation_loss"), "the metric to watch"),
    key(
        "patience",
        Kind::Integer { min: 1, max: 1_000_000 },
        Default::Value("3"),
        "evaluations without a better result before training stops",
    ),
];

/// Keys of each element of `models`.
pub(crate) static MODEL: &[Key] = &[
    key("use", LINE, Default::Required, "the model's id; `recur models` lists them"),
    key("params", Kind::Params, Default::Empty, "values of its parameters"),
    key("sweep", Kind::Axes, Default::Empty, "axes of this model only"),
    key(
        "weights",
        LINE,
        Default::None,
        "a safetensors file to start from, relative to the folder that recur runs in; for models trained step by step",
    ),
];

/// Keys of `report`.
pub(crate) static REPORT: &[Key] = &[
    key(
        "primary",
        Kind::Choice(&Metric::NAMES),
        Default::Value(Metric::DEFAULT.name()),
        "the metric to choose and rank by",
    ),
    key("baseline", LINE, Default::None, "the listed model that the others are compared with"),
    key(
        "equivalence_margin",
        POSITIVE,
        Default::Derived("0.01 where `primary` is shown in per cent, else `none`; `none` switches it off"),
        "a difference of the primary metric that is too small to matter: the report gives the probability that two models \
         differ by less; below 1 for metrics in per cent, where 0.01 is one point",
    ),
];

/// Keys of `limits`.
pub(crate) static LIMITS: &[Key] = &[key(
    "max_trials",
    Kind::Integer { min: 1, max: 1_000_000 },
    Default::Value("100000"),
    "a spec with more trials is refused",
)];

/// The two spellings of a range.
pub(crate) static AXIS: &[Key] = &[
    key("log", Kind::Section(RANGE), Default::None, "values at equal ratios; ends above 0"),
    key("linear", Kind::Section(RANGE), Default::None, "values at equal distances"),
];

/// Keys of a range.
pub(crate) static RANGE: &[Key] = &[
    key("from", NUMBER, Default::Required, "the first value"),
    key("to", NUMBER, Default::Required, "the last value"),
    key("steps", Kind::Integer { min: 2, max: 1000 }, Default::Required, "how many values, both ends counted"),
];

/// Every table with the path of the mapping it describes, in the order of the reference.
pub(crate) static TABLES: &[(&str, &[Key])] = &[
    ("", ROOT),
    ("data", DATA),
    ("data.source", SOURCE),
    ("data.columns", COLUMNS),
    ("data.text", TEXT),
    ("data.split", SPLIT),
    ("training", TRAINING),
    ("training.optimizer", OPTIMIZER),
    ("training.early_stopping", EARLY_STOPPING),
    ("models", MODEL),
    ("report", REPORT),
    ("limits", LIMITS),
];
