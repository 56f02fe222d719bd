#![doc = include_str!("description.md")]

mod attention;
mod network;
#[cfg(test)]
mod tests;

use network::{AttentionNetwork, Shape};
use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_nn::trainer::Trainer;

/// The plugin.
pub struct LetterAttention;

const PARAMETERS: &[ParamSpec] = &[
    ParamSpec {
        name: "embedding",
        kind: ParamKind::Integer { min: 1, max: 1024 },
        default: ParamDefault::Integer(16),
        meaning: "numbers that a character is learned as",
    },
    ParamSpec {
        name: "width",
        kind: ParamKind::Integer { min: 1, max: 16 },
        default: ParamDefault::Integer(3),
        meaning: "characters that a filter looks at",
    },
    ParamSpec {
        name: "filters",
        kind: ParamKind::Integer { min: 2, max: 1024 },
        default: ParamDefault::Integer(32),
        meaning: "filters; two at least, as their outputs are normalised together",
    },
    ParamSpec {
        name: "attention_size",
        kind: ParamKind::Integer { min: 1, max: 1024 },
        default: ParamDefault::Integer(16),
        meaning: "numbers of a query and of a key",
    },
    ParamSpec {
        name: "dropout",
        kind: ParamKind::Real { min: 0.0, max: 0.95, above_min: false },
        default: ParamDefault::Real(0.0),
        meaning: "share of what the last map reads that is set to zero in training",
    },
    // `Trainer` reads it.
    ParamSpec {
        name: "learning_rate",
        kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
        default: ParamDefault::Real(0.005),
        meaning: "size of a step at the start of training",
    },
];

const ABOUT: Declaration = Declaration {
    id: "letter_attention",
    summary: "a convolution over the characters, from which each text reads by attention",
    description: include_str!("description.md"),
    version: 1,
    code: env!("RECUR_CODE_letter_attention"),
    determinism: Determinism::Portable,
    regime: Regime::Iterative,
    unused_settings: &[],
    parameters: PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

fn shape(setup: &Setup<'_>) -> Shape {
    Shape {
        vocab: setup.n_tokens,
        embedding: setup.params.size("embedding"),
        width: setup.params.size("width"),
        filters: setup.params.size("filters"),
        attention: setup.params.size("attention_size"),
        classes: setup.n_classes,
        dropout: setup.params.real("dropout") as f32,
    }
}

impl ModelPlugin for LetterAttention {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    /// Each character has a window, a key, a product with the query, and a share in what is read; the text has a query.
    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        let Shape { vocab, embedding, width, filters, attention, classes, .. } = shape(setup);
        let [v, d, w, f, k, c] = [vocab, embedding, width, filters, attention, classes].map(|n| n as u64);
        let parameters = v * d + (w * d + 1) * f + 2 * f + (f + 1) * k + k + (f + 1) * c;
        let of_each = w * d * f + f * k + k + f;
        Some(Cost::of_f32(parameters, of_each.saturating_mul(characters).saturating_add(f * k + f * c)))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(Trainer::new(AttentionNetwork::new(&shape(setup)), setup)))
    }
}
