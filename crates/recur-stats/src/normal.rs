//! The standard normal distribution, through `statrs`.
//!
//! Why results have to be rounded is said in `rounding`.

use crate::rounding::round;
use statrs::distribution::{ContinuousCDF, Normal};

/// The probability that a standard normal number stays below `z`, with all its bits: what is made of it has to be rounded.
pub(crate) fn below(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// The value that a standard normal number stays below with probability `p`; infinite where `p` is 0 or 1. With all
/// its bits: what is made of it has to be rounded.
///
/// # Panics
/// If `p` is not from 0 to 1.
pub(crate) fn quantile(p: f64) -> f64 {
    assert!((0.0..=1.0).contains(&p), "probability {p}");
    if p == 0.0 || p == 1.0 {
        return if p == 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    Normal::standard().inverse_cdf(p)
}

/// The probability that a standard normal number lies at least as far from zero as `z`, to 12 significant digits.
pub(crate) fn two_sided_p(z: f64) -> f64 {
    round((2.0 * Normal::standard().sf(z.abs())).min(1.0))
}
