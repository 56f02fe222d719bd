//! The comparison of two models over paired replicates.

use crate::summary::{Interval, around, mean, standard_deviation};
use crate::two_sided_p;

/// What paired replicates say of the difference of two models.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The mean difference.
    pub mean: f64,
    /// The 95 % interval of the mean difference.
    pub interval: Interval,
    /// The p-value of "there is no difference", two-sided.
    pub p: f64,
}

/// The corrected resampled t-test (Nadeau and Bengio 2003, "Inference for the Generalization Error").
///
/// `differences` holds one difference of scores a replicate. Replicates share training rows, so a plain paired t-test
/// is too sure of itself: here the variance of the mean of `r` differences with sample variance `s²` is taken as
/// `(1/r + n_test/n_train) · s²`, with `r − 1` degrees of freedom. Where all differences are equal the interval is that
/// one value, and p is 1 if it is zero and 0 if not.
///
/// `None` below two differences, or where one is not a finite number.
///
/// # Panics
/// If `n_train` is zero.
pub fn corrected_resampled_t(differences: &[f64], n_train: usize, n_test: usize) -> Option<Comparison> {
    assert!(n_train > 0, "models trained on no rows");
    if !differences.iter().all(|difference| difference.is_finite()) {
        return None;
    }
    let (center, deviation) = (mean(differences)?, standard_deviation(differences)?);
    let r = differences.len();
    let spread = (1.0 / r as f64 + n_test as f64 / n_train as f64).sqrt() * deviation;
    let freedom = r - 1;
    let p =
        if spread > 0.0 { two_sided_p(center / spread, freedom as f64) } else { f64::from(u8::from(center == 0.0)) };
    Some(Comparison { mean: center, interval: around(center, spread, freedom, 0.95), p })
}
