//! Builds, trains and asks the models of one plugin.

use crate::data::data;
use crate::examples::{self, Examples, N_CLASSES, N_TOKENS};
use crate::pool::Pool;
use recur_core::model::{Cancel, Cost, Kernels, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamKind, ParamValue, Params};
use recur_core::random::StreamPath;
use recur_core::settings::{TrainingKey, TrainingLength, TrainingSettings};
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
    /// How many characters there are.
    pub n_tokens: usize,
    /// The weight of each label in the loss; as many as there are labels.
    pub class_weights: Vec<f32>,
    /// The threads that its models may ask for help.
    pub workers: Arc<dyn Workers>,
    /// The vector operations, on the instruction set that its models use.
    pub kernels: Kernels,
    /// How long it is trained, where that is not the length in its models' settings.
    epochs: Option<u32>,
    /// Its models, where they are slow to build.
    pool: Option<Arc<Pool>>,
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
        let (class_weights, workers, kernels) = (vec![1.0; N_CLASSES], alone(), Kernels::widest());
        let pool = plugin.build_is_costly().then(Arc::default);
        Self { plugin, params, training, n_tokens: N_TOKENS, class_weights, workers, kernels, epochs: None, pool }
    }

    /// The same with another training.
    #[must_use]
    pub fn trained_as(&self, training: TrainingSettings) -> Self {
        Self { training, epochs: None, ..self.clone() }
    }

    /// The same with training for this many epochs, where it is trained in epochs. A model that is slow to build is built as before,
    /// so that it can be used again: its training ends early, or late.
    #[must_use]
    pub fn for_epochs(&self, epochs: u32) -> Self {
        if self.pool.is_some() {
            return Self { epochs: Some(epochs), ..self.clone() };
        }
        self.trained_as(TrainingSettings { length: TrainingLength::Epochs(epochs), ..self.training.clone() })
    }

    /// The same with every parameter at its default.
    #[must_use]
    pub fn with_defaults(&self) -> Self {
        Self { params: Params::defaults(self.plugin.about().parameters), ..self.clone() }
    }

    /// The same with another value of a parameter.
    #[must_use]
    pub fn with_param(&self, name: &str, value: ParamValue) -> Self {
        Self { params: self.params.clone().with(name, value), ..self.clone() }
    }

    /// The same with other weights of the labels.
    #[must_use]
    pub fn with_class_weights(&self, class_weights: [f32; N_CLASSES]) -> Self {
        Self { class_weights: class_weights.to_vec(), ..self.clone() }
    }

    /// The same for an alphabet of `n_tokens` characters, and `n_classes` labels of equal weight.
    #[must_use]
    pub fn with_sizes(&self, n_tokens: usize, n_classes: usize) -> Self {
        Self { n_tokens, class_weights: vec![1.0; n_classes], ..self.clone() }
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

    /// Whether the model uses the setting `key`, as its plugin declares.
    pub fn heeds(&self, key: TrainingKey) -> bool {
        !self.plugin.about().ignored().contains(&key)
    }

    /// Whether to build a model is slow, as its plugin says: it starts a process.
    pub fn build_is_costly(&self) -> bool {
        self.pool.is_some()
    }

    /// Whether the plugin declares a parameter `name` that is a number from `value` or less to `value` or more.
    pub fn takes(&self, name: &str, value: f64) -> bool {
        let spec = self.plugin.about().parameters.iter().find(|spec| spec.name == name);
        spec.is_some_and(|spec| {
            matches!(spec.kind, ParamKind::Real { .. }) && spec.check(&ParamValue::Real(value)).is_ok()
        })
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
            _ if self.epochs.is_some() => self.epochs.unwrap_or_default(),
            TrainingLength::Epochs(epochs) => epochs,
            TrainingLength::Steps { steps, evaluate_every } => steps.div_ceil(evaluate_every),
        }
    }

    /// An untrained model whose random numbers come from `seed`.
    ///
    /// # Errors
    /// If the plugin refuses.
    pub fn build(&self, seed: u64) -> Result<Box<dyn Model>, ModelError> {
        let build = || self.plugin.build(&self.setup(&streams(seed)));
        let Some(pool) = &self.pool else { return build() };
        pool.lend(self.key(seed), self.is_one_shot(), build)
    }

    /// All that a model in another process is built from.
    fn key(&self, seed: u64) -> String {
        let training = (!self.is_one_shot()).then_some(&self.training);
        format!("{:?}", (&self.params, training, self.n_tokens, &self.class_weights, seed))
    }

    /// [`Bench::build`], and never a model that was used before.
    ///
    /// # Errors
    /// If the plugin refuses.
    pub fn build_fresh(&self, seed: u64) -> Result<Box<dyn Model>, ModelError> {
        let build = || self.plugin.build(&self.setup(&streams(seed)));
        let Some(pool) = &self.pool else { return build() };
        pool.fresh(self.key(seed), build)
    }

    /// How many models were built, where they are slow to build and this is counted.
    pub fn n_built(&self) -> Option<usize> {
        self.pool.as_ref().map(|pool| pool.n_built())
    }

    /// A model that will only predict: it gets no training settings, and weights of 1 for all labels.
    ///
    /// # Errors
    /// If the plugin refuses.
    pub fn build_to_predict(&self) -> Result<Box<dyn Model>, ModelError> {
        self.pool.iter().for_each(|pool| pool.count());
        let streams = streams(SEED);
        let class_weights = &vec![1.0; self.class_weights.len()];
        self.plugin.build(&Setup { training: None, class_weights, ..self.setup(&streams) })
    }

    /// What the plugin says that a model costs, for texts of `characters` characters.
    pub fn cost(&self, characters: u64) -> Option<Cost> {
        self.plugin.cost(&self.setup(&streams(SEED)), characters)
    }

    /// How many characters of a longer text its models read, as the plugin says.
    pub fn reads_at_most(&self) -> Option<usize> {
        self.plugin.reads_at_most(&self.setup(&streams(SEED)))
    }

    fn setup<'a>(&'a self, streams: &'a StreamPath) -> Setup<'a> {
        Setup {
            params: &self.params,
            training: (!self.is_one_shot()).then_some(&self.training),
            n_tokens: self.n_tokens,
            n_classes: self.class_weights.len(),
            data: Some(data(self.n_tokens, self.class_weights.len())),
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
        self.train_from(self.build(seed)?, seed, examples)
    }

    /// Trains `model`, which has learned nothing, to the end on `examples`.
    ///
    /// # Errors
    /// What the model says.
    pub fn train_from(&self, mut model: Box<dyn Model>, seed: u64, examples: &Examples) -> Result<Trained, ModelError> {
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
    predict_of(model, N_CLASSES, examples, rows)
}

/// [`predict`] for a model of `n_classes` labels.
///
/// # Errors
/// What the model says.
pub fn predict_of(
    model: &mut dyn Model,
    n_classes: usize,
    examples: &Examples,
    rows: &[u32],
) -> Result<Vec<f32>, ModelError> {
    let mut out = vec![f32::NAN; rows.len() * n_classes];
    model.log_probabilities(&examples.sequences, rows, &mut out)?;
    Ok(out)
}
