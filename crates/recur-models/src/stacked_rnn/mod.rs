//! `stacked_rnn`: `torch.nn.RNN` of one or more layers, and a linear map of the top layer's last state.
//!
//! ```text
//! h⁰_t      = x_t                                                  the one-hot letter
//! hˡ_t      = f(W_ihˡ · hˡ⁻¹_t + b_ihˡ + W_hhˡ · hˡ_{t-1} + b_hhˡ)    hˡ_0 = 0, for l = 1 … layers
//! answer    = log_softmax(W_fc · h_last + b_fc)                    of the top layer, after the last letter
//! ```
//! `f` is tanh or relu. Dropout, where asked for, applies to the output of each layer but the last, in training only.
//! Source: Elman 1990, "Finding Structure in Time"; parametrised and initialised as `torch.nn.RNN`.

mod network;

use crate::recurrence::Activation;
use crate::trainer::Trainer;
use recur_core::model::{Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};

/// The plugin.
pub(crate) struct StackedRnn;

const PARAMETERS: &[ParamSpec] = &[
    ParamSpec {
        name: "hidden_size",
        kind: ParamKind::Integer { min: 1, max: 4096 },
        default: ParamDefault::Integer(128),
        meaning: "numbers in each layer's state",
    },
    ParamSpec {
        name: "layers",
        kind: ParamKind::Integer { min: 1, max: 16 },
        default: ParamDefault::Integer(1),
        meaning: "recurrent layers, each fed by the one below",
    },
    ParamSpec {
        name: "nonlinearity",
        kind: ParamKind::Choice(&["tanh", "relu"]),
        default: ParamDefault::Text("tanh"),
        meaning: "applied to each new state",
    },
    ParamSpec {
        name: "dropout",
        kind: ParamKind::Real { min: 0.0, max: 0.95, above_min: false },
        default: ParamDefault::Real(0.0),
        meaning: "share of each lower layer's outputs set to zero in training",
    },
    ParamSpec {
        name: "learning_rate",
        kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
        default: ParamDefault::Real(0.005),
        meaning: "size of a step at the start of training",
    },
];

impl ModelPlugin for StackedRnn {
    fn id(&self) -> &'static str {
        "stacked_rnn"
    }

    fn summary(&self) -> &'static str {
        "torch.nn.RNN with one or more layers and a linear map of the last state"
    }

    fn version(&self) -> u32 {
        1
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

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let shape = network::Shape {
            vocab: setup.n_tokens,
            hidden: setup.params.size("hidden_size"),
            layers: setup.params.size("layers"),
            classes: setup.n_classes,
            activation: Activation::named(setup.params.choice("nonlinearity")),
            dropout: setup.params.real("dropout") as f32,
        };
        Ok(Box::new(Trainer::new(network::Network::new(shape), setup)))
    }
}
