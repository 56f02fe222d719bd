//! Intervals by resampling, against scipy's on the same draws.

use crate::{cases, check, check_all, labels, number, numbers};
use recur_stats::*;
use serde_json::Value;

/// Steele and others 2014, "Fast splittable pseudorandom number generators"; as in the script.
fn splitmix(seed: u64) -> impl FnMut(u32) -> u32 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((((z ^ (z >> 31)) >> 32) * u64::from(below)) >> 32) as u32
    }
}

fn check_bootstrap(case: &Value, n_rows: usize, statistic: impl FnMut(&[u32]) -> f64) {
    let draw = splitmix(number(case, "seed") as u64);
    let got = bootstrap(n_rows, number(case, "n_resamples") as usize, draw, statistic).unwrap();
    let confidence = number(case, "confidence");
    check(got.estimate(), number(case, "estimate"));
    let error = number(case, "standard_error");
    check(got.standard_error().unwrap(), error);
    // Ends may lie near zero, where a share of them means little: their distance is measured in standard errors.
    let distance = |end: f64| (end - number(case, "estimate")) / error;
    let check_ends = |Interval { low, high }: Interval, key: &str| {
        let expected: Vec<f64> = numbers(case, key).into_iter().map(distance).collect();
        check_all([low, high].map(distance), &expected);
    };
    check_ends(got.percentile(confidence), "percentile");
    check_ends(got.bca(confidence).unwrap(), "bca");
}

#[test]
fn intervals_of_label_metrics_are_those_of_scipy_and_scikit_learn() {
    for case in cases("label_bootstrap") {
        let metric = match case["figure"].as_str().unwrap() {
            "macro_f1" => LabelCounts::macro_f1,
            "accuracy" => LabelCounts::accuracy,
            "cohen_kappa" => LabelCounts::cohen_kappa,
            other => panic!("no metric {other}"),
        };
        let predictions = labels(&case, "first").into_iter().zip(labels(&case, "second"));
        let rows = labels(&case, "truth").into_iter().zip(predictions).map(|(truth, (a, b))| (truth, a, b));
        let mut difference = LabelDifference::new(number(&case, "n_classes") as usize, rows, metric);
        check_bootstrap(&case, difference.n_rows(), |rows| difference.over(rows));
    }
}

#[test]
fn intervals_of_means_are_those_of_scipy() {
    for case in cases("mean_bootstrap") {
        let values = numbers(&case, "values");
        let mean = |rows: &[u32]| rows.iter().map(|row| values[*row as usize]).sum::<f64>() / rows.len() as f64;
        check_bootstrap(&case, values.len(), mean);
    }
}
