//! Baselines on character n-grams through linfa; the only crate that knows linfa.
//!
//! Both models see a text as its most common n-grams ([`features`]) and end as a [`linear::Linear`] classifier, which
//! predicts without linfa. Only the fit differs, and has a folder each: [`logistic`] and [`naive_bayes`].
//!
//! linfa takes only dense matrices, so memory grows with texts times n-grams, however few n-grams one text has.
//! A fit that would pass [`dense::BUDGET`] is refused before it begins.
//!
//! Everything here runs on one thread (ndarray is built without its threads), and reads no random numbers: the seed
//! changes nothing. linfa calls the platform's `exp` and `ln` and picks matrix kernels by the processor, hence the
//! grade `machine`; prediction, once fitted, uses the `libm` crate and one order of sums.

pub mod dense;
pub mod error;
pub mod features;
pub mod linear;
pub mod logistic;
pub mod model;
pub mod naive_bayes;

pub use logistic::LINFA_LOGISTIC;
pub use naive_bayes::LINFA_NAIVE_BAYES;

include!(concat!(env!("OUT_DIR"), "/plugins.rs"));
