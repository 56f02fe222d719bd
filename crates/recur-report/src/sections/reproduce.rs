//! How to get the same report again.

use crate::analysis::Analysis;
use crate::answer::settings;
use crate::markdown::{Table, code, code_block, details, left};
use crate::page::Page;
use crate::record::ReportRecord;
use crate::signature::Signature;
use recur_core::selection::Finding;

/// The section's title.
pub(crate) const TITLE: &str = "How to get this report again";

/// Appends the section.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    let provenance = analysis.input.provenance;
    page.section(TITLE);
    page.block(&code_block("sh", &provenance.command));
    page.block(&versions(analysis).render());
    if analysis.models.iter().any(|model| !model.choice.counts().is_empty()) {
        page.block("The trials of the chosen configurations:");
        page.block(&trials(analysis).render());
    }
    page.block(&details("The spec, defaults filled in", &code_block("yaml", &provenance.resolved_spec())));
    let record = format!("{}/{}", analysis.input.plan.name, ReportRecord::file());
    page.block(&format!("{} has all of this section for programs.", code(&record)));
    page.block(&Signature::of(analysis.input).line());
}

fn versions(analysis: &Analysis<'_>) -> Table {
    let (provenance, plan, facts) = (analysis.input.provenance, analysis.input.plan, analysis.input.facts);
    let mut table = Table::new([left("what"), left("value")]);
    let mut row = |what: &str, value: String| table.row([what.to_owned(), value]);
    row("spec", code(&provenance.spec_path()));
    row("recur", provenance.recur_version.clone());
    row("seed", plan.seed.to_string());
    row("numeric contract", provenance.numeric_contract.to_string());
    row("data set", code(facts.dataset.as_str()));
    for (file, digest) in &facts.files {
        row(&format!("SHA-256 of {}", code(file)), code(digest.as_str()));
    }
    table
}

fn trials(analysis: &Analysis<'_>) -> Table {
    let mut table = Table::new([left("model"), left("configuration"), left("trials (replicate)")]);
    for model in &analysis.models {
        for chosen in model.choice.counts().into_keys() {
            let settings = settings(&analysis.input.plan.configurations[chosen]);
            let own = analysis.chosen_findings(model).into_iter().filter(|f| f.trial.configuration == chosen);
            let id = |finding: &Finding| format!("{} ({})", code(finding.trial.id.short()), finding.trial.replicate);
            table.row([
                code(model.id),
                if settings.is_empty() { "as given".to_owned() } else { code(&settings) },
                own.map(id).collect::<Vec<_>>().join(", "),
            ]);
        }
    }
    table
}
