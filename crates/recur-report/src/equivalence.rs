//! Which models are as good as the best one, within the margin that the spec states.

use crate::analysis::Analysis;
use crate::markdown::list;
use crate::numbers::{distance, p_value, plural};
use recur_stats::{Estimate, holm};

/// What two one-sided tests say of the best model and each other ranked one, in a sentence or two, names as `name` writes them;
/// `None` where the spec states no margin, or nothing can be tested. p is corrected over the models tested.
pub(crate) fn sentence(analysis: &Analysis<'_>, name: impl Fn(&str) -> String) -> Option<String> {
    let margin = analysis.input.plan.report.equivalence_margin?;
    let best = analysis.ranking.first()?;
    let tested: Vec<(usize, f64)> = analysis
        .best_against
        .iter()
        .filter_map(|(other, found)| Some((*other, found.estimate.filter(Estimate::has_spread)?.tost_p(margin))))
        .collect();
    let adjusted = holm(&tested.iter().map(|(_, p)| *p).collect::<Vec<_>>());
    let said = tested
        .iter()
        .zip(adjusted)
        .map(|((model, _), p)| (p < 0.05, format!("{} (p {})", name(analysis.models[*model].id), p_value(p))));
    let (shown, open): (Vec<_>, Vec<_>) = said.partition(|(is_shown, _)| *is_shown);
    let names = |said: Vec<(bool, String)>| list(&said.into_iter().map(|(_, text)| text).collect::<Vec<_>>());
    let (best, within) = (name(analysis.models[*best].id), distance(analysis.primary, margin));
    let correction = match tested.len() {
        0 => return None,
        1 => "two one-sided tests".to_owned(),
        n => format!("two one-sided tests, corrected by Holm's method over {}", plural(n as u64, "model")),
    };
    let not_shown = |open| format!("that is not shown of {}", names(open));
    Some(match (shown.is_empty(), open.is_empty()) {
        (false, true) => format!("{best} is equivalent within ±{within} to {}: {correction}.", names(shown)),
        (false, false) => {
            format!("{best} is equivalent within ±{within} to {}; {} ({correction}).", names(shown), not_shown(open))
        }
        _ => format!(
            "No model is shown to be equivalent to {best} within ±{within}: {} ({correction}).",
            not_shown(open)
        ),
    })
}
