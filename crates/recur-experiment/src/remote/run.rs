//! A run of trials on other machines, from the first task to the last.

mod ended_tasks;
mod look;
mod results;
mod stop;
mod submission;

use super::journal::{self, Journal};
use super::sent::{Sent, Task};
use super::{RemoteOptions, executor_error};
use crate::error::ExperimentError;
use crate::options::RunOptions;
use crate::queue::Queue;
use crate::stored_record::stored_record;
use ended_tasks::Attempt;
use recur_cluster::{Engine, Refusal, TaskProgram};
use recur_core::record::{Outcome, TrialRecord};
use recur_core::trial::{Trial, TrialId};
use recur_store::Store;
use recur_train::{Fit, Next, Source as _, SweepError};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::path::Path;
use std::time::Duration;

/// How often files of tasks are looked at.
const HEAR: Duration = Duration::from_millis(300);

/// How often the batch system is asked: at first, and when nothing changes.
const LOOK: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

/// After a refusal, when it is tried again where no task has ended meanwhile; and how long it is waited for a job of which it is not
/// known whether it was taken.
const AGAIN: Duration = Duration::from_secs(15);

/// Why the work ended.
pub(super) enum End {
    Done,
    Interrupted,
    Detached,
}

/// A run of trials on other machines.
pub(super) struct Run<'a, 'q> {
    engine: &'a dyn Engine,
    options: &'a RemoteOptions<'a>,
    queue: &'a Queue<'q>,
    /// The prepared data set.
    prepared: Option<String>,
    program: TaskProgram,
    journal: Journal,
    /// What this run sent, and then what earlier ones sent that may still run.
    sent: Vec<Sent>,
    /// Trials that are to be sent.
    waiting: VecDeque<Trial>,
    /// Tasks that are written and not sent.
    written: VecDeque<Task>,
    next_task: u64,
    /// Trials that were sent.
    out: HashMap<TrialId, Trial>,
    /// Trials that were heard to have ended, and whose records are not seen yet.
    heard: BTreeSet<TrialId>,
    /// Trials that observers were told of.
    begun: HashSet<TrialId>,
    attempts: HashMap<TrialId, Attempt>,
    estimates: HashMap<TrialId, f64>,
    /// The most tasks that a job may have, as far as it was learned.
    most: u64,
    /// When the next job may be sent: not before this, unless a task ends.
    held_up: Duration,
    look_in: Duration,
    look_every: Duration,
    n_barren: u32,
    n_given_up: usize,
    is_told: HashSet<String>,
}

impl<'a, 'q> Run<'a, 'q> {
    pub(super) fn begin(
        engine: &'a dyn Engine,
        options: &'a RemoteOptions<'a>,
        queue: &'a Queue<'q>,
    ) -> Result<Self, ExperimentError> {
        let store = queue.store();
        let jobs = store.jobs(&queue.with(|experiment| experiment.plan().name.clone()));
        let journal = Journal::create(&jobs, engine.outlives_us())?;
        let program = task_program(options, store, journal.folder());
        let mut run = Self {
            engine,
            options,
            queue,
            prepared: queue.with(|experiment| experiment.keep_prepared(store))?,
            sent: vec![Sent::new(program.clone())],
            program,
            journal,
            waiting: VecDeque::new(),
            written: VecDeque::new(),
            next_task: 0,
            out: HashMap::new(),
            heard: BTreeSet::new(),
            begun: HashSet::new(),
            attempts: HashMap::new(),
            estimates: HashMap::new(),
            most: u64::MAX,
            held_up: Duration::ZERO,
            look_in: Duration::ZERO,
            look_every: LOOK[0],
            n_barren: 0,
            n_given_up: 0,
            is_told: HashSet::new(),
        };
        run.sent[0].shares_logs = engine.shares_logs();
        if engine.outlives_us() {
            run.sent.extend(journal::earlier(&jobs, Some(run.journal.folder())));
        } else {
            journal::remove_dead_local(&jobs, run.journal.folder());
        }
        Ok(run)
    }

    /// Sends and hears until nothing is left to do.
    pub(super) fn work(&mut self, options: &RunOptions<'_>) -> Result<End, SweepError> {
        let cancel = options.cancel;
        if !self.find_earlier(options)? {
            return Ok(End::Interrupted);
        }
        loop {
            if cancel.is_cancelled() {
                return Ok(End::Interrupted);
            }
            let is_end = self.take()?;
            self.send(cancel)?;
            let is_all_sent = self.waiting.is_empty() && self.written.is_empty();
            if self.options.detach && is_all_sent && !self.sent.iter().any(Sent::has_unknown) {
                return Ok(End::Detached);
            }
            self.hear()?;
            if self.look_in.is_zero() {
                self.look()?;
            }
            let is_idle = self.out.is_empty() && self.waiting.is_empty() && self.written.is_empty();
            if is_idle && is_end {
                // A queue that is asked to stop has no more trials either.
                return Ok(if self.queue.is_asked_to_stop() { End::Interrupted } else { End::Done });
            }
            if !is_idle {
                self.queue.wait(HEAR);
                self.look_in = self.look_in.saturating_sub(HEAR);
                self.held_up = self.held_up.saturating_sub(HEAR);
                self.sent.iter_mut().for_each(|sent| sent.pass(HEAR));
            }
        }
    }

    /// Learns what earlier runs sent that is still there. Whether it is known: not if the run was interrupted meanwhile.
    fn find_earlier(&mut self, options: &RunOptions<'_>) -> Result<bool, SweepError> {
        if self.sent.len() > 1 {
            // What still runs of an earlier run is known before anything is sent.
            while !self.look()? {
                if options.cancel.is_cancelled() {
                    return Ok(false);
                }
                self.queue.wait(LOOK[0]);
            }
            // Those that have ended are no concern of this run: the store has what came of them.
            self.sent[1..].iter_mut().for_each(|sent| drop(sent.take_ended(Duration::ZERO)));
            let n: usize = self.sent[1..].iter().map(Sent::n_live).sum();
            if n > 0 {
                tracing::info!("{n} tasks of an earlier run are there and go on");
            }
        } else {
            // With nothing there that could be lost, a batch system that does not answer is an error at once.
            self.engine.check().map_err(|error| SweepError::Executor(Box::new(Refusal::Error(error))))?;
        }
        Ok(true)
    }

    /// Takes all trials that may start now. Whether there are no others.
    fn take(&mut self) -> Result<bool, SweepError> {
        loop {
            match self.queue.next_to_start(&mut |_| Fit::Starts) {
                Next::Trial(trial) if self.sent.iter().any(|sent| sent.has(&trial.id)) => {
                    self.out.insert(trial.id.clone(), *trial);
                }
                Next::Trial(trial) => match self.kept_meanwhile(&trial)? {
                    Some(record) => {
                        let id = trial.id.clone();
                        self.out.insert(id.clone(), *trial);
                        self.end(&id, record)?;
                    }
                    None => self.waiting.push_back(*trial),
                },
                Next::Later => return Ok(false),
                Next::End => return Ok(true),
            }
        }
    }

    /// The record of a trial that a task of an earlier run has kept since this run looked into the store.
    fn kept_meanwhile(&self, trial: &Trial) -> Result<Option<TrialRecord>, SweepError> {
        if self.sent.len() == 1 {
            return Ok(None);
        }
        let record = stored_record(self.queue.store(), &trial.id).map_err(executor_error)?;
        Ok(record.filter(|record| !matches!(record.outcome, Outcome::Failed { .. })))
    }

    /// Says something once.
    fn tell(&mut self, text: &str) {
        if self.is_told.insert(text.to_owned()) {
            tracing::warn!("{text}");
        }
    }
}

/// How this program trains a task whose files are in `folder`.
fn task_program(options: &RemoteOptions<'_>, store: &Store, folder: &Path) -> TaskProgram {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let text = |path: &Path| absolute(path).to_string_lossy().into_owned();
    let mut after = vec!["--store".to_owned(), text(store.root()), "--note-ended".to_owned()];
    after.extend(["--jobs".to_owned(), options.threads.to_string()]);
    if let Some(plugins) = &options.plugins {
        after.extend(["--plugins".to_owned(), text(plugins)]);
    }
    after.extend(options.arguments.iter().cloned());
    TaskProgram {
        folder: absolute(folder),
        working_folder: absolute(Path::new(".")),
        before: vec![text(&options.program), "trial".to_owned(), "run".to_owned()],
        after,
    }
}
