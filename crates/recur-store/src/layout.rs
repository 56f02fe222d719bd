//! Names of the files of a store.

use recur_core::trial::TrialId;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;

/// The format's version, in the store's folder.
pub const STORE: &str = "store.json";
/// How a trial ended, epoch by epoch.
pub const RECORD: &str = "record.json";
/// The record's results of each epoch as a table.
pub const CURVES: &str = "curves.csv";
/// The weights that a finished trial keeps.
pub const WEIGHTS: &str = "weights.safetensors";
/// A resolved spec that has only the configuration of this trial.
pub const SPEC: &str = "spec.yaml";
/// Where and when a trial ran.
pub const ENVIRONMENT: &str = "environment.json";
/// The log of a trial or an experiment.
pub const LOG: &str = "log.jsonl";
/// The digests of a folder's other files, as `sha256sum` writes them.
pub const SUMS: &str = "SHA256SUMS";
/// The folder of a trial's test result, within the trial's.
pub const TEST: &str = "test";
/// The scores on the test rows.
pub const SCORES: &str = "scores.json";
/// What was predicted of each test row.
pub const PREDICTIONS: &str = "predictions.parquet";
/// An experiment's spec with every default filled in.
pub const RESOLVED: &str = "resolved.yaml";
/// The rows of the data that could not be used.
pub const REJECTS: &str = "rejects.csv";
/// An experiment's trials.
pub const TRIALS: &str = "trials.csv";
/// What the models of an experiment declared at its last run.
pub const MODELS: &str = "models.json";

/// The file that a process locks, in its own scratch folder and in the folder of all.
pub(crate) const LOCK: &str = "lock";
/// Whose a scratch folder is.
pub(crate) const OWNER: &str = "owner.json";

/// What a process trains, in its scratch folder.
pub(crate) const RUNNING: &str = "running.json";
/// How the name of a running trial's log ends, in a scratch folder.
const RUNNING_LOG: &str = ".log.jsonl";

/// The name of the log of a running trial, in the scratch folder of its process.
pub fn running_log(trial: &str) -> String {
    format!("{trial}{RUNNING_LOG}")
}

/// The trial whose log a file of a scratch folder is.
pub(crate) fn trial_of_running_log(name: &str) -> Option<TrialId> {
    trial_id(name.strip_suffix(RUNNING_LOG)?)
}

/// The folders of a store.
pub(crate) const FOLDERS: [&str; 8] =
    ["trials", "checkpoints", "experiments", "diffs", "conflicts", PREPARED, JOBS, "tmp"];

/// Data sets as they are after they were read, for processes on other machines.
pub(crate) const PREPARED: &str = "prepared";
/// What was sent to batch systems, by experiment.
pub(crate) const JOBS: &str = "jobs";

/// The files of a trial that are the same bytes for equal trials; the last is only there for finished trials.
pub const COMPARED: [&str; 3] = [RECORD, CURVES, WEIGHTS];
/// The files of a test result that are the same bytes for equal trials.
pub const COMPARED_TEST: [&str; 2] = [SCORES, PREDICTIONS];

/// What every trial's folder has besides [`SUMS`].
pub(crate) const ALWAYS: [&str; 5] = [RECORD, CURVES, SPEC, ENVIRONMENT, LOG];

/// The id that a folder's name writes, if it is one: 32 lower-case hexadecimal digits.
pub(crate) fn trial_id(name: &str) -> Option<TrialId> {
    let deserializer: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = name.into_deserializer();
    (name.len() == 32 && is_hex(name)).then(|| TrialId::deserialize(deserializer).ok()).flatten()
}

pub(crate) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
