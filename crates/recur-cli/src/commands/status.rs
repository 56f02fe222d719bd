//! `recur status`: how far experiments are, once or again and again.

mod text;

use crate::args::Status as StatusArgs;
use crate::error::{CliError, Exit};
use crate::executors;
use crate::stores;
use recur_cluster::Slurm;
use recur_experiment::Program;
use recur_experiment::status::{Status, StatusRequest};
use recur_terminal::{Refresh, print, print_json};
use std::time::Duration;

/// The time between two looks on a terminal.
const ON_TERMINAL: Duration = Duration::from_secs(2);

/// The same where each is a block of its own.
const ELSEWHERE: Duration = Duration::from_secs(60);

/// Prints how far the experiments are that are asked for. Nothing is written to the store.
pub(crate) fn run(args: &StatusArgs, program: &Program<'_>) -> Result<Exit, CliError> {
    let (store, request) = (stores::to_read(&args.store)?, args.request());
    let slurm = Slurm::new(executors::site(args.site.as_deref())?.slurm);
    let read = || {
        let mut status = Status::read(&request, &store, program.registry)?;
        status.ask(&store, &slurm);
        Ok::<_, CliError>(status)
    };
    let refresh = Refresh::new();
    let usual = if refresh.is_in_place() { ON_TERMINAL } else { ELSEWHERE };
    if let Some(interval) = args.interval(usual) {
        return watch(read, &request, &refresh, || std::thread::sleep(interval));
    }
    let status = read()?;
    if args.json {
        print_json(&serde_json::to_string_pretty(&status).expect("plain values can be written"))?;
    } else {
        print(&text::of(&status, &request))?;
    }
    Ok(Exit::Success)
}

/// Shows what `read` gives, and again after each `pause`, until all trials are done or nobody reads it. Ctrl-C ends it like any
/// program: it changes nothing.
fn watch(
    read: impl Fn() -> Result<Status, CliError>,
    request: &StatusRequest,
    refresh: &Refresh,
    pause: impl Fn(),
) -> Result<Exit, CliError> {
    loop {
        let status = read()?;
        if !refresh.show(&text::of(&status, request))? || status.is_done() {
            return Ok(Exit::Success);
        }
        pause();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_experiment::status::ExperimentStatus;
    use std::cell::Cell;

    #[test]
    fn a_watch_looks_again_after_each_pause_until_no_trial_waits_and_no_process_works() {
        let looks = Cell::new(0);
        let read = || {
            looks.set(looks.get() + 1);
            let mut experiment = ExperimentStatus { is_started: true, ..ExperimentStatus::default() };
            experiment.trials.n_waiting = usize::from(looks.get() == 1);
            experiment.n_processes = usize::from(looks.get() == 2);
            Ok(Status { experiments: vec![experiment], ..Status::default() })
        };
        let pauses = Cell::new(0);
        let refresh = Refresh::new();
        let ended = watch(read, &StatusRequest::All, &refresh, || pauses.set(pauses.get() + 1));
        assert_eq!((ended.ok(), looks.get(), pauses.get()), (Some(Exit::Success), 3, 2));
    }
}
