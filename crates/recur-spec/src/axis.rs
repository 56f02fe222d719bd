//! The axes of a sweep: a list of values, or a range.

use crate::check::{Checker, Fields, join, nearest_name};
use crate::entry::Axis;
use crate::error::ErrorKind;
use crate::keys::AXIS;
use crate::scalar::Scalar;
use crate::source::Span;
use crate::tree::{Content, Entry, Node};
use crate::varied::Varied;
use recur_core::params::ParamValue;
use recur_core::space::{Range, Values, six_digits};

/// Values that an axis may have.
pub(crate) const MAX_VALUES: usize = 1000;

/// Checks one value.
pub(crate) fn value(checker: &mut Checker<'_>, node: &Node, varied: Varied, path: &str) -> Option<ParamValue> {
    let checked = varied.value(node);
    if checked.is_none() {
        let nearest = match node.scalar() {
            Some(Scalar::Text(typed)) => nearest_name(&typed, varied.words().iter().copied()),
            _ => None,
        };
        let (path, expected, got) = (path.to_owned(), varied.expected(), node.described());
        checker.error(node.span, ErrorKind::Value { path, expected, got, nearest, unquoted: None });
    }
    checked
}

/// Checks the axis at `entry` of the mapping at `path`, which varies `varied`. With `one_value` a single value is an axis, too.
pub(crate) fn axis(
    checker: &mut Checker<'_>,
    entry: &Entry,
    varied: Varied,
    path: &str,
    one_value: bool,
) -> Option<Axis> {
    let path = join(path, varied.name());
    let values = match &entry.value.content {
        Content::Sequence(elements) => Values::List(list(checker, elements, entry.value.span, varied, &path)?),
        Content::Mapping(_) => range(checker, entry, varied, &path)?,
        Content::Scalar { .. } if one_value => Values::List(vec![value(checker, &entry.value, varied, &path)?]),
        Content::Scalar { .. } => {
            not_an_axis(checker, &entry.value, path);
            return None;
        }
    };
    Some(Axis { name: varied.name().to_owned(), values })
}

fn not_an_axis(checker: &mut Checker<'_>, node: &Node, path: String) {
    let expected = "list of values, {log: {from, to, steps}} or {linear: {from, to, steps}}".to_owned();
    checker.error(node.span, ErrorKind::Value { path, expected, got: node.described(), nearest: None, unquoted: None });
}

fn list(
    checker: &mut Checker<'_>,
    elements: &[Node],
    span: Span,
    varied: Varied,
    path: &str,
) -> Option<Vec<ParamValue>> {
    let n_values = elements.len();
    if !(1..=MAX_VALUES).contains(&n_values) {
        checker.error(span, ErrorKind::AxisLength { path: path.to_owned(), n_values, max: MAX_VALUES });
        return None;
    }
    let mut values = Vec::new();
    for element in elements {
        let Some(value) = value(checker, element, varied, path) else { continue };
        if values.contains(&value) {
            let (path, value) = (path.to_owned(), value.to_string());
            checker.error(element.span, ErrorKind::RepeatedValue { path, value, rounded: false });
        }
        values.push(value);
    }
    (values.len() == n_values).then_some(values)
}

fn range(checker: &mut Checker<'_>, entry: &Entry, varied: Varied, path: &str) -> Option<Values> {
    let n_errors = checker.errors.len();
    let fields = checker.section(&entry.value, path, AXIS, entry.key_span)?;
    if fields.is_wrong("log") || fields.is_wrong("linear") {
        return None;
    }
    let (form, range) = match (fields.section("log"), fields.section("linear")) {
        (Some(range), None) => ("log", range),
        (None, Some(range)) => ("linear", range),
        // An unknown key instead of either is reported already.
        (None, None) if checker.errors.len() > n_errors => return None,
        _ => {
            not_an_axis(checker, &entry.value, path.to_owned());
            return None;
        }
    };
    if varied.number(0.0).is_none() {
        let (path, name, expected) = (path.to_owned(), varied.name().to_owned(), varied.expected());
        checker.error(entry.value.span, ErrorKind::RangeOfWords { path, name, expected });
        return None;
    }
    let log = form == "log";
    let ends = ["from", "to"].map(|end| range_end(checker, range, end, log, varied, &join(path, form)));
    let [Some(from), Some(to)] = ends else { return None };
    if range.is_wrong("steps") {
        return None;
    }
    let Some(steps) = range.integer("steps") else {
        return continuous(checker, entry, varied, path, (from, to), log);
    };
    let values: Vec<ParamValue> =
        (0..steps).filter_map(|i| varied.number(range_value(log, from, to, i, steps))).collect();
    if let Some(at) = (1..values.len()).find(|at| values[..*at].contains(&values[*at])) {
        let (path, value) = (path.to_owned(), values[at].to_string());
        checker.error(entry.value.span, ErrorKind::RepeatedValue { path, value, rounded: true });
        return None;
    }
    Some(Values::List(values))
}

/// All numbers between two ends.
fn continuous(
    checker: &mut Checker<'_>,
    entry: &Entry,
    varied: Varied,
    path: &str,
    ends: (f64, f64),
    log: bool,
) -> Option<Values> {
    let whole = matches!(varied.number(0.0), Some(ParamValue::Integer(_)));
    let (from, to) = if whole { (ends.0.round(), ends.1.round()) } else { ends };
    if from >= to || (log && from <= 0.0) {
        let (path, got) = (path.to_owned(), format!("from {from} to {to}"));
        let expected =
            if log { "range from above 0 to more than that" } else { "range whose `to` is above its `from`" }
                .to_owned();
        checker.error(entry.value.span, ErrorKind::Value { path, expected, got, nearest: None, unquoted: None });
        return None;
    }
    Some(Values::Range(Range { from, to, log, whole }))
}

fn range_end(
    checker: &mut Checker<'_>,
    range: &Fields<'_>,
    end: &str,
    log: bool,
    varied: Varied,
    path: &str,
) -> Option<f64> {
    let (x, span) = (range.real(end)?, range.span(end)?);
    let expected = if log && x <= 0.0 {
        "number above 0".to_owned()
    } else if varied.number(x).and_then(|value| varied.checked(&value)).is_none() {
        varied.expected()
    } else {
        return Some(x);
    };
    checker.error(
        span,
        ErrorKind::Value { path: join(path, end), expected, got: x.to_string(), nearest: None, unquoted: None },
    );
    None
}

/// Value `i` of `n` from `from` to `to`, both ends exact, those between rounded to six significant digits.
///
/// Rounding makes a value that can be read, and copied into another spec; the pure-Rust `libm` and the exact decimal
/// conversion of the standard library make it the same on every machine.
fn range_value(log: bool, from: f64, to: f64, i: u64, n: u64) -> f64 {
    if i == 0 || i + 1 == n {
        return if i == 0 { from } else { to };
    }
    let t = i as f64 / (n - 1) as f64;
    let mix = |a: f64, b: f64| a * (1.0 - t) + b * t;
    let x = if log { libm::exp(mix(libm::log(from), libm::log(to))) } else { mix(from, to) };
    // Where ends of opposite sign cancel, what is left of their rounding errors is no value.
    let x = if x.abs() < 1e-12 * from.abs().max(to.abs()) && !log { 0.0 } else { x };
    six_digits(x).clamp(from.min(to), from.max(to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(log: bool, from: f64, to: f64, n: u64) -> Vec<f64> {
        (0..n).map(|i| range_value(log, from, to, i, n)).collect()
    }

    #[test]
    fn ranges_have_the_values_that_one_would_write() {
        assert_eq!(values(true, 0.001, 0.1, 3), [0.001, 0.01, 0.1]);
        assert_eq!(values(true, 0.001, 0.1, 5), [0.001, 0.00316228, 0.01, 0.0316228, 0.1]);
        assert_eq!(values(false, -0.1, 0.2, 4), [-0.1, 0.0, 0.1, 0.2]);
        assert_eq!(values(false, 0.0, 1.0, 4), [0.0, 0.333333, 0.666667, 1.0]);
        assert_eq!(values(true, 16.0, 1.0, 5), [16.0, 8.0, 4.0, 2.0, 1.0]);
    }

    proptest! {
        #[test]
        fn range_values_lie_between_their_exact_ends(from in 1e-300_f64..1e300, to in 1e-300_f64..1e300, n in 2_u64..20, log: bool) {
            let values = values(log, from, to, n);
            prop_assert_eq!((values[0], values[n as usize - 1]), (from, to));
            prop_assert!(values.iter().all(|x| (from.min(to)..=from.max(to)).contains(x)));
        }
    }
}
