//! `recur experiment`: the whole way from a spec to a report.

use crate::args::{Experiment, Level};
use crate::error::{CliError, Exit};
use crate::event_files::EventFiles;
use crate::executors::Chosen;
use crate::options::training_options;
use crate::scoring;
use crate::stores;
use recur_core::visible::shown;
use recur_experiment::{ExperimentError, LiveReport, Observer, Program, RequestedExperiment, TimeLimit};
use recur_report::Destination;
use recur_terminal::{LogFile, Screen, Watchers, cancel_on_interrupt, print, start_logs};
use std::path::Path;

pub(crate) fn run(
    args: &Experiment,
    level: Level,
    plugins: Option<&Path>,
    program: &Program<'_>,
) -> Result<Exit, CliError> {
    let chosen = Chosen::of(args)?;
    let request = args.spec.request();
    let spec = request.read(program.registry)?;
    let store = stores::to_write(&args.spec.store)?;
    let name = spec.name.clone();
    let log = LogFile::new(store.open_log(&name)?);
    let screen = Screen::new();
    let logs = start_logs(level.into(), &screen, Some(&log));
    let span = tracing::info_span!("experiment", name);
    let _entered = span.enter();

    let mut prepared = RequestedExperiment::new(spec, &request, program)?;
    prepared.link_trials(&args.reports, &args.spec.store);
    let destination = Destination { dir: &args.reports, replace: args.replace };
    recur_report::check_destination(prepared.plan(), &prepared.provenance, destination)?;
    cancel_on_interrupt();
    let watchers = Watchers::new(&screen);
    let mut options = training_options(&args.training, &store, logs)?;
    (options.observers, options.part) = (watchers.all(), args.part());
    let event_files = args.tensorboard.as_ref().filter(|_| chosen.is_local());
    if args.tensorboard.is_some() && event_files.is_none() {
        tracing::warn!(
            "--tensorboard writes nothing of trials on other machines: `recur export --tensorboard DIR` does it afterwards"
        );
    }
    let event_files = event_files.map(|folder| EventFiles::new(folder, &name));
    options.observers.extend(event_files.as_ref().map(|files| files as &dyn Observer));
    if !chosen.is_local() {
        // It is that of the machines that train.
        options.local = None;
    }
    let live = args.live.map(|TimeLimit(every)| LiveReport::new(&prepared, &store, destination, every));
    let outcome = chosen.with(args, level, plugins, |executor| {
        let outcomes = match &live {
            Some(live) => live.run(&mut prepared, &store, executor, &options),
            None => prepared.run(&store, executor, &options),
        };
        let outcomes = outcomes.map_err(|error| ended_early(error, args))?;
        scoring::conclude(&prepared, &outcomes, &store, executor.jobs(), &options, destination)
    })?;
    print(&outcome.summary)?;
    match log.take_error() {
        Some(error) => tracing::warn!("the log {} is incomplete: {error}", shown(store.log_path(&name))),
        None => store.seal_log(&name)?,
    }
    Ok(outcome.exit)
}

/// An error of a run, with the command that goes on where it ended early. How it reaches other machines is the user's to say again.
fn ended_early(error: ExperimentError, args: &Experiment) -> CliError {
    let is_local = args.executor.executor.is_none() && args.executor.executor_command.is_none();
    let hint = match is_local {
        true => args.spec.request().hint_to_go_on(&error, &args.spec.store),
        false => error.hint(),
    };
    CliError::from(error).hint(hint)
}
