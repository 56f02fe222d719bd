//! Waiting trials become tasks, and tasks become jobs of the batch system.

use super::{AGAIN, LOOK, Run};
use crate::error::ExperimentError;
use crate::remote::executor_error;
use crate::remote::packing::{Packed, Packing};
use crate::remote::sent::Task;
use recur_cluster::{Job, Refusal};
use recur_core::model::Cancel;
use recur_core::trial::Trial;
use recur_core::visible::visible;
use recur_train::SweepError;

/// Jobs that are sent one after the other, before it is looked at what came of others.
const SENT_AT_ONCE: usize = 20;

impl Run<'_, '_> {
    /// Writes the waiting trials into tasks, and sends as many as are taken.
    pub(super) fn send(&mut self, cancel: &Cancel) -> Result<(), SweepError> {
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
        let submitted = self.engine.submit(&job, &self.program);
        if submitted.as_ref().is_err_and(|refusal| !matches!(refusal, Refusal::Unknown(_) | Refusal::Busy)) {
            self.journal.note_refused(&job).map_err(executor_error)?;
        }
        match submitted {
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
            Err(Refusal::Error(error)) if doublings > 0 && error.is_of_memory() => {
                self.refuse_memory(n_tasks as usize, &error)?;
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
}
