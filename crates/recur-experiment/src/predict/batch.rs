//! Predicting many texts: in batches, on all threads.

use super::error::PredictionError;
use crate::parallel::{available_cores, in_parallel};
use recur_core::model::{Cancel, Kernels};
use recur_core::registry::Registry;
use recur_core::trial::code_digest;
use recur_core::weights::{ModelCard, WeightsFile};
use recur_train::{PredictError, Predictor, Unreadable};
use std::sync::{Mutex, PoisonError};

/// The log-probabilities (C) of a text, or why it has none.
pub type Predicted = Result<Vec<f32>, Unreadable>;

/// So many texts without a label are named in warnings.
const SHOWN: usize = 10;

/// Texts that one thread predicts before the answers are written: memory is bounded by it, whatever the input.
const CHUNK: usize = 4096;

/// A trained model that predicts texts on several threads.
pub struct BatchPredictor {
    predictors: Vec<Predictor>,
}

/// The card of `file`; warns if the model has changed since.
///
/// # Errors
/// If there is no card, or `registry` does not have the model.
pub fn card_of<'a>(file: &'a WeightsFile, registry: &Registry) -> Result<&'a ModelCard, PredictionError> {
    let card = file.card.as_ref().ok_or_else(|| PredictError::NoCard { path: file.path.clone() })?;
    let known = registry.get(&card.model).map_err(PredictError::from)?.about();
    let (model, trained) = (&card.model, card.model_version);
    if trained != known.version {
        let known = known.version;
        tracing::warn!("the weights are of version {trained} of {model}, and this is {known}: predictions may differ");
    } else if card.model_code.as_ref().is_some_and(|code| *code != code_digest(known.code)) {
        tracing::warn!("the code of {model} has changed since the weights were trained: predictions may differ");
    }
    Ok(card)
}

impl BatchPredictor {
    /// Texts of which no progress need be shown: they are predicted at once.
    pub const AT_ONCE: usize = CHUNK;

    /// The model of `file`'s card, on as many threads as `n_texts` keep busy.
    ///
    /// # Errors
    /// If card, tensors and the registry's models do not go together.
    pub fn new(
        file: &WeightsFile,
        registry: &Registry,
        kernels: Kernels,
        n_texts: usize,
    ) -> Result<Self, PredictionError> {
        let card = file.card.as_ref().ok_or_else(|| PredictError::NoCard { path: file.path.clone() })?;
        let needs = registry.get(&card.model).map_err(PredictError::from)?.needs();
        let n = needs.resources.at_once(available_cores()).min(n_texts.div_ceil(CHUNK)).max(1);
        let predictors = (0..n).map(|_| Predictor::new(registry, file, kernels)).collect::<Result<_, _>>()?;
        Ok(Self { predictors })
    }

    /// Predicts `texts`, and hands each part of them with its answers to `write`, in order, until that returns `false`: then nobody
    /// reads the answers any more. Warns of texts that could not be read. Whether `write` got all.
    ///
    /// # Errors
    /// If the model fails, `write` does, `cancel` is raised, or there are texts and not one could be read.
    pub fn predict<E: From<PredictionError>>(
        &mut self,
        texts: &[String],
        cancel: &Cancel,
        mut write: impl FnMut(&[String], &[Predicted]) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let mut unlabelled = Unlabelled::default();
        for part in texts.chunks(CHUNK * self.predictors.len()) {
            if cancel.is_cancelled() {
                return Err(PredictionError::Stopped.into());
            }
            let predicted = self.predict_part(part)?;
            unlabelled.add(part, &predicted);
            if !write(part, &predicted)? {
                return Ok(false);
            }
        }
        unlabelled.warn();
        if !texts.is_empty() && unlabelled.count == texts.len() {
            return Err(PredictionError::NoneReadable { n_texts: texts.len() }.into());
        }
        Ok(true)
    }

    /// The answers for `texts`, in order: no answer depends on the texts next to it, so threads share them.
    fn predict_part(&mut self, texts: &[String]) -> Result<Vec<Predicted>, PredictionError> {
        // Each predictor is that of one thread: no one waits.
        let parts: Vec<_> = self.predictors.iter_mut().map(Mutex::new).zip(texts.chunks(CHUNK)).collect();
        let answers = in_parallel(&parts, parts.len(), |(predictor, texts)| {
            predictor.lock().unwrap_or_else(PoisonError::into_inner).log_probabilities(texts)
        });
        let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(answers.into_iter().flatten().collect())
    }
}

/// The texts that the model could not read.
#[derive(Default)]
struct Unlabelled {
    count: usize,
    first: Vec<(String, Unreadable)>,
}

impl Unlabelled {
    fn add(&mut self, texts: &[String], predicted: &[Predicted]) {
        let unreadable = texts.iter().zip(predicted).filter_map(|(text, answer)| Some((text, answer.as_ref().err()?)));
        for (text, reason) in unreadable {
            self.count += 1;
            if self.first.len() < SHOWN {
                self.first.push((text.chars().take(60).collect(), *reason));
            }
        }
    }

    fn warn(&self) {
        for (text, reason) in &self.first {
            tracing::warn!("no label for {text:?}: {reason}");
        }
        let n_more = self.count - self.first.len();
        if n_more > 0 {
            tracing::warn!("no label for {n_more} more texts");
        }
    }
}
