//! Where the walk of `docs/adding-a-model.md` ends: the template with a gated cell instead of its network. Compiled and
//! tested like a model, but none.

mod cell;

use crate::stack::{self, Shape};
use recur_core::model::{Condition, Cost, Declaration, Model, ModelError, ModelPlugin, Setup};
use recur_core::params::{ParamValue, Params};

/// The plugin.
struct Walk;

const ABOUT: Declaration = Declaration {
    id: "walk",
    summary: "a recurrent cell with one gate",
    description: "A cell with one gate.\n",
    version: 1,
    code: env!("RECUR_CODE_template"),
    source_file: file!(),
    ..stack::ABOUT
};

impl ModelPlugin for Walk {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn conditions(&self) -> &'static [Condition] {
        stack::CONDITIONS
    }

    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        Some(Shape::of(setup).cost::<cell::GatedCell>(characters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        Ok(stack::model(setup, cell::GatedCell::default))
    }
}

#[test]
fn the_battery_passes() {
    for layers in [1, 2] {
        let params = Params::defaults(ABOUT.parameters)
            .with("hidden_size", ParamValue::Integer(8))
            .with("learning_rate", ParamValue::Real(0.01))
            .with("layers", ParamValue::Integer(layers));
        recur_testkit::check_model(&Walk, params).assert_passed(60);
    }
}
