//! The keys of `training`.

use super::POSITIVE;
use crate::access::{Access, field};
use crate::key::{Default, Key, Kind, key, setting};
use crate::spec::Spec;
use crate::value::{plain, section, typed};
use recur_core::metric::Metric;
use recur_core::settings::{ClassWeights, EarlyStopping, Optimizer, Sampling, Schedule, TrainingLength};
use std::ops::Bound::{Excluded, Included, Unbounded};
use strum::VariantNames as _;

const DECAY: Kind = Kind::Real { min: Included(0.0), max: Excluded(1.0) };
const SHARE: Kind = DECAY;
/// The length of training is counted in 32 bits.
const STEPS: Kind = Kind::Integer { min: 1, max: 4_294_967_295 };

const EPOCHS: Access = Access {
    get: |spec| match spec.training.length {
        TrainingLength::Epochs(epochs) => Some(plain(epochs)),
        TrainingLength::Steps { .. } => None,
    },
    set: |spec, value| {
        if let Some(epochs) = typed(value) {
            spec.training.length = TrainingLength::Epochs(epochs);
        }
    },
};

const N_STEPS: Access = Access {
    get: |spec| match spec.training.length {
        TrainingLength::Steps { steps, .. } => Some(plain(steps)),
        TrainingLength::Epochs(_) => None,
    },
    set: |spec, value| {
        if let Some(steps) = typed::<Option<u32>>(value) {
            spec.training.length = TrainingLength::Steps { steps, evaluate_every: steps.div_ceil(10) };
        }
    },
};

const EVALUATE_EVERY: Access = Access {
    get: |spec| match spec.training.length {
        TrainingLength::Steps { evaluate_every, .. } => Some(plain(evaluate_every)),
        TrainingLength::Epochs(_) => None,
    },
    set: |spec, value| {
        if let (TrainingLength::Steps { evaluate_every, .. }, Some(given)) = (&mut spec.training.length, typed(value)) {
            *evaluate_every = given;
        }
    },
};

const OPTIMIZER_NAME: Access = Access {
    get: |spec| match spec.training.optimizer {
        Optimizer::Sgd { .. } => Some("sgd".into()),
        Optimizer::Adam { .. } => Some("adam".into()),
        Optimizer::AdamW { .. } => Some("adamw".into()),
    },
    set: |spec, value| {
        spec.training.optimizer = match value.as_str() {
            Some("sgd") => Optimizer::SGD,
            Some("adamw") => Optimizer::ADAMW,
            _ => Optimizer::ADAM,
        }
    },
};

/// A setting of some of the optimizers, which has no place next to the others.
macro_rules! of_optimizer {
    ($($optimizer:ident)|+, $setting:ident) => {
        Access {
            get: |spec| match spec.training.optimizer {
                $(Optimizer::$optimizer { $setting, .. })|+ => Some(plain($setting)),
                _ => None,
            },
            set: |spec, value| {
                if let $(Optimizer::$optimizer { $setting, .. })|+ = &mut spec.training.optimizer {
                    *$setting = typed(value);
                }
            },
        }
    };
}

fn use_sgd(spec: &mut Spec) {
    spec.training.optimizer = Optimizer::SGD;
}

fn use_adamw(spec: &mut Spec) {
    spec.training.optimizer = Optimizer::ADAMW;
}

/// The optimizers with two moments.
const ADAMS: &[&str] = &["adam", "adamw"];

const WATCHED_METRIC: Access = Access {
    get: |spec| spec.training.early_stopping.map(|stopping| format!("validation_{}", stopping.metric.name()).into()),
    set: |spec, value| {
        let metric = value.as_str().and_then(|name| name.strip_prefix("validation_")).expect("a word of the table");
        stopping(spec).metric = typed(metric.into());
    },
};

const PATIENCE: Access = Access {
    get: |spec| spec.training.early_stopping.map(|stopping| plain(stopping.patience)),
    set: |spec, value| stopping(spec).patience = typed(value),
};

fn stopping(spec: &mut Spec) -> &mut EarlyStopping {
    spec.training.early_stopping.get_or_insert_default()
}

fn stop_early(spec: &mut Spec) {
    stopping(spec);
}

/// Keys of `training`.
pub(crate) static TRAINING: &[Key] = &[
    key(
        "epochs",
        Kind::Integer { min: 0, max: 1_000_000 },
        Default::Derived("10, unless `steps` is given"),
        "passes over as many examples as there are training rows; not together with `steps`; 0 only scores initial `weights`",
    ).at(EPOCHS),
    key("steps", STEPS, Default::None, "steps of one batch each; not together with `epochs`").at(N_STEPS),
    key("evaluate_every", STEPS, Default::Derived("a tenth of `steps`, rounded up"), "steps between two scorings").at(EVALUATE_EVERY)
        .with("steps", &[]),
    key("stop_after", Kind::Integer { min: 1, max: 1_000_000 }, Default::None,
        "stop after so many epochs (or scorings of `steps`) as if the training were interrupted there: the learning rate is that of the full length",
    ).at(field!(training.stop_after)),
    setting("batch_size", Kind::Integer { min: 1, max: 1_000_000 }, field!(training.batch_size), "examples per batch"),
    setting("sampling", Kind::Choice(Sampling::VARIANTS), field!(training.sampling),
        "each row once an epoch, or with replacement: a label, then one of its rows",
    ),
    key("optimizer", Kind::Section(OPTIMIZER), Default::Empty, "how a gradient becomes a step"),
    setting("schedule", Kind::Choice(Schedule::VARIANTS), field!(training.schedule),
        "the learning rate over time, relative to its start",
    ),
    setting("warmup", SHARE, field!(training.warmup),
        "the share of all steps over which the learning rate rises from 0; `schedule` begins after it",
    ),
    setting("class_weights", Kind::Choice(ClassWeights::VARIANTS), field!(training.class_weights),
        "weight of each label in the loss",
    ),
    setting("label_smoothing", SHARE, field!(training.label_smoothing),
        "the share of every target that is spread evenly over all labels",
    ),
    key("early_stopping", Kind::Section(EARLY_STOPPING), Default::None, "when to stop before the end").at(Access {
        get: |spec| Some(spec.training.early_stopping.map_or_else(|| "none".into(), |_| section())),
        set: |spec, value| spec.training.early_stopping = (!value.is_null()).then(EarlyStopping::default),
    }),
];

/// Keys of `training.optimizer`.
pub(crate) static OPTIMIZER: &[Key] = &[
    setting("name", Kind::Choice(Optimizer::VARIANTS), OPTIMIZER_NAME, "the method"),
    setting("momentum", DECAY, of_optimizer!(Sgd, momentum), "share of the last velocity that is kept")
        .with("name", &["sgd"])
        .prepared(use_sgd),
    setting("beta1", DECAY, of_optimizer!(Adam | AdamW, beta1), "decay of the first moment").with("name", ADAMS),
    setting("beta2", DECAY, of_optimizer!(Adam | AdamW, beta2), "decay of the second moment").with("name", ADAMS),
    setting("epsilon", POSITIVE, of_optimizer!(Adam | AdamW, epsilon), "added to the denominator").with("name", ADAMS),
    setting(
        "weight_decay",
        Kind::Real { min: Included(0.0), max: Unbounded },
        of_optimizer!(AdamW, weight_decay),
        "each step first takes this share, times the learning rate, off every parameter",
    )
    .with("name", &["adamw"])
    .prepared(use_adamw),
    key("clip_norm", POSITIVE, Default::None, "gradients with a larger Euclidean norm are scaled down to it")
        .at(field!(training.clip_norm)),
];

/// Keys of `training.early_stopping`.
pub(crate) static EARLY_STOPPING: &[Key] = &[
    setting(
        "metric",
        Kind::Choice(&Metric::VALIDATION_NAMES),
        WATCHED_METRIC,
        "the metric to watch; from `validation_brier` on only the one that is `report.primary`",
    )
    .prepared(stop_early),
    setting(
        "patience",
        Kind::Integer { min: 1, max: 1_000_000 },
        PATIENCE,
        "evaluations without a better result before training stops",
    )
    .prepared(stop_early),
];
