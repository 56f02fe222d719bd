//! The figures of a report in forms for other programs.

use crate::fixture::{Build, Outline, Reported, all_diverged, clear, small};
use recur_core::metric::Metric;
use recur_core::params::{ParamValue, Params};
use recur_core::plan::UnusedSettings;
use recur_core::record::Outcome;
use recur_core::settings::TrainingKey;
use recur_core::table::{Column, Values};
use recur_report::{Export, SCHEMA_VERSION};
use serde_json::Value;
use std::collections::BTreeSet;

/// Few resamples keep the tests short.
fn with<T>(experiment: &Reported, get: impl Fn(&Export<'_>) -> T) -> T {
    experiment.exported(100, get)
}

fn json(experiment: &Reported) -> Value {
    experiment.json(100)
}

fn column<'a>(table: &'a [Column], name: &str) -> &'a Values {
    &table.iter().find(|column| column.name == name).unwrap_or_else(|| panic!("no column {name}")).values
}

/// A row as `name=value`, without those that have none.
fn row(table: &[Column], row: usize) -> Vec<String> {
    let cell = |column: &Column| format!("{}={}", column.name, column.values.text(row));
    table.iter().map(cell).filter(|cell| !cell.ends_with('=')).collect()
}

#[test]
fn every_result_of_every_trial_is_in_the_table_once() {
    let experiment = small().build();
    let table = with(&experiment, |export| export.records());
    let reals = |name| match column(&table, name) {
        Values::Real(values) => values.clone(),
        other => panic!("{other:?}"),
    };
    let values = reals("value");
    let text = |name: &str, row: usize| column(&table, name).text(row);
    let found = |id: &str, split: &str, metric: Metric| {
        let is_such = |row: &usize| {
            text("trial", *row) == id && text("split", *row) == split && text("metric", *row) == metric.name()
        };
        let rows: Vec<usize> = (0..values.len()).filter(is_such).collect();
        assert_eq!(rows.len(), 1, "{id} {split} {}", metric.name());
        values[rows[0]]
    };
    for finding in &experiment.trials {
        let id = finding.trial.id.as_str();
        for metric in Metric::ALL {
            let expected = finding.record.validation().map(|scores| scores.get(metric));
            assert_eq!(found(id, "validation", metric), expected);
        }
        let is_finished = matches!(finding.record.outcome, Outcome::Finished { .. });
        assert_eq!(found(id, "train", Metric::Loss).is_some(), is_finished);
    }
    for test in &experiment.tests {
        for metric in Metric::ALL {
            assert_eq!(found(test.id.as_str(), "test", metric), Some(test.scores.get(metric)));
        }
    }
    let n_rows = experiment.trials.len() * 4 + experiment.tests.len() * 3;
    assert!(table.iter().all(|column| column.values.len() == n_rows));
}

#[test]
fn test_results_are_those_of_chosen_configurations_only() {
    let table = with(&small().build(), |export| export.records());
    let rows = 0..column(&table, "value").len();
    let tested: Vec<usize> = rows.filter(|row| column(&table, "split").text(*row) == "test").collect();
    assert_eq!(tested.len(), 3 * 3 * 3);
    assert!(tested.iter().all(|row| column(&table, "chosen").text(*row) == "true"));
}

#[test]
fn the_order_of_findings_changes_nothing() {
    let experiment = small().build();
    let mut turned = small().build();
    turned.trials.reverse();
    turned.tests.reverse();
    assert_eq!(with(&experiment, |export| export.records()), with(&turned, |export| export.records()));
    assert_eq!(with(&experiment, |export| export.json()), with(&turned, |export| export.json()));
}

#[test]
fn a_row_of_records_reads_as_reviewed() {
    let table = with(&small().build(), |export| export.records());
    let last = column(&table, "value").len() - 1;
    insta::assert_snapshot!(
        "record_rows",
        format!("{}\n\n{}", row(&table, 0).join("\n"), row(&table, last).join("\n"))
    );
}

#[test]
fn a_model_that_does_not_sweep_a_setting_has_the_value_that_it_is_trained_with() {
    let (path, mut experiment) = ("training.batch_size", small().build());
    for (index, configuration) in experiment.plan.configurations.iter_mut().enumerate() {
        if configuration.model == "manual_rnn" {
            configuration.settings = Params::default().with(path, ParamValue::Integer(8 * index as i64));
            configuration.swept.push(path.to_owned());
        }
    }
    for outcome in experiment.trials.iter_mut().filter(|outcome| outcome.trial.identity.model == "linfa_logistic") {
        outcome.record.identity.training = None;
    }
    let batch_sizes = |experiment: &Reported| {
        let table = with(experiment, |export| export.records());
        let of = |name: &str, row: usize| column(&table, name).text(row);
        let rows = 0..column(&table, "value").len();
        rows.map(|row| (of("model", row), of("training_batch_size", row))).collect::<BTreeSet<(String, String)>>()
    };
    let expected = |of_stacked: &str| {
        let all = [
            ("linfa_logistic", ""),
            ("manual_rnn", "8"),
            ("manual_rnn", "16"),
            ("manual_rnn", "24"),
            ("stacked_rnn", of_stacked),
        ];
        BTreeSet::from(all.map(|(model, value)| (model.to_owned(), value.to_owned())))
    };
    assert_eq!(batch_sizes(&experiment), expected("32"));
    let settings = vec![(TrainingKey::BatchSize, "training.batch_size: 32".to_owned())];
    experiment.unused = vec![UnusedSettings { model: "stacked_rnn".to_owned(), settings }];
    assert_eq!(batch_sizes(&experiment), expected(""), "it does not use the setting");
}

#[test]
fn the_leaderboard_reads_as_reviewed() {
    let rows = |experiment: &Reported| {
        let table = with(experiment, |export| export.leaderboard());
        (0..table[0].values.len()).map(|index| row(&table, index).join("\n")).collect::<Vec<_>>().join("\n\n")
    };
    insta::assert_snapshot!("leaderboard", rows(&clear().build()));
    insta::assert_snapshot!("leaderboard_without_ends", rows(&all_diverged().build()));
}

#[test]
fn the_latex_table_reads_as_reviewed() {
    insta::assert_snapshot!("leaderboard_latex", with(&clear().build(), |export| export.leaderboard_latex()));
    let table = with(&all_diverged().build(), |export| export.leaderboard_latex());
    assert!(table.contains("\\texttt{stacked\\_rnn} & none finished & --"), "{table}");
}

#[test]
fn the_document_reads_as_reviewed() {
    let mut outline = clear();
    (outline.replicates, outline.models[2].axes) = (2, vec![]);
    outline.models.remove(1);
    insta::assert_snapshot!("document", with(&outline.build(), |export| export.json()));
}

#[test]
fn the_document_holds_what_the_report_says() {
    let experiment = clear().build();
    let document = json(&experiment);
    assert_eq!(document["schema_version"], SCHEMA_VERSION);
    assert_eq!(document["models"][0]["model"], "stacked_rnn");
    assert_eq!(document["models"][0]["standing"], "best");
    assert_eq!(document["best_against"].as_array().unwrap().len(), 2);
    assert_eq!(document["text_by_text"]["replicates"].as_array().unwrap().len(), 5);
    assert_eq!(document["configurations"].as_array().unwrap().len(), experiment.plan.configurations.len());
    let unfinished = document["unfinished"].as_array().unwrap();
    assert!(unfinished.iter().any(|trial| trial["outcome"] == "failed") && unfinished.len() > 5, "{unfinished:?}");
    let test = &document["models"][0]["test"]["macro_f1"];
    let values: Vec<f64> = test["by_replicate"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert_eq!(test["mean"].as_f64(), recur_stats::mean(&values));
}

#[test]
fn standings_follow_the_comparisons() {
    let standings = |experiment: &Reported| -> Vec<String> {
        let models = json(experiment)["models"].as_array().unwrap().clone();
        models.iter().map(|model| model["standing"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(standings(&clear().build()), ["best", "behind", "behind"]);
    assert_eq!(standings(&Outline { replicates: 1, ..clear() }.build()), ["undecided"; 3]);
    assert_eq!(standings(&all_diverged().build()), ["not ranked"; 3]);
    assert_eq!(standings(&small().build())[..2], ["not distinguishable"; 2]);
}

#[test]
fn what_is_not_finite_is_null() {
    let mut experiment = small().build();
    experiment.tests.iter_mut().for_each(|test| test.scores.loss = f64::INFINITY);
    assert!(json(&experiment)["models"][0]["test"]["loss"]["mean"].is_null());
}
