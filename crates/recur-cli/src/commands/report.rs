//! `recur report`: the report again, from stored records.

use super::available_cores;
use crate::args::{Level, Report};
use crate::difference;
use crate::error::{CliError, Exit};
use crate::logging;
use crate::output::print;
use crate::pipeline::{self, Prepared};
use crate::progress::Screen;
use crate::sweep::{in_parallel, stored};
use recur_core::registry::Registry;
use recur_core::selection::Finding;
use recur_store::Store;

/// Writes the report of an experiment whose trials have all been run, or checks the one that is there.
pub(crate) fn run(args: &Report, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    logging::start(level, &Screen::new(), None);
    let prepared = Prepared::read(&args.spec, registry)?;
    // A check writes nothing: a store that may not be written, or that does not exist, is not changed.
    let store = if args.check { Store::open_to_read(&args.spec.store)? } else { Some(Store::open(&args.spec.store)?) };
    let store = store.ok_or_else(|| CliError::NoStore { store: args.spec.store.clone() })?;
    let records = in_parallel(&prepared.trials, available_cores(), |trial| stored(&store, trial));
    let finding = |(trial, record): (&recur_core::trial::Trial, Option<_>)| {
        Some(Finding { trial: trial.clone(), record: record? })
    };
    let findings: Vec<Finding> = prepared.trials.iter().zip(records).filter_map(finding).collect();
    if findings.len() < prepared.trials.len() {
        return Err(CliError::TrialsMissing {
            n_missing: prepared.trials.len() - findings.len(),
            n_trials: prepared.trials.len(),
            spec: args.spec.spec.clone(),
            store: args.spec.store.clone(),
        });
    }
    if args.check {
        return check(args, &prepared, &findings, &store, registry);
    }
    let outcome = pipeline::conclude(&prepared, &findings, &store, registry, &args.reports)?;
    print(&outcome.summary)?;
    Ok(outcome.exit)
}

/// Whether the report that is there is what the records give.
fn check(
    args: &Report,
    prepared: &Prepared,
    findings: &[Finding],
    store: &Store,
    registry: &Registry,
) -> Result<Exit, CliError> {
    let scratch = tempfile::tempdir().map_err(CliError::Scratch)?;
    pipeline::conclude(prepared, findings, store, registry, scratch.path())?;
    let name = &prepared.plan.name;
    let report = args.reports.join(format!("{name}.md"));
    match difference::of_reports(&args.reports, scratch.path(), name) {
        None => {
            print(&format!("{}: what the records give", report.display()))?;
            Ok(Exit::Success)
        }
        Some(difference) => {
            print(&format!("{}: not what the records give\n  {difference}", report.display()))?;
            Ok(Exit::Different)
        }
    }
}
