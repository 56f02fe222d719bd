//! Where the walk of `docs/adding-a-model.md` ends: the template with a gated cell instead of its network. Compiled and
//! tested like a model, but none.

mod cell;

use crate::stack::{DROPOUT, HIDDEN_SIZE, LAYERS, LEARNING_RATE, Shape, Stack};
use crate::trainer::Trainer;
use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamSpec, ParamValue, Params};

/// The plugin.
struct Walk;

const PARAMETERS: &[ParamSpec] = &[HIDDEN_SIZE, LAYERS, DROPOUT, LEARNING_RATE];

const ABOUT: Declaration = Declaration {
    id: "walk",
    summary: "a recurrent cell with one gate",
    description: "A cell with one gate.\n",
    version: 1,
    code: env!("RECUR_CODE_template"),
    determinism: Determinism::Portable,
    regime: Regime::Iterative,
    unused_settings: &[],
    parameters: PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

impl ModelPlugin for Walk {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        Some(Shape::of(setup).cost::<cell::GatedCell>(characters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(Trainer::new(Stack::new(Shape::of(setup), cell::GatedCell::default), setup)))
    }
}

#[test]
fn the_battery_passes() {
    for layers in [1, 2] {
        let params = Params::defaults(PARAMETERS)
            .with("hidden_size", ParamValue::Integer(8))
            .with("learning_rate", ParamValue::Real(0.01))
            .with("layers", ParamValue::Integer(layers));
        recur_testkit::check_model(&Walk, params).assert_passed(60);
    }
}
