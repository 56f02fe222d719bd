#![doc = include_str!("description.md")]

mod cell;

use crate::recurrence::Activation;
use crate::stack::{DROPOUT, HIDDEN_SIZE, LAYERS, LEARNING_RATE, Shape, Stack};
use crate::trainer::Trainer;
use recur_core::model::{Cost, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
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

    fn description(&self) -> &'static str {
        include_str!("description.md")
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

    fn cost(&self, setup: &Setup<'_>, letters: u64) -> Option<Cost> {
        Some(Shape::of(setup).cost::<cell::PlainCell>(letters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let activation = Activation::named(setup.params.choice(NONLINEARITY.name));
        let cell = || cell::PlainCell::new(activation);
        Ok(Box::new(Trainer::new(Stack::new(Shape::of(setup), cell), setup)))
    }
}
