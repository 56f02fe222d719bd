//! `recur plan`: which trials an experiment has, which of them are done, and how long the others may take.

use crate::args::{Level, Plan as PlanArgs};
use crate::error::{CliError, Exit};
use crate::logging;
use crate::output::{duration, print, print_json, table};
use crate::progress::Screen;
use crate::stores;
use recur_core::plan::{Plan as CorePlan, UnusedSettings};
use recur_core::record::Outcome;
use recur_core::settings::{Division, TestRows};
use recur_core::trial::Trial;
use recur_experiment::Program;
use recur_experiment::RequestedExperiment;
use recur_experiment::{Estimates, Power, available_cores, in_parallel};
use recur_store::{Found, Store};
use std::collections::BTreeMap;

/// Prints every trial with its id, and whether it has a record.
pub(crate) fn run(args: &PlanArgs, level: Level, program: &Program<'_>) -> Result<Exit, CliError> {
    logging::start(level, &Screen::new(), None);
    let prepared = RequestedExperiment::read(&args.spec.request(), program)?;
    // A plan writes nothing: a store that does not exist yet is not made.
    let store = stores::to_read_if_any(&args.spec.store)?;
    let cores = available_cores();
    let states = in_parallel(prepared.trials(), cores, |trial| State::of(trial, store.as_ref()));
    warn_of_memory(&prepared, &states);
    let power = prepared.power(store.as_ref())?;
    let planned = Planned { power, estimates: estimates(&prepared, &states, store.as_ref())?, prepared, states, cores };
    if args.json { print_json(&planned.json()) } else { print(&planned.table()) }?;
    Ok(Exit::Success)
}

/// What stands in the store of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Done,
    ToRun,
}

impl State {
    fn of(trial: &Trial, store: Option<&Store>) -> Self {
        match store.map(|store| store.find(&trial.id)) {
            Some(Found::Record(record)) if !matches!(record.outcome, Outcome::Failed { .. }) => State::Done,
            _ => State::ToRun,
        }
    }
}

/// Warns of what is to run and does not fit into this machine.
fn warn_of_memory(prepared: &RequestedExperiment, states: &[State]) {
    let to_run = prepared.trials().iter().zip(states).filter(|(_, state)| **state == State::ToRun);
    let to_run: Vec<&Trial> = to_run.map(|(trial, _)| trial).collect();
    prepared.warn_of_memory(&to_run);
}

/// Seconds that each trial that is to run may take, where anything is known of it.
fn estimates(
    prepared: &RequestedExperiment,
    states: &[State],
    store: Option<&Store>,
) -> Result<Vec<Option<f64>>, CliError> {
    let Some(store) = store.filter(|_| states.contains(&State::ToRun)) else { return Ok(vec![None; states.len()]) };
    let mut estimates = Estimates::read(store, prepared.plan())?;
    let estimate = |(trial, state): (&Trial, &State)| match state {
        State::ToRun => estimates.seconds(&prepared.plan().configurations[trial.configuration]),
        State::Done => None,
    };
    Ok(prepared.trials().iter().zip(states).map(estimate).collect())
}

struct Planned {
    prepared: RequestedExperiment,
    states: Vec<State>,
    estimates: Vec<Option<f64>>,
    power: Power,
    cores: usize,
}

impl Planned {
    fn n_to_run(&self) -> usize {
        self.states.iter().filter(|state| **state == State::ToRun).count()
    }

    /// Seconds that all that is to run may take with a trial on each core; `None` where a part of it is unknown.
    fn seconds(&self) -> Option<f64> {
        let to_run = self.states.iter().zip(&self.estimates).filter(|(state, _)| **state == State::ToRun);
        let seconds = to_run.map(|(_, estimate)| *estimate).sum::<Option<f64>>()?;
        Some(seconds / self.cores.min(self.n_to_run()).max(1) as f64)
    }

    fn table(&self) -> String {
        let plan = &self.prepared.plan();
        let row = |(trial, state): (&Trial, &State)| {
            let state = if *state == State::Done { "done" } else { "to run" };
            let title = plan.configurations[trial.configuration].title();
            vec![trial.id.to_string(), title, trial.replicate.to_string(), state.to_owned()]
        };
        let rows: Vec<Vec<String>> = self.prepared.trials().iter().zip(&self.states).map(row).collect();
        let n_to_run = self.n_to_run();
        let time = match self.seconds() {
            Some(seconds) if n_to_run > 0 => {
                format!(", about {} on {} cores, by past trials", duration(seconds), self.cores)
            }
            _ => String::new(),
        };
        let notes: Vec<String> = self.prepared.unused().iter().map(|unused| format!("\nNote: {unused}")).collect();
        format!(
            "{}\n{} configurations, {} replicates, {} trials: {} done, {n_to_run} to run{time}\nTest rows: {}\n{}{}",
            table(&["trial", "configuration", "replicate", "state"], &rows, usize::MAX),
            plan.configurations.len(),
            plan.replicates,
            rows.len(),
            rows.len() - n_to_run,
            test_rows(plan),
            self.power.text(),
            notes.concat()
        )
    }

    fn json(&self) -> String {
        let plan = &self.prepared.plan();
        let trials: Vec<serde_json::Value> = self
            .prepared
            .trials()
            .iter()
            .zip(self.states.iter().zip(&self.estimates))
            .map(|(trial, (state, estimate))| {
                let configuration = &plan.configurations[trial.configuration];
                serde_json::json!({
                    "id": trial.id,
                    "model": configuration.model,
                    "configuration": configuration.title(),
                    "params": configuration.params,
                    "replicate": trial.replicate,
                    "state": if *state == State::Done { "done" } else { "to_run" },
                    "estimated_seconds": estimate,
                })
            })
            .collect();
        let whole = serde_json::json!({
            "experiment": plan.name,
            "configurations": plan.configurations.len(),
            "replicates": plan.replicates,
            "done": self.states.len() - self.n_to_run(),
            "to_run": self.n_to_run(),
            "cores": self.cores,
            "estimated_seconds": self.seconds().filter(|_| self.n_to_run() > 0),
            "power": self.power,
            "unused_settings": plan_unused(&self.prepared),
            "warnings": warnings(&self.prepared),
            "trials": trials,
        });
        serde_json::to_string_pretty(&whole).expect("plain values can be written")
    }
}

/// What of the data may mislead, then what its files are like.
fn warnings(prepared: &RequestedExperiment) -> Vec<String> {
    prepared.warnings().iter().map(ToString::to_string).chain(prepared.data().notes.iter().cloned()).collect()
}

/// What each model does not use, by model.
fn plan_unused(prepared: &RequestedExperiment) -> BTreeMap<&str, Vec<&str>> {
    let mut by_model = BTreeMap::new();
    for UnusedSettings { model, settings } in prepared.unused() {
        by_model.insert(model.as_str(), settings.iter().map(|(_, text)| text.as_str()).collect());
    }
    by_model
}

/// Which rows are tested, and how configurations are chosen.
fn test_rows(plan: &CorePlan) -> &'static str {
    match (plan.split.division, plan.split.test_rows) {
        (Division::Folds { .. }, _) => {
            "each fold is the test part of one replicate; each replicate chooses its own configuration"
        }
        (Division::Published { .. }, _) => "as published; one configuration is chosen for all replicates",
        (_, TestRows::PerReplicate) => "drawn anew for each replicate; each replicate chooses its own configuration",
        (_, TestRows::Fixed) => {
            "the same for all replicates (data.split.test: fixed); one configuration is chosen for all"
        }
    }
}
