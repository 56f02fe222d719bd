//! Numbers to pixels, and where the ticks go.

use crate::numbers::{fixed, significant};

/// A linear map from numbers to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    from: i32,
    to: i32,
}

impl Scale {
    /// Maps `low` to pixel `from` and `high` to pixel `to`; an empty range is widened.
    pub(crate) fn new(low: f64, high: f64, from: i32, to: i32) -> Self {
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
        Self { low, high, from, to }
    }

    /// A scale that holds all finite `values`, with a little room on both sides.
    pub(crate) fn around(values: impl IntoIterator<Item = f64>, from: i32, to: i32) -> Self {
        let finite = values.into_iter().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return Self::new(0.0, 1.0, from, to);
        }
        let room = if high > low { 0.06 * (high - low) } else { 0.05 * high.abs().max(1.0) };
        Self::new(low - room, high + room, from, to)
    }

    /// The pixel of the lowest value.
    pub(crate) fn start(&self) -> i32 {
        self.from
    }

    /// The pixel of the highest value.
    pub(crate) fn end(&self) -> i32 {
        self.to
    }

    pub(crate) fn pixel(&self, value: f64) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        (f64::from(self.from) + share * f64::from(self.to - self.from)).round() as i32
    }

    /// At most about `n` round values within the range, with their texts.
    pub(crate) fn ticks(&self, n: usize) -> Vec<(f64, String)> {
        self.ticks_apart((self.high - self.low) / n as f64)
    }

    /// At most about `n` round whole numbers within the range, with their texts.
    pub(crate) fn whole_ticks(&self, n: usize) -> Vec<(f64, String)> {
        self.ticks_apart(((self.high - self.low) / n as f64).max(1.0))
    }

    /// 1, 2 and 5 times powers of ten within the range, which is one of logarithms to base 10, with their texts.
    pub(crate) fn log_ticks(&self) -> Vec<(f64, String)> {
        let powers = self.low.floor() as i32..=self.high.ceil() as i32;
        let values = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * libm::pow(10.0, f64::from(power))));
        values
            .map(|value| (libm::log10(value), significant(value, 3)))
            .filter(|(at, _)| (self.low..=self.high).contains(at))
            .collect()
    }

    fn ticks_apart(&self, least: f64) -> Vec<(f64, String)> {
        let (step, decimals) = step(least);
        let (first, last) = ((self.low / step).ceil() as i64, (self.high / step).floor() as i64);
        (first..=last).map(|index| index as f64 * step).map(|value| (value, fixed(value, decimals))).collect()
    }
}

/// The least of 1, 2 and 5 times a power of ten that is not below `least`, with the decimals it needs.
fn step(least: f64) -> (f64, usize) {
    const POWERS: [(f64, usize); 13] = [
        (1e-6, 6),
        (1e-5, 5),
        (1e-4, 4),
        (1e-3, 3),
        (1e-2, 2),
        (1e-1, 1),
        (1.0, 0),
        (1e1, 0),
        (1e2, 0),
        (1e3, 0),
        (1e4, 0),
        (1e5, 0),
        (1e6, 0),
    ];
    let steps = POWERS.into_iter().flat_map(|(power, decimals)| [1.0, 2.0, 5.0].map(|m| (m * power, decimals)));
    // Beyond the table ticks grow few or many, never wrong.
    steps.into_iter().find(|(step, _)| *step >= least).unwrap_or((least.max(1e6), 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(low: f64, high: f64, expect: &[&str]) {
        let texts: Vec<String> = Scale::new(low, high, 0, 100).ticks(5).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, expect);
    }

    #[test]
    fn ticks_are_round() {
        check(0.0, 1.0, &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        check(61.3, 78.2, &["65", "70", "75"]);
        check(-0.03, 0.02, &["−0.03", "−0.02", "−0.01", "0.00", "0.01", "0.02"]);
    }

    #[test]
    fn ticks_of_whole_numbers_are_whole() {
        let texts = |low, high| -> Vec<String> {
            Scale::new(low, high, 0, 100).whole_ticks(10).into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(texts(1.96, 4.04), ["2", "3", "4"]);
        assert_eq!(texts(0.0, 97.0), ["0", "10", "20", "30", "40", "50", "60", "70", "80", "90"]);
    }

    #[test]
    fn ticks_of_logarithms_are_round() {
        let texts = |low, high| -> Vec<String> {
            Scale::new(low, high, 0, 100).log_ticks().into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(texts(-3.0, -1.9), ["0.001", "0.002", "0.005", "0.01"]);
        assert_eq!(texts(-300.0, -299.5), ["1e-300", "2e-300"]);
    }

    #[test]
    fn constant_values_have_a_range() {
        let scale = Scale::around([0.7, 0.7], 100, 0);
        assert_eq!(scale.pixel(0.7), 50);
        assert!(!scale.ticks(5).is_empty());
    }

    #[test]
    fn no_values_have_a_range() {
        assert_eq!(Scale::around([f64::NAN], 0, 100), Scale::new(0.0, 1.0, 0, 100));
    }
}
