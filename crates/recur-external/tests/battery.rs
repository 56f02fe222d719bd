//! The example plugins keep the plugin contract, like every model of recur.

mod python;

use python::{example, python_is_there};
use recur_core::model::ModelPlugin as _;
use recur_core::params::{ParamValue, Params};
use recur_testkit::check_model;

fn check(id: &str, changed: &[(&str, ParamValue)], min_checks: usize) {
    if !python_is_there() {
        return;
    }
    let plugin = example(id);
    plugin.check().unwrap();
    let params = Params::defaults(plugin.parameters());
    let params = changed.iter().fold(params, |params, (name, value)| params.with(name, value.clone()));
    check_model(plugin, params).assert_passed(min_checks);
}

#[test]
fn letters_passes() {
    check("letters", &[], 23);
}

#[test]
fn letters_without_ends_passes() {
    check("letters", &[("ends", ParamValue::Boolean(false))], 23);
}

#[test]
fn letter_counts_passes() {
    check("letter_counts", &[], 21);
}
