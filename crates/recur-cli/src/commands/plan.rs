//! `recur plan`: which trials an experiment has, which of them are done, and how long the others may take.

use crate::args::{Level, Plan as PlanArgs};
use crate::error::{CliError, Exit};
use crate::stores;
use recur_core::plan::Plan;
use recur_core::settings::{Division, TestRows};
use recur_core::trial::Trial;
use recur_experiment::{Experiment, PlannedRun, Program, RequestedExperiment, TrialState, available_cores};
use recur_spec::LeftOut;
use recur_terminal::{Screen, duration, print, print_json, start_logs, table};

/// Prints every trial with its id, and whether it has a record.
pub(crate) fn run(args: &PlanArgs, level: Level, program: &Program<'_>) -> Result<Exit, CliError> {
    start_logs(level.into(), &Screen::new(), None);
    // A plan writes nothing: a store that does not exist yet is not made.
    let store = stores::to_read_if_any(&args.spec.store)?;
    let registry = &stores::registry_with_results(program.registry, store.as_ref(), Some(&args.spec.spec))?;
    let mut prepared = RequestedExperiment::read(&args.spec.request(), &Program { registry, ..*program })?;
    if let Some(store) = &store {
        prepared.replay(store, available_cores())?;
    }
    let planned = prepared.planned_run(store.as_ref())?;
    if args.json {
        print_json(&serde_json::to_string_pretty(&planned.json()).expect("plain values can be written"))?;
    } else {
        print(&text(&prepared, &planned))?;
    }
    Ok(Exit::Success)
}

fn text(experiment: &Experiment, planned: &PlannedRun<'_>) -> String {
    let plan = experiment.plan();
    let row = |(trial, state): (&Trial, &TrialState)| {
        let state = if *state == TrialState::Done { "done" } else { "to run" };
        let stop = trial.identity.stop_after().map_or_else(String::new, |epochs| format!(", to epoch {epochs}"));
        let title = plan.configurations[trial.configuration].title() + &stop;
        vec![trial.id.to_string(), title, trial.replicate.to_string(), state.to_owned()]
    };
    let rows: Vec<Vec<String>> = experiment.trials().iter().zip(&planned.states).map(row).collect();
    let n_to_run = planned.n_to_run();
    let time = match planned.seconds() {
        Some(seconds) if n_to_run > 0 => {
            format!(", about {} on {} cores, by past trials", duration(seconds), planned.cores)
        }
        _ => String::new(),
    };
    let stages: Vec<String> = experiment.study_progress().iter().map(|progress| format!("\n{progress}")).collect();
    let most = match planned.most_seconds() {
        Some(seconds) => format!(", which take {} at most, by past trials", duration(seconds)),
        None => String::new(),
    };
    let most = match experiment.is_adaptive() && !experiment.needed().is_empty() {
        true => format!(
            "\nResults decide which trials come next: at most {} in all{most}{}",
            planned.most_trials(),
            stages.concat()
        ),
        false => String::new(),
    };
    let left_out = experiment.spec().left_out.iter().map(|left_out| {
        let LeftOut { model, exception, n_configurations } = left_out;
        format!("\nexcept {exception} leaves out {n_configurations} of {model}")
    });
    let without_effect = experiment.spec().without_effect.iter().map(|without| format!("\n{without}"));
    let left_out: String = left_out.chain(without_effect).collect();
    let notes: Vec<String> = experiment.unused().iter().map(|unused| format!("\nNote: {unused}")).collect();
    format!(
        "{}\n{} configurations, {} replicates, {} trials: {} done, {n_to_run} to run{time}{most}{left_out}\nTest rows: {}\n{}{}",
        table(&["trial", "configuration", "replicate", "state"], &rows, usize::MAX),
        plan.configurations.len(),
        plan.replicates,
        rows.len(),
        rows.len() - n_to_run,
        test_rows(plan),
        planned.power.text(),
        notes.concat()
    )
}

/// Which rows are tested, and how configurations are chosen.
fn test_rows(plan: &Plan) -> &'static str {
    match (plan.split.division, plan.split.test_rows) {
        (Division::Folds { .. }, _) => {
            "each fold is the test part of one replicate; each replicate chooses its own configuration"
        }
        (Division::Published { .. }, _) => "as published; one configuration is chosen for all replicates",
        (_, TestRows::PerReplicate) => "drawn anew for each replicate; each replicate chooses its own configuration",
        (_, TestRows::Fixed) => {
            "the same for all replicates (data.split.test: fixed); one configuration is chosen for all"
        }
    }
}
