//! Whether two experiments share their test sets, and what differs where they do not.

use crate::input::ReportInput;
use crate::together::Part;
use recur_core::digest::Digest;
use recur_core::metric::Metric;
use recur_core::settings::{Division, SplitSettings};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// A setting with the values that two experiments give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its place in a plan, such as `data.text.fold`.
    pub path: String,
    /// The value in the first.
    pub first: String,
    /// The value in the second.
    pub second: String,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {} and {}", self.path, self.first, self.second)
    }
}

/// Why two experiments cannot be compared. "First" and "second" are in the order of the message.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unlike {
    /// Other labels.
    #[error("their labels differ: {}", of_labels(first, second))]
    Labels {
        /// Labels that the first has alone.
        first: Vec<String>,
        /// Labels that the second has alone.
        second: Vec<String>,
    },
    /// Other rows, or rows divided in another way; with one replicate, other letters in them as well.
    #[error("their data differ: {} and {} rows{}", rows[0], rows[1], listed(settings))]
    Data {
        /// The settings that differ.
        settings: Vec<Setting>,
        /// How many rows each has.
        rows: [u64; 2],
    },
    /// Rows divided by other rules.
    #[error("their rows are divided by other rules{}", listed(settings))]
    Split {
        /// The settings that differ.
        settings: Vec<Setting>,
    },
    /// Another seed divides the rows in another way.
    #[error("seed is {first} and {second}, which divide the rows in other ways")]
    Seed {
        /// The seed of the first.
        first: u64,
        /// The seed of the second.
        second: u64,
    },
    /// Figures over other numbers of replicates.
    #[error("replicates is {first} and {second}, and replicates are compared in pairs")]
    Replicates {
        /// How many the first has.
        first: u32,
        /// How many the second has.
        second: u32,
    },
    /// Trials of other replicates.
    #[error("one is of replicate {first} and the other of replicate {second}, each another split")]
    Replicate {
        /// The replicate of the first.
        first: u32,
        /// The replicate of the second.
        second: u32,
    },
    /// Configurations chosen by other figures.
    #[error("report.primary is {} and {}: their configurations were chosen by other figures", first.name(), second.name())]
    Primary {
        /// The figure of the first.
        first: Metric,
        /// The figure of the second.
        second: Metric,
    },
    /// Equal settings, and other rows all the same.
    #[error("replicate {replicate} is divided in another way, by another version of recur")]
    Division {
        /// The replicate.
        replicate: u32,
    },
}

fn of_labels(first: &[String], second: &[String]) -> String {
    let side = |labels: &[String], which: &str| {
        let some = labels.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        match labels.len() {
            0 => None,
            n if n > 3 => Some(format!("{which} alone has {some} and {} more", n - 3)),
            _ => Some(format!("{which} alone has {some}")),
        }
    };
    [side(first, "the first"), side(second, "the second")].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn listed(settings: &[Setting]) -> String {
    settings.iter().map(|setting| format!("; {setting}")).collect()
}

/// What keeps `first` and `second` from being compared, if anything does.
pub(super) fn unlike(one: &Part<'_>, other: &Part<'_>) -> Option<Unlike> {
    let (first, second) = (&one.input, &other.input);
    let (a, b) = (first.plan, second.plan);
    let is_respelt = first.facts.dataset != second.facts.dataset && is_respelt(one, other);
    if first.label_names != second.label_names {
        return Some(Unlike::Labels { first: missing(first, second), second: missing(second, first) });
    }
    if first.facts.dataset != second.facts.dataset && !is_respelt {
        return Some(Unlike::Data {
            settings: data_settings(first, second),
            rows: [first.facts.rows, second.facts.rows],
        });
    }
    if a.split != b.split {
        return Some(Unlike::Split { settings: split_settings(&a.split, &b.split) });
    }
    if a.seed != b.seed {
        return Some(Unlike::Seed { first: a.seed, second: b.seed });
    }
    if a.replicates != b.replicates {
        return Some(Unlike::Replicates { first: a.replicates, second: b.replicates });
    }
    if a.report.primary != b.report.primary {
        return Some(Unlike::Primary { first: a.report.primary, second: b.report.primary });
    }
    let (ours, theirs) = (splits(first), splits(second));
    ours.iter().find_map(|(replicate, (trained, split))| {
        let (other, other_split) = theirs.get(replicate)?;
        if trained != other {
            return Some(Unlike::Replicate { first: *trained, second: *other });
        }
        // The rows of names in other letters stand in another order, which the digest of a split shows.
        (split != other_split && !is_respelt).then_some(Unlike::Division { replicate: *trained })
    })
}

/// Whether two parts have the same rows, divided in the same way, with names in other letters. Where there is one replicate,
/// models are compared by name, which other letters do not allow.
fn is_respelt(one: &Part<'_>, other: &Part<'_>) -> bool {
    let is_text = |setting: &Setting| setting.path.starts_with("data.text.");
    !one.divisions.is_empty()
        && one.divisions == other.divisions
        && one.input.plan.replicates > 1
        && data_settings(&one.input, &other.input).iter().all(is_text)
}

/// The settings of their data that differ.
pub(super) fn data_settings(first: &ReportInput<'_>, second: &ReportInput<'_>) -> Vec<Setting> {
    differing("data", &first.plan.data, &second.plan.data)
}

fn kind(division: Division) -> &'static str {
    match division {
        Division::Shares { .. } => "shares",
        Division::Folds { .. } => "folds",
        Division::Published { .. } => "a published split",
    }
}

/// The settings of their division that differ, by the keys of the spec.
fn split_settings(first: &SplitSettings, second: &SplitSettings) -> Vec<Setting> {
    if std::mem::discriminant(&first.division) != std::mem::discriminant(&second.division) {
        let [first, second] = [first, second].map(|split| kind(split.division).to_owned());
        return vec![Setting { path: "data.split".to_owned(), first, second }];
    }
    let mut settings = differing("data.split", first, second);
    for setting in &mut settings {
        for kind in ["shares", "folds", "published"] {
            setting.path = setting.path.replace(&format!(".division.{kind}"), "");
        }
        setting.path = setting.path.replace(".test_rows", ".test");
    }
    settings
}

/// The labels of `one` that `other` lacks.
fn missing(one: &ReportInput<'_>, other: &ReportInput<'_>) -> Vec<String> {
    one.label_names.iter().filter(|label| !other.label_names.contains(label)).cloned().collect()
}

/// By replicate of the plan: the one that a trial was trained as, and the digest of its split.
fn splits<'a>(input: &ReportInput<'a>) -> BTreeMap<u32, (u32, &'a Digest)> {
    let split = |finding: &'a recur_core::selection::Finding| {
        (finding.trial.replicate, (finding.record.identity.replicate, &finding.record.split))
    };
    input.findings.iter().map(split).collect()
}

/// The settings of `a` and `b` that differ, each with its place below `path`.
fn differing(path: &str, a: &impl Serialize, b: &impl Serialize) -> Vec<Setting> {
    let json = |settings: Result<Value, serde_json::Error>| settings.expect("settings have only string keys");
    let mut found = Vec::new();
    differences(path, &json(serde_json::to_value(a)), &json(serde_json::to_value(b)), &mut found);
    found
}

fn differences(path: &str, a: &Value, b: &Value, found: &mut Vec<Setting>) {
    match (a, b) {
        (Value::Object(first), Value::Object(second)) => {
            for (name, value) in first {
                differences(&format!("{path}.{name}"), value, second.get(name).unwrap_or(&Value::Null), found);
            }
        }
        (a, b) if a != b => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            found.push(Setting { path: path.to_owned(), first: text(a), second: text(b) });
        }
        _ => {}
    }
}
