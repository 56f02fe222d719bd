//! How long a trial may take, by what stored trials took.

use crate::error::ExperimentError;
use recur_core::params::Params;
use recur_core::plan::{Configuration, Plan};
use recur_core::trial::TrialId;
use recur_store::Store;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Trials whose times are looked at for one configuration.
const LOOKED_AT: usize = 5;

/// What is known of past trials of a plan's models.
pub struct Estimates<'a> {
    store: &'a Store,
    by_model: BTreeMap<String, Vec<(TrialId, Params)>>,
    known: BTreeMap<String, Option<f64>>,
}

impl<'a> Estimates<'a> {
    /// Lists the stored trials of the models of `plan`.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn read(store: &'a Store, plan: &Plan) -> Result<Self, ExperimentError> {
        let models = plan.models();
        let mut by_model: BTreeMap<String, Vec<(TrialId, Params)>> = BTreeMap::new();
        store.list(|entry| {
            if let Ok(entry) = entry
                && models.contains(&entry.model.as_str())
            {
                by_model.entry(entry.model).or_default().push((entry.id, entry.params));
            }
            ControlFlow::Continue(())
        })?;
        Ok(Self { store, by_model, known: BTreeMap::new() })
    }

    /// The mean seconds of the stored trials of the same model whose parameters differ least; `None` without any.
    pub fn seconds(&mut self, configuration: &Configuration) -> Option<f64> {
        let key = format!("{} {:?}", configuration.model, configuration.params);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let estimate = self.estimate(configuration);
        self.known.insert(key, estimate);
        estimate
    }

    fn estimate(&self, configuration: &Configuration) -> Option<f64> {
        let stored = self.by_model.get(&configuration.model)?;
        let distance = |params: &Params| {
            configuration.params.iter().filter(|(name, value)| params.get(name) != Some(value)).count()
        };
        let least = stored.iter().map(|(_, params)| distance(params)).min()?;
        let nearest = stored.iter().filter(|(_, params)| distance(params) == least);
        // A trial that continued from a checkpoint has only the time after it.
        let seconds: Vec<f64> = nearest
            .filter_map(|(id, _)| self.store.environment(id))
            .filter(|environment| !environment.resumed)
            .map(|environment| environment.seconds)
            .take(LOOKED_AT)
            .collect();
        recur_stats::mean(&seconds)
    }
}
