//! Builds, trains and asks the models of one plugin.

use crate::names::{self, N_CLASSES, N_TOKENS, Names};
use recur_core::model::{Cancel, Model, ModelError, ModelPlugin, Piece, Regime, Setup};
use recur_core::params::Params;
use recur_core::random::StreamPath;
use recur_core::settings::{ClassWeights, Optimizer, Sampling, Schedule, TrainingLength, TrainingSettings};
use recur_core::workers::alone;

/// The seed of all training that is not about seeds.
pub const SEED: u64 = 20_261_123;

/// How iterative models are trained unless the caller says otherwise: 30 epochs of batches of 8 with Adam, clipped at 5.
pub fn training() -> TrainingSettings {
    TrainingSettings {
        length: TrainingLength::Epochs(30),
        batch_size: 8,
        sampling: Sampling::Shuffle,
        optimizer: Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
        clip_norm: Some(5.0),
        schedule: Schedule::Constant,
        class_weights: ClassWeights::None,
        early_stopping: None,
    }
}

/// A plugin with its parameters and the training it gets.
pub struct Bench {
    /// The plugin.
    pub plugin: &'static dyn ModelPlugin,
    /// Its parameters.
    pub params: Params,
    /// How its models are trained.
    pub training: TrainingSettings,
}

/// One epoch: its names, in their order.
#[derive(Clone, Copy)]
struct Epoch<'a> {
    index: u32,
    names: &'a Names,
    order: &'a [u32],
    streams: &'a StreamPath,
}

/// A trained model and its loss after each epoch.
pub struct Trained {
    /// The model.
    pub model: Box<dyn Model>,
    /// Mean training loss of each epoch, in nats.
    pub losses: Vec<f64>,
}

impl Bench {
    /// A bench for `plugin`.
    pub fn new(plugin: &'static dyn ModelPlugin, params: Params, training: TrainingSettings) -> Self {
        Self { plugin, params, training }
    }

    /// Whether the model learns in one go.
    pub fn is_one_shot(&self) -> bool {
        self.plugin.regime() == Regime::OneShot
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
        self.plugin.build(&Setup {
            params: &self.params,
            training: &self.training,
            n_tokens: N_TOKENS,
            n_classes: N_CLASSES,
            class_weights: &[1.0; N_CLASSES],
            streams: &streams(seed),
            workers: &alone(),
        })
    }

    /// Trains `model` for one epoch on all `names`, shuffled by the epoch's own stream unless the model is one-shot.
    ///
    /// # Errors
    /// What the model says.
    pub fn epoch(
        &self,
        model: &mut dyn Model,
        seed: u64,
        index: u32,
        names: &Names,
        cancel: &Cancel,
    ) -> Result<f64, ModelError> {
        let streams = streams(seed);
        let order = self.order(&streams, index, names);
        self.train_in_pieces(model, Epoch { index, names, order: &order, streams: &streams }, order.len(), cancel)
    }

    /// [`Bench::epoch`], with the names handed over in pieces of `n_steps` steps.
    ///
    /// # Errors
    /// What the model says.
    pub fn epoch_in_pieces(
        &self,
        model: &mut dyn Model,
        index: u32,
        names: &Names,
        n_steps: usize,
    ) -> Result<f64, ModelError> {
        let streams = streams(SEED);
        let order = self.order(&streams, index, names);
        let size = n_steps * self.training.batch_size as usize;
        self.train_in_pieces(model, Epoch { index, names, order: &order, streams: &streams }, size, &Cancel::new())
    }

    /// The order of an epoch's names.
    fn order(&self, streams: &StreamPath, index: u32, names: &Names) -> Vec<u32> {
        let mut order = names.rows();
        if !self.is_one_shot() {
            streams.child("shuffle/epoch").child(index).stream().shuffle(&mut order);
        }
        order
    }

    /// Hands over `size` names at a time, a multiple of the batch size or all, and returns the mean loss.
    fn train_in_pieces(
        &self,
        model: &mut dyn Model,
        epoch: Epoch<'_>,
        size: usize,
        cancel: &Cancel,
    ) -> Result<f64, ModelError> {
        let Epoch { index, names, order, streams } = epoch;
        let batch = self.training.batch_size as usize;
        let steps = order.len().div_ceil(batch) as u64;
        let mut loss = 0.0;
        for (i, rows) in order.chunks(size).enumerate() {
            loss = model.train(&Piece {
                epoch: index,
                sequences: &names.sequences,
                labels: &names.labels,
                order: rows,
                steps_before: u64::from(index) * steps + (i * size / batch) as u64,
                loss_before: loss,
                total_steps: u64::from(self.n_epochs()) * steps,
                streams,
                cancel,
            })?;
        }
        Ok(loss / order.len() as f64)
    }

    /// Builds a model and trains it to the end on `names`.
    ///
    /// # Errors
    /// What the model says.
    pub fn train(&self, seed: u64, names: &Names) -> Result<Trained, ModelError> {
        let mut model = self.build(seed)?;
        let cancel = Cancel::new();
        let epoch = |index| self.epoch(model.as_mut(), seed, index, names, &cancel);
        let losses = (0..self.n_epochs()).map(epoch).collect::<Result<_, _>>()?;
        Ok(Trained { model, losses })
    }

    /// A model trained on the learnable names.
    ///
    /// # Errors
    /// What the model says.
    pub fn trained(&self) -> Result<Box<dyn Model>, ModelError> {
        Ok(self.train(SEED, &names::learnable())?.model)
    }
}

/// The streams of replicate 0, as a sweep hands them out.
fn streams(seed: u64) -> StreamPath {
    StreamPath::root(seed).child("replicate/0")
}

/// The log-probabilities of `rows` of `names`, (rows, C). What the model leaves unwritten is NaN.
///
/// # Errors
/// What the model says.
pub fn predict(model: &mut dyn Model, names: &Names, rows: &[u32]) -> Result<Vec<f32>, ModelError> {
    let mut out = vec![f32::NAN; rows.len() * N_CLASSES];
    model.log_probabilities(&names.sequences, rows, &mut out)?;
    Ok(out)
}
