//! Small values for the tests of this crate.

use crate::digest::Digest;
use crate::identity::Identity;
use crate::params::{ParamValue, Params};
use crate::settings::{ClassWeights, Group, SplitSettings, TextSettings};

pub(crate) fn identity() -> Identity {
    Identity {
        numeric_contract: 1,
        procedure: Digest::of(b"procedure"),
        model: "m".into(),
        model_version: 1,
        model_code: Digest::of(b"code"),
        params: Params::default().with("hidden_size", ParamValue::Integer(8)),
        training: None,
        class_weights: ClassWeights::None,
        dataset: Digest::of(b"data"),
        text: TextSettings::default(),
        split: SplitSettings::shares(0.8, 0.1, 0.1, Group::Text, true),
        seed: 5,
        replicate: 2,
        initial_weights: None,
        raw_texts: None,
        requested: None,
    }
}
