//! Figures of runs and of replicates.

use crate::{cases, check, check_all, labels, number, numbers};
use recur_stats::*;

#[test]
fn label_metrics_are_those_of_scikit_learn() {
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
fn top_k_is_that_of_scikit_learn() {
    for case in cases("top_k") {
        let scores = case["scores"].as_array().unwrap().iter();
        let scores =
            scores.map(|row| row.as_array().unwrap().iter().map(|score| score.as_f64().unwrap() as f32).collect());
        let rank = |(label, row): (u16, Vec<f32>)| label_rank(&row, label.into()).unwrap();
        let ranks = labels(&case, "truth").into_iter().zip(scores).map(rank);
        check(top_k_accuracy(ranks, number(&case, "k") as usize).unwrap(), number(&case, "share"));
    }
}

#[test]
fn calibration_error_is_that_of_the_paper() {
    for case in cases("calibration") {
        let logs = numbers(&case, "log_probabilities").into_iter().map(|log| log as f32);
        let right = case["right"].as_array().unwrap().iter().map(|right| right.as_bool().unwrap());
        let error = expected_calibration_error(logs.zip(right), number(&case, "n_bins") as usize);
        check(error.unwrap(), number(&case, "error"));
    }
}

#[test]
fn curves_of_scored_rows_are_those_of_scikit_learn() {
    for case in cases("scored_rows") {
        let scores = numbers(&case, "score").into_iter().map(|score| score as f32);
        let positive = case["positive"].as_array().unwrap().iter().map(|positive| positive.as_bool().unwrap());
        let rows = ScoredRows::of(scores.zip(positive)).unwrap();
        let all = || rows.thresholds().iter().copied();
        check_all(all().map(|at| rows.false_positive_rate(at).unwrap()), &numbers(&case, "false_positive_rate"));
        check_all(all().map(|at| rows.recall(at).unwrap()), &numbers(&case, "recall"));
        check_all(all().map(AtThreshold::precision), &numbers(&case, "precision"));
        check_all(all().map(|at| rows.f1(at).unwrap()), &numbers(&case, "f1"));
        check(rows.roc_auc().unwrap(), number(&case, "roc_auc"));
        check(rows.average_precision().unwrap(), number(&case, "average_precision"));
        let recall = rows.recall_at_precision(number(&case, "least_precision"));
        check(recall.unwrap(), number(&case, "recall_at_precision"));
        let best = numbers(&case, "f1").into_iter().fold(0.0, f64::max);
        check(rows.f1(rows.best_f1().unwrap()).unwrap(), best);
    }
}

#[test]
fn scores_of_all_labels_are_those_of_scikit_learn() {
    for case in cases("label_probabilities") {
        let rows = case["log_probabilities"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
        let logs: Vec<f32> = rows.map(|log| log.as_f64().unwrap() as f32).collect();
        let (labels, n) = (labels(&case, "truth"), number(&case, "n_classes") as usize);
        check(brier_score(&logs, &labels, n).unwrap(), number(&case, "brier"));
        check(one_against_rest(&logs, &labels, n, ScoredRows::roc_auc).unwrap(), number(&case, "roc_auc"));
        let precision = one_against_rest(&logs, &labels, n, ScoredRows::average_precision);
        check(precision.unwrap(), number(&case, "average_precision"));
        for name in ["brier", "roc_auc", "average_precision"] {
            let metric = OnRequest::named(name, None, None).unwrap();
            check(metric.value(Answers::new(&logs, &labels, n)).unwrap(), number(&case, name));
        }
    }
}
