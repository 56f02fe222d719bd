//! What the plugin declares.

use crate::battery::{Check, Verdict, ensure};
use crate::bench::{Bench, SEED};
use recur_core::params::Params;
use std::collections::BTreeSet;

pub const CHECKS: &[Check] = &[
    ("id_and_summary_are_sound", id_and_summary_are_sound),
    ("parameters_are_declared_once_with_a_meaning", parameters_are_declared_once_with_a_meaning),
    ("defaults_are_in_range", defaults_are_in_range),
    ("defaults_build", defaults_build),
];

fn is_snake_case(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(allowed)
}

fn id_and_summary_are_sound(bench: &Bench) -> Verdict {
    let (id, summary) = (bench.plugin.id(), bench.plugin.summary());
    ensure(is_snake_case(id), || format!("the id `{id}` is not snake_case"))?;
    ensure(!summary.is_empty() && !summary.contains('\n'), || format!("the summary is not one line: {summary:?}"))?;
    ensure(!bench.plugin.description().trim().is_empty(), || "the description is empty".to_owned())?;
    ensure(!bench.plugin.source_file().is_empty(), || "no source file".to_owned())
}

fn parameters_are_declared_once_with_a_meaning(bench: &Bench) -> Verdict {
    let mut names = BTreeSet::new();
    for spec in bench.plugin.parameters() {
        ensure(is_snake_case(spec.name), || format!("`{}` is not snake_case", spec.name))?;
        ensure(names.insert(spec.name), || format!("`{}` is declared twice", spec.name))?;
        ensure(!spec.meaning.trim().is_empty(), || format!("`{}` has no meaning", spec.name))?;
    }
    Ok(())
}

fn defaults_are_in_range(bench: &Bench) -> Verdict {
    for spec in bench.plugin.parameters() {
        let checked = spec.check(&spec.default.value());
        ensure(checked == Ok(spec.default.value()), || format!("`{}`: {checked:?}", spec.name))?;
    }
    Ok(())
}

fn defaults_build(bench: &Bench) -> Verdict {
    let params = Params::defaults(bench.plugin.parameters());
    Bench::new(bench.plugin, params, bench.training.clone()).build(SEED)?;
    Ok(())
}
