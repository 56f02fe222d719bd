//! The trials of an experiment on a store: those that are in it, and those trained now.

use crate::Experiment;
use crate::decisions::Records;
use crate::error::{ExperimentError, with_causes};
use crate::observer::{RunEvent, title_without_id};
use crate::options::RunOptions;
use crate::parallel::in_parallel;
use crate::part::{Part, PartEnd, Timer};
use crate::queue::Queue;
use crate::recorder::{Recorded, StoreRecorder};
use crate::stored_record::stored_record;
use crate::work::Costs;
use recur_core::declared::DeclaredModel;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::selection::TrialOutcome;
use recur_core::trial::{Trial, TrialId};
use recur_core::visible::{shown, visible};
use recur_store::{Environment, ExperimentFiles, ExperimentTrial, Store, StoreError, layout};
use recur_train::{How, SweepError, run_trials};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// Brings trials to processors. The store decides what is done, never the executor: a trial that runs twice at once is
/// harmless, and one that vanished is run again.
pub trait Executor: Sync {
    /// How many trials run at once; at least 1.
    fn jobs(&self) -> usize;

    /// Runs the trials of `queue` as `options` say: takes one after the other, hands its result to `recorder`, and gives the record
    /// back to the queue, which [`recur_train::run_trials`] does. Results may decide that there are more trials.
    ///
    /// # Errors
    /// If a result cannot be kept, or the trials cannot be run at all. A trial that fails is no error: it is a record
    /// with its cause.
    fn execute(
        &self,
        queue: &Queue<'_>,
        options: &RunOptions<'_>,
        recorder: &dyn recur_train::Observer,
    ) -> Result<(), SweepError>;

    /// How many tasks were left to themselves when it returned: their trials have no record yet.
    fn n_left_running(&self) -> usize {
        0
    }
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
        queue: &Queue<'_>,
        options: &RunOptions<'_>,
        recorder: &dyn recur_train::Observer,
    ) -> Result<(), SweepError> {
        let RunOptions { kernels, cancel, .. } = *options;
        let how = How { jobs: self.jobs, kernels, cancel, observer: recorder };
        run_trials(queue, queue.replicates(), &queue.data().dataset, queue.registry(), how)
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
            self.run_all(store, executor, options, &timer)
        });
        if is_over.load(Ordering::SeqCst) {
            // The time of this run is over, not that of the next.
            cancel.lower();
        }
        let records = records?;
        if !self.is_decided() {
            return Err(self.halted(&records));
        }
        let outcomes = self.outcomes_of(&records);
        self.warn_of_unlike_machines(store, &outcomes);
        Ok(outcomes)
    }

    /// Runs what is needed until nothing is, or nothing can be: then a trial failed that decides what comes next.
    fn run_all(
        &mut self,
        store: &Store,
        executor: &dyn Executor,
        options: &RunOptions<'_>,
        timer: &Timer<'_>,
    ) -> Result<Records, ExperimentError> {
        let mut records = Records::new();
        self.replay_into(store, executor.jobs(), &mut records)?;
        remove_checkpoints(store, records.keys().cloned());
        self.listing().keep(store)?;
        self.name_rejects(store);
        let mut to_run = self.missing(&records);
        to_run.retain(|trial| self.is_in_part(trial, &options.part));
        self.log_start(&records, to_run.len());
        let mut n_started = 0;
        if !to_run.is_empty() {
            let environment = self.environment(store, executor.jobs(), options.code, options.kernels);
            let queue = Queue::growing(self, to_run, records, store, options);
            execute(&queue, store, environment, executor, options)?;
            n_started = queue.n_started();
            records = queue.into_records();
        }
        self.check_end(&records, store, options, timer, (n_started, executor.n_left_running()))?;
        self.remove_stopped(store);
        Ok(records)
    }

    /// Removes the checkpoints of trainings that halving stopped for good.
    pub(crate) fn remove_stopped(&self, store: &Store) {
        let is_out = |trial: &&Trial| self.cut(trial).is_some() && self.eliminated()[self.place_of(trial)].is_some();
        let stopped: Vec<&Trial> = self.trials().iter().filter(is_out).collect();
        if !stopped.is_empty() {
            remove_checkpoints(store, stopped.into_iter().map(|trial| trial.identity.full_training()));
        }
    }

    /// The needed trials whose results decide which others come next.
    fn deciding(&self) -> Vec<Trial> {
        let mut needed = self.needed();
        needed.retain(|trial| self.decides(trial));
        needed
    }

    /// The needed trials without a record, each once.
    fn missing(&self, records: &Records) -> Vec<Trial> {
        let (mut missing, mut ids) = (self.needed(), BTreeSet::new());
        missing.retain(|trial| !records.contains_key(&trial.id) && ids.insert(trial.id.clone()));
        missing
    }

    /// Why trials that are needed have no record, after so many were started, and so many tasks were left to themselves.
    fn check_end(
        &self,
        records: &Records,
        store: &Store,
        options: &RunOptions<'_>,
        timer: &Timer<'_>,
        (n_started, n_left): (usize, usize),
    ) -> Result<(), ExperimentError> {
        let missing = self.missing(records);
        if missing.is_empty() {
            return Ok(());
        }
        let part = &options.part;
        let end = match part.max_trials {
            _ if timer.is_over() => PartEnd::TimeLimit,
            _ if options.cancel.is_cancelled() => return Err(self.stopped(records, store, options)),
            _ if n_left > 0 => PartEnd::Detached(n_left),
            Some(most) if n_started >= most => PartEnd::MaxTrials(n_started),
            _ if missing.iter().any(|trial| self.is_in_part(trial, part)) => {
                return Err(self.stopped(records, store, options));
            }
            _ if self.deciding().iter().any(|trial| records.contains_key(&trial.id)) => {
                return Err(self.halted(records));
            }
            _ => PartEnd::OtherModels,
        };
        Err(self.part_done(end, records, store))
    }

    fn check_part(&self, part: &Part) -> Result<(), ExperimentError> {
        let models: Vec<String> = self.spec().models.iter().map(|model| model.name.clone()).collect();
        match part.only.iter().find(|name| !models.contains(name)) {
            Some(name) => Err(ExperimentError::NoSuchModel { name: visible(name).into_owned(), models }),
            None => Ok(()),
        }
    }

    fn part_done(&self, end: PartEnd, records: &Records, store: &Store) -> ExperimentError {
        let (n_trials, n_kept) = (self.trials().len(), self.n_kept(records));
        let n_begun = self.n_begun(records, store);
        ExperimentError::PartDone { end, n_kept, n_trials, n_begun, store: store.root().to_owned() }
    }

    /// How many trials without a record go on from a checkpoint.
    fn n_begun(&self, records: &Records, store: &Store) -> usize {
        let begun = store.trials_with_checkpoints().unwrap_or_default();
        let missing = self.missing(records);
        missing.iter().filter(|trial| begun.contains(&trial.identity.full_training())).count()
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

    fn log_start(&self, records: &Records, n_to_run: usize) {
        let (n_trials, n_done) = (self.trials().len(), self.n_kept(records));
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
            let n_begun = self.n_begun(records, store);
            ExperimentError::Interrupted { n_kept, n_trials, n_begun, store: store.root().to_owned() }
        } else {
            ExperimentError::TrialsLost { n_lost: n_trials - n_kept, n_trials }
        }
    }

    /// A trial failed, and what comes next depends on its result.
    fn halted(&self, records: &Records) -> ExperimentError {
        let needed = self.deciding();
        let failed = needed.iter().find_map(|trial| match &records.get(&trial.id)?.outcome {
            Outcome::Failed { reason } => Some((trial, reason.clone())),
            _ => None,
        });
        let n_others = needed.len() - 1;
        let (trial, reason) = failed.map_or((&needed[0], String::new()), |(trial, reason)| (trial, reason));
        ExperimentError::Halted { trial: trial.id.clone(), title: title_without_id(trial), reason, n_others }
    }

    /// Trains `trials`, whatever is in `store`, and keeps them in it: one record for each, in order; `None` where a trial was
    /// abandoned.
    ///
    /// # Errors
    /// If the store cannot be read or written, the sweep cannot go on, or the executor loses a trial.
    pub fn train(
        &self,
        trials: &[Trial],
        store: &Store,
        executor: &dyn Executor,
        options: &RunOptions<'_>,
    ) -> Result<Vec<Option<TrialRecord>>, ExperimentError> {
        let environment = self.environment(store, executor.jobs(), options.code, options.kernels);
        let queue = Queue::fixed(self, trials.to_vec(), store, options);
        execute(&queue, store, environment, executor, options)?;
        let records = queue.into_records();
        let records: Vec<_> = trials.iter().map(|trial| records.get(&trial.id).cloned()).collect();
        match records.iter().filter(|record| record.is_none()).count() {
            n_lost if n_lost > 0 && !options.cancel.is_cancelled() => {
                Err(ExperimentError::TrialsLost { n_lost, n_trials: trials.len() })
            }
            _ => Ok(records),
        }
    }

    /// The spec of one trial, as the store keeps it.
    pub(crate) fn spec_of(&self, trial: &Trial) -> String {
        let mut alone = self.spec().of_trial(self.configuration_of(trial), trial.replicate);
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

/// Has `executor` run the trials of `queue`, and keeps what comes of them.
fn execute(
    queue: &Queue<'_>,
    store: &Store,
    environment: Environment,
    executor: &dyn Executor,
    options: &RunOptions<'_>,
) -> Result<(), ExperimentError> {
    let of = Recorded {
        dataset: &queue.data().dataset,
        metric: queue.with(|experiment| experiment.plan().report.primary),
        registry: queue.registry(),
        spec_of: Box::new(|trial| queue.with(|experiment| experiment.spec_of(trial))),
        experiment: Some(queue.with(|experiment| experiment.plan().name.clone())),
        notify: Box::new(|event| queue.notify(event)),
    };
    let recorder = StoreRecorder::new(of, store, environment, options);
    queue.begin(executor.jobs())?;
    let finished = Finished(queue);
    let executed =
        recorder.saving_first(|cancel| executor.execute(queue, &RunOptions { cancel, ..options.clone() }, &recorder));
    drop(finished);
    Ok(executed?)
}

/// Tells observers of the end when it is dropped: also where an executor panicked.
struct Finished<'a, 'q>(&'a Queue<'q>);

impl Drop for Finished<'_, '_> {
    fn drop(&mut self) {
        self.0.notify(&RunEvent::Finished);
    }
}

impl Experiment {
    /// What the store keeps of the experiment: what it asks, which rows it cannot use, and which trials it has. So `recur compare` and
    /// `recur predict` find it by its name, and `recur store gc` knows whose trials these are.
    pub(crate) fn listing(&self) -> Listing {
        let (plan, costs) = (self.plan(), Costs::new(self));
        let trial = |trial: &Trial| ExperimentTrial {
            configuration: trial.title.clone(),
            replicate: trial.replicate,
            stop_after: self.cut(trial),
            cost: costs.of_listed(trial),
            id: trial.id.clone(),
        };
        Listing {
            name: plan.name.clone(),
            resolved: self.spec().resolved_yaml(),
            rejects: recur_ingest::rejects_csv(&self.data().rejects, &self.data().unlisted, &plan.report.noun),
            trials: self.all_trials().map(trial).collect(),
            models: self.declared_models(),
        }
    }

    /// What the models of the plan declare, by id.
    fn declared_models(&self) -> Vec<DeclaredModel> {
        let ids: BTreeSet<&str> = self.plan().configurations.iter().map(|it| it.plugin.as_str()).collect();
        let plugins = ids.into_iter().filter_map(|id| self.registry().get(id).ok());
        plugins.map(DeclaredModel::of).collect()
    }

    /// Logs where the rows are listed that cannot be used.
    fn name_rejects(&self, store: &Store) {
        if self.data().facts.n_rejected() > 0 {
            let path = store.experiment(&self.plan().name).join(layout::REJECTS);
            tracing::warn!("the rows that cannot be used are listed in {}", shown(&path));
        }
    }
}

/// What the store keeps of an experiment.
pub(crate) struct Listing {
    name: String,
    resolved: String,
    rejects: Vec<u8>,
    trials: Vec<ExperimentTrial>,
    models: Vec<DeclaredModel>,
}

impl Listing {
    /// How many trials it has.
    pub(crate) fn n_trials(&self) -> usize {
        self.trials.len()
    }

    pub(crate) fn keep(&self, store: &Store) -> Result<(), StoreError> {
        let Self { name, resolved, rejects, trials, models } = self;
        store.keep_experiment(name, &ExperimentFiles { resolved, rejects, trials, models })
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
