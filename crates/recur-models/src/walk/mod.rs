//! Where the walk of `docs/adding-a-model.md` ends: the template with a gated cell in place of its network. Compiled and
//! tested like a model, but none.

mod cell;

use crate::stack::{DROPOUT, HIDDEN_SIZE, LAYERS, LEARNING_RATE, Shape, Stack};
use crate::trainer::Trainer;
use recur_core::model::{Cost, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamSpec, ParamValue, Params};

/// The plugin.
struct Walk;

const PARAMETERS: &[ParamSpec] = &[HIDDEN_SIZE, LAYERS, DROPOUT, LEARNING_RATE];

impl ModelPlugin for Walk {
    fn id(&self) -> &'static str {
        "walk"
    }

    fn summary(&self) -> &'static str {
        "a recurrent cell with one gate"
    }

    fn description(&self) -> &'static str {
        "A cell with one gate.\n"
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

    fn cost(&self, setup: &Setup<'_>, letters: u64) -> Option<Cost> {
        Some(Shape::of(setup).cost::<cell::GatedCell>(letters))
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
        recur_testkit::check_model(&Walk, params).assert_passed(47);
    }
}
