//! Where the values of a parameter lie on an axis: at their true distances, or at equal ratios.

use crate::figures::lines::XAxis;
use crate::numbers::parameter;
use recur_analysis::in_order;
use recur_core::params::ParamValue;

/// Values whose largest is so many times the smallest are drawn at equal ratios.
const RATIO: f64 = 20.0;

/// Values below this are drawn at equal ratios, however near they are to each other.
const TINY: f64 = 1e-4;

/// Where values lie on an axis.
pub(crate) enum Place<'a> {
    Linear,
    /// As [`Place::Linear`], of whole numbers.
    Whole,
    /// By the logarithm to base 10.
    Log,
    /// One after the other.
    Words(Vec<&'a ParamValue>),
}

impl<'a> Place<'a> {
    /// Of values anywhere in a range: by the logarithm where they have several orders of magnitude.
    pub(crate) fn of_many(values: &[&'a ParamValue]) -> Self {
        let Some(numbers) = numbers(values) else { return Self::words(values) };
        let (low, high) = ends(numbers.iter().copied());
        // Steps of an axis are no smaller than a millionth.
        let is_tiny = low > 0.0 && high < TINY;
        match values.iter().all(|value| matches!(value, ParamValue::Integer(_))) {
            _ if low > 0.0 && high / low >= RATIO || is_tiny => Place::Log,
            true => Place::Whole,
            false => Place::Linear,
        }
    }

    /// Of values that somebody listed, ascending: by the logarithm where their ratios are more equal than their distances.
    pub(crate) fn of_listed(values: &[&'a ParamValue]) -> Self {
        let Some(numbers) = numbers(values) else { return Self::words(values) };
        let logarithms: Vec<f64> = numbers.iter().copied().map(libm::log10).collect();
        let is_positive = numbers.iter().all(|number| *number > 0.0);
        match values.iter().all(|value| matches!(value, ParamValue::Integer(_))) {
            _ if is_positive && unevenness(&logarithms) < unevenness(&numbers) => Place::Log,
            true => Place::Whole,
            false => Place::Linear,
        }
    }

    fn words(values: &[&'a ParamValue]) -> Self {
        let mut words: Vec<&ParamValue> = Vec::new();
        values.iter().for_each(|value| {
            if !words.contains(value) {
                words.push(value);
            }
        });
        words.sort_by(|a, b| in_order(a, b));
        Place::Words(words)
    }

    /// Where `value` is; `None` for a text among numbers.
    pub(crate) fn x(&self, value: &ParamValue) -> Option<f64> {
        match self {
            Place::Linear | Place::Whole => value.number(),
            Place::Log => value.number().map(libm::log10),
            Place::Words(words) => words.iter().position(|word| *word == value).map(|place| place as f64),
        }
    }

    pub(crate) fn axis(&self) -> XAxis {
        match self {
            Place::Linear => XAxis::Numbers,
            Place::Whole => XAxis::Whole,
            Place::Log => XAxis::Log,
            Place::Words(words) => {
                XAxis::Named(words.iter().enumerate().map(|(place, word)| (place as f64, parameter(word))).collect())
            }
        }
    }
}

/// The values as numbers; `None` where one is none.
fn numbers(values: &[&ParamValue]) -> Option<Vec<f64>> {
    values.iter().map(|value| value.number()).collect()
}

/// The largest distance of neighbours in terms of the smallest: 1 where all are equal, infinite where two values are.
fn unevenness(ascending: &[f64]) -> f64 {
    let gaps = ascending.windows(2).map(|pair| pair[1] - pair[0]);
    let (least, most) = ends(gaps);
    if least > 0.0 { most / least } else { f64::INFINITY }
}

/// The smallest and the largest of `values`.
pub(crate) fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_log(values: &[f64]) -> bool {
        let values: Vec<ParamValue> = values.iter().map(|value| ParamValue::Real(*value)).collect();
        matches!(Place::of_listed(&values.iter().collect::<Vec<_>>()), Place::Log)
    }

    #[test]
    fn listed_values_are_at_equal_ratios_where_these_are_more_even() {
        assert!(is_log(&[0.001, 0.003, 0.01]) && is_log(&[16.0, 32.0, 64.0, 96.0]));
        assert!(!is_log(&[0.1, 0.2, 0.3]) && !is_log(&[0.0, 0.001, 0.01]) && !is_log(&[0.002, 0.006]));
        let words = [ParamValue::Text("tanh".to_owned()), ParamValue::Text("relu".to_owned())];
        assert!(matches!(Place::of_listed(&words.iter().collect::<Vec<_>>()), Place::Words(_)));
    }
}
