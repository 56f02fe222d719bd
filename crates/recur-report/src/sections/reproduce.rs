//! How to get the same report again.

use crate::answer::settings;
use crate::markdown::{Table, code, code_block, details, left};
use crate::page::Page;
use crate::provenance::Provenance;
use crate::record::ReportRecord;
use crate::signature::Signature;
use crate::trial_links::TrialLinks;
use recur_analysis::{Analysis, TrialResult};
use recur_core::facts::DataFacts;
use recur_core::trial::TrialId;

pub(crate) const TITLE: &str = "How to get this report again";

pub(crate) fn render(
    analysis: &Analysis,
    provenance: &Provenance,
    signature: &Signature,
    links: &TrialLinks,
    page: &mut Page,
) {
    page.section(TITLE);
    page.block(&code_block("sh", &provenance.command));
    page.block(&versions(analysis.seed, &analysis.facts, provenance).render());
    if analysis.models.iter().any(|model| !model.times_chosen().is_empty()) {
        page.block("The trials of the chosen configurations:");
        let of_page = |trial: &TrialId| code(trial.short());
        page.blocks(&trials(analysis, of_page).render(), &trials(analysis, |trial| links.id(trial)).render());
    }
    page.block(&details("The spec, defaults filled in", &code_block("yaml", &provenance.resolved_spec())));
    let record = format!("{}/{}", analysis.experiment, ReportRecord::file());
    page.block(&format!("{} has all of this section for programs.", code(&record)));
    page.block(&signature.line());
}

/// What results depend on.
pub(crate) fn versions(seed: u64, facts: &DataFacts, provenance: &Provenance) -> Table {
    let mut table = Table::new([left("what"), left("value")]);
    let mut row = |what: &str, value: String| table.row([what.to_owned(), value]);
    row("spec", code(&provenance.spec_path()));
    row("recur", provenance.recur_version.clone());
    row("seed", seed.to_string());
    row("numeric contract", provenance.numeric_contract.to_string());
    row("data set", code(facts.dataset.as_str()));
    for (file, digest) in &facts.files {
        row(&format!("SHA-256 of {}", code(file)), code(digest.as_str()));
    }
    table
}

/// A row for each chosen configuration; `id` shows a trial.
fn trials(analysis: &Analysis, id: impl Fn(&TrialId) -> String) -> Table {
    let mut table = Table::new([left("model"), left("configuration"), left("trials (replicate)")]);
    for model in &analysis.models {
        for chosen in model.times_chosen().into_keys() {
            let settings = settings(&analysis.configurations[chosen]);
            let own = analysis.trials.iter().filter(|trial| trial.chosen && trial.configuration == chosen);
            let id = |trial: &TrialResult| format!("{} ({})", id(&trial.trial), trial.replicate);
            table.row([
                code(&model.model),
                if settings.is_empty() { "as given".to_owned() } else { code(&settings) },
                own.map(id).collect::<Vec<_>>().join(", "),
            ]);
        }
    }
    table
}
