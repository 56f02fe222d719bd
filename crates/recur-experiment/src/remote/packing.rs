//! Trials become tasks.

use recur_core::trial::Trial;

/// Seconds that a trial is taken to need where nothing is known of it.
const UNKNOWN_SECONDS: f64 = 60.0;

/// The most trials of a task: its file stays small.
const MOST_TRIALS: usize = 1000;

/// A trial that is to be packed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Packed {
    pub(super) trial: Trial,
    /// How long it may take; `None` where nothing is known.
    pub(super) seconds: Option<f64>,
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
    pub(super) fn pack(&self, trials: Vec<Packed>) -> Vec<Vec<Packed>> {
        let most = (trials.len().div_ceil(self.min_tasks.max(1))).max(self.threads).min(MOST_TRIALS);
        let mut tasks: Vec<(Vec<Packed>, f64)> = Vec::new();
        for packed in trials {
            let seconds = packed.seconds.unwrap_or(UNKNOWN_SECONDS);
            let fits = |task: &(Vec<Packed>, f64)| {
                task.0.len() < most
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
