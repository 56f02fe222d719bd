//! Student's t distribution, through `statrs`.
//!
//! Results are rounded to 12 significant digits: see `rounding`.

use crate::rounding::round;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The value that a t-distributed number stays below with probability `p`, to 12 significant digits.
///
/// # Panics
/// If `p` is not between 0 and 1, or `freedom` is not a positive number.
pub fn quantile(p: f64, freedom: f64) -> f64 {
    assert!(p > 0.0 && p < 1.0, "probability {p}");
    round(distribution(freedom).inverse_cdf(p))
}

/// The probability that a t-distributed number lies at least as far from zero as `t`, to 12 significant digits.
///
/// # Panics
/// If `t` is not a number, or `freedom` is not a positive number.
pub fn two_sided_p(t: f64, freedom: f64) -> f64 {
    assert!(!t.is_nan(), "t is not a number");
    if t.is_infinite() {
        return 0.0;
    }
    round((2.0 * distribution(freedom).sf(t.abs())).min(1.0))
}

/// The probability that a t-distributed number lies at or above `t`.
///
/// # Panics
/// If `t` is not a number, or `freedom` is not a positive number.
pub(crate) fn upper_tail(t: f64, freedom: f64) -> f64 {
    let half = two_sided_p(t, freedom) / 2.0;
    if t < 0.0 { 1.0 - half } else { half }
}

fn distribution(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom).expect("degrees of freedom are positive")
}
