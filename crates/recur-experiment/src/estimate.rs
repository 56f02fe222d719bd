//! How long a trial may take, by what stored trials took.

use crate::error::ExperimentError;
use recur_core::params::Params;
use recur_core::plan::{Configuration, Plan};
use recur_core::settings::TrainingSettings;
use recur_core::trial::TrialId;
use recur_store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Trials whose times are looked at for one configuration.
const LOOKED_AT: usize = 5;

/// A stored trial.
struct Known {
    id: TrialId,
    params: Params,
    training: Option<TrainingSettings>,
}

/// What is known of past trials of a plan's models.
pub struct Estimates<'a> {
    store: &'a Store,
    by_model: BTreeMap<String, Vec<Known>>,
    estimates: BTreeMap<String, Option<f64>>,
}

impl<'a> Estimates<'a> {
    /// Lists the stored trials of the models of `plan`.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn read(store: &'a Store, plan: &Plan) -> Result<Self, ExperimentError> {
        let models: BTreeSet<&str> = plan.configurations.iter().map(|own| own.plugin.as_str()).collect();
        let mut by_model: BTreeMap<String, Vec<Known>> = BTreeMap::new();
        store.list(|entry| {
            if let Ok(entry) = entry
                && models.contains(entry.model.as_str())
            {
                let known = Known { id: entry.id, params: entry.params, training: entry.training };
                by_model.entry(entry.model).or_default().push(known);
            }
            ControlFlow::Continue(())
        })?;
        Ok(Self { store, by_model, estimates: BTreeMap::new() })
    }

    /// The mean seconds of the stored trials of the same model whose parameters differ least, and of these of those with the
    /// same training where there are any; `None` without any. Of what halving stopped, the seconds of its epochs are those of as
    /// many of the full training.
    pub fn seconds(&mut self, plan: &Plan, configuration: &Configuration) -> Option<f64> {
        let key = format!("{} {:?} {:?}", configuration.plugin, configuration.params, configuration.settings);
        if let Some(known) = self.estimates.get(&key) {
            return *known;
        }
        let estimate = self.estimate(configuration, plan.training_of(configuration));
        self.estimates.insert(key, estimate);
        estimate
    }

    fn estimate(&self, configuration: &Configuration, training: &TrainingSettings) -> Option<f64> {
        let stored = self.by_model.get(&configuration.plugin)?;
        let distance = |known: &&Known| {
            let differs = |(name, value): &(&str, _)| known.params.get(name) != Some(*value);
            let is_trained_otherwise =
                known.training.as_ref().is_some_and(|of_known| of_known.full() != training.full());
            (configuration.params.iter().filter(differs).count(), is_trained_otherwise)
        };
        let least = stored.iter().map(|known| distance(&known)).min()?;
        let nearest = stored.iter().filter(|known| distance(known) == least);
        // A trial that continued from a checkpoint has only the time after it.
        let seconds: Vec<f64> = nearest
            .filter_map(|known| Some((known, self.store.environment(&known.id)?)))
            .filter(|(_, environment)| !environment.resumed)
            .map(|(known, environment)| environment.seconds / known.training.as_ref().map_or(1.0, share))
            .take(LOOKED_AT)
            .collect();
        recur_stats::mean(&seconds)
    }
}

/// The share of a full training that is trained before it stops.
pub(crate) fn share(training: &TrainingSettings) -> f64 {
    match training.stop_after {
        Some(epochs) => f64::from(epochs) / f64::from(training.n_epochs().max(1)),
        None => 1.0,
    }
}
