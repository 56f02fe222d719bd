//! How long trials take together: they start in their order, each as soon as there is a thread for it.

use std::collections::VecDeque;

/// What a helping thread adds to the speed of a trial that shares its work: two threads were measured to do 1.3 to 1.6 times the work of
/// one.
const HELP: f64 = 0.45;

/// A trial, as far as the schedule goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Planned {
    /// Seconds on a thread of its own.
    pub(super) seconds: f64,
    /// The model, by its number.
    pub(super) model: usize,
    /// Threads that it keeps busy.
    pub(super) threads: usize,
    /// Trials of its model that may run at once.
    pub(super) at_once: usize,
    /// Whether threads without a trial can help it.
    pub(super) shares_work: bool,
}

/// Trials under way.
struct Running {
    trials: Vec<Planned>,
    jobs: usize,
}

impl Running {
    fn free(&self) -> usize {
        self.jobs.saturating_sub(self.trials.iter().map(|trial| self.threads_of(trial)).sum())
    }

    fn threads_of(&self, trial: &Planned) -> usize {
        trial.threads.clamp(1, self.jobs)
    }

    fn fits_its_model(&self, trial: &Planned) -> bool {
        // Only a limited model needs the count.
        trial.at_once >= self.jobs
            || self.trials.iter().filter(|it| it.model == trial.model).count() < trial.at_once.max(1)
    }

    /// Lets pass the time until the first one ends.
    fn pass(&mut self) -> f64 {
        let n_sharing = self.trials.iter().filter(|trial| trial.shares_work).count().max(1);
        let speed_of_sharing = 1.0 + HELP * self.free() as f64 / n_sharing as f64;
        let speed = |trial: &Planned| if trial.shares_work { speed_of_sharing } else { 1.0 };
        let time = self.trials.iter().map(|trial| trial.seconds / speed(trial)).fold(f64::INFINITY, f64::min);
        self.trials.iter_mut().for_each(|trial| trial.seconds -= time * speed(trial));
        self.trials.retain(|trial| trial.seconds > 1e-9 * (1.0 + time));
        time
    }
}

/// Seconds until the last of all has ended, with `jobs` threads.
pub(super) fn seconds(jobs: usize, running: Vec<Planned>, waiting: impl Iterator<Item = Planned>) -> f64 {
    let (mut running, mut waiting) = (Running { trials: running, jobs: jobs.max(1) }, waiting.collect::<VecDeque<_>>());
    let mut seconds = 0.0;
    loop {
        while let Some(place) = waiting.iter().position(|trial| running.fits_its_model(trial))
            && running.threads_of(&waiting[place]) <= running.free()
        {
            running.trials.extend(waiting.remove(place));
        }
        if running.trials.is_empty() {
            return seconds;
        }
        seconds += running.pass();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(seconds: f64) -> Planned {
        Planned { seconds, model: 0, threads: 1, at_once: usize::MAX, shares_work: false }
    }

    #[track_caller]
    fn check(jobs: usize, running: &[Planned], waiting: &[Planned], expected: f64) {
        let found = seconds(jobs, running.to_vec(), waiting.iter().copied());
        assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
    }

    #[test]
    fn the_last_long_trial_counts_and_not_the_mean() {
        check(2, &[], &[], 0.0);
        check(1, &[], &[1.0, 2.0, 3.0].map(planned), 6.0);
        check(2, &[], &[1.0, 1.0, 10.0].map(planned), 11.0);
        check(2, &[], &[10.0, 1.0, 1.0].map(planned), 10.0);
        check(2, &[planned(4.0)], &[planned(1.0), planned(2.0), planned(3.0)], 6.0);
        check(0, &[], &[planned(0.0), planned(1.0)], 1.0);
    }

    #[test]
    fn a_trial_of_several_threads_waits_for_them_and_holds_up_the_others() {
        let alone = Planned { threads: 9, ..planned(2.0) };
        check(2, &[planned(1.0)], &[alone, planned(1.0)], 4.0);
    }

    #[test]
    fn models_that_run_one_at_a_time_let_others_pass() {
        let one = Planned { model: 1, at_once: 1, ..planned(2.0) };
        check(2, &[one], &[one, one, planned(1.0), planned(1.0)], 6.0);
    }

    #[test]
    fn free_threads_help_those_that_share_work() {
        let shared = Planned { shares_work: true, ..planned(1.45) };
        check(2, &[shared], &[], 1.0);
        check(2, &[shared, shared], &[], 1.45);
        check(2, &[planned(1.45)], &[], 1.45);
    }
}
