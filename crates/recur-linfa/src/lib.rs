//! Baselines on character n-grams through linfa; the only crate that knows linfa.
