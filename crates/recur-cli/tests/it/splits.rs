//! How rows are divided, as a user sees it: published splits, folds, fixed test rows, power, and settings that a model does
//! not use.

use crate::common::{Lab, SPEC, names_csv};
use serde_json::Value;

/// [`SPEC`] with another `data` line, and without `replicates` where the division makes them.
fn with_data(data: &str) -> String {
    SPEC.replace("data: {source: names.csv}", data)
}

/// The names with a column `part`: every fifth row is `test`, every fifth `dev` (or, without it, `train`).
fn published(with_validation: bool) -> String {
    let mut lines = names_csv().lines().map(str::to_owned).collect::<Vec<_>>();
    for (index, line) in lines.iter_mut().enumerate() {
        let part = match index % 5 {
            _ if index == 0 => "part",
            0 => "test",
            1 if with_validation => "dev",
            _ => "train",
        };
        line.push_str(&format!(",{part}"));
    }
    lines.join("\n") + "\n"
}

fn json(lab: &Lab, arguments: &[&str]) -> Value {
    serde_json::from_str(&lab.recur(&[arguments, &["--json"]].concat()).ended(0).out).unwrap()
}

/// The test names of each trial's predictions cannot be listed here; the digests of the splits tell them apart.
fn splits(lab: &Lab) -> Vec<String> {
    let record = |folder: &std::path::PathBuf| -> Value {
        serde_json::from_slice(&std::fs::read(folder.join("record.json")).unwrap()).unwrap()
    };
    let mut splits: Vec<String> =
        lab.trials().iter().map(|folder| record(folder)["split"].as_str().unwrap().to_owned()).collect();
    splits.sort();
    splits.dedup();
    splits
}

#[test]
fn a_published_split_is_used_and_replicates_vary_the_start_only() {
    let lab = Lab::with(&with_data("data: {source: names.csv, split: {column: part}}"));
    lab.write("names.csv", published(true));
    let ran = lab.experiment(&[]).ended(0);
    assert_eq!(splits(&lab).len(), 1, "{}", ran.out);
    let report = lab.read("reports/small.md");
    assert!(report.contains("published: 36 training, 12 validation, 12 test rows"), "{report}");
    assert!(report.contains("each has another start, on the same published split"), "{report}");
    assert!(report.contains("All replicates are tested on the same rows"), "{report}");
    lab.recur(&["verify", "reports/small.md"]).ended(0);
    let unused = "names.csv: data.split.validation (0.3) is not used, as the data has validation rows of its own";
    lab.recur(&["plan", "small.yaml", "--set", "data.split.validation=0.3"]).ended(0).reported(&[unused]);
}

#[test]
fn without_published_validation_rows_each_replicate_draws_its_own() {
    let lab = Lab::with(&with_data("data: {source: names.csv, split: {column: part, validation: 0.25}}"));
    lab.write("names.csv", published(false));
    lab.experiment(&[]).ended(0);
    assert_eq!(splits(&lab).len(), 2);
    assert!(lab.read("reports/small.md").contains("36 training, 12 validation, 12 test rows"));
}

#[test]
fn three_files_are_the_three_parts() {
    let lab = Lab::with(&with_data("data: {source: {train: a.csv, validation: b.csv, test: c.csv}}"));
    let csv = published(true);
    for (file, word) in [("a.csv", ",train"), ("b.csv", ",dev"), ("c.csv", ",test")] {
        let rows = csv.lines().filter_map(|line| line.strip_suffix(word));
        lab.write(file, "name,label\n".to_owned() + &rows.collect::<Vec<_>>().join("\n") + "\n");
    }
    lab.experiment(&[]).ended(0);
    assert!(lab.read("reports/small.md").contains("published: 36 training, 12 validation, 12 test rows"));
}

#[test]
fn groups_in_two_parts_are_refused_with_their_number_and_used_where_that_is_allowed() {
    let lab = Lab::with(&with_data("data: {source: names.csv, split: {column: part}}"));
    lab.write("names.csv", published(true) + "Kim,Korean,test\nNovak,Czech,test\n");
    let reported = [
        "2 groups with 4 rows are in two parts of the published split, for example the group of",
        "data.split.overlap: allow",
    ];
    lab.experiment(&[]).ended(1).reported(&reported);
    let ran = lab.experiment(&["--set", "data.split.overlap=allow"]).ended(0);
    ran.reported(&["in two parts of the published split: names: 2, groups: 2 (rows: 4)"]);
    assert!(
        lab.read("reports/small.md").contains("**The parts of the published split overlap:** 2 names and 2 groups")
    );
}

#[test]
fn a_split_column_with_another_word_or_without_a_part_is_refused() {
    let lab = Lab::with(&with_data("data: {source: names.csv, split: {column: part}}"));
    lab.write("names.csv", published(true).replace(",dev", ",tset"));
    lab.experiment(&[]).ended(1).reported(&["names.csv:", "`tset`", "did you mean `test`?"]);
    lab.write("names.csv", published(true).replace(",test", ",dev"));
    lab.experiment(&[]).ended(1).reported(&["the published split has no test rows", "mark some rows as `test`"]);
}

#[test]
fn labels_that_are_tested_and_never_trained_on_are_named() {
    let lab = Lab::with(&with_data("data: {source: names.csv, split: {column: part}}"));
    lab.write("names.csv", published(true) + "Zeus,Greek,test\n");
    lab.experiment(&[])
        .ended(0)
        .reported(&["1 of 4 labels has test rows but no training rows on some replicate", "(`Greek`)"]);
    assert!(
        lab.read("reports/small.md").contains("1 of 4 labels has test rows but no training rows on some replicate")
    );
}

#[test]
fn repeated_folds_test_each_row_once_a_repeat() {
    let spec = with_data("data: {source: names.csv, split: {folds: 3, repeats: 2}}").replace("replicates: 2\n", "");
    let lab = Lab::with(&spec);
    lab.experiment(&[]).ended(0);
    assert_eq!(splits(&lab).len(), 6);
    let report = lab.read("reports/small.md");
    assert!(report.contains("each is one fold of 3-fold cross-validation (repeated 2 times)"), "{report}");
    let records = lab.recur(&["export", "small.yaml", "--analysis", "analysis.json"]).ended(0);
    let analysis: Value = serde_json::from_str(&lab.read("analysis.json")).unwrap();
    assert_eq!(analysis["replicates"], 6, "{}", records.out);
    lab.recur(&["plan", "small.yaml", "--set", "data.split.folds=30"])
        .ended(1)
        .reported(&["30 folds need 30 groups or more, and label \"Czech\" has", "use fewer folds"]);
}

#[test]
fn fixed_test_rows_choose_one_configuration_for_all_replicates() {
    let lab = Lab::with(
        &with_data("data: {source: names.csv, split: {test: fixed}}").replace("replicates: 2", "replicates: 4"),
    );
    lab.experiment(&[]).ended(0);
    let analysis = json(&lab, &["report", "small.yaml"]);
    assert_eq!(analysis["test"]["test_rows"], "fixed");
    for model in analysis["models"].as_array().unwrap() {
        let tested = model["tested_configurations"].as_array().unwrap();
        assert!(tested.len() == 4 && tested.iter().all(|configuration| *configuration == model["configuration"]));
    }
    assert!(lab.read("reports/small.md").contains("test groups are resampled 2,000 times"));
    lab.recur(&["verify", "reports/small.md"]).ended(0);
}

#[test]
fn a_plan_reports_the_smallest_difference_that_it_can_detect() {
    let lab = Lab::new();
    let assumed = lab.recur(&["plan", "small.yaml"]).ended(0).out;
    assert!(
        assumed.contains(
            "Power: with 2 replicates, the smallest difference of test macro-F1 that is detected with 80 % power"
        ),
        "{assumed}"
    );
    assert!(assumed.contains("if differences have a standard deviation of 1.00 points over replicates"), "{assumed}");
    let one = lab.recur(&["plan", "small.yaml", "--set", "replicates=1"]).ended(0).out;
    assert!(one.contains("One replicate: no difference between models can be tested."), "{one}");
    lab.experiment(&["--set", "replicates=4"]).ended(0);
    let stored = lab.recur(&["plan", "small.yaml"]).ended(0).out;
    assert!(stored.contains("in stored trials on the same data, validation differences of"), "{stored}");
    let power = json(&lab, &["plan", "small.yaml", "--set", "replicates=8"])["power"].clone();
    let more = power["detectable"][0]["smallest_difference"].as_f64().unwrap();
    let fewer =
        json(&lab, &["plan", "small.yaml", "--set", "replicates=4"])["power"]["detectable"][0]["smallest_difference"]
            .as_f64()
            .unwrap();
    assert!(power["stored_pairs"].as_u64().unwrap() > 0 && more < fewer, "{more} {fewer}");
}

#[test]
fn settings_that_a_model_does_not_use_are_named_by_plan_run_and_report() {
    let lab = Lab::new();
    let weights = ["--set", "training.class_weights=balanced"];
    let plan = lab.recur(&[&["plan", "small.yaml"], &weights[..]].concat()).ended(0).out;
    let note =
        "linfa_naive_bayes does not use training.epochs: 3, training.batch_size: 8, training.class_weights: balanced";
    assert!(plan.contains(note), "{plan}");
    lab.experiment(&weights).ended(0).reported(&["WARN", note]);
    let report = lab.read("reports/small.md");
    let warning =
        "**Not every model uses every setting:** `linfa_naive_bayes` does not use `training.class_weights: balanced`.";
    assert!(report.split("\n## ").next().unwrap().contains(warning), "{report}");
    assert!(!report.contains("`manual_rnn` does not use"), "{report}");
}

#[test]
fn all_replicates_diverged_is_an_answer_of_its_own() {
    let spec = SPEC
        .replace("  - use: linfa_naive_bayes\n", "")
        .replace("  - use: stacked_rnn\n", "")
        .replace("report: {baseline: linfa_naive_bayes}\n", "")
        .replace("sweep: {learning_rate: [0.01, 0.02]}", "params: {activation: none, learning_rate: 10}")
        .replace(
            "training: {epochs: 3, batch_size: 8}",
            "training: {epochs: 5, batch_size: 2, optimizer: {name: sgd}}",
        );
    let lab = Lab::with(&spec);
    let ran = lab.experiment(&[]).ended(3);
    assert!(ran.out.contains("There is no answer: no configuration finished on every replicate."), "{}", ran.out);
}
