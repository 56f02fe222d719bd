//! A run of trials on other machines, from the first task to the last.

use super::journal::{self, Journal};
use super::packing::{Packed, Packing};
use super::sent::{Sent, Task, tail_of};
use super::{RemoteOptions, executor_error};
use crate::error::{ExperimentError, with_causes};
use crate::observer::{RunEvent, title};
use crate::options::RunOptions;
use crate::queue::Queue;
use crate::status::living;
use crate::stored_record::stored_record;
use recur_cluster::{Ended, Engine, Job, Refusal, State, TaskProgram};
use recur_core::event::Event;
use recur_core::model::Cancel;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::trial::{Trial, TrialId};
use recur_core::visible::{shown, visible};
use recur_train::{Fit, Next, Source as _, SweepError};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::path::Path;
use std::time::Duration;

/// Times that a trial is sent without coming further, before it is given up.
const MOST_ATTEMPTS: u32 = 3;

/// Tasks in a row that end without a single trial done, before the run is given up.
const MOST_BARREN: u32 = 8;

/// Jobs that are sent one after the other, before it is looked at what came of others.
const SENT_AT_ONCE: usize = 20;

/// How often files of tasks are looked at.
const HEAR: Duration = Duration::from_millis(300);

/// How often the batch system is asked: at first, and when nothing changes.
const LOOK: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

/// For how long results of a task that has ended are waited for: a shared file system shows them late.
const LATE: Duration = Duration::from_secs(5);

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

/// How often a trial was sent without coming further.
#[derive(Clone, Copy, Debug, Default)]
struct Attempt {
    n: u32,
    /// Its furthest checkpoint: epochs and examples.
    along: (usize, u64),
    /// How often the memory is doubled that is asked for.
    doublings: u32,
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
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let text = |path: &Path| absolute(path).to_string_lossy().into_owned();
        let mut after = vec!["--store".to_owned(), text(store.root()), "--note-ended".to_owned()];
        after.extend(["--jobs".to_owned(), options.threads.to_string()]);
        if let Some(folder) = &options.plugins {
            after.extend(["--plugins".to_owned(), text(folder)]);
        }
        after.extend(options.arguments.iter().cloned());
        let program = TaskProgram {
            folder: absolute(journal.folder()),
            working_folder: absolute(Path::new(".")),
            before: vec![text(&options.program), "trial".to_owned(), "run".to_owned()],
            after,
        };
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
        if self.sent.len() > 1 {
            // What still runs of an earlier run is known before anything is sent.
            while !self.look()? {
                if cancel.is_cancelled() {
                    return Ok(End::Interrupted);
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
        loop {
            if cancel.is_cancelled() {
                return Ok(End::Interrupted);
            }
            let is_end = self.take();
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
                return Ok(End::Done);
            }
            if !is_idle {
                self.queue.wait(HEAR);
                self.look_in = self.look_in.saturating_sub(HEAR);
                self.held_up = self.held_up.saturating_sub(HEAR);
                self.sent.iter_mut().for_each(|sent| sent.pass(HEAR));
            }
        }
    }

    /// Takes all trials that may start now. Whether there are no others.
    fn take(&mut self) -> bool {
        loop {
            match self.queue.next_to_start(&mut |_| Fit::Starts) {
                Next::Trial(trial) if self.sent.iter().any(|sent| sent.has(&trial.id)) => {
                    self.out.insert(trial.id.clone(), *trial);
                }
                Next::Trial(trial) => self.waiting.push_back(*trial),
                Next::Later => return false,
                Next::End => return true,
            }
        }
    }

    /// Writes the waiting trials into tasks, and sends as many as are taken.
    fn send(&mut self, cancel: &Cancel) -> Result<(), SweepError> {
        if !self.waiting.is_empty() {
            self.write().map_err(executor_error)?;
        }
        for _ in 0..SENT_AT_ONCE {
            if self.written.is_empty() || !self.held_up.is_zero() || cancel.is_cancelled() {
                break;
            }
            self.send_one()?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), ExperimentError> {
        self.estimate();
        let options = self.options;
        let packing = Packing {
            target_seconds: options.target_seconds * options.threads as f64,
            min_tasks: options.min_tasks,
            threads: options.threads,
        };
        let of = |trial: Trial| Packed {
            is_alone: self.attempts.get(&trial.id).is_some_and(|attempt| attempt.n > 0),
            seconds: self.estimates.get(&trial.id).copied(),
            doublings: self.attempts.get(&trial.id).map_or(0, |attempt| attempt.doublings),
            trial,
        };
        let packed = packing.pack(std::mem::take(&mut self.waiting).into_iter().map(of).collect());
        for trials in packed {
            let doublings = trials[0].doublings;
            let trials: Vec<Trial> = trials.into_iter().map(|packed| packed.trial).collect();
            let number = self.next_task;
            let file = self.queue.trial_file(&trials, options.plugins.as_deref(), self.prepared.as_deref());
            file.write(&self.program.task_file(number))?;
            self.next_task += 1;
            self.written.push_back(Task::new(number, trials.iter().map(|trial| trial.id.clone()), doublings));
            self.out.extend(trials.into_iter().map(|trial| (trial.id.clone(), trial)));
        }
        Ok(())
    }

    /// How long the waiting trials may take.
    fn estimate(&mut self) {
        let waiting = self.waiting.make_contiguous();
        for (trial, seconds) in waiting.iter().zip(self.queue.seconds_of(waiting)) {
            self.estimates.extend(seconds.map(|seconds| (trial.id.clone(), seconds)));
        }
    }

    /// Sends the first written tasks as one job.
    fn send_one(&mut self) -> Result<(), SweepError> {
        let first = &self.written[0];
        let (start, doublings) = (first.number, first.doublings);
        let follow = self.written.iter().zip(start..);
        let n = follow.take_while(|(task, n)| task.number == *n && task.doublings == doublings).count() as u64;
        let n_tasks = n.min(self.most).min(self.engine.most_tasks()).max(1);
        let mut job = Job { name: self.journal.next_name(self.queue), first: start, n_tasks, doublings, id: None };
        let tasks: Vec<&Task> = self.written.iter().take(n_tasks as usize).collect();
        self.journal.note(&job, &tasks).map_err(executor_error)?;
        match self.engine.submit(&job, &self.program) {
            Ok(id) => {
                tracing::debug!("{} took {n_tasks} tasks as job {}", self.engine.name(), visible(&id));
                job.id = Some(id);
                self.journal.note(&job, &[]).map_err(executor_error)?;
                self.is_sent(job);
                self.most = self.most.saturating_mul(2);
            }
            Err(Refusal::Unknown(problem)) => {
                self.tell(&format!("{}: {problem}", self.engine.name()));
                self.is_sent(job);
                (self.held_up, self.most) = (AGAIN, (n_tasks / 2).max(1));
            }
            Err(Refusal::Busy) => self.held_up = AGAIN,
            Err(Refusal::Limit(problem) | Refusal::TooLarge(problem)) if n_tasks > 1 => {
                tracing::debug!("{n_tasks} tasks were refused: {problem}");
                self.most = n_tasks / 2;
            }
            Err(Refusal::Limit(problem)) => {
                if self.engine.outlives_us() {
                    let n = self.written.len();
                    self.tell(&format!("{n} tasks wait here until {} takes more: {problem}", self.engine.name()));
                }
                self.held_up = AGAIN;
            }
            Err(refusal) => return Err(SweepError::Executor(Box::new(refusal))),
        }
        Ok(())
    }

    fn is_sent(&mut self, job: Job) {
        let tasks: Vec<Task> = self.written.drain(..job.n_tasks as usize).collect();
        self.sent[0].add(job, tasks);
        (self.look_in, self.look_every) = (LOOK[0], LOOK[0]);
    }

    /// Says something once.
    fn tell(&mut self, text: &str) {
        if self.is_told.insert(text.to_owned()) {
            tracing::warn!("{text}");
        }
    }

    /// Reads which trials have ended, and takes their records from the store.
    fn hear(&mut self) -> Result<(), SweepError> {
        for sent in &mut self.sent {
            for id in sent.hear() {
                if self.out.contains_key(&id) {
                    self.heard.insert(id);
                }
            }
        }
        for id in std::mem::take(&mut self.heard) {
            match stored_record(self.queue.store(), &id).map_err(executor_error)? {
                Some(record) => self.end(&id, record)?,
                // A shared file system may show it later.
                None => drop(self.heard.insert(id)),
            }
        }
        Ok(())
    }

    /// A trial has a record.
    fn end(&mut self, id: &TrialId, record: TrialRecord) -> Result<(), SweepError> {
        self.sent.iter_mut().for_each(|sent| sent.ended(id));
        let Some(trial) = self.out.remove(id) else { return Ok(()) };
        self.n_barren = 0;
        let metric = self.queue.with(|experiment| experiment.plan().report.primary);
        match &record.outcome {
            Outcome::Finished { kept_epoch } => {
                let value = record.validation().map_or(f64::NAN, |scores| scores.get(metric));
                tracing::info!(
                    "{}: validation {} {value:.4} at epoch {}",
                    title(&trial),
                    metric.title(),
                    kept_epoch + 1
                );
            }
            Outcome::Diverged { reason } => tracing::warn!("{}: diverged: {reason}", title(&trial)),
            Outcome::Failed { reason } => tracing::error!("{}: failed: {reason}", title(&trial)),
        }
        if !self.begun.remove(id) {
            let n_epochs = record.epochs.len() as u32;
            let started = Event::TrialStarted { trial: &trial, n_epochs, epochs_done: 0 };
            self.queue.notify(&RunEvent::Trial(started));
        }
        self.queue.notify(&RunEvent::Trial(Event::TrialEnded { trial: &trial, outcome: &record.outcome }));
        self.queue.ended(&trial, Some(record)).map_err(SweepError::Decide)
    }

    /// Asks the batch system. Whether it answered: no answer means that nothing is known, and nothing is done then.
    fn look(&mut self) -> Result<bool, SweepError> {
        let jobs: Vec<&Job> = self.sent.iter().flat_map(|sent| &sent.jobs).collect();
        if jobs.is_empty() {
            self.look_in = LOOK[0];
            return Ok(true);
        }
        let seen = match self.engine.look(&jobs) {
            Ok(seen) => seen,
            Err(error) => {
                self.tell(&format!("{error}; tasks that are there go on, and it is asked again"));
                self.look_in = LOOK[1] / 3;
                return Ok(false);
            }
        };
        let mut has_changed = false;
        for sent in &mut self.sent {
            has_changed |= sent.see(&seen);
        }
        let is_local = !self.engine.outlives_us();
        self.look_every = match has_changed {
            true => LOOK[0],
            false => (self.look_every * 3 / 2).min(LOOK[1]),
        };
        self.look_in = if is_local { HEAR } else { self.look_every };
        self.tell_of_held();
        self.see_running();
        self.settle()?;
        Ok(true)
    }

    /// Tells observers of the trials that other processes have begun to train.
    fn see_running(&mut self) {
        // What runs is for people: where it cannot be read, they see trials when they have ended.
        let processes = living(self.queue.store()).unwrap_or_default();
        for running in processes.into_iter().flat_map(|running| running.trials) {
            let Some(trial) = self.out.get(&running.id).filter(|_| !self.begun.contains(&running.id)) else { continue };
            let (n_epochs, epochs_done) = (running.n_epochs, running.epochs_done);
            self.queue.notify(&RunEvent::Trial(Event::TrialStarted { trial, n_epochs, epochs_done }));
            self.begun.insert(running.id);
        }
    }

    /// Says once why tasks wait that somebody holds back.
    fn tell_of_held(&mut self) {
        let held = |state: &State| match state {
            State::Waiting { reason } => {
                let words = reason.to_lowercase();
                ["held", "down", "drained"].iter().any(|word| words.contains(word)).then(|| reason.clone())
            }
            _ => None,
        };
        let reasons: BTreeSet<String> = self.sent.iter().flat_map(|sent| sent.states().filter_map(held)).collect();
        for reason in reasons {
            self.tell(&format!("tasks wait in {}: {reason}", self.engine.name()));
        }
    }

    /// Deals with the tasks that have ended.
    fn settle(&mut self) -> Result<(), SweepError> {
        let late = if self.engine.outlives_us() { LATE } else { Duration::ZERO };
        let (mut settled, n_before) = (Vec::new(), self.n_known());
        for sent in &mut self.sent {
            settled.extend(sent.take_unknown(AGAIN).into_iter().map(|task| (task, None)));
            settled.extend(sent.take_ended(late).into_iter().map(|(task, how, log)| (task, Some((how, log)))));
        }
        if self.n_known() < n_before {
            // There may be room for others.
            self.held_up = Duration::ZERO;
        }
        for (task, ended) in settled {
            match ended {
                Some((how, log)) => self.task_ended(&task, &how, &log)?,
                // Its job was never taken.
                None => {
                    let trials = task.left.iter().filter_map(|id| self.out.remove(id));
                    self.waiting.extend(trials);
                }
            }
        }
        Ok(())
    }

    /// The trials of a task that has ended: those without a result are sent again.
    fn task_ended(&mut self, task: &Task, how: &Ended, log: &Path) -> Result<(), SweepError> {
        let is_barren = task.left.len() == task.n_trials;
        let mut lost = Vec::new();
        for id in &task.left {
            if !self.out.contains_key(id) {
                continue;
            }
            match stored_record(self.queue.store(), id).map_err(executor_error)? {
                Some(record) if !matches!(record.outcome, Outcome::Failed { .. }) => self.end(id, record)?,
                _ => lost.extend(self.out.remove(id)),
            }
        }
        if lost.is_empty() {
            return Ok(());
        }
        let (n, how_in_words) = (lost.len(), in_words(how));
        if *how == Ended::Cancelled {
            tracing::warn!("a task was cancelled; {n} of its trials have no result, and the same command runs them");
            return lost.into_iter().try_for_each(|trial| self.give_up(&trial));
        }
        tracing::warn!(
            "a task {how_in_words}; {n} of its trials have no result and are sent again; see {}",
            shown(log)
        );
        let mut has_progress = false;
        for trial in lost {
            has_progress |= self.send_again(trial, how, log)?;
        }
        let is_barren = is_barren && !has_progress;
        self.n_barren = match how {
            // A node or a limit ended it, and not what it was to do.
            _ if is_barren && !is_of_task(how) => self.n_barren,
            _ if is_barren => self.n_barren + 1,
            _ => 0,
        };
        if self.n_barren >= MOST_BARREN {
            let error = ExperimentError::TasksFail { n: self.n_barren, log: log.to_owned(), tail: tail_of(log) };
            return Err(SweepError::Executor(Box::new(error)));
        }
        Ok(())
    }

    /// Sends a trial again, or gives it up. Whether it came further than before.
    fn send_again(&mut self, trial: Trial, how: &Ended, log: &Path) -> Result<bool, SweepError> {
        let found = self.queue.store().find_checkpoint(&trial.identity.full_training()).ok();
        let along = found
            .and_then(|found| found.checkpoint)
            .map(|checkpoint| (checkpoint.progress.epochs.len(), checkpoint.progress.examples));
        self.begun.remove(&trial.id);
        let attempt = self.attempts.entry(trial.id.clone()).or_default();
        let is_further = along.is_some_and(|along| along > attempt.along);
        attempt.along = attempt.along.max(along.unwrap_or_default());
        attempt.n = if is_further { 0 } else { attempt.n + 1 };
        if *how == Ended::OutOfMemory {
            attempt.doublings += 1;
        }
        if attempt.n < MOST_ATTEMPTS {
            self.waiting.push_back(trial);
            return Ok(is_further);
        }
        let tail = tail_of(log);
        tracing::error!(
            "{}: was sent {MOST_ATTEMPTS} times without a result; {} ends: {tail}",
            title(&trial),
            shown(log)
        );
        self.give_up(&trial)?;
        Ok(false)
    }

    fn give_up(&mut self, trial: &Trial) -> Result<(), SweepError> {
        self.n_given_up += 1;
        self.queue.notify(&RunEvent::MemoryReleased(trial));
        self.queue.ended(trial, None).map_err(SweepError::Decide)
    }

    /// Tasks that wait or run.
    pub(super) fn n_live(&self) -> usize {
        self.sent.iter().map(Sent::n_live).sum()
    }

    /// Tasks whose end was not dealt with yet.
    fn n_known(&self) -> usize {
        self.sent.iter().map(Sent::n_known).sum()
    }

    /// The run is interrupted: the tasks are cancelled if the user wants that, or left to themselves. How many are.
    pub(super) fn stop(&mut self) -> usize {
        let n_live = self.n_live();
        if n_live == 0 {
            return 0;
        }
        if self.engine.outlives_us() && !(self.options.cancels)(n_live) {
            tracing::info!("{n_live} tasks go on; the same command finds them");
            return n_live;
        }
        let jobs: Vec<&Job> = self.sent.iter().flat_map(|sent| &sent.jobs).collect();
        match self.engine.cancel(&jobs) {
            Ok(()) => tracing::info!("{n_live} tasks are cancelled; their trials go on from their checkpoints"),
            Err(error) => {
                tracing::error!("the tasks could not be cancelled: {}", with_causes(&error));
                return n_live;
            }
        }
        self.wait_for_the_end();
        0
    }

    /// Waits for cancelled tasks to save what they have.
    fn wait_for_the_end(&mut self) {
        let mut waited = Duration::ZERO;
        while waited < AGAIN {
            let jobs: Vec<&Job> = self.sent.iter().flat_map(|sent| &sent.jobs).collect();
            let Ok(seen) = self.engine.look(&jobs) else { return };
            if !seen.iter().any(|seen| matches!(seen.state, State::Running { .. })) {
                return;
            }
            self.queue.wait(HEAR);
            waited += HEAR;
        }
    }

    /// Removes the folder of a run that sent nothing.
    pub(super) fn remove_if_unused(&self) {
        if self.journal.is_empty() {
            journal::remove(&self.program.folder);
        }
    }

    /// Removes what was written for tasks, where all ended well.
    pub(super) fn tidy(&mut self) {
        if self.n_given_up > 0 {
            return;
        }
        journal::remove(&self.program.folder);
        self.sent[1..].iter().filter(|sent| sent.n_live() == 0).for_each(journal::remove_dead);
        // Only an empty folder can be removed so.
        if let Some(parent) = self.program.folder.parent() {
            let _ = std::fs::remove_dir(parent);
        }
    }
}

/// Whether a task ended by what it did itself.
fn is_of_task(how: &Ended) -> bool {
    match how {
        Ended::Well => true,
        Ended::Failed(word) => !["NODE_FAIL", "BOOT_FAIL", "PREEMPTED", "REVOKED"].contains(&word.as_str()),
        Ended::Cancelled | Ended::OutOfTime | Ended::OutOfMemory => false,
    }
}

fn in_words(how: &Ended) -> String {
    match how {
        Ended::Well => "has ended".to_owned(),
        Ended::Cancelled => "was cancelled".to_owned(),
        Ended::OutOfTime => "was out of time".to_owned(),
        Ended::OutOfMemory => "was out of memory".to_owned(),
        Ended::Failed(word) => format!("ended early ({})", visible(word)),
    }
}
