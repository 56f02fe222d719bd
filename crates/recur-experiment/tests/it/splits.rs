//! How rows are divided: published splits, folds, fixed test rows, power, and settings that a model does not use.

use crate::common::{Lab, names_csv};
use crate::small::{self, SPEC, no_plugins, prepare, refused, run, verify, warnings};
use recur_experiment::Conclusion;
use recur_store::Store;

/// [`SPEC`] with another `data` line, on a lab.
fn lab(data: &str) -> Lab {
    small::lab(&SPEC.replace("data: {source: 'LAB/names.csv'}", data))
}

const PUBLISHED: &str = "data: {source: 'LAB/names.csv', split: {column: part}}";

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

/// What comes of the experiment, which can be prepared and run.
#[track_caller]
fn report(lab: &Lab) -> String {
    run(lab, &[]);
    lab.read("reports/small.md")
}

#[track_caller]
fn check_verified(lab: &Lab) {
    let verdict = verify(lab, &lab.word("reports/small.md"), &no_plugins()).unwrap();
    assert_eq!(verdict.conclusion(), Conclusion::Verified, "{verdict}");
}

#[test]
fn a_published_split_is_used_and_replicates_vary_the_start_only() {
    let lab = lab(PUBLISHED);
    lab.write("names.csv", published(true));
    assert_eq!(run(&lab, &[]).splits().len(), 1);
    let report = lab.read("reports/small.md");
    assert!(report.contains("published: 36 training, 12 validation, 12 test rows"), "{report}");
    assert!(report.contains("each has another start, on the same published split"), "{report}");
    assert!(report.contains("All replicates are tested on the same rows"), "{report}");
    check_verified(&lab);
    let unused = "data.split.validation (0.3) is not used, as the data has validation rows of its own";
    let warnings = warnings(&prepare(&lab, &["data.split.validation=0.3"]).unwrap());
    assert!(warnings.contains(unused), "{warnings}");
}

#[test]
fn without_published_validation_rows_each_replicate_draws_its_own() {
    let lab = lab("data: {source: 'LAB/names.csv', split: {column: part, validation: 0.25}}");
    lab.write("names.csv", published(false));
    assert_eq!(run(&lab, &[]).splits().len(), 2);
    assert!(lab.read("reports/small.md").contains("36 training, 12 validation, 12 test rows"));
}

#[test]
fn three_files_are_the_three_parts() {
    let lab = lab("data: {source: {train: LAB/a.csv, validation: LAB/b.csv, test: LAB/c.csv}}");
    let csv = published(true);
    for (file, word) in [("a.csv", ",train"), ("b.csv", ",dev"), ("c.csv", ",test")] {
        let rows = csv.lines().filter_map(|line| line.strip_suffix(word));
        lab.write(file, "name,label\n".to_owned() + &rows.collect::<Vec<_>>().join("\n") + "\n");
    }
    assert!(report(&lab).contains("published: 36 training, 12 validation, 12 test rows"));
}

#[test]
fn groups_in_two_parts_are_refused_with_their_number_and_used_where_that_is_allowed() {
    let lab = lab(PUBLISHED);
    lab.write("names.csv", published(true) + "Kim,Korean,test\nNovak,Czech,test\n");
    let parts = [
        "2 groups with 4 rows are in two parts of the published split, for example the group of",
        "data.split.overlap: allow",
    ];
    refused(prepare(&lab, &[]), &parts);
    let ran = run(&lab, &["data.split.overlap=allow"]);
    let warnings = warnings(&ran.experiment);
    assert!(warnings.contains("in two parts of the published split: names: 2, groups: 2 (rows: 4)"), "{warnings}");
    assert!(
        lab.read("reports/small.md").contains("**The parts of the published split overlap:** 2 names and 2 groups")
    );
}

#[test]
fn a_split_column_with_another_word_or_without_a_part_is_refused() {
    let lab = lab(PUBLISHED);
    lab.write("names.csv", published(true).replace(",dev", ",tset"));
    refused(prepare(&lab, &[]), &["names.csv:", "`tset`", "did you mean `test`?"]);
    lab.write("names.csv", published(true).replace(",test", ",dev"));
    refused(prepare(&lab, &[]), &["the published split has no test rows", "mark some rows as `test`"]);
}

#[test]
fn labels_that_are_tested_and_never_trained_on_are_named() {
    let lab = lab(PUBLISHED);
    lab.write("names.csv", published(true) + "Zeus,Greek,test\n");
    let untrained = "1 of 4 labels has test rows but no training rows on some replicate";
    let warnings = warnings(&run(&lab, &[]).experiment);
    assert!(warnings.contains(untrained) && warnings.contains("(`Greek`)"), "{warnings}");
    assert!(lab.read("reports/small.md").contains(untrained));
}

#[test]
fn repeated_folds_test_each_row_once_a_repeat() {
    let folds = "data: {source: 'LAB/names.csv', split: {folds: 3, repeats: 2}}";
    let spec = SPEC.replace("data: {source: 'LAB/names.csv'}", folds).replace("replicates: 2\n", "");
    let lab = small::lab(&spec);
    let ran = run(&lab, &[]);
    assert_eq!(ran.splits().len(), 6);
    let report = lab.read("reports/small.md");
    assert!(report.contains("each is one fold of 3-fold cross-validation (repeated 2 times)"), "{report}");
    assert_eq!(ran.json()["replicates"], 6);
    let parts = ["30 folds need 30 groups or more, and label \"Czech\" has", "use fewer folds"];
    refused(prepare(&lab, &["data.split.folds=30"]), &parts);
}

#[test]
fn fixed_test_rows_choose_one_configuration_for_all_replicates() {
    let lab = lab("data: {source: 'LAB/names.csv', split: {test: fixed}}");
    let spec = lab.read("small.yaml").replace("replicates: 2", "replicates: 4");
    small::write(&lab, &spec);
    let analysis = run(&lab, &[]).json();
    assert_eq!(analysis["test"]["test_rows"], "fixed");
    for model in analysis["models"].as_array().unwrap() {
        let tested = model["tested_configurations"].as_array().unwrap();
        assert!(tested.len() == 4 && tested.iter().all(|configuration| *configuration == model["configuration"]));
    }
    assert!(lab.read("reports/small.md").contains("test groups are resampled 2,000 times"));
    check_verified(&lab);
}

#[test]
fn a_plan_reports_the_smallest_difference_that_it_can_detect() {
    let lab = small::lab(SPEC);
    let power = |changes: &[&str], store: Option<&Store>| {
        let experiment = prepare(&lab, changes).unwrap();
        let planned = experiment.planned_run(store).unwrap();
        (planned.power.text(), planned.json()["power"].clone())
    };
    let (assumed, _) = power(&[], None);
    let smallest =
        "Power: with 2 replicates, the smallest difference of test macro-F1 that is detected with 80 % power";
    assert!(assumed.contains(smallest), "{assumed}");
    assert!(assumed.contains("if differences have a standard deviation of 1.00 points over replicates"), "{assumed}");
    let (one, _) = power(&["replicates=1"], None);
    assert!(one.contains("One replicate: no difference between models can be tested."), "{one}");
    run(&lab, &["replicates=4"]);
    let store = lab.store();
    let (stored, _) = power(&[], Some(&store));
    assert!(stored.contains("in stored trials on the same data, validation differences of"), "{stored}");
    let [(_, more), (_, fewer)] = ["replicates=8", "replicates=4"].map(|change| power(&[change], Some(&store)));
    let smallest = |power: &serde_json::Value| power["detectable"][0]["smallest_difference"].as_f64().unwrap();
    assert!(more["stored_pairs"].as_u64().unwrap() > 0, "{more}");
    assert!(smallest(&more) < smallest(&fewer), "{more} {fewer}");
}

#[test]
fn settings_that_a_model_does_not_use_are_named_by_experiment_and_report() {
    let lab = small::lab(SPEC);
    let ran = run(&lab, &["training.class_weights=balanced"]);
    let unused: Vec<String> = ran.experiment.unused().iter().map(ToString::to_string).collect();
    let note =
        "linfa_naive_bayes does not use training.epochs: 3, training.batch_size: 8, training.class_weights: balanced";
    assert_eq!(unused.len(), 1, "{unused:?}");
    assert!(unused[0].contains(note), "{unused:?}");
    let report = lab.read("reports/small.md");
    let warning =
        "**Not every model uses every setting:** `linfa_naive_bayes` does not use `training.class_weights: balanced`.";
    assert!(report.contains(warning), "{report}");
    let opening = report.split("\n## ").next().unwrap();
    assert!(opening.contains("**Read first:** not every model uses every setting"), "{report}");
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
    let reported = run(&small::lab(&spec), &[]).reported;
    let answer = &reported.written.answer;
    assert!(answer.contains("There is no answer: no configuration finished on every replicate."), "{answer}");
    assert_eq!(reported.n_unfinished, 2);
}
