//! Published splits: a column that says which part a row is in, or a place for each part.

use crate::common::{folder, ingest_in, ingest_with, settings};
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, ParquetWriter, Series};
use proptest::prelude::*;
use recur_core::dataset::{Alphabet, Dataset, LabelledText};
use recur_core::facts::PublishedFacts;
use recur_core::random::StreamPath;
use recur_core::settings::{DataSettings, Division, Duplicates, Group, Overlap, Source, SplitSettings, TestRows};
use recur_core::split::{Part, Split, SplitError};
use recur_ingest::{IngestError, Ingested, ingest};

/// Texts, labels and parts; one text is in two parts, and one twice in a part.
const ROWS: [(&str, &str, &str); 8] = [
    ("Abe", "Japanese", "train"),
    ("Abe", "Japanese", "train"),
    ("Abe", "Japanese", "test"),
    ("Ito", "Japanese", "dev"),
    ("Novák", "Czech", "train"),
    ("Nováková", "Czech", "test"),
    ("Dvořák", "Czech", "validation"),
    ("Ono", "Japanese", "train"),
];

fn with_column(source: &str) -> DataSettings {
    DataSettings { split_column: Some("split".to_owned()), ..settings(source) }
}

fn parts(train: &str, validation: Option<&str>, test: &str) -> DataSettings {
    let validation = validation.map(str::to_owned);
    DataSettings {
        source: Source::Parts { train: train.to_owned(), validation, test: test.to_owned() },
        ..settings("")
    }
}

fn delimited(rows: &[(&str, &str, &str)], delimiter: char) -> String {
    let line = |row: &(&str, &str, &str)| format!("{}{delimiter}{}{delimiter}{}\n", row.2, row.0, row.1);
    format!("split{delimiter}name{delimiter}label\n{}", rows.iter().map(line).collect::<String>())
}

fn ndjson(rows: &[(&str, &str, &str)]) -> String {
    let line = |row: &(&str, &str, &str)| {
        format!("{{\"split\": \"{}\", \"name\": \"{}\", \"label\": \"{}\"}}\n", row.2, row.0, row.1)
    };
    rows.iter().map(line).collect()
}

fn parquet_of(split: Column, rows: &[(&str, &str, &str)]) -> Vec<u8> {
    let text = |name: &str, values: Vec<&str>| Series::new(name.into(), values).into_column();
    let names = text("name", rows.iter().map(|row| row.0).collect());
    let labels = text("label", rows.iter().map(|row| row.1).collect());
    let mut frame = DataFrame::new_infer_height(vec![names, split, labels]).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

fn parquet(rows: &[(&str, &str, &str)]) -> Vec<u8> {
    let split: Vec<&str> = rows.iter().map(|row| row.2).collect();
    parquet_of(Series::new("split".into(), split).into_column(), rows)
}

/// A file of each tabular format with `rows`.
fn files(rows: &[(&str, &str, &str)]) -> [(&'static str, Vec<u8>); 4] {
    [
        ("a.csv", delimited(rows, ',').into_bytes()),
        ("a.tsv", delimited(rows, '\t').into_bytes()),
        ("a.ndjson", ndjson(rows).into_bytes()),
        ("a.parquet", parquet(rows)),
    ]
}

fn of_column(name: &str, bytes: &[u8]) -> Result<Ingested, IngestError> {
    ingest_with(&with_column(name), &[(name, bytes)])
}

fn csv(rows: &str) -> Vec<u8> {
    format!("name,label\n{rows}").into_bytes()
}

/// The rows of a data set as (part, text).
fn in_parts(data: &Dataset) -> Vec<(Part, &str)> {
    let mut rows: Vec<_> = data.parts().expect("a published split").iter().copied().zip(data.texts()).collect();
    rows.sort_unstable();
    rows.into_iter().map(|(part, text)| (part, text.as_str())).collect()
}

#[test]
fn a_column_of_every_format_gives_the_same_data_set_and_facts() {
    let expected = [
        (Part::Train, "Abe"),
        (Part::Train, "Novák"),
        (Part::Train, "Ono"),
        (Part::Validation, "Dvořák"),
        (Part::Validation, "Ito"),
        (Part::Test, "Abe"),
        (Part::Test, "Nováková"),
    ];
    let digests = files(&ROWS).map(|(name, bytes)| {
        let found = of_column(name, &bytes).unwrap();
        assert_eq!(in_parts(&found.dataset), expected, "{name}");
        let facts = found.facts;
        assert_eq!((facts.rows_read, facts.rows, facts.duplicates), (8, 7, 1), "{name}");
        assert_eq!((facts.distinct_texts, facts.groups), (6, 5), "{name}");
        // `Abe` is in two parts; so is the group of `Novák` and `Nováková`.
        let published = PublishedFacts { rows: [3, 2, 2], texts_in_two: 1, groups_in_two: 2, rows_of_these: 4 };
        assert_eq!(facts.published, Some(published), "{name}");
        facts.dataset
    });
    assert!(digests.iter().all(|digest| *digest == digests[0]));
}

#[test]
fn files_of_parts_give_the_same_data_set_as_a_column() {
    let expected = of_column("a.csv", delimited(&ROWS, ',').as_bytes()).unwrap();
    let of = |words: &[&str]| ROWS.into_iter().filter(|row| words.contains(&row.2)).collect::<Vec<_>>();
    // Each part has a format of its own; its column `split` is not looked at.
    let files: [(&str, Vec<u8>); 4] = [
        ("x/train.parquet", parquet(&of(&["train"]))),
        ("dev/Czech.txt", "Dvořák\n".into()),
        ("dev/Japanese.txt", "Ito\n".into()),
        ("test.jsonl", ndjson(&of(&["test"])).into_bytes()),
    ];
    let files = files.each_ref().map(|(name, bytes)| (*name, bytes.as_slice()));
    let found = ingest_with(&parts("x/*.parquet", Some("dev"), "test.jsonl"), &files).unwrap();
    assert_eq!(found.dataset, expected.dataset);
    assert_eq!(found.facts.published, expected.facts.published);
    assert_eq!(found.facts.source, "x/*.parquet (train), dev (validation), test.jsonl (test)");
    let keys: Vec<_> = found.facts.files.into_keys().collect();
    assert_eq!(keys, ["Czech.txt", "Japanese.txt", "test.jsonl", "train.parquet"]);
}

#[test]
fn without_a_file_of_validation_rows_there_are_none() {
    let (train, test) = (csv("Abe,Japanese\nNovák,Czech\n"), csv("Ito,Japanese\n"));
    let found = ingest_with(&parts("a.csv", None, "b.csv"), &[("a.csv", &train), ("b.csv", &test)]).unwrap();
    let expected = [(Part::Train, "Abe"), (Part::Train, "Novák"), (Part::Test, "Ito")];
    assert_eq!(in_parts(&found.dataset), expected);
}

#[test]
fn files_of_equal_names_are_called_by_their_places() {
    let (train, test) = (csv("Abe,Japanese\nNovák,Czech\n,Czech\n"), csv("Ito,Japanese\n,Czech\n"));
    let files: [(&str, &[u8]); 2] = [("train/names.csv", &train), ("test/names.csv", &test)];
    for settings in [parts("train/names.csv", None, "test/names.csv"), parts("train/*.csv", None, "test/n*.csv")] {
        let found = ingest_with(&settings, &files).unwrap();
        assert_eq!(found.facts.files.keys().collect::<Vec<_>>(), ["test/names.csv", "train/names.csv"]);
        let rejects: Vec<_> = found.rejects.iter().map(|reject| (reject.file.as_str(), reject.line)).collect();
        assert_eq!(rejects, [("train/names.csv", 4), ("test/names.csv", 3)]);
    }
}

#[test]
fn a_part_that_loses_more_rows_than_allowed_is_refused_whatever_the_others_hold() {
    let train: String = (0..100).map(|i| format!("n{i},{}\n", ["x", "y"][i % 2])).collect();
    let (train, test) = (csv(&train), csv("a,x\nb,y\n,y\n"));
    let files: [(&str, &[u8]); 2] = [("a.csv", &train), ("b.csv", &test)];
    let settings = |max_rejected| DataSettings { max_rejected, ..parts("a.csv", None, "b.csv") };
    let error = ingest_with(&settings(0.05), &files).unwrap_err().to_string();
    assert!(error.starts_with("1 of 3 rows of `b.csv` cannot be used (empty text: 1): these are 33.33 %"), "{error}");
    assert_eq!(ingest_with(&settings(0.34), &files).unwrap().facts.rejected.values().sum::<u64>(), 1);
}

#[test]
fn parts_are_known_by_several_words_in_any_case() {
    let words = ["train", "Training", " TRAIN ", "validation", "valid", "val", "DEV", "test", "testing\u{a0}"];
    let names = ["Aa", "Ab", "Ac", "Va", "Vb", "Vc", "Vd", "Xa", "Xb"];
    let rows: Vec<_> = names.into_iter().zip(words).map(|(name, word)| (name, &name[..1], word)).collect();
    for (name, bytes) in files(&rows) {
        let found = of_column(name, &bytes).unwrap();
        let published = found.facts.published.unwrap();
        assert_eq!((published.rows, published.groups_in_two), ([3, 4, 2], 0), "{name}");
        assert!(in_parts(&found.dataset).iter().all(|(part, text)| text[..1] == "AVX"[*part as usize..][..1]));
    }
}

#[test]
fn a_row_in_no_part_refuses_the_data_of_every_format() {
    let words = "it should hold one of train, training, validation, valid, val, dev, test, testing";
    let check = |word: &str, shown: &str| {
        let rows = [ROWS[0], ROWS[4], ("Ito", "Japanese", word), ROWS[5]];
        for ((name, bytes), line) in files(&rows).into_iter().zip([4, 4, 3, 3]) {
            let expected = format!("`{name}:{line}`: column `split` holds {shown}, {words}");
            assert_eq!(of_column(name, &bytes).unwrap_err().to_string(), expected);
        }
    };
    check("tset", "`tset` (did you mean `test`?)");
    check("Trian", "`Trian` (did you mean `train`?)");
    check("2", "`2`");
    check("true", "`true`");
    check("", "nothing");
    check("  ", "nothing");
    check(&"x".repeat(1000), &format!("`{}…`", "x".repeat(60)));
}

#[test]
fn a_row_in_no_part_is_no_rejected_row() {
    // The row has no text, and would be listed and left out if its part were known.
    let error = of_column("a.csv", b"name,label,split\nAbe,x,train\n,y,trial\n").unwrap_err().to_string();
    assert!(error.starts_with("`a.csv:3`: column `split` holds `trial`"), "{error}");
    let found = of_column("a.csv", b"name,label,split\nAbe,x,train\n,y,test\nonly\nIto,y,test\n").unwrap();
    assert_eq!(found.rejects.iter().map(|reject| reject.line).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn values_of_other_types_are_no_parts() {
    let error = |name: &str, bytes: &[u8]| of_column(name, bytes).unwrap_err().to_string();
    let ndjson = |value: &str| {
        let text = format!(
            "{{\"name\":\"a\",\"label\":\"b\",\"split\":\"dev\"}}\n{{\"name\":\"c\",\"label\":\"d\"{value}}}\n"
        );
        error("a.ndjson", text.as_bytes())
    };
    let starts = |error: String, expected: &str| assert!(error.starts_with(expected), "{error}");
    starts(ndjson(",\"split\":1"), "`a.ndjson:2`: column `split` holds `1`, it should");
    starts(ndjson(",\"split\":null"), "`a.ndjson:2`: column `split` holds nothing, it should");
    starts(ndjson(""), "`a.ndjson:2`: column `split` holds nothing, it should");
    starts(ndjson(",\"split\":[\"test\"]"), "`a.ndjson:2`: column `split` holds `a list or an object`, it should");
    let parquet = |split: Series| error("a.parquet", &parquet_of(split.into_column(), &ROWS[..2]));
    starts(parquet(Series::new("split".into(), [0_i64, 1])), "`a.parquet:1`: column `split` holds `0`, it should");
    starts(
        parquet(Series::new("split".into(), [Some("dev"), None])),
        "`a.parquet:2`: column `split` holds nothing, it should",
    );
    let list = Series::new("".into(), ["dev"]);
    starts(
        parquet(Series::new("split".into(), [list.clone(), list])),
        "column `split` of `a.parquet` is of type list:",
    );
}

#[test]
fn a_missing_column_of_parts_is_an_error_in_every_format_with_the_nearest_name() {
    for (name, bytes) in files(&ROWS) {
        let settings = DataSettings { split_column: Some("splits".to_owned()), ..settings(name) };
        let error = ingest_with(&settings, &[(name, &bytes)]).unwrap_err().to_string();
        let expected = format!("`{name}` has no column `splits` (did you mean `split`?): its columns are ");
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
fn lists_have_no_column_of_parts() {
    for source in ["d", "d/*.txt"] {
        let files: [(&str, &[u8]); 2] = [("d/Czech.txt", "Novák\n".as_bytes()), ("d/Japanese.txt", b"Abe\n")];
        let error = ingest_with(&with_column(source), &files).unwrap_err().to_string();
        let expected = "`d/Czech.txt` is a list with one text per line: it has no columns, so `data.split.column` cannot be \
                        read from it";
        assert_eq!(error, expected);
    }
}

#[test]
fn only_rows_of_one_part_are_duplicates() {
    let with = |duplicates| {
        let settings = DataSettings { duplicates, ..with_column("a.csv") };
        ingest_with(&settings, &[("a.csv", delimited(&ROWS, ',').as_bytes())])
    };
    let kept = with(Duplicates::Keep).unwrap().facts;
    assert_eq!((kept.rows, kept.duplicates, kept.published.unwrap().rows), (8, 0, [4, 2, 2]));
    let expected = "1 rows repeat the text and label of another row:\n  a.csv:3: `Abe`, `Japanese`";
    assert_eq!(with(Duplicates::Error).unwrap_err().to_string(), expected);
    let unique: Vec<_> = ROWS[1..].to_vec();
    let settings = DataSettings { duplicates: Duplicates::Error, ..with_column("a.csv") };
    assert!(ingest_with(&settings, &[("a.csv", delimited(&unique, ',').as_bytes())]).is_ok());
}

#[test]
fn an_empty_part_is_an_error_that_names_its_place() {
    let good = csv("Abe,Japanese\nNovák,Czech\n");
    let check = |empty: &[u8], expected: &str| {
        let files: [(&str, &[u8]); 2] = [("good.csv", &good), ("part.csv", empty)];
        for settings in [
            parts("part.csv", Some("good.csv"), "good.csv"),
            parts("good.csv", Some("part.csv"), "good.csv"),
            parts("good.csv", None, "part.csv"),
        ] {
            assert_eq!(ingest_with(&settings, &files).unwrap_err().to_string(), expected);
        }
    };
    check(b"", "`part.csv` is empty");
    check(b"name,label\n", "`part.csv` has no rows");
    check(
        b"name,label\n,x\n",
        "none of the 1 rows of `part.csv` can be used (empty text: 1):\n  part.csv:2: empty text (nothing is left of the text): ,x",
    );
}

#[test]
fn a_column_without_training_or_test_rows_makes_no_split() {
    let split = SplitSettings {
        division: Division::Published { validation: 0.5 },
        test_rows: TestRows::Fixed,
        group: Group::FoldedText,
        stratify: false,
        overlap: Overlap::Refuse,
    };
    let of = |rows: &[(&str, &str, &str)]| {
        let found = of_column("a.csv", delimited(rows, ',').as_bytes()).unwrap();
        Split::new(&found.dataset, &split, &StreamPath::root(1), 0)
    };
    let (train, test) = (("Abe", "Japanese", "train"), ("Novák", "Czech", "test"));
    assert_eq!(of(&[train, ("Novák", "Czech", "dev")]), Err(SplitError::MissingPart(Part::Test)));
    assert_eq!(of(&[("Abe", "Japanese", "dev"), test]), Err(SplitError::MissingPart(Part::Train)));
    let made = of(&[train, ("Ito", "Japanese", "train"), test]).unwrap();
    assert_eq!((made.train.len(), made.validation.len(), made.test.len()), (1, 1, 1));
    let variants = of(&[train, ("Ito", "Japanese", "train"), ("abe", "Czech", "test")]);
    assert!(matches!(variants, Err(SplitError::Overlap { n_groups: 1, n_rows: 2, .. })), "{variants:?}");
}

/// Rows as [`Dataset::new`] takes them, grouped by text.
fn labelled(rows: &[(&str, &str, &str)]) -> Vec<LabelledText> {
    let row = |row: &(&str, &str, &str)| LabelledText {
        label: row.1.to_owned(),
        text: row.0.to_owned(),
        group: row.0.to_lowercase(),
        raw: None,
    };
    rows.iter().map(row).collect()
}

#[test]
fn data_without_a_published_split_is_the_data_set_of_its_rows() {
    let rows = [&ROWS[..1], &ROWS[3..]].concat();
    let characters: std::collections::BTreeSet<char> = rows.iter().flat_map(|row| row.0.chars()).collect();
    let alphabet = Alphabet::new(characters, true);
    let folder = folder(&[("a.csv", delimited(&rows, ',').as_bytes())]);
    let found = ingest(&settings("a.csv"), Group::Text, folder.path()).unwrap();
    assert_eq!(found.dataset, Dataset::new(labelled(&rows), alphabet.clone()));
    assert_eq!((found.dataset.parts(), found.facts.published), (None, None));
    let published = ingest(&with_column("a.csv"), Group::Text, folder.path()).unwrap().dataset;
    let part = |word: &str| match word {
        "train" => Part::Train,
        "test" => Part::Test,
        _ => Part::Validation,
    };
    let rows = labelled(&rows).into_iter().zip(rows.iter().map(|row| part(row.2))).collect();
    assert_eq!(published, Dataset::published(rows, alphabet));
    assert_ne!(published.digest(), found.dataset.digest());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn order_of_rows_and_files_changes_nothing(order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(), cut in 0..8_usize) {
        let rows: Vec<_> = order.iter().map(|i| ROWS[*i]).collect();
        for group in [Group::FoldedText, Group::None] {
            let whole = folder(&[("a.csv", delimited(&ROWS, ',').as_bytes())]);
            let expected = ingest(&with_column("a.csv"), group, whole.path()).unwrap().dataset;
            let (first, second) = rows.split_at(cut);
            // A file with a header only is fine among others of the same place.
            let files = [("1.csv", delimited(first, ',')), ("2.csv", delimited(second, ','))];
            let folder = folder(&files.each_ref().map(|(name, text)| (*name, text.as_bytes())));
            prop_assert_eq!(&ingest(&with_column("*.csv"), group, folder.path()).unwrap().dataset, &expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_never_panic_and_no_row_is_lost(
        bytes in prop::collection::vec(prop::sample::select(b"ab,tdev\"\n\n\t{}[]:\xc3\xa9\xff".to_vec()), 0..100),
        kind in 0..3_usize,
    ) {
        let (name, start) = [
            ("a.csv", "name,label,split\nAbe,x,train\nIto,y,test\n"),
            ("a.tsv", "name\tlabel\tsplit\nAbe\tx\ttrain\nIto\ty\ttest\n"),
            ("a.ndjson", "{\"name\":\"Abe\",\"label\":\"x\",\"split\":\"train\"}\n{\"name\":\"Ito\",\"label\":\"y\",\"split\":\"test\"}\n"),
        ][kind];
        match of_column(name, &[start.as_bytes(), &bytes].concat()) {
            Ok(found) => {
                let facts = found.facts;
                prop_assert_eq!(facts.rows_read, facts.rows + facts.duplicates + found.rejects.len() as u64);
                prop_assert_eq!(facts.published.unwrap().rows.iter().sum::<u64>(), facts.rows);
            }
            Err(IngestError::UnknownPart { line: 3.., .. } | IngestError::LostLabels { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn one_file_for_two_parts_is_read_for_each() {
    let folder = folder(&[("a.csv", &csv("Abe,Japanese\nNovák,Czech\n"))]);
    let found = ingest_in(&parts("a.csv", None, "a.csv"), folder.path()).unwrap();
    let published = PublishedFacts { rows: [2, 0, 2], texts_in_two: 2, groups_in_two: 2, rows_of_these: 4 };
    assert_eq!((found.facts.published, found.facts.duplicates), (Some(published), 0));
}
