//! A file of weights: the tensors, and the card that says what they are for.

use crate::dataset::{Alphabet, Dataset};
use crate::digest::Digest;
use crate::identity::{Identity, TrialId};
use crate::params::Params;
use crate::settings::TextSettings;
use crate::tensor::Tensor;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// The name under which a safetensors file holds its card, and no tensor.
const RESERVED: &str = "__metadata__";

/// The first of `names` that a file of weights cannot hold, and why.
pub fn unfit_name<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, &'static str)> {
    let mut seen = BTreeSet::new();
    names.into_iter().find_map(|name| match name {
        "" => Some((name, "a tensor has no name")),
        RESERVED => Some((name, "safetensors files keep this name for themselves")),
        _ if !seen.insert(name) => Some((name, "two tensors have this name")),
        _ => None,
    })
}

/// Texts with more characters that have a token are not predicted: memory grows with the longest.
pub const MOST_CHARACTERS: usize = 10_000;

/// The version of [`ModelCard`] that this recur writes, and the latest that it reads.
pub const CARD_FORMAT: u32 = 3;

/// All that prediction needs besides the tensors. Both are in one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// [`CARD_FORMAT`] of the recur that wrote it.
    pub format: u32,
    /// The model's id.
    pub model: String,
    /// The plugin's version.
    pub model_version: u32,
    /// The digest of the plugin's code; formats 1 and 2 had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_code: Option<Digest>,
    /// Every parameter.
    pub params: Params,
    /// How a text is normalised. [`ModelCard::alphabet`], not the setting, says which characters have a token.
    pub text: TextSettings,
    /// The characters that have a token, in token order. Format 1 called them `letters`.
    #[serde(alias = "letters")]
    pub characters: String,
    /// Whether one more token represents all other characters.
    pub has_unknown: bool,
    /// The labels, in the order of the model's outputs (C of them).
    pub labels: Vec<String>,
    /// The trial that the weights come from.
    pub trial: Option<TrialId>,
}

impl ModelCard {
    /// The card of the weights that the trial with `identity` keeps: trained on `dataset`.
    pub fn of_trial(identity: &Identity, dataset: &Dataset) -> Self {
        Self {
            format: CARD_FORMAT,
            model: identity.model.clone(),
            model_version: identity.model_version,
            model_code: Some(identity.model_code.clone()),
            params: identity.params.clone(),
            text: identity.text.clone(),
            characters: dataset.alphabet().characters().iter().collect(),
            has_unknown: dataset.alphabet().has_unknown(),
            labels: dataset.label_names().to_vec(),
            trial: Some(identity.id()),
        }
    }

    /// The alphabet that texts are encoded with.
    pub fn alphabet(&self) -> Alphabet {
        Alphabet::new(self.characters.chars(), self.has_unknown)
    }
}

/// A file of weights, read.
#[derive(Clone, PartialEq)]
pub struct WeightsFile {
    /// The file, as the user named it.
    pub path: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// What the tensors are for; `None` in a file that another program wrote.
    pub card: Option<ModelCard>,
    /// The tensors, sorted by name.
    pub tensors: Vec<Tensor>,
}

impl fmt::Debug for WeightsFile {
    /// Names and shapes: the numbers would fill pages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes: Vec<(&str, &[usize])> = self.tensors.iter().map(|t| (t.name.as_str(), &t.shape[..])).collect();
        f.debug_struct("WeightsFile")
            .field("path", &self.path)
            .field("digest", &self.digest)
            .field("card", &self.card)
            .field("tensors", &shapes)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::ParamValue;
    use crate::settings::{Fold, Unknown};

    #[test]
    fn a_card_comes_back_from_json_as_it_was() {
        let text = TextSettings { fold: Fold::Ascii, unknown: Unknown::Drop, ..TextSettings::default() };
        let card = ModelCard {
            format: CARD_FORMAT,
            model: "m".into(),
            model_version: 2,
            model_code: Some(Digest::of(b"code")),
            params: Params::default().with("learning_rate", ParamValue::Real(0.1 + 0.2)),
            text,
            characters: "b\u{301}\"a ".into(),
            has_unknown: true,
            labels: vec!["Czech".into()],
            trial: None,
        };
        let json = serde_json::to_string(&card).unwrap();
        assert_eq!(serde_json::from_str::<ModelCard>(&json).unwrap(), card);
        assert_eq!(card.alphabet().characters(), ['b', '\u{301}', '"', 'a', ' ']);
        assert_eq!(card.alphabet().n_tokens(), 6);
    }
}
