//! An experiment as a part of a comparison.

use crate::outcomes::Outcomes;
use recur_core::digest::Digest;
use recur_core::selection::Chosen;
use std::collections::BTreeMap;

/// An experiment that is to be compared with others.
#[derive(Clone, Debug)]
pub struct ComparedExperiment<'a> {
    /// What it is called in messages.
    pub name: &'a str,
    /// What became of its trials.
    pub outcomes: Outcomes<'a>,
    /// What each of its models is called next to those of the others, by the model's id; no two experiments share one. A model without
    /// one is left out.
    pub labels: BTreeMap<String, String>,
    /// How the rows are divided on each replicate, whatever their characters ([`recur_core::division::digest`]); needed only where
    /// experiments have different data sets.
    pub divisions: Vec<Digest>,
}

impl ComparedExperiment<'_> {
    /// The models that take part and were chosen a configuration for on every replicate.
    pub(crate) fn chosen(&self) -> impl Iterator<Item = &Chosen> {
        let with_label =
            self.outcomes.selection.chosen().iter().filter(|chosen| self.labels.contains_key(&chosen.model));
        with_label.filter(|chosen| chosen.by_replicate.iter().all(Option::is_some))
    }
}
