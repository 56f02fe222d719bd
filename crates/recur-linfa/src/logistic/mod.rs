#![doc = include_str!("description.md")]
//!
//! - `class_weights` of the spec are not heeded: linfa has no weights of rows.
//! - linfa finds its greatest score over the whole matrix, not over a row, before it takes exponentials: a row whose
//!   scores all lie more than 34 below it gets a wrong gradient. TF-IDF rows of length 1 stay far from that; `counts` of
//!   long texts may not.
//! - A stop is heeded before the fit and after every 10 iterations, not within: linfa hands out no observer.
//!
//! Cost: `rows × n-grams × 4` bytes (at most [`crate::dense::BUDGET`]), besides about 40 bytes a row and label; an
//! iteration makes at least five products of the dense matrix with one (n-grams, labels), on one thread. It is f32, as
//! f64 takes twice the memory and more than twice the time for the same accuracy to three digits. Measured on 55,834
//! texts of 34 languages, on one core of a Zen 5 server that had other work to do:
//!
//! | n-grams | iterations | seconds | memory | test accuracy | test macro-F1 |
//! |---|---|---|---|---|---|
//! | 500 | 20 | 7 | 175 MB | 0.731 | 0.584 |
//! | 1000 | 20 | 11 | 283 MB | 0.761 | 0.628 |
//! | 2000 | 20 | 26 | 504 MB | 0.782 | 0.662 |
//! | 4000 | 20 | 47 | 898 MB | 0.800 | 0.692 |
//! | 4000 | 40 | 131 | 898 MB | 0.803 | 0.697 |
//!
//! `counts` (2000 n-grams, `l2` 1) reaches 0.737 and 0.574.

mod fit;

use crate::features::{FeatureSettings, NGramRange, WeightingKind};
use crate::linear::Linear;
use crate::model::Baseline;
use fit::LogisticFit;
use recur_core::model::{Cost, Declaration, Determinism, Model, ModelError, ModelPlugin, Regime, Setup};
use recur_core::params::{ParamDefault, ParamKind, ParamSpec};
use recur_core::settings::TrainingKey;

/// The plugin `linfa_logistic`.
pub static LINFA_LOGISTIC: LinfaLogistic = LinfaLogistic;

/// See [`LINFA_LOGISTIC`].
#[derive(Debug)]
pub struct LinfaLogistic;

static PARAMETERS: [ParamSpec; 5] = [
    ParamSpec {
        name: "ngrams",
        kind: ParamKind::IntegerPair { min: 1, max: 5 },
        default: ParamDefault::IntegerPair(1, 3),
        meaning: "fewest and most characters of an n-gram, start and end marks included",
    },
    ParamSpec {
        name: "max_ngrams",
        kind: ParamKind::Integer { min: 1, max: 100_000 },
        default: ParamDefault::Integer(2000),
        meaning: "how many of the most common n-grams to use; memory is training rows × this × 4 bytes, at most 1 GiB",
    },
    ParamSpec {
        name: "weighting",
        kind: ParamKind::Choice(&["tfidf", "counts"]),
        default: ParamDefault::Text("tfidf"),
        meaning: "value of an n-gram: sublinear TF-IDF scaled to length 1, or how often it occurs in the text",
    },
    ParamSpec {
        name: "l2",
        kind: ParamKind::Real { min: 0.0, max: 1e6, above_min: false },
        default: ParamDefault::Real(0.1),
        meaning: "penalty on the squared coefficients, against the sum of losses over all training rows",
    },
    ParamSpec {
        name: "max_iterations",
        kind: ParamKind::Integer { min: 1, max: 1000 },
        default: ParamDefault::Integer(20),
        meaning: "L-BFGS iterations at most",
    },
];

/// How texts become columns.
fn settings(setup: &Setup<'_>) -> FeatureSettings {
    let (from, to) = setup.params.size_pair("ngrams");
    let weighting = match setup.params.choice("weighting") {
        "counts" => WeightingKind::Counts,
        _ => WeightingKind::TfIdf,
    };
    FeatureSettings {
        range: NGramRange { from, to, n_tokens: setup.n_tokens },
        min_texts: 1,
        max_ngrams: setup.params.size("max_ngrams"),
        weighting,
    }
}

const ABOUT: Declaration = Declaration {
    id: "linfa_logistic",
    summary: "multinomial logistic regression on the most common character n-grams (linfa)",
    description: include_str!("description.md"),
    version: 1,
    code: env!("RECUR_CODE_logistic"),
    determinism: Determinism::Machine,
    regime: Regime::OneShot,
    unused_settings: &TrainingKey::ALL,
    parameters: &PARAMETERS,
    source_file: file!(),
    cost_in_words: None,
};

impl ModelPlugin for LinfaLogistic {
    fn about(&self) -> &Declaration {
        &ABOUT
    }

    fn cost(&self, setup: &Setup<'_>, characters: u64) -> Option<Cost> {
        Some(Linear::cost(&settings(setup), setup.n_classes, characters))
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let fit = LogisticFit { l2: setup.params.real("l2"), max_iterations: setup.params.size("max_iterations") };
        Ok(Box::new(Baseline::new(settings(setup), setup, fit)))
    }
}
