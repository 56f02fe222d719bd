//! What an experiment would run now: which trials are done, and how long the others may take.

use crate::Experiment;
use crate::error::ExperimentError;
use crate::estimate::Done;
use crate::parallel::{available_cores, in_parallel};
use crate::power::Power;
use crate::stored_record;
use crate::time_left::Left;
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

/// The share of its epochs that a trial used that has a record; none where it is to run.
fn share_done(trial: &Trial, store: Option<&Store>) -> Result<Option<f64>, ExperimentError> {
    let Some(store) = store else { return Ok(None) };
    let record = stored_record(store, &trial.id)?;
    let done = record.filter(|record| !matches!(record.outcome, Outcome::Failed { .. }));
    Ok(done.map(|record| Done::of(trial, &record).share))
}

/// What an experiment would run now.
#[derive(Debug)]
pub struct PlannedRun<'a> {
    experiment: &'a Experiment,
    /// Of each trial, in order.
    pub states: Vec<TrialState>,
    /// Seconds that each trial that is to run may take, where anything is known of it.
    pub estimates: Vec<Option<f64>>,
    /// What all of them may take together.
    left: Option<Left>,
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
        let shares = in_parallel(self.trials(), cores, |trial| share_done(trial, store));
        let shares = shares.into_iter().collect::<Result<Vec<_>, ExperimentError>>()?;
        let trials = || self.trials().iter().zip(&shares);
        let done: Vec<Done<'_>> =
            trials().filter_map(|(trial, share)| Some(Done { trial, share: (*share)? })).collect();
        let to_run: Vec<Trial> =
            trials().filter(|(_, share)| share.is_none()).map(|(trial, _)| trial.clone()).collect();
        self.warn_of_memory(&to_run.iter().collect::<Vec<_>>());
        let mut time_left = self.time_left(store, cores, &done, &to_run)?;
        time_left.set_more(self.more());
        let seconds = time_left.seconds_of(self.trials().iter().map(|trial| &trial.id));
        let estimates = seconds.into_iter().zip(&shares).map(|(seconds, share)| seconds.filter(|_| share.is_none()));
        Ok(PlannedRun {
            experiment: self,
            states: shares
                .iter()
                .map(|share| if share.is_some() { TrialState::Done } else { TrialState::ToRun })
                .collect(),
            estimates: estimates.collect(),
            left: time_left.left(0.0),
            power: self.power(store)?,
            cores,
        })
    }
}

impl PlannedRun<'_> {
    /// Trials that are to run.
    pub fn n_to_run(&self) -> usize {
        self.states.iter().filter(|state| **state == TrialState::ToRun).count()
    }

    /// Seconds that all that is to run may take with a trial on each core; `None` where nothing is known of it.
    pub fn seconds(&self) -> Option<f64> {
        self.left.map(|left| left.known)
    }

    /// The most trials that the experiment can have: in a race or a search, results decide how many there are.
    pub fn most_trials(&self) -> u64 {
        self.experiment.most_trials()
    }

    /// Seconds that all trials that there can be may take, those that are done left out: what results may decide to run is trained to
    /// the end, and takes as long as the others in the mean; `None` where nothing is known of them.
    pub fn most_seconds(&self) -> Option<f64> {
        self.left.map(|left| left.at_most.unwrap_or(left.seconds))
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
