//! What training and prediction took. Times differ from run to run, so they are no part of an analysis.

use crate::analysis::Analysis;
use crate::model::Model;
use crate::summary::Summary;
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

/// What the trials of the chosen configurations took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Costs {
    /// The machines, sorted.
    pub machines: BTreeSet<String>,
    /// One entry a model with a chosen configuration, in the order of the spec.
    pub models: Vec<ModelCosts>,
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
    /// Of the tested trials of `analysis`; trials without a known cost are left out.
    pub fn of(analysis: &Analysis, costs: &BTreeMap<TrialId, Cost>) -> Self {
        let machines = costs.values().map(|cost| cost.machine.clone()).collect();
        let tested = analysis.models.iter().filter(|model| !model.trial_ids.is_empty());
        let models = tested.map(|model| ModelCosts::of(analysis, model, costs)).collect();
        Self { machines, models }
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
