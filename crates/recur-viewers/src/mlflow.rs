//! A file store of MLflow: a run for each trial. Tools of MLflow 3 read it after `mlflow migrate-filestore`.

use crate::experiment::{ViewedExperiment, ViewedTrial, metrics, settings_of};
use crate::folder::Files;
use recur_core::digest::Digest;
use recur_core::metric::Metric;
use recur_core::record::Outcome;
use std::fmt::Write as _;

/// The files of an experiment for MLflow: `EXPERIMENT_ID/meta.yaml`, and a folder for each trial with its parameters, metrics and tags.
///
/// Ids are digests of the experiment's name and the trial's id. `train_loss` and `validation_METRIC` have every epoch, `kept_…` only the
/// one whose weights were kept, and `test_METRIC` is there for trials that were scored on test.
pub fn mlflow(viewed: &ViewedExperiment<'_>) -> Files {
    let analysis = viewed.analysis();
    let experiment = experiment_id(&analysis.experiment);
    let first = viewed.trials().map(|trial| trial.time.started).min().unwrap_or_default();
    let last = viewed.trials().map(|trial| trial.time.ended).max().unwrap_or_default();
    let mut files = Files::new();
    let meta = format!(
        "artifact_location: mlruns/{experiment}\ncreation_time: {first}000\nexperiment_id: '{experiment}'\n\
         last_update_time: {last}000\nlifecycle_stage: active\nname: {}\n",
        quoted(&analysis.experiment)
    );
    files.insert(format!("{experiment}/meta.yaml"), meta.into_bytes());
    files.insert(format!("{experiment}/tags/mlflow.note.content"), analysis.question.clone().into_bytes());
    for trial in viewed.trials() {
        write_run(&mut files, &experiment, &analysis.experiment, &trial);
    }
    files
}

/// 18 decimal digits, as MLflow's own ids of experiments.
fn experiment_id(name: &str) -> String {
    let digest = Digest::of(format!("experiment {name}").as_bytes());
    let digits: String = digest.as_str().bytes().map(|digit| char::from(b'0' + digit % 10)).take(17).collect();
    format!("1{digits}")
}

/// 32 hexadecimal digits. Two experiments may have the same trial, and a store has each id once.
fn run_id(experiment: &str, trial: &str) -> String {
    Digest::of(format!("{experiment}/{trial}").as_bytes()).as_str()[..32].to_owned()
}

/// A text as a YAML scalar.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn write_run(files: &mut Files, experiment_id: &str, experiment: &str, trial: &ViewedTrial<'_>) {
    let (result, configuration, time) = (trial.result, trial.configuration, trial.time);
    let id = run_id(experiment, result.trial.as_str());
    let name = format!("{} replicate {}", configuration.title, result.replicate);
    let status = if matches!(trial.record.outcome, Outcome::Finished { .. }) { 3 } else { 4 };
    let meta = format!(
        "artifact_uri: mlruns/{experiment_id}/{id}/artifacts\nend_time: {}000\nentry_point_name: ''\n\
         experiment_id: '{experiment_id}'\nlifecycle_stage: active\nrun_id: {id}\nrun_name: {}\nrun_uuid: {id}\n\
         source_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: {}000\nstatus: {status}\ntags: []\nuser_id: recur\n",
        time.ended,
        quoted(&name),
        time.started,
    );
    let mut put = |path: &str, text: String| files.insert(format!("{experiment_id}/{id}/{path}"), text.into_bytes());
    put("meta.yaml", meta);
    for (name, value) in settings_of(&configuration.model, &configuration.params, &configuration.settings) {
        put(&format!("params/{name}"), value.to_string());
    }
    put("params/replicate", result.replicate.to_string());
    put("tags/mlflow.runName", name);
    for (name, value) in tags(trial) {
        put(&format!("tags/recur.{name}"), value);
    }
    for (name, lines) in metric_files(trial) {
        put(&format!("metrics/{name}"), lines);
    }
}

/// What else is known of a trial.
fn tags(trial: &ViewedTrial<'_>) -> Vec<(&'static str, String)> {
    let (result, configuration) = (trial.result, trial.configuration);
    let mut tags = vec![
        ("trial", result.trial.to_string()),
        ("configuration", configuration.title.clone()),
        ("outcome", result.outcome.word().to_owned()),
        ("chosen", result.chosen.to_string()),
        ("parameters", result.parameters.to_string()),
    ];
    if let Outcome::Diverged { reason } | Outcome::Failed { reason } = &trial.record.outcome {
        tags.push(("reason", reason.clone()));
    }
    if let Some(budget) = configuration.eliminated_after {
        tags.push(("eliminated_after_replicates", budget.replicates.to_string()));
        tags.extend(budget.epochs.map(|epochs| ("eliminated_after_epochs", epochs.to_string())));
    }
    tags
}

/// The metrics with their lines, each of a time in milliseconds, a value and a step.
fn metric_files(trial: &ViewedTrial<'_>) -> Vec<(String, String)> {
    let ms = format!("{}000", trial.time.ended);
    let of_epochs = |value: &dyn Fn(usize) -> f64| {
        let mut lines = String::new();
        for epoch in 0..trial.record.epochs.len() {
            let _ = writeln!(lines, "{ms} {} {}", value(epoch), epoch + 1);
        }
        lines
    };
    let epochs = &trial.record.epochs;
    let trained = Metric::TRAINED.name();
    let mut files = Vec::new();
    if !epochs.is_empty() {
        files.push((format!("train_{trained}"), of_epochs(&|epoch| epochs[epoch].train_loss)));
        files.extend(metrics(&epochs[0].validation).map(|(metric, _)| {
            let lines = of_epochs(&|epoch| epochs[epoch].validation.get(metric));
            (format!("validation_{}", metric.name()), lines)
        }));
    }
    if let Some((step, kept)) = trial.kept() {
        let line = |name: String, value: f64| (name, format!("{ms} {value} {step}\n"));
        files.push(line(format!("kept_train_{trained}"), kept.train_loss));
        let validation = metrics(&kept.validation);
        files.extend(validation.map(|(metric, value)| line(format!("kept_validation_{}", metric.name()), value)));
        let test = trial.result.test.iter().flat_map(metrics);
        files.extend(test.map(|(metric, value)| line(format!("test_{}", metric.name()), value)));
    }
    files
}
