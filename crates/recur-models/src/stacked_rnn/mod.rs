#![doc = include_str!("description.md")]

mod cell;

use crate::stack::{self, Shape};
use recur_core::model::{Condition, Cost, Declaration, Model, ModelError, ModelPlugin, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_nn::recurrence::Activation;

/// The plugin.
pub(crate) struct StackedRnn;

const NONLINEARITY: ParamSpec = ParamSpec {
    name: "nonlinearity",
    kind: ParamKind::Choice(&["tanh", "relu"]),
    default: ParamDefault::Text("tanh"),
    meaning: "applied to each new state",
};

const ABOUT: Declaration = Declaration {
    id: "stacked_rnn",
    summary: "torch.nn.RNN with one or more layers in one or both directions, and a linear map of what is pooled of its states",
    description: include_str!("description.md"),
    code: env!("RECUR_CODE_stacked_rnn"),
    parameters: &stack::with_parameter(NONLINEARITY),
    source_file: file!(),
    ..stack::ABOUT
};

impl ModelPlugin for StackedRnn {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn conditions(&self) -> &'static [Condition] {
        stack::CONDITIONS
    }

    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        Some(Shape::of(setup).cost::<cell::PlainCell>(characters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let activation = Activation::named(setup.params.choice(NONLINEARITY.name));
        Ok(stack::model(setup, || cell::PlainCell::new(activation)))
    }
}
