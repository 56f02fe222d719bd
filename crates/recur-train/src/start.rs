//! Initial weights: whether a file of them fits its model and the data is known before any trial starts.

use crate::build::{Machine, build};
use recur_core::dataset::{Alphabet, Dataset};
use recur_core::model::{Kernels, ModelError, ModelPlugin};
use recur_core::replicate::Replicate;
use recur_core::tensor::{Tensor, TensorData};
use recur_core::trial::Trial;
use recur_core::weights::{ModelCard, WeightsFile};
use recur_core::workers::alone;
use std::collections::BTreeSet;
use std::fmt;

/// Why trials cannot start from a file of weights.
#[derive(Debug, thiserror::Error)]
#[error("model `{model}` cannot start from the weights {path}")]
#[expect(missing_docs, reason = "the messages name the fields")]
pub struct StartError {
    pub path: String,
    /// The model that was to start from it.
    pub model: String,
    #[source]
    pub misfit: Misfit,
}

/// What of a file of weights does not fit.
#[derive(Debug, thiserror::Error)]
pub enum Misfit {
    /// They are of another model.
    #[error("they are of model `{model}`")]
    Model {
        /// The model of the file's card.
        model: String,
    },
    /// They read another alphabet than the data set has.
    #[error("they read the alphabet {weights}, and the data set has {data}")]
    Alphabet {
        /// The alphabet of the file's card.
        weights: Characters,
        /// The data set's.
        data: Characters,
    },
    /// They tell other labels than the data set has.
    #[error("the labels differ: {}", differing(missing, unknown))]
    Labels {
        /// Labels of the file's card that the data set does not have.
        missing: Vec<String>,
        /// Labels of the data set that the file's card does not have.
        unknown: Vec<String>,
    },
    /// The model does not take a tensor.
    #[error("{problem} (the data set has {n_tokens} tokens and {n_classes} labels)")]
    Tensor {
        /// Tokens of the data set (V).
        n_tokens: usize,
        /// Labels of the data set (C).
        n_classes: usize,
        /// Which tensor, and what is wrong with it.
        problem: ModelError,
    },
}

/// An alphabet, for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Characters {
    /// In token order.
    pub characters: String,
    /// Whether one more token represents all other characters.
    pub has_unknown: bool,
}

impl Characters {
    fn of(alphabet: &Alphabet) -> Self {
        Self { characters: alphabet.characters().iter().collect(), has_unknown: alphabet.has_unknown() }
    }
}

impl fmt::Display for Characters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others =
            if self.has_unknown { "with a token for other characters" } else { "without a token for other characters" };
        write!(f, "{:?} {others}", self.characters)
    }
}

fn differing(missing: &[String], unknown: &[String]) -> String {
    let some = |labels: &[String]| {
        let more = if labels.len() > 5 { ", …" } else { "" };
        labels.iter().take(5).cloned().collect::<Vec<_>>().join(", ") + more
    };
    match (missing, unknown) {
        ([], unknown) => format!("the weights do not know {}", some(unknown)),
        (missing, []) => format!("the data set does not have {}", some(missing)),
        (missing, unknown) => format!("the data set has {} where the weights know {}", some(unknown), some(missing)),
    }
}

/// Tries the initial weights of trials, each configuration's once.
pub(crate) fn check<'a>(
    dataset: &Dataset,
    kernels: Kernels,
    trials: impl Iterator<Item = (&'a Trial, &'a Replicate, &'static dyn ModelPlugin)>,
) -> Result<(), StartError> {
    let mut seen = BTreeSet::new();
    for (trial, replicate, plugin) in trials {
        let Some(file) = &trial.initial_weights else { continue };
        if seen.insert(trial.configuration) {
            check_one(trial, replicate, dataset, plugin, kernels, file).map_err(|misfit| StartError {
                path: file.path.clone(),
                model: plugin.about().id.to_owned(),
                misfit,
            })?;
        }
    }
    Ok(())
}

fn check_one(
    trial: &Trial,
    replicate: &Replicate,
    dataset: &Dataset,
    plugin: &dyn ModelPlugin,
    kernels: Kernels,
    file: &WeightsFile,
) -> Result<(), Misfit> {
    if let Some(card) = &file.card {
        check_card(card, plugin.about().id, dataset)?;
    }
    let (n_tokens, n_classes) = (dataset.alphabet().n_tokens(), dataset.label_names().len());
    let machine = Machine { kernels, workers: &alone() };
    let tried = build(trial, dataset, plugin, &replicate.streams, &vec![1.0; n_classes], machine, None)
        .and_then(|mut model| model.set_weights(&file.tensors));
    tried.map_err(|problem| Misfit::Tensor { n_tokens, n_classes, problem: with_number_type(problem, &file.tensors) })
}

/// The same error; where a model takes only f32 and one of `tensors` holds other numbers, with what they are and the way out.
pub(crate) fn with_number_type(error: ModelError, tensors: &[Tensor]) -> ModelError {
    let ModelError::Weights { name, problem } = error else { return error };
    let found = tensors.iter().find(|tensor| tensor.name == name).map(|tensor| match tensor.data {
        TensorData::F32(_) => "F32",
        TensorData::F64(_) => "F64",
        TensorData::I64(_) => "I64",
        TensorData::U8(_) => "U8",
    });
    match found {
        Some(found) if problem == "holds other numbers than f32" => {
            let problem = format!("{problem}: {found}; in PyTorch, .float() makes it F32");
            ModelError::Weights { name, problem }
        }
        _ => ModelError::Weights { name, problem },
    }
}

fn check_card(card: &ModelCard, model: &str, dataset: &Dataset) -> Result<(), Misfit> {
    if card.model != model {
        return Err(Misfit::Model { model: card.model.clone() });
    }
    let alphabet = card.alphabet();
    if alphabet != *dataset.alphabet() {
        return Err(Misfit::Alphabet { weights: Characters::of(&alphabet), data: Characters::of(dataset.alphabet()) });
    }
    let beside = |labels: &[String], others: &[String]| -> Vec<String> {
        labels.iter().filter(|label| !others.contains(label)).cloned().collect()
    };
    if card.labels != dataset.label_names() {
        let missing = beside(&card.labels, dataset.label_names());
        return Err(Misfit::Labels { missing, unknown: beside(dataset.label_names(), &card.labels) });
    }
    Ok(())
}
