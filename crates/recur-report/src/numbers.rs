//! How numbers are printed. Shares are printed in per cent with two decimals, losses in nats with three; what is not a
//! finite number is printed as `∞` or `–`.

use recur_analysis::{Analysis, Interval, Summary};
use recur_core::metric::{Metric, PERCENT};
use recur_core::noun::Noun;
use recur_core::params::ParamValue;
use recur_core::search::Budget;

/// A blank at which no line is broken: for table cells.
pub(crate) const NBSP: char = '\u{A0}';

/// Stands where there is no value.
pub(crate) const NOTHING: &str = "–";

/// The mark of a mean over the trials that finished, where some did not.
pub(crate) const MARK: &str = "†";

/// From here on a number is written with an exponent: more digits than these are not known.
const EXPONENT_FROM: f64 = 1e15;

/// Below this a number is written with an exponent: nobody counts more zeros than these.
const EXPONENT_BELOW: f64 = 1e-5;

/// `x` with so many decimals; minus as U+2212, never before a zero.
pub(crate) fn fixed(x: f64, decimals: usize) -> String {
    if x.is_nan() {
        return NOTHING.to_owned();
    }
    let digits = match x.abs() {
        f64::INFINITY => "∞".to_owned(),
        large if large >= EXPONENT_FROM => format!("{large:.decimals$e}"),
        x => format!("{x:.decimals$}"),
    };
    let is_zero = digits.chars().all(|digit| matches!(digit, '0' | '.'));
    if x < 0.0 && !is_zero { format!("−{digits}") } else { digits }
}

/// As [`fixed`], with a plus before what is above zero.
pub(crate) fn signed(x: f64, decimals: usize) -> String {
    let text = fixed(x, decimals);
    let is_zero = text.chars().all(|digit| matches!(digit, '0' | '.'));
    if x > 0.0 && !is_zero { format!("+{text}") } else { text }
}

/// A share as a percentage: `76.24 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", fixed(100.0 * share, 2))
}

/// A count with a comma between thousands.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `n thing` or `n things`.
pub(crate) fn plural(n: u64, thing: &str) -> String {
    format!("{} {thing}{}", count(n), if n == 1 { "" } else { "s" })
}

/// `2 replicates`, or `3 epochs on 2 replicates`.
pub(crate) fn trained_for(budget: Budget) -> String {
    let replicates = plural(u64::from(budget.replicates), "replicate");
    match budget.epochs {
        Some(epochs) => format!("{} on {replicates}", plural(u64::from(epochs), "epoch")),
        None => replicates,
    }
}

/// `after 3 epochs on the first 2 of 5 replicates`; empty for the full training.
pub(crate) fn part_of_training(analysis: &Analysis, Budget { replicates, epochs }: Budget) -> String {
    let after = epochs.map(|epochs| format!("after {}", plural(u64::from(epochs), "epoch")));
    let on = match replicates {
        all if all >= analysis.replicates => None,
        1 => Some(format!("on the first of {} replicates", analysis.replicates)),
        some => Some(format!("on the first {some} of {} replicates", analysis.replicates)),
    };
    after.into_iter().chain(on).collect::<Vec<_>>().join(" ")
}

/// `n names` where the examples are names, `1 name` for one.
pub(crate) fn examples(n: u64, noun: &Noun) -> String {
    noun.counted(n, count)
}

/// A p-value to three significant digits, with its relation: `= 0.0123` or `< 0.0001`.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.000_1 { "< 0.0001".to_owned() } else { format!("= {}", significant(p, 3)) }
}

/// A p-value for a table that people read as plain text: `0.0123` or `< 0.0001`.
pub(crate) fn p_plain(p: f64) -> String {
    let p = p_value(p);
    p.strip_prefix("= ").unwrap_or(&p).to_owned()
}

/// The same for a table in Markdown.
pub(crate) fn p_cell(p: f64) -> String {
    p_plain(p).replace("< ", "&lt;\u{A0}")
}

/// `x` to so many significant digits, without trailing zeros; `1e-7` where there are many zeros.
pub(crate) fn significant(x: f64, digits: usize) -> String {
    let places = digits - 1;
    let rounded: f64 = format!("{x:.places$e}").parse().expect("a printed number is a number");
    let size = rounded.abs();
    let is_plain = size == 0.0 || !size.is_finite() || (EXPONENT_BELOW..EXPONENT_FROM).contains(&size);
    let text = if is_plain { size.to_string() } else { format!("{size:e}") };
    if rounded < 0.0 { format!("−{text}") } else { text }
}

/// A parameter's value, numbers to six significant digits.
pub(crate) fn parameter(value: &ParamValue) -> String {
    match value {
        ParamValue::Real(x) => significant(*x, 6),
        other => other.to_string(),
    }
}

/// `x` in the unit that `metric` is shown in: per cent for shares, nats for the loss.
pub(crate) fn shown(metric: Metric, x: f64) -> f64 {
    metric.about().unit.factor * x
}

fn decimals(metric: Metric) -> usize {
    metric.about().unit.decimals
}

/// The unit that `metric` is shown in.
pub(crate) fn unit(metric: Metric) -> &'static str {
    metric.about().unit.symbol
}

/// `macro-F1, %`, for headings and axes.
pub(crate) fn heading(metric: Metric) -> String {
    match unit(metric) {
        "" => metric.title().to_owned(),
        unit => format!("{}, {unit}", metric.title()),
    }
}

fn with_unit(text: String, unit: &str) -> String {
    if unit.is_empty() { text } else { format!("{text} {unit}") }
}

/// The bare value, for tables: `76.24`.
pub(crate) fn value(metric: Metric, x: f64) -> String {
    fixed(shown(metric, x), decimals(metric))
}

/// Mean and standard deviation, for tables: `76.24 ± 0.41`, without the latter below two values.
pub(crate) fn spread(metric: Metric, summary: Option<&Summary>) -> String {
    let Some(Summary { mean: Some(mean), sd, .. }) = summary else { return NOTHING.to_owned() };
    match sd {
        Some(sd) if sd.is_finite() => format!("{}{NBSP}±{NBSP}{}", value(metric, *mean), value(metric, *sd)),
        _ => value(metric, *mean),
    }
}

/// The same of shares or other numbers, times `factor` and with so many decimals.
pub(crate) fn scaled(summary: &Summary, factor: f64, decimals: usize) -> String {
    let Some(mean) = summary.mean else { return NOTHING.to_owned() };
    match summary.sd {
        Some(sd) => format!("{}{NBSP}±{NBSP}{}", fixed(factor * mean, decimals), fixed(factor * sd, decimals)),
        None => fixed(factor * mean, decimals),
    }
}

/// What to add to an interval that leaves no value out, as a reader may not notice it.
pub(crate) fn every_value(interval: Interval, (least, most): (f64, f64)) -> &'static str {
    if interval.low <= least && interval.high >= most { ", which is every possible value" } else { "" }
}

/// A difference with its interval, for tables, where each may be missing: `+3.10 [+2.20, +4.00]`.
pub(crate) fn estimate(metric: Metric, mean: Option<f64>, interval: Option<Interval>) -> String {
    let number = |x: f64| signed(shown(metric, x), decimals(metric));
    match (mean, interval) {
        (None, _) => NOTHING.to_owned(),
        (Some(mean), None) => number(mean),
        (Some(mean), Some(Interval { low, high })) => {
            format!("{}{NBSP}[{},{NBSP}{}]", number(mean), number(low), number(high))
        }
    }
}

/// An interval, for tables: `[75.20, 77.28]`.
pub(crate) fn interval(metric: Metric, Interval { low, high }: Interval) -> String {
    format!("[{},{NBSP}{}]", value(metric, low), value(metric, high))
}

/// The value in running text: `76.24 % macro-F1` or `a loss of 0.812 nats`.
pub(crate) fn phrase(metric: Metric, x: f64) -> String {
    let (value, title, unit) = (value(metric, x), metric.title(), metric.about().unit);
    if unit == PERCENT { format!("{value} % {title}") } else { with_unit(format!("a {title} of {value}"), unit.symbol) }
}

/// A distance in running text: `3.10 points` or `0.031 nats`.
pub(crate) fn distance(metric: Metric, x: f64) -> String {
    with_unit(value(metric, x), metric.about().unit.of_difference[1])
}

/// A margin in running text, as short as it was written: `1 point`, `0.5 points` or `0.03 nats`.
pub(crate) fn margin(metric: Metric, x: f64) -> String {
    let text = significant(shown(metric, x), 6);
    let [one, many] = metric.about().unit.of_difference;
    let unit = if text == "1" { one } else { many };
    with_unit(text, unit)
}

/// An interval in running text: `2.20 to 4.00`.
pub(crate) fn range(metric: Metric, interval: Interval) -> String {
    format!("{} to {}", value(metric, interval.low), value(metric, interval.high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_analysis::Interval;

    #[test]
    fn large_numbers_are_written_with_an_exponent() {
        let check = |x: f64, expect: &str| assert_eq!(fixed(x, 3), expect);
        check(123_456.78, "123456.780");
        check(1e308, "1.000e308");
        check(-f64::MAX, "−1.798e308");
        check(f64::NEG_INFINITY, "−∞");
    }

    #[test]
    fn an_interval_of_everything_is_said_to_be_one() {
        let of = |low, high| every_value(Interval { low, high }, Metric::MacroF1.about().bounds);
        assert_eq!((of(0.0, 1.0), of(0.0, 0.99), of(0.1, 1.0)), (", which is every possible value", "", ""));
        let of = |low, high| every_value(Interval { low, high }, Metric::Loss.about().bounds_of_difference());
        assert_eq!(of(-1e300, 1e300), "");
    }

    #[test]
    fn minus_stands_before_what_is_below_zero_when_printed() {
        assert_eq!((fixed(-0.004, 2), fixed(-0.006, 2)), ("0.00".to_owned(), "−0.01".to_owned()));
        assert_eq!((signed(0.004, 2), signed(0.006, 2)), ("0.00".to_owned(), "+0.01".to_owned()));
    }

    #[test]
    fn what_is_not_finite_is_never_printed_as_nan_or_inf() {
        assert_eq!((fixed(f64::NAN, 2), fixed(f64::NEG_INFINITY, 2)), ("–".to_owned(), "−∞".to_owned()));
        let infinite = Summary { mean: Some(f64::INFINITY), sd: Some(f64::NAN), ..Summary::default() };
        assert_eq!(spread(Metric::Loss, Some(&infinite)), "∞");
    }

    #[test]
    fn thousands_are_parted() {
        let check = |n: u64, expect: &str| assert_eq!(count(n), expect);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_234_567, "1,234,567");
    }

    #[test]
    fn p_values_have_three_significant_digits() {
        let check = |p: f64, expect: &str| assert_eq!(p_value(p), expect);
        check(0.012_345, "= 0.0123");
        check(1.0, "= 1");
        check(0.000_099, "< 0.0001");
    }

    #[test]
    fn reals_lose_the_noise_of_a_computed_axis() {
        assert_eq!(parameter(&ParamValue::Real(0.010_000_000_000_000_002)), "0.01");
        assert_eq!(parameter(&ParamValue::Real(0.003_162_277_660_168_379_4)), "0.00316228");
    }

    #[test]
    fn reals_with_many_zeros_have_an_exponent() {
        let check = |x: f64, expect: &str| assert_eq!(parameter(&ParamValue::Real(x)), expect);
        check(1e-300, "1e-300");
        check(-2.5e-7, "−2.5e-7");
        check(0.000_01, "0.00001");
        check(0.0, "0");
        check(1.5e300, "1.5e300");
        check(123_456_000_000.0, "123456000000");
    }
}
