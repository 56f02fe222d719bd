//! The example plugins keep the plugin contract, like every model of recur.

use crate::python::{example, python_is_there};
use recur_core::params::Params;
use recur_core::registry::Deferred as _;
use recur_testkit::bench::training;
use recur_testkit::{Bench, check_model_observed};

/// At least so many checks run, and they start at most so many processes.
fn check(id: &str, min_checks: usize, most_started: usize) {
    if !python_is_there() {
        return;
    }
    let plugin = example(id).load().unwrap();
    let bench = Bench::new(plugin, Params::defaults(plugin.about().parameters), training());
    check_model_observed(&bench, &mut |_, _| {}).assert_passed(min_checks);
    let started = bench.n_built().expect("a process is slow to start");
    assert!(started <= most_started, "{started} processes were started");
}

#[test]
fn letters_passes() {
    check("letters", 58, 20);
}

#[test]
fn letter_counts_passes() {
    check("letter_counts", 45, 20);
}
