//! How a model is trained: the section `training` of a spec.

use crate::metric::Metric;
use crate::training_value::choice;
use serde::{Deserialize, Serialize};
use strum::VariantNames;

/// How the models that learn step by step are trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingSettings {
    /// For how long.
    pub length: TrainingLength,
    /// Examples a step (B).
    pub batch_size: u32,
    /// How examples are drawn.
    pub sampling: Sampling,
    /// How a gradient becomes a step.
    pub optimizer: Optimizer,
    /// Gradients with a larger Euclidean norm are scaled down to it.
    pub clip_norm: Option<f64>,
    /// The learning rate over time, relative to its start.
    pub schedule: Schedule,
    /// The share of all steps, 0 to below 1, over which the learning rate rises from 0; the schedule follows after it.
    /// Not serialised where it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub warmup: f64,
    /// The weight of each label in the loss.
    pub class_weights: ClassWeights,
    /// The share, 0 to below 1, of every target that is spread evenly over all labels. Not serialised where it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
    /// When to stop before the end.
    pub early_stopping: Option<EarlyStopping>,
    /// Stop after so many epochs of [`TrainingSettings::length`], to go on later: what is learned until then is what the full
    /// training learns. Not serialised where it is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_after: Option<u32>,
}

fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

/// A key of `training`, for what a model uses of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingKey {
    /// [`TrainingSettings::length`].
    Length,
    /// [`TrainingSettings::batch_size`].
    BatchSize,
    /// [`TrainingSettings::sampling`].
    Sampling,
    /// [`TrainingSettings::optimizer`] and [`TrainingSettings::clip_norm`].
    Optimizer,
    /// [`TrainingSettings::schedule`].
    Schedule,
    /// [`TrainingSettings::warmup`].
    Warmup,
    /// [`TrainingSettings::class_weights`].
    ClassWeights,
    /// [`TrainingSettings::label_smoothing`].
    LabelSmoothing,
    /// [`TrainingSettings::early_stopping`].
    EarlyStopping,
}

impl TrainingKey {
    /// Every key, in the order of the spec.
    pub const ALL: [TrainingKey; 9] = [
        TrainingKey::Length,
        TrainingKey::BatchSize,
        TrainingKey::Sampling,
        TrainingKey::Optimizer,
        TrainingKey::Schedule,
        TrainingKey::Warmup,
        TrainingKey::ClassWeights,
        TrainingKey::LabelSmoothing,
        TrainingKey::EarlyStopping,
    ];

    /// The keys that say how steps are made, and which losses they follow: a model that learns in one go has no use for them.
    /// What is left is the weight of each label, which such a model may heed.
    pub const OF_STEPS: [TrainingKey; 8] = [
        TrainingKey::Length,
        TrainingKey::BatchSize,
        TrainingKey::Sampling,
        TrainingKey::Optimizer,
        TrainingKey::Schedule,
        TrainingKey::Warmup,
        TrainingKey::LabelSmoothing,
        TrainingKey::EarlyStopping,
    ];

    /// The key that the setting at `path` belongs to; `path` is that below `training`, such as `optimizer.name`.
    pub fn of(path: &str) -> Option<Self> {
        match path.split('.').next()? {
            "epochs" | "steps" | "evaluate_every" | "stop_after" => Some(TrainingKey::Length),
            "batch_size" => Some(TrainingKey::BatchSize),
            "sampling" => Some(TrainingKey::Sampling),
            "optimizer" => Some(TrainingKey::Optimizer),
            "schedule" => Some(TrainingKey::Schedule),
            "warmup" => Some(TrainingKey::Warmup),
            "class_weights" => Some(TrainingKey::ClassWeights),
            "label_smoothing" => Some(TrainingKey::LabelSmoothing),
            "early_stopping" => Some(TrainingKey::EarlyStopping),
            _ => None,
        }
    }

    /// Whether it changes what is learned, and not only how: a model that does not use it answers another question than one
    /// that does.
    pub fn changes_the_objective(self) -> bool {
        matches!(self, TrainingKey::Sampling | TrainingKey::ClassWeights | TrainingKey::LabelSmoothing)
    }
}

impl Default for TrainingSettings {
    /// What a spec gets that says nothing of training: ten epochs of batches of 32 with Adam.
    fn default() -> Self {
        Self {
            length: TrainingLength::Epochs(10),
            batch_size: 32,
            sampling: Sampling::Shuffle,
            optimizer: Optimizer::ADAM,
            clip_norm: None,
            schedule: Schedule::Constant,
            warmup: 0.0,
            class_weights: ClassWeights::None,
            label_smoothing: 0.0,
            early_stopping: None,
            stop_after: None,
        }
    }
}

impl TrainingSettings {
    /// How many epochs the full training has, or intervals of steps between two scorings.
    pub fn n_epochs(&self) -> u32 {
        match self.length {
            TrainingLength::Epochs(epochs) => epochs,
            TrainingLength::Steps { steps, evaluate_every } => steps.div_ceil(evaluate_every),
        }
    }

    /// The same training to its end.
    pub fn full(&self) -> Self {
        Self { stop_after: None, ..self.clone() }
    }

    /// The keys whose value is not the default, with the path and the value that a spec gives them.
    pub fn asked(&self) -> Vec<(TrainingKey, String)> {
        let default = Self::default();
        let asked = |key: &TrainingKey| match key {
            TrainingKey::Length => self.length != default.length,
            TrainingKey::BatchSize => self.batch_size != default.batch_size,
            TrainingKey::Sampling => self.sampling != default.sampling,
            TrainingKey::Optimizer => (self.optimizer, self.clip_norm) != (default.optimizer, default.clip_norm),
            TrainingKey::Schedule => self.schedule != default.schedule,
            TrainingKey::Warmup => self.warmup != default.warmup,
            TrainingKey::ClassWeights => self.class_weights != default.class_weights,
            TrainingKey::LabelSmoothing => self.label_smoothing != default.label_smoothing,
            TrainingKey::EarlyStopping => self.early_stopping != default.early_stopping,
        };
        let keys = TrainingKey::ALL.into_iter().filter(asked);
        keys.map(|key| (key, format!("training.{}", self.written(key)))).collect()
    }

    /// `key` and its value in a few words of a spec.
    fn written(&self, key: TrainingKey) -> String {
        match key {
            TrainingKey::Length => match self.length {
                TrainingLength::Epochs(n) => format!("epochs: {n}"),
                TrainingLength::Steps { steps, .. } => format!("steps: {steps}"),
            },
            TrainingKey::BatchSize => format!("batch_size: {}", self.batch_size),
            TrainingKey::Sampling => format!("sampling: {}", choice(self.sampling)),
            TrainingKey::Optimizer => match (self.optimizer, self.clip_norm) {
                (Optimizer::Sgd { .. }, _) => "optimizer.name: sgd".to_owned(),
                (Optimizer::Adam { .. }, Some(norm)) => format!("optimizer.clip_norm: {norm}"),
                (Optimizer::Adam { .. }, None) => "optimizer".to_owned(),
                (Optimizer::AdamW { .. }, _) => "optimizer.name: adamw".to_owned(),
            },
            TrainingKey::Schedule => format!("schedule: {}", choice(self.schedule)),
            TrainingKey::Warmup => format!("warmup: {}", self.warmup),
            TrainingKey::ClassWeights => format!("class_weights: {}", choice(self.class_weights)),
            TrainingKey::LabelSmoothing => format!("label_smoothing: {}", self.label_smoothing),
            TrainingKey::EarlyStopping => "early_stopping".to_owned(),
        }
    }
}

/// How long training lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingLength {
    /// This many epochs; an epoch draws as many examples as there are training rows.
    Epochs(u32),
    /// This many steps, one batch each, scored on validation every `evaluate_every` steps. Such an interval
    /// is what records and curves call "epoch".
    Steps {
        /// Number of steps.
        steps: u32,
        /// Steps between two scorings.
        evaluate_every: u32,
    },
}

/// How examples are drawn for training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Sampling {
    /// Each training row once an epoch, in random order.
    Shuffle,
    /// With replacement: a label uniformly, then one of its rows uniformly.
    ClassBalanced,
}

/// How a gradient becomes a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Optimizer {
    /// Stochastic gradient descent: `p -= rate · v` with `v = momentum · v + gradient`.
    Sgd {
        /// Share of the last velocity that is kept; 0 is the plain method.
        momentum: f64,
    },
    /// Kingma and Ba 2015, with bias correction.
    Adam {
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Added to the denominator.
        epsilon: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as `torch.optim.AdamW`: each step first
    /// multiplies every parameter, biases too, by `1 - rate · weight_decay`.
    #[serde(rename = "adamw")]
    #[strum(serialize = "adamw")]
    AdamW {
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Added to the denominator.
        epsilon: f64,
        /// What the learning rate is multiplied by for the share of a parameter that a step takes off.
        weight_decay: f64,
    },
}

impl Optimizer {
    /// The plain method, without momentum.
    pub const SGD: Self = Optimizer::Sgd { momentum: 0.0 };

    /// With the values of Kingma and Ba's paper.
    pub const ADAM: Self = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    /// With PyTorch's default decay.
    pub const ADAMW: Self = Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 };
}

/// The learning rate over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Schedule {
    /// The same throughout.
    Constant,
    /// Half a cosine from the start value to zero (Loshchilov and Hutter 2017, without restarts).
    Cosine,
}

/// The weight of each label in the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ClassWeights {
    /// All equal.
    #[default]
    None,
    /// `n / (C · n_label)`: rare labels weigh more, and the mean weight of a training row is 1.
    Balanced,
}

impl ClassWeights {
    /// Whether all are equal.
    pub fn are_none(&self) -> bool {
        *self == ClassWeights::None
    }
}

/// When to stop before the end; the weights of the best epoch are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// The validation metric to watch.
    pub metric: Metric,
    /// Epochs without a better value before training stops.
    pub patience: u32,
}

impl Default for EarlyStopping {
    /// What a spec gets that asks for it and says no more.
    fn default() -> Self {
        Self { metric: Metric::TRAINED, patience: 3 }
    }
}
