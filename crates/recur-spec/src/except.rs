//! `except`: combinations of values that a sweep leaves out.

use crate::axis::value;
use crate::check::{Checker, join};
use crate::configurations::value_of;
use crate::error::ErrorKind;
use crate::key::Kind;
use crate::models::{Listed, nearest_axis, varied};
use crate::source::{Span, printable};
use crate::tree::{Content, Entry, Node};
use recur_core::nearest::nearest;
use recur_core::params::ParamValue;
use recur_core::plan::Configuration;
use recur_core::settings::TrainingSettings;
use std::collections::BTreeSet;
use std::fmt;

/// A configuration is left out if each of these parameters and settings has one of these values.
#[derive(Clone, Debug, PartialEq)]
pub struct Exception {
    /// By parameter, or path of a setting; each with at least one value.
    pub values: Vec<(String, Vec<ParamValue>)>,
}

/// How many configurations of a model an exception leaves out.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// What reports call the model.
    pub model: String,
    /// The exception.
    pub exception: Exception,
    /// How many it leaves out that no earlier one does.
    pub n_configurations: usize,
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = |values: &[ParamValue]| match values {
            [only] => only.to_string(),
            several => format!("[{}]", several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        };
        let entries: Vec<String> = self.values.iter().map(|(name, v)| format!("{name}: {}", values(v))).collect();
        write!(f, "{{{}}}", entries.join(", "))
    }
}

impl Exception {
    /// Whether it leaves out `configuration`, which is trained as `training` says.
    fn matches(&self, configuration: &Configuration, training: &TrainingSettings) -> bool {
        let matches = |(name, values): &(String, Vec<ParamValue>)| {
            value_of(configuration, training, name).is_some_and(|value| values.contains(&value))
        };
        self.values.iter().all(matches)
    }
}

/// An element of `except`, before the models are known.
pub(crate) struct Given<'t> {
    entries: Vec<&'t Entry>,
    path: String,
    span: Span,
    /// How many configurations it leaves out.
    n_matches: usize,
}

impl Given<'_> {
    /// Where it is.
    pub fn span(&self) -> Span {
        self.span
    }
}

/// The elements of the list `node`, which is at `path`.
pub(crate) fn given<'t>(checker: &mut Checker<'_>, node: Option<&'t Node>, path: &str) -> Vec<Given<'t>> {
    let Some(node) = node.filter(|node| !node.is_null()) else { return Vec::new() };
    let Content::Sequence(elements) = &node.content else {
        checker.wrong(node, path, &Kind::Exceptions);
        return Vec::new();
    };
    let mut given = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let path = format!("{path}.{index}");
        let Some(entries) = checker.entries(element, &path, &Kind::Params) else { continue };
        if entries.is_empty() {
            checker.wrong(element, &path, &Kind::Params);
        } else {
            given.push(Given { entries, path, span: element.span, n_matches: 0 });
        }
    }
    given
}

/// Reports keys of `given` that no listed model has.
pub(crate) fn unknown_keys(checker: &mut Checker<'_>, given: &[Given<'_>], listed: &[Listed<'_>]) {
    let declared: BTreeSet<&str> =
        listed.iter().flat_map(|model| model.plugin.about().parameters).map(|parameter| parameter.name).collect();
    for entry in given.iter().flat_map(|given| &given.entries) {
        if !listed.iter().any(|model| varied(model.plugin, &entry.key).is_some()) {
            let nearest = nearest_axis(&entry.key, declared.iter().copied());
            let valid = declared.iter().map(|name| (*name).to_owned()).collect();
            checker
                .error(entry.key_span, ErrorKind::UndeclaredAxis { name: printable(&entry.key, 60), nearest, valid });
        }
    }
}

/// Takes out of `configurations` of `model`, each with its training, what `given` leaves out; says what that was.
pub(crate) fn leave_out(
    checker: &mut Checker<'_>,
    model: &Listed<'_>,
    configurations: &mut Vec<(Configuration, TrainingSettings)>,
    given: &mut [Given<'_>],
) -> Vec<LeftOut> {
    let mut left_out = Vec::new();
    for given in given {
        let Some(exception) = exception(checker, model, given) else { continue };
        let before = configurations.len();
        configurations.retain(|(configuration, training)| !exception.matches(configuration, training));
        let n_configurations = before - configurations.len();
        given.n_matches += n_configurations;
        if n_configurations > 0 {
            left_out.push(LeftOut { model: model.name.clone(), exception, n_configurations });
        }
    }
    left_out
}

/// What `given` says of `model`; `None` where the model does not have all of its keys, or a value is wrong.
fn exception(checker: &mut Checker<'_>, model: &Listed<'_>, given: &Given<'_>) -> Option<Exception> {
    let mut all = Vec::new();
    for entry in &given.entries {
        let varied = varied(model.plugin, &entry.key)?;
        let path = join(&given.path, varied.name());
        let values = match &entry.value.content {
            Content::Sequence(elements) if !elements.is_empty() => {
                elements.iter().map(|element| value(checker, element, varied, &path)).collect::<Option<Vec<_>>>()?
            }
            _ => vec![value(checker, &entry.value, varied, &path)?],
        };
        all.push((varied.name().to_owned(), values));
    }
    Some(Exception { values: all })
}

/// What the checked `given` say of the first listed model that has the keys.
pub(crate) fn checked(checker: &mut Checker<'_>, given: &[Given<'_>], listed: &[Listed<'_>]) -> Vec<Exception> {
    given.iter().filter_map(|given| listed.iter().find_map(|model| exception(checker, model, given))).collect()
}

/// Reports what matches none of `configurations`, which are all that there were before any was left out.
pub(crate) fn unmatched(
    checker: &mut Checker<'_>,
    given: &[Given<'_>],
    listed: &[Listed<'_>],
    configurations: &[(Configuration, TrainingSettings)],
) {
    for given in given.iter().filter(|given| given.n_matches == 0) {
        let Some(exception) = listed.iter().find_map(|model| exception(checker, model, given)) else { continue };
        let is_known =
            configurations.iter().any(|(configuration, training)| exception.matches(configuration, training));
        // An earlier one leaves out the same: nothing is missing.
        if !is_known {
            let why = why_unmatched(&exception, configurations);
            checker.error(given.span, ErrorKind::ExceptNothing { exception: exception.to_string(), why });
        }
    }
}

fn why_unmatched(exception: &Exception, configurations: &[(Configuration, TrainingSettings)]) -> String {
    for (name, values) in &exception.values {
        let mut known: Vec<ParamValue> = Vec::new();
        for (configuration, training) in configurations {
            if let Some(value) = value_of(configuration, training, name).filter(|value| !known.contains(value)) {
                known.push(value);
            }
        }
        let Some(missing) = values.iter().find(|value| !known.contains(value)) else { continue };
        if values.iter().any(|value| known.contains(value)) {
            continue;
        }
        let nearest = nearest_value(missing, &known).map(|value| format!(", the nearest value is {value}"));
        return format!("`{name}` is never {missing}{}", nearest.unwrap_or_default());
    }
    "no configuration has these values together".to_owned()
}

fn nearest_value(value: &ParamValue, known: &[ParamValue]) -> Option<String> {
    let Some(x) = value.number() else {
        let words: Vec<String> = known.iter().map(ToString::to_string).collect();
        return nearest(&value.to_string(), words.iter().map(String::as_str)).map(str::to_owned);
    };
    let distance = |other: &&ParamValue| other.number().map_or(f64::INFINITY, |other| (other - x).abs());
    known.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).map(ToString::to_string)
}
