//! A trial in a file: all that another process needs to train it into a store. The data is not in it, but where it is.
//!
//! An executor that brings trials to other processes writes one with [`Experiment::trial_file`], and has `recur trial run FILE`
//! train it there ([`TrialFile::run`]). The bytes are those that this process would have kept.

use crate::Experiment;
use crate::environment::{WorkingFolder, environment};
use crate::error::ExperimentError;
use crate::options::RunOptions;
use crate::recorder::{Recorded, StoreRecorder};
use crate::stored_record::stored_record;
use recur_core::NUMERIC_CONTRACT;
use recur_core::digest::Digest;
use recur_core::metric::Metric;
use recur_core::model::ModelPlugin;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::registry::{NoModel, Registry};
use recur_core::replicate::Replicate;
use recur_core::settings::DataSettings;
use recur_core::trial::{Trial, code_digest};
use recur_core::visible::visible;
use recur_core::weights::WeightsFile;
use recur_files::{Staged, read_regular};
use recur_ingest::{Ingested, ingest};
use recur_store::{Store, read_weights};
use recur_train::{How, run_sweep};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The version of the format that this recur writes and reads.
pub const TRIAL_FILE_FORMAT: u32 = 3;

/// Bytes that a trial file may have.
const MAX_BYTES: u64 = 16 << 20;

/// A trial with what is needed to find its data. Paths are relative to the working folder of the process that uses it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialFile {
    /// [`TRIAL_FILE_FORMAT`].
    recur_trial: u32,
    trial: Trial,
    data: DataSettings,
    /// The spec of this trial, as the store keeps it.
    spec: String,
    /// The metric that the log shows at the end.
    metric: Metric,
    /// The file of weights that it starts from.
    initial_weights: Option<String>,
    /// The folder of external plugins that the experiment was run with.
    plugins: Option<PathBuf>,
}

/// What is read before the format is known.
#[derive(Deserialize)]
struct Format {
    recur_trial: u32,
}

impl Experiment {
    /// `trial`, one of its own, for another process. `plugins` is the folder of external plugins, where there is one.
    pub fn trial_file(&self, trial: &Trial, plugins: Option<&Path>) -> TrialFile {
        TrialFile {
            recur_trial: TRIAL_FILE_FORMAT,
            data: self.plan().data.clone(),
            spec: self.spec_of(trial),
            metric: self.plan().report.primary,
            initial_weights: trial.initial_weights.as_ref().map(|file| file.path.clone()),
            plugins: plugins.map(Path::to_owned),
            trial: trial.clone(),
        }
    }
}

/// The field with the digest of all others.
const DIGEST: &str = "digest";

/// The digest of the fields of a trial file. It finds damage and edits; whoever can write the file can forge it.
fn digest_of(content: &Value) -> Digest {
    Digest::of(content.to_string().as_bytes())
}

impl TrialFile {
    /// Writes a new file.
    ///
    /// # Errors
    /// If there is something at `path`, or it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ExperimentError> {
        let failed = |source| ExperimentError::TrialFileIo { action: "write", path: path.to_owned(), source };
        let mut content = serde_json::to_value(self).map_err(|error| failed(error.into()))?;
        let digest = digest_of(&content);
        content[DIGEST] = digest.as_str().into();
        let text = format!("{content:#}\n");
        Staged::new(path, text.as_bytes()).and_then(Staged::put_new).map_err(failed)
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// If it cannot be read, is damaged or was changed, or is of another format.
    pub fn read(path: &Path) -> Result<Self, ExperimentError> {
        let failed = |source| ExperimentError::TrialFileIo { action: "read", path: path.to_owned(), source };
        let text = read_regular(path, MAX_BYTES).map_err(failed)?;
        let wrong = |problem: String| ExperimentError::NotATrialFile { path: path.to_owned(), problem };
        let damaged = |error: serde_json::Error| wrong(visible(&error.to_string()).into_owned());
        let format: Format = serde_json::from_slice(&text).map_err(damaged)?;
        if format.recur_trial != TRIAL_FILE_FORMAT {
            let found = format.recur_trial;
            return Err(wrong(format!("`recur_trial` is {found}, and this recur reads format {TRIAL_FILE_FORMAT}")));
        }
        let mut content: Value = serde_json::from_slice(&text).map_err(damaged)?;
        let digest = content.as_object_mut().and_then(|content| content.remove(DIGEST));
        if digest.as_ref().and_then(Value::as_str) != Some(digest_of(&content).as_str()) {
            return Err(wrong(format!(
                "it was changed after it was written: its `{DIGEST}` is that of another content"
            )));
        }
        serde_json::from_value(content).map_err(damaged)
    }

    /// The trial, whose id is the digest of its identity.
    pub fn trial(&self) -> &Trial {
        &self.trial
    }

    /// Trains the trial with the models of `registry` on `jobs` threads and keeps it in `store`: the record, which is that of the
    /// store where it has one that did not fail. Observers hear nothing, as there is no experiment.
    ///
    /// # Errors
    /// If the trial is of another program, its data or initial weights are not what they were, the store cannot be read or
    /// written, or it was asked to stop.
    pub fn run(
        &self,
        registry: &Registry,
        store: &Store,
        jobs: usize,
        options: &RunOptions<'_>,
    ) -> Result<TrialRecord, ExperimentError> {
        let plugin = self.plugin(registry)?;
        self.check_code(plugin)?;
        let failed = |record: &TrialRecord| matches!(record.outcome, Outcome::Failed { .. });
        if let Some(record) = stored_record(store, &self.trial.id)?.filter(|record| !failed(record)) {
            tracing::info!("trial {} is in the store already", self.trial.id.short());
            return Ok(record);
        }
        let trials = [Trial { initial_weights: self.weights()?, ..self.trial.clone() }];
        let data = self.data(plugin)?;
        let replicate = Replicate::of(&self.trial.identity, &data.dataset)
            .map_err(|source| ExperimentError::Split { data: data.facts.source.clone(), source })?;
        let recorder = StoreRecorder::new(
            Recorded {
                dataset: &data.dataset,
                metric: self.metric,
                registry,
                spec_of: Box::new(|_| self.spec.clone()),
                notify: Box::new(|_| {}),
            },
            store,
            environment(&WorkingFolder::new(Path::new(".")), store, jobs, options.code, options.kernels),
            options,
        );
        let how = How { jobs, kernels: options.kernels, cancel: options.cancel, observer: &recorder };
        let records = run_sweep(&trials, &[replicate], &data.dataset, registry, how)?.records;
        let record = records.into_iter().next().flatten();
        record.ok_or_else(|| ExperimentError::Interrupted { n_kept: 0, n_trials: 1, store: store.root().to_owned() })
    }

    fn plugin(&self, registry: &Registry) -> Result<&'static dyn ModelPlugin, ExperimentError> {
        match (registry.get(&self.trial.identity.model), &self.plugins) {
            (Err(NoModel::Unknown(_)), Some(folder)) => Err(ExperimentError::PluginNotNamed {
                trial: self.trial.id.short().to_owned(),
                model: visible(&self.trial.identity.model).into_owned(),
                folder: folder.clone(),
            }),
            (found, _) => Ok(found?),
        }
    }

    /// Holds the code of this program to the one that the trial's identity names.
    fn check_code(&self, plugin: &dyn ModelPlugin) -> Result<(), ExperimentError> {
        let (identity, about) = (&self.trial.identity, plugin.about());
        let facts = [
            ("numeric contract", identity.numeric_contract.to_string(), NUMERIC_CONTRACT.to_string()),
            (
                "digest of the training code",
                identity.procedure.to_string(),
                code_digest(recur_train::PROCEDURE).to_string(),
            ),
            ("version of the model", identity.model_version.to_string(), about.version.to_string()),
            ("digest of the model's code", identity.model_code.to_string(), code_digest(about.code).to_string()),
        ];
        match facts.into_iter().find(|(_, expected, found)| expected != found) {
            None => Ok(()),
            Some((what, expected, found)) => {
                let trial = self.trial.id.short().to_owned();
                Err(ExperimentError::OtherCode { trial, what, expected, found })
            }
        }
    }

    /// The initial weights, compared with their digest.
    fn weights(&self) -> Result<Option<Arc<WeightsFile>>, ExperimentError> {
        let Some(expected) = &self.trial.identity.initial_weights else { return Ok(None) };
        let path = self.initial_weights.as_deref().unwrap_or_default();
        let file = read_weights(Path::new(path)).map_err(ExperimentError::InitialWeights)?;
        self.check_digest(path, expected, &file.digest)?;
        Ok(Some(Arc::new(file)))
    }

    /// The data, compared with its digest.
    fn data(&self, plugin: &dyn ModelPlugin) -> Result<Ingested, ExperimentError> {
        let data = ingest(&self.data, self.trial.identity.split.group, Path::new(""))?;
        self.check_digest(&data.facts.source, &self.trial.identity.dataset, data.dataset.digest())?;
        // Without a raw text that differs there is no digest of them; that of the texts names them then.
        let texts = data.dataset.digest();
        let [expected, found] = [self.trial.identity.raw_texts.as_ref(), data.dataset.raw_digest()];
        if plugin.needs().raw_texts {
            self.check_digest(&data.facts.source, expected.unwrap_or(texts), found.unwrap_or(texts))?;
        }
        Ok(data)
    }

    fn check_digest(&self, place: &str, expected: &Digest, found: &Digest) -> Result<(), ExperimentError> {
        if expected == found {
            return Ok(());
        }
        let [expected, found] = [expected, found].map(Digest::to_string);
        let (trial, place) = (self.trial.id.short().to_owned(), visible(place).into_owned());
        Err(ExperimentError::OtherData { trial, place, expected, found })
    }
}
