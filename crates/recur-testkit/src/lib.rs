//! The battery that every model must pass.
//!
//! [`check_model`] trains a plugin's models on a few made-up texts that are easy to distinguish, and holds them to all
//! that the plugin contract says of gradients, bits, weights, log-probabilities and odd texts. A crate of models calls
//! it in its tests:
//!
//! ```text
//! check_model(&MY_MODEL, Params::defaults(MY_MODEL.parameters())).assert_passed(60);
//! ```
//!
//! A check that does not concern a model is skipped with its reason, one that could do only a part of its work says what
//! it left out, and the number given to [`Battery::assert_passed`] says how many must have run, so that no skip goes
//! unseen. [`other_libm::other_libm_in_test`] is a check more, of a model graded `portable`. `recur check-model ID` runs the same checks from the command line.

pub mod battery;
mod battery_json;
pub mod bench;
mod checks;
pub mod coverage;
mod crowd;
mod data;
mod digest;
mod epochs;
pub mod examples;
pub mod other_libm;
mod pool;
pub mod processes;
mod reference;
pub mod samples;

pub use battery::{Battery, Check, Outcome};
pub use bench::Bench;
pub use checks::all as checks;
pub use crowd::Crowd;
pub use data::data;
pub use digest::digest;

use recur_core::model::ModelPlugin;
use recur_core::params::Params;
use recur_core::settings::TrainingSettings;

/// Runs every check on `plugin` with `params`; iterative models are trained as [`bench::training`] says.
pub fn check_model(plugin: &'static dyn ModelPlugin, params: Params) -> Battery {
    check_model_trained(plugin, params, bench::training())
}

/// Runs every check on `plugin`, with the training of iterative models chosen by the caller.
pub fn check_model_trained(plugin: &'static dyn ModelPlugin, params: Params, training: TrainingSettings) -> Battery {
    check_model_observed(&Bench::new(plugin, params, training), &mut |_, _| {})
}

/// Runs every check on `bench`; `observe` gets each before it runs (without an outcome) and after.
pub fn check_model_observed(bench: &Bench, observe: &mut dyn FnMut(&Check, Option<&Outcome>)) -> Battery {
    Battery::run(bench, &checks::all(), observe)
}
