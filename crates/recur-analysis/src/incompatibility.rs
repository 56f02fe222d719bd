//! Whether two experiments share their test sets, and what differs where they do not.

use crate::compared::ComparedExperiment;
use crate::outcomes::Outcomes;
use crate::setting::{DifferingSetting, differing};
use recur_core::digest::Digest;
use recur_core::metric::Metric;
use recur_core::settings::{Division, SplitSettings};
use std::collections::BTreeMap;

/// Why two experiments cannot be compared. "First" and "second" are in the order of the message.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum Incompatibility {
    #[error("their labels differ: {}", of_labels(first, second))]
    Labels {
        /// Labels that the first has alone.
        first: Vec<String>,
        /// Labels that the second has alone.
        second: Vec<String>,
    },
    /// Other rows, or rows divided in another way; with one replicate, other characters in them as well.
    #[error("their data differ: {} and {} rows{}", rows[0], rows[1], listed(settings))]
    Data {
        settings: Vec<DifferingSetting>,
        /// Of the first and of the second.
        rows: [u64; 2],
    },
    #[error("their rows are divided by other rules{}", listed(settings))]
    Split { settings: Vec<DifferingSetting> },
    /// Another seed divides the rows in another way.
    #[error("seed is {first} and {second}, which divide the rows in other ways")]
    Seed { first: u64, second: u64 },
    /// Figures over other numbers of replicates.
    #[error("replicates is {first} and {second}, and replicates are compared in pairs")]
    Replicates { first: u32, second: u32 },
    #[error("one is of replicate {first} and the other of replicate {second}, each another split")]
    Replicate { first: u32, second: u32 },
    /// Configurations chosen by other results.
    #[error("report.primary is {} and {}: their configurations were chosen by other metrics", first.name(), second.name())]
    Primary { first: Metric, second: Metric },
    /// The same metric, of other labels or at another precision.
    #[error("report.primary is {} of other labels, or at another precision: report.positive or report.recall_at_precision differ", metric.name())]
    Requested { metric: Metric },
    /// Equal settings, and other rows all the same.
    #[error("replicate {replicate} is divided in another way, by another version of recur")]
    Division { replicate: u32 },
}

impl Incompatibility {
    /// How to make two experiments such that they can be compared.
    pub fn hint(&self) -> String {
        let set = |setting: &str| format!("give both the same {setting}, and run the one again");
        match self {
            Self::Labels { .. } | Self::Data { .. } => {
                "only results on the same test rows can be compared: run both on the \
                same data, read by the same settings"
                    .to_owned()
            }
            Self::Split { .. } => set("data.split"),
            Self::Seed { .. } => set("seed"),
            Self::Replicates { .. } => {
                "give both the same replicates, and run the one again: trials that are there are not trained again"
                    .to_owned()
            }
            Self::Replicate { .. } => {
                "compare trials of one replicate: recur plan lists the replicate of each trial".to_owned()
            }
            Self::Primary { first, second } if first.is_on_request() || second.is_on_request() => {
                "give both the same report.primary, and run the one again: that trains it again, if its trials have no such metric"
                    .to_owned()
            }
            Self::Primary { .. } => {
                "give both the same report.primary, and run the one again: that trains nothing".to_owned()
            }
            Self::Requested { .. } => {
                "give both the same report.positive and report.recall_at_precision, and run the one again".to_owned()
            }
            Self::Division { .. } => "run both with this version of recur".to_owned(),
        }
    }
}

fn of_labels(first: &[String], second: &[String]) -> String {
    let side = |labels: &[String], which: &str| {
        let some = labels.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        match labels.len() {
            0 => None,
            n if n > 3 => Some(format!("only {which} has {some} and {} more", n - 3)),
            _ => Some(format!("only {which} has {some}")),
        }
    };
    [side(first, "the first"), side(second, "the second")].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn listed(settings: &[DifferingSetting]) -> String {
    settings.iter().map(|setting| format!("; {setting}")).collect()
}

/// What keeps `first` and `second` from being compared, if anything does.
pub(crate) fn incompatibility(one: &ComparedExperiment<'_>, other: &ComparedExperiment<'_>) -> Option<Incompatibility> {
    let (first, second) = (&one.outcomes, &other.outcomes);
    let (a, b) = (first.plan, second.plan);
    let is_other_encoding = first.facts.dataset != second.facts.dataset && is_other_encoding(one, other);
    if first.label_names != second.label_names {
        return Some(Incompatibility::Labels { first: missing(first, second), second: missing(second, first) });
    }
    if first.facts.dataset != second.facts.dataset && !is_other_encoding {
        return Some(Incompatibility::Data {
            settings: data_settings(first, second),
            rows: [first.facts.rows, second.facts.rows],
        });
    }
    if a.split != b.split {
        return Some(Incompatibility::Split { settings: split_settings(&a.split, &b.split) });
    }
    if a.seed != b.seed {
        return Some(Incompatibility::Seed { first: a.seed, second: b.seed });
    }
    if a.replicates != b.replicates {
        return Some(Incompatibility::Replicates { first: a.replicates, second: b.replicates });
    }
    if a.report.primary != b.report.primary {
        return Some(Incompatibility::Primary { first: a.report.primary, second: b.report.primary });
    }
    let requested = |of: &Outcomes<'_>| of.plan.report.requested(of.label_names, &of.facts.rows_by_label);
    if requested(first) != requested(second) {
        return Some(Incompatibility::Requested { metric: a.report.primary });
    }
    let (ours, theirs) = (splits(first), splits(second));
    ours.iter().find_map(|(replicate, (trained, split))| {
        let (other, other_split) = theirs.get(replicate)?;
        if trained != other {
            return Some(Incompatibility::Replicate { first: *trained, second: *other });
        }
        // The rows of texts in other characters are in another order, which the digest of a split shows.
        (split != other_split && !is_other_encoding).then_some(Incompatibility::Division { replicate: *trained })
    })
}

/// Whether two parts have the same rows, divided in the same way, with texts in other characters. Where there is one replicate,
/// models are compared by text, which other characters do not allow.
fn is_other_encoding(one: &ComparedExperiment<'_>, other: &ComparedExperiment<'_>) -> bool {
    let is_text = |setting: &DifferingSetting| setting.path.starts_with("data.text.");
    !one.divisions.is_empty()
        && one.divisions == other.divisions
        && one.outcomes.plan.replicates > 1
        && data_settings(&one.outcomes, &other.outcomes).iter().all(is_text)
}

/// The settings of their data that differ.
pub(crate) fn data_settings(first: &Outcomes<'_>, second: &Outcomes<'_>) -> Vec<DifferingSetting> {
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
fn split_settings(first: &SplitSettings, second: &SplitSettings) -> Vec<DifferingSetting> {
    if std::mem::discriminant(&first.division) != std::mem::discriminant(&second.division) {
        let [first, second] = [first, second].map(|split| kind(split.division).to_owned());
        return vec![DifferingSetting { path: "data.split".to_owned(), first, second }];
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
fn missing(one: &Outcomes<'_>, other: &Outcomes<'_>) -> Vec<String> {
    one.label_names.iter().filter(|label| !other.label_names.contains(label)).cloned().collect()
}

/// By replicate of the plan: the one that a trial was trained as, and the digest of its split.
fn splits<'a>(outcomes: &Outcomes<'a>) -> BTreeMap<u32, (u32, &'a Digest)> {
    let split = |outcome: &'a recur_core::selection::TrialOutcome| {
        (outcome.trial.replicate, (outcome.record.identity.replicate, &outcome.record.split))
    };
    outcomes.trials.iter().map(split).collect()
}
