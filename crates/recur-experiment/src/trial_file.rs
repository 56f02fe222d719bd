//! Trials in a file: all that another process needs to train them into a store. The data is not in it, but where it is.
//!
//! An executor that brings trials to other processes writes one with [`Experiment::trial_file`], and has `recur trial run FILE`
//! train them there ([`TrialFile::run`]). The bytes are those that this process would have kept.

use crate::Experiment;
use crate::environment::{WorkingFolder, environment};
use crate::error::ExperimentError;
use crate::observer::RunEvent;
use crate::options::RunOptions;
use crate::recorder::{Recorded, StoreRecorder};
use crate::stored_record::stored_record;
use recur_core::NUMERIC_CONTRACT;
use recur_core::dataset::Dataset;
use recur_core::digest::Digest;
use recur_core::event::Event;
use recur_core::identity::Identity;
use recur_core::metric::Metric;
use recur_core::model::ModelPlugin;
use recur_core::record::{Outcome, TrialRecord};
use recur_core::registry::{NoModel, Registry};
use recur_core::replicate::Replicate;
use recur_core::settings::DataSettings;
use recur_core::trial::{Trial, TrialId, code_digest};
use recur_core::visible::visible;
use recur_files::{Staged, read_regular};
use recur_ingest::{PREPARED_ALPHABET, PREPARED_ROWS, Prepared, ingest, prepared, read_prepared};
use recur_store::{Store, read_weights};
use recur_train::{How, run_sweep};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The version of the format that this recur writes and reads.
pub const TRIAL_FILE_FORMAT: u32 = 5;

/// Bytes that a trial file may have.
const MAX_BYTES: u64 = 1 << 28;

/// Trials of one experiment with what is needed to find their data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialFile {
    /// [`TRIAL_FILE_FORMAT`].
    recur_trial: u32,
    /// The name of the experiment.
    experiment: String,
    /// The working folder of the process that wrote it, absolute: relative paths begin here. Where there is no such folder, as on a
    /// machine that has the files elsewhere, they begin in the working folder of the process that trains.
    folder: PathBuf,
    data: DataSettings,
    /// The prepared data set in the store, where there is one.
    prepared: Option<String>,
    /// The metric that the log shows at the end.
    metric: Metric,
    /// The folder of external plugins that the experiment was run with.
    plugins: Option<PathBuf>,
    trials: Vec<Item>,
}

/// A trial of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    trial: Trial,
    /// The spec of this trial, as the store keeps it.
    spec: String,
    /// The file of weights that it starts from.
    initial_weights: Option<String>,
}

/// What is read before the format is known.
#[derive(Deserialize)]
struct Format {
    recur_trial: u32,
}

impl Experiment {
    /// `trials`, which are its own, for another process. `plugins` is the folder of external plugins, where there is one, and `prepared`
    /// the name of the store's prepared data set ([`Experiment::keep_prepared`]).
    pub fn trial_file(&self, trials: &[Trial], plugins: Option<&Path>, prepared: Option<&str>) -> TrialFile {
        let item = |trial: &Trial| Item {
            spec: self.spec_of(trial),
            initial_weights: trial.initial_weights.as_ref().map(|file| file.path.clone()),
            trial: trial.clone(),
        };
        TrialFile {
            recur_trial: TRIAL_FILE_FORMAT,
            experiment: self.plan().name.clone(),
            folder: std::path::absolute(".").unwrap_or_default(),
            data: self.plan().data.clone(),
            prepared: prepared.map(str::to_owned),
            metric: self.plan().report.primary,
            plugins: plugins.map(Path::to_owned),
            trials: trials.iter().map(item).collect(),
        }
    }

    /// Keeps the data set in `store` as it is after it was read, for other processes, and gives its name there; `None` where it
    /// cannot be kept so, and each process reads the source.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_prepared(&self, store: &Store) -> Result<Option<String>, ExperimentError> {
        let dataset = &self.data().dataset;
        let raw = dataset.raw_digest().map_or_else(String::new, |digest| format!("-{}", digest.short()));
        let name = format!("{}{raw}", dataset.digest());
        let is_there = || read_prepared(&store.prepared(&name)).is_ok_and(|read| read == *dataset);
        if is_there() {
            return Ok(Some(name));
        }
        let Some(Prepared { rows, alphabet }) = prepared(dataset, self.plan().split.group) else { return Ok(None) };
        // The alphabet comes last: whoever finds it finds the rows.
        store.keep_prepared(&name, &[(PREPARED_ROWS, &rows), (PREPARED_ALPHABET, &alphabet)])?;
        Ok(is_there().then_some(name))
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

    /// Its trials, in order. Their ids are the digests of their identities.
    pub fn trials(&self) -> impl Iterator<Item = &Trial> {
        self.trials.iter().map(|item| &item.trial)
    }

    /// How far each of its trials is in `store`: `None` where it has a record that counts, otherwise epochs and examples of its furthest
    /// checkpoint.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn left(&self, store: &Store) -> Result<Vec<Option<(usize, u64)>>, ExperimentError> {
        let records = self.stored(store)?;
        let along = |trial: &Trial| {
            let found = store.find_checkpoint(&trial.identity.full_training())?.checkpoint;
            Ok(found.map_or((0, 0), |found| (found.progress.epochs.len(), found.progress.examples)))
        };
        let left = |(trial, record): (&Trial, Option<TrialRecord>)| match record {
            Some(_) => Ok(None),
            None => along(trial).map(Some),
        };
        self.trials().zip(records).map(left).collect()
    }

    /// Trains its trials with the models of `registry` on `jobs` threads and keeps them in `store`. The records, in order: each that of the
    /// store where it has one that did not fail; `None` where a trial was abandoned. `on_end` hears of each trial with a
    /// record, as soon as the store has it. Observers hear nothing, as there is no experiment.
    ///
    /// # Errors
    /// If a trial is of another program, its data or initial weights are not what they were, or the store cannot be read or
    /// written.
    pub fn run(
        &self,
        registry: &Registry,
        store: &Store,
        jobs: usize,
        options: &RunOptions<'_>,
        on_end: &(dyn Fn(&TrialId) + Sync),
    ) -> Result<Vec<Option<TrialRecord>>, ExperimentError> {
        let mut plugins = Vec::new();
        for item in &self.trials {
            let plugin = self.plugin(&item.trial, registry)?;
            check_code(&item.trial, plugin)?;
            plugins.push(plugin);
        }
        let mut records = self.stored(store)?;
        self.trials().zip(&records).filter(|(_, record)| record.is_some()).for_each(|(trial, _)| {
            tracing::info!("trial {} is in the store already", trial.id.short());
            on_end(&trial.id);
        });
        let missing: Vec<usize> = (0..records.len()).filter(|place| records[*place].is_none()).collect();
        if missing.is_empty() {
            return Ok(records);
        }
        let trials =
            missing.iter().map(|place| self.with_weights(&self.trials[*place])).collect::<Result<Vec<_>, _>>()?;
        let dataset =
            self.dataset((store, options.local.as_ref()), &trials, missing.iter().map(|place| plugins[*place]))?;
        let replicates = self.replicates(&trials, &dataset)?;
        let specs: HashMap<&TrialId, &str> = self.trials.iter().map(|item| (&item.trial.id, &*item.spec)).collect();
        let notify = |event: &RunEvent<'_>| {
            if let RunEvent::Trial(Event::TrialEnded { trial, .. }) = event {
                on_end(&trial.id);
            }
        };
        let recorder = StoreRecorder::new(
            Recorded {
                dataset: &dataset,
                metric: self.metric,
                registry,
                spec_of: Box::new(|trial| specs.get(&trial.id).copied().unwrap_or_default().to_owned()),
                experiment: Some(self.experiment.clone()),
                notify: Box::new(notify),
            },
            store,
            environment(&WorkingFolder::new(&self.base()), store, jobs, options.code, options.kernels),
            options,
        );
        let trained = recorder.saving_first(|cancel| {
            let how = How { jobs, kernels: options.kernels, cancel, observer: &recorder };
            run_sweep(&trials, &replicates, &dataset, registry, how)
        })?;
        missing.into_iter().zip(trained.records).for_each(|(place, record)| records[place] = record);
        Ok(records)
    }

    /// Where relative paths begin.
    fn base(&self) -> PathBuf {
        if self.folder.is_dir() { self.folder.clone() } else { PathBuf::from(".") }
    }

    /// What the store has of its trials. One that failed is run again.
    fn stored(&self, store: &Store) -> Result<Vec<Option<TrialRecord>>, ExperimentError> {
        let failed = |record: &TrialRecord| matches!(record.outcome, Outcome::Failed { .. });
        self.trials().map(|trial| Ok(stored_record(store, &trial.id)?.filter(|record| !failed(record)))).collect()
    }

    /// The replicates of `trials`.
    fn replicates(&self, trials: &[Trial], dataset: &Dataset) -> Result<Vec<Replicate>, ExperimentError> {
        let mut replicates: BTreeMap<u32, (&Trial, Replicate)> = BTreeMap::new();
        for trial in trials {
            let of = |identity: &Identity| (identity.seed, identity.split.clone());
            match replicates.get(&trial.identity.replicate) {
                Some((first, _)) if of(&first.identity) != of(&trial.identity) => {
                    let [first, other] = [first, &trial].map(|trial| trial.id.short().to_owned());
                    return Err(ExperimentError::UnlikeTrials { first, other });
                }
                Some(_) => {}
                None => {
                    let replicate = Replicate::of(&trial.identity, dataset)
                        .map_err(|source| ExperimentError::Split { data: self.data.source.to_string(), source })?;
                    replicates.insert(trial.identity.replicate, (trial, replicate));
                }
            }
        }
        Ok(replicates.into_values().map(|(_, replicate)| replicate).collect())
    }

    fn plugin(&self, trial: &Trial, registry: &Registry) -> Result<&'static dyn ModelPlugin, ExperimentError> {
        match (registry.get(&trial.identity.model), &self.plugins) {
            (Err(NoModel::Unknown(_)), Some(folder)) => Err(ExperimentError::PluginNotNamed {
                trial: trial.id.short().to_owned(),
                model: visible(&trial.identity.model).into_owned(),
                folder: folder.clone(),
            }),
            (found, _) => Ok(found?),
        }
    }

    /// The trial with its initial weights, compared with their digest.
    fn with_weights(&self, item: &Item) -> Result<Trial, ExperimentError> {
        let trial = &item.trial;
        let Some(expected) = &trial.identity.initial_weights else {
            return Ok(Trial { initial_weights: None, ..trial.clone() });
        };
        let path = item.initial_weights.as_deref().unwrap_or_default();
        let file = read_weights(&self.base().join(path)).map_err(ExperimentError::InitialWeights)?;
        check_digest(trial, path, expected, &file.digest)?;
        Ok(Trial { initial_weights: Some(Arc::new(file)), ..trial.clone() })
    }

    /// The data set of `trials`, compared with its digest: the prepared one of the store, or what is read from its source.
    fn dataset(
        &self,
        (store, local): (&Store, Option<&Store>),
        trials: &[Trial],
        plugins: impl Iterator<Item = &'static dyn ModelPlugin>,
    ) -> Result<Dataset, ExperimentError> {
        let plugins: Vec<_> = plugins.collect();
        let check = |dataset: &Dataset| {
            trials.iter().zip(&plugins).try_for_each(|(trial, plugin)| self.check_data(trial, *plugin, dataset))
        };
        if let Some(name) = &self.prepared {
            match read_prepared(&prepared_nearby(store, local, name)) {
                Ok(dataset) if check(&dataset).is_ok() => return Ok(dataset),
                Ok(_) => tracing::warn!("the prepared data {} is not what the trials are trained from", visible(name)),
                Err(error) => tracing::warn!("{error}"),
            }
            tracing::info!("the data is read from {}", visible(&self.data.source.to_string()));
        }
        let data = ingest(&self.data, trials[0].identity.split.group, &self.base())?;
        check(&data.dataset)?;
        Ok(data.dataset)
    }

    /// Compares a data set with the digests in the identity of a trial.
    fn check_data(&self, trial: &Trial, plugin: &dyn ModelPlugin, dataset: &Dataset) -> Result<(), ExperimentError> {
        let place = self.data.source.to_string();
        check_digest(trial, &place, &trial.identity.dataset, dataset.digest())?;
        // Without a raw text that differs there is no digest of them; that of the texts names them then.
        let texts = dataset.digest();
        let [expected, found] = [trial.identity.raw_texts.as_ref(), dataset.raw_digest()];
        match plugin.needs().raw_texts {
            true => check_digest(trial, &place, expected.unwrap_or(texts), found.unwrap_or(texts)),
            false => Ok(()),
        }
    }
}

/// Where the prepared data is read: on a disk of this machine, where it is copied at first, or in the store.
fn prepared_nearby(store: &Store, local: Option<&Store>, name: &str) -> PathBuf {
    let shared = store.prepared(name);
    let Some(local) = local else { return shared };
    let copy = || -> std::io::Result<[Vec<u8>; 2]> {
        Ok([std::fs::read(shared.join(PREPARED_ROWS))?, std::fs::read(shared.join(PREPARED_ALPHABET))?])
    };
    if local.prepared(name).join(PREPARED_ALPHABET).is_file() {
        return local.prepared(name);
    }
    let Ok([rows, alphabet]) = copy() else { return shared };
    match local.keep_prepared(name, &[(PREPARED_ROWS, &rows), (PREPARED_ALPHABET, &alphabet)]) {
        Ok(()) => local.prepared(name),
        Err(error) => {
            tracing::warn!("the prepared data is not copied to this machine: {error}");
            shared
        }
    }
}

/// Holds the code of this program to the one that the identity of a trial names.
fn check_code(trial: &Trial, plugin: &dyn ModelPlugin) -> Result<(), ExperimentError> {
    let (identity, about) = (&trial.identity, plugin.about());
    let facts = [
        ("numeric contract", identity.numeric_contract.to_string(), NUMERIC_CONTRACT.to_string()),
        (
            "digest of the training code",
            identity.procedure.to_string(),
            recur_train::procedure(identity.requested.as_ref()),
        ),
        ("version of the model", identity.model_version.to_string(), about.version.to_string()),
        ("digest of the model's code", identity.model_code.to_string(), code_digest(about.code).to_string()),
    ];
    match facts.into_iter().find(|(_, expected, found)| expected != found) {
        None => Ok(()),
        Some((what, expected, found)) => {
            Err(ExperimentError::OtherCode { trial: trial.id.short().to_owned(), what, expected, found })
        }
    }
}

fn check_digest(trial: &Trial, place: &str, expected: &Digest, found: &Digest) -> Result<(), ExperimentError> {
    if expected == found {
        return Ok(());
    }
    let [expected, found] = [expected, found].map(Digest::to_string);
    let (trial, place) = (trial.id.short().to_owned(), visible(place).into_owned());
    Err(ExperimentError::OtherData { trial, place, expected, found })
}
