#![doc = include_str!("description.md")]
//!
//! linfa-bayes has no sparse form, and its multinomial one prints every label's numbers to the standard error stream.

mod fit;

use crate::features::{FeatureSettings, NGramRange, WeightingKind};
use crate::linear::Linear;
use crate::model::Baseline;
use fit::MultinomialFit;
use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_core::settings::TrainingKey;

/// The plugin `ngram_bayes`.
pub static NGRAM_BAYES: NGramBayes = NGramBayes;

/// See [`NGRAM_BAYES`].
#[derive(Debug)]
pub struct NGramBayes;

static PARAMETERS: [ParamSpec; 4] = [
    ParamSpec {
        name: "ngrams",
        kind: ParamKind::IntegerPair { min: 1, max: 8 },
        default: ParamDefault::IntegerPair(1, 4),
        meaning: "fewest and most characters of an n-gram, start and end marks included",
    },
    ParamSpec {
        name: "min_texts",
        kind: ParamKind::Integer { min: 1, max: 1_000_000 },
        default: ParamDefault::Integer(1),
        meaning: "in how many training texts an n-gram must be to be used",
    },
    ParamSpec {
        name: "max_ngrams",
        kind: ParamKind::Integer { min: 0, max: 100_000_000 },
        default: ParamDefault::Integer(0),
        meaning: "how many of the most common n-grams to use; 0 is all of them",
    },
    ParamSpec {
        name: "smoothing",
        kind: ParamKind::Real { min: 1e-6, max: 1000.0, above_min: false },
        default: ParamDefault::Real(0.05),
        meaning: "added to the number of occurrences of each n-gram for each label",
    },
];

/// How texts become columns.
fn settings(setup: &Setup<'_>) -> FeatureSettings {
    let (from, to) = setup.params.size_pair("ngrams");
    let max_ngrams = Some(setup.params.size("max_ngrams")).filter(|most| *most > 0);
    FeatureSettings {
        range: NGramRange { from, to, n_tokens: setup.n_tokens },
        min_texts: setup.params.size("min_texts"),
        max_ngrams: max_ngrams.unwrap_or(usize::MAX),
        weighting: WeightingKind::Counts,
    }
}

const ABOUT: Declaration = Declaration {
    id: "ngram_bayes",
    summary: "multinomial naive Bayes on all character n-grams, sparse",
    description: include_str!("description.md"),
    version: 1,
    code: env!("RECUR_CODE_ngram_bayes"),
    determinism: Determinism::Portable,
    regime: Regime::OneShot,
    unused_settings: &TrainingKey::OF_STEPS,
    parameters: &PARAMETERS,
    source_file: file!(),
    cost_in_words: Some("a coefficient for each n-gram and label: how many n-grams there are depends on the texts"),
};

impl ModelPlugin for NGramBayes {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    /// Known beforehand only where the number of n-grams is limited.
    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        let settings = settings(setup);
        (settings.max_ngrams < usize::MAX).then(|| Linear::cost(&settings, setup.n_classes, characters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let fit = MultinomialFit { smoothing: setup.params.real("smoothing") };
        Ok(Box::new(Baseline::new(settings(setup), setup, fit)))
    }
}
