//! Trials that did not finish.

use crate::analysis::Analysis;
use crate::answer::settings;
use crate::markdown::{Table, code, details, escape, left, right};
use crate::numbers::plural;
use crate::page::Page;
use recur_core::record::Outcome;

/// A longer table is folded away.
const MOST_IN_SIGHT: u64 = 20;

/// Appends the section.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    page.section("Failures");
    let (table, n_failed) = table(analysis);
    if n_failed > 0 {
        let summary = format!("{} did not finish", plural(n_failed, "trial"));
        if n_failed > MOST_IN_SIGHT {
            page.block(&details(&summary, &table.render()));
        } else {
            page.block(&format!("{summary}."));
            page.block(&table.render());
        }
    }
    let planned = analysis.input.plan.n_trials();
    let missing = planned - analysis.input.findings.len();
    if missing > 0 {
        page.block(&format!("{} of {} have no record yet.", missing, plural(planned as u64, "trial")));
    } else if n_failed == 0 {
        page.block(&format!("None: {} finished.", plural(planned as u64, "trial")));
    }
}

fn table(analysis: &Analysis<'_>) -> (Table, u64) {
    let header = [left("model"), left("configuration"), right("replicate"), left("end"), left("reason"), left("trial")];
    let (mut table, mut n_failed) = (Table::new(header), 0);
    for (index, configuration) in analysis.input.plan.configurations.iter().enumerate() {
        for finding in analysis.findings_of(index) {
            let (end, reason) = match &finding.record.outcome {
                Outcome::Finished { .. } => continue,
                Outcome::Diverged { reason } => ("diverged", reason),
                Outcome::Failed { reason } => ("failed", reason),
            };
            n_failed += 1;
            let settings = settings(configuration);
            table.row([
                code(&configuration.model),
                if settings.is_empty() { "as given".to_owned() } else { code(&settings) },
                finding.trial.replicate.to_string(),
                end.to_owned(),
                escape(reason),
                code(finding.trial.id.short()),
            ]);
        }
    }
    (table, n_failed)
}
