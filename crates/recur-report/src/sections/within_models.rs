//! What the parameters of each model do in themselves.

use crate::analysis::Analysis;
use crate::axes::{axes, importance};
use crate::markdown::code;
use crate::page::Page;

/// For each model, what its parameters do at otherwise equal configurations, and which of them matters most.
pub(crate) fn render(analysis: &Analysis<'_>, page: &mut Page) {
    let models = 0..analysis.models.len();
    let mut lines: Vec<String> = Vec::new();
    for model in models.clone() {
        let id = code(analysis.models[model].id);
        let axes = axes(analysis, model);
        let sentences = axes.iter().filter_map(|axis| axis.sentence(analysis, code, str::to_owned));
        lines.extend(sentences.map(|sentence| format!("- {id}: {sentence}")));
    }
    if !lines.is_empty() {
        page.block("### Values at otherwise equal configurations");
        page.block(&lines.join("\n"));
        page.block(
            "Values are compared over the configurations that differ in nothing else and finished on every replicate, by the \
             corrected resampled t-test on the mean over these; validation rows / training rows takes the part of test rows.",
        );
    }
    let shares = models.filter_map(|model| {
        Some(format!("- {}: {}", code(analysis.models[model].id), importance(analysis, model, code)?))
    });
    let shares: Vec<String> = shares.collect();
    if !shares.is_empty() {
        page.block("### Importance of the parameters");
        page.block(&shares.join("\n"));
        page.block(
            "Share of the variance between the mean validation figures of a model's configurations that lies between the means \
             of a parameter's values. What is missing to 100 % is how parameters act together; where configurations did not \
             finish, shares may overlap.",
        );
    }
}
