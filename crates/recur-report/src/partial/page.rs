//! The page, section by section.

use super::overview::{after, state, title};
use super::{Continuation, cost};
use crate::answer::{is_of_the_section, sentence, settings};
use crate::markdown::{Table, code, code_block, details, escape, left, right};
use crate::numbers::{NBSP, NOTHING, count, heading, interval, plural, value};
use crate::page::Page;
use crate::provenance::Provenance;
use crate::sections::{configurations, curves, data, failures, question, reproduce, trials, tried};
use crate::trial_links::TrialLinks;
use recur_analysis::{BestSoFar, PartialAnalysis, PartialModel, TrialCounts};

/// Appends every section to `page`.
pub(super) fn render(analysis: &PartialAnalysis, provenance: &Provenance, commands: &Continuation, page: &mut Page) {
    page.block(&format!("# {} (unfinished): {}", escape(&analysis.experiment), title(analysis)));
    for paragraph in question(&analysis.question) {
        page.block(&format!("> {paragraph}"));
    }
    opening(analysis, commands, page);
    progress(analysis, page);
    best_so_far(analysis, page);
    stages(analysis, page);
    curves::render(analysis, page);
    failures::render_partial(analysis, page);
    trials::render_partial(analysis, &TrialLinks::of(provenance), page);
    data::render(analysis, page);
    let warnings = analysis.facts.warnings.iter().filter(|warning| !is_of_the_section(warning));
    for warning in warnings.chain(&analysis.data.few_rows) {
        page.block(&sentence(warning, &analysis.noun, code));
    }
    cost::render(analysis, page);
    goes_on(analysis, provenance, commands, page);
}

fn opening(analysis: &PartialAnalysis, commands: &Continuation, page: &mut Page) {
    page.block(&format!(
        "**This report is unfinished, and nothing is decided.** {} No configuration is chosen, no model is compared with another, and no \
         result on test rows is read for this page.",
        state(analysis)
    ));
    let goes_on = code(&commands.goes_on);
    page.block(&if analysis.is_complete {
        format!(
            "All trials are done. {goes_on} chooses by validation, scores what is chosen on the test rows, and writes the full report, which \
             replaces this page."
        )
    } else {
        format!("{goes_on} goes on, and writes the full report at its end, which replaces this page.")
    });
    for model in &analysis.sees_validation {
        page.block(&format!(
            "{} is given the validation rows with their labels: its validation results may be too good.",
            code(model)
        ));
    }
}

/// A row a model: how far its trials are.
fn progress(analysis: &PartialAnalysis, page: &mut Page) {
    page.section("Progress");
    let columns = ["configurations", "trials", "finished", "diverged", "failed", "running", "waiting"].map(right);
    let mut table = Table::new([left("model")].into_iter().chain(columns));
    let row = |model: String, n: usize, counts: TrialCounts| {
        let TrialCounts { known, finished, diverged, failed, running, waiting } = counts;
        let counts = [n as u64, known, finished, diverged, failed, running, waiting].map(count);
        [model].into_iter().chain(counts)
    };
    for PartialModel { model, configurations, trials, .. } in &analysis.models {
        table.row(row(code(model), *configurations, *trials));
    }
    if analysis.models.len() > 1 {
        table.row(row("all".to_owned(), analysis.configurations.len(), analysis.progress));
    }
    page.block(&table.render());
    if analysis.progress.running > 0 {
        page.block("A trial counts as running as long as a process shows that it trains it.");
    }
}

/// A row a model: its best configuration so far, in the order of the spec.
fn best_so_far(analysis: &PartialAnalysis, page: &mut Page) {
    page.section("Best so far on validation");
    if analysis.models.iter().all(|model| model.best.is_none()) {
        page.block("No trial has finished yet, so there are no results.");
        return;
    }
    let metric = analysis.primary.title();
    page.block(&format!(
        "The configuration of each model with the best mean validation {metric} over the replicates that finished. These are validation \
         results of a part of the trials. The best of several is optimistic, the more so the more configurations and the fewer replicates it \
         has, and the intervals do not allow for that. Models are in the order of the spec; intervals do not compare them.{}",
        if analysis.stages.is_empty() { "" } else { " Eliminated configurations are left out." }
    ));
    let columns =
        ["replicates".to_owned(), format!("validation {} [95 %]", heading(analysis.primary)), "best of".to_owned()];
    let header = [left("model"), left("configuration")].into_iter().chain(columns.map(right));
    let mut table = Table::new(header);
    analysis.models.iter().for_each(|model| table.row(best_row(analysis, model)));
    page.block(&table.render());
    let summary = format!("Validation results of {}", plural(analysis.configurations.len() as u64, "configuration"));
    let all = |has_links| configurations::table(&analysis.configurations, &[analysis.primary], None, has_links);
    let [markdown, html] = [false, true].map(|has_links| details(&summary, &all(has_links).render()));
    page.blocks(&markdown, &html);
}

fn best_row(analysis: &PartialAnalysis, model: &PartialModel) -> [String; 5] {
    let Some(best) = &model.best else {
        return [
            code(&model.model),
            "no trial finished".to_owned(),
            NOTHING.to_owned(),
            NOTHING.to_owned(),
            NOTHING.to_owned(),
        ];
    };
    let settings = settings(&analysis.configurations[best.configuration]);
    let settings = if settings.is_empty() { "as given".to_owned() } else { code(&settings) };
    [
        code(&model.model),
        settings + &after(best),
        format!("{} of {}", best.replicates.len(), analysis.replicates),
        result(analysis, best),
        plural(best.configurations as u64, "configuration").replace(' ', &NBSP.to_string()),
    ]
}

fn result(analysis: &PartialAnalysis, best: &BestSoFar) -> String {
    let of_mean = best.interval.map(|ends| format!("{NBSP}{}", interval(analysis.primary, ends)));
    value(analysis.primary, best.mean) + &of_mean.unwrap_or_default()
}

/// How far a race, halving or a search is; nothing for a grid.
fn stages(analysis: &PartialAnalysis, page: &mut Page) {
    if analysis.stages.is_empty() {
        return;
    }
    page.section("Stages");
    page.block(&format!(
        "Results decide which trials come next: there are at most {}. A stage without a number that went on is not finished, or the last one.",
        plural(analysis.most_trials, "trial")
    ));
    page.block(&tried::stages(&analysis.stages).render());
}

fn goes_on(analysis: &PartialAnalysis, provenance: &Provenance, commands: &Continuation, page: &mut Page) {
    page.section("How it goes on");
    page.block(if analysis.is_complete {
        "This writes the full report:"
    } else {
        "This trains what is missing, and writes the full report:"
    });
    page.block(&code_block("sh", &commands.goes_on));
    page.block(
        "This page shows what there was when it was written, and does not change by itself. This writes it again, also while the experiment \
         runs; then reload the page. `--live` has a run write it every few minutes.",
    );
    page.block(&code_block("sh", &commands.again));
    page.block(&reproduce::versions(analysis.seed, &analysis.facts, provenance).render());
    page.block(&details("The spec, defaults filled in", &code_block("yaml", &provenance.resolved_spec())));
}
