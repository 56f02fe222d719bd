//! Student's t distribution, through `statrs`.
//!
//! statrs calls exp, ln and powf through num-traits, which are the platform's as soon as any crate of the build turns on
//! num-traits' `std` feature. Their last bits differ between platforms, so both functions round to 12 significant
//! digits: far more than a report shows, far fewer than those bits reach.

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

fn distribution(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom).expect("degrees of freedom are positive")
}

fn round(x: f64) -> f64 {
    format!("{x:.11e}").parse().expect("a printed number is a number")
}
