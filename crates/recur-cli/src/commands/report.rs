//! `recur report`: the report again, from stored records.

use crate::args::{Level, Report};
use crate::error::{CliError, Exit};
use crate::logging;
use crate::output::print;
use crate::pipeline::{self, Prepared};
use crate::progress::Screen;
use recur_core::registry::Registry;
use recur_core::selection::Finding;
use recur_store::{Found, Store};

/// Writes the report of an experiment whose trials have all been run.
pub(crate) fn run(args: &Report, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    logging::start(level, &Screen::new(), None);
    let prepared = Prepared::read(&args.spec, registry)?;
    let store = Store::open(&args.spec.store)?;
    let mut findings = Vec::with_capacity(prepared.trials.len());
    for trial in &prepared.trials {
        if let Found::Record(record) = store.find(&trial.id) {
            findings.push(Finding { trial: trial.clone(), record: *record });
        }
    }
    if findings.len() < prepared.trials.len() {
        return Err(CliError::TrialsMissing {
            n_missing: prepared.trials.len() - findings.len(),
            n_trials: prepared.trials.len(),
            spec: args.spec.spec.clone(),
            store: args.spec.store.clone(),
        });
    }
    let outcome = pipeline::conclude(&prepared, &findings, &store, registry, &args.reports)?;
    print(&outcome.summary)?;
    Ok(outcome.exit)
}
