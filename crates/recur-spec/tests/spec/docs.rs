//! The reference in the documentation.

use std::path::PathBuf;

const BEGIN: &str = "<!-- keys: begin; written by `cargo test -p recur-spec -- --ignored write_the_reference` -->\n";
const END: &str = "<!-- keys: end -->\n";

fn page() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec.md")
}

fn split(text: &str) -> (&str, &str, &str) {
    let (before, rest) = text.split_once(BEGIN).expect("the page has the first marker");
    let (keys, after) = rest.split_once(END).expect("the page has the second marker");
    (before, keys, after)
}

#[test]
fn docs_spec_md_lists_every_key() {
    let text = std::fs::read_to_string(page()).unwrap().replace("\r\n", "\n");
    assert_eq!(split(&text).1.trim(), recur_spec::reference().trim());
}

#[test]
fn the_example_of_docs_spec_md_is_a_right_spec() {
    let text = std::fs::read_to_string(page()).unwrap().replace("\r\n", "\n");
    let example =
        text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the page has an example");
    let plan = crate::parse(example).unwrap_or_else(|errors| panic!("{errors}")).plan();
    assert_eq!(plan.configurations.len(), 1 + 3 * 2);
}

#[test]
fn the_example_of_a_noun_is_a_right_spec() {
    let text = std::fs::read_to_string(page()).unwrap().replace("\r\n", "\n");
    let section = text.split_once("## What an example is called\n").expect("a section").1;
    let example = section.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let spec = crate::parse(format!("recur: 1\nname: x\n{example}models: [{{use: manual_rnn}}]\n"));
    assert_eq!(spec.unwrap_or_else(|errors| panic!("{errors}")).report.noun.many, "domains");
}

#[test]
fn every_split_of_docs_spec_md_is_right_and_another_one() {
    let text = std::fs::read_to_string(page()).unwrap().replace("\r\n", "\n");
    let section = text.split_once("## Splits\n").and_then(|(_, rest)| rest.split_once("\n## ")).expect("a section").0;
    let examples = section.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().expect("some text"));
    let split = |example: &str| {
        let text = format!("recur: 1\nname: x\n{example}models: [{{use: manual_rnn}}]\n");
        let spec = crate::parse(text).unwrap_or_else(|errors| panic!("{errors}"));
        (spec.data.source.to_string(), spec.split)
    };
    let splits: Vec<_> = examples.map(split).collect();
    assert_eq!(splits.len(), 5);
    assert!((1..5).all(|i| !splits[..i].contains(&splits[i])), "{splits:?}");
}

#[test]
#[ignore = "writes docs/spec.md"]
fn write_the_reference() {
    let text = std::fs::read_to_string(page()).unwrap();
    let (before, _, after) = split(&text);
    std::fs::write(page(), format!("{before}{BEGIN}\n{}\n{END}{after}", recur_spec::reference())).unwrap();
}
