//! How to get the same report again.

use crate::answer::settings;
use crate::how_to::HowTo;
use crate::markdown::{Table, code, code_block, details, left};
use crate::page::Page;
use crate::signature::Signature;
use recur_analysis::{Analysis, TrialResult};

/// The section's title.
pub(crate) const TITLE: &str = "How to get this report again";

/// What the block with the spec opens with.
pub(crate) const SPEC: &str = "The spec, defaults filled in";

/// How the row of the spec's path begins.
pub(crate) const SPEC_ROW: &str = "| spec | ";

/// How the row of a file's digest begins.
pub(crate) const FILE_ROW: &str = "| SHA-256 of ";

/// Appends the section.
pub(crate) fn render(analysis: &Analysis, how_to: &HowTo, signature: &Signature, page: &mut Page) {
    page.section(TITLE);
    page.block(&code_block("sh", &how_to.command));
    page.block(&versions(analysis, how_to).render());
    if analysis.models.iter().any(|model| !model.times_chosen().is_empty()) {
        page.block("The trials of the chosen configurations:");
        page.block(&trials(analysis).render());
    }
    page.block(&details(SPEC, &code_block("yaml", &how_to.resolved_spec)));
    page.block(&signature.line());
}

fn versions(analysis: &Analysis, how_to: &HowTo) -> Table {
    let facts = &analysis.facts;
    let mut table = Table::new([left("what"), left("value")]);
    let mut row = |what: &str, value: String| table.row([what.to_owned(), value]);
    row("spec", code(&how_to.spec_path));
    row("recur", how_to.recur_version.clone());
    if let Some(commit) = &how_to.commit {
        row("commit", code(commit));
    }
    row("seed", analysis.seed.to_string());
    row("numeric contract", how_to.numeric_contract.to_string());
    row("data set", code(facts.dataset.as_str()));
    for (file, digest) in &facts.files {
        row(&format!("SHA-256 of {}", code(file)), code(digest.as_str()));
    }
    table
}

fn trials(analysis: &Analysis) -> Table {
    let mut table = Table::new([left("model"), left("configuration"), left("trials (replicate)")]);
    for model in &analysis.models {
        for chosen in model.times_chosen().into_keys() {
            let settings = settings(&analysis.configurations[chosen]);
            let own = analysis.trials.iter().filter(|trial| trial.chosen && trial.configuration == chosen);
            let id = |trial: &TrialResult| format!("{} ({})", code(trial.trial.short()), trial.replicate);
            table.row([
                code(&model.model),
                if settings.is_empty() { "as given".to_owned() } else { code(&settings) },
                own.map(id).collect::<Vec<_>>().join(", "),
            ]);
        }
    }
    table
}
