//! What becomes of data that is wrong: a clear error, or a listed row and the rest used.

use crate::common::{ingest_file, ingest_with, settings};
use recur_core::facts::RejectReason;
use recur_core::settings::{DataSettings, Duplicates, Fold, Rejects, Unknown};

const GOOD: &str = "Novák,Czech\nAbe,Japanese\n";

fn csv(rows: &[u8]) -> Vec<u8> {
    [b"name,label\n", rows, GOOD.as_bytes()].concat()
}

/// Rows before two good ones: which are rejected, as (line, reason, text).
fn check_rejects(settings: &DataSettings, rows: &[u8], expected: &[(u64, RejectReason, &str)]) {
    let found = ingest_with(settings, &[("a.csv", &csv(rows))]).unwrap();
    let rejects: Vec<_> = found.rejects.iter().map(|r| (r.line, r.reason, r.text.as_str())).collect();
    assert_eq!(rejects, expected);
    assert_eq!(found.facts.rejected.values().sum::<u64>(), expected.len() as u64);
    assert_eq!(found.facts.rows_read, found.facts.rows + found.facts.duplicates + expected.len() as u64);
    assert!(found.rejects.iter().all(|reject| reject.file == "a.csv"));
    assert!(found.dataset.texts().contains(&"Abe".to_owned()));
}

fn check_error(name: &str, bytes: &[u8], expected: &str) {
    assert_eq!(ingest_file(name, bytes).unwrap_err().to_string(), expected);
}

#[test]
fn empty_file_is_an_error() {
    for name in ["a.csv", "a.tsv", "a.ndjson", "a.parquet", "Czech.txt"] {
        for bytes in ["", "\n \r\n", "\u{feff}"] {
            check_error(name, bytes.as_bytes(), &format!("`{name}` is empty"));
        }
    }
}

#[test]
fn header_without_rows_is_an_error() {
    check_error("a.csv", b"name,label\n", "`a.csv` has no rows");
    check_error("a.csv", b"name,label", "`a.csv` has no rows");
}

#[test]
fn missing_column_is_an_error_in_every_format() {
    let columns = "its columns are `label`, `names`";
    check_error(
        "a.ndjson",
        b"{\"names\": \"a\", \"label\": \"b\"}\n",
        &format!("`a.ndjson` has no column `name` (did you mean `names`?): {columns}"),
    );
    check_error(
        "a.tsv",
        b"label\tnames\na\tb\n",
        &format!("`a.tsv` has no column `name` (did you mean `names`?): {columns}"),
    );
}

#[test]
fn wrong_delimiter_is_named() {
    let error = ingest_file("a.csv", b"name;label\nAbe;Japanese\n").unwrap_err().to_string();
    assert!(error.ends_with("fields seem to be separated by `;`, but .csv means `,` and .tsv means a tab"), "{error}");
}

#[test]
fn one_label_only_is_an_error() {
    check_error(
        "a.csv",
        b"name,label\nAbe,Japanese\nIto,Japanese\n",
        "all 2 usable rows of `a.csv` have the label `Japanese`: a classifier needs at least two labels",
    );
}

#[test]
fn folder_for_a_file_is_an_error_that_says_what_was_expected() {
    let error = ingest_with(&settings("data"), &[("data/names.csv", GOOD.as_bytes())]).unwrap_err().to_string();
    assert_eq!(
        error,
        "folder `data` holds no LABEL.txt, one text per line; to read `names.csv` name the file or a glob"
    );
}

#[test]
fn rows_that_cannot_be_used_are_listed_with_their_lines() {
    check_rejects(
        &settings("a.csv"),
        b"\"multi\nline\",x,y\n,Czech\n\n  ,Czech\nAbe,\nAbe, \n\xc3\x28,Czech\nonly\n",
        &[
            (2, RejectReason::QuotedLineEnd, "\"multi"),
            (3, RejectReason::Malformed, "line\",x,y"),
            (4, RejectReason::EmptyText, ",Czech"),
            (6, RejectReason::EmptyText, "  ,Czech"),
            (7, RejectReason::MissingLabel, "Abe,"),
            (8, RejectReason::MissingLabel, "Abe, "),
            (9, RejectReason::InvalidUtf8, "\u{fffd}(,Czech"),
            (10, RejectReason::Malformed, "only"),
        ],
    );
}

#[test]
fn text_of_a_megabyte_is_one_rejected_row_in_every_format() {
    let name = "ř".repeat(500_000);
    let ndjson: String = (0..700).map(|i| format!("{{\"name\":\"n{i}\",\"label\":\"l{}\"}}\n", i % 2)).collect();
    let ndjson = format!("{ndjson}{{\"name\":\"{name}\",\"label\":\"l0\"}}\n");
    let found = [
        ingest_file("a.csv", &csv(format!("{name},Czech\n").as_bytes())).unwrap(),
        ingest_file("a.csv", &csv(format!("\"{name}\",Czech\n").as_bytes())).unwrap(),
        ingest_file("a.ndjson", ndjson.as_bytes()).unwrap(),
        ingest_with(&settings("d"), &[("d/a.txt", format!("{name}\na").as_bytes()), ("d/b.txt", b"b")]).unwrap(),
    ];
    for found in found {
        let [reject] = found.rejects.as_slice() else { panic!("{:?}", found.rejects) };
        assert_eq!((reject.reason, reject.text.chars().count()), (RejectReason::TooLong, 200));
        assert_eq!(reject.detail, "500000 characters, at most 100 are allowed");
    }
}

#[test]
fn characters_outside_the_alphabet_are_a_token_dropped_or_an_error() {
    let with = |unknown| {
        let mut settings = settings("a.csv");
        settings.text.alphabet = Some("AbeNovák".to_owned());
        settings.text.unknown = unknown;
        settings
    };
    let rows = "Žab,Czech\nŽ,Czech\n".as_bytes();
    let expected = [(2, RejectReason::UnknownCharacter, "Žab,Czech"), (3, RejectReason::UnknownCharacter, "Ž,Czech")];
    check_rejects(&with(Unknown::Error), rows, &expected);
    check_rejects(&with(Unknown::Drop), rows, &[(3, RejectReason::EmptyText, "Ž,Czech")]);
    check_rejects(&with(Unknown::Token), rows, &[]);
    let found = |unknown| ingest_with(&with(unknown), &[("a.csv", &csv(rows))]).unwrap();
    assert_eq!(found(Unknown::Drop).dataset.texts(), ["Novák", "b", "Abe"]);
    assert_eq!(found(Unknown::Token).dataset.texts(), ["Novák", "Ž", "Žab", "Abe"]);
    let counts: Vec<_> = found(Unknown::Token).facts.unknown_characters.into_iter().collect();
    assert_eq!(counts, [('a', 1), ('Ž', 2)]);
    assert_eq!(found(Unknown::Token).facts.n_tokens, 9);
}

#[test]
fn after_folding_only_ascii_has_tokens() {
    let mut settings = settings("a.csv");
    settings.text.fold = Fold::AsciiLower;
    let found = ingest_with(&settings, &[("a.csv", &csv("Жук,Russian\n".as_bytes()))]).unwrap();
    assert_eq!(found.dataset.alphabet().characters(), ['a', 'b', 'e', 'k', 'n', 'o', 'v']);
    assert_eq!(found.facts.unknown_characters.keys().collect::<String>(), "жку");
}

#[test]
fn rejects_can_be_made_an_error_that_shows_the_first() {
    let mut settings = settings("a.csv");
    settings.rejects = Rejects::Error;
    let error = ingest_with(&settings, &[("a.csv", &csv(b",x\n,x\n,x\n,x\n,x\n,x\n,x\n"))]).unwrap_err().to_string();
    assert!(error.starts_with("7 rows cannot be used:\n  a.csv:2: empty text"), "{error}");
    assert!(error.ends_with("\n  and 2 more"), "{error}");
}

#[test]
fn source_without_usable_rows_is_an_error() {
    let error = ingest_file("a.csv", b"name,label\n,x\n").unwrap_err().to_string();
    let expected = "none of the 1 rows of `a.csv` can be used (empty text: 1):\n  a.csv:2: empty text (nothing is left of the text): ,x";
    assert_eq!(error, expected);
}

#[test]
fn duplicates_are_dropped_kept_or_an_error() {
    let with = |duplicates| {
        let mut settings = settings("a.csv");
        settings.duplicates = duplicates;
        ingest_with(&settings, &[("a.csv", &csv("Abe,Japanese\nNova\u{301}k ,Czech\n".as_bytes()))])
    };
    let dropped = with(Duplicates::Drop).unwrap().facts;
    assert_eq!((dropped.rows_read, dropped.rows, dropped.duplicates), (4, 2, 2));
    let kept = with(Duplicates::Keep).unwrap().facts;
    assert_eq!((kept.rows_read, kept.rows, kept.duplicates), (4, 4, 0));
    let expected = "2 rows repeat the text and label of another row:\n  \
        a.csv:4: `Novák`, `Czech`\n  a.csv:5: `Abe`, `Japanese`";
    assert_eq!(with(Duplicates::Error).unwrap_err().to_string(), expected);
}

#[test]
fn ndjson_lines_that_are_no_rows_are_listed() {
    let text = "{\"name\": \"Abe\", \"label\": 1, \"more\": [{}]}\n\n[1]\n{\"name\": \"Abe\"\n{\"name\": [1], \"label\": 2}\n\
        {\"name\": \"a\", \"name\": \"b\", \"label\": 2}\n{\"label\": 1}\n{\"name\": \"x\", \"label\": null}\n\
        {\"name\": \"a\", \"label\": 1e999}\n{\"name\": \"\\ud800\", \"label\": 1}\r\n{\"name\": \"Ito\", \"label\": true}";
    let found = ingest_file("a.ndjson", text.as_bytes()).unwrap();
    let rejects: Vec<_> = found.rejects.iter().map(|reject| (reject.line, reject.reason)).collect();
    let expected = [
        (3, RejectReason::Malformed),
        (4, RejectReason::Malformed),
        (5, RejectReason::Malformed),
        (6, RejectReason::Malformed),
        (7, RejectReason::EmptyText),
        (8, RejectReason::MissingLabel),
        (9, RejectReason::Malformed),
        (10, RejectReason::Malformed),
    ];
    assert_eq!(rejects, expected, "{:#?}", found.rejects);
    assert_eq!(found.dataset.label_names(), ["1", "true"]);
}

#[test]
fn ndjson_of_any_depth_is_no_danger() {
    let deep = format!("{{\"name\":\"a\",\"label\":\"x\",\"more\":{}}}\n", "[".repeat(1_000_000));
    let text = format!("{deep}{{\"name\":\"b\",\"label\":\"x\"}}\n{{\"name\":\"c\",\"label\":\"y\"}}\n");
    let found = ingest_file("a.ndjson", text.as_bytes()).unwrap();
    assert_eq!(found.rejects[0].detail, "recursion limit exceeded");
    assert_eq!(found.facts.rows, 2);
}

#[test]
fn damaged_parquet_is_an_error() {
    let expected = "`a.parquet` cannot be read as Parquet: it does not begin and end with `PAR1`";
    check_error("a.parquet", b"PAR1 and then something else", expected);
    let error = ingest_file("a.parquet", b"PAR1\x00\x00\xff\xff\xff\x7fPAR1").unwrap_err().to_string();
    assert!(error.starts_with("`a.parquet` cannot be read as Parquet: "), "{error}");
}

#[test]
fn alphabet_without_end_is_an_error() {
    let mut settings = settings("a.csv");
    settings.text.alphabet = Some("AbeNovák".chars().chain('\u{20000}'..='\u{2fffd}').collect());
    let error = ingest_with(&settings, &[("a.csv", &csv(b""))]).unwrap_err().to_string();
    assert_eq!(error, "65542 characters of an alphabet, and at most 65000 fit a data set");
}
