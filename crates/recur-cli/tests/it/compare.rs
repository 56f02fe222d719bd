//! `recur compare`: what it prints, and the files that it writes.

use crate::common::{Lab, Ran, SPEC};
use serde_json::Value;

fn compare(lab: &Lab, arguments: &[&str]) -> Ran {
    lab.recur(&[&["compare"], arguments].concat())
}

#[test]
fn a_comparison_is_printed_and_written_in_every_format() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab.write("wide.yaml", SPEC.replace("name: small", "name: wide").replace("hidden_size: [6]", "hidden_size: [8]"));
    lab.recur(&["experiment", "wide.yaml"]).ended(0);
    let both = |more: &[&str]| compare(&lab, &[&["small", "wide"], more].concat());
    let text = both(&["--write", "out/both.md"]).ended(0).out;
    for reported in ["small/manual_rnn", "wide/stacked_rnn", " baseline ", "wins / ties / losses", "±"] {
        assert!(text.contains(reported), "`{reported}`: {text}");
    }
    assert_eq!(text.lines().skip(1).take_while(|line| !line.is_empty()).count(), 5, "{text}");
    assert!(text.contains("has the same trials as small/linfa_naive_bayes and is listed once."), "{text}");
    let report = lab.read("out/both.md");
    assert!(report.contains("recur compare small wide --write out/both.md"), "{report}");
    assert!(lab.read("out/both/cost.md").contains("`wide/manual_rnn`"));
    let markdown = both(&["--markdown"]).ended(0).out;
    assert!(markdown.contains("| `small/manual_rnn (learning_rate="), "{markdown}");
    let asked = ["--model", "stacked_rnn", "--question", "More layers?", "--baseline", "wide/stacked_rnn", "--json"];
    let json: Value = serde_json::from_str(&both(&asked).ended(0).out).unwrap();
    assert_eq!((&json["baseline"], &json["question"]), (&"wide/stacked_rnn".into(), &"More layers?".into()));
    assert_eq!(json["models"].as_array().unwrap().len(), 2);
    for file in ["both.json", "both.csv", "both.tex"] {
        both(&["--write", file]).ended(0);
        assert!(lab.read(file).contains(if file == "both.tex" { "wide/stacked\\_rnn" } else { "wide/stacked_rnn" }));
    }
    both(&["--write", "both.xlsx"]).ended(1).reported(&[".md or .json or .tex or .csv"]);
}

#[cfg(unix)]
#[test]
fn a_comparison_needs_a_name_that_is_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let lab = Lab::new();
    let mut command = lab.command(&["compare", "a", "b", "--write"]);
    let ran = Ran::from(command.arg(std::ffi::OsStr::from_bytes(b"\xff.md")).output().unwrap());
    ran.ended(1).reported(&["has a name that is not UTF-8", "name another file"]);
}

#[test]
fn wrong_words_end_with_2_and_what_is_not_there_with_1() {
    let lab = Lab::new();
    compare(&lab, &["small"]).ended(2).reported(&["2"]);
    compare(&lab, &["small", "wide", "--store", "none"]).ended(1).reported(&["there is no store none"]);
    lab.recur(&["experiment", "small.yaml", "--set", "replicates=1"]).ended(0);
    compare(&lab, &["smal", "small"]).ended(1).reported(&["nothing is called smal", "hint: did you mean small?"]);
}
