//! Reading how far experiments are.

use super::best::{models, without_shorter};
use super::left::seconds_left;
use super::running::{Process, RunningNow, pace};
use super::{Counts, ExperimentStatus, Status};
use crate::clock::unix_seconds;
use crate::decisions::most_trials;
use crate::error::with_causes;
use crate::lookup::LookupError;
use crate::request::SpecRequest;
use recur_core::nearest::nearest;
use recur_core::record::Outcome;
use recur_core::registry::Registry;
use recur_core::trial::TrialId;
use recur_spec::Spec;
use recur_store::{Entry, FoundExperiment, Store, StoredExperiment};
use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::path::Path;

/// Which experiments a user asks for.
#[derive(Clone, Debug)]
pub enum StatusRequest {
    /// All of the store.
    All,
    /// The one of this name.
    Named(String),
    /// The one of a spec.
    OfSpec(SpecRequest),
}

impl StatusRequest {
    /// What a user means by `word`: a spec where there is such a file, otherwise an experiment's name. `spec` is the request for
    /// that file.
    pub fn of_word(word: Option<&Path>, spec: impl FnOnce(&Path) -> SpecRequest) -> Self {
        match word {
            None => Self::All,
            Some(path) if path.is_file() || is_spec(path) => Self::OfSpec(spec(path)),
            Some(name) => Self::Named(name.to_string_lossy().into_owned()),
        }
    }
}

/// Whether a file of this name is a spec.
fn is_spec(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

impl Status {
    /// How far the experiments of `store` are that `request` asks for. A spec is checked with the models of `registry`.
    ///
    /// # Errors
    /// If there is no such experiment or spec, or the store cannot be read.
    pub fn read(request: &StatusRequest, store: &Store, registry: &Registry) -> Result<Self, LookupError> {
        let mut status = Self::new(store);
        let asked = match request {
            StatusRequest::All => status.all(store, registry)?,
            StatusRequest::Named(name) => {
                let asked = Asked::named(name.clone(), store, registry)?;
                vec![asked.ok_or_else(|| no_experiment(name, store))?]
            }
            StatusRequest::OfSpec(request) => vec![Asked::of_spec(request, store, registry)?],
        };
        // Before the records: a trial that ends meanwhile has one then.
        let now = unix_seconds();
        let processes = store.running()?.into_iter().filter_map(|process| Process::of(process, now));
        let processes: Vec<Process> = processes.collect();
        let ids = asked.iter().flat_map(|it| &it.stored).flat_map(|it| &it.trials).map(|trial| trial.id.clone());
        let entries = status.entries(store, &ids.collect())?;
        status.experiments = asked.iter().map(|it| it.status(store, &entries, &processes)).collect();
        // Where one experiment was asked for, the others are none of its business.
        if matches!(request, StatusRequest::All) {
            let shown: BTreeSet<&TrialId> =
                status.experiments.iter().flat_map(|it| &it.running).map(|it| &it.trial.id).collect();
            let living = processes.iter().filter(|process| !process.has_ended);
            let other = |id: &TrialId| !shown.contains(id) && !is_done(entries.get(id));
            status.other_running = living.flat_map(|process| process.trials(other)).collect();
        }
        Ok(status)
    }

    /// All experiments of `store` that can be read.
    fn all(&mut self, store: &Store, registry: &Registry) -> Result<Vec<Asked>, LookupError> {
        let mut all = Vec::new();
        for name in store.experiments()? {
            match Asked::named(name, store, registry) {
                Ok(asked) => all.extend(asked),
                Err(error) => self.problems.push(with_causes(&error)),
            }
        }
        Ok(all)
    }

    /// What `store` has of the trials `ids`.
    fn entries(&mut self, store: &Store, ids: &BTreeSet<TrialId>) -> Result<HashMap<TrialId, Entry>, LookupError> {
        let mut entries = HashMap::new();
        store.list_of(ids, |entry| {
            match entry {
                Ok(entry) => drop(entries.insert(entry.id.clone(), entry)),
                Err(problem) => self.problems.push(problem.to_string()),
            }
            ControlFlow::Continue(())
        })?;
        Ok(entries)
    }
}

/// Whether a trial of which the store has this is not trained again.
fn is_done(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| !matches!(entry.outcome, Outcome::Failed { .. }))
}

/// The trials that the last run of the experiment `name` had.
///
/// # Errors
/// If the store lists no such experiment, or it is damaged.
pub fn trials_of_experiment(name: &str, store: &Store) -> Result<BTreeSet<TrialId>, LookupError> {
    let stored = listing(name, store)?.ok_or_else(|| no_experiment(name, store))?;
    Ok(stored.trials.into_iter().map(|trial| trial.id).collect())
}

fn no_experiment(name: &str, store: &Store) -> LookupError {
    let experiments = store.experiments().unwrap_or_default();
    LookupError::NoExperiment {
        name: name.to_owned(),
        store: store.root().to_owned(),
        nearest: nearest(name, experiments.iter().map(String::as_str)).map(str::to_owned),
        experiments,
    }
}

/// An experiment that a user asks for.
struct Asked {
    name: String,
    /// What the store lists, if a run has begun.
    stored: Option<StoredExperiment>,
    /// Its spec, if it can be read.
    spec: Option<Spec>,
    is_changed: bool,
}

impl Asked {
    /// The experiment `name`, if the store lists it.
    fn named(name: String, store: &Store, registry: &Registry) -> Result<Option<Self>, LookupError> {
        let Some(stored) = listing(&name, store)? else { return Ok(None) };
        let registry = registry.with_declared(&stored.models);
        // What an earlier version wrote may be no spec for this one: its trials can be counted all the same.
        let spec = recur_spec::parse(stored.resolved.as_bytes(), "resolved.yaml", &[], &registry).ok();
        Ok(Some(Self { name, stored: Some(stored), spec, is_changed: false }))
    }

    fn of_spec(request: &SpecRequest, store: &Store, registry: &Registry) -> Result<Self, LookupError> {
        // The name of an experiment is that of its file, unless the spec gives another.
        let usual = request.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let declared = listing(usual, store).ok().flatten().map(|it| it.models).unwrap_or_default();
        let spec = request.read(&registry.with_declared(&declared))?;
        let stored = listing(&spec.name, store)?;
        let is_changed = stored.as_ref().is_some_and(|it| it.resolved != spec.resolved_yaml());
        Ok(Self { name: spec.name.clone(), stored, spec: Some(spec), is_changed })
    }

    fn status(&self, store: &Store, entries: &HashMap<TrialId, Entry>, processes: &[Process]) -> ExperimentStatus {
        let listed = self.stored.as_ref().map(|it| it.trials.as_slice()).unwrap_or_default();
        let ids = without_shorter(listed);
        // A run that has just begun, or decided more trials, may not list them yet.
        let is_its = |id: &TrialId| ids.contains(id);
        let own = processes.iter().filter(|process| process.works_on(&self.name, is_its));
        let (ended, living): (Vec<&Process>, Vec<&Process>) = own.partition(|process| process.has_ended);
        let of_name = |process: &Process| process.running.experiment.as_ref() == Some(&self.name);
        let running =
            |process: &&Process| process.trials(|id| (is_its(id) || of_name(process)) && !is_done(entries.get(id)));
        let mut running: Vec<RunningNow> = living.iter().flat_map(running).collect();
        running.sort_by(|a, b| (a.trial.started_unix, &a.trial.id).cmp(&(b.trial.started_unix, &b.trial.id)));
        let in_training: BTreeSet<&TrialId> = running.iter().map(|now| &now.trial.id).collect();
        let trials = counts(&ids, entries, &in_training);
        let metric = self.spec.as_ref().map(|spec| (spec.report.primary, &spec.split.division));
        let is_waiting = |id: &TrialId| is_its(id) && !entries.contains_key(id) && !in_training.contains(id);
        let ended_processes = ended.iter().filter_map(|process| process.ended(is_waiting)).collect();
        let (elapsed_seconds, trials_per_minute) = pace(&living);
        let seconds_left = seconds_left(store, listed, entries, &running, unix_seconds());
        let adaptive = self.spec.as_ref().filter(|it| it.search.is_some() || it.race.is_some() || it.halving.is_some());
        ExperimentStatus {
            name: self.name.clone(),
            is_started: self.stored.is_some(),
            is_changed: self.is_changed,
            trials,
            most_trials: adaptive.map(most_trials),
            metric: metric.map(|(metric, _)| metric),
            models: models(listed, &ids, entries, metric),
            n_processes: living.len(),
            running,
            ended_processes,
            elapsed_seconds,
            trials_per_minute,
            seconds_left,
            sent: None,
        }
    }
}

/// What the store lists of the experiment `name`, if it does.
fn listing(name: &str, store: &Store) -> Result<Option<StoredExperiment>, LookupError> {
    match store.find_listing(name) {
        FoundExperiment::Experiment(stored) => Ok(Some(*stored)),
        FoundExperiment::Missing => Ok(None),
        FoundExperiment::Damaged(problem) => {
            Err(LookupError::DamagedExperiment { name: name.to_owned(), problem: Box::new(problem) })
        }
    }
}

fn counts(ids: &BTreeSet<&TrialId>, entries: &HashMap<TrialId, Entry>, running: &BTreeSet<&TrialId>) -> Counts {
    let mut counts = Counts { n_trials: ids.union(running).count(), n_running: running.len(), ..Counts::default() };
    for id in ids.difference(running) {
        match entries.get(*id).map(|entry| &entry.outcome) {
            Some(Outcome::Finished { .. }) => counts.n_finished += 1,
            Some(Outcome::Diverged { .. }) => counts.n_diverged += 1,
            Some(Outcome::Failed { .. }) => counts.n_failed += 1,
            None => counts.n_waiting += 1,
        }
    }
    counts
}
