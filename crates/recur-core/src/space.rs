//! What a search may try: the values of each parameter and setting that it varies.

use crate::params::ParamValue;
use serde::Serialize;

/// What a search may try for one model: a point lies in one of the boxes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Space {
    /// The model, as [`crate::plan::Configuration::model`] names it.
    pub model: String,
    /// At least one, in the order of the spec.
    pub boxes: Vec<SearchBox>,
}

/// A part of a [`Space`]: every combination of the values of its dimensions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchBox {
    /// Each name once, in the order of the spec.
    pub dimensions: Vec<Dimension>,
}

/// A parameter, or a setting of `training`, with the values that it may take.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dimension {
    /// The parameter, or the path of the setting: `training.batch_size`.
    pub name: String,
    /// What it may be.
    pub values: Values,
}

/// The values that a dimension may take.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Values {
    /// These; at least one, each once.
    List(Vec<ParamValue>),
    /// All between two ends.
    Range(Range),
}

/// All numbers between two ends, both included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Range {
    /// The lower end; above 0 where `log` is set, whole where `whole` is.
    pub from: f64,
    /// The upper end, above `from`.
    pub to: f64,
    /// Whether equal ratios count as equal distances.
    pub log: bool,
    /// Whether it holds whole numbers only.
    pub whole: bool,
}

/// A point of a [`Space`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Which of [`Space::boxes`] it lies in.
    pub in_box: usize,
    /// A value for each dimension of the box, in its order.
    pub values: Vec<ParamValue>,
}

impl Range {
    /// `x` as a value of this range: not outside of its ends, and rounded to six significant digits, or to a whole number.
    /// A rounded value can be read, and copied into a spec.
    pub fn value(&self, x: f64) -> ParamValue {
        let x = x.clamp(self.from, self.to);
        if self.whole {
            return ParamValue::Integer(x.round() as i64);
        }
        // Ends are exact, whatever their number of digits.
        let rounded = if x == self.from || x == self.to { x } else { six_digits(x) };
        ParamValue::Real(rounded.clamp(self.from, self.to))
    }
}

/// `x` rounded to six significant digits. The exact decimal conversion of the standard library makes it the same on every
/// machine.
pub fn six_digits(x: f64) -> f64 {
    format!("{x:.5e}").parse().expect("a formatted number is a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_range_can_be_read_and_lie_inside_it() {
        let range = Range { from: 0.123_456_4, to: 0.9, log: true, whole: false };
        assert_eq!(range.value(0.345_678_91), ParamValue::Real(0.345_679));
        // The lower end has more digits than six, and what rounds to less is the end itself.
        assert_eq!(range.value(0.123_456_41), ParamValue::Real(0.123_456_4));
        assert_eq!(range.value(7.0), ParamValue::Real(0.9));
        let whole = Range { from: 16.0, to: 512.0, log: true, whole: true };
        assert_eq!(whole.value(99.5), ParamValue::Integer(100));
        assert_eq!(whole.value(-3.0), ParamValue::Integer(16));
    }
}
