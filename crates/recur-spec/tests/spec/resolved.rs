//! The resolved spec.

use crate::{least, parse, parse_with, typos::FULL};
use proptest::prelude::*;

fn check(text: &str) {
    let spec = parse(text).unwrap();
    let resolved = spec.resolved_yaml();
    let again = parse(&resolved).unwrap_or_else(|errors| panic!("{errors}\n{resolved}"));
    assert_eq!(again.plan(), spec.plan(), "{resolved}");
    assert_eq!(again.resolved_yaml(), resolved);
}

#[test]
fn every_default_is_written_out() {
    insta::assert_snapshot!(parse(least("")).unwrap().resolved_yaml());
}

#[test]
fn every_axis_is_written_out_with_its_model() {
    insta::assert_snapshot!(parse(FULL).unwrap().resolved_yaml());
}

#[test]
fn a_resolved_spec_makes_the_same_plan() {
    check(FULL);
    check(&least(""));
    check(&least(
        "training: {steps: 7, optimizer: {name: sgd, momentum: 0.1, clip_norm: 1e-300}, early_stopping: {}}\n",
    ));
    check(
        "recur: 1\nname: x\ndata: {source: a}\nmodels:\n  - {use: stacked_rnn, sweep: {layers: [2, 1]}}\n  - use: manual_rnn\n\
        sweep: {hidden_size: [3], learning_rate: {log: {from: 1e-7, to: 0.3, steps: 4}}}\n",
    );
}

#[test]
fn an_override_is_part_of_the_resolved_spec() {
    let resolved = parse_with(least(""), &["training.epochs=4"]).unwrap().resolved_yaml();
    assert!(resolved.contains("\n  epochs: 4\n"), "{resolved}");
}

proptest! {
    #[test]
    fn text_and_numbers_survive_the_way_through_yaml(
        source in "[\\PC--[\u{2028}\u{2029}]]{1,200}",
        column in prop_oneof!["[-0-9a-z:#'\"&*!|>%@~ .]{1,6}", Just("no".to_owned()), Just("0o17".to_owned()), Just("1e5".to_owned()), Just(".5".to_owned())],
        alphabet in "[\\PC--[\u{2028}\u{2029}]\u{feff}\u{ffff}]{1,12}",
        seed: u64,
        epsilon in prop::num::f64::POSITIVE,
        rate in 1e-300_f64..10.0,
    ) {
        let mut spec = parse(least("training: {optimizer: {clip_norm: 1}}\n    \n")).unwrap();
        spec.data.source = source;
        spec.data.label_column = column;
        spec.data.text.alphabet = Some(alphabet);
        spec.seed = seed;
        spec.training.clip_norm = Some(epsilon);
        spec.models[0].params = spec.models[0].params.clone().with("learning_rate", recur_core::params::ParamValue::Real(rate));
        let resolved = spec.resolved_yaml();
        match parse(&resolved) {
            Ok(again) => prop_assert_eq!(again.plan(), spec.plan(), "{}", resolved),
            Err(errors) => prop_assert!(false, "{}\n{}", errors, resolved),
        }
    }
}
