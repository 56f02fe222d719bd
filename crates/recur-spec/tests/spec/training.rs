//! Axes over settings of `training`, and what a model says of its own training.

use crate::{least, parse, parse_with, reported};
use recur_core::plan::Plan;
use recur_core::settings::{EarlyStopping, Optimizer, TrainingLength};
use std::collections::BTreeSet;

fn plan(more: &str) -> Plan {
    let spec = parse(least(more)).unwrap_or_else(|errors| panic!("{errors}"));
    let resolved = spec.resolved_yaml();
    let again = parse(&resolved).unwrap_or_else(|errors| panic!("{errors}\n{resolved}"));
    assert_eq!(again.plan().configurations, spec.plan().configurations, "{resolved}");
    for (index, configuration) in spec.plan().configurations.iter().enumerate() {
        let alone = spec.of_trial(configuration, 0).resolved_yaml();
        let alone = parse(&alone).unwrap_or_else(|errors| panic!("{errors}\n{alone}")).plan();
        let [only] = &alone.configurations[..] else { panic!("{index}: {alone:?}") };
        assert_eq!(
            (alone.training_of(only), &only.params),
            (spec.plan().training_of(configuration), &configuration.params),
            "{index}"
        );
    }
    spec.plan()
}

fn titles(more: &str) -> Vec<String> {
    plan(more).configurations.iter().map(|configuration| configuration.title()).collect()
}

#[test]
fn settings_are_swept_like_parameters_and_with_them() {
    let more = "sweep: {training.batch_size: [16, 64], hidden_size: [8, 9], training.schedule: [cosine]}\n";
    let expected = [(16, 8), (16, 9), (64, 8), (64, 9)];
    let title = |(size, hidden): (u32, u32)| format!("manual_rnn(training.batch_size={size}, hidden_size={hidden})");
    assert_eq!(titles(more), expected.map(title));
    let plan = plan(more);
    let found: Vec<_> =
        plan.configurations.iter().map(|c| (plan.training_of(c).batch_size, c.params.size("hidden_size"))).collect();
    assert_eq!(found, [(16, 8), (16, 9), (64, 8), (64, 9)]);
    assert!(
        plan.configurations.iter().all(|c| plan.training_of(c).schedule != plan.training.schedule),
        "one value is one value"
    );
    let ids: BTreeSet<String> = plan.configurations.iter().map(|c| format!("{:?}", c.training)).collect();
    assert_eq!(ids.len(), 2);
}

#[test]
fn every_kind_of_setting_is_swept_by_the_path_that_set_uses() {
    for (path, values) in [
        ("epochs", "[1, 2]"),
        ("epochs", "{log: {from: 1, to: 100, steps: 3}}"),
        ("steps", "[20, 30]"),
        ("batch_size", "{linear: {from: 8, to: 16, steps: 2}}"),
        ("sampling", "[shuffle, class_balanced]"),
        ("schedule", "[constant, cosine]"),
        ("class_weights", "[none, balanced]"),
        ("warmup", "[0, 0.1]"),
        ("label_smoothing", "[0, 0.1, 0.5]"),
        ("optimizer.name", "[adam, sgd, adamw]"),
        ("optimizer.beta1", "[0, 0.5]"),
        ("optimizer.epsilon", "[1e-8, 1]"),
        ("optimizer.clip_norm", "[none, 1, 2.5]"),
        ("early_stopping.patience", "[1, 3]"),
        ("early_stopping.metric", "[validation_loss, validation_accuracy]"),
    ] {
        let swept = plan(&format!("sweep: {{training.{path}: {values}}}\n"));
        assert!(swept.configurations.len() > 1, "{path}");
        for configuration in &swept.configurations {
            let value = configuration.swept_values().next().unwrap().1;
            let set = format!("training.{path}={value}");
            let alone = parse_with(least(""), &[&set]).unwrap_or_else(|errors| panic!("{set}: {errors}"));
            assert_eq!(&alone.training, swept.training_of(configuration), "{set}");
        }
    }
}

#[test]
fn another_optimizer_brings_its_own_settings() {
    let more = "training: {optimizer: {name: adam, beta1: 0.8, clip_norm: 2}}\n\
                sweep: {training.optimizer.name: [adam, sgd]}\n";
    let plan = plan(more);
    let trainings = plan.configurations.iter().map(|c| plan.training_of(c));
    let optimizers: Vec<_> = trainings.map(|training| (training.optimizer, training.clip_norm)).collect();
    let Optimizer::Adam { beta2, epsilon, .. } = Optimizer::ADAM else { panic!("adam") };
    assert_eq!(optimizers, [(Optimizer::Adam { beta1: 0.8, beta2, epsilon }, Some(2.0)), (Optimizer::SGD, Some(2.0))]);
}

#[test]
fn what_two_optimizers_share_stays_where_one_takes_the_place_of_the_other() {
    let optimizers = |more: &str| {
        let plan = self::plan(more);
        plan.configurations.iter().map(|c| plan.training_of(c).optimizer).collect::<Vec<_>>()
    };
    let Optimizer::AdamW { beta2, epsilon, .. } = Optimizer::ADAMW else { panic!("adamw") };
    let adam = Optimizer::Adam { beta1: 0.8, beta2, epsilon };
    let adamw = |weight_decay| Optimizer::AdamW { beta1: 0.8, beta2, epsilon, weight_decay };
    let sweep = "sweep: {training.optimizer.name: [adam, adamw, sgd]}\n";
    let more = format!("training: {{optimizer: {{beta1: 0.8}}}}\n{sweep}");
    assert_eq!(optimizers(&more), [adam, adamw(0.01), Optimizer::SGD]);
    let more = format!("training: {{optimizer: {{name: adamw, beta1: 0.8, weight_decay: 0.5}}}}\n{sweep}");
    assert_eq!(optimizers(&more), [adam, adamw(0.5), Optimizer::SGD]);
    let more =
        "training: {optimizer: {name: adamw, beta1: 0.8}}\nsweep: {training.optimizer.weight_decay: [0, 0.25]}\n";
    assert_eq!(optimizers(more), [adamw(0.0), adamw(0.25)]);
}

#[test]
fn wrong_values_of_decay_warm_up_and_smoothing_are_reported() {
    let training = |settings: &str| reported(least(&format!("training: {{{settings}}}\n")));
    insta::assert_snapshot!(
        [
            training("optimizer: {weight_decay: 0.1}"),
            training("optimizer: {name: sgd, beta1: 0.5}"),
            training("optimizer: {name: adamw, weight_decay: -0.1}"),
            training("weight_decay: 0.1"),
            training("epochs: 5, warmup: 500"),
            training("label_smoothing: 1"),
            reported(least("sweep: {training.warmup: [0, 1]}\n")),
            reported(least("sweep: {training.optimizer.weight_decay: [0, 0.1]}\n")),
        ]
        .join("\n\n")
    );
}

#[test]
fn a_model_says_what_differs_in_its_training() {
    let more = "training: {steps: 100, early_stopping: {patience: 2}}\n".to_owned();
    let models = "models:
  - use: manual_rnn
    training: {epochs: 3, early_stopping: none, batch_size: 8}
  - use: stacked_rnn
    sweep: {training.early_stopping.patience: [1, 2]}
sweep: {training.batch_size: [16, 32]}
";
    let plan = plan(&more);
    assert_eq!(plan.training_of(&plan.configurations[0]).early_stopping.map(|stopping| stopping.patience), Some(2));
    let text = format!("recur: 1\nname: own\ndata: {{source: names.csv}}\n{more}{models}");
    let spec = parse(&text).unwrap_or_else(|errors| panic!("{errors}"));
    let plan = spec.plan();
    let all = &plan.configurations;
    let trainings: Vec<_> = all.iter().map(|c| plan.training_of(c)).collect();
    assert_eq!(all.len(), 1 + 4);
    assert_eq!((trainings[0].length, trainings[0].batch_size), (TrainingLength::Epochs(3), 8));
    assert_eq!((trainings[0].early_stopping, all[0].title()), (None, "manual_rnn".to_owned()));
    let stacked: Vec<_> = trainings[1..].iter().map(|own| (own.batch_size, own.early_stopping.unwrap())).collect();
    let with = |patience| EarlyStopping { patience, ..EarlyStopping::default() };
    assert_eq!(stacked, [(16, with(1)), (16, with(2)), (32, with(1)), (32, with(2))]);
    assert!(matches!(trainings[1].length, TrainingLength::Steps { steps: 100, .. }));
    assert_eq!(&parse(spec.resolved_yaml()).unwrap().plan().configurations, all, "{}", spec.resolved_yaml());
}

#[test]
fn models_are_not_multiplied_by_what_they_do_not_use() {
    let text = "recur: 1\nname: two\ndata: {source: names.csv}\nmodels: [{use: manual_rnn}, {use: linfa_logistic}]\n\
                sweep: {training.batch_size: [1, 2, 3]}\n";
    let all = parse(text).unwrap().plan().configurations;
    let count = |model: &str| all.iter().filter(|configuration| configuration.model == model).count();
    assert_eq!((count("manual_rnn"), count("linfa_logistic")), (3, 1));
}

#[test]
fn a_combination_that_means_nothing_is_reported_at_its_axis() {
    let sweep = |axes: &str| reported(least(&format!("sweep: {{{axes}}}\n")));
    insta::assert_snapshot!(
        [
            sweep("training.optimizer.name: [sgd, adam], training.optimizer.momentum: [0, 0.9]"),
            sweep("training.early_stopping.patience: [1, 2], training.epochs: [1, 2], training.steps: [3, 4]"),
            sweep("training.epochs: [0, 1]"),
        ]
        .join("\n\n")
    );
}

#[test]
fn wrong_axes_over_training_are_reported() {
    insta::assert_snapshot!(reported(
        "recur: 1
name: axes
data: {source: a}
training: {steps: 10, evaluate_every: 5}
models:
  - use: linfa_logistic
    training: {epochs: 3}
    sweep: {training.batch_size: [1, 2]}
  - use: manual_rnn
    training: {optimiser: sgd, batch_size: 0}
    sweep:
      training.optimizer.momentum: [0.5, 1]
      optimizer: [sgd]
      training.steps: [20, 2]
  - use: stacked_rnn
    sweep:
      training.optimizer.momentum: [0.5, 0.9]
sweep:
  batch_size: [1, 2]
  training.optimizer.nam: [sgd]
  training.schedule: {log: {from: 1, to: 2, steps: 2}}
  training.optimizer.clip_norm: [none, none]
  data.split.test: [0.1]
  training: {batch_size: [1]}
"
    ));
}
