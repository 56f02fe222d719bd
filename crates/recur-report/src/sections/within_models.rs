//! What the parameters of each model do in themselves.

use crate::axis_sentence::{AxisText, axis_texts};
use crate::markdown::{code, list};
use crate::numbers::{fixed, part_of_training, plural};
use crate::page::Page;
use crate::sections::paired_values;
use recur_analysis::{Analysis, Importance, ParameterShare};

/// Whether [`render`] compares values of `model`.
pub(crate) fn compares(analysis: &Analysis, model: &str) -> bool {
    let texts = |(_, model)| axis_texts(analysis, model, str::to_owned, str::to_owned);
    analysis.model(model).map(texts).is_some_and(|texts| !texts.is_empty())
}

/// Whether there is anything to say.
pub(crate) fn has_any(analysis: &Analysis) -> bool {
    !analysis.importance.is_empty() || analysis.models.iter().any(|model| compares(analysis, &model.model))
}

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
        let unpaired = match analysis.effects.is_empty() {
            true => "",
            false => ", and not the unpaired intervals in the tables and figures above,",
        };
        page.block(&format!(
            "Each pair of values is compared where trials of both finished: in a replicate, the difference is the mean over the \
             settings of the other parameters where both did. These paired differences{unpaired} are tested by the corrected resampled t-test (Nadeau and Bengio 2003), with validation \
             rows / training rows as its ratio. p-values are corrected by Holm's method over every pair of values of every swept \
             parameter of every model.",
        ));
        if analysis.method.has_published_validation {
            page.block(
                "All replicates have the same published training and validation rows. These comparisons therefore speak of models \
                 that are trained again from other starts, and not of other rows.",
            );
        }
    }
    paired_values::render(analysis, page);
    importance_of_all(analysis, page);
}

/// How important the parameters of each model are.
fn importance_of_all(analysis: &Analysis, page: &mut Page) {
    let shares: Vec<String> = analysis.importance.iter().map(|found| importance(analysis, found)).collect();
    if !shares.is_empty() {
        page.block("### Importance of the parameters");
        page.block(&shares.join("\n"));
        let is_averaged = |found: &Importance| !analysis.not_averaged.iter().any(|other| other.model == found.model);
        let is_mixed = if analysis.importance.iter().all(is_averaged) {
            ""
        } else {
            " Where not every combination of values was trained, values come with different values of the other parameters, and \
             a share has effects of others as well."
        };
        page.block(&format!(
            "Share of the variance between the validation results of a model's configurations that a parameter accounts for on \
             average over the others (ω², Hays 1963), with the noise between replicates subtracted. Only configurations that \
             finished on every replicate are used. What is missing to 100 % is how parameters act together.{is_mixed}",
        ));
    }
}

/// How important each parameter of a model is, the most important first.
fn importance(analysis: &Analysis, found: &Importance) -> String {
    let percent = |share: f64| fixed(100.0 * share, 0);
    let share = |ParameterShare { parameter, share, interval }: &ParameterShare| {
        let ends = interval.map(|ends| format!(" (95 % CI {} to {} %)", percent(ends.low), percent(ends.high)));
        format!("{} {} %{}", code(parameter), percent(*share), ends.unwrap_or_default())
    };
    let shares: Vec<String> = found.parameters.iter().map(share).collect();
    let text =
        if shares.is_empty() { "no signal above the noise between replicates".to_owned() } else { list(&shares) };
    let left_out: Vec<String> = found.left_out.iter().map(|parameter| code(parameter)).collect();
    let without_share = match left_out.len() {
        0 => String::new(),
        n => format!(
            ". Without a share: {}, as some configurations do not have {} or have {} without effect",
            list(&left_out),
            if n == 1 { "it" } else { "them" },
            if n == 1 { "it" } else { "them" }
        ),
    };
    format!(
        "- {}: {text}, from {}{}{without_share}",
        code(&found.model),
        plural(found.configurations as u64, "configuration"),
        match part_of_training(analysis, found.budget) {
            part if part.is_empty() => part,
            part => format!(" {part}"),
        }
    )
}
