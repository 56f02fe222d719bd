//! `stacked_rnn`: `torch.nn.RNN` of one or more layers, and a linear map of the top layer's last state.
//!
//! ```text
//! h⁰_t      = x_t                                                  the one-hot letter
//! hˡ_t      = f(W_ihˡ · hˡ⁻¹_t + b_ihˡ + W_hhˡ · hˡ_{t-1} + b_hhˡ)    hˡ_0 = 0, for l = 1 … layers
//! answer    = log_softmax(W_fc · h_last + b_fc)                    of the top layer, after the last letter
//! ```
//! `f` is tanh or relu. Dropout, where asked for, applies to the output of each layer but the last, in training only.
//! Source: Elman 1990, "Finding Structure in Time"; parametrised and initialised as `torch.nn.RNN`.

mod cell;

use crate::recurrence::Activation;
use crate::stack::{DROPOUT, HIDDEN_SIZE, LAYERS, LEARNING_RATE, Shape, Stack};
use crate::trainer::Trainer;
use recur_core::model::{Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};

/// The plugin.
pub(crate) struct StackedRnn;

const NONLINEARITY: ParamSpec = ParamSpec {
    name: "nonlinearity",
    kind: ParamKind::Choice(&["tanh", "relu"]),
    default: ParamDefault::Text("tanh"),
    meaning: "applied to each new state",
};

const PARAMETERS: &[ParamSpec] = &[HIDDEN_SIZE, LAYERS, NONLINEARITY, DROPOUT, LEARNING_RATE];

impl ModelPlugin for StackedRnn {
    fn id(&self) -> &'static str {
        "stacked_rnn"
    }

    fn summary(&self) -> &'static str {
        "torch.nn.RNN with one or more layers and a linear map of the last state"
    }

    fn version(&self) -> u32 {
        2
    }

    fn code(&self) -> &'static str {
        env!("RECUR_CODE_stacked_rnn")
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
        let activation = Activation::named(setup.params.choice(NONLINEARITY.name));
        let cell = || cell::PlainCell::new(activation);
        Ok(Box::new(Trainer::new(Stack::new(Shape::of(setup), cell), setup)))
    }
}
