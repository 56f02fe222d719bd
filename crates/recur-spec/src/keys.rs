//! The keys of a spec, each declared once: checks, nearest names, the reference, the schema, the resolved spec and the checked
//! settings derive from these tables.
//!
//! The parameters of models are not here: plugins declare them.

mod data;
mod training;

use crate::access::{Access, field};
use crate::entry::written;
use crate::key::{Default, Key, Kind, key, setting};
use crate::value::{plain, section};
use recur_core::metric::Metric;
use serde_yaml::Value;
use std::ops::Bound::{Excluded, Unbounded};

pub(crate) use data::{COLUMNS, DATA, NOUN, SOURCE, SPLIT, TEXT};
pub(crate) use training::{EARLY_STOPPING, OPTIMIZER, TRAINING};

pub(super) const LINE: Kind = Kind::Text { max_characters: 4096 };
pub(super) const POSITIVE: Kind = Kind::Real { min: Excluded(0.0), max: Unbounded };
const NUMBER: Kind = Kind::Real { min: Unbounded, max: Unbounded };

/// The top level.
pub(crate) static ROOT: &[Key] = &[
    key("recur", Kind::Integer { min: 1, max: 1 }, Default::Required, "version of the spec format")
        .at(Access::read_only(|_| Some(plain(1)))),
    key("name", Kind::Name, Default::Required, "names the report, the log and the figures").at(field!(name)),
    setting("seed", Kind::Integer { min: 0, max: u64::MAX }, field!(seed), "root of every random number"),
    key("data", Kind::Section(DATA), Default::Required, "where texts come from and how they are divided"),
    key("training", Kind::Section(TRAINING), Default::Empty, "how models that learn step by step are trained"),
    key("models", Kind::Models, Default::Required, "the models to compare, each once")
        .at(Access::read_only(|spec| Some(Value::Sequence(spec.models.iter().map(written).collect())))),
    key(
        "sweep",
        Kind::Axes,
        Default::Empty,
        "axes shared by every model that has the parameter or uses the setting `training.KEY`; what a model says itself wins",
    )
    // All axes are resolved with their model, so that no rule is needed to read them.
    .at(Access::read_only(|_| Some(section()))),
    key(
        "replicates",
        Kind::Integer { min: 1, max: 1000 },
        Default::Derived("5; with `data.split.folds` it is folds × repeats"),
        "trials of each configuration, each on another split and from another start",
    )
    .at(Access::read_only(|spec| Some(plain(spec.replicates)))),
    key("report", Kind::Section(REPORT), Default::Empty, "what the report compares"),
    key("limits", Kind::Section(LIMITS), Default::Empty, "guards against sweeps larger than meant"),
];

/// Keys of each element of `models`.
pub(crate) static MODEL: &[Key] = &[
    key("use", LINE, Default::Required, "the model's id; `recur models` lists them"),
    key("params", Kind::Params, Default::Empty, "values of its parameters"),
    key("sweep", Kind::Axes, Default::Empty, "axes of this model only"),
    key(
        "training",
        Kind::Training,
        Default::Empty,
        "what differs from the spec's `training`, for a model that learns step by step",
    ),
    key(
        "weights",
        LINE,
        Default::None,
        "a safetensors file to start from, relative to the folder that recur runs in; for models trained step by step",
    ),
];

/// Keys of `report`.
pub(crate) static REPORT: &[Key] = &[
    setting("primary", Kind::Choice(&Metric::NAMES), field!(report.primary),
        "the metric to choose and rank by",
    ),
    key("baseline", LINE, Default::None, "the listed model that the others are compared with").at(field!(report.baseline)),
    key(
        "equivalence_margin",
        POSITIVE,
        Default::Derived("0.01 where `primary` is shown in per cent, else `none`; `none` switches it off"),
        "a difference of the primary metric that is too small to matter: the report gives the probability that two models \
         differ by less; below 1 for metrics in per cent, where 0.01 is one point",
    ).at(field!(report.equivalence_margin)),
];

/// Keys of `limits`.
pub(crate) static LIMITS: &[Key] = &[setting(
    "max_trials",
    Kind::Integer { min: 1, max: 1_000_000 },
    field!(max_trials),
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
    ("data.noun", NOUN),
    ("data.text", TEXT),
    ("data.split", SPLIT),
    ("training", TRAINING),
    ("training.optimizer", OPTIMIZER),
    ("training.early_stopping", EARLY_STOPPING),
    ("models", MODEL),
    ("report", REPORT),
    ("limits", LIMITS),
];
