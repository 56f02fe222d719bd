//! Right specs and their plans.

use crate::{least, parse};
use recur_core::settings::TrainingLength;

/// The model, the swept parameters and the title of each configuration, one a line.
fn configurations(text: &str) -> String {
    let plan = parse(text).unwrap().plan();
    plan.configurations.iter().map(|c| format!("{} {:?}\n", c.title(), c.swept)).collect()
}

/// A plan as stable text.
fn shown(text: &str) -> String {
    format!("{:#?}", parse(text).unwrap().plan())
}

#[test]
fn the_least_spec_gets_every_default() {
    insta::assert_snapshot!(shown(&least("")));
}

#[test]
fn the_full_spec_means_what_it_says() {
    insta::assert_snapshot!(shown(crate::typos::FULL));
}

#[test]
fn shared_axes_multiply_only_the_models_that_declare_them() {
    let text = "recur: 1
name: layers
data: {source: names.csv}
models:
  - use: linfa_logistic
    params: {ngrams: [1, 3]}
  - use: manual_rnn
  - use: stacked_rnn
    sweep: {layers: [1, 2, 3]}
sweep:
  hidden_size: [64, 128]
  learning_rate: {log: {from: 0.001, to: 0.1, steps: 3}}
";
    insta::assert_snapshot!(configurations(text));
}

#[test]
fn a_models_own_value_or_axis_wins_over_a_shared_axis() {
    let models = "recur: 1
name: own
data: {source: names.csv}
models:
  - use: manual_rnn
    params: {hidden_size: 7}
  - use: stacked_rnn
    sweep: {hidden_size: [1, 2]}
sweep: {hidden_size: [64, 128], learning_rate: [0.1, 0.2]}
";
    insta::assert_snapshot!(configurations(models));
}

#[test]
fn an_axis_of_one_value_is_set_but_not_swept() {
    let plan = parse(least("sweep: {hidden_size: [32]}\n")).unwrap().plan();
    assert_eq!(plan.configurations.len(), 1);
    assert_eq!(plan.configurations[0].params.size("hidden_size"), 32);
    assert!(plan.configurations[0].swept.is_empty());
}

#[test]
fn weights_are_the_start_of_every_configuration_of_their_model() {
    let text = "recur: 1\nname: x\ndata: {source: a}\nmodels:\n  - {use: manual_rnn, weights: a/b.safetensors}\n  - use: stacked_rnn\n\
        sweep: {learning_rate: [0.1, 0.2]}\n";
    let plan = parse(text).unwrap().plan();
    let weights: Vec<Option<&str>> = plan.configurations.iter().map(|c| c.weights.as_deref()).collect();
    assert_eq!(weights, [Some("a/b.safetensors"), Some("a/b.safetensors"), None, None]);
}

#[test]
fn plan_of_a_model_without_axes_is_one_configuration() {
    assert_eq!(parse(least("")).unwrap().plan().n_trials(), 3);
}

#[test]
fn steps_are_scored_ten_times_by_default() {
    let length = |training: &str| parse(least(&format!("training: {training}\n"))).unwrap().training.length;
    assert_eq!(length("{steps: 95}"), TrainingLength::Steps { steps: 95, evaluate_every: 10 });
    assert_eq!(length("{steps: 3}"), TrainingLength::Steps { steps: 3, evaluate_every: 1 });
    assert_eq!(length("{steps: 95, evaluate_every: 50}"), TrainingLength::Steps { steps: 95, evaluate_every: 50 });
    assert_eq!(length("{epochs: none, steps: 95}"), length("{steps: 95}"));
    assert_eq!(length("{epochs: 4, steps: }"), TrainingLength::Epochs(4));
}

#[test]
fn an_empty_section_is_its_defaults() {
    assert_eq!(parse(least("training:\nsweep:\nreport:\nlimits:\n")).unwrap(), parse(least("")).unwrap());
}

#[test]
fn none_and_nothing_are_no_early_stopping() {
    for nothing in ["none", "null", "~", ""] {
        let text = least(&format!("training:\n  early_stopping: {nothing}\n  optimizer: {{clip_norm: {nothing}}}\n"));
        assert_eq!(parse(text).unwrap(), parse(least("")).unwrap(), "{nothing}");
    }
}

#[test]
fn early_stopping_without_keys_has_its_defaults() {
    let stopping = parse(least("training: {early_stopping: {}}\n")).unwrap().training.early_stopping.unwrap();
    assert_eq!((stopping.metric, stopping.patience), (recur_core::metric::Metric::Loss, 3));
}

#[test]
fn numbers_may_be_written_in_any_way_of_yaml() {
    let text = least("seed: 0x10\ntraining:\n  optimizer: {epsilon: .5, clip_norm: +5, beta1: 9e-1}\n");
    let spec = parse(text).unwrap();
    assert_eq!((spec.seed, spec.training.clip_norm), (16, Some(5.0)));
}

#[test]
fn shares_may_miss_one_by_rounding_alone() {
    assert!(
        parse(least("").replace("names.csv\n", "names.csv\n  split: {train: 0.7, validation: 0.2, test: 0.1}\n"))
            .is_ok()
    );
}

#[test]
fn layout_byte_order_mark_and_line_ends_do_not_matter() {
    let plain = least("seed: 5\n");
    let spec = parse(&plain).unwrap();
    assert_eq!(parse(format!("\u{feff}{plain}")).unwrap(), spec);
    assert_eq!(parse(plain.replace('\n', "\r\n")).unwrap(), spec);
    assert_eq!(parse(plain.replace('\n', "\r")).unwrap(), spec);
    assert_eq!(parse(format!("---\n{plain}...\n")).unwrap(), spec);
    assert_eq!(
        parse("{recur: 1, name: least, data: {source: names.csv}, models: [{use: manual_rnn}], seed: 5}").unwrap(),
        spec
    );
}

#[test]
fn as_many_trials_as_the_limit_are_allowed() {
    assert!(parse(least("replicates: 5\nlimits: {max_trials: 5}\n")).is_ok());
    assert!(parse(least("replicates: 6\nlimits: {max_trials: 5}\n")).is_err());
}
