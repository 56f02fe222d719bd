//! A right spec with one mistake: its place, what was found, and what is expected.

use crate::{parse, parse_with};

const SPEC: &str = "\
# Which family tells best what language a name comes from?
recur: 1
name: small
seed: 5
data: {source: names.csv}
training: {epochs: 3, batch_size: 8}
models:
  - use: linfa_logistic
  - use: manual_rnn
    sweep: {learning_rate: [0.01, 0.02]}
  - use: stacked_rnn
sweep: {hidden_size: [6]}
replicates: 2
report: {baseline: linfa_logistic}
";

/// Changes `from` to `to` in the spec.
#[track_caller]
fn check(from: &str, to: &str, place: &str, parts: &[&str]) {
    assert!(SPEC.contains(from) && parse(SPEC).is_ok(), "{from}");
    let errors = parse(SPEC.replace(from, to)).expect_err("it is refused");
    assert_eq!(errors.errors.len(), 1, "{errors}");
    let text = errors.to_string();
    for part in [&[format!("x.yaml:{place}: ").as_str()], parts].concat() {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[test]
fn a_typo_is_reported_with_the_nearest_key() {
    check("batch_size", "batchsize", "6:23", &["unknown key `batchsize`", "did you mean `batch_size`"]);
}

#[test]
fn a_wrong_type_is_reported() {
    check("epochs: 3", "epochs: three", "6:20", &["`training.epochs`", "whole number", "got"]);
}

#[test]
fn zero_epochs_from_random_weights_are_refused() {
    check(
        "epochs: 3",
        "epochs: 0",
        "6:20",
        &["`manual_rnn`, `stacked_rnn` start from random weights", "`weights: FILE`"],
    );
}

#[test]
fn a_negative_size_is_refused() {
    check("hidden_size: [6]", "hidden_size: [6, -1]", "12:26", &["whole number from 1 to 4096", "got -1"]);
}

#[test]
fn an_empty_sweep_list_is_refused() {
    check("hidden_size: [6]", "hidden_size: []", "12:22", &["hidden_size"]);
}

#[test]
fn an_unknown_model_is_reported_with_the_nearest() {
    check("stacked_rnn", "stacked_rn", "11:10", &["unknown model `stacked_rn`", "did you mean `stacked_rnn`"]);
}

#[test]
fn a_model_listed_twice_is_refused() {
    check("stacked_rnn", "manual_rnn", "11:10", &["model `manual_rnn` is listed twice, first at"]);
}

#[test]
fn an_alias_bomb_is_refused_at_once() {
    let level = |n: u32| format!("  l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 10].join(", "));
    let bomb = format!("sweep:\n  l0: &l0 [1]\n{}", (1..9).map(level).collect::<String>());
    check("sweep: {hidden_size: [6]}\n", &bomb, "13:7", &["anchor"]);
}

#[test]
fn all_errors_come_at_once() {
    let spec = SPEC.replace("epochs: 3", "epochs: 0").replace("replicates", "replicate");
    let text = parse_with(spec, &["seed=x"]).unwrap_err().to_string();
    for part in ["x.yaml:6:20", "x.yaml:13:1", "--set seed=x", "3 errors"] {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}
