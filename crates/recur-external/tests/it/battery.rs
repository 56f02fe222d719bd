//! The example plugins keep the plugin contract, like every model of recur.

use crate::python::{copied, edit, example, module_is_there, python_is_there};
use recur_core::params::{ParamValue, Params};
use recur_core::registry::Deferred as _;
use recur_core::settings::TrainingSettings;
use recur_external::ExternalModel;
use recur_testkit::bench::{SEED, training};
use recur_testkit::examples::learnable;
use recur_testkit::{Bench, check_model, check_model_observed};

fn check(id: &str, min_checks: usize) {
    check_with(id, &[], min_checks);
}

fn check_with(id: &str, changed: &[(&str, i64)], min_checks: usize) {
    if !python_is_there() {
        return;
    }
    let plugin = example(id).load().unwrap();
    let defaults = Params::defaults(plugin.about().parameters);
    let params = changed.iter().fold(defaults, |params, (name, n)| params.with(name, ParamValue::Integer(*n)));
    check_model(plugin, params).assert_passed(min_checks);
}

/// Without `reuse` every model is a process of its own.
#[test]
fn few_processes_are_started_where_each_serves_one_model() {
    if !python_is_there() {
        return;
    }
    for id in ["letters", "letter_counts"] {
        let (_folder, copy) = copied(id);
        edit(&copy.join("plugin.yaml"), "reuse: true", "reuse: false");
        let plugin = ExternalModel::in_folder(&copy).load().unwrap();
        let bench = Bench::new(plugin, Params::defaults(plugin.about().parameters), training());
        check_model_observed(&bench, &mut |_, _| {}).assert_passed(45);
        let started = bench.n_built().expect("a process is slow to start");
        assert!(started <= 20, "{id}: {started} processes were started");
    }
}

/// The step divides by the sum of weights, so a common factor changes nothing; the losses are unweighted.
#[test]
fn letters_heeds_class_weights_as_models_of_recur_do() {
    if !python_is_there() {
        return;
    }
    let plugin = example("letters").load().unwrap();
    let of_one_batch = TrainingSettings { batch_size: 1000, ..training() };
    let bench = Bench::new(plugin, Params::defaults(plugin.about().parameters), of_one_batch).for_epochs(2);
    let trained = |weights: [f32; 3]| {
        let trained = bench.with_class_weights(weights).train(SEED, &learnable()).unwrap();
        (trained.model.weights(), trained.losses)
    };
    let [even, weighed, eightfold] = [[1.0; 3], [1.0, 2.0, 0.5], [8.0, 16.0, 4.0]].map(trained);
    assert_eq!(weighed, eightfold);
    assert_eq!(even.1[0], weighed.1[0], "before the first step");
    assert!(even.0 != weighed.0 && even.1[1] != weighed.1[1]);
}

/// Naive Bayes that declares that it heeds class weights: held to it, and passes once it does.
#[test]
fn a_model_that_learns_in_one_go_is_held_to_the_class_weights_that_it_declares() {
    if !python_is_there() {
        return;
    }
    let (_folder, home) = copied("letter_counts");
    edit(&home.join("plugin.yaml"), "regime: one_shot\n", "regime: one_shot\nused_settings: [class_weights]\n");
    let battery = || {
        let plugin = ExternalModel::in_folder(&home).load().unwrap();
        check_model(plugin, Params::defaults(plugin.about().parameters))
    };
    let ignores_them = battery();
    let failed: Vec<&str> = ignores_them.failures().map(|(name, _)| name).collect();
    assert_eq!(failed, ["labels_weigh_what_they_are_said_to"], "{ignores_them}");
    let program = home.join("letter_counts.py");
    edit(&program, "self.texts = [], []", "self.texts, self.weigh = [], [], setup.class_weights");
    edit(&program, "[label] += 1", "[label] += self.weigh[label]");
    edit(&program, "[token] += 1", "[token] += self.weigh[label]");
    edit(&program, "array(\"q\"", "array(\"d\"");
    battery().assert_passed(46);
}

#[test]
fn letters_passes() {
    check("letters", 59);
}

#[test]
fn letter_counts_passes() {
    check("letter_counts", 46);
}

#[test]
fn hashed_ngrams_passes() {
    // Small, as plain Python is slow.
    check_with("hashed_ngrams", &[("dimensions", 4), ("buckets", 200), ("longest", 2)], 46);
}

#[test]
fn byte_encoder_passes() {
    check("byte_encoder", 46);
}

#[test]
fn sklearn_bayes_passes() {
    if module_is_there("sklearn") {
        check("sklearn_bayes", 45);
    }
}
