#![doc = include_str!("description.md")]

mod network;

use crate::recurrence::Activation;
use crate::trainer::Trainer;
use recur_core::model::{Cost, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};

/// The plugin.
pub(crate) struct ManualRnn;

const PARAMETERS: &[ParamSpec] = &[
    ParamSpec {
        name: "hidden_size",
        kind: ParamKind::Integer { min: 1, max: 4096 },
        default: ParamDefault::Integer(128),
        meaning: "numbers in the state",
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

impl ModelPlugin for ManualRnn {
    fn id(&self) -> &'static str {
        "manual_rnn"
    }

    fn summary(&self) -> &'static str {
        "the hand-written recurrent cell of PyTorch's tutorial"
    }

    fn description(&self) -> &'static str {
        include_str!("description.md")
    }

    fn version(&self) -> u32 {
        1
    }

    fn code(&self) -> &'static str {
        env!("RECUR_CODE_manual_rnn")
    }

    fn determinism(&self) -> Determinism {
        Determinism::Portable
    }

    fn regime(&self) -> Regime {
        Regime::Iterative
    }

    fn parameters(&self) -> &'static [ParamSpec] {
        PARAMETERS
    }

    fn source_file(&self) -> &'static str {
        file!()
    }

    /// The answer needs the state before the last letter, and the first state needs no product.
    fn cost(&self, setup: &Setup<'_>, letters: u64) -> Option<Cost> {
        let [v, h, c] = [setup.n_tokens, setup.params.size("hidden_size"), setup.n_classes].map(|n| n as u64);
        Some(Cost::of_f32((v + h + 1) * (h + c), letters.saturating_sub(2) * h * h + h * c))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let activation = Activation::named(setup.params.choice("activation"));
        let hidden = setup.params.size("hidden_size");
        let network = network::Network::new(setup.n_tokens, hidden, setup.n_classes, activation);
        Ok(Box::new(Trainer::new(network, setup)))
    }
}
