//! Parameters that are texts.

use crate::fake::texts;
use recur_core::params::ParamValue;
use recur_spec::{Spec, SpecErrors, parse};

fn of(model: &str) -> Result<Spec, SpecErrors> {
    let text = format!("recur: 1\nname: texts\ndata:\n  source: names.csv\nmodels:\n  - use: prefixed\n{model}");
    parse(text.as_bytes(), "x.yaml", &[], &texts())
}

fn prefixes(spec: &Spec) -> Vec<String> {
    let prefix = |params: &recur_core::params::Params| match params.get("prefix") {
        Some(ParamValue::Text(text)) => text.clone(),
        other => panic!("{other:?}"),
    };
    spec.plan().configurations.iter().map(|configuration| prefix(&configuration.params)).collect()
}

#[test]
fn a_text_has_a_default_and_can_be_set_and_swept() {
    assert_eq!(prefixes(&of("").unwrap()), ["lang: "]);
    assert_eq!(prefixes(&of("    params: {prefix: 'a: b'}\n").unwrap()), ["a: b"]);
    let swept = of("    sweep: {prefix: ['', '12', \"it's\"]}\n").unwrap();
    assert_eq!(prefixes(&swept), ["", "12", "it's"]);
    let again = parse(swept.resolved_yaml().as_bytes(), "x.yaml", &[], &texts()).unwrap();
    assert_eq!(prefixes(&again), prefixes(&swept), "as it is written out");
}

#[test]
fn a_text_that_is_too_long_or_hides_something_is_refused_at_its_place() {
    let long = of("    params: {prefix: 0123456789x}\n").unwrap_err().to_string();
    assert!(long.contains("text of at most 9 characters") && long.contains("x.yaml:7"), "{long}");
    for hidden in ["a\\nb", "\\e[2J", "\\u202e"] {
        let error = of(&format!("    params: {{prefix: \"{hidden}\"}}\n")).unwrap_err().to_string();
        assert!(error.contains("without control characters"), "{error}");
        assert!(!error.contains(['\u{1b}', '\u{202e}']), "{error}");
    }
    let number = of("    params: {prefix: 12}\n").unwrap_err().to_string();
    assert!(number.contains("text of at most 9 characters"), "{number}");
}

#[test]
fn the_schema_has_the_length_of_a_text() {
    let schema = recur_spec::schema(&texts());
    assert!(schema.contains("\"maxLength\": 9"), "{schema}");
}
