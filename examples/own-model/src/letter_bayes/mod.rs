#![doc = include_str!("description.md")]
//!
//! Characters for dimensions: `C` labels, `V` tokens.

#[cfg(test)]
mod tests;

use recur_core::dataset::Sequences;
use recur_core::model::{Chunk, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_core::settings::TrainingKey;
use recur_core::tensor::{Tensor, TensorData};

/// The plugin.
pub struct LetterBayes;

const PARAMETERS: &[ParamSpec] = &[ParamSpec {
    name: "smoothing",
    kind: ParamKind::Real { min: 0.0, max: 1000.0, above_min: true },
    default: ParamDefault::Real(1.0),
    meaning: "added to each count, so that nothing is impossible",
}];

const ABOUT: Declaration = Declaration {
    id: "letter_bayes",
    summary: "naive Bayes on single characters",
    description: include_str!("description.md"),
    version: 1,
    code: env!("RECUR_CODE_letter_bayes"),
    determinism: Determinism::Portable,
    regime: Regime::OneShot,
    unused_settings: &TrainingKey::ALL,
    parameters: PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

impl ModelPlugin for LetterBayes {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let (n_classes, n_tokens) = (setup.n_classes, setup.n_tokens);
        Ok(Box::new(Counts {
            smoothing: setup.params.real("smoothing"),
            texts: vec![0; n_classes],
            characters: vec![0; n_classes * n_tokens],
            n_tokens,
        }))
    }
}

/// The model: what was counted. Untrained it finds all labels equally likely.
struct Counts {
    smoothing: f64,
    /// Texts of each label, (C).
    texts: Vec<i64>,
    /// Occurrences of each character in them, (C, V).
    characters: Vec<i64>,
    n_tokens: usize,
}

impl Counts {
    /// The log-probability of each label, (C). Sums are in f64 and in order, `log` is the `libm` crate's: equal bits
    /// everywhere.
    fn log_probabilities_of(&self, text: &[u16]) -> Vec<f64> {
        let score = |(n_texts, characters): (&i64, &[i64])| {
            let total = libm::log(characters.iter().sum::<i64>() as f64 + self.smoothing * self.n_tokens as f64);
            let character = |token: &u16| libm::log(characters[usize::from(*token)] as f64 + self.smoothing) - total;
            text.iter().map(character).fold(libm::log(*n_texts as f64 + self.smoothing), |sum, term| sum + term)
        };
        let mut scores: Vec<f64> =
            self.texts.iter().zip(self.characters.chunks_exact(self.n_tokens)).map(score).collect();
        let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_sum = max + libm::log(scores.iter().map(|score| libm::exp(score - max)).sum());
        scores.iter_mut().for_each(|score| *score -= log_sum);
        scores
    }

    fn tensors(&self) -> [Tensor; 2] {
        let (texts, characters) = (self.texts.clone(), self.characters.clone());
        [
            Tensor::new("texts", [texts.len()], TensorData::I64(texts)),
            Tensor::new("characters", [self.texts.len(), self.n_tokens], TensorData::I64(characters)),
        ]
    }
}

impl Model for Counts {
    fn train(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        if chunk.cancel.is_cancelled() {
            return Err(ModelError::Cancelled);
        }
        self.texts.fill(0);
        self.characters.fill(0);
        for row in chunk.order {
            let label = usize::from(chunk.labels[*row as usize]);
            self.texts[label] += 1;
            for token in chunk.sequences.get(*row) {
                self.characters[label * self.n_tokens + usize::from(*token)] += 1;
            }
        }
        for (row, loss) in chunk.order.iter().zip(losses) {
            let label = usize::from(chunk.labels[*row as usize]);
            *loss = -self.log_probabilities_of(chunk.sequences.get(*row))[label];
        }
        Ok(())
    }

    fn log_probabilities(&mut self, sequences: &Sequences, rows: &[u32], out: &mut [f32]) -> Result<(), ModelError> {
        for (row, out) in rows.iter().zip(out.chunks_exact_mut(self.texts.len())) {
            let found = self.log_probabilities_of(sequences.get(*row));
            out.iter_mut().zip(found).for_each(|(out, found)| *out = found as f32);
        }
        Ok(())
    }

    fn n_parameters(&self) -> usize {
        self.texts.len() + self.characters.len()
    }

    fn weights(&self) -> Vec<Tensor> {
        self.tensors().to_vec()
    }

    /// Nothing changes unless all tensors fit.
    fn set_weights(&mut self, weights: &[Tensor]) -> Result<(), ModelError> {
        let wrong = |name: &str, problem: String| Err(ModelError::Weights { name: name.to_owned(), problem });
        let own = self.tensors();
        if let Some(unknown) = weights.iter().find(|tensor| own.iter().all(|own| own.name != tensor.name)) {
            return wrong(&unknown.name, "unknown to this model, which has texts and characters".to_owned());
        }
        let mut found = Vec::new();
        for own in &own {
            let Some(tensor) = weights.iter().find(|tensor| tensor.name == own.name) else {
                return wrong(&own.name, "missing".to_owned());
            };
            match &tensor.data {
                TensorData::I64(data) if tensor.shape == own.shape => found.push(data.clone()),
                TensorData::I64(_) => {
                    return wrong(&own.name, format!("has shape {:?}, expected {:?}", tensor.shape, own.shape));
                }
                _ => return wrong(&own.name, "holds other numbers than i64".to_owned()),
            }
        }
        (self.characters, self.texts) = (found.remove(1), found.remove(0));
        Ok(())
    }

    /// Learns in one go: there is no state between steps.
    fn training_state(&self) -> Vec<Tensor> {
        Vec::new()
    }

    fn set_training_state(&mut self, state: &[Tensor]) -> Result<(), ModelError> {
        match state.first() {
            None => Ok(()),
            Some(tensor) => {
                Err(ModelError::Weights { name: tensor.name.clone(), problem: "unknown to this model".to_owned() })
            }
        }
    }
}
