//! Trials that did not finish, or could not be scored on test.

use crate::analysis::Analysis;
use crate::answer::settings;
use crate::markdown::{Table, code, details, escape, left, right};
use crate::numbers::plural;
use crate::page::Page;
use recur_core::plan::Configuration;
use recur_core::record::Outcome;
use recur_core::selection::Finding;

/// A longer table is folded away.
const MOST_IN_SIGHT: u64 = 20;

/// Appends the section.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    page.section("Failures");
    let (unfinished, n_failed) = unfinished(analysis);
    if n_failed > 0 {
        show(page, &format!("{} did not finish", plural(n_failed, "trial")), &unfinished, n_failed);
    }
    let n_unscored = analysis.input.unscored.len() as u64;
    if n_unscored > 0 {
        let summary = format!(
            "{} of a chosen configuration finished but could not be scored on test, so the model is not ranked",
            plural(n_unscored, "trial")
        );
        show(page, &summary, &unscored(analysis), n_unscored);
    }
    let planned = analysis.input.plan.n_trials();
    let missing = planned - analysis.input.findings.len();
    if missing > 0 {
        page.block(&format!("{} of {} have no record yet.", missing, plural(planned as u64, "trial")));
    } else if n_failed + n_unscored == 0 {
        page.block(&format!("None: {} finished.", plural(planned as u64, "trial")));
    }
}

fn show(page: &mut Page, summary: &str, table: &Table, n_rows: u64) {
    if n_rows > MOST_IN_SIGHT {
        page.block(&details(summary, &table.render()));
    } else {
        page.block(&format!("{summary}."));
        page.block(&table.render());
    }
}

fn empty_table() -> Table {
    Table::new([left("model"), left("configuration"), right("replicate"), left("end"), left("reason"), left("trial")])
}

fn row(configuration: &Configuration, finding: &Finding, end: &str, reason: &str) -> [String; 6] {
    let settings = settings(configuration);
    [
        code(&configuration.model),
        if settings.is_empty() { "as given".to_owned() } else { code(&settings) },
        finding.trial.replicate.to_string(),
        end.to_owned(),
        escape(&reason.lines().collect::<Vec<_>>().join(" ")),
        code(finding.trial.id.short()),
    ]
}

fn unscored(analysis: &Analysis<'_>) -> Table {
    let mut table = empty_table();
    for (index, configuration) in analysis.input.plan.configurations.iter().enumerate() {
        for finding in analysis.findings_of(index) {
            let found = analysis.input.unscored.iter().find(|unscored| unscored.trial == finding.trial.id);
            if let Some(unscored) = found {
                table.row(row(configuration, finding, "failed on test", &unscored.reason));
            }
        }
    }
    table
}

fn unfinished(analysis: &Analysis<'_>) -> (Table, u64) {
    let (mut table, mut n_failed) = (empty_table(), 0);
    for (index, configuration) in analysis.input.plan.configurations.iter().enumerate() {
        for finding in analysis.findings_of(index) {
            let (end, reason) = match &finding.record.outcome {
                Outcome::Finished { .. } => continue,
                Outcome::Diverged { reason } => ("diverged", reason),
                Outcome::Failed { reason } => ("failed", reason),
            };
            n_failed += 1;
            table.row(row(configuration, finding, end, reason));
        }
    }
    (table, n_failed)
}
