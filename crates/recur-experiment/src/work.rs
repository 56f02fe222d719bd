//! What trials cost: how many multiplications, and what else their time depends on. Only the ratio of two costs means something.

use crate::Experiment;
use crate::time_left::{TrialWork, WorkKind};
use recur_core::model::{Cost, Kernels, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::settings::{TrainingLength, TrainingSettings};
use recur_core::trial::Trial;
use recur_core::workers::alone;

/// Texts whose lengths are looked at.
const LOOKED_AT: usize = 1_000;

/// The passes through a model that it takes to learn from a text: forward, and twice as much backward.
const PASSES: u64 = 3;

/// What a step costs for each parameter besides the passes: the optimizer reads and writes it several times.
const STEP: u64 = 8;

/// The parameter by which a plugin says how often its solver goes over all rows and parameters at most.
const ITERATIONS: &str = "max_iterations";

/// The products of all rows with all parameters in an iteration of a solver: `linfa_logistic` makes at least five, for the loss and its
/// gradient, and for the search along a line.
const PRODUCTS: u64 = 5;

/// Multiplications with an addition of a batch from which on two threads share it.
const SHARED: u64 = 32_000_000;

/// Counts what the trials of an experiment cost.
pub(crate) struct Costs<'a> {
    experiment: &'a Experiment,
    /// The mean length of a text.
    characters: u64,
    /// Rows of the first replicate to learn from and to validate with: those of the others hardly differ.
    rows: [u64; 2],
}

/// What a training is, as far as its cost goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Training<'a> {
    pub(crate) params: &'a Params,
    /// `None` for a model that learns in one go.
    pub(crate) settings: Option<&'a TrainingSettings>,
}

/// What it costs to train a model from its start to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrainingCost {
    pub(crate) kind: WorkKind,
    /// Multiplications with an addition.
    pub(crate) multiply_adds: u64,
}

impl<'a> Costs<'a> {
    pub(crate) fn new(experiment: &'a Experiment) -> Self {
        let rows = experiment
            .replicates()
            .first()
            .map_or([0, 0], |replicate| [replicate.split.train.len() as u64, replicate.split.validation.len() as u64]);
        Self { experiment, characters: mean_characters(experiment), rows }
    }

    /// The cost of `trial` from its start to its end, as the list of an experiment's trials has it: there, all are of networks.
    pub(crate) fn of_listed(&self, trial: &Trial) -> Option<u64> {
        self.of_trial(trial).filter(|cost| cost.kind == WorkKind::Network).map(|cost| cost.multiply_adds)
    }

    /// The cost of `trial` from its start to its end; `None` where its model does not say what it costs.
    fn of_trial(&self, trial: &Trial) -> Option<TrainingCost> {
        let plugin = self.experiment.registry().get(&trial.identity.model).ok()?;
        self.of(plugin, Training::of(trial))
    }

    /// The cost of training a model of `plugin`. Of a model that learns in one go it is known only where a parameter says how
    /// many iterations its solver makes.
    pub(crate) fn of(&self, plugin: &dyn ModelPlugin, training: Training<'_>) -> Option<TrainingCost> {
        let cost = self.of_text(plugin, training.params)?;
        let (kind, multiply_adds) = match training.settings {
            Some(settings) => (WorkKind::Network, self.of_network(cost, settings, training.epochs())),
            None => (WorkKind::Solver, self.of_solver(cost, training.params)?),
        };
        Some(TrainingCost { kind, multiply_adds })
    }

    /// Multiplications of a solver that goes over all rows and parameters again and again.
    fn of_solver(&self, cost: Cost, params: &Params) -> Option<u64> {
        let Some(ParamValue::Integer(iterations)) = params.get(ITERATIONS) else { return None };
        let iterations = u64::try_from(*iterations).ok()?;
        let of_product = cost.parameters.saturating_mul(self.rows[0]);
        Some(of_product.saturating_mul(PRODUCTS).saturating_mul(iterations))
    }

    /// Multiplications of a network in so many epochs.
    fn of_network(&self, cost: Cost, settings: &TrainingSettings, epochs: u32) -> u64 {
        let Cost { parameters, multiply_adds, .. } = cost;
        let [rows, validation] = self.rows;
        let batch = u64::from(settings.batch_size).max(1);
        let (rows, steps) = match settings.length {
            TrainingLength::Epochs(_) => (rows, rows.div_ceil(batch)),
            TrainingLength::Steps { evaluate_every, .. } => {
                (batch.saturating_mul(evaluate_every.into()), evaluate_every.into())
            }
        };
        let passes = PASSES.saturating_mul(rows).saturating_add(validation).saturating_mul(multiply_adds);
        let of_epoch = passes.saturating_add(STEP.saturating_mul(parameters).saturating_mul(steps));
        of_epoch.saturating_mul(epochs.into())
    }

    /// All that the time of a trial depends on.
    pub(crate) fn work(&self, trial: &Trial) -> TrialWork {
        let (training, cost) = (Training::of(trial), self.of_trial(trial));
        let plugin = self.experiment.registry().get(&trial.identity.model).ok();
        let resources = plugin.map(|plugin| plugin.needs().resources).unwrap_or_default();
        TrialWork {
            id: trial.id.clone(),
            model: trial.identity.model.clone(),
            configuration: format!("{} {}", trial.identity.model, training.configuration()),
            training: trial.identity.full_training().to_string(),
            cost: cost.map(|cost| cost.multiply_adds),
            kind: cost.map(|cost| cost.kind).unwrap_or_default(),
            epochs: training.epochs(),
            full_epochs: training.settings.map_or(1, TrainingSettings::n_epochs),
            threads: if resources.exclusive { usize::MAX } else { resources.threads as usize },
            at_once: resources.max_processes.map_or(usize::MAX, |most| most as usize),
            shares_work: plugin.is_some_and(|plugin| self.is_shared(plugin, training)),
        }
    }

    fn is_shared(&self, plugin: &dyn ModelPlugin, training: Training<'_>) -> bool {
        let batch = training.settings.map_or(0, |settings| u64::from(settings.batch_size));
        let cost = self.of_text(plugin, training.params).filter(|_| batch > 0);
        cost.is_some_and(|cost| cost.multiply_adds.saturating_mul(batch) >= SHARED)
    }

    /// What a model costs to predict a text of mean length.
    fn of_text(&self, plugin: &dyn ModelPlugin, params: &Params) -> Option<Cost> {
        let dataset = &self.experiment.data().dataset;
        let (class_weights, workers) = (vec![1.0; dataset.label_names().len()], alone());
        let setup = Setup {
            params,
            training: None,
            n_tokens: dataset.alphabet().n_tokens(),
            n_classes: dataset.label_names().len(),
            data: None,
            class_weights: &class_weights,
            streams: &StreamPath::root(0),
            workers: &workers,
            kernels: Kernels::widest(),
        };
        let read = plugin.reads_at_most(&setup).map_or(u64::MAX, |most| most as u64);
        plugin.cost(&setup, self.characters.min(read).max(1))
    }
}

impl<'a> Training<'a> {
    pub(crate) fn of(trial: &'a Trial) -> Self {
        Self { params: &trial.identity.params, settings: trial.identity.training.as_ref() }
    }

    /// What a trial has in common with others that take as long for an epoch.
    pub(crate) fn configuration(self) -> String {
        format!("{:?} {:?}", self.params, self.settings.map(|settings| settings.batch_size))
    }

    /// Epochs that are trained at most; 1 of a model that learns in one go.
    pub(crate) fn epochs(self) -> u32 {
        let most = |settings: &TrainingSettings| settings.stop_after.unwrap_or(u32::MAX).min(settings.n_epochs());
        self.settings.map_or(1, most)
    }
}

/// The mean length of texts, at least 1; of many texts some are looked at, evenly spread.
fn mean_characters(experiment: &Experiment) -> u64 {
    let dataset = &experiment.data().dataset;
    let step = dataset.len().div_ceil(LOOKED_AT).max(1);
    let lengths = (0..dataset.len() as u32).step_by(step).map(|row| dataset.sequences().get(row).len() as u64);
    let (n, sum) = lengths.fold((0_u64, 0_u64), |(n, sum), length| (n + 1, sum + length));
    (sum / n.max(1)).max(1)
}
