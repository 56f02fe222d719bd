//! The resolved spec.

use crate::{least, parse, parse_with, typos::FULL};
use proptest::prelude::*;
use recur_core::settings::{DataSettings, Source};

fn check(text: &str) {
    let spec = parse(text).unwrap();
    let resolved = spec.resolved_yaml();
    let again = parse(&resolved).unwrap_or_else(|errors| panic!("{errors}\n{resolved}"));
    assert_eq!(again.plan(), spec.plan(), "{resolved}");
    assert_eq!(again.resolved_yaml(), resolved);
}

#[test]
fn every_default_is_written_out() {
    insta::assert_snapshot!(parse(least("")).unwrap().resolved_yaml());
}

/// What `data` means, also as the resolved spec has it.
fn check_data(data: &str, expected: fn(&DataSettings) -> bool) {
    let spec = parse(with_data(data)).unwrap_or_else(|errors| panic!("{errors}"));
    let again = parse(spec.resolved_yaml()).unwrap_or_else(|errors| panic!("{errors}\n{}", spec.resolved_yaml()));
    assert!(expected(&spec.data) && expected(&again.data), "{data}\n{}", spec.resolved_yaml());
}

#[test]
fn quotes_distinguish_the_text_none_from_nothing() {
    let check = |positive: &str, expected: Option<&str>| {
        let text = least(&format!("report: {{positive: {positive}}}\n"));
        let spec = parse(&text).unwrap();
        assert_eq!(spec.report.positive.as_deref(), expected, "{positive}");
        let again = parse(spec.resolved_yaml()).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(again.report.positive.as_deref(), expected, "{}", spec.resolved_yaml());
    };
    check("none", None);
    check("null", None);
    check("", None);
    check("\"none\"", Some("none"));
    check("'null'", Some("null"));
    check("'true'", Some("true"));
    check("'1'", Some("1"));
    check("yes", Some("yes"));
    let named = "recur: 1\nname: x\ndata: {source: a}\nmodels:\n  - {use: manual_rnn, as: 'none', weights: 'none'}\n  - use: manual_rnn\n\
                 report: {baseline: 'none'}\n";
    for text in [named.to_owned(), parse(named).unwrap().resolved_yaml()] {
        let spec = parse(&text).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(spec.report.baseline.as_deref(), Some("none"), "{text}");
        assert_eq!((spec.models[0].name.as_str(), spec.models[0].weights.as_deref()), ("none", Some("none")), "{text}");
    }
    check_data("{source: a.csv, split: {column: 'none'}}", |data| data.split_column == Some("none".to_owned()));
    check_data("{source: a.csv, split: {column: none}}", |data| data.split_column.is_none());
    check_data("{source: {train: a, validation: 'none', test: c}}", |data| {
        matches!(&data.source, Source::Parts { validation: Some(_), .. })
    });
    check_data("{source: {train: a, validation: none, test: c}}", |data| {
        matches!(&data.source, Source::Parts { validation: None, .. })
    });
    check_data("{source: none, columns: {text: none}}", |data| data.text_column == "none");
    // Where no text can be, the word needs no quotes and may have them, as it does in JSON.
    for margin in ["none", "'none'"] {
        let spec = parse(least(&format!("report: {{equivalence_margin: {margin}}}\n"))).unwrap();
        assert_eq!(spec.report.equivalence_margin, None);
    }
}

#[test]
fn every_axis_is_written_out_with_its_model() {
    insta::assert_snapshot!(parse(FULL).unwrap().resolved_yaml());
}

#[test]
fn a_resolved_spec_makes_the_same_plan() {
    check(FULL);
    check(&least(""));
    check(&least(
        "training: {steps: 7, optimizer: {name: sgd, momentum: 0.1, clip_norm: 1e-300}, early_stopping: {}}\n",
    ));
    for split in [
        "{train: 0.7, validation: 0.2, test: 0.1}",
        "{train: 0.7, validation: 0.2}",
        "{train: 0.7, test: fixed}",
        "{validation: 0.3, train: 0.1, test: per_replicate}",
        "{train: 0.3333333333333, validation: 0.3333333333333, test: 0.3333333333334}",
        "{test: fixed, group: none}",
        "{folds: 5}",
        "{folds: 7, repeats: 3, validation: 0.15, stratify: false, test: per_replicate}",
        "{column: split}",
        "{column: 'no', validation: 0.25, test: fixed, overlap: allow}",
    ] {
        check(&with_data(&format!("{{source: a.csv, split: {split}}}")));
    }
    for noun in ["domain", "none", "{one: series, many: series}"] {
        check(&with_data(&format!("{{source: a, noun: {noun}}}")));
    }
    check(&with_data("{source: a, columns: {text: domain}}"));
    check(&with_data("{source: {train: a, test: 'c: #1'}}"));
    check(&with_data("{source: {train: a, test: c}, split: {validation: 0.3, group: text, overlap: allow}}"));
    check(&with_data("{source: {train: a, validation: b, test: c}, split: {overlap: allow}}"));
    for report in ["{primary: loss}", "{equivalence_margin: none}", "{primary: accuracy, equivalence_margin: 0.5}"] {
        check(&least(&format!("report: {report}\n")));
    }
    check(
        "recur: 1\nname: x\ndata: {source: a}\nmodels:\n  - {use: stacked_rnn, sweep: {layers: [2, 1]}}\n  - use: manual_rnn\n\
        sweep: {hidden_size: [3], learning_rate: {log: {from: 1e-7, to: 0.3, steps: 4}}}\n",
    );
}

fn with_data(data: &str) -> String {
    format!("recur: 1\nname: x\ndata: {data}\nmodels: [{{use: manual_rnn}}]\n")
}

#[test]
fn keys_of_a_division_are_written_with_it_only() {
    let resolved = |data: &str| {
        let text = parse(with_data(data)).unwrap().resolved_yaml();
        let keys = |text: &str| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>().join(", ");
        keys(text.split_once("\n  split:").unwrap().1.split_once("\ntraining:").unwrap().0)
    };
    let rest = "group: folded_text, stratify: true";
    assert_eq!(resolved("{source: a}"), format!(", train: 0.8, validation: 0.1, test: per_replicate, {rest}"));
    assert_eq!(
        resolved("{source: a, split: {folds: 5}}"),
        format!(", validation: 0.1, test: per_replicate, folds: 5, repeats: 1, {rest}")
    );
    assert_eq!(
        resolved("{source: a, split: {column: c}}"),
        format!(", column: c, validation: 0.1, test: fixed, {rest}, overlap: refuse")
    );
    assert_eq!(
        resolved("{source: {train: a, validation: b, test: c}}"),
        format!(", test: fixed, {rest}, overlap: refuse")
    );
}

#[test]
fn the_spec_of_one_trial_keeps_the_split_of_the_sweep() {
    let check = |text: &str, replicate: u32, replicates: u32| {
        let spec = parse(text).unwrap();
        let configuration = &spec.plan().configurations[0];
        let resolved = spec.of_trial(configuration, replicate).resolved_yaml();
        let again = parse(&resolved).unwrap_or_else(|errors| panic!("{errors}\n{resolved}"));
        assert_eq!((&again.split, again.replicates), (&spec.split, replicates), "{resolved}");
        assert_eq!(again.plan().configurations.len(), 1);
    };
    let hidden = |n: u32| format!("sweep: {{hidden_size: {{linear: {{from: 1, to: {n}, steps: {n}}}}}}}\n");
    check(&least(&hidden(51)), 2, 3);
    check(&least(&hidden(50)), 0, 1);
    check(&with_data("{source: a, split: {folds: 5, repeats: 3}}"), 2, 15);
    check(&with_data("{source: a, split: {column: c}}"), 4, 5);
    check(&with_data("{source: {train: a, validation: b, test: c}}"), 4, 5);
}

#[test]
fn an_override_is_part_of_the_resolved_spec() {
    let resolved = parse_with(least(""), &["training.epochs=4"]).unwrap().resolved_yaml();
    assert!(resolved.contains("\n  epochs: 4\n"), "{resolved}");
}

proptest! {
    #[test]
    fn shares_survive_the_way_through_yaml(train in 0.001_f64..0.999, of_the_rest in 0.001_f64..0.998) {
        let validation = (1.0 - train) * of_the_rest;
        for test in [format!("{}", 1.0 - train - validation), "fixed".to_owned()] {
            let split = format!("{{train: {train}, validation: {validation}, test: {test}}}");
            let spec = parse(with_data(&format!("{{source: a, split: {split}}}"))).unwrap();
            let again = parse(spec.resolved_yaml()).unwrap();
            prop_assert_eq!(again.plan(), spec.plan());
        }
    }

    #[test]
    fn text_and_numbers_survive_the_way_through_yaml(
        source in "[\\PC--[\u{2028}\u{2029}]]{1,200}",
        column in prop_oneof!["[-0-9a-z:#'\"&*!|>%@~ .]{1,6}", Just("no".to_owned()), Just("0o17".to_owned()), Just("1e5".to_owned()), Just(".5".to_owned())],
        alphabet in "[\\PC--[\u{2028}\u{2029}]\u{feff}\u{ffff}]{1,12}",
        seed: u64,
        epsilon in prop::num::f64::POSITIVE,
        rate in 1e-300_f64..10.0,
    ) {
        let mut spec = parse(least("training: {optimizer: {clip_norm: 1}}\n    \n")).unwrap();
        spec.data.source = recur_core::settings::Source::All(source);
        spec.data.label_column = column;
        spec.data.text.alphabet = Some(alphabet);
        spec.seed = seed;
        spec.training.clip_norm = Some(epsilon);
        let params = spec.models[0].params.clone().with("learning_rate", recur_core::params::ParamValue::Real(rate));
        spec.models[0].configurations[0].params = params.clone();
        spec.models[0].params = params;
        let resolved = spec.resolved_yaml();
        match parse(&resolved) {
            Ok(again) => prop_assert_eq!(again.plan(), spec.plan(), "{}", resolved),
            Err(errors) => prop_assert!(false, "{}\n{}", errors, resolved),
        }
    }
}

#[test]
fn hidden_characters_are_seen_and_read_back() {
    let hidden = "a\u{202e}b\u{200b}\"\\c.csv";
    let data = with_data("{source: \"a\\u202Eb\\u200B\\\"\\\\c.csv\", text: {alphabet: \"ab\\u200Ec\"}}");
    let text = format!("# Why\u{202e}?\n{data}");
    let spec = parse(&text).unwrap();
    let resolved = spec.resolved_yaml();
    assert!(
        !resolved.contains(|character| character != '\n' && recur_core::visible::is_hidden(character)),
        "{resolved}"
    );
    assert!(resolved.starts_with("# Why\\u{202e}?\n"), "{resolved}");
    let again = parse(&resolved).unwrap();
    assert_eq!(again.resolved_yaml(), resolved);
    assert_eq!(again.data, spec.data);
    assert_eq!(again.data.source, recur_core::settings::Source::All(hidden.to_owned()));
}
