//! What to do about an error.

use crate::{Misfit, PredictError};

impl Misfit {
    /// How to make initial weights fit.
    pub fn hint(&self) -> String {
        match self {
            Self::Model { model } => format!("put the file under `use: {model}`"),
            Self::Alphabet { weights, .. } => {
                let alphabet = weights.characters.replace('\'', "''");
                let unknown = if weights.has_unknown { "token" } else { "drop" };
                format!("the weights fit `data.text`: {{alphabet: '{alphabet}', unknown: {unknown}}}")
            }
            Self::Labels { .. } => "the data must have the labels that the weights were trained on".to_owned(),
            Self::Tensor { problem, .. } if problem.to_string().contains(".float()") => {
                "save the weights as F32: model.float() before safetensors.torch.save_file".to_owned()
            }
            Self::Tensor { .. } => {
                "shapes follow from the model's `params`, `data.text.alphabet` with `unknown`, and the \
                number of labels: give those that the weights were trained with"
                    .to_owned()
            }
        }
    }
}

impl PredictError {
    /// What to do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoModel(error) => Some(error.hint().to_owned()),
            Self::NoCard { .. } => Some(
                "score it once in a spec with `weights: FILE` under its model, `data.text.alphabet` and \
                `training.epochs: 0`; the weights that this trial keeps have a card (docs/weights.md)"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}
