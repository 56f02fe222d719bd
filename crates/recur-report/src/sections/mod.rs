//! The report, section by section.

mod configurations;
mod cost;
mod curves;
mod data;
mod differences;
mod effects;
mod failures;
mod heat_maps;
mod labels;
mod leaderboard;
mod mistakes;
pub(crate) mod name_by_name;
mod names;
pub(crate) mod other_figures;
pub(crate) mod reproduce;
mod sweep;
mod within_models;

use crate::analysis::Analysis;
use crate::answer;
use crate::markdown::escape;
use crate::page::Page;

/// Appends every section to `page`.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    page.block(&format!("# {}", escape(&analysis.input.plan.name)));
    for paragraph in question(&analysis.input.plan.question) {
        page.block(&format!("> {paragraph}"));
    }
    page.block(&answer::markdown(analysis));
    leaderboard::render(analysis, page);
    other_figures::render(analysis, page);
    name_by_name::render(analysis, page);
    data::render(analysis, page);
    effects::render(analysis, page);
    configurations::render(analysis, page);
    curves::render(analysis, page);
    cost::render(analysis, page);
    labels::render(analysis, page);
    mistakes::render(analysis, page);
    names::render(analysis, page);
    failures::render(analysis, page);
    reproduce::render(analysis, page);
}

/// The paragraphs of a question, in Markdown.
pub(crate) fn question(question: &str) -> Vec<String> {
    let paragraphs = question.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    paragraphs.map(|paragraph| escape(&paragraph.replace('\n', " "))).collect()
}
