//! Text that is no spec at all.

use crate::{least, parse, reported};
use recur_spec::{ErrorKind, Feature};

#[test]
fn an_empty_file_is_reported_with_what_it_needs() {
    insta::assert_snapshot!(reported(""));
    for empty in ["\u{feff}", "# only a question\n", "---\n", "\n\n", "~\n"] {
        assert!(matches!(parse(empty).unwrap_err().errors[0].kind, ErrorKind::Empty), "{empty:?}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_reported_with_their_place() {
    insta::assert_snapshot!(reported(b"recur: 1\r\nname: caf\xe9\r\n"));
}

#[test]
fn a_nul_does_not_end_the_spec() {
    insta::assert_snapshot!(reported(least("\0nonsense: 1\n")));
}

#[test]
fn broken_yaml_is_reported_with_its_place() {
    insta::assert_snapshot!(reported("recur: 1\nname: [a, b\ndata: 3\n"));
    insta::assert_snapshot!(reported("recur: 1\n  name: x\n"));
    insta::assert_snapshot!(reported("name: \"abc\n"));
    insta::assert_snapshot!(reported("recur: 1\n\tname: x\n"));
}

#[test]
fn a_spec_must_be_a_mapping() {
    insta::assert_snapshot!(reported("just text\n"));
    insta::assert_snapshot!(reported("- recur: 1\n"));
    insta::assert_snapshot!(reported("[a]: b\n"));
}

#[test]
fn an_alias_bomb_is_refused_at_its_first_anchor() {
    let level = |n: u32| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 10].join(", "));
    let bomb = format!("l0: &l0 [lol]\n{}", (1..9).map(level).collect::<String>());
    insta::assert_snapshot!(reported(bomb));
}

#[test]
fn a_glob_without_quotes_is_named_with_the_quotes() {
    let check = |source: &str, glob: &str| {
        let text = least("").replace("source: names.csv", &format!("source: {source}"));
        let errors = parse(&text).unwrap_err().to_string();
        assert!(errors.contains(&format!("= help: put it in quotes: \"{glob}\"")), "{errors}");
    };
    check("*.csv", "*.csv");
    check("**/x.csv", "**/x.csv");
    check("*", "*");
    check("[ab]*.csv", "[ab]*.csv");
    check("[ab].csv # two files", "[ab].csv");
}

#[test]
fn what_hides_meaning_is_refused() {
    let feature = |text: &str| match &parse(least(text)).unwrap_err().errors[0].kind {
        ErrorKind::Unsupported(feature) => *feature,
        other => panic!("{other:?}"),
    };
    assert_eq!(feature("report: &a {}\n"), Feature::Anchors);
    assert_eq!(feature("report: *a\n"), Feature::Aliases);
    assert_eq!(feature("report: {<<: {}}\n"), Feature::MergeKeys);
    assert_eq!(feature("seed: !!int 3\n"), Feature::Tags);
    assert_eq!(feature("---\nrecur: 1\n"), Feature::Documents);
}

#[test]
fn depth_and_number_of_values_are_bounded() {
    let kind = |text: String| parse(text).unwrap_err().errors.remove(0).kind;
    let deep = kind(format!("a: {}", "[".repeat(200)));
    assert!(matches!(deep, ErrorKind::TooDeep { .. }), "{deep:?}");
    let deep = kind("- ".repeat(100_000));
    assert!(matches!(deep, ErrorKind::TooDeep { .. }), "{deep:?}");
    let many = kind(format!("a: [{}]", "1,".repeat(200_000)));
    assert!(matches!(many, ErrorKind::TooManyValues { .. }), "{many:?}");
    let large = kind("#".repeat(2_000_000));
    assert!(matches!(large, ErrorKind::TooLarge { .. }), "{large:?}");
}

#[test]
fn a_hostile_key_is_cut_and_cleaned() {
    let text = reported(least(&format!("\"\\e[31m{}\": 1\n", "k".repeat(10_000))));
    assert!(text.len() < 1500 && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_tab_is_named_with_what_to_do() {
    let check = |text: &str, expected: &str| {
        let reported = parse(text).unwrap_err().to_string();
        assert!(reported.contains(expected) && reported.contains("use blanks"), "{reported}");
    };
    check("recur: 1\ndata:\n\tsource: a.csv\n", "3:2: a tab indents this line");
    check("recur: 1\nname:\tb\n", "a tab separates these words");
}
