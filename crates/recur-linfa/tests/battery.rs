//! The baselines keep the plugin contract, with every kind of feature they have.

use recur_core::model::ModelPlugin;
use recur_core::params::{ParamValue, Params};
use recur_linfa::{LINFA_LOGISTIC, LINFA_NAIVE_BAYES, NGRAM_BAYES, NGRAM_LOGISTIC, PLUGINS};
use recur_testkit::check_model;

/// All but the 18 checks that concern step-by-step models, and that of the cost for a model that does not know it.
const MIN_CHECKS: usize = 46;

fn check(plugin: &'static dyn ModelPlugin, changed: &[(&str, ParamValue)]) {
    let defaults = Params::defaults(plugin.about().parameters);
    let params = changed.iter().fold(defaults, |params, (name, value)| params.with(name, value.clone()));
    check_model(plugin, params).assert_passed(MIN_CHECKS);
}

#[test]
fn defaults_pass() {
    PLUGINS.iter().for_each(|plugin| check(*plugin, &[]));
}

#[test]
fn counts_pass() {
    for plugin in [&LINFA_LOGISTIC as &'static dyn ModelPlugin, &NGRAM_LOGISTIC] {
        check(plugin, &[("weighting", ParamValue::Text("counts".to_owned()))]);
    }
}

#[test]
fn five_character_ngrams_pass() {
    PLUGINS.iter().for_each(|plugin| check(*plugin, &[("ngrams", ParamValue::IntegerPair(2, 5))]));
}

#[test]
fn few_ngrams_pass() {
    PLUGINS.iter().for_each(|plugin| check(*plugin, &[("max_ngrams", ParamValue::Integer(12))]));
}

#[test]
fn no_penalty_and_many_iterations_pass() {
    let changed = [("l2", ParamValue::Real(0.0)), ("max_iterations", ParamValue::Integer(300))];
    check(&LINFA_LOGISTIC, &changed);
}

#[test]
fn rare_ngrams_and_a_small_penalty_pass() {
    let changed = [
        ("min_texts", ParamValue::Integer(1)),
        ("l2", ParamValue::Real(1e-2)),
        ("tolerance", ParamValue::Real(1e-6)),
        ("max_epochs", ParamValue::Integer(3000)),
    ];
    check(&NGRAM_LOGISTIC, &changed);
}

#[test]
fn the_least_smoothing_passes() {
    for plugin in [&LINFA_NAIVE_BAYES as &'static dyn ModelPlugin, &NGRAM_BAYES] {
        check(plugin, &[("smoothing", ParamValue::Real(1e-6))]);
    }
}
