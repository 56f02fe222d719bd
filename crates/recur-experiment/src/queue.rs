//! The trials of a run, one after the other. An executor takes them and gives back what became of them. In a race, in halving or in a
//! search each result may decide which trials come next: no trial waits for a result that decides nothing about it.

use crate::Experiment;
use crate::decisions::Records;
use crate::error::ExperimentError;
use crate::observer::RunEvent;
use crate::options::RunOptions;
use crate::part::Part;
use crate::run_times::RunTimes;
use crate::stored_record::stored_record;
use crate::trial_file::TrialFile;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::registry::Registry;
use recur_core::replicate::Replicate;
use recur_core::trial::{Trial, TrialId};
use recur_ingest::Ingested;
use recur_store::Store;
use recur_train::{Fit, Next, Source, first_to_start};
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::Duration;

/// The trials that a run trains. It may be used from many threads.
pub struct Queue<'a> {
    experiment: RwLock<Subject<'a>>,
    data: Arc<Ingested>,
    replicates: Arc<Vec<Replicate>>,
    registry: Registry,
    store: &'a Store,
    options: &'a RunOptions<'a>,
    state: Mutex<State>,
    changed: Condvar,
    /// How many trials the store lists of the experiment.
    n_listed: Mutex<usize>,
    /// Once the run has begun.
    times: OnceLock<RunTimes>,
}

impl std::fmt::Debug for Queue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state();
        let (n_waiting, n_running) = (state.waiting.len(), state.running.len());
        f.debug_struct("Queue").field("n_waiting", &n_waiting).field("n_running", &n_running).finish_non_exhaustive()
    }
}

/// The experiment that trials are of.
enum Subject<'a> {
    /// All of its trials that are to run are known.
    Fixed(&'a Experiment),
    /// Results decide which trials come next.
    Growing(&'a mut Experiment),
}

impl Subject<'_> {
    fn get(&self) -> &Experiment {
        match self {
            Self::Fixed(experiment) => experiment,
            Self::Growing(experiment) => experiment,
        }
    }
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Trial>,
    running: BTreeSet<TrialId>,
    /// What is waiting, running or done, or was seen in the store.
    seen: HashSet<TrialId>,
    records: Records,
    n_started: usize,
    /// Whether results of running trials may decide that there are more.
    may_grow: bool,
}

impl State {
    fn new(trials: Vec<Trial>, records: Records, may_grow: bool) -> Self {
        let seen = trials.iter().map(|trial| trial.id.clone()).chain(records.keys().cloned()).collect();
        let (waiting, running) = (trials.into(), BTreeSet::new());
        Self { waiting, running, seen, records, n_started: 0, may_grow }
    }
}

impl<'a> Queue<'a> {
    /// These trials of `experiment`, whatever the store has.
    pub(crate) fn fixed(
        experiment: &'a Experiment,
        trials: Vec<Trial>,
        store: &'a Store,
        options: &'a RunOptions<'a>,
    ) -> Self {
        let state = State::new(trials, Records::new(), false);
        Self::new(Subject::Fixed(experiment), state, store, options)
    }

    /// These trials of `experiment`, and all that their results decide. `records` are those of the trials that have ended.
    pub(crate) fn growing(
        experiment: &'a mut Experiment,
        trials: Vec<Trial>,
        records: Records,
        store: &'a Store,
        options: &'a RunOptions<'a>,
    ) -> Self {
        let state = State::new(trials, records, !experiment.is_decided());
        Self::new(Subject::Growing(experiment), state, store, options)
    }

    fn new(subject: Subject<'a>, state: State, store: &'a Store, options: &'a RunOptions<'a>) -> Self {
        let experiment = subject.get();
        Self {
            data: experiment.data.clone(),
            replicates: experiment.replicates.clone(),
            registry: experiment.registry.clone(),
            store,
            options,
            state: Mutex::new(state),
            changed: Condvar::new(),
            n_listed: Mutex::new(experiment.n_listed()),
            times: OnceLock::new(),
            experiment: RwLock::new(subject),
        }
    }

    /// The data set, and what became of the rows of its source.
    pub fn data(&self) -> &Ingested {
        &self.data
    }

    /// What the trials of each replicate share.
    pub fn replicates(&self) -> &[Replicate] {
        &self.replicates
    }

    /// Whether the run is to stop: the queue gives no more trials then. Executors hear of it later, when what runs is saved.
    pub(crate) fn is_asked_to_stop(&self) -> bool {
        self.options.cancel.is_cancelled()
    }

    /// Where records are kept.
    pub(crate) fn store(&self) -> &Store {
        self.store
    }

    /// The models.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Trials of the queue for another process: see [`Experiment::trial_file`].
    pub fn trial_file(&self, trials: &[Trial], plugins: Option<&Path>, prepared: Option<&str>) -> TrialFile {
        self.with(|experiment| experiment.trial_file(trials, plugins, prepared))
    }

    /// How many trials are to run, as far as it is known.
    pub(crate) fn n_to_run(&self) -> usize {
        self.to_run(&self.state())
    }

    fn to_run(&self, state: &State) -> usize {
        let most = self.options.part.max_trials.map_or(usize::MAX, |most| most.saturating_sub(state.n_started));
        state.waiting.len().min(most)
    }

    /// How many trials were taken.
    pub(crate) fn n_started(&self) -> usize {
        self.state().n_started
    }

    /// What `work` makes of the experiment as it is now.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Experiment) -> T) -> T {
        work(self.experiment.read().unwrap_or_else(PoisonError::into_inner).get())
    }

    /// What `work` makes of the experiment and the records as they are now.
    pub(crate) fn with_records<T>(&self, work: impl FnOnce(&Experiment, &Records) -> T) -> T {
        let state = self.state();
        self.with(|experiment| work(experiment, &state.records))
    }

    /// How many trials are run at most, where that is limited.
    pub(crate) fn most_to_run(&self) -> Option<usize> {
        self.options.part.max_trials
    }

    /// The run begins now, with `jobs` trials at once: from now on its times are taken.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn begin(&self, jobs: usize) -> Result<(), ExperimentError> {
        let times = RunTimes::begin(self, jobs)?;
        self.times.get_or_init(|| times);
        self.notify(&RunEvent::Started { n_trials: self.n_to_run() });
        Ok(())
    }

    /// Seconds that each of these trials may take, where anything is known of it.
    pub(crate) fn seconds_of(&self, trials: &[Trial]) -> Vec<Option<f64>> {
        self.times.get().map_or_else(|| vec![None; trials.len()], |times| times.seconds_of(self, trials))
    }

    /// Tells all observers, and then how much time is left after it.
    pub(crate) fn notify(&self, event: &RunEvent<'_>) {
        self.with(|experiment| self.options.notify(experiment, event));
        if let Some(times) = self.times.get() {
            times.take(self, event);
        }
    }

    /// The records of all trials that have ended.
    pub(crate) fn into_records(self) -> Records {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).records
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides what the record of `trial` allows. The number of trials that are to be run besides.
    fn decide(&self, state: &mut State, trial: &Trial) -> Result<usize, ExperimentError> {
        let mut subject = self.experiment.write().unwrap_or_else(PoisonError::into_inner);
        let Subject::Growing(experiment) = &mut *subject else { return Ok(0) };
        let (to_run, stages) = (self.to_run(state), n_stages(experiment));
        let mut has_new = experiment.is_adaptive() && experiment.take_one(&state.records[&trial.id])?;
        let is_plan_new = has_new;
        while has_new {
            let (mut is_stored, mut new) = (false, Vec::new());
            for needed in experiment.needed() {
                if !state.seen.insert(needed.id.clone()) {
                    // Another model may have had the same trial.
                    is_stored |= state.records.contains_key(&needed.id);
                    continue;
                }
                // An earlier run with another budget may have trained it.
                match stored_record(self.store, &needed.id)? {
                    Some(record) if !matches!(record.outcome, Outcome::Failed { .. }) => {
                        is_stored = true;
                        state.records.insert(needed.id, record);
                    }
                    _ if experiment.is_in_part(&needed, &self.options.part) => new.push(needed),
                    _ => {}
                }
            }
            // What decides what comes next goes before the rest of a grid.
            new.into_iter().rev().for_each(|trial| state.waiting.push_front(trial));
            has_new = is_stored && experiment.take(&state.records)?;
        }
        // Where a search proposes, the configurations of the models after it move.
        if is_plan_new {
            state.waiting.iter_mut().for_each(|trial| trial.configuration = experiment.place_of(trial));
        }
        state.may_grow = !experiment.is_decided();
        if n_stages(experiment) > stages {
            experiment.study_progress().iter().for_each(|progress| tracing::info!("{progress}"));
            experiment.remove_stopped(self.store);
        }
        Ok(self.to_run(state).saturating_sub(to_run))
    }

    /// Has the store list the trials that there are now.
    fn list(&self) -> Result<(), ExperimentError> {
        let mut n_listed = self.n_listed.lock().unwrap_or_else(PoisonError::into_inner);
        // Written without the experiment's lock, one after the other: a later list is never replaced by an earlier one.
        let listing = self.with(|experiment| (experiment.n_listed() > *n_listed).then(|| experiment.listing()));
        if let Some(listing) = listing {
            listing.keep(self.store)?;
            *n_listed = listing.n_trials();
        }
        Ok(())
    }
}

/// How many stages of all models began.
fn n_stages(experiment: &Experiment) -> usize {
    experiment.stages().iter().map(|model| model.stages.len()).sum()
}

impl Experiment {
    /// How many trials the store lists of it.
    pub(crate) fn n_listed(&self) -> usize {
        self.all_trials().count()
    }

    /// Whether a trial is of the part of the work that is to be done.
    pub(crate) fn is_in_part(&self, trial: &Trial, part: &Part) -> bool {
        part.only.is_empty() || part.only.contains(&self.configuration_of(trial).model)
    }
}

impl Source for Queue<'_> {
    fn known(&self) -> Vec<Trial> {
        self.state().waiting.iter().cloned().collect()
    }

    fn next_to_start(&self, fit: &mut dyn FnMut(&Trial) -> Fit) -> Next {
        let mut state = self.state();
        // One that is asked to stop still saves what runs.
        if self.is_asked_to_stop() || self.options.part.max_trials.is_some_and(|most| state.n_started >= most) {
            return Next::End;
        }
        let first = first_to_start(&state.waiting, fit);
        match first.and_then(|place| state.waiting.remove(place)) {
            Some(trial) => {
                state.running.insert(trial.id.clone());
                state.n_started += 1;
                Next::Trial(Box::new(trial))
            }
            None if !state.waiting.is_empty() || (state.may_grow && !state.running.is_empty()) => Next::Later,
            None => Next::End,
        }
    }

    fn wait(&self, time: Duration) {
        drop(self.changed.wait_timeout(self.state(), time));
    }

    fn ended(&self, trial: &Trial, record: Option<TrialRecord>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut state = self.state();
        state.running.remove(&trial.id);
        let mut n_more = 0;
        if let Some(record) = record {
            state.records.insert(trial.id.clone(), record);
            n_more = self.decide(&mut state, trial)?;
        }
        drop(state);
        self.list()?;
        if n_more > 0 {
            self.notify(&RunEvent::Decided { n_trials: n_more });
        }
        self.changed.notify_all();
        Ok(())
    }
}
