#![doc = include_str!("description.md")]

mod network;
#[cfg(test)]
mod tests;

use network::{CharacterBag, Pooling};
use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_nn::trainer::Trainer;

/// The plugin.
pub(crate) struct Template;

const PARAMETERS: &[ParamSpec] = &[
    ParamSpec {
        name: "pooling",
        kind: ParamKind::Choice(&["sum", "mean"]),
        default: ParamDefault::Text("sum"),
        meaning: "how the characters of a text are combined",
    },
    ParamSpec {
        name: "learning_rate",
        kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
        default: ParamDefault::Real(0.005),
        meaning: "size of a step at the start of training",
    },
];

const ABOUT: Declaration = Declaration {
    id: "template",
    summary: "a linear map of the bag of characters",
    description: include_str!("description.md"),
    version: 1,
    code: env!("RECUR_CODE_template"),
    determinism: Determinism::Portable,
    regime: Regime::Iterative,
    unused_settings: &[],
    parameters: PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

impl ModelPlugin for Template {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    /// A weight and a bias for each label; sums of rows, and no products.
    fn cost(&self, setup: &Setup<'_>, _characters: u64) -> Option<Cost> {
        Some(Cost::of_f32(((setup.n_tokens + 1) * setup.n_classes) as u64, 0))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let pooling = Pooling::named(setup.params.choice("pooling"));
        let network = CharacterBag::new(setup.n_tokens, setup.n_classes, pooling);
        Ok(Box::new(Trainer::new(network, setup)))
    }
}
