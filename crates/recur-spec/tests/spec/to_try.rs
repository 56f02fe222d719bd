//! `report.try`: the model that the report's page runs.

use crate::{least, parse, reported};
use recur_core::settings::ToTry;

const MODELS: &str = "recur: 1\nname: x\ndata: {source: a}\nmodels:\n  - {use: manual_rnn}\n  \
                      - {use: stacked_rnn, as: deep}\n  - {use: linfa_logistic}\n";

fn with(report: &str) -> String {
    format!("{MODELS}report: {report}\n")
}

fn to_try(report: &str) -> ToTry {
    parse(with(report)).unwrap_or_else(|errors| panic!("{errors}")).report.to_try
}

#[test]
fn it_is_a_listed_recurrent_network_or_none_and_otherwise_left_to_the_results() {
    assert_eq!(to_try("{}"), ToTry::Best);
    for none in ["none", "", "null"] {
        assert_eq!(to_try(&format!("{{try: {none}}}")), ToTry::Nothing, "{none}");
    }
    assert_eq!(to_try("{try: manual_rnn}"), ToTry::Model("manual_rnn".to_owned()));
    assert_eq!(to_try("{try: deep}"), ToTry::Model("deep".to_owned()));
}

#[test]
fn the_resolved_spec_says_the_same() {
    for report in ["{}", "{try: none}", "{try: deep}"] {
        let spec = parse(with(report)).unwrap();
        let resolved = spec.resolved_yaml();
        assert_eq!(parse(&resolved).unwrap().report, spec.report, "{resolved}");
    }
    let written = |report: &str| parse(with(report)).unwrap().resolved_yaml().contains("  try: ");
    assert_eq!(["{}", "{try: none}", "{try: deep}"].map(written), [false, true, true]);
}

#[test]
fn what_cannot_be_tried_is_refused_with_those_that_can() {
    let check = |report: &str, parts: &[&str]| {
        let text = reported(with(report));
        parts.iter().for_each(|part| assert!(text.contains(part), "`{part}` is not in:\n{text}"));
    };
    let valid = "manual_rnn, deep";
    check(
        "{try: linfa_logistic}",
        &["`report.try` is `linfa_logistic`, which uses linfa_logistic", "only gru, lstm,", valid],
    );
    check("{try: dep}", &["`report.try` is `dep`, which is not listed in `models`, did you mean `deep`?", valid]);
    check("{try: stacked_rnn}", &["which is not listed in `models`", valid]);
    check("{try: 'none'}", &["`report.try` is `none`, which is not listed in `models`", valid]);
    check("{try: [a]}", &["expected text of 1 to 4096 characters"]);
    let none = reported(least("report: {try: gru}\n").replace("manual_rnn", "linfa_logistic"));
    assert!(none.contains("no listed model can be tried: leave `try` out"), "{none}");
    // Quotes make the word a model's name.
    let named = with("{try: 'none'}").replace("manual_rnn}\n  ", "manual_rnn, as: 'none'}\n  ");
    let spec = parse(&named).unwrap();
    assert_eq!(spec.report.to_try, ToTry::Model("none".to_owned()));
    assert_eq!(parse(spec.resolved_yaml()).unwrap().report, spec.report);
    // Of a model that is renamed to nothing, the id is the name.
    assert!(parse(with("{try: manual_rnn}").replace("manual_rnn}\n  ", "manual_rnn, as: none}\n  ")).is_ok());
}
