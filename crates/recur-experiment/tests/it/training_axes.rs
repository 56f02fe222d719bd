//! Axes over settings of `training`: from the spec to the report.

use crate::pipeline::{experiment, lab_with, trials};
use recur_core::settings::{Optimizer, TrainingLength};
use std::collections::{BTreeMap, BTreeSet};

/// One swept setting for all, one for a model, and a model that learns in one go: 1 + 4 + 2 configurations.
const SPEC: &str = "\
recur: 1
name: small
seed: 5
data: {source: 'DATA'}
training: {epochs: 3, batch_size: 8}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    params: {hidden_size: 6}
    sweep: {training.optimizer.name: [adam, sgd]}
  - use: stacked_rnn
    params: {hidden_size: 6}
    training: {epochs: 2}
sweep: {training.batch_size: [4, 8]}
replicates: 2
";

#[test]
fn settings_are_swept_stored_analysed_and_reported_like_parameters() {
    let lab = lab_with(SPEC);
    let ran = experiment(&lab).unwrap();
    assert_eq!(trials(&lab).len(), 2 * (1 + 4 + 2));
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for outcome in &ran.outcomes {
        let Some(training) = &outcome.record.identity.training else { continue };
        let optimizer = if matches!(training.optimizer, Optimizer::Adam { .. }) { "adam" } else { "sgd" };
        let TrainingLength::Epochs(epochs) = training.length else { panic!("{training:?}") };
        let model = outcome.record.identity.model.as_str();
        found.entry(model).or_default().insert(format!("{epochs} {} {optimizer}", training.batch_size));
        assert_eq!(outcome.record.epochs.len(), epochs as usize, "{model}");
    }
    assert_eq!(found["manual_rnn"], ["3 4 adam", "3 4 sgd", "3 8 adam", "3 8 sgd"].map(str::to_owned).into());
    assert_eq!(found["stacked_rnn"], ["2 4 adam", "2 8 adam"].map(str::to_owned).into());

    let analysis = &ran.reported.analysis;
    let effects: Vec<&str> = analysis.effects.iter().map(|effect| effect.parameter.as_str()).collect();
    assert_eq!(effects, ["training.batch_size", "training.optimizer.name"]);
    let of_both = &analysis.effects[0];
    assert_eq!((of_both.values.len(), of_both.models.len()), (2, 2), "{of_both:?}");
    let titles: Vec<&str> = analysis.configurations.iter().map(|result| result.title.as_str()).collect();
    assert!(titles.contains(&"manual_rnn(training.batch_size=4, training.optimizer.name=sgd)"), "{titles:?}");
    assert!(titles.contains(&"stacked_rnn(training.batch_size=8)"), "{titles:?}");
    let report = lab.read("reports/small.md");
    for text in ["`training.batch_size`", "`training.optimizer.name`", "training.batch_size: [4, 8]"] {
        assert!(
            report.contains(text) || report.contains(&text.replace(": [4, 8]", ":")),
            "`{text}` is not in the report"
        );
    }
    assert_eq!(experiment(&lab).unwrap().n_trained, 0, "all is stored");
}

#[test]
fn the_order_of_axes_and_what_else_is_swept_changes_no_trial() {
    let id = |spec: &str| {
        let lab = lab_with(spec);
        let ran = experiment(&lab).unwrap();
        ran.outcomes.iter().map(|outcome| outcome.trial.id.to_string()).collect::<BTreeSet<String>>()
    };
    let all = id(SPEC);
    let wider = id(&SPEC.replace("[4, 8]", "[8, 2, 4]"));
    assert!(all.is_subset(&wider));
    let alone = SPEC.replace("sweep: {training.batch_size: [4, 8]}\n", "").replace("batch_size: 8", "batch_size: 4");
    let alone = id(&alone.replace("    sweep: {training.optimizer.name: [adam, sgd]}\n", ""));
    assert!(alone.is_subset(&all), "a swept value is the same trial as that value in `training`");
    assert_eq!((all.len(), wider.len(), alone.len()), (14, 20, 6));
}
