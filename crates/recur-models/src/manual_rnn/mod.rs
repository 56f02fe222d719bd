#![doc = include_str!("description.md")]

mod network;

use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_nn::recurrence::Activation;
use recur_nn::trainer::Trainer;

/// The plugin.
pub(crate) struct ManualRnn;

const PARAMETERS: &[ParamSpec] = &[
    ParamSpec {
        name: "hidden_size",
        kind: ParamKind::Integer { min: 1, max: 4096 },
        default: ParamDefault::Integer(128),
        meaning: "hidden units",
    },
    ParamSpec {
        name: "activation",
        kind: ParamKind::Choice(&["none", "tanh"]),
        default: ParamDefault::Text("none"),
        meaning: "applied to each new state; `none` as published",
    },
    ParamSpec {
        name: "learning_rate",
        kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
        default: ParamDefault::Real(0.005),
        meaning: "size of a step at the start of training",
    },
];

const ABOUT: Declaration = Declaration {
    id: "manual_rnn",
    summary: "the hand-written recurrent cell of PyTorch's tutorial",
    description: include_str!("description.md"),
    version: 1,
    code: env!("RECUR_CODE_manual_rnn"),
    determinism: Determinism::Portable,
    regime: Regime::Iterative,
    unused_settings: &[],
    parameters: PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

impl ModelPlugin for ManualRnn {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    /// The answer needs the state before the last character, and the first state needs no product.
    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        let [v, h, c] = [setup.n_tokens, setup.params.size("hidden_size"), setup.n_classes].map(|n| n as u64);
        Some(Cost::of_f32((v + h + 1) * (h + c), characters.saturating_sub(2) * h * h + h * c))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let activation = Activation::named(setup.params.choice("activation"));
        let hidden = setup.params.size("hidden_size");
        let network = network::Network::new(setup.n_tokens, hidden, setup.n_classes, activation);
        Ok(Box::new(Trainer::new(network, setup)))
    }
}
