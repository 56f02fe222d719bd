//! The same rows give the same data set, whatever the format, the layout, or the order.

use crate::common::{folder, ingest_file, ingest_in, ingest_with, settings};
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, ParquetWriter, Series};
use proptest::prelude::*;
use recur_core::digest::Digest;
use recur_core::facts::RejectReason;
use recur_core::settings::Group;
use recur_ingest::{IngestError, ingest};

const ROWS: [(&str, &str); 7] = [
    ("Novák", "Czech"),
    ("Nováková", "Czech"),
    ("O'Brien", "007"),
    ("NA", "007"),
    ("Abe", "Japanese"),
    ("Abe", "English"),
    ("van der Berg", "Dutch"),
];

fn delimited(rows: &[(&str, &str)], delimiter: char, end: &str) -> String {
    let lines = rows.iter().map(|(name, label)| format!("{label}{delimiter}x{delimiter}{name}{end}"));
    std::iter::once(format!("label{delimiter}n{delimiter}name{end}")).chain(lines).collect()
}

fn parquet(columns: Vec<Column>) -> Vec<u8> {
    let mut frame = DataFrame::new_infer_height(columns).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

fn text_column(column: &str, values: &[Option<&str>]) -> Column {
    Series::new(column.into(), values).into_column()
}

fn parquet_rows(rows: &[(&str, &str)]) -> Vec<u8> {
    let names: Vec<_> = rows.iter().map(|row| Some(row.0)).collect();
    let labels: Vec<_> = rows.iter().map(|row| Some(row.1)).collect();
    parquet(vec![text_column("label", &labels), text_column("other", &labels), text_column("name", &names)])
}

fn lists(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut labels: Vec<&str> = rows.iter().map(|row| row.1).collect();
    labels.sort_unstable();
    labels.dedup();
    let names = |label| rows.iter().filter(move |row| row.1 == label).map(|row| format!("{}\n", row.0));
    labels.iter().map(|label| (format!("d/{label}.txt"), names(*label).collect())).collect()
}

fn digest(name: &str, bytes: &[u8]) -> Digest {
    ingest_file(name, bytes).unwrap().facts.dataset
}

fn digest_of_csv(rows: &[(&str, &str)]) -> Digest {
    digest("a.csv", delimited(rows, ',', "\n").as_bytes())
}

#[test]
fn every_format_gives_the_same_data_set() {
    let expected = digest_of_csv(&ROWS);
    assert_eq!(digest("a.TSV", delimited(&ROWS, '\t', "\n").as_bytes()), expected);
    let ndjson = |row: &(&str, &str)| format!("{{\"x\": {{}}, \"name\": \"{}\", \"label\": \"{}\"}}\n", row.0, row.1);
    let ndjson: String = ROWS.iter().map(ndjson).collect();
    assert_eq!(digest("a.ndjson", ndjson.as_bytes()), expected);
    assert_eq!(digest("a.jsonl", ndjson.trim_end().as_bytes()), expected);
    assert_eq!(digest("a.parquet", &parquet_rows(&ROWS)), expected);
    let lists = lists(&ROWS);
    let files: Vec<_> = lists.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    for source in ["d", "d/", "d/*.txt", "*/*"] {
        assert_eq!(ingest_with(&settings(source), &files).unwrap().facts.dataset, expected, "{source}");
    }
}

#[test]
fn byte_order_mark_line_ends_and_blank_lines_change_nothing() {
    let expected = digest_of_csv(&ROWS);
    let text = delimited(&ROWS, ',', "\n");
    let check = |text: String| assert_eq!(digest("a.csv", text.as_bytes()), expected, "{text:?}");
    check(format!("\u{feff}{text}"));
    check(delimited(&ROWS, ',', "\r\n"));
    check(text.trim_end().to_owned());
    check(delimited(&ROWS, ',', "\r\n\r\n"));
    check(format!("\u{feff}\n\n{text}\n\n"));
    check(delimited(&ROWS, ',', " \t\n"));
}

#[test]
fn decomposed_labels_are_the_composed_ones() {
    let rows = [("Novák", "Č"), ("Abe", "C\u{30c}"), ("Ito", "J")];
    let found = ingest_file("a.csv", delimited(&rows, ',', "\n").as_bytes()).unwrap();
    assert_eq!(found.dataset.label_names(), ["J", "Č"]);
}

#[test]
fn layout_of_files_changes_nothing() {
    let (first, second) = ROWS.split_at(3);
    let files = [("d/1.csv", delimited(first, ',', "\n")), ("d/2.csv", delimited(second, ',', "\n"))];
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let found = ingest_with(&settings("d/*.csv"), &files).unwrap();
    assert_eq!(found.facts.dataset, digest_of_csv(&ROWS));
    let digests: Vec<_> = found.facts.files.into_iter().collect();
    let expected = ["1.csv", "2.csv"].map(str::to_owned).into_iter().zip(files.iter().map(|file| Digest::of(file.1)));
    assert_eq!(digests, expected.collect::<Vec<_>>());
}

#[test]
fn absolute_source_is_read_as_well() {
    let folder = folder(&[("a.csv", delimited(&ROWS, ',', "\n").as_bytes())]);
    for name in ["a.csv", "*.csv"] {
        let source = folder.path().join(name);
        let found = ingest_in(&settings(source.to_str().unwrap()), std::path::Path::new("/nowhere")).unwrap();
        assert_eq!(found.facts.files.keys().collect::<Vec<_>>(), ["a.csv"]);
    }
}

#[test]
fn facts_add_up() {
    let found = ingest_file("a.csv", delimited(&ROWS, ',', "\n").as_bytes()).unwrap();
    let facts = found.facts;
    assert_eq!((facts.rows_read, facts.rows, facts.duplicates), (7, 7, 0));
    assert_eq!((facts.distinct_texts, facts.ambiguous_texts, facts.groups), (6, 1, 5));
    assert_eq!((facts.accuracy_ceiling, facts.majority_share), (6.0 / 7.0, 2.0 / 7.0));
    assert_eq!(facts.dataset, *found.dataset.digest());
    let n_characters = ROWS.iter().flat_map(|row| row.0.chars()).collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(facts.n_tokens, n_characters as u64 + 1);
    assert_eq!(
        facts.rows_by_label.into_iter().map(|(label, n)| format!("{label} {n}")).collect::<Vec<_>>(),
        ["007 2", "Czech 2", "Dutch 1", "English 1", "Japanese 1"]
    );
}

#[test]
fn missing_values_of_parquet_are_rejected_by_row() {
    let names = text_column("name", &[Some("Abe"), None, Some("Ito"), Some("Novák"), Some("Ono")]);
    let labels = Series::new("label".into(), [Some(1_i64), Some(2), None, Some(2), Some(1)]).into_column();
    let found = ingest_file("a.parquet", &parquet(vec![names, labels])).unwrap();
    let rejects: Vec<_> = found.rejects.iter().map(|r| (r.line, r.reason, r.text.as_str())).collect();
    assert_eq!(rejects, [(2, RejectReason::EmptyText, ", 2"), (3, RejectReason::MissingLabel, "Ito, ")]);
    assert_eq!(found.dataset.label_names(), ["1", "2"]);
}

#[test]
fn parquet_columns_are_checked() {
    let error = |columns| ingest_file("a.parquet", &parquet(columns)).unwrap_err().to_string();
    let (names, labels) = (text_column("nam", &[Some("Abe")]), text_column("label", &[Some("x")]));
    let expected = "`a.parquet` has no column `name` (did you mean `nam`?): its columns are `nam`, `label`";
    assert_eq!(error(vec![names.clone(), labels.clone()]), expected);
    let lists = Series::new("name".into(), [Series::new("".into(), [1_i64])]).into_column();
    let expected = "column `name` of `a.parquet` is of type list: it should hold text, numbers, booleans or dates";
    assert_eq!(error(vec![lists, labels]), expected);
}

#[test]
fn identical_rows_keep_a_group_each_without_grouping() {
    let mut settings = settings("a.csv");
    settings.duplicates = recur_core::settings::Duplicates::Keep;
    let rows = [("Abe", "x"), ("Abe", "x"), ("Abe", "y"), ("Ito", "y")];
    let folder = folder(&[("a.csv", delimited(&rows, ',', "\n").as_bytes())]);
    let groups = |group| ingest(&settings, group, folder.path()).unwrap().facts.groups;
    assert_eq!((groups(Group::None), groups(Group::Text), groups(Group::FoldedText)), (4, 2, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_of_rows_changes_nothing(order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle()) {
        let rows: Vec<_> = order.iter().map(|i| ROWS[*i]).collect();
        prop_assert_eq!(digest_of_csv(&rows), digest_of_csv(&ROWS));
        prop_assert_eq!(digest("a.parquet", &parquet_rows(&rows)), digest_of_csv(&ROWS));
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_rows_add_up(
        bytes in prop::collection::vec(prop::sample::select(b"ab,\"\"\n\n\r\t ;x\xc3\xa9\xff{}[]:\\u".to_vec()), 0..200),
        kind in 0..4_usize,
    ) {
        let (name, header) = [
            ("a.csv", "name,label\nAbe,x\nIto,y\n"),
            ("a.tsv", "name\tlabel\nAbe\tx\nIto\ty\n"),
            ("a.ndjson", "{\"name\":\"Abe\",\"label\":\"x\"}\n{\"name\":\"Ito\",\"label\":\"y\"}\n"),
            ("a.txt", "Abe\n"),
        ][kind];
        // Any error is fine for bytes alone; after a good beginning a label may be lost.
        let _ = ingest_file(name, &bytes);
        let whole = [header.as_bytes(), &bytes].concat();
        if kind < 3 {
            let found = match ingest_file(name, &whole) {
                Ok(found) => found,
                Err(IngestError::LostLabels { .. }) => return Ok(()),
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            };
            let facts = found.facts;
            prop_assert_eq!(facts.rows_read, facts.rows + facts.duplicates + found.rejects.len() as u64);
            prop_assert!(found.rejects.is_sorted_by_key(|reject| reject.line));
        }
    }

    #[test]
    fn wholly_arbitrary_bytes_never_panic(bytes in any::<Vec<u8>>(), kind in 0..4_usize) {
        let _ = ingest_file(["a.csv", "a.tsv", "a.ndjson", "a.txt"][kind], &bytes);
    }

    #[test]
    fn damaged_parquet_never_panics(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = parquet_rows(&ROWS);
        for (index, byte) in flips {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = ingest_file("a.parquet", &bytes);
    }

    #[test]
    fn quoted_values_come_back_as_they_were(texts in prop::collection::btree_set("[a\",;é]{1,8}", 1..30)) {
        let quoted = |text: &String| format!("\"{}\",l{}\n", text.replace('"', "\"\""), text.len() % 2);
        let text = format!("name,label\nAbe,l0\nIto,l1\n{}", texts.iter().map(quoted).collect::<String>());
        let mut expected: Vec<String> = texts.iter().map(|text| text.trim().to_owned()).collect();
        expected.retain(|text| !text.is_empty() && !text.contains(char::is_control));
        expected.extend(["Abe".to_owned(), "Ito".to_owned()]);
        let found = ingest_file("a.csv", text.as_bytes()).unwrap();
        let mut texts = found.dataset.texts().to_vec();
        texts.sort();
        texts.dedup();
        expected.sort();
        expected.dedup();
        prop_assert_eq!(texts, expected);
    }
}
