//! Why trials have no record: what differs from the most similar trial that has one.

use crate::Experiment;
use crate::error::ExperimentError;
use recur_core::record::Outcome;
use recur_core::trial::{Identity, Trial, TrialId};
use recur_store::{Found, Problem, Store};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;

/// Why a trial has no record that can be used.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum NoRecord {
    /// It failed, and is run again.
    Failed { reason: String },
    /// Its record is damaged.
    Damaged(Problem),
    /// The store has no trial of its model.
    NoneOfModel { model: String },
    /// The store has other trials of its model.
    Differs {
        /// The most similar one.
        nearest: TrialId,
        /// What differs from it, each as `NAME THEN → NOW`.
        changes: Vec<String>,
    },
}

impl fmt::Display for NoRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { reason } => write!(f, "failed before: {reason}"),
            Self::Damaged(problem) => write!(f, "{problem}"),
            Self::NoneOfModel { model } => write!(f, "the store has no trial of {model}"),
            Self::Differs { nearest, changes } => {
                write!(f, "{} (nearest record: {})", changes.join(", "), nearest.short())
            }
        }
    }
}

impl Experiment {
    /// For each of `trials` why it has no record that can be used; `None` for those that have one.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn explain(&self, trials: &[&Trial], store: Option<&Store>) -> Result<Vec<Option<NoRecord>>, ExperimentError> {
        let stored = Stored::read(store)?;
        Ok(trials.iter().map(|trial| why(trial, store, &stored)).collect())
    }
}

fn why(trial: &Trial, store: Option<&Store>, stored: &Stored) -> Option<NoRecord> {
    match store.map_or(Found::Missing, |store| store.find(&trial.id)) {
        Found::Record(record) => match record.outcome {
            Outcome::Failed { reason } => Some(NoRecord::Failed { reason }),
            Outcome::Finished { .. } | Outcome::Diverged { .. } => None,
        },
        Found::Damaged(problem) => Some(NoRecord::Damaged(problem)),
        Found::Missing => Some(match stored.nearest(&trial.identity) {
            None => NoRecord::NoneOfModel { model: trial.identity.model.clone() },
            Some((id, changes)) => NoRecord::Differs { nearest: id.clone(), changes },
        }),
    }
}

/// The inputs of a trial, by their place: `params.hidden_size`, `training.batch_size`, …
type Inputs = BTreeMap<String, String>;

/// The inputs of every stored trial, by model; equal inputs are one number, so that comparing is quick.
struct Stored {
    by_model: BTreeMap<String, Vec<(TrialId, Vec<u32>)>>,
    numbers: BTreeMap<(String, String), u32>,
    names: Vec<(String, String)>,
}

impl Stored {
    fn read(store: Option<&Store>) -> Result<Self, ExperimentError> {
        let mut stored = Self { by_model: BTreeMap::new(), numbers: BTreeMap::new(), names: Vec::new() };
        let Some(store) = store else { return Ok(stored) };
        store.records(|record| {
            // What cannot be read is reported where it is looked up.
            if let Ok(record) = record {
                let inputs = inputs(&record.identity).into_iter().map(|input| stored.number(input)).collect();
                stored.by_model.entry(record.identity.model).or_default().push((record.id, inputs));
            }
            ControlFlow::Continue(())
        })?;
        Ok(stored)
    }

    fn number(&mut self, input: (String, String)) -> u32 {
        let next = self.names.len() as u32;
        let number = *self.numbers.entry(input.clone()).or_insert(next);
        if number == next {
            self.names.push(input);
        }
        number
    }

    /// The stored trial of the same model with the fewest other inputs, and these: `name old → new`.
    fn nearest(&self, identity: &Identity) -> Option<(&TrialId, Vec<String>)> {
        let wanted = inputs(identity);
        // An input that no stored trial has gets no number, and differs from all.
        let known: Vec<u32> =
            wanted.clone().into_iter().filter_map(|input| self.numbers.get(&input).copied()).collect();
        let n_common = |inputs: &[u32]| inputs.iter().filter(|input| known.contains(input)).count();
        let candidates = self.by_model.get(&identity.model)?;
        let (id, nearest) = candidates.iter().max_by_key(|(id, inputs)| (n_common(inputs), std::cmp::Reverse(id)))?;
        let then: Inputs = nearest.iter().map(|number| self.names[*number as usize].clone()).collect();
        Some((id, changes(&then, &wanted)))
    }
}

/// What differs, input by input.
fn changes(then: &Inputs, now: &Inputs) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let value = |inputs: &Inputs, name: &str| inputs.get(name).map_or("none".to_owned(), Clone::clone);
    let change = |name: &&String| format!("{name} {} → {}", value(then, name), value(now, name));
    names.iter().filter(|name| then.get(**name) != now.get(**name)).map(change).collect()
}

/// The inputs of a trial as text, digests cut to 12 digits.
fn inputs(identity: &Identity) -> Inputs {
    let json = serde_json::to_value(identity).expect("an identity holds no map with other keys than strings");
    let mut inputs = Inputs::new();
    flatten(&json, String::new(), &mut inputs);
    inputs
}

fn flatten(value: &Value, path: String, into: &mut Inputs) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(value, path, into);
            }
        }
        Value::String(text) if text.len() == 64 => drop(into.insert(path, text[..12].to_owned())),
        Value::String(text) => drop(into.insert(path, text.clone())),
        other => drop(into.insert(path, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs_of(pairs: &[(&str, &str)]) -> Inputs {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_changed_input_is_reported_with_both_values() {
        let then = inputs_of(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let now = inputs_of(&[("a", "1"), ("b", "5"), ("d", "4")]);
        assert_eq!(changes(&then, &now), ["b 2 → 5", "c 3 → none", "d none → 4"]);
        assert!(changes(&then, &then).is_empty());
    }
}
