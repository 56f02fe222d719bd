//! The plugin contract.

use super::LetterNet;
use recur_core::model::ModelPlugin;
use recur_core::params::{ParamValue, Params};
use recur_testkit::check_model;

#[test]
fn the_battery_passes() {
    let params = Params::defaults(LetterNet.about().parameters);
    check_model(&LetterNet, params.with("learning_rate", ParamValue::Real(0.01))).assert_passed(60);
}
