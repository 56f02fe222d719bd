#![doc = include_str!("description.md")]

mod network;

use network::{ConvolutionalNetwork, Shape};
use recur_core::model::{Condition, Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_nn::ngram_bag::NGramShape;
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
        name: "ngram_buckets",
        kind: ParamKind::Integer { min: 0, max: 16_777_216 },
        default: ParamDefault::Integer(0),
        meaning: "rows of the table of n-grams, which share them by their hash; 0 is no table",
    },
    ParamSpec {
        name: "ngrams",
        kind: ParamKind::IntegerPair { min: 1, max: 16 },
        default: ParamDefault::IntegerPair(1, 5),
        meaning: "fewest and most characters of an n-gram, start and end marks included",
    },
    ParamSpec {
        name: "ngram_dropout",
        kind: ParamKind::Real { min: 0.0, max: 0.95, above_min: false },
        default: ParamDefault::Real(0.5),
        meaning: "share of a text's n-grams that are left out in training",
    },
    ParamSpec {
        name: "learning_rate",
        kind: ParamKind::Real { min: 0.0, max: 10.0, above_min: true },
        default: ParamDefault::Real(0.005),
        meaning: "size of a step at the start of training",
    },
];

/// Without a table there are no n-grams.
const CONDITIONS: [Condition; 2] = [
    Condition { parameter: "ngrams", needs: "ngram_buckets", at_least: 1 },
    Condition { parameter: "ngram_dropout", needs: "ngram_buckets", at_least: 1 },
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

fn ngrams(setup: &Setup<'_>) -> Option<NGramShape> {
    let shape = NGramShape {
        n_tokens: setup.n_tokens,
        lengths: setup.params.size_pair("ngrams"),
        buckets: setup.params.size("ngram_buckets"),
        width: setup.n_classes,
        dropout: setup.params.real("ngram_dropout") as f32,
    };
    (shape.buckets > 0).then_some(shape)
}

fn shape(setup: &Setup<'_>) -> Shape {
    let (narrowest, widest) = setup.params.size_pair("widths");
    Shape {
        vocab: setup.n_tokens,
        embedding: setup.params.size("embedding"),
        widths: narrowest..=widest,
        filters: setup.params.size("filters"),
        classes: setup.n_classes,
        dropout: setup.params.real("dropout") as f32,
        ngrams: ngrams(setup),
    }
}

impl ModelPlugin for CharCnn {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn conditions(&self) -> &'static [Condition] {
        &CONDITIONS
    }

    /// A window is multiplied whole, zeros beyond the ends of the text included.
    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        let Shape { vocab, embedding, widths, filters, classes, ngrams, .. } = shape(setup);
        let [v, d, f, c] = [vocab, embedding, filters, classes].map(|n| n as u64);
        let (features, windows) = (f * widths.clone().count() as u64, d * f * widths.sum::<usize>() as u64);
        let parameters = v * d + windows + features + (features + 1) * c;
        let (rows, read) = ngrams.map_or((0, 0), |of| (of.buckets as u64, of.count(characters)));
        Some(Cost::of_f32(parameters + rows * c, windows * characters + (features + read) * c))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(Trainer::new(ConvolutionalNetwork::new(&shape(setup)), setup)))
    }
}
