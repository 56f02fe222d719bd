//! Where each model is among those that were ranked, and the verdict on all of them.

use crate::ranked::Ranked;
use serde::Serialize;

/// Where a model is among those that were ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Standing {
    /// Significantly better than each other one.
    #[serde(rename = "best")]
    Best,
    /// Not distinguishable from the one with the best mean, or that one itself.
    #[serde(rename = "not distinguishable")]
    NotDistinguishable,
    /// Significantly worse than the one with the best mean.
    #[serde(rename = "behind")]
    Behind,
    /// Nothing could be compared.
    #[serde(rename = "undecided")]
    Undecided,
    /// It was not tested on every replicate.
    #[serde(rename = "not ranked")]
    NotRanked,
}

impl Standing {
    /// It in words, as exports have it.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Best => "best",
            Standing::NotDistinguishable => "not distinguishable",
            Standing::Behind => "behind",
            Standing::Undecided => "undecided",
            Standing::NotRanked => "not ranked",
        }
    }

    /// Where the model of index `model` is.
    pub(crate) fn of(ranked: &Ranked<'_>, model: usize) -> Self {
        let against = &ranked.best_against;
        match against.iter().find(|(other, _)| *other == model) {
            Some((_, difference)) if difference.is_clear() => Standing::Behind,
            Some((_, difference)) if difference.comparison.is_some() => Standing::NotDistinguishable,
            Some(_) => Standing::Undecided,
            None if !ranked.ranking.contains(&model) => Standing::NotRanked,
            None if !against.iter().any(|(_, difference)| difference.comparison.is_some()) => Standing::Undecided,
            None if against.iter().all(|(_, difference)| difference.is_clear()) => Standing::Best,
            None => Standing::NotDistinguishable,
        }
    }
}

/// What can be said of the models together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Verdict {
    /// No model was tested on every replicate.
    Nothing {
        /// Whether a configuration was chosen of some model, so that only test results are missing.
        any_chosen: bool,
    },
    /// Only one model was tested on every replicate.
    OneModel { model: String },
    /// One replicate shows no spread.
    OneReplicate {
        /// The model with the best result.
        leading: String,
    },
    /// One model is significantly better than each other one.
    Best {
        best: String,
        /// The one with the next best mean.
        nearest: String,
    },
    /// The model with the best mean is not significantly better than each other one.
    NotDistinguishable {
        /// The model with the best mean.
        leading: String,
        /// Those that it is not shown to differ from, in the order of their means.
        from: Vec<String>,
        /// Those that it is significantly better than.
        better_than: Vec<String>,
    },
}

impl Verdict {
    pub(crate) fn of(ranked: &Ranked<'_>) -> Self {
        let id = |model: &usize| ranked.models[*model].id.to_owned();
        match ranked.ranking.as_slice() {
            [] => Verdict::Nothing { any_chosen: ranked.models.iter().any(|model| !model.choice.counts().is_empty()) },
            [only] => Verdict::OneModel { model: id(only) },
            [leading, ..] if ranked.outcomes.plan.replicates == 1 => Verdict::OneReplicate { leading: id(leading) },
            [leading, next, ..] => {
                let (clear, unclear): (Vec<_>, Vec<_>) =
                    ranked.best_against.iter().partition(|(_, difference)| difference.is_clear());
                let ids = |of: Vec<&(usize, _)>| of.into_iter().map(|(model, _)| id(model)).collect();
                if unclear.is_empty() {
                    Verdict::Best { best: id(leading), nearest: id(next) }
                } else {
                    Verdict::NotDistinguishable { leading: id(leading), from: ids(unclear), better_than: ids(clear) }
                }
            }
        }
    }
}
