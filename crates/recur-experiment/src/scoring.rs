//! After the last trial: the choice by validation, and the test results of the chosen.

use crate::Experiment;
use crate::clock::{Started, unix_seconds};
use crate::error::{ExperimentError, with_causes};
use crate::observer::RunEvent;
use crate::options::{AtEnd, RunOptions};
use crate::parallel::in_parallel;
use recur_analysis::{Analysis, Cost, Costs, TrialResult, Unscored};
use recur_core::model::{Determinism, Kernels, ModelError, ModelPlugin};
use recur_core::plan::Plan;
use recur_core::record::TestRecord;
use recur_core::selection::{Selection, TrialOutcome, mean_validation};
use recur_core::trial::{Trial, TrialId};
use recur_core::visible::visible;
use recur_external::{ExternalError, Problem};
use recur_ingest::{read_predictions, write_predictions};
use recur_store::{Environment, FoundTest, Kept, Store, TestScores};
use recur_train::{TestRows, TestSetError, score_test_set, validation_thresholds};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Which store has a trial.
pub trait StoreOf: Sync {
    /// The one that has `trial`, or gets what is made of it.
    fn store_of(&self, trial: &TrialId) -> &Store;
}

impl StoreOf for Store {
    fn store_of(&self, _: &TrialId) -> &Store {
        self
    }
}

/// The chosen configurations, and the test results of each of their trials.
#[derive(Clone, Debug)]
pub struct Scored {
    /// The chosen configurations.
    pub selection: Selection,
    /// One entry for each chosen trial that could be scored.
    pub tests: Vec<TestRecord>,
    /// Those whose model failed on the test rows: the next run tries them again.
    pub unscored: Vec<Unscored>,
}

impl Experiment {
    /// Chooses a configuration of each model by its results on validation.
    pub fn select(&self, outcomes: &[TrialOutcome]) -> Selection {
        Selection::choose(self.plan(), outcomes)
    }

    /// Chooses by validation ([`Experiment::select`]) and scores the chosen on test, up to `jobs` at once, where the store has no test results of
    /// them. What is made is kept, where the store may be written.
    ///
    /// # Errors
    /// If the store cannot be read or written, or the weights of a chosen trial are damaged. A model that fails on the
    /// test rows is no error, but an entry of [`Scored::unscored`].
    pub fn score(
        &self,
        outcomes: &[TrialOutcome],
        stores: &impl StoreOf,
        jobs: usize,
        options: &RunOptions<'_>,
    ) -> Result<Scored, ExperimentError> {
        let selection = self.select(outcomes);
        let chosen: Vec<&TrialOutcome> = outcomes.iter().filter(|f| selection.is_tested_trial(&f.trial)).collect();
        let environment = OnceLock::new();
        let score = |outcome: &&TrialOutcome| {
            let store = stores.store_of(&outcome.trial.id);
            let environment =
                || environment.get_or_init(|| self.environment(store, jobs, options.code, options.kernels)).clone();
            self.test_record(&selection, &outcome.trial, store, environment, options)
        };
        // Whatever is scored next to it, a model of a plugin runs no more often at once than it may.
        let at_once = |outcome: &&TrialOutcome| {
            let plugin = self.registry().get(&outcome.trial.identity.model);
            plugin.map_or(jobs, |plugin| plugin.needs().resources.at_once(jobs))
        };
        let jobs_of_all = chosen.iter().map(at_once).min().unwrap_or(jobs);
        let (mut tests, mut unscored) = (Vec::new(), Vec::new());
        let all_scored = in_parallel(&chosen, jobs_of_all, score);
        // No process of a plugin waits for another trial.
        let models: BTreeSet<&str> = chosen.iter().map(|outcome| outcome.trial.identity.model.as_str()).collect();
        models.into_iter().filter_map(|model| self.registry().get(model).ok()).for_each(ModelPlugin::release);
        for (outcome, scored) in chosen.iter().zip(all_scored) {
            match scored {
                Ok(test) => tests.push(test),
                // Nothing failed: a report without this model would be a poorer one for no reason of its own.
                Err(error @ ExperimentError::TestSet(TestSetError::Model { .. })) if is_only_read(&error) => {
                    return Err(error);
                }
                Err(ExperimentError::TestSet(TestSetError::Model { source, .. })) => {
                    let (trial, reason) = (outcome.trial.id.clone(), with_causes(&source));
                    tracing::warn!("trial {} could not be scored on test: {reason}", trial.short());
                    unscored.push(Unscored { trial, reason });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Scored { selection, tests, unscored })
    }

    /// The test results of a trial that `selection` chose: those of the store, or made now, and kept where the store may be
    /// written. `environment` is asked for only where they are kept.
    ///
    /// # Errors
    /// As [`Experiment::score`], and where the model fails on the test rows.
    pub fn test_record(
        &self,
        selection: &Selection,
        trial: &Trial,
        store: &Store,
        environment: impl Fn() -> Environment,
        options: &RunOptions<'_>,
    ) -> Result<TestRecord, ExperimentError> {
        match stored_test(trial, store, self.data().dataset.label_names()) {
            Ok(Some(record)) => return self.with_thresholds(record, trial, store, options.kernels),
            Ok(None) => {}
            Err(problem) => {
                tracing::warn!("the test results of trial {} are made again: {problem}", trial.id.short());
            }
        }
        options.notify(self, &RunEvent::ScoringStarted(trial));
        let _ended = AtEnd { experiment: self, options, event: RunEvent::ScoringEnded(trial) };
        self.scored(selection, trial, store, environment, options.kernels)
    }

    /// `record`, which may be of an earlier version of recur, with the thresholds that it should have. Where they cannot be made, it
    /// has none, and a warning gives the reason.
    fn with_thresholds(
        &self,
        mut record: TestRecord,
        trial: &Trial,
        store: &Store,
        kernels: Kernels,
    ) -> Result<TestRecord, ExperimentError> {
        let dataset = &self.data().dataset;
        if record.thresholds.is_some() || dataset.label_names().len() != 2 {
            return Ok(record);
        }
        let replicate = &*self.replicate(trial.identity.replicate)?;
        let validation = replicate.split.validation.iter().map(|row| dataset.labels()[*row as usize]);
        if validation.collect::<BTreeSet<u16>>().len() < 2 {
            // There are none then.
            return Ok(record);
        }
        let rows = TestRows { trial, replicate, dataset };
        let made = store.weights(&trial.id).map_err(|error| with_causes(&error)).and_then(|weights| {
            validation_thresholds(rows, self.registry(), &weights, kernels).map_err(|e| with_causes(&e))
        });
        match made {
            Ok(thresholds) => record.thresholds = thresholds,
            Err(reason) => tracing::warn!(
                "the test results of trial {} are of an earlier version of recur and lack thresholds, which need its weights: {}",
                trial.id.short(),
                visible(&reason)
            ),
        }
        Ok(record)
    }

    fn scored(
        &self,
        selection: &Selection,
        trial: &Trial,
        store: &Store,
        environment: impl Fn() -> Environment,
        kernels: Kernels,
    ) -> Result<TestRecord, ExperimentError> {
        let (dataset, registry) = (&self.data().dataset, self.registry());
        let unreadable = |source| ExperimentError::Weights { folder: store.trial(&trial.id), source };
        let weights = store.weights(&trial.id).map_err(unreadable)?;
        let (started, started_unix) = (Started::now(), unix_seconds());
        let clock = || started.elapsed();
        let test = TestRows { trial, replicate: &*self.replicate(trial.identity.replicate)?, dataset };
        let (record, took) = score_test_set(test, registry, selection, &weights, kernels, clock)?;
        if !store.can_write() {
            return Ok(record);
        }
        let scores = TestScores { id: record.id.clone(), scores: record.scores, thresholds: record.thresholds };
        let environment =
            Environment { started_unix, finished_unix: unix_seconds(), seconds: took.as_secs_f64(), ..environment() };
        let predictions = write_predictions(&record.predictions, dataset.label_names());
        let may_differ = registry.get(&trial.identity.model)?.about().determinism == Determinism::None;
        let kept = match may_differ {
            true => store.keep_first_test(&scores, &predictions, &environment),
            false => store.keep_test(&scores, &predictions, &environment),
        };
        match kept? {
            // Another run scored it meanwhile, and what it kept counts.
            Kept::Passed => match stored_test(trial, store, dataset.label_names()) {
                Ok(Some(kept)) => Ok(kept),
                _ => Ok(record),
            },
            _ => Ok(record),
        }
    }
}

/// Whether a plugin was not started because the command only reads.
fn is_only_read(error: &ExperimentError) -> bool {
    let ExperimentError::TestSet(TestSetError::Model { source: ModelError::Other(cause), .. }) = error else {
        return false;
    };
    matches!(cause.downcast_ref(), Some(ExternalError::Process { problem: Problem::OnlyRead, .. }))
}

/// The test results of a trial in the store, if there are any.
///
/// # Errors
/// What is wrong with them, in words.
pub fn stored_test(trial: &Trial, store: &Store, label_names: &[String]) -> Result<Option<TestRecord>, String> {
    match store.find_test(&trial.id) {
        FoundTest::Missing => Ok(None),
        FoundTest::Damaged(problem) => Err(problem.to_string()),
        FoundTest::Test(test) => {
            let predictions = read_predictions(&test.predictions, label_names).map_err(|error| error.to_string())?;
            let TestScores { id, scores, thresholds } = test.scores;
            Ok(Some(TestRecord { id, scores, thresholds, predictions }))
        }
    }
}

/// What the trials of `analysis` took, as far as the store knows.
pub fn costs(analysis: &Analysis, stores: &impl StoreOf) -> Costs {
    let cost = |trial: &TrialResult| {
        let (trial, is_tested) = (&trial.trial, trial.chosen);
        let store = stores.store_of(trial);
        let environment = store.environment(trial)?;
        let machine = format!("{}, {}, {} trials at once", environment.cpu, environment.platform, environment.jobs);
        let test = if is_tested { store.test_environment(trial) } else { None };
        let prediction_seconds = test.map(|test| test.seconds);
        let cost = Cost { seconds: environment.seconds, resumed: environment.resumed, prediction_seconds, machine };
        Some((trial.clone(), cost))
    };
    Costs::of(analysis, &analysis.trials.iter().filter_map(cost).collect())
}

/// The chosen configuration with the best mean on validation.
pub fn best_configuration(plan: &Plan, outcomes: &[TrialOutcome], selection: &Selection) -> Option<usize> {
    let metric = selection.metric();
    let mean = |configuration| mean_validation(plan, outcomes, configuration, metric);
    let chosen = selection.chosen().iter().filter_map(|chosen| chosen.configuration);
    let scored = chosen.filter_map(|configuration| Some((configuration, mean(configuration)?)));
    scored.reduce(|best, other| if metric.better(other.1, best.1) { other } else { best }).map(|(index, _)| index)
}
