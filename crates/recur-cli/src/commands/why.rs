//! `recur why`: which trials have a record, and for the others, what differs from the nearest that has.

use crate::args::{Level, Why};
use crate::error::{CliError, Exit};
use crate::stores;
use recur_core::trial::Trial;
use recur_core::visible::shown;
use recur_experiment::Program;
use recur_experiment::RequestedExperiment;
use recur_experiment::available_cores;
use recur_experiment::shell::quoted;
use recur_experiment::title_without_id;
use recur_terminal::{Screen, print, start_logs};

/// Prints a line a trial; with a trial's id, all about that one.
pub(crate) fn run(args: &Why, level: Level, program: &Program<'_>) -> Result<Exit, CliError> {
    start_logs(level.into(), &Screen::new(), None);
    let store = stores::to_read_if_any(&args.spec.store)?;
    let registry = &stores::registry_with_results(program.registry, store.as_ref(), Some(&args.spec.spec))?;
    let mut prepared = RequestedExperiment::read(&args.spec.request(), &Program { registry, ..*program })?;
    if let Some(store) = &store {
        prepared.replay(store, available_cores())?;
    }
    let wanted: Vec<&Trial> = prepared.all_trials().filter(|trial| is_wanted(trial, args.trial.as_deref())).collect();
    if let (Some(trial), true) = (&args.trial, wanted.is_empty()) {
        let spec = shown(&args.spec.spec);
        let options = prepared.request.options();
        return Err(CliError::new(format!("no trial of {spec} has an id that begins with {trial}"))
            .hint(format!("recur plan {}{options} lists the ids", quoted(&spec))));
    }
    let (mut lines, mut n_hits) = (Vec::new(), 0);
    for (trial, reason) in wanted.iter().zip(prepared.explain(&wanted, store.as_ref())?) {
        let (id, title) = (trial.id.short(), title_without_id(trial));
        match reason {
            None => {
                n_hits += 1;
                lines.push(format!("hit   {id}  {title}"));
            }
            Some(reason) => lines.push(format!("miss  {id}  {title}: {reason}")),
        }
    }
    if args.trial.is_none() {
        lines.push(format!("{} trials: {n_hits} have a record, {} to run", wanted.len(), wanted.len() - n_hits));
    }
    print(&lines.join("\n"))?;
    Ok(Exit::Success)
}

fn is_wanted(trial: &Trial, prefix: Option<&str>) -> bool {
    prefix.is_none_or(|prefix| trial.id.as_str().starts_with(prefix))
}
