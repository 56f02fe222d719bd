//! TensorBoard, MLflow and Optuna: what is written of an experiment.

use crate::{decode, viewed, without_ids};
use recur_core::record::EpochRecord;
use recur_core::selection::mean_validation;
use recur_viewers::{mlflow, optuna, tensorboard};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn tensorboard_gets_each_epoch_and_a_session_for_each_trial() {
    viewed(|viewed, analysis| {
        let files = tensorboard(viewed);
        assert_eq!(files.len(), analysis.trials.len());
        let read = |path: &str| {
            let file = &files[&format!("small/{path}/events.out.tfevents.0.recur")];
            let lines: Vec<String> = decode::events(file).iter().flat_map(decode::lines).collect();
            without_ids(&lines.join("\n"), analysis)
        };
        let paths: Vec<&str> = files.keys().map(String::as_str).collect();
        insta::assert_snapshot!(
            "tensorboard",
            format!(
                "{}\n\nA chosen trial:\n{}\n\nOne that failed:\n{}",
                paths.join("\n"),
                read("stacked_rnn(layers=2,learning_rate=0.1)/replicate-0"),
                read("stacked_rnn(layers=2,learning_rate=0.1)/replicate-1"),
            )
        );
    });
}

#[test]
fn mlflow_gets_a_run_for_each_trial() {
    viewed(|viewed, analysis| {
        let files = mlflow(viewed);
        let tops: BTreeSet<&str> = files.keys().map(|path| path.split('/').next().unwrap()).collect();
        assert_eq!(tops.len(), 1);
        let metas = files.keys().filter(|path| path.ends_with("/meta.yaml"));
        assert_eq!(metas.count(), analysis.trials.len() + 1);
        let of = |title: &str| {
            let is_run =
                |(path, text): &(&String, &Vec<u8>)| path.ends_with("tags/mlflow.runName") && text == &title.as_bytes();
            let (path, _) = files.iter().find(is_run).unwrap_or_else(|| panic!("no run {title}"));
            let run = path.strip_suffix("tags/mlflow.runName").unwrap();
            let own = files.iter().filter(|(path, _)| path.starts_with(run));
            let line = |(path, text): (&String, &Vec<u8>)| {
                format!("{}: {}", &path[run.len()..], String::from_utf8_lossy(text))
            };
            let id = run.trim_end_matches('/').rsplit('/').next().unwrap();
            without_ids(&own.map(line).collect::<Vec<_>>().join("\n").replace(id, "RUN"), analysis)
        };
        let experiment =
            files.iter().filter(|(path, _)| path.matches('/').count() < 2 || path.contains("/tags/mlflow.note"));
        let experiment = experiment.map(|(path, text)| format!("{path}: {}", String::from_utf8_lossy(text)));
        insta::assert_snapshot!(
            "mlflow",
            format!(
                "{}\n\nA chosen trial:\n{}\n\nOne that failed:\n{}",
                experiment.collect::<Vec<_>>().join("\n"),
                of("stacked_rnn(layers=2, learning_rate=0.1) replicate 0"),
                of("stacked_rnn(layers=2, learning_rate=0.1) replicate 1"),
            )
        );
    });
}

#[test]
fn optuna_gets_a_trial_for_each_configuration() {
    viewed(|viewed, analysis| {
        let journal = optuna(viewed);
        let lines: Vec<Value> = journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let trials: Vec<&Value> = lines.iter().filter(|line| line["op_code"] == 4).collect();
        assert_eq!(trials.len(), analysis.configurations.len());
        let experiment = crate::fixture::small().experiment();
        for (index, (trial, own)) in trials.iter().zip(&analysis.configurations).enumerate() {
            let mean = mean_validation(&experiment.plan, &experiment.trials, index, analysis.primary);
            let has_finished = own.trials.finished == 3;
            assert_eq!(trial["state"], if has_finished { 1 } else { 3 }, "{}", own.title);
            assert_eq!(trial["value"].as_f64(), mean.filter(|_| has_finished), "{}", own.title);
            let own_trials = experiment.trials.iter().filter(|outcome| outcome.trial.configuration == index);
            let epochs: Vec<&[EpochRecord]> = own_trials.map(|outcome| outcome.record.epochs.as_slice()).collect();
            let steps = trial["intermediate_values"].as_object().unwrap();
            assert_eq!(steps.len(), epochs.iter().map(|epochs| epochs.len()).min().unwrap(), "{}", own.title);
            for (step, value) in steps {
                let epoch = step.parse::<usize>().unwrap() - 1;
                let mean =
                    epochs.iter().map(|epochs| epochs[epoch].validation.get(analysis.primary)).sum::<f64>() / 3.0;
                assert!((value.as_f64().unwrap() - mean).abs() < 1e-12, "{} {step}", own.title);
            }
            let is_tested = trial["user_attrs"]["test_macro_f1_by_replicate"].is_object();
            assert_eq!(is_tested, own.times_chosen > 0, "{}: only what was chosen was tested", own.title);
        }
        insta::assert_snapshot!("optuna", without_ids(&journal, analysis));
    });
}

#[test]
fn what_a_race_stops_is_pruned() {
    let mut experiment = crate::fixture::small().experiment();
    let budget = recur_core::search::Budget::full(3);
    experiment.eliminated = vec![None; experiment.plan.configurations.len()];
    experiment.eliminated[1] = Some(budget);
    let analysis = recur_analysis::Analysis::resampled(&experiment.outcomes(), 20).unwrap();
    let times = std::collections::BTreeMap::new();
    let viewed = recur_viewers::ViewedExperiment::new(&analysis, &experiment.trials, times);
    let journal = optuna(&viewed);
    let lines = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let trial = lines.filter(|line| line["op_code"] == 4).nth(1).unwrap();
    assert_eq!((&trial["state"], &trial["user_attrs"]["eliminated_after_replicates"]), (&2.into(), &3.into()));
    assert!(trial["value"].is_f64());
}
