//! Why a word does not name what it was to name: a spec, or something in a store.

use crate::error::ExperimentError;
use crate::project::ProjectError;
use recur_core::trial::TrialId;
use recur_core::visible::shown;
use recur_ingest::FileError;
use recur_spec::SpecErrors;
use recur_store::{Problem, StoreError};
use std::path::{Path, PathBuf};

/// Why a word does not name a spec, a trial, an experiment or weights that can be used. [`LookupError::hint`] is the next thing to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum LookupError {
    /// The file of a spec cannot be read.
    #[error("cannot read the spec {}", shown(path))]
    UnreadableSpec {
        path: PathBuf,
        source: FileError,
        /// The specs in its folder.
        others: Vec<String>,
    },
    /// The file of the project cannot be used.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// A relative path in a spec leads to two files.
    #[error("`{path}` in {} may be {} or {}", shown(spec), shown(Path::new(&found[0])), shown(Path::new(&found[1])))]
    TwoFiles {
        spec: PathBuf,
        path: String,
        /// From the spec's folder, and from the working folder.
        found: [String; 2],
    },
    /// There is no store where one is to be read.
    #[error("there is no store {}", shown(path))]
    NoStore {
        /// The folder that was named.
        path: PathBuf,
    },
    /// There is no such file, and nothing in the store is called so.
    #[error("no file {word}, and no experiment and no trial with weights of that name in the store {}", shown(store))]
    NoWeights {
        word: String,
        store: PathBuf,
        /// The experiment whose name is most like it.
        nearest: Option<String>,
        experiments: Vec<String>,
    },
    /// The store has no trial whose id begins so.
    #[error("no trial {trial} in the store {}", shown(store))]
    NoSuchTrial {
        /// What was asked for.
        trial: String,
        store: PathBuf,
    },
    /// The ids of several trials begin so.
    #[error("{prefix} is the beginning of several trials' ids: {}", ids.join(", "))]
    AmbiguousTrial {
        prefix: String,
        /// The first of these ids.
        ids: Vec<String>,
    },
    /// The trial in the store is damaged.
    #[error("trial {} cannot be used: {problem}", trial.short())]
    DamagedTrial { trial: TrialId, problem: Box<Problem> },
    /// The store lists no experiment of this name.
    #[error("no experiment {name} in the store {}", shown(store))]
    NoExperiment {
        /// What was asked for.
        name: String,
        store: PathBuf,
        /// The experiment whose name is most like it.
        nearest: Option<String>,
        experiments: Vec<String>,
    },
    /// The log of a trial cannot be read.
    #[error("cannot read the log {}", shown(path))]
    Log { path: PathBuf, source: std::io::Error },
    /// The experiment in the store is damaged.
    #[error("the experiment {name} in the store cannot be used: {problem}")]
    DamagedExperiment { name: String, problem: Box<Problem> },
    /// The experiment in the store does not list the trials that its spec has.
    #[error("the experiment {name} in the store lists {n_listed} trials, and its spec has {n_trials}")]
    OtherTrials {
        name: String,
        /// Trials in its list.
        n_listed: usize,
        /// Trials of its spec.
        n_trials: usize,
    },
    /// Trials of an experiment have no record.
    #[error("{n_missing} of {n_trials} trials of {} have no record in the store {}", shown(spec), shown(store))]
    TrialsMissing {
        /// Trials without a record.
        n_missing: usize,
        /// Trials that were looked for.
        n_trials: usize,
        spec: PathBuf,
        store: PathBuf,
        /// The command that trains them.
        command: String,
    },
    /// The experiment has no such model.
    #[error("the experiment {experiment} has no model {model}")]
    NoModelOfExperiment {
        experiment: String,
        model: String,
        /// The model or configuration whose name is most like it.
        nearest: Option<String>,
        models: Vec<String>,
    },
    /// No configuration finished on every replicate.
    #[error("no configuration of {what} finished on every replicate")]
    NothingFinished {
        /// The experiment, or one of its models.
        what: String,
    },
    /// The spec is wrong, such as one of a model that this program does not have.
    #[error(transparent)]
    Spec(Box<SpecErrors>),
    /// The weights cannot be read.
    #[error("cannot read the model")]
    Weights(#[source] StoreError),
    /// The store cannot be read.
    #[error("cannot use the store")]
    Store(#[from] StoreError),
    /// The experiment cannot be prepared, or its records cannot be read.
    #[error(transparent)]
    Experiment(Box<ExperimentError>),
}

/// The first of several ids, for an error.
pub(crate) fn first_of(ids: &[TrialId]) -> Vec<String> {
    ids.iter().take(5).map(ToString::to_string).collect()
}

impl LookupError {
    pub(crate) fn damaged_trial(trial: &TrialId, problem: Problem) -> Self {
        Self::DamagedTrial { trial: trial.clone(), problem: Box::new(problem) }
    }

    /// What to do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnreadableSpec { others, .. } => {
                (!others.is_empty()).then(|| format!("there are: {}", others.join(", ")))
            }
            Self::Project(error) => Some(error.hint().to_owned()),
            Self::TwoFiles { .. } => Some(
                "put an empty file recur.toml into the folder that the path begins in, or write the path as an absolute one"
                    .to_owned(),
            ),
            Self::NoStore { path } if path.exists() => {
                Some("the folder is there and has no store.json: it is no store; --store DIR names another".to_owned())
            }
            Self::NoStore { .. } => Some("recur experiment makes it; --store DIR names another".to_owned()),
            Self::NoWeights { store, .. } | Self::NoSuchTrial { store, .. } if !store.exists() => {
                Some(format!("there is no store {}; --store DIR names another", shown(store)))
            }
            Self::NoExperiment { nearest: Some(name), .. } | Self::NoWeights { nearest: Some(name), .. } => {
                Some(format!("did you mean {name}?"))
            }
            Self::NoWeights { experiments, .. } => {
                let names = if experiments.is_empty() { "none".to_owned() } else { experiments.join(", ") };
                Some(format!("experiments in the store: {names}; recur plan lists all ids"))
            }
            Self::NoExperiment { experiments, .. } if experiments.is_empty() => {
                Some("recur experiment SPEC runs one; --store DIR names another store".to_owned())
            }
            Self::NoExperiment { experiments, .. } => {
                Some(format!("there are: {}; recur status SPEC.yaml takes a spec", experiments.join(", ")))
            }
            Self::Log { .. } => Some("recur store check shows what of the store is damaged".to_owned()),
            Self::NoSuchTrial { .. } => Some("recur store list and recur plan list ids".to_owned()),
            Self::AmbiguousTrial { .. } => Some("give more digits".to_owned()),
            Self::DamagedTrial { .. } => {
                Some("recur experiment with its spec trains it again; recur store check lists all damage".to_owned())
            }
            Self::DamagedExperiment { .. } | Self::OtherTrials { .. } => {
                Some("recur experiment with its spec puts that right, and trains nothing that is there".to_owned())
            }
            Self::TrialsMissing { command, .. } => Some(format!("run them first: {command}")),
            Self::NoModelOfExperiment { experiment, nearest: Some(name), .. } => {
                Some(format!("did you mean {experiment}/{name}?"))
            }
            Self::NoModelOfExperiment { models, .. } => Some(format!("it has: {}", models.join(", "))),
            Self::NothingFinished { .. } => Some("--model TRIAL takes one that finished: recur store list".to_owned()),
            Self::Spec(_) => None,
            Self::Weights(error) => error.hint_of_weights(),
            Self::Store(error) => error.hint(),
            Self::Experiment(error) => error.hint(),
        }
    }
}

impl From<ExperimentError> for LookupError {
    fn from(error: ExperimentError) -> Self {
        Self::Experiment(Box::new(error))
    }
}
