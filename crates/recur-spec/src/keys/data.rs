//! The keys of `data`.

use super::LINE;
use crate::access::{Access, field};
use crate::division;
use crate::key::{Default, Key, Kind, key, setting};
use crate::spec::Spec;
use crate::value::{any_text, plain, section, typed};
use recur_core::noun::Noun;
use recur_core::settings::{
    Division, Duplicates, Fold, Group, Overlap, Rejects, Source, TestRows, UnicodeForm, Unknown,
};
use serde_yaml::Value;
use std::ops::Bound::{Excluded, Included};
use strum::VariantNames as _;

const SHARE: Kind = Kind::Real { min: Excluded(0.0), max: Excluded(1.0) };
const TEST: Kind = Kind::RealOr { min: Excluded(0.0), max: Excluded(1.0), words: TestRows::VARIANTS };
/// As many characters as a data set's alphabet can hold.
const ALPHABET_TEXT: Kind = Kind::Text { max_characters: 65_000 };

const WORD: Kind = Kind::Text { max_characters: 60 };

/// The place of a part of a published split.
macro_rules! part {
    ($part:ident) => {
        Access {
            get: |spec| match &spec.data.source {
                Source::Parts { $part, .. } => Some(plain($part)),
                Source::All(_) => None,
            },
            set: |spec, value| {
                if let Source::Parts { $part, .. } = &mut spec.data.source {
                    *$part = typed(value);
                }
            },
        }
    };
}

const ALPHABET: Access = Access {
    get: |spec| Some(spec.data.text.alphabet.as_ref().map_or_else(|| "auto".into(), plain)),
    set: |spec, value| spec.data.text.alphabet = (value != "auto").then(|| typed(value)),
};

/// It means something for a published split only.
const OVERLAP: Access = Access {
    get: |spec| matches!(spec.split.division, Division::Published { .. }).then(|| plain(spec.split.overlap)),
    set: |spec, value| spec.split.overlap = typed(value),
};

fn publish(spec: &mut Spec) {
    spec.split.division = Division::Published { validation: 0.1 };
}

/// Keys of `data`.
pub(crate) static DATA: &[Key] = &[
    key(
        "source",
        Kind::TextOr { max_characters: 4096, keys: SOURCE },
        Default::Required,
        "a csv, tsv, ndjson or parquet file (also .gz or .zst), a folder of `LABEL.txt`, or a glob in quotes (\"Paths\" in docs/spec.md \
         says where a relative one begins); a mapping gives one such place for each part of a published split",
    )
    .at(Access {
        get: |spec| match &spec.data.source {
            Source::All(place) => Some(plain(place)),
            Source::Parts { .. } => Some(section()),
        },
        set: |spec, value| {
            spec.data.source = match value {
                Value::String(place) => Source::All(place),
                _ => Source::Parts { train: String::new(), validation: None, test: String::new() },
            }
        },
    }),
    key("columns", Kind::Section(COLUMNS), Default::Empty, "which columns to read; not used for `LABEL.txt`"),
    key(
        "noun",
        Kind::TextOr { max_characters: 60, keys: NOUN },
        Default::Derived("`name` where `data.columns.text` is `name`, else `text`"),
        "what a report calls one example, as a lower-case word, for example `domain`; a mapping gives the plural too, where it is \
         irregular",
    )
    .at(Access {
        get: |spec| Some(if spec.report.noun.is_regular() { plain(&spec.report.noun.one) } else { section() }),
        set: |spec, value| match value {
            Value::String(one) => spec.report.noun = Noun::of(&one),
            Value::Mapping(_) => spec.report.noun = Noun { one: String::new(), many: String::new() },
            _ => {}
        },
    }),
    key("text", Kind::Section(TEXT), Default::Empty, "how a text is normalised and encoded"),
    setting("duplicates", Kind::Choice(Duplicates::VARIANTS), field!(data.duplicates),
        "what becomes of a second row with the same text and label",
    ),
    setting("rejects", Kind::Choice(Rejects::VARIANTS), field!(data.rejects),
        "what becomes of rows that cannot be used: listed and left out, or the data is refused",
    ),
    setting("max_rejected", Kind::Real { min: Included(0.0), max: Included(1.0) }, field!(data.max_rejected),
        "the largest share of rows that may be rejected; with a larger one the data is refused",
    ),
    setting("max_characters", Kind::Integer { min: 1, max: 10_000 }, field!(data.max_characters),
        "texts with more characters are rejected",
    ),
    key("split", Kind::Section(SPLIT), Default::Empty, "how rows are divided into training, validation and test rows"),
];

/// Keys of `data.source`, where it is a mapping.
pub(crate) static SOURCE: &[Key] = &[
    key("train", LINE, Default::Required, "the place of the training rows").at(part!(train)),
    key(
        "validation",
        LINE,
        Default::None,
        "the place of the validation rows; without it they are drawn from the training rows",
    )
    .at(Access {
        get: |spec| match &spec.data.source {
            Source::Parts { validation, .. } => validation.as_deref().map(any_text),
            Source::All(_) => None,
        },
        set: |spec, value| {
            if let Source::Parts { validation, .. } = &mut spec.data.source {
                *validation = typed(value);
            }
        },
    }),
    key("test", LINE, Default::Required, "the place of the test rows").at(part!(test)),
];

/// Keys of `data.columns`.
pub(crate) static COLUMNS: &[Key] = &[
    setting("text", LINE, field!(data.text_column), "the column of texts"),
    setting("label", LINE, field!(data.label_column), "the column of labels"),
];

/// Keys of `data.noun`, where it is a mapping.
pub(crate) static NOUN: &[Key] = &[
    key("one", WORD, Default::Required, "the singular").at(Access {
        get: |spec| Some(plain(&spec.report.noun.one)),
        set: |spec, value| spec.report.noun.one = typed(value),
    }),
    key("many", WORD, Default::Required, "the plural").at(Access {
        get: |spec| Some(plain(&spec.report.noun.many)),
        set: |spec, value| spec.report.noun.many = typed(value),
    }),
];

/// Keys of `data.text`.
pub(crate) static TEXT: &[Key] = &[
    setting("unicode", Kind::Choice(UnicodeForm::VARIANTS), field!(data.text.unicode), "Unicode normalisation"),
    setting("fold", Kind::Choice(Fold::VARIANTS), field!(data.text.fold), "reduction to ASCII characters"),
    setting(
        "alphabet",
        ALPHABET_TEXT,
        ALPHABET,
        "the characters that have a token, such as `abcdefghijklmnopqrstuvwxyz`; `auto`: every character of the data",
    ),
    setting(
        "unknown",
        Kind::Choice(Unknown::VARIANTS),
        field!(data.text.unknown),
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
    ).at(Access {
        get: |spec| spec.data.split_column.as_deref().map(any_text),
        set: |spec, value| spec.data.split_column = typed(value),
    }),
    key(
        "train",
        SHARE,
        Default::Derived("0.8"),
        "share of rows to train on; not with a published split or `folds`, where it is what the others leave",
    ).at(Access::read_only(division::train)),
    key(
        "validation",
        SHARE,
        Default::Derived("0.1"),
        "share of rows to choose parameters by; with a published split without validation rows, the share of its training rows",
    ).at(Access::read_only(division::validation)),
    key(
        "test",
        TEST,
        Default::Derived("`fixed` with a published split or more than 50 configurations, else `per_replicate`"),
        "share of rows to score the chosen configurations on (by default 0.1), or whether every replicate draws its own test \
         rows (`per_replicate`) or all are tested on the same ones (`fixed`); with a word the share is what `train` and \
         `validation` leave",
    ).at(Access::read_only(|spec| Some(plain(spec.split.test_rows)))),
    key(
        "folds",
        Kind::Integer { min: 2, max: 100 },
        Default::None,
        "k-fold cross-validation: each of so many parts of the rows is the test part of one replicate",
    ).at(Access::read_only(division::folds)),
    key(
        "repeats",
        Kind::Integer { min: 1, max: 100 },
        Default::Derived("1"),
        "how often the rows are divided into folds; folds × repeats is the number of replicates",
    ).at(Access::read_only(division::repeats))
    .with("folds", &[]),
    setting("group", Kind::Choice(Group::VARIANTS), field!(split.group),
        "rows that stay on one side: equal but for marks, case, invisible characters and gendered endings; equal but for case; each row by itself",
    ),
    setting("stratify", Kind::Boolean, field!(split.stratify), "divide each label in the same proportions"),
    setting("overlap", Kind::Choice(Overlap::VARIANTS), OVERLAP,
        "what to do with a published split that has a group in two parts: refuse the data, or use it and report the number",
    ).prepared(publish),
];
