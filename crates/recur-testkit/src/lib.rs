//! The battery that every model must pass.
//!
//! [`check_model`] trains a plugin's models on a few made-up names that are easy to tell apart, and holds them to all
//! that the plugin contract says of bits, weights, log-probabilities and odd names. A crate of models calls it in its
//! tests:
//!
//! ```text
//! check_model(&MY_MODEL, Params::defaults(MY_MODEL.parameters())).assert_passed(21);
//! ```
//!
//! A check that does not concern a model is skipped with its reason, and the number given to
//! [`Battery::assert_passed`] says how many must have run, so that no skip goes unseen.

pub mod battery;
pub mod bench;
mod checks;
mod crowd;
pub mod names;

pub use battery::{Battery, Outcome};
pub use bench::Bench;
pub use crowd::Crowd;

use recur_core::model::ModelPlugin;
use recur_core::params::Params;
use recur_core::settings::TrainingSettings;

/// Runs every check on `plugin` with `params`; iterative models are trained as [`bench::training`] says.
pub fn check_model(plugin: &'static dyn ModelPlugin, params: Params) -> Battery {
    check_model_trained(plugin, params, bench::training())
}

/// Runs every check on `plugin`, with the training of iterative models chosen by the caller.
pub fn check_model_trained(plugin: &'static dyn ModelPlugin, params: Params, training: TrainingSettings) -> Battery {
    let bench = Bench::new(plugin, params, training);
    Battery::run(plugin.id(), &bench, &checks::all())
}
