#![doc = include_str!("description.md")]

mod network;
#[cfg(test)]
mod tests;

use network::LetterNetwork;
use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_nn::trainer::Trainer;

/// The plugin.
pub struct LetterNet;

const PARAMETERS: &[ParamSpec] = &[
    ParamSpec {
        name: "embedding",
        kind: ParamKind::Integer { min: 1, max: 1024 },
        default: ParamDefault::Integer(16),
        meaning: "numbers that a character is learned as",
    },
    ParamSpec {
        name: "hidden_size",
        kind: ParamKind::Integer { min: 1, max: 1024 },
        default: ParamDefault::Integer(32),
        meaning: "hidden units",
    },
    // `Trainer` reads it.
    ParamSpec {
        name: "learning_rate",
        kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
        default: ParamDefault::Real(0.005),
        meaning: "size of a step at the start of training",
    },
];

const ABOUT: Declaration = Declaration {
    id: "letter_net",
    summary: "a network on the mean of the embedded characters",
    description: include_str!("description.md"),
    version: 1,
    code: env!("RECUR_CODE_letter_net"),
    determinism: Determinism::Portable,
    regime: Regime::Iterative,
    unused_settings: &[],
    parameters: PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

impl ModelPlugin for LetterNet {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn cost(&self, setup: &Setup<'_>, _characters: u64) -> Option<Cost> {
        let (d, h) = (setup.params.size("embedding") as u64, setup.params.size("hidden_size") as u64);
        let (v, c) = (setup.n_tokens as u64, setup.n_classes as u64);
        Some(Cost::of_f32(v * d + (d + 1) * h + (h + 1) * c, d * h + h * c))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let (embedding, hidden) = (setup.params.size("embedding"), setup.params.size("hidden_size"));
        let network = LetterNetwork::new(setup.n_tokens, embedding, hidden, setup.n_classes);
        Ok(Box::new(Trainer::new(network, setup)))
    }
}
