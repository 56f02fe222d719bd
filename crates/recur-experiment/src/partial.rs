//! What there is of an experiment that is not finished, as a report. Only records and times of trials are read, and no test result: see
//! [`Trained`].

use crate::Experiment;
use crate::error::ExperimentError;
use crate::parallel::{available_cores, in_parallel};
use crate::request::{RequestedExperiment, store_option};
use crate::shell::quoted;
use crate::status::living;
use crate::stored_record::stored_record;
use recur_analysis::{ModelStages, PartialAnalysis, PartialOutcomes, ReplicateSplit, TrialTime};
use recur_core::plan::{Plan, UnusedSettings};
use recur_core::record::{Outcome, TrialRecord};
use recur_core::search::Budget;
use recur_core::selection::TrialOutcome;
use recur_core::trial::{Trial, TrialId};
use recur_ingest::Ingested;
use recur_report::{Continuation, Destination, WrittenPartial};
use recur_store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// A store, where only what training left is read: another experiment may have had its test results before this one chooses.
pub(crate) struct Trained<'a>(&'a Store);

impl<'a> Trained<'a> {
    pub(crate) fn of(store: &'a Store) -> Self {
        Self(store)
    }

    fn record(&self, trial: &TrialId) -> Result<Option<TrialRecord>, ExperimentError> {
        stored_record(self.0, trial)
    }

    fn time(&self, trial: &TrialId) -> Option<TrialTime> {
        let environment = self.0.environment(trial)?;
        let machine = format!("{}, {}, {} trials at once", environment.cpu, environment.platform, environment.jobs);
        Some(TrialTime { seconds: environment.seconds, resumed: environment.resumed, machine })
    }

    /// The trials that processes train now. One of another machine counts as long as it shows them.
    fn running(&self) -> Result<BTreeSet<TrialId>, ExperimentError> {
        Ok(living(self.0)?.into_iter().flat_map(|running| running.trials).map(|trial| trial.id).collect())
    }
}

/// An experiment as it is at one moment of a run, apart from it: the run goes on.
pub(crate) struct ExperimentState {
    plan: Plan,
    data: Arc<Ingested>,
    splits: Arc<Vec<ReplicateSplit>>,
    trials: Vec<Trial>,
    shorter: Vec<Trial>,
    unused: Vec<UnusedSettings>,
    sees_validation: Vec<String>,
    eliminated: Vec<Option<Budget>>,
    stages: Vec<ModelStages>,
    most_trials: u64,
    is_decided: bool,
}

impl Experiment {
    /// As it is now.
    pub(crate) fn state(&self) -> ExperimentState {
        ExperimentState {
            plan: self.plan.clone(),
            data: self.data.clone(),
            splits: self.splits.clone(),
            trials: self.trials.clone(),
            shorter: self.shorter.clone(),
            unused: self.unused.clone(),
            sees_validation: self.sees_validation.clone(),
            eliminated: self.eliminated.clone(),
            stages: self.stages.clone(),
            most_trials: self.most_trials(),
            is_decided: self.is_decided(),
        }
    }
}

impl ExperimentState {
    /// Analyses what `store` has of its trials, `jobs` of them read at once; nothing without a store. `running` are the trials that are
    /// known to run; those that other processes show count as well.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn analyse(
        &self,
        store: Option<&Trained<'_>>,
        running: &BTreeSet<TrialId>,
        jobs: usize,
    ) -> Result<PartialAnalysis, ExperimentError> {
        let mut running = running.clone();
        if let Some(store) = store {
            running.extend(store.running()?);
        }
        let (trials, shorter) = match store {
            Some(store) => (ended(&self.trials, store, &running, jobs)?, ended(&self.shorter, store, &running, jobs)?),
            None => (Vec::new(), Vec::new()),
        };
        let ids = trials.iter().chain(&shorter).map(|outcome| &outcome.trial.id);
        let times = ids.filter_map(|id| Some((id.clone(), store?.time(id)?))).collect::<BTreeMap<_, _>>();
        let known: Vec<Trial> = self.trials.iter().chain(&self.shorter).cloned().collect();
        let outcomes = PartialOutcomes {
            plan: &self.plan,
            facts: &self.data.facts,
            label_names: self.data.dataset.label_names(),
            known: &known,
            trials: &trials,
            shorter: &shorter,
            running: &running,
            times: &times,
            most_trials: self.most_trials,
            is_decided: self.is_decided,
            splits: &self.splits,
            unused: &self.unused,
            sees_validation: &self.sees_validation,
            eliminated: &self.eliminated,
            stages: &self.stages,
        };
        Ok(PartialAnalysis::of(&outcomes)?)
    }
}

/// Those of `trials` that ended, with their records. One that failed and runs again has not.
fn ended(
    trials: &[Trial],
    store: &Trained<'_>,
    running: &BTreeSet<TrialId>,
    jobs: usize,
) -> Result<Vec<TrialOutcome>, ExperimentError> {
    let records = in_parallel(trials, jobs, |trial| store.record(&trial.id));
    let records = records.into_iter().collect::<Result<Vec<_>, ExperimentError>>()?;
    let runs_again =
        |record: &TrialRecord| matches!(record.outcome, Outcome::Failed { .. }) && running.contains(&record.id);
    let outcome = |(trial, record): (&Trial, Option<TrialRecord>)| {
        Some(TrialOutcome { trial: trial.clone(), record: record.filter(|record| !runs_again(record))? })
    };
    Ok(trials.iter().zip(records).filter_map(outcome).collect())
}

/// An experiment whose partial report was written.
#[derive(Debug)]
pub struct PartialReported {
    /// Every number of the report.
    pub analysis: PartialAnalysis,
    /// The report.
    pub written: WrittenPartial,
}

impl RequestedExperiment {
    /// Analyses what `store` has of the trials, with all that their results decide; nothing has ended without a store. No test result
    /// is read.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn partial_analysis(&mut self, store: Option<&Store>) -> Result<PartialAnalysis, ExperimentError> {
        let jobs = available_cores();
        if let Some(store) = store {
            self.replay(store, jobs)?;
        }
        self.state().analyse(store.map(Trained::of).as_ref(), &BTreeSet::new(), jobs)
    }

    /// Writes the partial report of the trials that the store in the folder `root` has; `store` is `None` where there is none yet.
    ///
    /// # Errors
    /// If the store cannot be read, or the report cannot be written.
    pub fn partial_report<'a>(
        &mut self,
        store: Option<&Store>,
        root: &Path,
        destination: impl Into<Destination<'a>>,
    ) -> Result<PartialReported, ExperimentError> {
        let analysis = self.partial_analysis(store)?;
        let commands = self.continuation(root);
        let written = recur_report::write_partial(&analysis, &self.provenance, &commands, destination)?;
        Ok(PartialReported { analysis, written })
    }

    /// The commands that go on with the experiment in the store in the folder `root`.
    pub fn continuation(&self, root: &Path) -> Continuation {
        let (store, prefix, request) = (store_option(root), &self.prefix, &self.request);
        let spec = quoted(&request.path.display().to_string());
        Continuation {
            goes_on: request.command(prefix) + &store,
            again: format!("{prefix} report {spec} --partial{}{store}", request.options()),
        }
    }
}
