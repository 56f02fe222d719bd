//! What is known of the time of trials before they run: from those of the store.

use crate::Experiment;
use crate::error::ExperimentError;
use crate::time_left::{Ended, TimeLeft, TrialWork};
use crate::work::{Costs, Training, TrainingCost};
use recur_core::record::TrialRecord;
use recur_core::settings::TrainingSettings;
use recur_core::trial::{Trial, TrialId};
use recur_store::{Entry, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Trials of a configuration whose times are looked at.
const OF_CONFIGURATION: usize = 5;

/// Trials of other experiments whose times are looked at, for each model.
const OF_MODEL: usize = 40;

/// Trials of the store that are looked through: their ids are digests, so that any of them are a sample.
const LOOKED_THROUGH: usize = 2_000;

/// A trial of the experiment that has a record.
pub(crate) struct Done<'a> {
    pub(crate) trial: &'a Trial,
    /// The share of its epochs that it used.
    pub(crate) share: f64,
}

impl<'a> Done<'a> {
    pub(crate) fn of(trial: &'a Trial, record: &TrialRecord) -> Self {
        let epochs = Training::of(trial).epochs().max(1);
        Self { trial, share: record.epochs.len() as f64 / f64::from(epochs) }
    }
}

impl Experiment {
    /// The estimate of the time that `to_run` take, `jobs` at once and in their order, by the trials that are `done` and, for models
    /// without one, by those of other experiments in the store.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn time_left(
        &self,
        store: Option<&Store>,
        jobs: usize,
        done: &[Done<'_>],
        to_run: &[Trial],
    ) -> Result<TimeLeft, ExperimentError> {
        let costs = Costs::new(self);
        let mut time_left = TimeLeft::new(jobs);
        // All are added before any is said to have ended: a longer training goes on from a shorter one.
        done.iter().for_each(|done| time_left.add(&costs.work(done.trial)));
        to_run.iter().for_each(|trial| time_left.add(&costs.work(trial)));
        let mut unseen: BTreeMap<&str, Vec<Entry>> =
            to_run.iter().map(|trial| (trial.identity.model.as_str(), Vec::new())).collect();
        let Some(store) = store.filter(|_| !to_run.is_empty()) else { return Ok(time_left) };
        let mut looked_at: BTreeMap<&str, usize> = BTreeMap::new();
        for Done { trial, share } in done {
            let n_looked_at = looked_at.entry(&trial.title).or_default();
            *n_looked_at += 1;
            let known = (*n_looked_at <= OF_CONFIGURATION).then(|| ended(store, &trial.id, *share));
            time_left
                .ended_before(&trial.id, &known.unwrap_or(Ended { seconds: None, share: *share, is_resumed: false }));
            if *share > 0.0 {
                unseen.remove(trial.identity.model.as_str());
            }
        }
        if !unseen.is_empty() {
            find(store, &mut unseen, done)?;
            unseen
                .into_iter()
                .for_each(|(model, entries)| self.add_stored(&mut time_left, &costs, store, model, entries));
        }
        Ok(time_left)
    }

    /// Adds stored trials of a model: those of the same data set, where there are any.
    fn add_stored(
        &self,
        time_left: &mut TimeLeft,
        costs: &Costs<'_>,
        store: &Store,
        model: &str,
        mut entries: Vec<Entry>,
    ) {
        let Ok(plugin) = self.registry().get(model) else { return };
        let dataset = self.data().dataset.digest();
        if entries.iter().any(|entry| entry.dataset == *dataset) {
            entries.retain(|entry| entry.dataset == *dataset);
        }
        // A trial that went on from a checkpoint has only the time after it.
        let timed = entries.into_iter().take(OF_MODEL).filter_map(|entry| Some((store.environment(&entry.id)?, entry)));
        for (environment, entry) in timed.filter(|(environment, _)| !environment.resumed) {
            let training = Training { params: &entry.params, settings: entry.training.as_ref() };
            let Some(share) = share(entry.n_epochs, training) else { continue };
            let work = stored_work(model, &entry, training, costs.of(plugin, training));
            time_left.add_stored(&work, environment.seconds / share);
        }
    }
}

/// What the store has of a trial that used this share of its epochs.
pub(crate) fn ended(store: &Store, id: &TrialId, share: f64) -> Ended {
    let environment = store.environment(id);
    let is_resumed = environment.as_ref().is_some_and(|environment| environment.resumed);
    Ended { seconds: environment.map(|environment| environment.seconds), share, is_resumed }
}

/// The share of a stored trial's epochs that it used; `None` where it learned nothing.
fn share(n_epochs: usize, training: Training<'_>) -> Option<f64> {
    (n_epochs > 0).then(|| n_epochs as f64 / f64::from(training.epochs().max(1)))
}

fn stored_work(model: &str, entry: &Entry, training: Training<'_>, cost: Option<TrainingCost>) -> TrialWork {
    TrialWork {
        id: entry.id.clone(),
        model: model.to_owned(),
        configuration: format!("{model} {}", training.configuration()),
        training: String::new(),
        cost: cost.map(|cost| cost.multiply_adds),
        kind: cost.map(|cost| cost.kind).unwrap_or_default(),
        epochs: training.epochs(),
        full_epochs: training.settings.map_or(1, TrainingSettings::n_epochs),
        threads: 1,
        at_once: usize::MAX,
        shares_work: false,
    }
}

/// Looks for stored trials of models, besides those that are `done`.
fn find(store: &Store, models: &mut BTreeMap<&str, Vec<Entry>>, done: &[Done<'_>]) -> Result<(), ExperimentError> {
    let done: BTreeSet<&TrialId> = done.iter().map(|done| &done.trial.id).collect();
    let mut n_seen = 0;
    store.list(|entry| {
        n_seen += 1;
        if let Ok(entry) = entry
            && !done.contains(&entry.id)
            && let Some(entries) = models.get_mut(entry.model.as_str())
        {
            entries.push(entry);
        }
        if n_seen < LOOKED_THROUGH { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(())
}
