//! Specs for data that was looked at.

use super::*;
use recur_ingest::{LookRequest, look};

/// The spec that is written for `content`, which is a spec that recur takes.
fn written(name: &str, content: &str, label: Option<&str>) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), content).unwrap();
    let look = look(LookRequest { source: name, text: None, label }, folder.path()).unwrap();
    let of = SpecOf { name: &spec_name(Path::new(name)).unwrap(), source: name, look: &look };
    let (text, registry) = (of.text(), crate::builtin());
    let spec = recur_spec::parse(text.as_bytes(), "s.yaml", &[], &registry).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert!(spec.question.starts_with("Which model predicts"), "{}", spec.question);
    assert!(text.lines().all(|line| line.chars().count() <= 400));
    (text, of.warnings())
}

fn check(text: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(text.contains(part), "`{part}` is not in:\n{text}"));
}

#[test]
fn the_name_of_a_file_is_a_text_in_the_spec() {
    let rows: String = (0..30).map(|n| format!("message {n},{}\n", ["spam", "ham"][n % 2])).collect();
    for (file, name) in [("2024.csv", "\"2024\""), ("true.csv", "\"true\""), ("1e5.csv", "\"1e5\"")] {
        check(&written(file, &format!("text,label\n{rows}"), None).0, &[&format!("name: {name}\n")]);
    }
}

#[test]
fn the_spec_says_what_was_found_and_chosen() {
    let rows: String = (0..30).map(|n| format!("a message number {n},{}\n", ["spam", "ham", "ham"][n % 3])).collect();
    let (text, warnings) =
        written("My mails.csv", &format!("content,kind\n{rows},ham\na message number 1,ham\n"), None);
    check(
        &text,
        &[
            "name: my-mails\n",
            "source: \"My mails.csv\"",
            "# Found: 32 rows and 2 columns (content, kind).",
            "# 1 rows have no text.",
            "# 1 rows repeat the text",
            "# 2 labels: ham 67.7 %, spam 32.3 %.",
            "text: content    # chosen because of its name; `--text COLUMN` chooses another",
            "label: kind    # chosen because it has the fewest different values: 2 different ones in 32 rows",
            "max_characters: 64",
            "train: 0.6",
            "primary: macro_f1    # every label",
            "epochs: 20",
            "replicates: 5",
        ],
    );
    assert_eq!(warnings, Vec::<String>::new());
}

#[test]
fn even_labels_long_texts_and_a_published_split_change_the_spec() {
    let rows: String =
        (0..60).map(|n| format!("{},{},{}\n", "x".repeat(100 + n), n % 2, ["train", "dev", "test"][n % 3])).collect();
    let (text, _) = written("a.csv", &format!("text,label,part\n{rows}"), None);
    check(
        &text,
        &[
            "primary: accuracy",
            "max_characters: 256",
            "split: {column: part}",
            "100 to 159 characters, and half of them have at most 129",
        ],
    );
}

#[test]
fn what_may_be_a_mistake_is_a_warning() {
    let rows: String = (0..40).map(|n| format!("word{n},{n}\n")).collect();
    let (text, warnings) = written("a.csv", &format!("text,population\n{rows},\n,\n,\n"), Some("population"));
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    check(
        &warnings[0],
        &["`population` has 40 different values in 43 rows, and is more like a number or a text than a label"],
    );
    check(&text, &["max_rejected: 0.16", "# Note: `population` has 40"]);
}

#[test]
fn names_of_columns_and_labels_cannot_leave_their_comments_and_quotes() {
    let rows: String = (0..12).map(|n| format!("text {n},\"{}\"\n", ["a\u{85}b: c", "# x"][n % 2])).collect();
    let (text, _) = written("a.csv", &format!("\"no: {{te\"\"xt\",\"- label #\"\n{rows}"), None);
    check(&text, &["text: \"no: {te\\\"xt\"", "label: \"- label #\""]);
}

#[test]
fn a_spec_gets_the_name_of_its_data() {
    let check = |path: &str, name: Option<&str>| assert_eq!(spec_name(Path::new(path)).as_deref(), name);
    check("data/names.csv.gz", Some("names"));
    check("x/Größe 2.PARQUET", Some("gr-e-2"));
    check("..", None);
    check("d/.hidden", Some("hidden"));
    check("data/reviews-*.csv", Some("reviews"));
    check("data/reviews/*.csv", Some("reviews"));
    check("d/*/[0-9]*/n?.csv.gz", Some("n"));
    check("reviews/*/*.csv", Some("reviews"));
    check("*.csv", None);
    check("d/../*.csv", None);
}

#[test]
fn texts_that_are_too_long_are_reported_and_not_allowed_silently() {
    let rows = |long: usize| -> String {
        let text = |n: usize| format!("{n}{}", "x".repeat(if n < long { 10_001 } else { 9 }));
        (0..20).map(|n| format!("{},{}\n", text(n), n % 2)).collect()
    };
    let (text, warnings) = written("a.csv", &format!("text,label\n{}", rows(15)), None);
    assert!(!text.contains("  max_rejected:"), "{text}");
    check(&text, &["# Most rows cannot be used", "# Note: 15 texts have more than 10,000 characters"]);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), format!("text,label\n{}", rows(20))).unwrap();
    let look = look(LookRequest { source: "a.csv", text: None, label: None }, folder.path()).unwrap();
    let problem = SpecOf { name: "a", source: "a.csv", look: &look }.all_too_long().unwrap();
    assert_eq!(problem, "its shortest text has 10,002 characters, and 10,000 are the most that recur takes");
}
