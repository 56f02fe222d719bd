//! What the commands share after the last trial: the report, and what a terminal shows of it.

use crate::error::{CliError, Exit};
use crate::output::{decimals, table};
use crate::pipeline::{Prepared, plugins_option};
use recur_analysis::{Analysis, Model, Summary};
use recur_core::metric::Metric;
use recur_core::record::Outcome;
use recur_core::selection::{Finding, Selection};
use recur_experiment::shell::quoted;
use recur_experiment::{RunOptions, Scored, StoreOf, best_configuration, costs};
use recur_report::Destination;
use recur_store::FoundExperiment;
use std::path::Path;

/// What an experiment ends with.
pub(crate) struct Conclusion {
    pub(crate) summary: String,
    pub(crate) exit: Exit,
}

/// Chooses by validation, scores the chosen on test, analyses all of it once, writes the report.
pub(crate) fn conclude<'a>(
    prepared: &Prepared,
    findings: &[Finding],
    stores: &impl StoreOf,
    jobs: usize,
    options: &RunOptions<'_>,
    destination: impl Into<Destination<'a>>,
) -> Result<Conclusion, CliError> {
    let scored = &prepared.score(findings, stores, jobs, options)?;
    let Scored { selection, unscored, .. } = scored;
    let (analysis, destination) = (prepared.analyse(findings, scored)?, destination.into());
    let signature = prepared.signature(findings, scored);
    let written = recur_report::write(&analysis, &prepared.provenance, &signature, destination)?;
    recur_report::write_costs(&analysis, &costs(&analysis, stores), destination)?;
    let n_unfinished = findings.iter().filter(|f| !matches!(f.record.outcome, Outcome::Finished { .. })).count();
    let mut summary = format!("{}\n\n{}\n", results(&analysis), written.answer);
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
    Some(format!("\nBest on validation: {}. {whose} predicts: {program} predict{plugins}{model} TEXT", best.title()))
}

/// A small table: one row a model.
fn results(analysis: &Analysis) -> String {
    let primary = analysis.primary;
    let tested = if primary == Metric::FAMILIAR { vec![primary] } else { vec![primary, Metric::FAMILIAR] };
    let rows: Vec<Vec<String>> = analysis.models.iter().map(|model| row(analysis, model, &tested)).collect();
    let titles = tested.iter().map(|metric| format!("test {}", metric.title()));
    let mut header = vec!["model".to_owned(), "replicates".to_owned(), format!("validation {}", primary.title())];
    header.extend(titles);
    table(&header.iter().map(String::as_str).collect::<Vec<_>>(), &rows, 1)
}

fn row(analysis: &Analysis, model: &Model, tested: &[Metric]) -> Vec<String> {
    let mean = |summary: Option<&Summary>| summary.and_then(|s| s.mean).map_or("–".to_owned(), decimals);
    let with_deviation = |summary: Option<&Summary>| match summary.and_then(|summary| summary.sd) {
        Some(sd) => format!("{} ± {}", mean(summary), decimals(sd)),
        None => mean(summary),
    };
    if model.trial_ids.is_empty() {
        let mut row = vec![model.model.clone(), "no configuration finished".to_owned(), "–".to_owned()];
        row.extend(tested.iter().map(|_| "–".to_owned()));
        return row;
    }
    // What could be scored is shown, though a model without all of its results is not ranked.
    let test = |metric: &Metric| model.test(*metric).or_else(|| model.partial_test.get(metric.name()));
    let n_scored = test(&analysis.primary).map_or(0, |test| test.by_replicate.iter().flatten().count());
    let mut row = vec![
        match model.only_configuration() {
            Some(only) => analysis.configurations[only].title.clone(),
            None => format!("{} (chosen for each replicate)", model.model),
        },
        n_scored.to_string(),
        mean(model.validation.get(analysis.primary.name())),
    ];
    row.extend(tested.iter().map(|metric| with_deviation(test(metric))));
    row
}
