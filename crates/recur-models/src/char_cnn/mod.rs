#![doc = include_str!("description.md")]

mod network;

use network::{ConvolutionalNetwork, Shape};
use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_nn::trainer::Trainer;

/// The plugin.
pub(crate) struct CharCnn;

const PARAMETERS: &[ParamSpec] = &[
    ParamSpec {
        name: "embedding",
        kind: ParamKind::Integer { min: 1, max: 4096 },
        default: ParamDefault::Integer(64),
        meaning: "numbers that a character is learned as",
    },
    ParamSpec {
        name: "widths",
        kind: ParamKind::IntegerPair { min: 1, max: 16 },
        default: ParamDefault::IntegerPair(2, 5),
        meaning: "least and greatest number of characters that a filter looks at",
    },
    ParamSpec {
        name: "filters",
        kind: ParamKind::Integer { min: 1, max: 4096 },
        default: ParamDefault::Integer(128),
        meaning: "filters of each width",
    },
    ParamSpec {
        name: "dropout",
        kind: ParamKind::Real { min: 0.0, max: 0.95, above_min: false },
        default: ParamDefault::Real(0.0),
        meaning: "share of the filters' greatest outputs set to zero in training",
    },
    ParamSpec {
        name: "learning_rate",
        kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
        default: ParamDefault::Real(0.005),
        meaning: "size of a step at the start of training",
    },
];

const ABOUT: Declaration = Declaration {
    id: "char_cnn",
    summary: "convolutions over the characters, and a linear map of the greatest output of each filter",
    description: include_str!("description.md"),
    version: 1,
    code: env!("RECUR_CODE_char_cnn"),
    determinism: Determinism::Portable,
    regime: Regime::Iterative,
    unused_settings: &[],
    parameters: PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

fn shape(setup: &Setup<'_>) -> Shape {
    let (narrowest, widest) = setup.params.size_pair("widths");
    Shape {
        vocab: setup.n_tokens,
        embedding: setup.params.size("embedding"),
        widths: narrowest..=widest,
        filters: setup.params.size("filters"),
        classes: setup.n_classes,
        dropout: setup.params.real("dropout") as f32,
    }
}

impl ModelPlugin for CharCnn {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    /// A window is multiplied whole, zeros beyond the ends of the text included.
    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        let Shape { vocab, embedding, widths, filters, classes, .. } = shape(setup);
        let [v, d, f, c] = [vocab, embedding, filters, classes].map(|n| n as u64);
        let (features, windows) = (f * widths.clone().count() as u64, d * f * widths.sum::<usize>() as u64);
        let parameters = v * d + windows + features + (features + 1) * c;
        Some(Cost::of_f32(parameters, windows * characters + features * c))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(Trainer::new(ConvolutionalNetwork::new(&shape(setup)), setup)))
    }
}
