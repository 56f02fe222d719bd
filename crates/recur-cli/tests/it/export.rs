//! `recur export` and `recur report --json`: figures for other programs.

use crate::common::{DIVERGING, Lab, N_TRIALS};
use recur_core::table::{Column, Values};
use serde_json::Value;
use std::collections::BTreeMap;

fn finished(spec: &str, code: i32) -> Lab {
    let lab = Lab::with(spec);
    lab.experiment(&[]).ended(code);
    lab
}

fn export(lab: &Lab, arguments: &[&str]) {
    lab.recur(&[&["export", "small.yaml"], arguments].concat()).ended(0);
}

fn table(lab: &Lab, path: &str) -> Vec<Column> {
    recur_ingest::read_table(&std::fs::read(lab.path(path)).unwrap()).unwrap()
}

fn values<'a>(table: &'a [Column], name: &str) -> &'a Values {
    &table.iter().find(|column| column.name == name).unwrap_or_else(|| panic!("no column {name}")).values
}

/// Every figure of the store's own files, by trial, split and metric; `None` where the trial did not finish.
fn stored(lab: &Lab) -> BTreeMap<(String, String, String), Option<f64>> {
    let mut figures = BTreeMap::new();
    for folder in lab.trials() {
        let read = |name: &str| -> Option<Value> {
            serde_json::from_str(&std::fs::read_to_string(folder.join(name)).ok()?).ok()
        };
        let record = read("record.json").expect("a record");
        let id = record["id"].as_str().unwrap().to_owned();
        let kept = record["outcome"]["kept_epoch"].as_u64().map(|kept| record["epochs"][kept as usize].clone());
        let mut insert = |split: &str, metric: &str, value: Option<f64>| {
            figures.insert((id.clone(), split.to_owned(), metric.to_owned()), value)
        };
        insert("train", "loss", kept.as_ref().map(|epoch| epoch["train_loss"].as_f64().unwrap()));
        let tested = read("test/scores.json");
        for metric in ["macro_f1", "accuracy", "loss"] {
            insert("validation", metric, kept.as_ref().map(|epoch| epoch["validation"][metric].as_f64().unwrap()));
            if let Some(tested) = &tested {
                insert("test", metric, tested["scores"][metric].as_f64());
            }
        }
    }
    figures
}

#[test]
fn parquet_and_csv_read_back_as_the_figures_of_the_store() {
    for (spec, code) in [(crate::common::SPEC, 0), (DIVERGING, 3)] {
        let lab = finished(spec, code);
        export(&lab, &["--records", "out/records.parquet"]);
        export(&lab, &["--records", "records.csv"]);
        let table = table(&lab, "out/records.parquet");
        let Values::Real(figures) = values(&table, "value") else { panic!("not numbers") };
        let key = |row: usize| ["trial", "split", "metric"].map(|name| values(&table, name).text(row));
        let found: BTreeMap<_, _> =
            figures.iter().enumerate().map(|(row, value)| (<(_, _, _)>::from(key(row)), *value)).collect();
        assert_eq!(found.len(), figures.len(), "a row a trial and a figure");
        assert_eq!(found, stored(&lab));
        let csv = lab.read("records.csv");
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        assert!(reader.headers().unwrap().iter().eq(table.iter().map(|column| column.name.as_str())));
        for (row, record) in reader.records().enumerate() {
            assert!(record.unwrap().iter().eq(table.iter().map(|column| column.values.text(row))), "row {row}");
        }
    }
}

#[test]
fn exports_are_the_same_bytes_each_time_and_write_nothing_to_the_store() {
    let lab = finished(crate::common::SPEC, 0);
    let before = lab.promised(&["runs", "reports"]);
    let files = ["records.parquet", "records.csv", "table.tex", "table.csv", "table.parquet", "analysis.json"];
    for folder in ["a", "b"] {
        let path = |index: usize| format!("{folder}/{}", files[index]);
        export(&lab, &["--records", &path(0), "--leaderboard", &path(2), "--analysis", &path(5)]);
        export(&lab, &["--records", &path(1), "--leaderboard", &path(3)]);
        export(&lab, &["--leaderboard", &path(4)]);
    }
    for file in files {
        let [a, b] = ["a", "b"].map(|folder| std::fs::read(lab.path(&format!("{folder}/{file}"))).unwrap());
        assert!(!a.is_empty() && a == b, "{file}");
    }
    assert!(before == lab.promised(&["runs", "reports"]));
    let json = lab.recur(&["report", "small.yaml", "--json"]).ended(0).out;
    assert_eq!(json, lab.read("a/analysis.json"));
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&document["schema_version"], &document["experiment"]), (&3.into(), &"small".into()));
    let ids = document["configurations"].as_array().unwrap().iter().map(|c| c["trial_ids"].as_array().unwrap().len());
    assert_eq!(ids.sum::<usize>(), N_TRIALS);
    assert!(lab.read("a/table.tex").contains("\\texttt{manual\\_rnn}"));
    assert_eq!(lab.read("a/table.csv").lines().count(), 1 + 3);
}

#[test]
fn a_format_that_is_not_written_is_reported_before_anything_is_read() {
    let lab = Lab::new();
    let reported = ["records.xlsx ends in no format that --records writes", ".parquet or .csv"];
    lab.recur(&["export", "nothing.yaml", "--records", "records.xlsx"]).ended(1).reported(&reported);
    lab.recur(&["export", "small.yaml", "--leaderboard", "table"]).ended(1).reported(&[".tex or .csv or .parquet"]);
    lab.recur(&["export", "small.yaml", "--analysis", "a.yaml"]).ended(1).reported(&["end the file's name in .json"]);
    lab.recur(&["export", "small.yaml"]).ended(2).reported(&["--records", "--leaderboard", "--analysis"]);
    lab.recur(&["report", "small.yaml", "--json", "--check"]).ended(2);
}

#[test]
fn an_export_of_what_was_not_run_says_which_command_runs_it() {
    let lab = Lab::new();
    lab.recur(&["export", "small.yaml", "--analysis", "a.json"]).ended(1).reported(&["there is no store runs"]);
    lab.experiment(&["--set", "replicates=1"]).ended(0);
    let reported = ["4 of 8 trials of small.yaml have no record", "recur experiment small.yaml"];
    lab.recur(&["export", "small.yaml", "--analysis", "a.json"]).ended(1).reported(&reported);
    lab.recur(&["report", "small.yaml", "--json"]).ended(1).reported(&reported);
    assert!(!lab.path("a.json").exists());
}

#[test]
fn the_analysis_has_the_warnings_about_rejected_rows_and_labels_with_few_rows() {
    let warnings = |rows: &str| {
        let lab = Lab::new();
        lab.write("odd.csv", crate::common::names_csv() + rows);
        let source = ["--set", "data.source=odd.csv"];
        lab.experiment(&source).ended(0);
        let json = lab.recur(&[&["report", "small.yaml", "--json"][..], &source].concat()).ended(0).out;
        serde_json::from_str::<Value>(&json).unwrap()["data"]["warnings"].clone()
    };
    let reported = warnings("Novak,Czech,x\nJones,Welsh\nEvans,Welsh\n");
    let reported: Vec<&str> = reported.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let [rejected, few] = reported[..] else { panic!("{reported:?}") };
    assert_eq!(rejected, "1 row of 63 cannot be used (malformed row: 1)");
    assert!(few.starts_with("1 of 4 labels has fewer rows than the split has parts (3 parts)"), "{few}");
    assert_eq!(warnings(""), Value::Null);
}
