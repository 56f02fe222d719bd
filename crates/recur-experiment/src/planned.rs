//! What an experiment would run now: which trials are done, and how long the others may take.

use crate::Experiment;
use crate::error::ExperimentError;
use crate::estimate::{self, Estimates};
use crate::parallel::{available_cores, in_parallel};
use crate::power::Power;
use crate::stored_record;
use recur_core::plan::UnusedSettings;
use recur_core::record::Outcome;
use recur_core::trial::Trial;
use recur_spec::LeftOut;
use recur_store::Store;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Whether a trial has a record in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrialState {
    /// It has one.
    Done,
    /// It has none, or it failed: it is run.
    ToRun,
}

impl TrialState {
    fn of(trial: &Trial, store: Option<&Store>) -> Result<Self, ExperimentError> {
        let Some(store) = store else { return Ok(Self::ToRun) };
        let record = stored_record(store, &trial.id)?;
        let is_done = record.is_some_and(|record| !matches!(record.outcome, Outcome::Failed { .. }));
        Ok(if is_done { Self::Done } else { Self::ToRun })
    }
}

/// What an experiment would run now.
#[derive(Debug)]
pub struct PlannedRun<'a> {
    experiment: &'a Experiment,
    /// Of each trial, in order.
    pub states: Vec<TrialState>,
    /// Seconds that each trial that is to run may take, where anything is known of it.
    pub estimates: Vec<Option<f64>>,
    /// What the experiment can detect.
    pub power: Power,
    /// Trials that run at once.
    pub cores: usize,
}

impl Experiment {
    /// What would be run now, with the records of `store`. Nothing is written. Warns of trials that do not fit into memory.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn planned_run(&self, store: Option<&Store>) -> Result<PlannedRun<'_>, ExperimentError> {
        let cores = available_cores();
        let states = in_parallel(self.trials(), cores, |trial| TrialState::of(trial, store));
        let states = states.into_iter().collect::<Result<Vec<_>, ExperimentError>>()?;
        let to_run = self.trials().iter().zip(&states).filter(|(_, state)| **state == TrialState::ToRun);
        self.warn_of_memory(&to_run.map(|(trial, _)| trial).collect::<Vec<_>>());
        let power = self.power(store)?;
        Ok(PlannedRun { experiment: self, power, estimates: self.estimates(&states, store)?, states, cores })
    }

    fn estimates(&self, states: &[TrialState], store: Option<&Store>) -> Result<Vec<Option<f64>>, ExperimentError> {
        let Some(store) = store.filter(|_| states.contains(&TrialState::ToRun)) else {
            return Ok(vec![None; states.len()]);
        };
        let mut estimates = Estimates::read(store, self.plan())?;
        let estimate = |(trial, state): (&Trial, &TrialState)| match state {
            TrialState::ToRun => {
                let configuration = &self.plan().configurations[trial.configuration];
                Some(estimates.seconds(self.plan(), configuration)? * share(trial))
            }
            TrialState::Done => None,
        };
        Ok(self.trials().iter().zip(states).map(estimate).collect())
    }
}

/// The share of a full training that a trial trains.
pub(crate) fn share(trial: &Trial) -> f64 {
    trial.identity.training.as_ref().map_or(1.0, estimate::share)
}

impl PlannedRun<'_> {
    /// Trials that are to run.
    pub fn n_to_run(&self) -> usize {
        self.states.iter().filter(|state| **state == TrialState::ToRun).count()
    }

    /// Seconds that all that is to run may take with a trial on each core; `None` where a part of it is unknown.
    pub fn seconds(&self) -> Option<f64> {
        let to_run = self.states.iter().zip(&self.estimates).filter(|(state, _)| **state == TrialState::ToRun);
        let seconds = to_run.map(|(_, estimate)| *estimate).sum::<Option<f64>>()?;
        Some(seconds / self.cores.min(self.n_to_run()).max(1) as f64)
    }

    /// The most trials that the experiment can have: in a race or a search, results decide how many there are.
    pub fn most_trials(&self) -> u64 {
        self.experiment.most_trials()
    }

    /// Seconds that all trials that there can be may take, those that are done left out: each as long as those that are to run
    /// now, trained to the end; `None` where nothing is known of them.
    pub fn most_seconds(&self) -> Option<f64> {
        let whole = |(trial, estimate): (&Trial, &Option<f64>)| Some((*estimate)? / share(trial));
        let known: Vec<f64> = self.experiment.trials().iter().zip(&self.estimates).filter_map(whole).collect();
        let n_left = self.most_trials().saturating_sub((self.states.len() - self.n_to_run()) as u64);
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        (!known.is_empty()).then(|| mean * n_left as f64 / self.cores.min(n_left.max(1) as usize) as f64)
    }

    /// All of it, for other programs.
    pub fn json(&self) -> Value {
        let plan = self.experiment.plan();
        json!({
            "experiment": plan.name,
            "configurations": plan.configurations.len(),
            "replicates": plan.replicates,
            "most_trials": self.most_trials(),
            "stages": self.experiment.stages(),
            "left_out": left_out(self.experiment),
            "without_effect": self.experiment.spec().without_effect,
            "done": self.states.len() - self.n_to_run(),
            "to_run": self.n_to_run(),
            "cores": self.cores,
            "most_seconds": self.most_seconds().filter(|_| self.experiment.is_adaptive()),
            "estimated_seconds": self.seconds().filter(|_| self.n_to_run() > 0),
            "power": self.power,
            "unused_settings": unused_by_model(self.experiment),
            "warnings": warnings(self.experiment),
            "trials": self.trials(),
        })
    }

    fn trials(&self) -> Vec<Value> {
        let plan = self.experiment.plan();
        let facts = self.states.iter().zip(&self.estimates);
        let trial = |(trial, (state, estimate)): (&Trial, (&TrialState, &Option<f64>))| {
            let configuration = &plan.configurations[trial.configuration];
            json!({
                "id": trial.id,
                "model": configuration.model,
                "configuration": configuration.title(),
                "params": configuration.params,
                "settings": configuration.settings,
                "replicate": trial.replicate,
                "stop_after": trial.identity.stop_after(),
                "state": if *state == TrialState::Done { "done" } else { "to_run" },
                "estimated_seconds": estimate,
            })
        };
        self.experiment.trials().iter().zip(facts).map(trial).collect()
    }
}

/// What of the data may mislead, then what its files are like.
fn warnings(experiment: &Experiment) -> Vec<String> {
    let noun = &experiment.plan().report.noun;
    experiment
        .warnings()
        .iter()
        .map(|warning| warning.plain(noun))
        .chain(experiment.data().notes.iter().cloned())
        .collect()
}

/// What `except` leaves out.
fn left_out(experiment: &Experiment) -> Vec<Value> {
    let entry = |left_out: &LeftOut| {
        let LeftOut { model, exception, n_configurations } = left_out;
        json!({"model": model, "except": exception.to_string(), "configurations": n_configurations})
    };
    experiment.spec().left_out.iter().map(entry).collect()
}

/// What each model does not use, by model.
fn unused_by_model(experiment: &Experiment) -> BTreeMap<&str, Vec<&str>> {
    let mut by_model = BTreeMap::new();
    for UnusedSettings { model, settings } in experiment.unused() {
        by_model.insert(model.as_str(), settings.iter().map(|(_, text)| text.as_str()).collect());
    }
    by_model
}
