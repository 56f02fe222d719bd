//! Shares of variance, against statsmodels' analysis of variance and scipy's noncentral F distribution.

use crate::{cases, check, number, numbers};
use recur_stats::*;

#[test]
fn importance_is_that_of_an_analysis_of_variance() {
    let mut given = 0;
    for case in cases("importance") {
        let levels: Vec<usize> = numbers(&case, "levels").into_iter().map(|level| level as usize).collect();
        let row =
            |row: &serde_json::Value| row.as_array().unwrap().iter().map(|score| score.as_f64().unwrap()).collect();
        let scores: Vec<Vec<f64>> = case["scores"].as_array().unwrap().iter().map(row).collect();
        let (n_train, n_test) = (number(&case, "n_train") as usize, number(&case, "n_test") as usize);
        let Some(got) = corrected_importance(&levels, &scores, n_train, n_test) else { continue };
        given += 1;
        check(got.share, number(&case, "share"));
        // The ends are inverted by bisection, to 9 digits.
        for (got, key) in [(got.interval.low, "low"), (got.interval.high, "high")] {
            assert!((got - number(&case, key)).abs() < 1e-8, "{got} {key} {}", number(&case, key));
        }
        if n_test == 0 {
            assert_eq!(importance(&levels, &scores), Some(got));
        }
    }
    assert!(given > 15, "{given}");
}
