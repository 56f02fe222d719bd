//! Every function against scipy, scikit-learn and statsmodels (`tools/stats_reference.py`), to 1e-9.

use recur_stats::*;
use serde_json::Value;

fn cases(kind: &str) -> Vec<Value> {
    let reference: Value = serde_json::from_str(include_str!("reference.json")).unwrap();
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

fn check(got: f64, expected: f64) {
    let tolerance = 1e-9 * expected.abs().max(1e-3);
    assert!((got - expected).abs() <= tolerance, "got {got}, expected {expected}");
}

fn check_all(got: impl IntoIterator<Item = f64>, expected: &[f64]) {
    let got: Vec<f64> = got.into_iter().collect();
    assert_eq!(got.len(), expected.len());
    got.iter().zip(expected).for_each(|(got, expected)| check(*got, *expected));
}

#[test]
fn label_figures_are_those_of_scikit_learn() {
    for case in cases("classification") {
        let truth = numbers(&case, "truth").into_iter().map(|label| label as u16);
        let predicted = numbers(&case, "predicted").into_iter().map(|label| label as u16);
        let confusion = Confusion::of(number(&case, "n_classes") as usize, truth.zip(predicted));
        check_all(confusion.counts().iter().map(|count| *count as f64), &numbers(&case, "confusion"));
        check(confusion.accuracy().unwrap(), number(&case, "accuracy"));
        check(confusion.macro_f1().unwrap(), number(&case, "macro_f1"));
        let labels = confusion.by_label();
        check_all(labels.iter().map(|label| label.precision), &numbers(&case, "precision"));
        check_all(labels.iter().map(|label| label.recall), &numbers(&case, "recall"));
        check_all(labels.iter().map(|label| label.f1), &numbers(&case, "f1"));
        check_all(labels.iter().map(|label| label.support as f64), &numbers(&case, "support"));
    }
}

#[test]
fn log_loss_is_the_mean_over_rows() {
    for case in cases("log_loss") {
        let logs = numbers(&case, "log_probabilities").into_iter().map(|log| log as f32);
        check(mean_log_loss(logs).unwrap(), number(&case, "loss"));
    }
}

#[test]
fn mean_deviation_and_interval_are_those_of_scipy() {
    for case in cases("summary") {
        let values = numbers(&case, "values");
        check(mean(&values).unwrap(), number(&case, "mean"));
        check(standard_deviation(&values).unwrap(), number(&case, "standard_deviation"));
        let interval = t_interval(&values, number(&case, "confidence")).unwrap();
        check_all([interval.low, interval.high], &[number(&case, "low"), number(&case, "high")]);
    }
}

#[test]
fn corrected_test_is_that_of_the_paper() {
    for case in cases("corrected_t") {
        let (n_train, n_test) = (number(&case, "n_train") as usize, number(&case, "n_test") as usize);
        let comparison = corrected_resampled_t(&numbers(&case, "differences"), n_train, n_test).unwrap();
        check(comparison.p, number(&case, "p"));
        let Interval { low, high } = comparison.interval;
        check_all([low, high], &[number(&case, "low"), number(&case, "high")]);
    }
}

#[test]
fn student_distribution_is_that_of_scipy() {
    for case in cases("quantile") {
        check(quantile(number(&case, "p"), number(&case, "freedom")), number(&case, "t"));
    }
    for case in cases("two_sided_p") {
        check(two_sided_p(number(&case, "t"), number(&case, "freedom")), number(&case, "p"));
    }
}

#[test]
fn holm_is_that_of_statsmodels() {
    for case in cases("holm") {
        check_all(holm(&numbers(&case, "p")), &numbers(&case, "adjusted"));
    }
}
