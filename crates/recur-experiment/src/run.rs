//! The trials of an experiment on a store: those that are in it, and those trained now.

use crate::Experiment;
use crate::error::{ExperimentError, with_causes};
use crate::observer::RunEvent;
use crate::options::{AtEnd, RunOptions};
use crate::parallel::in_parallel;
use crate::recorder::{Recorded, StoreRecorder};
use crate::stored_record::stored_record;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::selection::TrialOutcome;
use recur_core::trial::Trial;
use recur_core::visible::shown;
use recur_store::{ExperimentFiles, ExperimentTrial, Store, StoreError, layout};
use recur_train::{How, SweepError, run_sweep};

/// Brings trials to processors. The store decides what is done, never the executor: a trial that runs twice at once is
/// harmless, and one that vanished is run again.
pub trait Executor: Sync {
    /// How many trials run at once; at least 1.
    fn jobs(&self) -> usize;

    /// Runs `trials` of `experiment` as `options` say, and hands each result to `recorder` when it is there, which
    /// [`recur_train::run_sweep`]
    /// does: one record for each trial, in order; `None` where a trial was abandoned because `options.cancel` was raised.
    ///
    /// # Errors
    /// If a result cannot be kept, or the trials cannot be run at all. A trial that fails is no error: it is a record
    /// with its cause.
    fn execute(
        &self,
        experiment: &Experiment,
        trials: &[Trial],
        options: &RunOptions<'_>,
        recorder: &dyn recur_train::Observer,
    ) -> Result<Vec<Option<TrialRecord>>, SweepError>;
}

/// Threads of this process.
#[derive(Clone, Copy, Debug)]
pub struct LocalExecutor {
    jobs: usize,
}

impl LocalExecutor {
    /// As many threads; at least one.
    pub fn new(jobs: usize) -> Self {
        Self { jobs: jobs.max(1) }
    }
}

impl Executor for LocalExecutor {
    fn jobs(&self) -> usize {
        self.jobs
    }

    fn execute(
        &self,
        experiment: &Experiment,
        trials: &[Trial],
        options: &RunOptions<'_>,
        recorder: &dyn recur_train::Observer,
    ) -> Result<Vec<Option<TrialRecord>>, SweepError> {
        let (dataset, registry) = (&experiment.data().dataset, experiment.registry());
        let replicates = experiment.replicates();
        let RunOptions { kernels, cancel, .. } = *options;
        let how = How { jobs: self.jobs, kernels, cancel, observer: recorder };
        Ok(run_sweep(trials, replicates, dataset, registry, how)?.records)
    }
}

impl Experiment {
    /// The records of all trials, in order: those of the store, and those trained now, which are kept in it. A trial that
    /// failed is run again: its cause may lie outside of what names it. The store then knows the experiment by its name.
    ///
    /// # Errors
    /// If the store cannot be read or written, the sweep cannot go on, the executor loses a trial, or it was asked to stop.
    /// What has ended is kept.
    pub fn run(
        &self,
        store: &Store,
        executor: &dyn Executor,
        options: &RunOptions<'_>,
    ) -> Result<Vec<TrialOutcome>, ExperimentError> {
        self.keep(store)?;
        let trials = self.trials();
        let has_not_failed = |record: &TrialRecord| !matches!(record.outcome, Outcome::Failed { .. });
        let look = |trial: &Trial| Ok(stored_record(store, &trial.id)?.filter(has_not_failed));
        let looked = in_parallel(trials, executor.jobs(), look).into_iter();
        let mut records = looked.collect::<Result<Vec<_>, ExperimentError>>()?;
        let missing: Vec<usize> = (0..trials.len()).filter(|index| records[*index].is_none()).collect();
        remove_checkpoints(store, &records);
        let n_done = trials.len() - missing.len();
        tracing::info!("{} trials: {n_done} done before, {} to run", trials.len(), missing.len());
        if !missing.is_empty() {
            let to_run: Vec<Trial> = missing.iter().map(|index| trials[*index].clone()).collect();
            let trained = self.train(&to_run, store, executor, options)?;
            for (index, record) in missing.into_iter().zip(trained) {
                records[index] = record;
            }
        }
        let n_kept = records.iter().flatten().count();
        if n_kept < trials.len() {
            let (n_trials, store) = (trials.len(), store.root().to_owned());
            return Err(if options.cancel.is_cancelled() {
                ExperimentError::Interrupted { n_kept, n_trials, store }
            } else {
                ExperimentError::TrialsLost { n_lost: n_trials - n_kept, n_trials }
            });
        }
        let outcome =
            |(trial, record): (&Trial, Option<_>)| Some(TrialOutcome { trial: trial.clone(), record: record? });
        Ok(trials.iter().zip(records).filter_map(outcome).collect())
    }

    /// Trains `trials`, whatever is in `store`, and keeps them in it: one record for each, in order; `None` where a trial was
    /// abandoned.
    ///
    /// # Errors
    /// If the store cannot be read or written, the sweep cannot go on, or the executor returns another number of records.
    pub fn train(
        &self,
        trials: &[Trial],
        store: &Store,
        executor: &dyn Executor,
        options: &RunOptions<'_>,
    ) -> Result<Vec<Option<TrialRecord>>, ExperimentError> {
        let environment = self.environment(store, executor.jobs(), options.code, options.kernels);
        let recorder = StoreRecorder::new(
            Recorded {
                dataset: &self.data().dataset,
                metric: self.plan().report.primary,
                registry: self.registry(),
                spec_of: Box::new(|trial| self.spec_of(trial)),
                notify: Box::new(|event| options.notify(self, event)),
            },
            store,
            environment,
            options,
        );
        options.notify(self, &RunEvent::Started { n_trials: trials.len() });
        let finished = AtEnd { experiment: self, options, event: RunEvent::Finished };
        let executed = executor.execute(self, trials, options, &recorder);
        drop(finished);
        let records = executed?;
        if records.len() != trials.len() {
            let n_lost = trials.len().abs_diff(records.len());
            return Err(ExperimentError::TrialsLost { n_lost, n_trials: trials.len() });
        }
        recorder.counted(trials, records)
    }

    /// The spec of one trial, as the store keeps it.
    pub(crate) fn spec_of(&self, trial: &Trial) -> String {
        let configuration = &self.plan().configurations[trial.configuration];
        self.spec().of_trial(configuration, trial.replicate).resolved_yaml()
    }

    /// The records of an experiment whose trials have all been run, in order.
    ///
    /// # Errors
    /// If one is missing, or the store cannot be read.
    pub fn stored(&self, store: &Store, jobs: usize) -> Result<Vec<TrialOutcome>, ExperimentError> {
        let trials = self.trials();
        let records = in_parallel(trials, jobs, |trial| stored_record(store, &trial.id));
        let records = records.into_iter().collect::<Result<Vec<_>, ExperimentError>>()?;
        let outcome =
            |(trial, record): (&Trial, Option<_>)| Some(TrialOutcome { trial: trial.clone(), record: record? });
        let outcomes: Vec<TrialOutcome> = trials.iter().zip(records).filter_map(outcome).collect();
        match (trials.len() - outcomes.len(), trials.len()) {
            (0, _) => Ok(outcomes),
            (n_missing, n_trials) => {
                Err(ExperimentError::TrialsMissing { n_missing, n_trials, store: store.root().to_owned() })
            }
        }
    }
}

impl Experiment {
    /// Keeps what the experiment asks, which rows it cannot use, and which trials it has. So `recur compare` and `recur predict`
    /// find it by its name, and `recur store gc` knows whose trials these are.
    fn keep(&self, store: &Store) -> Result<(), StoreError> {
        let plan = self.plan();
        let trial = |trial: &Trial| ExperimentTrial {
            configuration: trial.title.clone(),
            replicate: trial.replicate,
            id: trial.id.clone(),
        };
        let files = ExperimentFiles {
            resolved: &self.spec().resolved_yaml(),
            rejects: &recur_ingest::rejects_csv(&self.data().rejects, &self.data().unlisted, &plan.report.noun),
            trials: &self.trials().iter().map(trial).collect::<Vec<_>>(),
        };
        store.keep_experiment(&plan.name, &files)?;
        if self.data().facts.n_rejected() > 0 {
            let path = store.experiment(&plan.name).join(layout::REJECTS);
            tracing::warn!("the rows that cannot be used are listed in {}", shown(&path));
        }
        Ok(())
    }
}

/// Removes what a process that was killed between keeping a trial and this left.
fn remove_checkpoints(store: &Store, records: &[Option<TrialRecord>]) {
    let remove = || -> Result<(), StoreError> {
        let kept = store.trials_with_checkpoints()?;
        let mut ended = records.iter().flatten().filter(|record| kept.contains(&record.id));
        ended.try_for_each(|record| store.remove_checkpoints(&record.id))
    };
    if let Err(error) = remove() {
        tracing::warn!("checkpoints of ended trials stay: {}", with_causes(&error));
    }
}
