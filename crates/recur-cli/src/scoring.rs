//! What the commands share after the last trial: the report, and what a terminal shows of it.

use crate::error::{CliError, Exit};
use crate::output::{decimals, table};
use crate::pipeline::{Prepared, plugins_option};
use recur_core::metric::Metric;
use recur_core::plan::Plan;
use recur_core::record::{Outcome, TestRecord};
use recur_core::selection::{Finding, Selection};
use recur_experiment::shell::quoted;
use recur_experiment::{RunOptions, Scored, StoreOf, best_configuration};
use recur_report::Destination;
use recur_store::FoundExperiment;
use std::path::Path;

/// What an experiment ends with.
pub(crate) struct Conclusion {
    pub(crate) summary: String,
    pub(crate) exit: Exit,
}

/// Chooses by validation, scores the chosen on test, writes the report.
pub(crate) fn conclude<'a>(
    prepared: &Prepared,
    findings: &[Finding],
    stores: &impl StoreOf,
    jobs: usize,
    options: &RunOptions<'_>,
    destination: impl Into<Destination<'a>>,
) -> Result<Conclusion, CliError> {
    let scored = &prepared.score(findings, stores, jobs, options)?;
    let Scored { selection, tests, unscored } = scored;
    let plan = prepared.plan();
    let written = prepared.write_report(findings, scored, stores, &prepared.provenance, destination.into())?;
    let n_unfinished = findings.iter().filter(|f| !matches!(f.record.outcome, Outcome::Finished { .. })).count();
    let mut summary = format!("{}\n\n{}\n", results(plan, findings, selection, tests), written.answer);
    if n_unfinished > 0 {
        summary.push_str(&format!("\n{n_unfinished} of {} trials did not finish: see the report.", findings.len()));
    }
    if !unscored.is_empty() {
        summary.push_str(&format!(
            "\n{} of {} chosen trials could not be scored on test: see the report. All trials are kept, and the same \
             command tries again.",
            unscored.len(),
            scored.tests.len() + scored.unscored.len()
        ));
    }
    summary.push_str(&format!("\nReport: {}", written.report.display()));
    summary.push_str(&format!("\nThe same as one page, to sort and filter: {}", written.html.display()));
    if let Some(hint) = predict_hint(prepared, findings, selection, stores) {
        summary.push_str(&hint);
    }
    let exit = if n_unfinished + unscored.len() == 0 { Exit::Success } else { Exit::SomeTrialsFailed };
    Ok(Conclusion { summary, exit })
}

/// Which configuration is best on validation, and how to predict with it.
fn predict_hint(
    prepared: &Prepared,
    findings: &[Finding],
    selection: &Selection,
    stores: &impl StoreOf,
) -> Option<String> {
    let plan = prepared.plan();
    let configuration = best_configuration(plan, findings, selection)?;
    let is_first = |finding: &&Finding| finding.trial.configuration == configuration && finding.trial.replicate == 0;
    let first = &findings.iter().find(is_first)?.trial.id;
    let best = &plan.configurations[configuration];
    let plugins = plugins_option(prepared.plugins.as_deref());
    let store = stores.store_of(first);
    let root = store.root();
    let option = if root == Path::new("runs") {
        String::new()
    } else {
        format!(" --store {}", quoted(&root.display().to_string()))
    };
    // The experiment's name means its last run, which another spec or another `--set` may have been.
    let is_last_run = match store.find_experiment(&plan.name) {
        FoundExperiment::Experiment(stored) => stored.trials.iter().any(|trial| trial.id == *first),
        FoundExperiment::Missing | FoundExperiment::Damaged(_) => false,
    };
    let (whose, model) = if is_last_run {
        ("Its best replicate", format!("{option} --model {}", quoted(&format!("{}/{}", plan.name, best.model))))
    } else {
        ("Its replicate 0", format!(" --model {}", quoted(&store.weights_path(first).display().to_string())))
    };
    let program = &prepared.provenance.program;
    Some(format!("\nBest on validation: {}. {whose} predicts: {program} predict{plugins}{model} NAME", best.title()))
}

/// A small table: one row a model.
fn results(plan: &Plan, findings: &[Finding], selection: &Selection, tests: &[TestRecord]) -> String {
    let metric = selection.metric();
    let tested = if metric == Metric::Accuracy { vec![metric] } else { vec![metric, Metric::Accuracy] };
    let row = |chosen: &recur_core::selection::Chosen| {
        let is_its = |finding: &&Finding| {
            let of_replicate = chosen.by_replicate.get(finding.trial.replicate as usize).copied().flatten();
            of_replicate == Some(finding.trial.configuration)
        };
        let own: Vec<&Finding> = findings.iter().filter(is_its).collect();
        if own.is_empty() {
            let mut row = vec![chosen.model.clone(), "no configuration finished".to_owned(), "–".to_owned()];
            row.extend(tested.iter().map(|_| "–".to_owned()));
            return row;
        }
        let of_validation = |finding: &&Finding| Some(finding.record.validation()?.get(metric));
        let validation = recur_stats::mean(&own.iter().filter_map(of_validation).collect::<Vec<_>>());
        let values: Vec<_> = own
            .iter()
            .filter_map(|finding| tests.iter().find(|test| test.id == finding.trial.id))
            .map(|test| test.scores)
            .collect();
        let mean = |metric| {
            let values: Vec<f64> =
                values.iter().map(|scores: &recur_core::metric::Scores| scores.get(metric)).collect();
            let mean = recur_stats::mean(&values).map_or("–".to_owned(), decimals);
            recur_stats::standard_deviation(&values).map_or(mean.clone(), |sd| format!("{mean} ± {}", decimals(sd)))
        };
        let mut row = vec![
            match chosen.counts().into_keys().collect::<Vec<_>>().as_slice() {
                [only] => plan.configurations[*only].title(),
                _ => format!("{} (chosen for each replicate)", chosen.model),
            },
            values.len().to_string(),
            validation.map_or("–".to_owned(), decimals),
        ];
        row.extend(tested.iter().map(|metric| mean(*metric)));
        row
    };
    let rows: Vec<Vec<String>> = selection.chosen().iter().map(row).collect();
    let titles = tested.iter().map(|metric| format!("test {}", metric.title()));
    let mut header = vec!["model".to_owned(), "replicates".to_owned(), format!("validation {}", metric.title())];
    header.extend(titles);
    table(&header.iter().map(String::as_str).collect::<Vec<_>>(), &rows, 1)
}
