//! Small results for tests.

use recur_core::checkpoint::{BestEpoch, Checkpoint, Progress};
use recur_core::digest::Digest;
use recur_core::metric::Scores;
use recur_core::params::{ParamValue, Params};
use recur_core::record::{EpochRecord, Outcome, TrialRecord};
use recur_core::settings::{ClassWeights, Group, SplitSettings, TextSettings};
use recur_core::tensor::Tensor;
use recur_core::trial::{Identity, TrialId};

/// The record of a finished trial; another one for each `seed`.
pub(crate) fn record(seed: u64) -> TrialRecord {
    let identity = Identity {
        numeric_contract: 1,
        procedure: Digest::of(b"procedure"),
        model: "m".into(),
        model_version: 1,
        model_code: Digest::of(b"code"),
        params: Params::default().with("learning_rate", ParamValue::Real(0.1 + 0.2)),
        training: None,
        class_weights: ClassWeights::None,
        dataset: Digest::of(b"data"),
        text: TextSettings::default(),
        split: SplitSettings::shares(0.8, 0.1, 0.1, Group::Text, true),
        seed,
        replicate: 0,
        initial_weights: None,
        raw_texts: None,
        requested: None,
    };
    TrialRecord {
        id: identity.id(),
        identity,
        split: Digest::of(b"split"),
        outcome: Outcome::Finished { kept_epoch: 0 },
        epochs: vec![EpochRecord { train_loss: 1e-300, validation: scores() }],
        n_parameters: 4,
    }
}

pub(crate) fn id(seed: u64) -> TrialId {
    record(seed).id
}

pub(crate) fn scores() -> Scores {
    Scores { loss: 1.0 / 3.0, accuracy: 0.1, macro_f1: 2.0 / 3.0, ..Scores::default() }
}

/// A checkpoint of trial 0.
pub(crate) fn checkpoint(epochs: usize, examples: u64) -> Checkpoint {
    let progress = Progress {
        trial: id(0),
        epochs: vec![EpochRecord { train_loss: 0.1, validation: scores() }; epochs],
        examples,
        loss: 0.5,
        best: (epochs > 0).then_some(BestEpoch { epoch: 0, value: 0.25 }),
    };
    let tensors = |x| vec![Tensor::f32("w", [1], vec![x])];
    Checkpoint { progress, weights: tensors(1.0), training_state: tensors(2.0), best_weights: tensors(3.0) }
}
