//! `data.split` and the parts of `data.source`: which of their keys go together, and the division that they make.

use crate::check::{Checker, Fields};
use crate::error::ErrorKind;
use crate::source::{Span, printable};
use crate::spec::Spec;
use crate::value::{plain, typed};
use recur_core::settings::{Division, Source, TestRows};
use serde_yaml::Value;

/// With more configurations than this, all replicates are tested on the same rows unless the spec says otherwise.
const MANY_CONFIGURATIONS: u128 = 50;

/// Replicates that a spec may have.
const MOST_REPLICATES: u64 = 1000;

/// What decides which rows are tested, other than a share of the rows.
#[derive(Clone, Copy, PartialEq)]
enum TestRowsBy {
    Column,
    Files { with_validation: bool },
    Folds,
}

impl TestRowsBy {
    /// The key that decides, and why it excludes a share of the rows.
    fn why(self) -> (&'static str, &'static str) {
        match self {
            TestRowsBy::Column => ("data.split.column", "the column says which rows are in which part"),
            TestRowsBy::Files { .. } => ("data.source.train", "the files say which rows are in which part"),
            TestRowsBy::Folds => ("data.split.folds", "each fold is the test part of one replicate"),
        }
    }
}

/// The division and the test rows that the keys of `data.split` make together, for a sweep of `n_configurations`.
pub(crate) fn split(
    checker: &mut Checker<'_>,
    root: &Fields<'_>,
    data: &Fields<'_>,
    n_configurations: u128,
    choice: Option<(&'static str, Span)>,
) -> Option<(Division, TestRows)> {
    let fields = data.section("split")?;
    let decided = decided(checker, data, fields);
    conflicts(checker, fields, decided);
    same_column(checker, data, fields);
    let is_published = matches!(decided, Some(TestRowsBy::Column | TestRowsBy::Files { .. }));
    let division = match decided {
        Some(TestRowsBy::Folds) => of_folds(checker, fields),
        Some(_) => validation_share(fields).map(|validation| Division::Published { validation }),
        None => shares(checker, root, data, fields),
    };
    if fields.text("overlap") == Some("allow") && !is_published {
        checker.error(fields.key_span("overlap")?, ErrorKind::OverlapOfNothing);
    }
    if let Some((key, place)) = choice {
        let other = match (decided, fields.text("test")) {
            (Some(TestRowsBy::Folds), _) => Some("data.split.folds"),
            (_, Some("per_replicate")) => Some("data.split.test: per_replicate"),
            _ => None,
        };
        if let Some(other) = other {
            checker.error(place, ErrorKind::ChoiceBeforeTest { key, other });
        }
    }
    let is_many = choice.is_some() || n_configurations > MANY_CONFIGURATIONS;
    let is_fixed = is_published || (decided.is_none() && is_many);
    let default = if is_fixed { TestRows::Fixed } else { TestRows::PerReplicate };
    let given = fields.text("test").map(|word| typed(word.into()));
    Some((division?, given.unwrap_or(default)))
}

/// The share of training rows, where it is drawn at random.
pub(crate) fn train(spec: &Spec) -> Option<Value> {
    match spec.split.division {
        Division::Shares { train, .. } => Some(plain(train)),
        _ => None,
    }
}

/// The share of validation rows, unless a file holds them.
pub(crate) fn validation(spec: &Spec) -> Option<Value> {
    match spec.split.division {
        Division::Published { .. } if matches!(spec.data.source, Source::Parts { validation: Some(_), .. }) => None,
        Division::Shares { validation, .. }
        | Division::Folds { validation, .. }
        | Division::Published { validation } => Some(plain(validation)),
    }
}

/// The number of folds, where there are any.
pub(crate) fn folds(spec: &Spec) -> Option<Value> {
    match spec.split.division {
        Division::Folds { folds, .. } => Some(plain(folds)),
        _ => None,
    }
}

/// How often the rows are divided into folds.
pub(crate) fn repeats(spec: &Spec) -> Option<Value> {
    match spec.split.division {
        Division::Folds { repeats, .. } => Some(plain(repeats)),
        _ => None,
    }
}

/// The number of replicates: given, or that of the folds.
pub(crate) fn replicates(checker: &mut Checker<'_>, root: &Fields<'_>, division: Option<Division>) -> Option<u32> {
    if root.is_wrong("replicates") {
        return None;
    }
    let given = root.small("replicates");
    let Some(Division::Folds { folds, repeats, .. }) = division else {
        return Some(given.unwrap_or(Spec::of_defaults().replicates));
    };
    if let Some(replicates) = given.filter(|given| *given != folds * repeats) {
        checker.error(root.span("replicates")?, ErrorKind::ReplicatesOfFolds { replicates, folds, repeats });
    }
    Some(folds * repeats)
}

/// What decides which rows are tested. Of several, the first is taken and the others are errors.
fn decided(checker: &mut Checker<'_>, data: &Fields<'_>, fields: &Fields<'_>) -> Option<TestRowsBy> {
    let files = data.section("source").map(|parts| TestRowsBy::Files { with_validation: parts.has("validation") });
    let column = fields.has("column").then_some(TestRowsBy::Column);
    let published = files.or(column);
    if files.is_some() {
        refuse(checker, fields, "column", "data.source.train", "each file holds the rows of one part");
    }
    if let Some((by, why)) = published.map(TestRowsBy::why) {
        refuse(checker, fields, "folds", by, why);
    }
    published.or_else(|| fields.has("folds").then_some(TestRowsBy::Folds))
}

/// Refuses shares of the rows, and other test rows, where something else decides.
fn conflicts(checker: &mut Checker<'_>, fields: &Fields<'_>, decided: Option<TestRowsBy>) {
    let Some(decided) = decided else { return };
    let (by, why) = decided.why();
    refuse(checker, fields, "train", by, why);
    if fields.real("test").is_some() {
        refuse(checker, fields, "test", by, why);
    }
    if decided == (TestRowsBy::Files { with_validation: true }) {
        refuse(checker, fields, "validation", "data.source.validation", "that file holds the validation rows");
    }
    let (excluded, why) = match decided {
        TestRowsBy::Folds => ("fixed", why),
        _ => ("per_replicate", "all replicates are tested on the published test rows"),
    };
    if let Some(span) = fields.span("test").filter(|_| fields.text("test") == Some(excluded)) {
        checker.error(span, together(&format!("test: {excluded}"), by, why));
    }
}

/// The column of the split must not be the texts' or the labels'.
fn same_column(checker: &mut Checker<'_>, data: &Fields<'_>, fields: &Fields<'_>) {
    let (Some(column), Some(span)) = (fields.text("column"), fields.span("column")) else { return };
    let Some(columns) = data.section("columns") else { return };
    for (key, other) in [("text", "data.columns.text"), ("label", "data.columns.label")] {
        if columns.text(key) == Some(column) {
            let (path, column) = ("data.split.column", printable(column, 60));
            checker.error(span, ErrorKind::SameColumn { path, other, column });
        }
    }
}

fn refuse(checker: &mut Checker<'_>, fields: &Fields<'_>, key: &str, by: &str, why: &'static str) {
    if let Some(span) = fields.key_span(key).filter(|_| fields.has(key)) {
        checker.error(span, together(key, by, why));
    }
}

fn together(key: &str, other: &str, why: &'static str) -> ErrorKind {
    ErrorKind::Together { path: format!("data.split.{key}"), other: other.to_owned(), why }
}

/// A share with its default; `None` if it is wrong.
fn share(fields: &Fields<'_>, key: &str, default: f64) -> Option<f64> {
    (!fields.is_wrong(key)).then(|| fields.real(key).unwrap_or(default))
}

fn validation_share(fields: &Fields<'_>) -> Option<f64> {
    share(fields, "validation", 0.1)
}

fn shares(checker: &mut Checker<'_>, root: &Fields<'_>, data: &Fields<'_>, fields: &Fields<'_>) -> Option<Division> {
    let (train, validation) = (share(fields, "train", 0.8)?, validation_share(fields)?);
    let at = data.key_span("split").or(root.key_span("data"))?;
    // With a word in the place of the share, there is none that could contradict the others.
    if fields.text("test").is_none() {
        let test = share(fields, "test", 0.1)?;
        let sum = train + validation + test;
        if (sum - 1.0).abs() > 1e-9 {
            // Ten digits show every sum that is refused and hide the rounding of the addition.
            let sum = (sum * 1e10).round() / 1e10;
            checker.error(at, ErrorKind::Shares { train, validation, test, sum });
            return None;
        }
    }
    let test = left(train, validation);
    if test <= 0.0 {
        checker.error(at, ErrorKind::NothingToTest { train, validation });
        return None;
    }
    Some(Division::Shares { train, validation, test })
}

/// The test share. It is always computed, so that the resolved spec, which does not write it, makes an equal plan. The nearest
/// number of twelve decimals is the one that a user would write: `1 - 0.8 - 0.1` makes exactly 0.1.
fn left(train: f64, validation: f64) -> f64 {
    ((1.0 - train - validation) * 1e12).round() / 1e12
}

fn of_folds(checker: &mut Checker<'_>, fields: &Fields<'_>) -> Option<Division> {
    if fields.is_wrong("repeats") {
        return None;
    }
    let (folds, validation) = (fields.small("folds")?, validation_share(fields)?);
    let repeats = fields.small("repeats").unwrap_or(1);
    let most = 1.0 - 1.0 / f64::from(folds);
    if validation >= most {
        checker.error(fields.span("validation")?, ErrorKind::NothingToTrain { validation, folds });
    }
    if u64::from(folds) * u64::from(repeats) > MOST_REPLICATES {
        checker.error(fields.key_span("repeats")?, ErrorKind::TooManyFolds { folds, repeats, max: MOST_REPLICATES });
        return None;
    }
    Some(Division::Folds { folds, repeats, validation })
}
