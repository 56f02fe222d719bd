//! A look at small files.

use super::*;
use std::fs;
use tempfile::TempDir;

fn folder(name: &str, text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

fn looked(name: &str, content: &str, text: Option<&str>, label: Option<&str>) -> Result<Look, LookError> {
    look(LookRequest { source: name, text, label }, folder(name, content).path())
}

/// The columns that are chosen for texts and labels.
fn check(content: &str, expected: (&str, &str), why: (&str, &str)) {
    let chosen = looked("a.csv", content, None, None).unwrap().columns.unwrap();
    assert_eq!((chosen.text.as_str(), chosen.label.as_str()), expected, "{content}");
    assert!(chosen.why_text.contains(why.0) && chosen.why_label.contains(why.1), "{chosen:?}");
}

/// Why a look fails.
fn check_error(content: &str, text: Option<&str>, label: Option<&str>, expected: &str) {
    let error = looked("a.csv", content, text, label).unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    let message = cause.unwrap_or_else(|| error.to_string());
    assert!(message.contains(expected), "{message}");
    assert!(error.hint().is_some() || matches!(error, LookError::Ingest(_)), "{error:?}");
}

const ROWS: &str =
    "id,message,label\n1,Hello there,a\n2,Good day,b\n3,Hello there,a\n4,Hello there,b\n5,,a\n6,Bye,\n7,Ahoj,a\n";

#[test]
fn rows_labels_lengths_duplicates_and_missing_values_are_counted() {
    let look = looked("a.csv", &format!("{ROWS}8,one too many,a,b\n"), None, None).unwrap();
    assert_eq!((look.rows, look.unreadable, look.without_text, look.without_label), (8, 1, 1, 1));
    assert_eq!(look.labels, [("a".to_owned(), 3), ("b".to_owned(), 2)]);
    assert_eq!((look.duplicates, look.ambiguous), (1, 1));
    assert_eq!(look.lengths, Lengths { shortest: 4, median: 11, most: 11, longest: 11 });
}

#[test]
fn columns_are_chosen_by_their_names_or_by_what_is_in_them() {
    check(ROWS, ("message", "label"), ("name", "2 different ones in 7 rows"));
    let rows = "a,b,c\nx,long words here,1\ny,other words here,2\nx,some more words,1\ny,and even more,2\n";
    check(rows, ("b", "c"), ("15 characters", "fewest"));
    // A column of parts is neither.
    let rows = "part,v,w\ntrain,xx,p\ntest,yy,q\ntrain,zz,p\ntest,uu,q\n";
    check(rows, ("v", "w"), ("longest", "fewest"));
    let chosen = looked("a.csv", rows, None, None).unwrap().columns.unwrap();
    assert_eq!((chosen.part.as_deref(), chosen.all.len()), (Some("part"), 3));
    let chosen = looked("a.csv", ROWS, Some("id"), None).unwrap().columns.unwrap();
    assert_eq!((chosen.text.as_str(), chosen.why_text.as_str()), ("id", ""));
}

#[test]
fn every_format_is_looked_at() {
    let rows = "text\tlabel\nHello\ta\nAhoj\tb\nBye\ta\nDnes\tb\n";
    assert_eq!(looked("a.tsv", rows, None, None).unwrap().rows, 4);
    let rows: String = (0..6).map(|n| format!("{{\"text\": \"t{n}\", \"label\": {}}}\n", n % 2)).collect();
    let look = looked("a.ndjson", &rows, None, None).unwrap();
    assert_eq!(look.labels, [("0".to_owned(), 3), ("1".to_owned(), 3)]);
    let lists = folder("Czech.txt", "Ahoj\nDnes\n");
    fs::write(lists.path().join("English.txt"), "Hello\n").unwrap();
    let look = super::look(LookRequest { source: ".", text: None, label: None }, lists.path()).unwrap();
    assert_eq!((look.columns, look.labels[0].clone()), (None, ("Czech".to_owned(), 2)));
}

#[test]
fn what_cannot_be_used_is_an_error_with_its_cause() {
    check_error("text\na\nb\n", None, None, "has only the column `text`");
    check_error("text;label\na;b\n", None, None, "`;`");
    check_error("text,label\n", None, None, "`a.csv` has the columns `text`, `label` and no row");
    check_error("text,label\n", Some("text"), Some("label"), "no row with a text and a label");
    check_error("", None, None, "empty");
    check_error(ROWS, Some("text"), None, "no column `text`");
    check_error(ROWS, None, Some("lable"), "did you mean `label`?");
    check_error(ROWS, Some("id"), Some("id"), "cannot hold both");
    check_error("text,label\na,x\nb,x\n", Some("text"), Some("label"), "all rows of `a.csv` have the label `x`");
    let unlike: String = (0..50).map(|n| format!("t{n},{n}\n")).collect();
    let seen =
        "whose values repeat: `word` has 50 different values in 50 rows, `id` has 50 different values in 50 rows";
    check_error(&format!("word,id\n{unlike}"), None, None, seen);
    check_error(
        "text,label,e\na,x,\nb,y,\nc,x,\n",
        None,
        None,
        "`label` has 2 different values in 3 rows, `e` is empty",
    );
    // Who names such a column gets it.
    assert_eq!(looked("a.csv", &format!("word,id\n{unlike}"), None, Some("id")).unwrap().labels.len(), 50);
    check_error("a,b\n1,2\n1,3\n2,2\n2,3\n", None, None, "looks like one of texts");
}

#[test]
fn columns_behind_the_twentieth_are_seen_with_their_whole_names() {
    let before: String = (0..30).map(|n| format!("column_{n},")).collect();
    let long = format!("kind of text {}", "x".repeat(60));
    let rows: String = (0..12).map(|n| format!("{}message {n},{}\n", "0,".repeat(30), ["a", "b"][n % 2])).collect();
    let chosen = looked("a.csv", &format!("{before}text,{long}\n{rows}"), None, None).unwrap().columns.unwrap();
    assert_eq!((chosen.text.as_str(), chosen.label.as_str(), chosen.all.len()), ("text", long.as_str(), 32));
}

/// 20,000 rows, of which `parts` has the value in the column of parts, and whether it is taken for a split.
fn check_split(parts: impl Fn(usize) -> &'static str, expected: bool) {
    let rows: String = (0..20_000).map(|n| format!("text {n},{},train,{}\n", n % 2, parts(n))).collect();
    let look = looked("a.csv", &format!("text,label,always,part\n{rows}"), None, None).unwrap();
    assert_eq!(look.columns.unwrap().part.as_deref(), expected.then_some("part"));
    assert_eq!(look.rows, 20_000);
}

#[test]
fn whether_a_column_is_a_split_is_known_from_all_of_its_rows() {
    check_split(|n| if n < 19_000 { "train" } else { "test" }, true);
    check_split(|n| if n < 19_000 { ["train", "test"][n % 2] } else { "unused" }, false);
    check_split(|n| if n < 19_000 { ["train", "test"][n % 2] } else { "" }, false);
    check_split(|_| "train", false);
}
