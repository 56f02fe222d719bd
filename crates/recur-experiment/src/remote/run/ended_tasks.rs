//! Tasks that have ended: their trials without a result are sent again, or given up.

use super::{AGAIN, Run};
use crate::error::ExperimentError;
use crate::observer::{RunEvent, title};
use crate::remote::executor_error;
use crate::remote::sent::{Origin, Sent, Task, tail_of};
use crate::stored_record::stored_record;
use recur_cluster::{Ended, EngineError};
use recur_core::record::Outcome;
use recur_core::trial::Trial;
use recur_core::visible::{shown, visible};
use recur_train::{Source as _, SweepError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Times that a trial is sent without coming further, before it is given up.
const MOST_ATTEMPTS: u32 = 3;

/// Tasks in a row that end without a single trial done, before the run is given up.
const MOST_BARREN: u32 = 8;

/// For how long results of a task that has ended are waited for: a shared file system shows them late.
const LATE: Duration = Duration::from_secs(5);

/// How often a trial was sent without coming further.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attempt {
    pub(super) n: u32,
    /// Its furthest checkpoint: epochs and examples.
    along: (usize, u64),
    /// How often the memory is doubled that is asked for.
    pub(super) doublings: u32,
}

/// How a task ended, and what there is of it.
struct End {
    how: Ended,
    log: PathBuf,
    /// What was started, as a user types it.
    command: Option<String>,
}

impl Run<'_, '_> {
    /// Deals with the tasks that have ended.
    pub(super) fn settle(&mut self) -> Result<(), SweepError> {
        let late = if self.engine.outlives_us() { LATE } else { Duration::ZERO };
        let (mut settled, n_before) = (Vec::new(), self.n_known());
        for sent in &mut self.sent {
            settled.extend(sent.take_unknown(AGAIN).into_iter().map(|task| (task, None)));
            for (task, how, Origin { log, job }) in sent.take_ended(late) {
                let command = job.and_then(|job| self.engine.command_line(&job, &sent.program));
                settled.push((task, Some(End { how, log, command })));
            }
        }
        if self.n_known() < n_before {
            // There may be room for others.
            self.held_up = Duration::ZERO;
        }
        for (task, ended) in settled {
            match ended {
                Some(end) => self.task_ended(&task, &end)?,
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
    fn task_ended(&mut self, task: &Task, end: &End) -> Result<(), SweepError> {
        let End { how, log, command } = end;
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
        let (mut has_progress, n_given_up) = (false, self.n_given_up);
        for trial in lost {
            has_progress |= self.send_again(trial, task, how, log)?;
        }
        let has_given_up = self.n_given_up > n_given_up;
        self.n_barren = match is_barren && !has_progress {
            // A node or a limit ended it, and not what it was to do; unless that is so each time.
            true if !is_of_task(how) && !has_given_up => self.n_barren,
            true => self.n_barren + 1,
            false => 0,
        };
        if self.n_barren >= MOST_BARREN {
            let (log, tail, command) = (log.clone(), tail_of(log), command.clone());
            let error = ExperimentError::TasksFail { n: self.n_barren, log, tail, command };
            return Err(SweepError::Executor(Box::new(error)));
        }
        Ok(())
    }

    /// Sends a trial of `task` again, or gives it up. Whether it came further than before.
    fn send_again(&mut self, trial: Trial, task: &Task, how: &Ended, log: &Path) -> Result<bool, SweepError> {
        let found = self.queue.store().find_checkpoint(&trial.identity.full_training()).ok();
        let along = found
            .and_then(|found| found.checkpoint)
            .map(|checkpoint| (checkpoint.progress.epochs.len(), checkpoint.progress.examples));
        self.begun.remove(&trial.id);
        let attempt = self.attempts.entry(trial.id.clone()).or_default();
        let is_further = along.is_some_and(|along| along > attempt.along);
        attempt.along = attempt.along.max(along.unwrap_or_default());
        attempt.n = if is_further { 0 } else { attempt.n + 1 };
        // The task may be that of an earlier run.
        attempt.doublings = attempt.doublings.max(task.doublings);
        if *how == Ended::OutOfMemory {
            // Of several trials it is not known which one needs more.
            let is_alone = task.n_trials == 1 && !is_further;
            if let Some(limit) = is_alone.then(|| self.engine.memory_limit(attempt.doublings)).flatten() {
                let title = title(&trial);
                tracing::error!("{title}: was out of memory, and its task can ask for no more: {}", visible(&limit));
                self.give_up(&trial)?;
                return Ok(false);
            }
            attempt.doublings += 1;
        }
        if attempt.n < MOST_ATTEMPTS {
            self.waiting.push_back(trial);
            return Ok(is_further);
        }
        let (title, log, tail) = (title(&trial), shown(log), tail_of(log));
        let cause = match how {
            Ended::OutOfMemory => ", at last out of memory: give its tasks more in the site file",
            Ended::OutOfTime => ", at last out of time: give its tasks more in the site file",
            _ => "",
        };
        tracing::error!("{title}: was sent {MOST_ATTEMPTS} times without a result{cause}; {log} ends: {tail}");
        self.give_up(&trial)?;
        Ok(false)
    }

    fn give_up(&mut self, trial: &Trial) -> Result<(), SweepError> {
        self.n_given_up += 1;
        self.queue.notify(&RunEvent::MemoryReleased(trial));
        self.queue.ended(trial, None).map_err(SweepError::Decide)
    }

    /// The batch system does not give the first written tasks as much memory as they would need: their trials fail, and no others.
    pub(super) fn refuse_memory(&mut self, n_tasks: usize, refusal: &EngineError) -> Result<(), SweepError> {
        let tasks: Vec<Task> = self.written.drain(..n_tasks).collect();
        for trial in tasks.iter().flat_map(|task| &task.left).filter_map(|id| self.out.remove(id)).collect::<Vec<_>>() {
            let (title, engine) = (title(&trial), self.engine.name());
            tracing::error!("{title}: was out of memory, and {engine} gives its task no more: {refusal}");
            self.give_up(&trial)?;
        }
        Ok(())
    }

    /// Tasks whose end was not dealt with yet.
    fn n_known(&self) -> usize {
        self.sent.iter().map(Sent::n_known).sum()
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
