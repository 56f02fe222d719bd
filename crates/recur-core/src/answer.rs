//! What a model may answer: of each text, the log-probabilities of a distribution over the labels.
//!
//! Every place that takes a model's answers checks them with [`first_improper`]: training, scoring on test, prediction,
//! and the plugins of other processes.

use std::fmt;

/// How far the probabilities of a text may sum from 1.
pub const SUM: f64 = 1e-4;

/// A log-probability may be above 0 by as much, for rounding.
const ABOVE_ZERO: f32 = 1e-6;

/// Why numbers are no log-probabilities of one text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Improper {
    /// One of them is no number.
    NotANumber {
        /// The label, from 0.
        label: usize,
    },
    /// One of them is above 0.
    AboveZero {
        /// The label, from 0.
        label: usize,
        /// Its log-probability.
        value: f32,
    },
    /// Their probabilities do not sum to 1.
    Sum {
        /// What they sum to.
        sum: f64,
    },
}

impl fmt::Display for Improper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber { label } => {
                write!(f, "label {label} has the log-probability NaN, expected a number up to 0")
            }
            Self::AboveZero { label, value } => {
                write!(f, "label {label} has the log-probability {value}, expected a number up to 0")
            }
            Self::Sum { sum } => write!(f, "the probabilities sum to {sum:.6}, expected 1 within {SUM}"),
        }
    }
}

/// What is wrong with `row (C)`, the log-probabilities of one text. Minus infinity is the probability 0.
pub fn improper(row: &[f32]) -> Option<Improper> {
    let (sum, are_right) = sum_of_exponentials(row);
    if are_right {
        return ((sum - 1.0).abs() > SUM).then_some(Improper::Sum { sum });
    }
    let label = row.iter().position(|x| !is_right(*x))?;
    let value = row[label];
    Some(if value.is_nan() { Improper::NotANumber { label } } else { Improper::AboveZero { label, value } })
}

/// NaN is not less than anything.
fn is_right(log_probability: f32) -> bool {
    log_probability <= ABOVE_ZERO
}

/// The first row of `log_probs (rows, C)` that is wrong, and what is wrong with it.
pub fn first_improper(log_probs: &[f32], n_classes: usize) -> Option<(usize, Improper)> {
    let rows = log_probs.chunks_exact(n_classes.max(1)).enumerate();
    rows.into_iter().find_map(|(row, of_row)| Some((row, improper(of_row)?)))
}

/// Numbers that are taken at once: a check of each answer must cost next to nothing.
const LANES: usize = 8;

/// Groups of [`LANES`] that are added up in single precision. Their sums are added in double precision, as rounding would add
/// up over 65,535 labels.
const GROUPS: usize = 8;

/// The sum of the exponentials of `row`, and whether each of its numbers is right on its own.
fn sum_of_exponentials(row: &[f32]) -> (f64, bool) {
    let (mut sum, mut are_right) = (0.0, true);
    for part in row.chunks(LANES * GROUPS) {
        let (groups, rest) = part.as_chunks::<LANES>();
        let (mut sums, mut wrong) = ([0.0_f32; LANES], [0_u32; LANES]);
        for group in groups {
            for lane in 0..LANES {
                sums[lane] += exponential(group[lane]);
                wrong[lane] |= u32::from(!is_right(group[lane]));
            }
        }
        for (lane, x) in rest.iter().enumerate() {
            sums[lane] += exponential(*x);
            wrong[lane] |= u32::from(!is_right(*x));
        }
        sum += f64::from(sums.iter().sum::<f32>());
        are_right &= wrong.iter().all(|wrong| *wrong == 0);
    }
    (sum, are_right)
}

/// e to the power of `x`, for `x` up to 0 or a little above, to within a few units of the sixth digit: enough for a check
/// of four digits. No result depends on it but whether an answer is refused.
///
/// With `x / ln 2 = n + f`, `n` whole and `|f| ≤ 1/2`: 2ⁿ is made from its bits, and 2ᶠ is the Taylor polynomial of degree 6,
/// whose remainder is below 1.3 · 10⁻⁷.
fn exponential(x: f32) -> f32 {
    /// Below it the exponential is less than any normal number: it counts as 10⁻³⁸.
    const LEAST: f32 = -87.0;
    /// 1.5 · 2²³: to add it rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    const LN_2: f32 = std::f32::consts::LN_2;
    // Not `max`, nor a conversion to a whole number: both look at NaN apart, one number at a time.
    let t = if x > LEAST { x } else { LEAST } * std::f32::consts::LOG2_E;
    let rounded = t + ROUND;
    let whole = rounded - ROUND;
    let f = (t - whole) * LN_2;
    let power =
        1.0 + f * (1.0 + f * (1.0 / 2.0 + f * (1.0 / 6.0 + f * (1.0 / 24.0 + f * (1.0 / 120.0 + f * (1.0 / 720.0))))));
    // The last bits of `rounded` are those of `whole`: shifted they are its exponent, once 127 is added.
    power * f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "what is checked is compared with the platform's functions")]
mod tests {
    use super::*;

    /// The log-probabilities of `n` labels that are alike.
    fn alike(n: usize) -> Vec<f32> {
        vec![-(n as f64).ln() as f32; n]
    }

    #[test]
    fn distributions_over_any_number_of_labels_are_right() {
        for n in [1, 2, 3, 7, 8, 9, 18, 100, 1000, 65_535] {
            assert_eq!(improper(&alike(n)), None, "{n} labels");
        }
        assert_eq!(improper(&[0.0, f32::NEG_INFINITY]), None, "a probability of 0 is one");
        assert_eq!(improper(&[1e-7, -100.0, f32::NEG_INFINITY]), None, "rounding is allowed for");
    }

    #[test]
    fn probabilities_that_do_not_sum_to_one_are_reported_with_their_sum() {
        let reported = |row: &[f32]| improper(row).expect("it is refused").to_string();
        assert_eq!(reported(&[0.0; 18]), "the probabilities sum to 18.000000, expected 1 within 0.0001");
        assert_eq!(reported(&[f32::NEG_INFINITY; 3]), "the probabilities sum to 0.000000, expected 1 within 0.0001");
        assert_eq!(reported(&[-50.0, -60.0]), "the probabilities sum to 0.000000, expected 1 within 0.0001");
        for n in [2, 18, 1000, 65_535] {
            let by = |off: f32| alike(n).into_iter().map(|x| x + off).collect::<Vec<f32>>();
            assert!(improper(&by(-1.3e-4)).is_some() && improper(&by(1.3e-4)).is_some(), "{n} labels");
            assert!(improper(&by(-0.7e-4)).is_none() && improper(&by(0.7e-4)).is_none(), "{n} labels");
        }
    }

    #[test]
    fn what_is_no_log_probability_is_reported_with_its_label() {
        let reported = |row: &[f32]| improper(row).expect("it is refused").to_string();
        assert_eq!(reported(&[-1.0, f32::NAN]), "label 1 has the log-probability NaN, expected a number up to 0");
        assert_eq!(reported(&[0.5, -1.0]), "label 0 has the log-probability 0.5, expected a number up to 0");
        assert_eq!(reported(&[0.000_05, -20.0]), "label 0 has the log-probability 0.00005, expected a number up to 0");
        assert_eq!(reported(&[-1.0, f32::INFINITY]), "label 1 has the log-probability inf, expected a number up to 0");
        assert_eq!(reported(&[f32::NAN; 2]), "label 0 has the log-probability NaN, expected a number up to 0");
    }

    #[test]
    fn the_first_wrong_row_is_found() {
        let half = -std::f32::consts::LN_2;
        let mut rows = [half; 8];
        assert_eq!(first_improper(&rows, 2), None);
        assert_eq!(first_improper(&[], 2), None);
        (rows[5], rows[7]) = (-3.0, f32::NAN);
        assert!(matches!(first_improper(&rows, 2), Some((2, Improper::Sum { .. }))));
    }

    #[test]
    fn exponentials_are_near_those_of_double_precision() {
        let mut x = -80.0_f32;
        while x <= 0.0 {
            let right = f64::from(x).exp();
            let got = f64::from(exponential(x));
            assert!((got - right).abs() <= 1e-5 * right, "{x}: {got}, expected {right}");
            x += 0.0137;
        }
        assert_eq!(exponential(0.0), 1.0);
    }
}
