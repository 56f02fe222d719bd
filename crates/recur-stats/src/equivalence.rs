//! Whether a difference is small enough not to matter.

use crate::estimate::{Estimate, corrected_resampled, estimate};
use crate::summary::Interval;

/// What paired replicates say of two models being as good as equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equivalence {
    /// The mean difference.
    pub mean: f64,
    /// The 90 % interval of the mean difference: it lies within the margin exactly where `p` is below 0.05, unless all
    /// differences are equal.
    pub interval: Interval,
    /// The p-value of "the difference is `−margin` or less", one-sided.
    pub p_lower: f64,
    /// The p-value of "the difference is `margin` or more", one-sided.
    pub p_upper: f64,
    /// The p-value of "the difference is not within the margin": the greater of the two.
    pub p: f64,
}

/// Two one-sided tests (Schuirmann 1987, "A comparison of the two one-sided tests procedure and the power approach for
/// assessing the equivalence of average bioavailability") on the paired t statistic.
///
/// With m the mean of r differences and s their standard deviation, `t = (m ± margin) / (s/√r)` with r − 1 degrees of
/// freedom: statsmodels' `ttost_paired`. `margin` is in the unit of the differences. The pairs have to be independent;
/// for replicates that share training rows see [`corrected_resampled_tost`]. Where all differences are equal each of
/// the p-values is 1: without spread the variance cannot be estimated, so nothing can be concluded.
///
/// `None` below two differences, or where one is not a finite number.
///
/// # Panics
/// If `margin` is not a finite number above zero.
pub fn paired_tost(differences: &[f64], margin: f64) -> Option<Equivalence> {
    Some(tost(estimate(differences, 0.0)?, margin))
}

/// As [`paired_tost`], on the statistic of [`corrected_resampled_t`](crate::corrected_resampled_t): the variance of the
/// mean is `(1/r + n_test/n_train) · s²` (Nadeau and Bengio 2003).
///
/// `None` below two differences, or where one is not a finite number.
///
/// # Panics
/// If `margin` is not a finite number above zero, or `n_train` is zero.
pub fn corrected_resampled_tost(
    differences: &[f64],
    margin: f64,
    n_train: usize,
    n_test: usize,
) -> Option<Equivalence> {
    Some(tost(corrected_resampled(differences, n_train, n_test)?, margin))
}

fn tost(estimate: Estimate, margin: f64) -> Equivalence {
    let (p_lower, p_upper) = estimate.one_sided(margin);
    Equivalence { mean: estimate.mean, interval: estimate.interval(0.9), p_lower, p_upper, p: p_lower.max(p_upper) }
}
