//! Every trial that ended, with its results.

use crate::ranked::Ranked;
use crate::summary::Summary;
use crate::tally::Tally;
use recur_core::metric::{Metric, Scores};
use recur_core::params::{ParamValue, Params};
use recur_core::record::{Outcome, TestRecord, TrialRecord};
use recur_core::search::Budget;
use recur_core::selection::TrialOutcome;
use recur_core::settings::{TrainingKey, TrainingLength, TrainingSettings};
use recur_core::trial::TrialId;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Trained to its end.
    Finished,
    /// The loss stopped being a number.
    Diverged,
    /// The model or the code under it failed.
    Failed,
    /// It finished, was chosen, and its model failed on the test rows.
    NotScored,
}

impl End {
    /// It in a word, as exports have it.
    pub fn word(self) -> &'static str {
        match self {
            End::Finished => "finished",
            End::Diverged => "diverged",
            End::Failed => "failed",
            End::NotScored => "not_scored",
        }
    }
}

/// A trial that ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrialResult {
    /// The id under which the store keeps it.
    pub trial: TrialId,
    /// An index into [`crate::Analysis::configurations`].
    pub configuration: usize,
    /// From 0.
    pub replicate: u32,
    /// How its training ended.
    pub outcome: End,
    /// Whether its configuration was chosen on its replicate.
    pub chosen: bool,
    /// The number of its parameters.
    pub parameters: u64,
    /// The epochs, or intervals of steps, that it was trained for.
    pub epochs: usize,
    /// The examples that it was trained on, in all its epochs.
    pub trained_examples: f64,
    /// The training loss of the epoch whose weights were kept.
    pub train_loss: Option<f64>,
    /// Validation results of the kept weights.
    pub validation: Option<Scores>,
    /// Test results of a chosen configuration.
    pub test: Option<Scores>,
    /// The rows that it was tested on.
    pub test_rows: Option<usize>,
}

/// A trial that did not finish, or could not be scored on test.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Unfinished {
    pub trial: TrialId,
    /// An index into [`crate::Analysis::configurations`].
    pub configuration: usize,
    /// From 0.
    pub replicate: u32,
    pub outcome: End,
    pub reason: String,
}

/// A configuration with its validation results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfigurationResult {
    /// The model's id.
    pub model: String,
    /// `model` or `model(hidden_size=64, layers=2)`.
    pub title: String,
    /// Every parameter, those with their default too.
    pub params: Params,
    /// The settings of training that the sweep varies, by their path in a spec.
    pub settings: Params,
    /// The settings of training that the sweep of any model varies, with the values that this configuration is trained with; none
    /// for a model that learns in one go.
    #[serde(skip_serializing_if = "Params::is_empty")]
    pub training: Params,
    /// What the sweep varies: names of parameters and paths of settings.
    pub swept: Vec<String>,
    /// The file of weights to start from.
    pub weights: Option<String>,
    /// On how many replicates it was chosen.
    pub times_chosen: u32,
    /// What it was trained for when it was eliminated; it is then neither ranked nor chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eliminated_after: Option<Budget>,
    /// How its trials ended.
    pub trials: Tally,
    /// Its trials that ended, in order of replicate.
    pub trial_ids: Vec<TrialId>,
    /// Validation results by metric.
    pub validation: BTreeMap<&'static str, Summary>,
}

impl ConfigurationResult {
    /// The value of a parameter, or of a setting that the sweep varies.
    pub fn value(&self, name: &str) -> Option<&ParamValue> {
        self.params.get(name).or_else(|| self.settings.get(name))
    }

    /// What the sweep varies, with its values.
    pub fn swept_values(&self) -> impl Iterator<Item = (&str, &ParamValue)> {
        self.swept.iter().filter_map(|name| Some((name.as_str(), self.value(name)?)))
    }

    /// The results on validation rows, one a replicate; `None` where the analysis has no such metric.
    pub fn validation(&self, metric: Metric) -> Option<&Summary> {
        self.validation.get(metric.name())
    }

    /// One entry for each configuration, in the order of the plan.
    pub(crate) fn all(ranked: &Ranked<'_>) -> Vec<Self> {
        let configurations = &ranked.outcomes.plan.configurations;
        let swept: BTreeSet<&str> =
            configurations.iter().flat_map(|own| own.settings.iter().map(|(path, _)| path)).collect();
        (0..configurations.len()).map(|index| Self::of(ranked, index, &swept)).collect()
    }

    fn of(ranked: &Ranked<'_>, index: usize, swept: &BTreeSet<&str>) -> Self {
        let configuration = &ranked.outcomes.plan.configurations[index];
        let replicates = || 0..ranked.outcomes.planned(index).replicates;
        let of_metric = |metric: Metric| {
            let value = |replicate| Some(ranked.outcome(index, replicate)?.record.validation()?.get(metric));
            (metric.name(), Summary::of(replicates().map(value).collect()))
        };
        Self {
            model: configuration.model.clone(),
            title: configuration.title(),
            params: configuration.params.clone(),
            settings: configuration.settings.clone(),
            training: training(ranked, index, swept),
            swept: configuration.swept.clone(),
            weights: configuration.weights.clone(),
            times_chosen: ranked.outcomes.selection.times_chosen(index),
            eliminated_after: ranked.outcomes.eliminated.get(index).copied().flatten(),
            trials: ranked.tally(index),
            trial_ids: ranked.outcomes_of(index).map(|outcome| outcome.trial.id.clone()).collect(),
            validation: Metric::shown_with(ranked.primary).map(of_metric).collect(),
        }
    }
}

/// See [`ConfigurationResult::training`]; `swept` are the paths of the settings.
fn training(ranked: &Ranked<'_>, index: usize, swept: &BTreeSet<&str>) -> Params {
    let configuration = &ranked.outcomes.plan.configurations[index];
    let trained = ranked.outcomes_of(index).find_map(|outcome| outcome.record.identity.training.as_ref());
    let unused = ranked.outcomes.unused.iter().find(|unused| unused.model == configuration.model);
    let is_used = |path: &str| {
        let key = path.strip_prefix("training.").and_then(TrainingKey::of);
        unused.is_none_or(|unused| unused.settings.iter().all(|(other, _)| Some(*other) != key))
    };
    let value = |path: &str| {
        let of_record = || trained.filter(|_| is_used(path))?.value(path);
        configuration.settings.get(path).cloned().or_else(of_record)
    };
    let found = swept.iter().filter_map(|path| Some((path, value(path)?)));
    found.fold(Params::default(), |all, (path, value)| all.with(path, value))
}

fn end(record: &TrialRecord) -> End {
    match record.outcome {
        Outcome::Finished { .. } => End::Finished,
        Outcome::Diverged { .. } => End::Diverged,
        Outcome::Failed { .. } => End::Failed,
    }
}

/// All outcomes, by configuration and then by replicate.
fn all<'a>(ranked: &Ranked<'a>) -> impl Iterator<Item = &'a TrialOutcome> {
    (0..ranked.outcomes.plan.configurations.len()).flat_map(|index| ranked.outcomes_of(index))
}

/// Every trial that ended, by configuration and then by replicate.
pub(crate) fn trials(ranked: &Ranked<'_>) -> Vec<TrialResult> {
    let tests: BTreeMap<&TrialId, &TestRecord> = ranked.outcomes.tests.iter().map(|test| (&test.id, test)).collect();
    let n_train = ranked.outcomes.sizes().train;
    let result = |outcome: &TrialOutcome| {
        let (trial, record) = (&outcome.trial, &outcome.record);
        let chosen = ranked.outcomes.selection.is_tested_trial(trial);
        // Another experiment of a comparison may have chosen the same trial.
        let test = tests.get(&trial.id).filter(|_| chosen);
        TrialResult {
            trial: trial.id.clone(),
            configuration: trial.configuration,
            replicate: trial.replicate,
            outcome: end(record),
            chosen,
            parameters: record.n_parameters,
            epochs: record.epochs.len(),
            trained_examples: trained_examples(record, n_train, None),
            train_loss: kept_train_loss(record),
            validation: record.validation(),
            test: test.map(|test| test.scores),
            test_rows: test.map(|test| test.predictions.len()),
        }
    };
    all(ranked).map(result).collect()
}

/// The examples that a trial was trained on, in its epochs or intervals of steps; in all of them for `None`.
pub(crate) fn trained_examples(record: &TrialRecord, n_train: usize, epochs: Option<u32>) -> f64 {
    let of_each = match &record.identity.training {
        Some(TrainingSettings { length: TrainingLength::Steps { evaluate_every, .. }, batch_size, .. }) => {
            f64::from(*evaluate_every) * *batch_size as f64
        }
        // A model that learns in one go sees all examples, whatever the spec says of training.
        _ => n_train as f64,
    };
    let n_epochs = epochs.map_or(record.epochs.len(), |epochs| record.epochs.len().min(epochs as usize));
    of_each * n_epochs as f64
}

fn kept_train_loss(record: &TrialRecord) -> Option<f64> {
    match record.outcome {
        Outcome::Finished { kept_epoch } => record.epochs.get(kept_epoch as usize).map(|epoch| epoch.train_loss),
        Outcome::Diverged { .. } | Outcome::Failed { .. } => None,
    }
}

/// The trials that did not finish, then those that could not be scored on test.
pub(crate) fn unfinished(ranked: &Ranked<'_>) -> Vec<Unfinished> {
    let entry = |outcome: &TrialOutcome, end, reason: &str| Unfinished {
        trial: outcome.trial.id.clone(),
        configuration: outcome.trial.configuration,
        replicate: outcome.trial.replicate,
        outcome: end,
        reason: reason.to_owned(),
    };
    let ended = all(ranked).filter_map(|outcome| match &outcome.record.outcome {
        Outcome::Finished { .. } => None,
        Outcome::Diverged { reason } | Outcome::Failed { reason } => Some(entry(outcome, end(&outcome.record), reason)),
    });
    let unscored = all(ranked).filter_map(|outcome| {
        let found = ranked.outcomes.unscored.iter().find(|unscored| unscored.trial == outcome.trial.id)?;
        Some(entry(outcome, End::NotScored, &found.reason))
    });
    ended.chain(unscored).collect()
}
