//! What a report calls an example, and the column that it is from.

use crate::{parse, parse_with, reported};
use recur_core::noun::Noun;

fn with_data(keys: &str) -> String {
    format!("recur: 1\nname: x\ndata: {{source: a.csv{keys}}}\nmodels: [{{use: manual_rnn}}]\n")
}

#[test]
fn names_are_names_and_other_columns_have_texts_unless_the_spec_has_a_word() {
    let check = |keys: &str, one: &str, many: &str| {
        let noun = parse(with_data(keys)).unwrap().plan().report.noun;
        assert_eq!((noun.one.as_str(), noun.many.as_str()), (one, many), "{keys}");
    };
    check("", "name", "names");
    check(", columns: {text: name}", "name", "names");
    check(", columns: {text: domain}", "text", "texts");
    check(", columns: {text: domain}, noun: none", "text", "texts");
    check(", columns: {text: domain}, noun: domain", "domain", "domains");
    check(", noun: query", "query", "queries");
    check(", columns: {text: x}, noun: name", "name", "names");
    check(", noun: {one: series, many: series}", "series", "series");
    check(", noun: {many: sérieux-mots, one: mot}", "mot", "sérieux-mots");
    let set = parse_with(with_data(", columns: {text: x}"), &["data.noun=domain"]).unwrap();
    assert_eq!(set.report.noun, Noun::of("domain"));
}

#[test]
fn a_noun_that_is_no_lower_case_word_is_refused_with_its_place() {
    for word in ["Domain", "two words", "a|b", "'1'", "'`x`'", "-x", "x-", "'*'", "' x'", "\u{3164}"] {
        let refused = reported(with_data(&format!(", noun: {word}")));
        assert!(
            refused.contains("`data.noun`") && refused.contains("expected word in lower case"),
            "{word}: {refused}"
        );
    }
    let refused = reported(with_data(", noun: {one: Domain, many: a b}"));
    for part in ["`data.noun.one`: expected word in lower case", "`data.noun.many`: expected word in lower case"] {
        assert!(refused.contains(part), "{refused}");
    }
    assert!(reported(with_data(", noun: {one: domain}")).contains("`many`"));
    assert!(reported(with_data(", noun: {one: none, many: nones}")).contains("`data.noun.one`"));
}

#[test]
fn former_keys_and_values_are_refused_with_their_new_names() {
    let refused = reported(with_data(", columns: {name: surname}"));
    assert!(refused.contains("unknown key `name` in `data.columns`"), "{refused}");
    assert!(refused.contains("`name` is called `text` now: `data.columns.text`"), "{refused}");
    let refused = reported(with_data(", max_letters: 30"));
    assert!(refused.contains("`max_letters` is called `max_characters` now: `data.max_characters`"), "{refused}");
    for (former, now) in [("name", "text"), ("folded_name", "folded_text")] {
        let refused = reported(with_data(&format!(", split: {{group: {former}}}")));
        assert!(refused.contains(&format!("got the text \"{former}\", did you mean `{now}`?")), "{refused}");
    }
}
