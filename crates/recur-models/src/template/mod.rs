#![doc = include_str!("description.md")]

mod network;
#[cfg(test)]
mod tests;

use crate::trainer::Trainer;
use network::{LetterBag, Pooling};
use recur_core::model::{Cost, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};

/// The plugin.
pub(crate) struct Template;

const PARAMETERS: &[ParamSpec] = &[
    ParamSpec {
        name: "pooling",
        kind: ParamKind::Choice(&["sum", "mean"]),
        default: ParamDefault::Text("sum"),
        meaning: "how the letters of a name come together",
    },
    ParamSpec {
        name: "learning_rate",
        kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
        default: ParamDefault::Real(0.005),
        meaning: "size of a step at the start of training",
    },
];

impl ModelPlugin for Template {
    fn id(&self) -> &'static str {
        "template"
    }

    fn summary(&self) -> &'static str {
        "a linear map of the bag of letters"
    }

    fn description(&self) -> &'static str {
        include_str!("description.md")
    }

    fn version(&self) -> u32 {
        1
    }

    fn code(&self) -> &'static str {
        env!("RECUR_CODE_template")
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

    /// A weight and a bias for each label; sums of rows, and no products.
    fn cost(&self, setup: &Setup<'_>, _letters: u64) -> Option<Cost> {
        Some(Cost::of_f32(((setup.n_tokens + 1) * setup.n_classes) as u64, 0))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let pooling = Pooling::named(setup.params.choice("pooling"));
        let network = LetterBag::new(setup.n_tokens, setup.n_classes, pooling);
        Ok(Box::new(Trainer::new(network, setup)))
    }
}
