#![doc = include_str!("description.md")]
//!
//! - Why not the multinomial form: linfa-bayes 0.8.1 prints every label's numbers to the standard error stream in each
//!   multinomial fit, a debugging line left in.
//! - `class_weights` of the spec are not heeded: linfa has no weights of rows.
//! - A stop is heeded before each label.
//!
//! Cost: labels are fitted one after the other, so memory is `rows of the largest label × n-grams × 8` bytes, thrice
//! (linfa copies twice), at most [`crate::dense::BUDGET`]. Measured on 55,834 texts of 34 languages, on one core of a
//! Zen 5 server that had other work to do:
//!
//! | n-grams | seconds | memory | test accuracy | test macro-F1 |
//! |---|---|---|---|---|
//! | 2000 | 2 | 414 MB | 0.732 | 0.632 |
//! | 3000 | 3 | 591 MB | 0.751 | 0.658 |
//! | 5000 | 6 | 904 MB | 0.769 | 0.684 |

mod fit;

use crate::features::{FeatureSettings, NGramRange, WeightingKind};
use crate::linear::Linear;
use crate::model::Baseline;
use fit::NaiveBayesFit;
use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_core::settings::TrainingKey;

/// The plugin `linfa_naive_bayes`.
pub static LINFA_NAIVE_BAYES: LinfaNaiveBayes = LinfaNaiveBayes;

/// See [`LINFA_NAIVE_BAYES`].
#[derive(Debug)]
pub struct LinfaNaiveBayes;

static PARAMETERS: [ParamSpec; 3] = [
    ParamSpec {
        name: "ngrams",
        kind: ParamKind::IntegerPair { min: 1, max: 5 },
        default: ParamDefault::IntegerPair(1, 3),
        meaning: "fewest and most characters of an n-gram, start and end marks included",
    },
    ParamSpec {
        name: "max_ngrams",
        kind: ParamKind::Integer { min: 1, max: 20_000 },
        default: ParamDefault::Integer(3000),
        meaning: "how many of the most common n-grams to use; memory is rows of the largest label × this × 24 bytes, at most 1 GiB",
    },
    ParamSpec {
        name: "smoothing",
        kind: ParamKind::Real { min: 1e-6, max: 1000.0, above_min: false },
        default: ParamDefault::Real(0.01),
        meaning: "additive smoothing: texts with, and texts without, that are added to the count of each n-gram for each label",
    },
];

/// How texts become columns.
fn settings(setup: &Setup<'_>) -> FeatureSettings {
    let (from, to) = setup.params.size_pair("ngrams");
    FeatureSettings {
        range: NGramRange { from, to, n_tokens: setup.n_tokens },
        min_texts: 1,
        max_ngrams: setup.params.size("max_ngrams"),
        weighting: WeightingKind::Presence,
    }
}

const ABOUT: Declaration = Declaration {
    id: "linfa_naive_bayes",
    summary: "Bernoulli naive Bayes on the most common character n-grams (linfa)",
    description: include_str!("description.md"),
    version: 1,
    code: env!("RECUR_CODE_naive_bayes"),
    determinism: Determinism::Machine,
    regime: Regime::OneShot,
    unused_settings: &TrainingKey::ALL,
    parameters: &PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

impl ModelPlugin for LinfaNaiveBayes {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        Some(Linear::cost(&settings(setup), setup.n_classes, characters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let fit = NaiveBayesFit { smoothing: setup.params.real("smoothing") };
        Ok(Box::new(Baseline::new(settings(setup), setup, fit)))
    }
}
