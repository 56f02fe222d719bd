//! `report.primary`: a metric that only trials have whose spec asks for it.

use crate::common::{Lab, two_labels_csv};
use serde_json::Value;
use std::collections::BTreeMap;

/// [`Lab::new`] with two labels, of which `another` is commoner.
fn two_labels() -> Lab {
    let lab = Lab::new();
    lab.write("names.csv", two_labels_csv());
    lab
}

fn primary(metric: &str) -> [String; 2] {
    ["--set".to_owned(), format!("report.primary={metric}")]
}

fn run(lab: &Lab, metric: &str, more: &[&str]) -> crate::common::Ran {
    let set = primary(metric);
    lab.experiment(&[&[set[0].as_str(), set[1].as_str(), "--replace"], more].concat())
}

/// The records of the store's trials whose identity asks for `metric`.
fn records(lab: &Lab, metric: &str) -> Vec<Value> {
    let read = |trial: &std::path::PathBuf| {
        serde_json::from_str::<Value>(&std::fs::read_to_string(trial.join("record.json")).unwrap()).unwrap()
    };
    let all = lab.trials();
    all.iter().map(read).filter(|record| record["identity"]["requested"]["metric"] == metric).collect()
}

#[test]
fn every_metric_may_be_ranked_by_and_is_then_in_records_report_and_exports() {
    let lab = two_labels();
    lab.experiment(&[]).ended(0);
    let titles = [
        ("brier", "Brier score"),
        ("roc_auc", "ROC-AUC"),
        ("average_precision", "average precision"),
        ("f1", "F1 of the positive label"),
        ("recall_at_precision", "recall at the chosen precision"),
    ];
    for (metric, title) in titles {
        let split = if metric == "f1" { "data.split.test=per_replicate" } else { "data.split.test=fixed" };
        run(&lab, metric, &["--set", split]).ended(0);
        let report = lab.read("reports/small.md");
        assert!(report.contains(&format!("test {title}")), "{metric}: {report}");
        assert_eq!(
            report.contains(&format!("The {title} is that for the label `first`")),
            metric != "brier",
            "{report}"
        );
        let records = records(&lab, metric);
        assert_eq!(records.len(), crate::common::N_TRIALS, "{metric}");
        for record in records {
            let requested = &record["identity"]["requested"];
            assert_eq!(requested["positive"] == "first", metric != "brier", "{requested}");
            assert_eq!(requested["precision"] == 0.9, metric == "recall_at_precision", "{requested}");
            let epochs = record["epochs"].as_array().unwrap();
            let is_there =
                |epoch: &Value| epoch["validation"][metric].is_number() && epoch["validation"]["accuracy"].is_number();
            assert!(!epochs.is_empty() && epochs.iter().all(is_there), "{epochs:?}");
        }
        lab.recur(&["verify", "reports/small.md"]).ended(0);
        lab.recur(&[
            "export",
            "small",
            "--tensorboard",
            "board",
            "--mlflow",
            "flow",
            "--optuna",
            "study.log",
            "--replace",
        ])
        .ended(0);
        let study = lab.read("study.log");
        assert!(study.contains(&format!("validation_{metric}_mean")), "{study}");
        let direction = if metric == "brier" { "[1]" } else { "[2]" };
        assert!(study.contains(&format!("\"directions\":{direction}")), "{study}");
    }
}

#[test]
fn with_more_labels_it_is_the_mean_over_labels_or_of_the_label_that_is_named() {
    let lab = Lab::new();
    run(&lab, "roc_auc", &[]).ended(0);
    assert!(records(&lab, "roc_auc").iter().all(|record| record["identity"]["requested"].get("positive").is_none()));
    let label = lab.read("names.csv").lines().nth(1).unwrap().rsplit(',').next().unwrap().to_owned();
    let ran = run(&lab, "f1", &[]).ended(1);
    ran.reported(&["`report.primary` is `f1`, which is of one label, and names.csv has 3", "report.positive", &label]);
    run(&lab, "f1", &["--set", &format!("report.positive={label}")]).ended(0);
    assert!(records(&lab, "f1").iter().all(|record| record["identity"]["requested"]["positive"] == label.as_str()));
}

#[test]
fn early_stopping_watches_a_metric_that_trials_have() {
    let lab = two_labels();
    let watch =
        ["--set", "training.early_stopping.metric=validation_roc_auc", "--set", "training.early_stopping.patience=1"];
    lab.experiment(&watch).ended(1).reported(&[
        "training.early_stopping.metric",
        "validation_roc_auc",
        "or that of `report.primary` (macro_f1)",
    ]);
    run(&lab, "roc_auc", &watch).ended(0);
    let best = |record: &Value| {
        let values: Vec<f64> =
            record["epochs"].as_array().unwrap().iter().map(|e| e["validation"]["roc_auc"].as_f64().unwrap()).collect();
        let kept = record["outcome"]["kept_epoch"].as_u64().unwrap() as usize;
        values.iter().all(|value| *value <= values[kept])
    };
    assert!(records(&lab, "roc_auc").iter().all(best));
}

#[test]
fn a_metric_that_some_replicate_leaves_undefined_is_refused_before_anything_is_trained() {
    let lab = two_labels();
    let few: BTreeMap<bool, Vec<String>> =
        lab.read("names.csv").lines().skip(1).fold(BTreeMap::new(), |mut few, row| {
            few.entry(row.ends_with("first")).or_insert_with(Vec::new).push(row.to_owned());
            few
        });
    let head = lab.read("names.csv").lines().next().unwrap().to_owned();
    let rows: Vec<String> = few[&true][..1].iter().chain(&few[&false]).cloned().collect();
    lab.write("names.csv", format!("{head}\n{}\n", rows.join("\n")));
    let ran = run(&lab, "roc_auc", &[]).ended(1);
    ran.reported(&[
        "`report.primary` is `roc_auc`, which is undefined on the",
        "rows of replicate 0",
        "none of them is `first`",
    ]);
    assert!(!lab.path("runs/trials").exists());
}

/// Some resamples of the test rows have none of a label with few rows.
#[test]
fn with_few_rows_of_the_label_a_fixed_test_set_has_intervals_all_the_same() {
    let lab = two_labels();
    let rows = |n: usize, label: &str, first: char| -> String {
        (0..n).map(|row| format!("{first}{}{},{label}\n", "xyzw".repeat(row % 5), row)).collect()
    };
    lab.write("names.csv", format!("name,label\n{}{}", rows(60, "first", 'a'), rows(240, "another", 'b')));
    let set = [
        "--set",
        "data.columns={text: name, label: label}",
        "--set",
        "data.split={train: 0.8, validation: 0.1, test: fixed}",
    ];
    run(&lab, "roc_auc", &set).ended(0);
    let report = lab.read("reports/small.md");
    assert!(report.contains("points of ROC-AUC ahead of") && report.contains("(95 % CI"), "{report}");
}

#[test]
fn two_experiments_that_rank_by_the_same_metric_of_other_labels_are_not_compared() {
    let lab = two_labels();
    lab.write("other.yaml", lab.read("small.yaml").replace("name: small", "name: other"));
    for (spec, label) in [("small.yaml", "first"), ("other.yaml", "another")] {
        let set = ["--set", "report.primary=average_precision", "--set", &format!("report.positive={label}")];
        lab.recur(&[&["experiment", spec][..], &set].concat()).ended(0);
    }
    let ran = lab.recur(&["compare", "small", "other"]).ended(1);
    ran.reported(&["report.primary is average_precision of other labels", "give both the same report.positive"]);
}
