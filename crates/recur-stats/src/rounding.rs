//! What is done to each value that comes from `statrs`.
//!
//! statrs calls exp, ln and powf through num-traits, which are the platform's as soon as any crate of the build turns on
//! num-traits' `std` feature. Their last bits differ between platforms, so results are rounded to 12 significant
//! digits: far more than a report shows, far fewer than those bits reach.

/// `x` to 12 significant digits.
pub(crate) fn round(x: f64) -> f64 {
    format!("{x:.11e}").parse().expect("a printed number is a number")
}
