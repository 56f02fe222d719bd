//! An experiment or a trial that is compared.

use super::error::ComparisonError;
use crate::Experiment;
use crate::scoring::Scored;
use recur_analysis::ComparedExperiment;
use recur_core::digest::Digest;
use recur_core::plan::Plan;
use recur_core::selection::TrialOutcome;
use recur_core::trial::TrialId;
use std::collections::BTreeSet;

/// An experiment or a trial, with its results.
#[derive(Debug)]
pub(super) struct ComparedInput {
    /// What it is called in labels and messages.
    pub(super) name: String,
    pub(super) experiment: Experiment,
    pub(super) outcomes: Vec<TrialOutcome>,
    pub(super) scored: Scored,
    /// Where it is a trial.
    pub(super) only: Option<OneTrial>,
}

/// One trial: an experiment of one configuration and one replicate.
#[derive(Debug)]
pub(super) struct OneTrial {
    /// With one replicate.
    pub(super) plan: Plan,
    /// The one that it was trained as.
    pub(super) replicate: u32,
}

impl ComparedInput {
    /// It as a part of a comparison. Models of experiments are called `experiment/model`, a trial as it is itself.
    /// `with_divisions` where the parts have different data sets; `only` these models where any are named.
    pub(super) fn part(
        &self,
        with_divisions: bool,
        only: &[String],
    ) -> Result<ComparedExperiment<'_>, ComparisonError> {
        let label =
            |model: &str| if self.only.is_some() { self.name.clone() } else { format!("{}/{model}", self.name) };
        let has = self.experiment.plan().models();
        let models: Vec<&str> =
            has.iter().copied().filter(|m| only.is_empty() || only.iter().any(|o| o == m)).collect();
        if models.is_empty() {
            let models = has.into_iter().map(str::to_owned).collect();
            return Err(ComparisonError::NoneOfTheModels { name: self.name.clone(), asked: only.to_vec(), models });
        }
        let mut outcomes = self.experiment.outcomes(&self.outcomes, &self.scored);
        let mut replicates = 0..outcomes.plan.replicates;
        if let Some(OneTrial { plan, replicate }) = &self.only {
            replicates = *replicate..replicate + 1;
            outcomes.plan = plan;
            outcomes.splits = outcomes.splits.get(*replicate as usize..=*replicate as usize).unwrap_or_default();
        }
        Ok(ComparedExperiment {
            name: &self.name,
            outcomes,
            labels: models.into_iter().map(|model| (model.to_owned(), label(model))).collect(),
            divisions: if with_divisions { self.experiment.divisions(replicates)? } else { Vec::new() },
        })
    }

    /// The digest of its data set.
    pub(super) fn dataset(&self) -> &Digest {
        &self.experiment.data().facts.dataset
    }

    pub(super) fn trials(&self) -> BTreeSet<&TrialId> {
        self.outcomes.iter().map(|outcome| &outcome.trial.id).collect()
    }
}
