//! Trials become tasks.

/// Seconds that a trial is taken to need where nothing is known of it.
const UNKNOWN_SECONDS: f64 = 60.0;

/// The most trials of a task: its file stays small.
const MOST_TRIALS: usize = 1000;

/// A trial that is to be packed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Packed<T> {
    pub(super) trial: T,
    /// How long it may take; `None` where nothing is known.
    pub(super) seconds: Option<f64>,
    /// Whether it was lost before: it shares its task with no other, as it may be what ended the task.
    pub(super) is_alone: bool,
    /// How often more memory is asked for.
    pub(super) doublings: u32,
}

/// How trials are packed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packing {
    /// Seconds of work in a task, of all its threads together.
    pub(super) target_seconds: f64,
    /// At least so many tasks, where there are as many trials for each thread.
    pub(super) min_tasks: usize,
    /// Threads of a task.
    pub(super) threads: usize,
}

impl Packing {
    /// Puts trials into tasks in their order: as many into each as take the wanted time together, but no more than let there be enough
    /// tasks. Trials that need another amount of memory are apart.
    pub(super) fn pack<T>(&self, trials: Vec<Packed<T>>) -> Vec<Vec<Packed<T>>> {
        let most = (trials.len().div_ceil(self.min_tasks.max(1))).max(self.threads).min(MOST_TRIALS);
        let mut tasks: Vec<(Vec<Packed<T>>, f64)> = Vec::new();
        for packed in trials {
            let seconds = packed.seconds.unwrap_or(UNKNOWN_SECONDS);
            let fits = |task: &(Vec<Packed<T>>, f64)| {
                task.0.len() < most
                    && !packed.is_alone
                    && !task.0[0].is_alone
                    && task.0[0].doublings == packed.doublings
                    && (task.0.len() < self.threads || task.1 + seconds <= self.target_seconds)
            };
            match tasks.last_mut().filter(|task| fits(task)) {
                Some(task) => {
                    task.0.push(packed);
                    task.1 += seconds;
                }
                None => tasks.push((vec![packed], seconds)),
            }
        }
        tasks.into_iter().map(|(trials, _)| trials).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sizes of the tasks that trials of so many seconds make.
    fn sizes(packing: Packing, seconds: &[Option<f64>]) -> Vec<usize> {
        let packed = |seconds: &Option<f64>| Packed { trial: (), seconds: *seconds, is_alone: false, doublings: 0 };
        packing.pack(seconds.iter().map(packed).collect()).iter().map(Vec::len).collect()
    }

    const PACKING: Packing = Packing { target_seconds: 60.0, min_tasks: 2, threads: 1 };

    #[test]
    fn a_task_takes_the_wanted_time_or_one_trial() {
        assert_eq!(sizes(PACKING, &[Some(20.0); 9]), [3, 3, 3]);
        assert_eq!(sizes(PACKING, &[Some(100.0); 3]), [1, 1, 1]);
        assert_eq!(sizes(PACKING, &[Some(50.0), Some(20.0), Some(30.0), Some(20.0)]), [1, 2, 1]);
        assert_eq!(sizes(PACKING, &[]), [0; 0]);
    }

    #[test]
    fn there_are_tasks_for_all_nodes_and_trials_for_all_threads() {
        assert_eq!(sizes(Packing { min_tasks: 4, ..PACKING }, &[Some(0.1); 8]), [2, 2, 2, 2]);
        assert_eq!(sizes(Packing { min_tasks: 4, threads: 4, ..PACKING }, &[Some(100.0); 8]), [4, 4]);
    }

    #[test]
    fn of_unknown_trials_few_are_together() {
        assert_eq!(sizes(Packing { target_seconds: 120.0, ..PACKING }, &[None; 6]), [2, 2, 2]);
    }

    #[test]
    fn a_trial_that_was_lost_is_alone() {
        let packed = |is_alone| Packed { trial: (), seconds: Some(1.0), is_alone, doublings: 0 };
        let tasks = PACKING.pack([false, true, true, false, false].map(packed).to_vec());
        assert_eq!(tasks.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1, 2]);
    }

    #[test]
    fn trials_that_need_more_memory_are_apart() {
        let packed = |doublings| Packed { trial: (), seconds: Some(1.0), is_alone: false, doublings };
        let tasks = PACKING.pack([0, 0, 1, 1, 0].map(packed).to_vec());
        assert_eq!(tasks.iter().map(|task| task[0].doublings).collect::<Vec<_>>(), [0, 1, 0]);
    }
}
