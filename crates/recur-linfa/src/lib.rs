//! Linear classifiers on character n-grams; the only crate that knows linfa.
//!
//! All models see a text as its most common n-grams ([`features`]) and end as a [`linear::Linear`] classifier, which
//! predicts without linfa. Only the fit differs, and has a folder each:
//!
//! - [`logistic`] and [`naive_bayes`] are linfa's own. They take only dense matrices, so memory grows with texts times
//!   n-grams, however few n-grams one text has; a fit that would pass [`dense::BUDGET`] is refused before it begins. linfa calls
//!   the platform's `exp` and `ln` and picks matrix kernels by the processor, hence the grade `machine`.
//! - [`ngram_logistic`] and [`ngram_bayes`] keep the matrix sparse, and so can use every n-gram. The first is an algorithm in
//!   linfa's manner ([`ngram_logistic::algorithm`]) on recur's own kernels, in one order of sums: `portable`.
//!
//! Everything here runs on one thread (ndarray is built without its threads), and reads no seed. Prediction uses the `libm`
//! crate and one order of sums.

pub mod dense;
pub mod error;
pub mod features;
pub mod linear;
pub mod logistic;
pub mod model;
pub mod naive_bayes;
pub mod ngram_bayes;
pub mod ngram_logistic;

pub use logistic::LINFA_LOGISTIC;
pub use naive_bayes::LINFA_NAIVE_BAYES;
pub use ngram_bayes::NGRAM_BAYES;
pub use ngram_logistic::NGRAM_LOGISTIC;

include!(concat!(env!("OUT_DIR"), "/plugins.rs"));
