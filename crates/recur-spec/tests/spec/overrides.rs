//! `--set path=value`.

use crate::{least, parse, parse_with};
use recur_spec::{ErrorKind, Override};

/// The least spec with `overrides` equals the least spec with `more`.
fn check(overrides: &[&str], more: &str) {
    assert_eq!(parse_with(least(""), overrides).unwrap(), parse(least(more)).unwrap());
}

fn reported(overrides: &[&str]) -> String {
    parse_with(least(""), overrides).unwrap_err().to_string()
}

#[test]
fn an_override_stands_as_if_it_were_written() {
    check(&["seed=3"], "seed: 3\n");
    check(&["training.epochs=3"], "training: {epochs: 3}\n");
    check(&["sweep.hidden_size=[16, 32]"], "sweep: {hidden_size: [16, 32]}\n");
    check(&["training={batch_size: 5}"], "training: {batch_size: 5}\n");
    check(&["models.0.params.hidden_size=9"], "    params: {hidden_size: 9}\n");
    check(&["models.manual_rnn.params.hidden_size=9"], "    params: {hidden_size: 9}\n");
}

#[test]
fn a_later_override_wins() {
    check(&["seed=3", "seed=4"], "seed: 4\n");
    check(&["training={batch_size: 5}", "training.batch_size=6"], "training: {batch_size: 6}\n");
}

#[test]
fn an_override_can_take_a_value_away() {
    let text = least("training: {epochs: 3, early_stopping: {}}\n");
    let spec = parse_with(text, &["training.epochs=none", "training.steps=50", "training.early_stopping="]).unwrap();
    assert_eq!(spec.training, parse(least("training: {steps: 50}\n")).unwrap().training);
}

#[test]
fn a_source_and_its_parts_can_be_overridden() {
    let source = |overrides: &[&str], source: &str| {
        parse_with(least("").replace("names.csv", source), overrides).map(|spec| spec.data.source.to_string())
    };
    let parts = "{train: a.csv, test: c.csv}";
    assert_eq!(source(&["data.source=FOLDER"], parts).unwrap(), "FOLDER");
    assert_eq!(source(&["data.source.train=x.csv"], parts).unwrap(), "x.csv (train), c.csv (test)");
    let with_validation = "a.csv (train), b.csv (validation), c.csv (test)";
    assert_eq!(source(&["data.source.validation=b.csv"], parts).unwrap(), with_validation);
    let parts = "{train: a.csv, validation: b.csv, test: c.csv}";
    assert_eq!(source(&["data.source.validation=none"], parts).unwrap(), "a.csv (train), c.csv (test)");
    assert_eq!(source(&[&format!("data.source={parts}")], "names.csv").unwrap(), with_validation);
    insta::assert_snapshot!(source(&["data.source.train=x.csv"], "names.csv").unwrap_err());
}

#[test]
fn an_override_replaces_a_wrong_value() {
    assert!(parse_with(least("seed: wrong\n"), &["seed=3"]).is_ok());
}

#[test]
fn errors_of_overrides_name_them_and_follow_those_of_the_file() {
    let overrides = [
        "training.epoch=10",
        "training.batch_size=[1",
        "seed=名前",
        "models.stacked_rn.params.layers=2",
        "models.7.use=x",
        "name.first=x",
        "data..source=x",
        "data={}",
        "data.split.train=0.5",
        "report.baseline=&a b",
        "lim\u{1b}its=3",
        "models.manual_rnn.params.hiden_size=3",
    ];
    insta::assert_snapshot!(parse_with(least("replicate: 3\n"), &overrides).unwrap_err());
}

#[test]
fn two_places_are_named_across_file_and_override() {
    insta::assert_snapshot!(reported(&[
        "models.0.params.layers=3",
        "models.0.sweep={hidden_size: [1, 2], hidden_size: [3]}"
    ]));
}

#[test]
fn an_override_without_path_or_value_is_no_override() {
    for text in ["", "seed", "=3"] {
        assert!(matches!(text.parse::<Override>(), Err(ErrorKind::OverrideForm { .. })), "{text}");
    }
    assert_eq!("a=b=c".parse(), Ok(Override { path: "a".into(), value: "b=c".into() }));
}
