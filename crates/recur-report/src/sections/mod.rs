//! The report, section by section.

mod calibration;
pub(crate) mod configurations;
mod cost;
pub(crate) mod curves;
pub(crate) mod data;
mod differences;
mod effects;
pub(crate) mod ensembles;
pub(crate) mod failures;
mod first_screen;
mod heat_maps;
mod labels;
mod leaderboard;
mod mistakes;
mod names;
mod other_metrics;
mod paired_values;
pub(crate) mod per_example;
mod positive;
pub(crate) mod reproduce;
pub(crate) mod scatter;
mod sweep;
pub(crate) mod trials;
pub(crate) mod tried;
pub(crate) mod try_text;
pub(crate) mod value_axis;
mod within_models;

use crate::answer::Opening;
use crate::markdown::escape;
use crate::page::Page;
use crate::provenance::Provenance;
use crate::signature::Signature;
use crate::trial_links::TrialLinks;
use crate::try_text::TryText;
use recur_analysis::Analysis;

/// Appends every section to `page`.
pub(crate) fn render(
    analysis: &Analysis,
    provenance: &Provenance,
    signature: &Signature,
    try_text: &TryText,
    page: &mut Page,
) {
    let links = TrialLinks::of(provenance);
    page.block(&format!("# {}", escape(&analysis.experiment)));
    for paragraph in question(&analysis.question) {
        page.block(&format!("> {paragraph}"));
    }
    let Opening { answer, cautions, notes, .. } = Opening::markdown(analysis);
    page.block(&answer);
    if !cautions.is_empty() {
        page.block(&format!("**Read first:** {} ([notes on the answer](#notes-on-the-answer)).", cautions.join("; ")));
    }
    first_screen::render(analysis, page);
    if !notes.is_empty() {
        page.section("Notes on the answer");
        notes.iter().for_each(|note| page.block(note));
    }
    leaderboard::render(analysis, page);
    other_metrics::render(analysis, page);
    try_text::render(analysis, try_text, &links, page);
    positive::render(analysis, page);
    ensembles::render(analysis, page);
    per_example::render(analysis, page);
    data::render(analysis, page);
    tried::render(analysis, page);
    effects::render(analysis, page);
    configurations::render(analysis, page);
    curves::render(analysis, page);
    cost::render(analysis, page);
    labels::render(analysis, page);
    mistakes::render(analysis, page);
    calibration::render(analysis, page);
    names::render(analysis, page);
    failures::render(analysis, &links, page);
    trials::render(analysis, &links, page);
    reproduce::render(analysis, provenance, signature, &links, page);
}

/// The paragraphs of a question, in Markdown.
pub(crate) fn question(question: &str) -> Vec<String> {
    let paragraphs = question.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    paragraphs.map(|paragraph| escape(&paragraph.replace('\n', " "))).collect()
}
