//! `recur store export`: whole trials are copied into another store.

use crate::error::{CliError, Exit};
use crate::stores;
use recur_core::trial::TrialId;
use recur_core::visible::shown;
use recur_experiment::{LookupError, Program, RequestedExperiment, SpecPaths, SpecRequest, available_cores};
use recur_store::Store;
use recur_terminal::print;
use std::path::Path;

/// Copies what is asked for into another store: everything, or the trials of specs and single trials.
pub(super) fn run(store: &Store, to: &Path, what: &[String], program: &Program<'_>) -> Result<Exit, CliError> {
    let mut ids = Vec::new();
    for word in what {
        ids.extend(trials_of(store, word, program)?);
    }
    stores::check_elsewhere(to, store.root())?;
    let exported = store.export(to, (!what.is_empty()).then_some(&ids))?;
    let mut lines: Vec<String> = exported.problems.iter().map(|problem| format!("not copied: {problem}")).collect();
    lines.extend(exported.conflicts.iter().map(|conflict| format!("conflict: {conflict}")));
    let is_whole = lines.is_empty();
    let (copied, there, to) = (exported.copied, exported.there, shown(to));
    lines.push(format!("{copied} trials copied to {to}, {there} were there, {} experiments", exported.experiments));
    print(&lines.join("\n"))?;
    Ok(if is_whole { Exit::Success } else { Exit::Different })
}

/// The trials of a spec, or those whose ids begin with `word`.
fn trials_of(store: &Store, word: &str, program: &Program<'_>) -> Result<Vec<TrialId>, CliError> {
    if Path::new(word).is_file() {
        let request = SpecRequest { paths: SpecPaths::Project, ..SpecRequest::of_file(word) };
        let mut experiment = RequestedExperiment::read(&request, program)?;
        experiment.replay(store, available_cores())?;
        return Ok(experiment.all_trials().map(|trial| trial.id.clone()).collect());
    }
    let ids = store.trials_of_prefix(word)?;
    if ids.is_empty() {
        return Err(LookupError::NoSuchTrial { trial: word.to_owned(), store: store.root().to_owned() }.into());
    }
    Ok(ids)
}
