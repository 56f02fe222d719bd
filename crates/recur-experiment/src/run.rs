//! The trials of an experiment on a store: those that are in it, and those trained now.

use crate::Experiment;
use crate::decisions::Records;
use crate::error::{ExperimentError, with_causes};
use crate::observer::{RunEvent, title};
use crate::options::{AtEnd, RunOptions};
use crate::parallel::in_parallel;
use crate::part::{Part, PartEnd, Timer};
use crate::recorder::{Recorded, StoreRecorder};
use crate::stored_record::stored_record;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::selection::TrialOutcome;
use recur_core::trial::{Trial, TrialId};
use recur_core::visible::{shown, visible};
use recur_store::{ExperimentFiles, ExperimentTrial, Store, StoreError, layout};
use recur_train::{How, SweepError, run_sweep};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

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
    /// In a race or a search, results decide which trials come next: afterwards the experiment has all of them.
    ///
    /// # Errors
    /// If the store cannot be read or written, the sweep cannot go on, the executor loses a trial, it was asked to stop, or a
    /// trial failed whose result decides which trials come next. What has ended is kept.
    pub fn run(
        &mut self,
        store: &Store,
        executor: &dyn Executor,
        options: &RunOptions<'_>,
    ) -> Result<Vec<TrialOutcome>, ExperimentError> {
        self.check_part(&options.part)?;
        self.begin_again()?;
        let is_over = AtomicBool::new(false);
        let cancel = options.cancel;
        let options = &options.with_checkpoints_in_time();
        let records = std::thread::scope(|scope| {
            let timer = Timer::set(scope, options.part.time_limit, cancel, &is_over);
            self.run_stages(store, executor, options, &timer)
        })?;
        if !self.is_decided() {
            return Err(self.halted(&records));
        }
        Ok(self.outcomes_of(&records))
    }

    /// Runs what is needed until nothing is, or nothing can be: then a trial failed that decides what comes next.
    fn run_stages(
        &mut self,
        store: &Store,
        executor: &dyn Executor,
        options: &RunOptions<'_>,
        timer: &Timer<'_>,
    ) -> Result<Records, ExperimentError> {
        let (mut records, mut n_run, mut n_listed) = (Records::new(), 0, 0);
        self.replay_into(store, executor.jobs(), &mut records)?;
        remove_checkpoints(store, records.keys().cloned());
        loop {
            // Results add trials, and take none away.
            if self.trials().len() > n_listed || self.plan().halving.is_some() {
                self.keep(store)?;
            }
            if n_listed == 0 {
                self.name_rejects(store);
            }
            n_listed = self.trials().len();
            let mut missing = self.needed();
            let mut ids = BTreeSet::new();
            missing.retain(|trial| !records.contains_key(&trial.id) && ids.insert(trial.id.clone()));
            if missing.is_empty() {
                if n_run == 0 || self.is_adaptive() {
                    self.log_stage(&records, 0);
                }
                if self.is_decided() {
                    let stopped = self.trials().iter().filter(|trial| self.cut(trial).is_some());
                    remove_checkpoints(store, stopped.map(|trial| trial.identity.full_training()));
                }
                return Ok(records);
            }
            let to_run = self.part_of(missing, &options.part, n_run).map_err(|end| {
                let has_failed = self.needed().iter().any(|trial| records.contains_key(&trial.id));
                match end {
                    PartEnd::OtherModels if has_failed => self.halted(&records),
                    end => self.part_done(end, &records, store),
                }
            })?;
            self.log_stage(&records, to_run.len());
            let trained = self.train(&to_run, store, executor, options)?;
            n_run += to_run.len();
            let ended = to_run.iter().zip(trained).filter_map(|(trial, record)| Some((trial.id.clone(), record?)));
            records.extend(ended);
            if to_run.iter().any(|trial| !records.contains_key(&trial.id)) {
                let end = timer.is_over().then_some(PartEnd::TimeLimit);
                return Err(match end {
                    Some(end) => self.part_done(end, &records, store),
                    None => self.stopped(&records, store, options),
                });
            }
            self.take(&records)?;
            self.replay_into(store, executor.jobs(), &mut records)?;
        }
    }

    fn check_part(&self, part: &Part) -> Result<(), ExperimentError> {
        let models: Vec<String> = self.spec().models.iter().map(|model| model.name.clone()).collect();
        match part.only.iter().find(|name| !models.contains(name)) {
            Some(name) => Err(ExperimentError::NoSuchModel { name: visible(name).into_owned(), models }),
            None => Ok(()),
        }
    }

    /// Of `missing` what `part` asks for, where `n_run` trials were run before.
    fn part_of(&self, mut missing: Vec<Trial>, part: &Part, n_run: usize) -> Result<Vec<Trial>, PartEnd> {
        if !part.only.is_empty() {
            missing.retain(|trial| part.only.contains(&self.plan().configurations[trial.configuration].model));
            if missing.is_empty() {
                return Err(PartEnd::OtherModels);
            }
        }
        match part.max_trials {
            Some(most) if n_run >= most => Err(PartEnd::MaxTrials(n_run)),
            Some(most) => {
                missing.truncate(most - n_run);
                Ok(missing)
            }
            None => Ok(missing),
        }
    }

    fn part_done(&self, end: PartEnd, records: &Records, store: &Store) -> ExperimentError {
        let (n_trials, n_kept) = (self.trials().len(), self.n_kept(records));
        ExperimentError::PartDone { end, n_kept, n_trials, store: store.root().to_owned() }
    }

    fn n_kept(&self, records: &Records) -> usize {
        self.trials().iter().filter(|trial| records.contains_key(&trial.id)).count()
    }

    /// Each trial with its record.
    fn outcomes_of(&self, records: &Records) -> Vec<TrialOutcome> {
        // Two configurations may have the same trial, such as that of a model that is listed under two names.
        let outcome =
            |trial: &Trial| Some(TrialOutcome { trial: trial.clone(), record: records.get(&trial.id)?.clone() });
        self.trials().iter().filter_map(outcome).collect()
    }

    fn log_stage(&self, records: &Records, n_to_run: usize) {
        let (n_trials, n_done) = (self.trials().len(), records.len());
        if !self.is_adaptive() {
            tracing::info!("{n_trials} trials: {n_done} done before, {n_to_run} to run");
            return;
        }
        let most = self.most_trials();
        tracing::info!("{n_done} trials done, {n_to_run} to run now, at most {most} in all");
        self.study_progress().iter().for_each(|progress| tracing::info!("{progress}"));
    }

    /// Why trials have no record that were to be run.
    fn stopped(&self, records: &Records, store: &Store, options: &RunOptions<'_>) -> ExperimentError {
        let (n_trials, n_kept) = (self.trials().len(), self.n_kept(records));
        if options.cancel.is_cancelled() {
            ExperimentError::Interrupted { n_kept, n_trials, store: store.root().to_owned() }
        } else {
            ExperimentError::TrialsLost { n_lost: n_trials - n_kept, n_trials }
        }
    }

    /// A trial failed, and what comes next depends on its result.
    fn halted(&self, records: &Records) -> ExperimentError {
        let needed = self.needed();
        let failed = needed.iter().find_map(|trial| match &records.get(&trial.id)?.outcome {
            Outcome::Failed { reason } => Some((trial, reason.clone())),
            _ => None,
        });
        let n_others = needed.len() - 1;
        let (trial, reason) = failed.map_or((&needed[0], String::new()), |(trial, reason)| (trial, reason));
        ExperimentError::Halted { trial: trial.id.clone(), title: title(trial), reason, n_others }
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
        let mut alone = self.spec().of_trial(configuration, trial.replicate);
        alone.training.stop_after = trial.identity.stop_after().or(alone.training.stop_after);
        alone.resolved_yaml()
    }

    /// The records of an experiment whose trials have all been run, in order. In a race or a search, [`Experiment::replay`]
    /// comes first.
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
        // A failed trial of a grid is part of its report; what it would have decided is not known.
        let n_missing = if self.is_decided() { trials.len() - outcomes.len() } else { self.needed().len() };
        if n_missing == 0 {
            return Ok(outcomes);
        }
        Err(ExperimentError::TrialsMissing { n_missing, n_trials: trials.len(), store: store.root().to_owned() })
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
            stop_after: self.cut(trial),
            id: trial.id.clone(),
        };
        let files = ExperimentFiles {
            resolved: &self.spec().resolved_yaml(),
            rejects: &recur_ingest::rejects_csv(&self.data().rejects, &self.data().unlisted, &plan.report.noun),
            trials: &self.trials().iter().chain(self.shorter_trials()).map(trial).collect::<Vec<_>>(),
        };
        store.keep_experiment(&plan.name, &files)
    }

    /// Logs where the rows are listed that cannot be used.
    fn name_rejects(&self, store: &Store) {
        if self.data().facts.n_rejected() > 0 {
            let path = store.experiment(&self.plan().name).join(layout::REJECTS);
            tracing::warn!("the rows that cannot be used are listed in {}", shown(&path));
        }
    }
}

/// Removes what is left of trainings that do not go on: a process was killed between keeping a trial and removing it, or halving
/// stopped them.
fn remove_checkpoints(store: &Store, ended: impl Iterator<Item = TrialId>) {
    let remove = || -> Result<(), StoreError> {
        let kept = store.trials_with_checkpoints()?;
        ended.filter(|id| kept.contains(id)).try_for_each(|id| store.remove_checkpoints(&id))
    };
    if let Err(error) = remove() {
        tracing::warn!("checkpoints of ended trials stay: {}", with_causes(&error));
    }
}
