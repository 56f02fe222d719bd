#![doc = include_str!("description.md")]

mod cell;

use crate::stack::{CONDITIONS, DROPOUT, HIDDEN_SIZE, LAYERS, LEARNING_RATE, Shape, Stack};
use recur_core::model::{Condition, Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_nn::recurrence::Activation;
use recur_nn::trainer::Trainer;

/// The plugin.
pub(crate) struct StackedRnn;

const NONLINEARITY: ParamSpec = ParamSpec {
    name: "nonlinearity",
    kind: ParamKind::Choice(&["tanh", "relu"]),
    default: ParamDefault::Text("tanh"),
    meaning: "applied to each new state",
};

const PARAMETERS: &[ParamSpec] = &[HIDDEN_SIZE, LAYERS, NONLINEARITY, DROPOUT, LEARNING_RATE];

const ABOUT: Declaration = Declaration {
    id: "stacked_rnn",
    summary: "torch.nn.RNN with one or more layers and a linear map of the last state",
    description: include_str!("description.md"),
    version: 2,
    code: env!("RECUR_CODE_stacked_rnn"),
    determinism: Determinism::Portable,
    regime: Regime::Iterative,
    unused_settings: &[],
    parameters: PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

impl ModelPlugin for StackedRnn {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn conditions(&self) -> &'static [Condition] {
        CONDITIONS
    }

    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        Some(Shape::of(setup).cost::<cell::PlainCell>(characters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let activation = Activation::named(setup.params.choice(NONLINEARITY.name));
        let cell = || cell::PlainCell::new(activation);
        Ok(Box::new(Trainer::new(Stack::new(Shape::of(setup), cell), setup)))
    }
}
