//! Axes: lists and ranges.

use crate::{least, parse, reported};
use recur_core::params::ParamValue;

/// The values of the first axis of the least spec with `sweep`.
fn values(sweep: &str) -> Vec<ParamValue> {
    parse(least(&format!("sweep: {sweep}\n"))).unwrap().models[0].grids[0][0].listed().to_vec()
}

fn reals(values: &[f64]) -> Vec<ParamValue> {
    values.iter().copied().map(ParamValue::Real).collect()
}

fn integers(values: &[i64]) -> Vec<ParamValue> {
    values.iter().copied().map(ParamValue::Integer).collect()
}

#[test]
fn ranges_of_a_number_have_exact_ends() {
    assert_eq!(values("{learning_rate: {log: {from: 0.001, to: 0.1, steps: 3}}}"), reals(&[0.001, 0.01, 0.1]));
    assert_eq!(values("{learning_rate: {linear: {from: 0.1, to: 0.3, steps: 3}}}"), reals(&[0.1, 0.2, 0.3]));
}

#[test]
fn ranges_of_a_whole_number_are_rounded() {
    assert_eq!(values("{hidden_size: {log: {from: 8, to: 128, steps: 5}}}"), integers(&[8, 16, 32, 64, 128]));
    assert_eq!(values("{hidden_size: {linear: {from: 1, to: 4, steps: 3}}}"), integers(&[1, 3, 4]));
    assert_eq!(values("{hidden_size: {log: {from: 10, to: 100, steps: 4}}}"), integers(&[10, 22, 46, 100]));
}

#[test]
fn a_range_may_fall() {
    assert_eq!(values("{hidden_size: {linear: {from: 9, to: 3, steps: 3}}}"), integers(&[9, 6, 3]));
}

#[test]
fn a_whole_number_in_a_list_of_numbers_is_a_number() {
    assert_eq!(values("{learning_rate: [1, 0.5]}"), reals(&[1.0, 0.5]));
}

#[test]
fn an_axis_of_pairs_is_a_list_of_lists() {
    let text =
        "recur: 1\nname: x\ndata: {source: a}\nmodels: [{use: linfa_logistic, sweep: {ngrams: [[1, 2], [1, 3]]}}]\n";
    let pairs = [ParamValue::IntegerPair(1, 2), ParamValue::IntegerPair(1, 3)];
    assert_eq!(parse(text).unwrap().models[0].grids[0][0].listed(), pairs);
}

#[test]
fn wrong_axes_are_reported() {
    insta::assert_snapshot!(reported(
        "recur: 1
name: axes
data: {source: a}
models:
  - use: linfa_logistic
    sweep:
      max_ngrams: []
      ngrams: [1, 3]
      l2: [1, 2, 1.0]
      binary: [true, yes]
  - use: manual_rnn
    sweep:
      hidden_size: 64
      learning_rate: {logarithmic: {from: 1, to: 2, steps: 3}}
      activation: {linear: {from: 1, to: 2, steps: 2}}
  - use: stacked_rnn
    sweep:
      hidden_size: {linear: {from: 1, to: 2, steps: 3}}
      layers: {linear: {from: 0, to: 17, steps: 3}}
      learning_rate: {log: {from: 0.1, to: -1, steps: 2}, linear: {from: 1, to: 2, steps: 2}}
sweep:
  layers: {}
  l2: {log: {from: -1, to: 0, steps: 2}}
  binary:
"
    ));
}

#[test]
fn a_range_that_is_none_is_reported() {
    let got = "expected list of values, {log: {from, to, steps}} or {linear: {from, to, steps}}, got a mapping";
    for axis in ["{log: none}", "{linear:}", "{log: , linear: none}", "{}"] {
        let errors = reported(least(&format!("sweep: {{hidden_size: {axis}}}\n")));
        assert!(errors.contains(&format!("`sweep.hidden_size`: {got}")), "{axis}: {errors}");
    }
    let range = values("{hidden_size: {log: none, linear: {from: 1, to: 2, steps: 2}}}");
    assert_eq!(range, integers(&[1, 2]));
}

#[test]
fn a_flood_of_values_is_refused() {
    let values: Vec<String> = (1..=1001).map(|n| n.to_string()).collect();
    let errors = parse(least(&format!("sweep: {{hidden_size: [{}]}}\n", values.join(",")))).unwrap_err();
    assert!(errors.to_string().contains("axis `sweep.hidden_size` has 1001 values, expected 1 to 1000"), "{errors}");
}
