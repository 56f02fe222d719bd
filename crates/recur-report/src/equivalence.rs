//! Which models are as good as the best one, within the margin that the spec states.

use crate::analysis::Analysis;
use crate::markdown::list;
use crate::numbers::{margin as margin_text, p_value, plural};
use recur_stats::{Estimate, holm};

/// Which ranked models two one-sided tests show to be equivalent to the best one, in a sentence, names as `name` writes them;
/// `None` if the spec states no margin or none is. p is corrected over the models tested.
pub(crate) fn sentence(analysis: &Analysis<'_>, name: impl Fn(&str) -> String) -> Option<String> {
    let margin = analysis.input.plan.report.equivalence_margin?;
    let best = analysis.ranking.first()?;
    let tested: Vec<(usize, f64)> = analysis
        .best_against
        .iter()
        .filter_map(|(other, found)| Some((*other, found.estimate.filter(Estimate::has_spread)?.tost_p(margin))))
        .collect();
    let adjusted = holm(&tested.iter().map(|(_, p)| *p).collect::<Vec<_>>());
    let shown: Vec<String> = tested
        .iter()
        .zip(adjusted)
        .filter(|(_, p)| *p < 0.05)
        .map(|((model, _), p)| format!("{} (p {})", name(analysis.models[*model].id), p_value(p)))
        .collect();
    let method = match tested.len() {
        1 => "two one-sided tests, Schuirmann 1987".to_owned(),
        n => format!(
            "two one-sided tests, Schuirmann 1987; corrected by Holm's method over {}",
            plural(n as u64, "model")
        ),
    };
    (!shown.is_empty()).then(|| {
        let (best, within) = (name(analysis.models[*best].id), margin_text(analysis.primary, margin));
        format!("{best} is equivalent within ±{within} to {}: {method}.", list(&shown))
    })
}
