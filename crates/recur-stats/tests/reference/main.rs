//! Every function against scipy, scikit-learn and statsmodels (`tools/stats_reference.py`), to 1e-9.

mod bootstrap;
mod estimates;
mod importance;
mod metrics;
mod planning;
mod tests_of_differences;

use recur_stats::Interval;
use serde_json::Value;

fn cases(kind: &str) -> Vec<Value> {
    let reference: Value = serde_json::from_str(include_str!("../reference.json")).unwrap();
    let cases = reference[kind].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

fn number(case: &Value, key: &str) -> f64 {
    case[key].as_f64().unwrap()
}

fn numbers(case: &Value, key: &str) -> Vec<f64> {
    case[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn labels(case: &Value, key: &str) -> Vec<u16> {
    numbers(case, key).into_iter().map(|label| label as u16).collect()
}

fn check_interval(got: Interval, case: &Value) {
    check_all([got.low, got.high], &[number(case, "low"), number(case, "high")]);
}

fn check(got: f64, expected: f64) {
    let tolerance = 1e-9 * expected.abs().max(1e-3);
    assert!((got - expected).abs() <= tolerance, "got {got}, expected {expected}");
}

fn check_all(got: impl IntoIterator<Item = f64>, expected: &[f64]) {
    let got: Vec<f64> = got.into_iter().collect();
    assert_eq!(got.len(), expected.len());
    got.iter().zip(expected).for_each(|(got, expected)| check(*got, *expected));
}
