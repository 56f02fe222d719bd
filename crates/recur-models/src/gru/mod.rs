#![doc = include_str!("description.md")]

mod cell;

use crate::stack::{CONDITIONS, DROPOUT, HIDDEN_SIZE, LAYERS, LEARNING_RATE, Shape, Stack};
use recur_core::model::{Condition, Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::ParamSpec;
use recur_nn::trainer::Trainer;

/// The plugin.
pub(crate) struct Gru;

const PARAMETERS: &[ParamSpec] = &[HIDDEN_SIZE, LAYERS, DROPOUT, LEARNING_RATE];

const ABOUT: Declaration = Declaration {
    id: "gru",
    summary: "torch.nn.GRU with one or more layers and a linear map of the last state",
    description: include_str!("description.md"),
    version: 2,
    code: env!("RECUR_CODE_gru"),
    determinism: Determinism::Portable,
    regime: Regime::Iterative,
    unused_settings: &[],
    parameters: PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

impl ModelPlugin for Gru {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn conditions(&self) -> &'static [Condition] {
        CONDITIONS
    }

    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        Some(Shape::of(setup).cost::<cell::GruCell>(characters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(Trainer::new(Stack::new(Shape::of(setup), cell::GruCell::default), setup)))
    }
}
