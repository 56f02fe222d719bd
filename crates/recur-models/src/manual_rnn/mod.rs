//! `manual_rnn`: the cell written out by hand in PyTorch's tutorial on classifying names.
//!
//! At each letter the one-hot vector `x_t` and the state `h_t` are joined and go through two linear maps:
//! ```text
//! combined = [x_t, h_t]
//! o_t      = log_softmax(i2o(combined))
//! h_{t+1}  = f(i2h(combined))            h_0 = 0
//! ```
//! The answer is the last letter's `o_t`, so it is read from the state *before* that letter. As published `f` is the
//! identity, and the whole recurrence is linear; tanh is an option.
//! Source: Robertson, "NLP From Scratch: Classifying Names with a Character-Level RNN", PyTorch tutorials, 2017.

mod network;

use crate::recurrence::Activation;
use crate::trainer::Trainer;
use recur_core::model::{Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
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

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let activation = Activation::named(setup.params.choice("activation"));
        let hidden = setup.params.size("hidden_size");
        let network = network::Network::new(setup.n_tokens, hidden, setup.n_classes, activation);
        Ok(Box::new(Trainer::new(network, setup)))
    }
}
