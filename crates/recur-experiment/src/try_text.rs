//! The network that the page of a report runs on texts which its reader types: that of the trial which `recur predict` takes.

use crate::scoring::StoreOf;
use crate::weights_of::best_trial;
use recur_core::plan::Plan;
use recur_core::recurrent::RECURRENT_MODELS;
use recur_core::selection::TrialOutcome;
use recur_core::settings::ToTry;
use recur_core::trial::Trial;
use recur_report::{NotTried, Passed, Tried, TryNetwork, TryText};

/// The network that `report.try` names; where it names none, that of the model which is best on validation, among those that fit into a page.
/// Weights that cannot be read are no error: the page is without a box then, and says so.
pub(crate) fn try_text(plan: &Plan, outcomes: &[TrialOutcome], stores: &impl StoreOf) -> TryText {
    let mut models: Vec<&str> = match &plan.report.to_try {
        ToTry::Nothing => return TryText::default(),
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
        let reason = match network(trial, stores) {
            Ok(network) => {
                let tried = Tried { model: model.to_owned(), trial: trial.id.clone(), network };
                return TryText { tried: Some(tried), passed };
            }
            Err(reason) => reason,
        };
        // With a store that lacks something another model would hide it.
        let is_last = matches!(reason, NotTried::NoWeights { .. });
        passed.push(Passed { model: model.to_owned(), reason });
        models.retain(|other| *other != model);
        if is_last {
            break;
        }
    }
    if let (ToTry::Model(model), []) = (&plan.report.to_try, passed.as_slice()) {
        passed.push(Passed { model: model.clone(), reason: NotTried::NothingFinished });
    }
    TryText { tried: None, passed }
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

fn network(trial: &Trial, stores: &impl StoreOf) -> Result<TryNetwork, NotTried> {
    let file = stores.store_of(&trial.id).read_weights(&trial.id).map_err(|error| {
        let id = trial.id.short();
        tracing::warn!("no text can be tried in the report's page: the weights of trial {id} cannot be read: {error}");
        NotTried::NoWeights { trial: trial.id.clone() }
    })?;
    TryNetwork::of(&file)
}
