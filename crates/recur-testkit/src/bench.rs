//! Builds, trains and asks the models of one plugin.

use crate::data::data;
use crate::examples::{self, Examples, N_CLASSES, N_TOKENS};
use recur_core::model::{Cancel, Cost, Kernels, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamKind, ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::settings::{TrainingLength, TrainingSettings};
use recur_core::workers::{Workers, alone};
use std::sync::Arc;

/// The seed of all training that is not about seeds.
pub const SEED: u64 = 20_261_123;

/// How iterative models are trained unless the caller says otherwise: 30 epochs of batches of 8 with Adam, clipped at 5.
pub fn training() -> TrainingSettings {
    TrainingSettings {
        length: TrainingLength::Epochs(30),
        batch_size: 8,
        clip_norm: Some(5.0),
        ..TrainingSettings::default()
    }
}

/// A plugin with its parameters, and all else that its models are built from.
#[derive(Clone)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Bench {
    pub plugin: &'static dyn ModelPlugin,
    pub params: Params,
    /// How its models are trained.
    pub training: TrainingSettings,
    /// The weight of each label in the loss.
    pub class_weights: [f32; N_CLASSES],
    /// The threads that its models may ask for help.
    pub workers: Arc<dyn Workers>,
    /// The vector operations, on the instruction set that its models use.
    pub kernels: Kernels,
}

/// A trained model and its loss after each epoch.
pub struct Trained {
    /// The model after the last epoch.
    pub model: Box<dyn Model>,
    /// Mean training loss of each epoch, in nats.
    pub losses: Vec<f64>,
}

impl Bench {
    /// A bench for `plugin`, on one thread, with labels of equal weight.
    pub fn new(plugin: &'static dyn ModelPlugin, params: Params, training: TrainingSettings) -> Self {
        Self { plugin, params, training, class_weights: [1.0; N_CLASSES], workers: alone(), kernels: Kernels::widest() }
    }

    /// The same with another training.
    #[must_use]
    pub fn trained_as(&self, training: TrainingSettings) -> Self {
        Self { training, ..self.clone() }
    }

    /// The same with training for this many epochs, where it is trained in epochs.
    #[must_use]
    pub fn for_epochs(&self, epochs: u32) -> Self {
        self.trained_as(TrainingSettings { length: TrainingLength::Epochs(epochs), ..self.training.clone() })
    }

    /// The same with another value of a parameter.
    #[must_use]
    pub fn with_param(&self, name: &str, value: ParamValue) -> Self {
        Self { params: self.params.clone().with(name, value), ..self.clone() }
    }

    /// The same with other weights of the labels.
    #[must_use]
    pub fn with_class_weights(&self, class_weights: [f32; N_CLASSES]) -> Self {
        Self { class_weights, ..self.clone() }
    }

    /// The same with threads to ask for help.
    #[must_use]
    pub fn with_workers(&self, workers: Arc<dyn Workers>) -> Self {
        Self { workers, ..self.clone() }
    }

    /// The same on another instruction set.
    #[must_use]
    pub fn on(&self, kernels: Kernels) -> Self {
        Self { kernels, ..self.clone() }
    }

    /// Whether the model learns in one go.
    pub fn is_one_shot(&self) -> bool {
        self.plugin.about().regime == Regime::OneShot
    }

    /// The least and the greatest learning rate that the plugin takes; None where it declares no such number.
    pub fn learning_rates(&self) -> Option<(f64, f64)> {
        let spec = self.plugin.about().parameters.iter().find(|spec| spec.name == "learning_rate")?;
        match spec.kind {
            ParamKind::Real { min, max, above_min } => Some((if above_min { min + 1e-12 } else { min }, max)),
            _ => None,
        }
    }

    /// How many times [`Bench::epoch`] is called in a whole training.
    pub fn n_epochs(&self) -> u32 {
        match self.training.length {
            _ if self.is_one_shot() => 1,
            TrainingLength::Epochs(epochs) => epochs,
            TrainingLength::Steps { steps, evaluate_every } => steps.div_ceil(evaluate_every),
        }
    }

    /// An untrained model whose random numbers come from `seed`.
    ///
    /// # Errors
    /// If the plugin refuses.
    pub fn build(&self, seed: u64) -> Result<Box<dyn Model>, ModelError> {
        self.plugin.build(&self.setup(&streams(seed)))
    }

    /// A model that will only predict: it gets no training settings, and weights of 1 for all labels.
    ///
    /// # Errors
    /// If the plugin refuses.
    pub fn build_to_predict(&self) -> Result<Box<dyn Model>, ModelError> {
        let streams = streams(SEED);
        self.plugin.build(&Setup { training: None, class_weights: &[1.0; N_CLASSES], ..self.setup(&streams) })
    }

    /// What the plugin says that a model costs, for texts of `characters` characters.
    pub fn cost(&self, characters: u64) -> Option<Cost> {
        self.plugin.cost(&self.setup(&streams(SEED)), characters)
    }

    fn setup<'a>(&'a self, streams: &'a StreamPath) -> Setup<'a> {
        Setup {
            params: &self.params,
            training: (!self.is_one_shot()).then_some(&self.training),
            n_tokens: N_TOKENS,
            n_classes: N_CLASSES,
            data: Some(data(N_TOKENS, N_CLASSES)),
            class_weights: &self.class_weights,
            streams,
            workers: &self.workers,
            kernels: self.kernels,
        }
    }

    /// Builds a model and trains it to the end on `examples`.
    ///
    /// # Errors
    /// What the model says.
    pub fn train(&self, seed: u64, examples: &Examples) -> Result<Trained, ModelError> {
        let mut model = self.build(seed)?;
        let cancel = Cancel::new();
        let epoch = |index| self.epoch(model.as_mut(), seed, index, examples, &cancel);
        let losses = (0..self.n_epochs()).map(epoch).collect::<Result<_, _>>()?;
        Ok(Trained { model, losses })
    }

    /// A model trained on the learnable texts.
    ///
    /// # Errors
    /// What the model says.
    pub fn trained(&self) -> Result<Box<dyn Model>, ModelError> {
        Ok(self.train(SEED, &examples::learnable())?.model)
    }
}

/// The streams of replicate 0, as a sweep hands them out.
pub(crate) fn streams(seed: u64) -> StreamPath {
    StreamPath::root(seed).child("replicate/0")
}

/// The log-probabilities of `rows` of `examples`, (rows, C). What the model leaves unwritten is NaN.
///
/// # Errors
/// What the model says.
pub fn predict(model: &mut dyn Model, examples: &Examples, rows: &[u32]) -> Result<Vec<f32>, ModelError> {
    let mut out = vec![f32::NAN; rows.len() * N_CLASSES];
    model.log_probabilities(&examples.sequences, rows, &mut out)?;
    Ok(out)
}
