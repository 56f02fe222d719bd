//! What a race, halving or a search tried: its stages, and how the best result so far grew.

use crate::ranked::Ranked;
use crate::trials::trained_examples;
use recur_core::params::ParamValue;
use recur_core::plan::{Configuration, WithoutEffect};
use recur_core::search::{Budget, SearchMethod};
use recur_stats::mean;
use serde::Serialize;

/// The race, the halving or the search of one model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModelStages {
    /// What reports call the model.
    pub model: String,
    /// How its configurations were proposed; `None` where they were listed.
    pub method: Option<SearchMethod>,
    /// Whether the search ended early, as its space has no other point.
    pub is_exhausted: bool,
    /// The stages, the first one first.
    pub stages: Vec<Stage>,
}

/// A stage of halving or of a race; a search is the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// How long its configurations are trained.
    #[serde(flatten)]
    pub budget: Budget,
    /// How many configurations are in it.
    pub n_entered: usize,
    /// How many of them went on, or were left at the end; `None` while it runs.
    pub n_went_on: Option<usize>,
}

/// How the search of one model went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Search {
    /// What reports call the model.
    pub model: String,
    /// How long each proposal was trained for the search.
    #[serde(flatten)]
    pub budget: Budget,
    /// The proposals, in order.
    pub proposals: Vec<Proposal>,
}

/// A proposal of a search.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// An index into [`crate::Analysis::configurations`].
    pub configuration: usize,
    /// The mean of the primary metric on validation over the replicates of the search, after its epochs; `None` where one
    /// diverged.
    pub value: Option<f64>,
    /// The best value so far, this one included.
    pub best: Option<f64>,
    /// The examples that all proposals so far were trained on in the search, in all epochs.
    pub examples: f64,
}

impl Ranked<'_> {
    /// What every configuration of `model` was trained for: all replicates to the end, unless some were eliminated before.
    pub(crate) fn shared_budget(&self, model: &str) -> Budget {
        let planned = || self.configurations_of(model).map(|(index, _)| self.outcomes.planned(index));
        let replicates = planned().map(|budget| budget.replicates).min();
        Budget {
            replicates: replicates.unwrap_or(self.outcomes.plan.replicates),
            epochs: planned().filter_map(|budget| budget.epochs).min(),
        }
    }

    /// Whether a search proposed the configurations of `model`.
    pub(crate) fn is_searched(&self, model: &str) -> bool {
        self.outcomes.stages.iter().any(|stages| stages.model == model && stages.method.is_some())
    }

    /// The value of `name` that `configuration` has; `None` where it does not have it, or where the value has no effect.
    pub(crate) fn value_with_effect<'c>(&self, configuration: &'c Configuration, name: &str) -> Option<&'c ParamValue> {
        let is_idle = self.idle(configuration).any(|idle| idle.parameter == name);
        configuration.value(name).filter(|_| !is_idle)
    }

    /// The parameters that have no effect in `configuration`.
    pub(crate) fn idle(&self, configuration: &Configuration) -> impl Iterator<Item = &WithoutEffect> {
        let is_low = |without: &WithoutEffect| match configuration.params.get(&without.needs) {
            Some(ParamValue::Integer(n)) => *n < without.at_least,
            _ => false,
        };
        let all = self.outcomes.plan.without_effect.iter();
        all.filter(move |without| without.model == configuration.model && is_low(without))
    }

    /// Whether the configurations of `model` are all combinations of the values of what is swept.
    pub(crate) fn is_grid(&self, model: &str) -> bool {
        if self.is_searched(model) {
            return false;
        }
        let all: Vec<_> = self.configurations_of(model).map(|(_, configuration)| configuration).collect();
        let Some(first) = all.first() else { return true };
        let mut n_combinations = 1_usize;
        for name in &first.swept {
            let mut values = Vec::new();
            for configuration in &all {
                let Some(value) = configuration.value(name) else { return false };
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            n_combinations = n_combinations.saturating_mul(values.len());
        }
        n_combinations == all.len()
    }
}

impl Search {
    /// The searches, in the order of the spec.
    pub(crate) fn all(ranked: &Ranked<'_>) -> Vec<Self> {
        let searched = ranked.outcomes.stages.iter().filter(|stages| stages.method.is_some());
        searched.filter_map(|stages| Self::of(ranked, stages)).collect()
    }

    fn of(ranked: &Ranked<'_>, stages: &ModelStages) -> Option<Self> {
        let budget = stages.stages.first()?.budget;
        let n_train = ranked.outcomes.sizes().train;
        let (mut best, mut examples) = (None, 0.0);
        let mut proposals = Vec::new();
        for (index, _) in ranked.configurations_of(&stages.model) {
            let outcomes: Vec<_> =
                (0..budget.replicates).filter_map(|replicate| ranked.outcome(index, replicate)).collect();
            examples +=
                outcomes.iter().map(|outcome| trained_examples(&outcome.record, n_train, budget.epochs)).sum::<f64>();
            let scores = outcomes
                .iter()
                .map(|outcome| Some(outcome.record.validation_after(budget.epochs)?.get(ranked.primary)));
            let value = scores.collect::<Option<Vec<f64>>>().and_then(|scores| mean(&scores));
            best = match (best, value.filter(|value| !value.is_nan())) {
                (Some(best), Some(value)) if ranked.primary.better(value, best) => Some(value),
                (None, value) => value,
                (best, _) => best,
            };
            proposals.push(Proposal { configuration: index, value, best, examples });
        }
        Some(Self { model: stages.model.clone(), budget, proposals })
    }
}
