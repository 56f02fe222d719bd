//! The network that the page of a report runs on texts which its reader types: that of the trial which `recur predict` takes.

use crate::error::ExperimentError;
use crate::experiment::Experiment;
use crate::scoring::StoreOf;
use crate::weights_of::best_trial;
use recur_core::plan::Plan;
use recur_core::recurrent::RECURRENT_MODELS;
use recur_core::selection::TrialOutcome;
use recur_core::settings::ToTry;
use recur_core::trial::Trial;
use recur_report::{NotTried, Passed, Tried, TryNetwork, TryText};

impl Experiment {
    /// The network that the report's page runs on texts which its reader types, with its weights: for
    /// [`recur_report::write_to_try`].
    ///
    /// # Errors
    /// If the weights cannot be read.
    pub fn try_text(&self, outcomes: &[TrialOutcome], stores: &impl StoreOf) -> Result<TryText, ExperimentError> {
        try_text(self.plan(), outcomes, stores)
    }
}

/// The network that `report.try` names; where it names none, that of the model which is best on validation, among those that fit
/// into a page.
///
/// # Errors
/// If the weights cannot be read.
pub(crate) fn try_text(
    plan: &Plan,
    outcomes: &[TrialOutcome],
    stores: &impl StoreOf,
) -> Result<TryText, ExperimentError> {
    let mut models: Vec<&str> = match &plan.report.to_try {
        ToTry::Nothing => return Ok(TryText::default()),
        ToTry::Model(model) => vec![model],
        ToTry::Best => {
            let runs = |plugin: &str| RECURRENT_MODELS.contains(&plugin);
            plan.models()
                .into_iter()
                .filter(|model| plan.configurations.iter().any(|c| c.model == *model && runs(&c.plugin)))
                .collect()
        }
    };
    let mut passed: Vec<Passed> = Vec::new();
    while let Some((model, trial)) = best_of(plan, outcomes, &models) {
        match TryNetwork::of(&stores.store_of(&trial.id).read_weights(&trial.id)?) {
            Ok(network) => {
                let tried = Tried { model: model.to_owned(), trial: trial.id.clone(), network };
                return Ok(TryText { tried: Some(tried), passed });
            }
            Err(reason) => passed.push(Passed { model: model.to_owned(), reason }),
        }
        models.retain(|other| *other != model);
    }
    if let (ToTry::Model(model), []) = (&plan.report.to_try, passed.as_slice()) {
        passed.push(Passed { model: model.clone(), reason: NotTried::NothingFinished });
    }
    Ok(TryText { tried: None, passed })
}

/// Of `models`, the one that is best on validation, and its trial; `None` if none finished.
fn best_of<'a>(plan: &'a Plan, outcomes: &'a [TrialOutcome], models: &[&str]) -> Option<(&'a str, &'a Trial)> {
    let model_of = |outcome: &TrialOutcome| plan.configurations[outcome.trial.configuration].model.as_str();
    let own: Vec<TrialOutcome> = outcomes.iter().filter(|o| models.contains(&model_of(o))).cloned().collect();
    // Two models may share a trial, so its id says not whose it is.
    let Trial { configuration, replicate, .. } = *best_trial(plan, &own, None)?.0;
    let is_best =
        |outcome: &&TrialOutcome| (outcome.trial.configuration, outcome.trial.replicate) == (configuration, replicate);
    let found = outcomes.iter().find(is_best)?;
    Some((model_of(found), &found.trial))
}
