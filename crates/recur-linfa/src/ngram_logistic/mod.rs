#![doc = include_str!("description.md")]
//!
//! A stop is heeded before each pass over the texts.

mod fit;

pub mod algorithm;

use crate::features::{FeatureSettings, NGramRange, WeightingKind};
use crate::linear::Linear;
use crate::model::Baseline;
use fit::SparseFit;
use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_core::settings::TrainingKey;

/// The plugin `ngram_logistic`.
pub static NGRAM_LOGISTIC: NGramLogistic = NGramLogistic;

/// See [`NGRAM_LOGISTIC`].
#[derive(Debug)]
pub struct NGramLogistic;

static PARAMETERS: [ParamSpec; 7] = [
    ParamSpec {
        name: "ngrams",
        kind: ParamKind::IntegerPair { min: 1, max: 8 },
        default: ParamDefault::IntegerPair(1, 5),
        meaning: "fewest and most characters of an n-gram, start and end marks included",
    },
    ParamSpec {
        name: "min_texts",
        kind: ParamKind::Integer { min: 1, max: 1_000_000 },
        default: ParamDefault::Integer(2),
        meaning: "in how many training texts an n-gram must be to be used",
    },
    ParamSpec {
        name: "max_ngrams",
        kind: ParamKind::Integer { min: 0, max: 100_000_000 },
        default: ParamDefault::Integer(0),
        meaning: "how many of the most common n-grams to use; 0 is all of them",
    },
    ParamSpec {
        name: "weighting",
        kind: ParamKind::Choice(&["tfidf", "counts"]),
        default: ParamDefault::Text("tfidf"),
        meaning: "value of an n-gram: sublinear TF-IDF scaled to length 1, or how often it occurs in the text",
    },
    ParamSpec {
        name: "l2",
        kind: ParamKind::Real { min: 0.001, max: 1e6, above_min: false },
        default: ParamDefault::Real(0.1),
        meaning: "penalty on the squared coefficients, against the sum of losses over all training rows; a small one takes more epochs",
    },
    ParamSpec {
        name: "tolerance",
        kind: ParamKind::Real { min: 0.0, max: 1.0, above_min: true },
        default: ParamDefault::Real(0.003),
        meaning: "share of the penalised loss that may be missing to its minimum when the fit ends",
    },
    ParamSpec {
        name: "max_epochs",
        kind: ParamKind::Integer { min: 1, max: 100_000 },
        default: ParamDefault::Integer(100),
        meaning: "how often each training text is visited at most",
    },
];

/// How texts become columns.
fn settings(setup: &Setup<'_>) -> FeatureSettings {
    let (from, to) = setup.params.size_pair("ngrams");
    let weighting = match setup.params.choice("weighting") {
        "counts" => WeightingKind::Counts,
        _ => WeightingKind::TfIdf,
    };
    let max_ngrams = Some(setup.params.size("max_ngrams")).filter(|most| *most > 0);
    FeatureSettings {
        range: NGramRange { from, to, n_tokens: setup.n_tokens },
        min_texts: setup.params.size("min_texts"),
        max_ngrams: max_ngrams.unwrap_or(usize::MAX),
        weighting,
    }
}

const ABOUT: Declaration = Declaration {
    id: "ngram_logistic",
    summary: "multinomial logistic regression on all character n-grams, sparse",
    description: include_str!("description.md"),
    version: 1,
    code: env!("RECUR_CODE_ngram_logistic"),
    determinism: Determinism::Portable,
    regime: Regime::OneShot,
    unused_settings: &TrainingKey::OF_STEPS,
    parameters: &PARAMETERS,
    source_file: file!(),
    cost_in_words: Some("a coefficient for each n-gram and label: how many n-grams there are depends on the texts"),
};

impl ModelPlugin for NGramLogistic {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    /// Known beforehand only where the number of n-grams is limited.
    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        let settings = settings(setup);
        (settings.max_ngrams < usize::MAX).then(|| Linear::cost(&settings, setup.n_classes, characters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let fit = SparseFit {
            l2: setup.params.real("l2"),
            tolerance: setup.params.real("tolerance"),
            max_epochs: setup.params.size("max_epochs"),
            kernels: setup.kernels,
        };
        Ok(Box::new(Baseline::new(settings(setup), setup, fit)))
    }
}
