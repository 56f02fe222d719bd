//! `recur report`: the report again, from stored records.

use crate::args::{Level, Report};
use crate::error::{CliError, Exit};
use crate::folder::command_here;
use crate::options::scoring_options;
use crate::scoring;
use crate::stores;
use recur_core::selection::TrialOutcome;
use recur_core::visible::shown;
use recur_experiment::{PartialReported, Program, RequestedExperiment, available_cores, of_reports};
use recur_files::TemporaryFolder;
use recur_report::{Destination, Export, PartialOverview, partial_json};
use recur_store::Store;
use recur_terminal::{MemoryNames, Screen, print, print_json, start_logs, table};

/// Writes the report of an experiment whose trials have all been run, or checks the one that is there.
pub(crate) fn run(args: &Report, level: Level, program: &Program<'_>) -> Result<Exit, CliError> {
    start_logs(level.into(), &Screen::new(), None);
    if args.partial {
        return partial(args, program);
    }
    // Nothing is written to it: test scores that it lacks are made, and kept by the next `recur experiment`.
    let store = stores::to_read(&args.spec.store);
    let registry = &stores::registry_with_results(program.registry, store.as_ref().ok(), Some(&args.spec.spec))?;
    let mut prepared = RequestedExperiment::read(&args.spec.request(), &Program { registry, ..*program })?;
    let store = store?;
    let outcomes = prepared.stored_outcomes(&store)?;
    prepared.link_trials(&args.reports, &args.spec.store);
    if args.check {
        return check(args, &mut prepared, &outcomes, &store);
    }
    if args.json {
        let scored =
            &prepared.score(&outcomes, &store, available_cores(), &scoring_options(&MemoryNames::default()))?;
        let (analysis, signature) = (prepared.analyse(&outcomes, scored)?, prepared.signature(&outcomes, scored));
        print_json(Export::of(&analysis, &prepared.provenance, &signature).json().trim_end())?;
        return Ok(Exit::Success);
    }
    let destination = Destination { dir: &args.reports, replace: args.replace };
    let outcome = scoring::conclude(
        &prepared,
        &outcomes,
        &store,
        available_cores(),
        &scoring_options(&MemoryNames::default()),
        destination,
    )?;
    print(&outcome.summary)?;
    Ok(outcome.exit)
}

/// Writes, or prints as JSON, what there is of an experiment that may not be finished.
fn partial(args: &Report, program: &Program<'_>) -> Result<Exit, CliError> {
    let store = stores::to_read_if_any(&args.spec.store)?;
    let registry = &stores::registry_with_results(program.registry, store.as_ref(), Some(&args.spec.spec))?;
    let mut prepared = RequestedExperiment::read(&args.spec.request(), &Program { registry, ..*program })?;
    if args.json {
        let analysis = prepared.partial_analysis(store.as_ref())?;
        print_json(partial_json(&analysis, &prepared.provenance).trim_end())?;
        return Ok(Exit::Success);
    }
    let destination = Destination { dir: &args.reports, replace: args.replace };
    let PartialReported { analysis, written } =
        prepared.partial_report(store.as_ref(), &args.spec.store, destination)?;
    let PartialOverview { state, header, rows, note } = PartialOverview::of(&analysis);
    let commands = prepared.continuation(&args.spec.store);
    let goes_on = if analysis.is_complete { "The full report" } else { "Goes on" };
    print(&format!("{}: {state}\n\n{}\n{note}", prepared.plan().name, table(&header, &rows, 2)))?;
    print(&format!("\nPartial report: {}\nAs one page: {}", shown(&written.report), shown(&written.html)))?;
    print(&format!("{goes_on}: {}", command_here(&prepared, &commands.goes_on)))?;
    Ok(Exit::Success)
}

/// Whether the report that is there is what the records give.
fn check(
    args: &Report,
    prepared: &mut RequestedExperiment,
    outcomes: &[TrialOutcome],
    store: &Store,
) -> Result<Exit, CliError> {
    let name = prepared.plan().name.clone();
    let report = args.reports.join(format!("{name}.md"));
    prepared.link_trials_as(&report);
    let scratch = TemporaryFolder::new("report")?;
    scoring::conclude(
        prepared,
        outcomes,
        store,
        available_cores(),
        &scoring_options(&MemoryNames::default()),
        scratch.path(),
    )?;
    match of_reports(&args.reports, scratch.path(), &name) {
        None => {
            print(&format!("{}: what the records give", shown(&report)))?;
            Ok(Exit::Success)
        }
        Some(difference) => {
            print(&format!("{}: not what the records give\n  {difference}", shown(&report)))?;
            Ok(Exit::Different)
        }
    }
}
