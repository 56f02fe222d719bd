//! What a terminal shows of an experiment after the last trial, and how the process ends.

use crate::error::{CliError, Exit};
use crate::folder::command_here;
use recur_core::selection::TrialOutcome;
use recur_core::visible::shown;
use recur_experiment::{RequestedExperiment, RunOptions, Scored, StoreOf};
use recur_report::{Destination, ResultsTable};
use recur_terminal::table;

/// What an experiment ends with.
pub(crate) struct Conclusion {
    pub(crate) summary: String,
    pub(crate) exit: Exit,
}

/// Chooses by validation, scores the chosen on test, analyses all of it once, writes the report.
pub(crate) fn conclude<'a>(
    prepared: &RequestedExperiment,
    outcomes: &[TrialOutcome],
    stores: &impl StoreOf,
    jobs: usize,
    options: &RunOptions<'_>,
    destination: impl Into<Destination<'a>>,
) -> Result<Conclusion, CliError> {
    let reported = prepared.report(outcomes, stores, jobs, options, destination)?;
    let Scored { selection, tests, unscored } = &reported.scored;
    let (written, n_unfinished) = (&reported.written, reported.n_unfinished);
    let results = ResultsTable::of(&reported.analysis);
    let mut summary = format!("{}\n\n{}\n", table(&results.header, &results.rows, 1), written.answer);
    if n_unfinished > 0 {
        summary.push_str(&format!("\n{n_unfinished} of {} trials did not finish: see the report.", outcomes.len()));
    }
    if !unscored.is_empty() {
        summary.push_str(&format!(
            "\n{} of {} chosen trials could not be scored on test: see the report. All trials are kept, and the same \
             command tries again.",
            unscored.len(),
            tests.len() + unscored.len()
        ));
    }
    summary.push_str(&format!("\nReport: {}", shown(&written.report)));
    summary.push_str(&format!("\nThe same as one page, to sort and filter: {}", shown(&written.html)));
    if let Some(best) = prepared.best_configuration(outcomes, selection, stores) {
        let whose = if best.of_best_replicate { "Its best replicate" } else { "Its replicate 0" };
        let command = command_here(prepared, &best.command);
        summary.push_str(&format!("\nBest on validation: {}. {whose} predicts: {command} TEXT", best.title));
    }
    let exit = if n_unfinished + unscored.len() == 0 { Exit::Success } else { Exit::SomeTrialsFailed };
    Ok(Conclusion { summary, exit })
}
