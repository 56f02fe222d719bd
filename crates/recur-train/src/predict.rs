//! Prediction with a file of weights: no plan, no data set.

use crate::checked::with_text;
use crate::start::with_number_type;
use recur_core::answer::{Improper, improper};
use recur_core::dataset::{Alphabet, Sequences};
use recur_core::model::{Kernels, Model, ModelError, Setup, SetupData};
use recur_core::params::{ParamError, Params};
use recur_core::random::StreamPath;
use recur_core::registry::{NoModel, Registry};
use recur_core::settings::{TextSettings, Unknown};
use recur_core::weights::{MOST_CHARACTERS, ModelCard, WeightsFile};
use recur_core::workers::alone;
use recur_text::normalise;

/// A trained model with all that it needs to read texts.
pub struct Predictor {
    model: Box<dyn Model>,
    /// How a text is brought into the form that the model was trained on.
    text: TextSettings,
    alphabet: Alphabet,
    n_classes: usize,
    /// Whether the model reads texts as they were before they were normalised.
    raw_texts: bool,
}

/// Why a file of weights cannot predict.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum PredictError {
    /// The file does not say what its tensors are for.
    #[error("{path} has no card: the alphabet, the labels and the model of its tensors are not known")]
    NoCard { path: String },
    /// The registry lacks the model, or its plugin is broken.
    #[error(transparent)]
    NoModel(#[from] NoModel),
    /// The card has a parameter that the model does not declare.
    #[error("the card of {path} has a parameter `{name}`, which model `{model}` does not have")]
    UnknownParameter { path: String, name: String, model: String },
    /// The card has a value that its parameter does not take.
    #[error("the card of {path} cannot be used")]
    Parameter {
        path: String,
        /// Which parameter, and what it takes.
        #[source]
        source: ParamError,
    },
    /// The tensors do not fit the card, or the model failed.
    #[error("cannot predict with {path}")]
    Model {
        path: String,
        #[source]
        source: ModelError,
    },
}

/// Why a text has no prediction.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages name the fields")]
pub enum Unreadable {
    /// Nothing that the model could read.
    #[error("none of its characters is in the model's alphabet")]
    NoCharacters,
    /// A character outside the alphabet, where the data's text settings have `unknown: error`.
    #[error("the character {0:?} is not in the model's alphabet")]
    UnknownCharacter(char),
    #[error("it has more than {MOST_CHARACTERS} characters")]
    TooLong,
    /// The weights hold infinities or NaN.
    #[error("the model's answer is not a number")]
    NotANumber,
    /// What the model answers is no distribution over the labels.
    #[error("the model's answer is no distribution over the labels: {0}")]
    Improper(Improper),
}

impl Predictor {
    /// The model of `file`'s card, with its weights, which computes with `kernels`.
    ///
    /// # Errors
    /// If there is no card, or card, tensors and the registry's models do not go together.
    pub fn new(registry: &Registry, file: &WeightsFile, kernels: Kernels) -> Result<Self, PredictError> {
        let path = || file.path.clone();
        let card = file.card.as_ref().ok_or_else(|| PredictError::NoCard { path: path() })?;
        let plugin = registry.get(&card.model)?;
        let params = params(card, plugin.about().parameters, &file.path)?;
        let (alphabet, n_classes) = (card.alphabet(), card.labels.len());
        let setup = Setup {
            params: &params,
            training: None,
            n_tokens: alphabet.n_tokens(),
            n_classes,
            data: Some(SetupData { alphabet: &alphabet, labels: &card.labels, validation: None }),
            class_weights: &vec![1.0; n_classes],
            streams: &StreamPath::root(0),
            workers: &alone(),
            kernels,
        };
        let failed = |source| PredictError::Model { path: path(), source };
        let mut model = plugin.build(&setup).map_err(failed)?;
        model.set_weights(&file.tensors).map_err(|error| failed(with_number_type(error, &file.tensors)))?;
        Ok(Self { model, text: card.text.clone(), alphabet, n_classes, raw_texts: plugin.needs().raw_texts })
    }

    /// The log-probabilities (C) of each of `texts`, which are normalised here as the card says. Those of a text do not
    /// depend on the texts next to it.
    ///
    /// # Errors
    /// If the model fails.
    pub fn log_probabilities(
        &mut self,
        texts: &[impl AsRef<str>],
    ) -> Result<Vec<Result<Vec<f32>, Unreadable>>, ModelError> {
        let given = texts;
        let texts: Vec<String> = given.iter().map(|text| normalise(text.as_ref(), &self.text)).collect();
        let mut sequences = Sequences::new();
        let read: Vec<Result<(), Unreadable>> = texts
            .iter()
            .map(|text| {
                let tokens = self.encode(text)?;
                sequences.push(tokens);
                Ok(())
            })
            .collect();
        if self.raw_texts {
            let raw = given.iter().zip(&read).filter(|(_, read)| read.is_ok()).map(|(text, _)| text.as_ref());
            sequences = sequences.with_raw(raw);
        }
        let rows: Vec<u32> = (0..sequences.len() as u32).collect();
        let mut out = vec![0.0; rows.len() * self.n_classes];
        if let Err(error) = self.model.log_probabilities(&sequences, &rows, &mut out) {
            let is_read = |(text, read): (&String, &Result<(), Unreadable>)| read.is_ok().then(|| text.clone());
            return Err(with_text(error, &texts.iter().zip(&read).filter_map(is_read).collect::<Vec<_>>()));
        }
        let mut predicted = out.chunks_exact(self.n_classes).map(|row| match improper(row) {
            None => Ok(row.to_vec()),
            Some(Improper::NotANumber { .. }) => Err(Unreadable::NotANumber),
            Some(problem) => Err(Unreadable::Improper(problem)),
        });
        Ok(read
            .into_iter()
            .map(|read| read.and_then(|()| predicted.next().expect("a row for each text that was read")))
            .collect())
    }

    fn encode(&self, text: &str) -> Result<Vec<u16>, Unreadable> {
        let strict = self.text.unknown == Unknown::Error;
        if let Some(character) = text.chars().find(|character| strict && self.alphabet.token(*character).is_none()) {
            return Err(Unreadable::UnknownCharacter(character));
        }
        let tokens: Vec<u16> = self.alphabet.encode(text).take(MOST_CHARACTERS + 1).collect();
        match tokens.len() {
            0 => Err(Unreadable::NoCharacters),
            n if n > MOST_CHARACTERS => Err(Unreadable::TooLong),
            _ => Ok(tokens),
        }
    }
}

fn params(card: &ModelCard, specs: &[recur_core::params::ParamSpec], path: &str) -> Result<Params, PredictError> {
    let given = card.params.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    let unknown = card.params.iter().find(|(name, _)| specs.iter().all(|spec| spec.name != *name));
    if let Some((name, _)) = unknown {
        let (path, name, model) = (path.to_owned(), name.to_owned(), card.model.clone());
        return Err(PredictError::UnknownParameter { path, name, model });
    }
    Params::checked(specs, &given).map_err(|source| PredictError::Parameter { path: path.to_owned(), source })
}
