//! Trials of one model that ran on machines on which its bytes may differ.

use crate::Experiment;
use recur_core::model::Determinism;
use recur_core::selection::TrialOutcome;
use recur_core::visible::visible;
use recur_store::Store;
use std::collections::{BTreeMap, BTreeSet};

impl Experiment {
    /// Warns of models of grade `machine` whose trials ran on unlike machines: the same trials on one machine might have had other bytes.
    pub(crate) fn warn_of_unlike_machines(&self, store: &Store, outcomes: &[TrialOutcome]) {
        let is_of_machine = |model: &str| {
            let plugin = self.registry().get(model);
            plugin.is_ok_and(|plugin| plugin.about().determinism == Determinism::Machine)
        };
        let mut kinds: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for TrialOutcome { trial, .. } in outcomes.iter().filter(|it| is_of_machine(&it.trial.identity.model)) {
            if let Some(environment) = store.environment(&trial.id) {
                kinds.entry(&trial.identity.model).or_default().insert(environment.machine_kind);
            }
        }
        for (model, kinds) in kinds.into_iter().filter(|(_, kinds)| kinds.len() > 1) {
            let kinds: Vec<String> = kinds.iter().map(|kind| visible(kind).into_owned()).collect();
            tracing::warn!(
                "{model} is of grade `machine`, and its trials ran on unlike machines: {}; on one kind of them their bytes might differ",
                kinds.join(" | ")
            );
        }
    }
}
