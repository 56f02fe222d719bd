//! What a report was made of, in one line of short digests: any change of it shows.

use crate::provenance::Provenance;
use recur_analysis::Outcomes;
use recur_core::digest::{Digest, Hasher};
use recur_core::trial::Identity;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The parts of a report's making, by name: `spec`, `data`, `split`, `selection`, `code`, `contract` and `records`.
///
/// A part is the first 12 digits of a digest; `contract` is the version of the numeric contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Signature(BTreeMap<String, String>);

/// The parts, in the order in which they are written, with what each covers.
pub const PARTS: [(&str, &str); 7] = [
    ("spec", "the spec, defaults filled in"),
    ("data", "the data set"),
    ("split", "which rows each replicate trains, chooses and tests on"),
    ("selection", "the chosen configurations"),
    ("code", "the code of the models and of the training procedure"),
    ("contract", "the numeric contract"),
    ("records", "the results of every trial"),
];

impl Signature {
    /// The signature of the report of `outcomes` that `provenance` makes again.
    pub fn of(outcomes: &Outcomes<'_>, provenance: &Provenance) -> Self {
        let values = [
            Digest::of(provenance.resolved_spec().as_bytes()).short().to_owned(),
            outcomes.facts.dataset.short().to_owned(),
            splits(outcomes),
            selection(outcomes),
            Self::code_of(outcomes.trials.iter().map(|outcome| &outcome.record.identity)),
            provenance.numeric_contract.to_string(),
            records(outcomes),
        ];
        Self(PARTS.iter().map(|(name, _)| (*name).to_owned()).zip(values).collect())
    }

    /// The part `code` of a report of trials with these identities.
    pub fn code_of<'a>(identities: impl Iterator<Item = &'a Identity>) -> String {
        let codes: BTreeSet<[&str; 3]> = identities
            .map(|identity| [&identity.model, identity.model_code.as_str(), identity.procedure.as_str()])
            .collect();
        let mut hasher = Hasher::new();
        codes.iter().flatten().for_each(|part| {
            hasher.field(part.as_bytes());
        });
        short(hasher)
    }

    /// The value of a part.
    pub fn get(&self, part: &str) -> &str {
        self.0.get(part).map_or("", String::as_str)
    }

    /// The line of a report that shows it.
    pub(crate) fn line(&self) -> String {
        format!("Signature: `{self}`")
    }
}

impl TryFrom<BTreeMap<String, String>> for Signature {
    type Error = String;

    fn try_from(parts: BTreeMap<String, String>) -> Result<Self, String> {
        match PARTS.iter().find(|(name, _)| !parts.contains_key(*name)) {
            Some((name, _)) => Err(format!("the signature has no part `{name}`")),
            None => Ok(Self(parts)),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = PARTS.iter().map(|(name, _)| format!("{name}:{}", self.get(name))).collect();
        f.write_str(&parts.join(" "))
    }
}

fn short(hasher: Hasher) -> String {
    hasher.finish().short().to_owned()
}

fn splits(outcomes: &Outcomes<'_>) -> String {
    let splits: BTreeSet<(u32, &Digest)> =
        outcomes.trials.iter().map(|outcome| (outcome.trial.replicate, &outcome.record.split)).collect();
    let mut hasher = Hasher::new();
    for (replicate, split) in splits {
        hasher.field(&replicate.to_le_bytes()).field(split.as_str().as_bytes());
    }
    short(hasher)
}

fn selection(outcomes: &Outcomes<'_>) -> String {
    let mut hasher = Hasher::new();
    for chosen in outcomes.selection.chosen() {
        hasher.field(chosen.model.as_bytes());
        for configuration in std::iter::once(&chosen.configuration).chain(&chosen.by_replicate) {
            let title = configuration.map_or_else(String::new, |index| outcomes.plan.configurations[index].title());
            hasher.field(title.as_bytes());
        }
    }
    short(hasher)
}

fn records(outcomes: &Outcomes<'_>) -> String {
    let json = "a record has only string keys";
    let mut of_trials: Vec<_> = outcomes.trials.iter().map(|outcome| &outcome.record).collect();
    of_trials.sort_by(|a, b| a.id.cmp(&b.id));
    let mut of_tests: Vec<_> = outcomes.tests.iter().collect();
    of_tests.sort_by(|a, b| a.id.cmp(&b.id));
    let mut hasher = Hasher::new();
    for record in of_trials {
        hasher.field(&serde_json::to_vec(record).expect(json));
    }
    for record in of_tests {
        hasher.field(&serde_json::to_vec(record).expect(json));
    }
    short(hasher)
}
