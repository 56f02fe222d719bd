//! Which models are as good as the best one, within the margin that the spec states.

use crate::difference::LEVEL;
use crate::ranked::Ranked;
use recur_stats::{Estimate, holm};
use serde::Serialize;

/// Two one-sided tests (Schuirmann 1987) of the best model against each other one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Equivalence {
    /// The best model's id.
    pub best: String,
    /// The margin that the spec states.
    pub margin: f64,
    /// The models that can be tested, best first.
    pub models: Vec<EquivalentTo>,
}

/// The test of one model against the best one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EquivalentTo {
    /// The model's id.
    pub model: String,
    /// The p-value of "they differ by more than the margin", after Holm's correction over the models tested.
    pub p_holm: f64,
    /// Whether that is below 0.05.
    pub is_equivalent: bool,
}

impl Equivalence {
    /// `None` if the spec states no margin, or fewer than two models were ranked.
    pub(crate) fn of(ranked: &Ranked<'_>) -> Option<Self> {
        let margin = ranked.outcomes.plan.report.equivalence_margin?;
        let best = ranked.best()?.id.to_owned();
        let tested: Vec<(usize, f64)> = ranked
            .best_against
            .iter()
            .filter_map(|(other, found)| Some((*other, found.estimate.filter(Estimate::has_spread)?.tost_p(margin))))
            .collect();
        let adjusted = holm(&tested.iter().map(|(_, p)| *p).collect::<Vec<_>>());
        let of_model = |((model, _), p_holm): (&(usize, f64), f64)| EquivalentTo {
            model: ranked.models[*model].id.to_owned(),
            p_holm,
            is_equivalent: p_holm < LEVEL,
        };
        let models: Vec<EquivalentTo> = tested.iter().zip(adjusted).map(of_model).collect();
        (!ranked.best_against.is_empty()).then_some(Self { best, margin, models })
    }
}
