//! The example plugins keep the plugin contract, like every model of recur.

use crate::python::{example, python_is_there};
use recur_core::params::Params;
use recur_core::registry::Deferred as _;
use recur_testkit::check_model;

fn check(id: &str, min_checks: usize) {
    if !python_is_there() {
        return;
    }
    let plugin = example(id).load().unwrap();
    check_model(plugin, Params::defaults(plugin.about().parameters)).assert_passed(min_checks);
}

#[test]
fn letters_passes() {
    check("letters", 46);
}

#[test]
fn letter_counts_passes() {
    check("letter_counts", 39);
}
