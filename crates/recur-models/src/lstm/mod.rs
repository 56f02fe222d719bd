#![doc = include_str!("description.md")]

mod cell;

use crate::stack::{self, Shape};
use recur_core::model::{Condition, Cost, Declaration, Model, ModelError, ModelPlugin, Setup};

/// The plugin.
pub(crate) struct Lstm;

const ABOUT: Declaration = Declaration {
    id: "lstm",
    summary: "torch.nn.LSTM with one or more layers in one or both directions, and a linear map of what is pooled of its states",
    description: include_str!("description.md"),
    code: env!("RECUR_CODE_lstm"),
    source_file: file!(),
    ..stack::ABOUT
};

impl ModelPlugin for Lstm {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn conditions(&self) -> &'static [Condition] {
        stack::CONDITIONS
    }

    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        Some(Shape::of(setup).cost::<cell::LstmCell>(characters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        Ok(stack::model(setup, cell::LstmCell::default))
    }
}
