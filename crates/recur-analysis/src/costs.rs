//! What training and prediction took. Times differ from run to run, so they are no part of an analysis.

use crate::analysis::Analysis;
use crate::model::Model;
use crate::summary::Summary;
use crate::trials::{End, TrialResult};
use recur_core::trial::TrialId;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a trial took, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Seconds that the process which finished it spent on it.
    pub seconds: f64,
    /// Whether it went on from a checkpoint, so that another process has spent time on it, too.
    pub resumed: bool,
    /// Seconds that the trained model took to predict all test rows, where that is known.
    pub prediction_seconds: Option<f64>,
    /// The machine, and how many trials ran at once on it.
    pub machine: String,
}

/// What the trials of an experiment took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Costs {
    /// The machines, sorted.
    pub machines: BTreeSet<String>,
    /// One entry a model with a chosen configuration, in the order of the spec: what its tested trials took.
    pub models: Vec<ModelCosts>,
    /// Every trial that ended and whose cost is known, by configuration and then by replicate.
    pub trials: Vec<TrialCost>,
}

/// What one trial took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrialCost {
    /// The id under which the store keeps it.
    pub trial: TrialId,
    /// An index into [`Analysis::configurations`].
    pub configuration: usize,
    /// From 0.
    pub replicate: u32,
    /// How its training ended.
    pub outcome: End,
    /// The number of its parameters.
    pub parameters: u64,
    /// The epochs, or intervals of steps, that it was trained for.
    pub epochs: usize,
    /// Seconds that the process which finished it spent on it.
    pub seconds: f64,
    /// Whether it went on from a checkpoint, so that another process has spent time on it, too.
    pub resumed: bool,
    /// The machine, and how many trials ran at once on it.
    pub machine: String,
}

/// What the tested trials of one model took, as means over trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelCosts {
    /// The model's id.
    pub model: String,
    /// Trials whose time is known and that ran without interruption.
    pub timed: usize,
    /// Seconds a trial.
    pub seconds: Summary,
    /// Epochs, or intervals of steps.
    pub epochs: Summary,
    /// Training examples a second.
    pub examples_per_second: Summary,
    /// The time to predict all test rows, divided by their number.
    pub microseconds_per_prediction: Summary,
}

impl Costs {
    /// Of the trials of `analysis`; those without a known cost are left out.
    pub fn of(analysis: &Analysis, costs: &BTreeMap<TrialId, Cost>) -> Self {
        let machines = costs.values().map(|cost| cost.machine.clone()).collect();
        let tested = analysis.models.iter().filter(|model| !model.trial_ids.is_empty());
        let models = tested.map(|model| ModelCosts::of(analysis, model, costs)).collect();
        let trials = analysis.trials.iter().filter_map(|trial| Some(TrialCost::of(trial, costs.get(&trial.trial)?)));
        Self { machines, models, trials: trials.collect() }
    }
}

impl TrialCost {
    fn of(trial: &TrialResult, cost: &Cost) -> Self {
        Self {
            trial: trial.trial.clone(),
            configuration: trial.configuration,
            replicate: trial.replicate,
            outcome: trial.outcome,
            parameters: trial.parameters,
            epochs: trial.epochs,
            seconds: cost.seconds,
            resumed: cost.resumed,
            machine: cost.machine.clone(),
        }
    }
}

impl ModelCosts {
    fn of(analysis: &Analysis, model: &Model, costs: &BTreeMap<TrialId, Cost>) -> Self {
        let trials: Vec<_> = analysis.trials.iter().filter(|trial| model.trial_ids.contains(&trial.trial)).collect();
        let is_whole = |cost: &&Cost| !cost.resumed && cost.seconds > 0.0;
        let timed: Vec<_> = trials
            .iter()
            .filter_map(|trial| Some((costs.get(&trial.trial).filter(is_whole)?.seconds, trial)))
            .collect();
        let summary = |values: Vec<f64>| Summary::of(values.into_iter().map(Some).collect());
        let of_prediction = trials.iter().filter(|_| model.is_ranked()).filter_map(|trial| {
            let rows = trial.test_rows.filter(|rows| *rows > 0)?;
            Some(1e6 * costs.get(&trial.trial)?.prediction_seconds? / rows as f64)
        });
        Self {
            model: model.model.clone(),
            timed: timed.len(),
            seconds: summary(timed.iter().map(|(seconds, _)| *seconds).collect()),
            epochs: summary(timed.iter().map(|(_, trial)| trial.epochs as f64).collect()),
            examples_per_second: summary(timed.iter().map(|(s, trial)| trial.trained_examples / s).collect()),
            microseconds_per_prediction: summary(of_prediction.collect()),
        }
    }
}
