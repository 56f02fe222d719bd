//! Every network keeps the plugin contract, with every option it declares.

use recur_core::model::ModelPlugin;
use recur_core::params::{ParamKind, ParamValue, Params};
use recur_models::PLUGINS;
use recur_testkit::check_model;

/// All but the check that concerns one-shot models, that of settings that are declared unused, and the three of dropout.
const MIN_CHECKS: usize = 60;

/// Those of dropout.
const OF_DROPOUT: usize = 3;

/// Small and quick to learn, where a model declares the parameter.
const QUICK: [(&str, ParamValue); 4] = [
    ("hidden_size", ParamValue::Integer(8)),
    ("filters", ParamValue::Integer(8)),
    ("inner_size", ParamValue::Integer(16)),
    ("learning_rate", ParamValue::Real(0.01)),
];

fn declares(plugin: &dyn ModelPlugin, name: &str) -> bool {
    plugin.about().parameters.iter().any(|spec| spec.name == name)
}

fn check(plugin: &'static dyn ModelPlugin, changed: &[(&str, ParamValue)]) {
    let mut params = Params::defaults(plugin.about().parameters);
    for (name, value) in QUICK.iter().filter(|(name, _)| declares(plugin, name)).chain(changed) {
        let spec = plugin.about().parameters.iter().find(|spec| spec.name == *name);
        let spec = spec.unwrap_or_else(|| panic!("{} does not declare {name}", plugin.about().id));
        params = params.with(name, spec.check(value).unwrap());
    }
    let of_dropout = if declares(plugin, "dropout") { OF_DROPOUT } else { 0 };
    check_model(plugin, params).assert_passed(MIN_CHECKS + of_dropout);
}

/// Checks each model that declares all parameters of `changed`; says which did.
fn check_where_declared(changed: &[(&str, ParamValue)]) -> Vec<&'static str> {
    let declare_all = |plugin: &&&dyn ModelPlugin| changed.iter().all(|(name, _)| declares(**plugin, name));
    let plugins: Vec<_> = PLUGINS.iter().filter(declare_all).collect();
    plugins.iter().for_each(|plugin| check(**plugin, changed));
    plugins.iter().map(|plugin| plugin.about().id).collect()
}

#[test]
fn every_model_passes_with_its_other_defaults() {
    assert_eq!(check_where_declared(&[]).len(), PLUGINS.len());
}

#[test]
fn every_model_passes_with_every_word_of_its_choices() {
    let mut n_checked = 0;
    for plugin in PLUGINS {
        for spec in plugin.about().parameters {
            let ParamKind::Choice(words) = spec.kind else { continue };
            for word in words {
                check(*plugin, &[(spec.name, ParamValue::Text((*word).to_owned()))]);
                n_checked += 1;
            }
        }
    }
    assert!(n_checked >= 4, "the activations of manual_rnn and stacked_rnn at the least");
}

#[test]
fn layered_models_pass_with_two_layers() {
    assert!(check_where_declared(&[("layers", ParamValue::Integer(2))]).contains(&"stacked_rnn"));
}

#[test]
fn two_layers_of_relu_pass() {
    let relu = ("nonlinearity", ParamValue::Text("relu".to_owned()));
    assert!(check_where_declared(&[("layers", ParamValue::Integer(2)), relu]).contains(&"stacked_rnn"));
}

#[test]
fn layered_models_pass_in_both_directions() {
    let both = ("bidirectional", ParamValue::Boolean(true));
    let (two, dropout) = (("layers", ParamValue::Integer(2)), ("dropout", ParamValue::Real(0.2)));
    let (max, embedding) = (("pooling", ParamValue::Text("max".to_owned())), ("embedding", ParamValue::Integer(6)));
    assert_eq!(check_where_declared(&[both.clone(), two, dropout]), ["gru", "lstm", "stacked_rnn"]);
    assert_eq!(check_where_declared(&[both, max, embedding]), ["gru", "lstm", "stacked_rnn"]);
}

#[test]
fn convolutions_pass_with_dropout() {
    let (narrow, dropout) = (("widths", ParamValue::IntegerPair(1, 2)), ("dropout", ParamValue::Real(0.2)));
    assert_eq!(check_where_declared(&[narrow, dropout]), ["char_cnn"]);
}

#[test]
fn convolutions_beside_ngrams_pass() {
    let (buckets, dropout) = (("ngram_buckets", ParamValue::Integer(64)), ("ngram_dropout", ParamValue::Real(0.0)));
    assert_eq!(check_where_declared(&[buckets.clone(), dropout]), ["char_cnn"]);
    let dropout = ("ngram_dropout", ParamValue::Real(0.3));
    assert_eq!(check_where_declared(&[buckets, dropout]), ["char_cnn"]);
}

#[test]
fn layered_models_pass_with_dropout() {
    let dropout = ("dropout", ParamValue::Real(0.2));
    let layered = ["gru", "lstm", "stacked_rnn", "transformer"];
    assert_eq!(check_where_declared(&[("layers", ParamValue::Integer(2)), dropout]), layered);
}
