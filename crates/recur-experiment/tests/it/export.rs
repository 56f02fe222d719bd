//! Figures for other programs: those of the store, in every format.

use crate::common::Lab;
use crate::pipeline::{DIVERGING, N_TRIALS, Run, SPEC, experiment, lab, lab_with, promised, refused, to_read, trials};
use recur_core::table::{Column, Values};
use recur_experiment::RunOptions;
use recur_report::{Export, csv};
use serde_json::Value;
use std::collections::BTreeMap;

/// Hands the export of the stored records to `then`; the store is only read.
fn export<T>(lab: &Lab, set: &[&str], then: impl FnOnce(&Export<'_>) -> T) -> T {
    let run = Run { set, ..Run::default() };
    let (mut experiment, store) = (run.prepared(lab), to_read(lab, "runs"));
    let outcomes = experiment.stored_outcomes(&store).unwrap();
    let scored = experiment.score(&outcomes, &store, 2, &RunOptions::default()).unwrap();
    let (analysis, signature) =
        (experiment.analyse(&outcomes, &scored).unwrap(), experiment.signature(&outcomes, &scored));
    then(&Export::of(&analysis, &experiment.provenance, &signature))
}

fn values<'a>(table: &'a [Column], name: &str) -> &'a Values {
    &table.iter().find(|column| column.name == name).unwrap_or_else(|| panic!("no column {name}")).values
}

/// Every figure of the store's own files, by trial, split and metric; `None` where the trial did not finish.
fn stored(lab: &Lab) -> BTreeMap<(String, String, String), Option<f64>> {
    let mut figures = BTreeMap::new();
    for folder in trials(lab) {
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
fn parquet_and_csv_read_back_as_the_results_of_the_store() {
    for spec in [SPEC, DIVERGING] {
        let lab = lab_with(spec);
        experiment(&lab).unwrap();
        let (parquet, csv) = export(&lab, &[], |export| {
            let records = export.records();
            (recur_ingest::write_table(&records), csv(&records))
        });
        let table = recur_ingest::read_table(&parquet).unwrap();
        let Values::Real(figures) = values(&table, "value") else { panic!("not numbers") };
        let key = |row: usize| ["trial", "split", "metric"].map(|name| values(&table, name).text(row));
        let found: BTreeMap<_, _> =
            figures.iter().enumerate().map(|(row, value)| (<(_, _, _)>::from(key(row)), *value)).collect();
        assert_eq!(found.len(), figures.len(), "a row a trial and a figure");
        assert_eq!(found, stored(&lab));
        let mut reader = ::csv::Reader::from_reader(&csv[..]);
        assert!(reader.headers().unwrap().iter().eq(table.iter().map(|column| column.name.as_str())));
        for (row, record) in reader.records().enumerate() {
            assert!(record.unwrap().iter().eq(table.iter().map(|column| column.values.text(row))), "row {row}");
        }
    }
}

#[test]
fn exports_are_the_same_bytes_each_time_and_write_nothing_to_the_store() {
    let lab = lab();
    experiment(&lab).unwrap();
    let before = promised(&lab, &["runs", "reports"]);
    let all = |export: &Export<'_>| {
        let (records, leaderboard) = (export.records(), export.leaderboard());
        [
            recur_ingest::write_table(&records),
            csv(&records),
            export.leaderboard_latex().into_bytes(),
            csv(&leaderboard),
            recur_ingest::write_table(&leaderboard),
            export.json().into_bytes(),
        ]
    };
    let exported = export(&lab, &[], all);
    assert!(exported.iter().all(|bytes| !bytes.is_empty()));
    assert!(exported == export(&lab, &[], all));
    assert!(before == promised(&lab, &["runs", "reports"]));
    let [_, _, latex, table, _, json] = exported.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&document["schema_version"], &document["experiment"]), (&7.into(), &"small".into()));
    let ids = document["configurations"].as_array().unwrap().iter().map(|c| c["trial_ids"].as_array().unwrap().len());
    assert_eq!(ids.sum::<usize>(), N_TRIALS);
    assert!(latex.contains("\\texttt{manual\\_rnn}"));
    assert_eq!(table.lines().count(), 1 + 3);
}

#[test]
fn an_export_of_what_was_not_run_says_which_command_runs_it() {
    let lab = lab();
    Run { set: &["replicates=1"], ..Run::default() }.of(&lab).unwrap();
    let spec = lab.path("small.yaml");
    let outcomes = Run::default().prepared(&lab).stored_outcomes(&to_read(&lab, "runs"));
    let missing = format!("4 of 8 trials of {} have no record", spec.display());
    refused(outcomes, &[&missing, &format!("recur experiment {}", spec.display())]);
}

#[test]
fn the_analysis_has_the_warnings_about_rejected_rows_and_labels_with_few_rows() {
    let warnings = |rows: &str| {
        let lab = lab();
        lab.write("odd.csv", crate::common::names_csv() + rows);
        let source = format!("data.source={}", lab.word("odd.csv"));
        Run { set: &[&source], ..Run::default() }.of(&lab).unwrap();
        let json = export(&lab, &[&source], |export| export.json());
        serde_json::from_str::<Value>(&json).unwrap()["data"]["warnings"].clone()
    };
    let reported = warnings("Novak,Czech,x\nJones,Welsh\nEvans,Welsh\n");
    let reported: Vec<&str> = reported.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let [rejected, few] = reported[..] else { panic!("{reported:?}") };
    assert_eq!(rejected, "1 row of 63 cannot be used (malformed row: 1)");
    assert!(few.starts_with("1 of 4 labels has fewer rows than the split has parts (3 parts)"), "{few}");
    assert_eq!(warnings(""), Value::Null);
}
