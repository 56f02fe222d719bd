#![doc = include_str!("description.md")]

mod cell;

use crate::stack::{DROPOUT, HIDDEN_SIZE, LAYERS, LEARNING_RATE, Shape, Stack};
use crate::trainer::Trainer;
use recur_core::model::{Cost, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::ParamSpec;

/// The plugin.
pub(crate) struct Gru;

const PARAMETERS: &[ParamSpec] = &[HIDDEN_SIZE, LAYERS, DROPOUT, LEARNING_RATE];

impl ModelPlugin for Gru {
    fn id(&self) -> &'static str {
        "gru"
    }

    fn summary(&self) -> &'static str {
        "torch.nn.GRU with one or more layers and a linear map of the last state"
    }

    fn description(&self) -> &'static str {
        include_str!("description.md")
    }

    fn version(&self) -> u32 {
        2
    }

    fn code(&self) -> &'static str {
        env!("RECUR_CODE_gru")
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
        Some(Shape::of(setup).cost::<cell::GruCell>(letters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(Trainer::new(Stack::new(Shape::of(setup), cell::GruCell::default), setup)))
    }
}
