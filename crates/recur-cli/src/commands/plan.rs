//! `recur plan`: which trials an experiment has.

use crate::args::{Level, Plan as PlanArgs};
use crate::error::{CliError, Exit};
use crate::logging;
use crate::output::{print, table};
use crate::pipeline::Prepared;
use crate::progress::Screen;
use recur_core::registry::Registry;
use recur_core::trial::Trial;
use recur_store::{Found, Store};

/// Prints every trial with its id, and whether it has a record.
pub(crate) fn run(args: &PlanArgs, level: Level, registry: &Registry) -> Result<Exit, CliError> {
    logging::start(level, &Screen::new(), None);
    let prepared = Prepared::read(&args.spec, registry)?;
    // A plan writes nothing: a store that does not exist yet is not made.
    let store = if args.spec.store.exists() { Some(Store::open(&args.spec.store)?) } else { None };
    let kept = |trial: &Trial| matches!(store.as_ref().map(|s| s.find(&trial.id)), Some(Found::Record(_)));
    let plan = &prepared.plan;
    let mut n_kept = 0;
    let mut rows = Vec::with_capacity(prepared.trials.len());
    for trial in &prepared.trials {
        let kept = kept(trial);
        n_kept += usize::from(kept);
        let state = if kept { "done" } else { "to run" };
        let title = plan.configurations[trial.configuration].title();
        rows.push(vec![trial.id.to_string(), title, trial.replicate.to_string(), state.to_owned()]);
    }
    print(&table(&["trial", "configuration", "replicate", "state"], &rows, usize::MAX))?;
    print(&format!(
        "{} configurations, {} replicates, {} trials: {n_kept} done, {} to run",
        plan.configurations.len(),
        plan.replicates,
        rows.len(),
        rows.len() - n_kept
    ))?;
    Ok(Exit::Success)
}
