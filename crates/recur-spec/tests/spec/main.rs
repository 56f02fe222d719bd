//! What specs mean, and what is reported of wrong ones.

mod axes;
mod bad_specs;
mod docs;
mod errors;
mod fake;
mod fuzz;
mod noun;
mod overrides;
mod plans;
mod resolved;
mod schema;
mod spaces;
mod syntax;
mod texts;
mod to_try;
mod training;
mod typos;

use recur_spec::{Override, Spec, SpecErrors};

/// Parses `text` as `x.yaml` with the fake models.
fn parse(text: impl AsRef<[u8]>) -> Result<Spec, SpecErrors> {
    parse_with(text, &[])
}

/// As [`parse`], with overrides of the form `path=value`.
fn parse_with(text: impl AsRef<[u8]>, overrides: &[&str]) -> Result<Spec, SpecErrors> {
    let overrides: Vec<Override> = overrides.iter().map(|text| text.parse().unwrap()).collect();
    recur_spec::parse(text.as_ref(), "x.yaml", &overrides, &fake::registry())
}

/// What is reported of a spec that must be wrong.
fn reported(text: impl AsRef<[u8]>) -> String {
    parse(text).unwrap_err().to_string()
}

/// A spec with nothing but what is required, and `more` below it.
fn least(more: &str) -> String {
    format!("recur: 1\nname: least\ndata:\n  source: names.csv\nmodels:\n  - use: manual_rnn\n{more}")
}
