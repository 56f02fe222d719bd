//! What the parameters of each model do in themselves.

use crate::axis_sentence::{AxisText, axis_texts};
use crate::markdown::{code, list};
use crate::numbers::{fixed, plural};
use crate::page::Page;
use recur_analysis::{Analysis, Importance, ParameterShare};

/// For each model, what its parameters do at otherwise equal configurations, and how important each of them is.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let mut lines: Vec<String> = Vec::new();
    for model in &analysis.models {
        let id = code(&model.model);
        let texts = axis_texts(analysis, model, code, |finding| format!("**{finding}**"));
        let sentences: Vec<String> = texts.iter().map(AxisText::all).collect();
        lines.extend(sentences.iter().map(|sentence| format!("- {id}: {sentence}")));
    }
    if !lines.is_empty() {
        page.block("### Values at otherwise equal configurations");
        page.block(&lines.join("\n"));
        page.block(
            "Each pair of values is compared where trials of both finished: in a replicate, the difference is the mean over the \
             settings of the other parameters where both did. These paired differences, and not the unpaired intervals in the \
             tables and figures above, are tested by the corrected resampled t-test (Nadeau and Bengio 2003), with validation \
             rows / training rows as its ratio. p-values are corrected by Holm's method over every pair of values of every swept \
             parameter of every model.",
        );
        if analysis.method.has_published_validation {
            page.block(
                "All replicates have the same published training and validation rows. These comparisons therefore speak of models \
                 that are trained again from other starts, and not of other rows.",
            );
        }
    }
    let shares: Vec<String> = analysis.importance.iter().map(importance).collect();
    if !shares.is_empty() {
        page.block("### Importance of the parameters");
        page.block(&shares.join("\n"));
        let in_a_race = match analysis.configurations.iter().any(|one| one.eliminated_after.is_some()) {
            true => {
                " These are the replicates and the epochs of the first stage, which all configurations were trained for."
            }
            false => "",
        };
        page.block(&format!(
            "Share of the variance between the validation results of a model's configurations that a parameter accounts for on \
             average over the others (ω², Hays 1963), with the noise between replicates subtracted. Only configurations that \
             finished on every replicate are used. What is missing to 100 % is how parameters act together.{in_a_race}",
        ));
    }
}

/// How important each parameter of a model is, the most important first.
fn importance(found: &Importance) -> String {
    let percent = |share: f64| fixed(100.0 * share, 0);
    let share = |ParameterShare { parameter, share, interval }: &ParameterShare| {
        let ends = interval.map(|ends| format!(" (95 % CI {} to {} %)", percent(ends.low), percent(ends.high)));
        format!("{} {} %{}", code(parameter), percent(*share), ends.unwrap_or_default())
    };
    let shares: Vec<String> = found.parameters.iter().map(share).collect();
    let text =
        if shares.is_empty() { "no signal above the noise between replicates".to_owned() } else { list(&shares) };
    format!("- {}: {text}, from {}", code(&found.model), plural(found.configurations as u64, "configuration"))
}
