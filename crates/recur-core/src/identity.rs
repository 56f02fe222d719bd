//! The identity of a trial: all that determines its result, and the name that is the digest of it.

use crate::digest::Digest;
use crate::metric::Requested;
use crate::params::Params;
use crate::settings::{ClassWeights, SplitSettings, TextSettings, TrainingSettings};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What names a trial: the digest of all that determines its result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrialId(String);

impl TrialId {
    /// All 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 10 digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..10]
    }
}

impl fmt::Display for TrialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All that determines a trial's result; a [`TrialId`] is its digest. Layout of the spec, file times, host and number
/// of threads are no part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// [`crate::NUMERIC_CONTRACT`].
    pub numeric_contract: u32,
    /// The digest of the code that draws, divides, orders, trains and scores, whatever the model.
    pub procedure: Digest,
    /// The model's id.
    pub model: String,
    /// The plugin's version.
    pub model_version: u32,
    /// The digest of the plugin's code ([`crate::model::Declaration::code`]).
    pub model_code: Digest,
    /// Every parameter.
    pub params: Params,
    /// How it is trained; `None` for a one-shot model, which `training` does not concern.
    pub training: Option<TrainingSettings>,
    /// The weights of labels that a one-shot model learns with; with `training` they are part of that. Not serialised where there
    /// are none: trials without weights keep the ids that they had before there was this field.
    #[serde(default, skip_serializing_if = "ClassWeights::are_none")]
    pub class_weights: ClassWeights,
    /// The content of the data set.
    pub dataset: Digest,
    /// How its texts were normalised. The weights say so to those who predict with them, also where another normalisation
    /// makes an equal data set.
    pub text: TextSettings,
    /// How it is divided.
    pub split: SplitSettings,
    /// The root seed.
    pub seed: u64,
    /// The replicate.
    pub replicate: u32,
    /// The bytes of the file of weights that it starts from; `None` for random ones. Not serialised where it is `None`:
    /// trials without such a file keep the ids that they had before there was this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_weights: Option<Digest>,
    /// The digest of the raw texts ([`crate::dataset::Dataset::raw_digest`]) of a model that reads them; `None` for all
    /// others, and where they are as the normalised ones. Not serialised where it is `None`, like the weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_texts: Option<Digest>,
    /// What is computed of its predictions besides the metrics that all trials have. Not serialised where there is nothing, like the
    /// weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<Requested>,
}

impl Identity {
    /// The trial's name.
    pub fn id(&self) -> TrialId {
        let canonical = serde_json::to_vec(self).expect("an identity holds no map with other keys than strings");
        TrialId(Digest::of(&canonical).as_str()[..32].to_owned())
    }

    /// The name of the trial that trains to the end. It is another one where `training.stop_after` stops this one before; they
    /// share checkpoints, as one goes on where the other stopped.
    pub fn full_training(&self) -> TrialId {
        let training = self.training.as_ref().map(TrainingSettings::full);
        if training == self.training { self.id() } else { Self { training, ..self.clone() }.id() }
    }

    /// After how many epochs the trial stops before its end.
    pub fn stop_after(&self) -> Option<u32> {
        self.training.as_ref()?.stop_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::identity;
    use crate::settings::{Fold, Optimizer};

    #[test]
    fn the_id_of_a_trial_is_the_digest_of_its_identity() {
        assert_eq!(identity().id().as_str(), "0bfab769c3ea53917add16c109dc995b");
    }

    #[test]
    fn another_normalisation_makes_another_trial() {
        let folded = TextSettings { fold: Fold::Ascii, ..TextSettings::default() };
        assert_ne!(Identity { text: folded, ..identity() }.id(), identity().id());
    }

    #[test]
    fn a_stopped_training_is_another_trial_that_knows_the_full_one() {
        let training = TrainingSettings::default();
        let full = Identity { training: Some(training.clone()), ..identity() };
        let training = TrainingSettings { stop_after: Some(2), ..training };
        let stopped = Identity { training: Some(training), ..full.clone() };
        assert_ne!(stopped.id(), full.id());
        assert_eq!([stopped.full_training(), full.full_training()], [full.id(), full.id()]);
        assert_eq!(identity().full_training(), identity().id());
    }

    #[test]
    fn a_setting_that_changes_nothing_is_not_written() {
        let written = |training: &TrainingSettings| serde_json::to_string(training).unwrap();
        let default = TrainingSettings::default();
        assert!(!written(&default).contains("warmup") && !written(&default).contains("label_smoothing"));
        let id = |training: TrainingSettings| Identity { training: Some(training), ..identity() }.id();
        let more = [
            TrainingSettings { warmup: 0.1, ..default.clone() },
            TrainingSettings { label_smoothing: 0.1, ..default.clone() },
            TrainingSettings { optimizer: Optimizer::ADAMW, ..default.clone() },
        ];
        for training in more {
            assert_ne!(id(training.clone()), id(default.clone()));
            assert_eq!(serde_json::from_str::<TrainingSettings>(&written(&training)).unwrap(), training);
        }
        assert_eq!(serde_json::from_str::<TrainingSettings>(&written(&default)).unwrap(), default);
    }

    #[test]
    fn initial_weights_make_another_trial_and_come_back_from_json() {
        let warm = Identity { initial_weights: Some(Digest::of(b"weights")), ..identity() };
        assert_ne!(warm.id(), identity().id());
        for identity in [warm, identity()] {
            let json = serde_json::to_string(&identity).unwrap();
            assert_eq!(serde_json::from_str::<Identity>(&json).unwrap(), identity);
        }
    }
}
