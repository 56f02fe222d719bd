//! The keys of a spec, each declared once: checks, nearest names, the reference, the schema, the resolved spec and the checked
//! settings derive from these tables.
//!
//! The parameters of models are not here: plugins declare them.

mod data;
mod training;

use crate::access::{Access, field, text_field};
use crate::entry::{exceptions, written};
use crate::key::{Default, Key, Kind, key, setting};
use crate::spec::Spec;
use crate::value::{plain, section, text_or_none, typed};
use recur_core::metric::Metric;
use recur_core::search::{Halving, Race, SearchMethod, SearchSettings};
use recur_core::settings::ToTry;
use serde_yaml::Value;
use std::ops::Bound::{Excluded, Included, Unbounded};

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
        "except",
        Kind::Exceptions,
        Default::Empty,
        "combinations to leave out of a sweep: a configuration is left out if it has a value of each key of an entry",
    )
    .at(Access::read_only(|spec| (!spec.except.is_empty()).then(|| exceptions(&spec.except)))),
    key("search", Kind::Section(SEARCH), Default::None, "proposes configurations one after the other, instead of every combination of the axes")
        .at(Access {
            get: |spec| spec.search.as_ref().map(|_| section()),
            set: |spec, value| spec.search = (!value.is_null()).then(default_search),
        }),
    key("race", Kind::Section(RACE), Default::None, "trains the configurations on a few replicates, and the best of them on more")
        .at(Access {
            get: |spec| spec.race.as_ref().map(|_| section()),
            set: |spec, value| spec.race = (!value.is_null()).then(default_race),
        }),
    key("halving", Kind::Section(HALVING), Default::None, "trains the configurations for a few epochs, and the best of them for more")
        .at(Access {
            get: |spec| spec.halving.as_ref().map(|_| section()),
            set: |spec, value| spec.halving = (!value.is_null()).then_some(DEFAULT_HALVING),
        }),
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

fn default_search() -> SearchSettings {
    SearchSettings { method: SearchMethod::Tpe, configurations: 96, ahead: 8, replicates: 2 }
}

fn searched(spec: &mut Spec) -> &mut SearchSettings {
    spec.search.get_or_insert_with(default_search)
}

/// The stages are written together with the number of replicates.
fn default_race() -> Race {
    Race { replicates: Vec::new(), keep: 0.33, margin: None }
}

const DEFAULT_HALVING: Halving = Halving { shortest: 1, eta: 3 };

fn halved(spec: &mut Spec) -> &mut Halving {
    spec.halving.get_or_insert(DEFAULT_HALVING)
}

fn use_halving(spec: &mut Spec) {
    halved(spec);
}

fn raced(spec: &mut Spec) -> &mut Race {
    spec.race.get_or_insert_with(default_race)
}

fn use_search(spec: &mut Spec) {
    searched(spec);
}

fn use_race(spec: &mut Spec) {
    raced(spec);
}

/// The access to a setting of an optional mapping.
macro_rules! of_section {
    ($section:ident, $made:ident, $setting:ident) => {
        Access {
            get: |spec| spec.$section.as_ref().map(|settings| plain(&settings.$setting)),
            set: |spec, value| $made(spec).$setting = typed(value),
        }
    };
}

/// Keys of `search`.
pub(crate) static SEARCH: &[Key] = &[
    setting("method", Kind::Choice(&SearchMethod::NAMES), of_section!(search, searched, method),
        "what proposes configurations: a Parzen estimator (`tpe`), an even Sobol sequence, or chance",
    )
    .prepared(use_search),
    setting("configurations", Kind::Integer { min: 2, max: 100_000 }, of_section!(search, searched, configurations),
        "how many are proposed for each model",
    )
    .prepared(use_search),
    key("ahead", Kind::Integer { min: 1, max: 1000 }, Default::Derived("8, and no more than `configurations`"),
        "a proposal knows the results of all proposals but the last ones: with 8, of those up to the eighth before it; so many run at once",
    )
    .at(of_section!(search, searched, ahead)),
    key("replicates", Kind::Integer { min: 1, max: 1000 },
        Default::Derived("2, or the first of `race.replicates`"),
        "every proposal is trained on so many replicates, and their mean is its result",
    )
    .at(of_section!(search, searched, replicates)),
];

/// Keys of `race`.
pub(crate) static RACE: &[Key] = &[
    key(
        "replicates",
        Kind::Stages,
        Default::Derived("1, 2 and all replicates; with `search` those of the search, then all"),
        "how many replicates each stage trains; the last number is that of all replicates",
    )
    .at(Access::read_only(|spec| spec.race.as_ref().map(|race| plain(&race.replicates)))),
    setting(
        "keep",
        Kind::Real { min: Excluded(0.0), max: Excluded(1.0) },
        of_section!(race, raced, keep),
        "the share of a model's configurations that goes on to the next stage, at least two of them",
    )
    .prepared(use_race),
    key(
        "margin",
        POSITIVE,
        Default::None,
        "configurations go on as well whose mean is worse than that of the last that goes on by less than this",
    )
    .at(of_section!(race, raced, margin)),
];

/// Keys of `halving`.
pub(crate) static HALVING: &[Key] = &[
    setting("shortest", Kind::Integer { min: 1, max: 1_000_000 }, of_section!(halving, halved, shortest),
        "no configuration is stopped after fewer epochs",
    )
    .prepared(use_halving),
    setting("eta", Kind::Integer { min: 2, max: 1000 }, of_section!(halving, halved, eta),
        "one of so many configurations of a model goes on each time, at least two, for about so many times as many epochs",
    )
    .prepared(use_halving),
];

/// Keys of each element of `models`.
pub(crate) static MODEL: &[Key] = &[
    key("use", LINE, Default::Required, "the model's id; `recur models` lists them"),
    key("as", Kind::Name, Default::Derived("the id"), "what reports call it; so a model can be listed twice"),
    key("params", Kind::Params, Default::Empty, "values of its parameters"),
    key("sweep", Kind::Axes, Default::Empty, "axes of this model only"),
    key("except", Kind::Exceptions, Default::Empty, "combinations to leave out of this model's sweep"),
    key(
        "search",
        Kind::Boolean,
        Default::Derived("true"),
        "whether the spec's `search` proposes its configurations; with `false` they are the combinations of its axes",
    ),
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
        "a safetensors file to start from, for models trained step by step; a relative path begins where that of the data does",
    ),
];

/// Keys of `report`.
pub(crate) static REPORT: &[Key] = &[
    setting("primary", Kind::Choice(&Metric::NAMES), field!(report.primary),
        "the metric to choose and rank by; from `brier` on they are computed only of trials whose spec names them here, which are \
         other trials then; `roc_auc`, `average_precision` and `recall_at_precision` are those of `positive`, or else means over \
         labels, each against the others; `f1` is that of `positive`",
    ),
    key("baseline", LINE, Default::None, "the listed model that the others are compared with").at(text_field!(report.baseline)),
    key(
        "equivalence_margin",
        POSITIVE,
        Default::Derived("0.01 where `primary` is shown in per cent, else `none`; `none` switches it off"),
        "a difference of the primary metric that is too small to matter: the report gives the probability that two models \
         differ by less; below 1 for metrics in per cent, where 0.01 is one point",
    ).at(field!(report.equivalence_margin)),
    key(
        "positive",
        LINE,
        Default::Derived("of two labels the rarer one, else none"),
        "the label that is looked for: the report has its ROC and precision-recall curves against all other labels, their areas, \
         and F1 at a threshold that is chosen on validation (with two labels)",
    ).at(text_field!(report.positive)),
    setting(
        "recall_at_precision",
        Kind::Real { min: Excluded(0.0), max: Included(1.0) },
        field!(report.recall_at_precision),
        "the least precision at which the report gives the recall of the positive label",
    ),
    key(
        "try",
        LINE,
        Default::Derived("the one that is best on validation, of those that can be tried; `none` leaves the box out"),
        "the listed model that the report's HTML page runs on texts which its reader types: a `gru`, `lstm`, `manual_rnn` or \
         `stacked_rnn`",
    ).at(TO_TRY),
];

/// Left out where the results decide, as every word but `none` may be the name of a model.
const TO_TRY: Access = Access {
    get: |spec| match &spec.report.to_try {
        ToTry::Best => None,
        ToTry::Model(name) => Some(text_or_none(Some(name))),
        ToTry::Nothing => Some(text_or_none(None)),
    },
    set: |spec, value| spec.report.to_try = typed::<Option<String>>(value).map_or(ToTry::Nothing, ToTry::Model),
};

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
    key(
        "steps",
        Kind::Integer { min: 2, max: 1000 },
        Default::None,
        "how many values, both ends counted; without it a range holds all numbers between its ends, for a `search`",
    ),
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
    ("search", SEARCH),
    ("race", RACE),
    ("halving", HALVING),
    ("report", REPORT),
    ("limits", LIMITS),
];
