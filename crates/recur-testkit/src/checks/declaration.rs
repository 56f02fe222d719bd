//! What the plugin declares.

use crate::battery::{Check, Verdict, ensure};
use crate::bench::{Bench, SEED};
use recur_core::params::{ParamKind, ParamSpec, ParamValue, is_snake_case};
use std::collections::BTreeSet;

pub const CHECKS: &[Check] = &[
    Check::new(
        "id_and_summary_are_sound",
        "an id that is not snake_case; a summary of several lines or none; no description or source file",
        id_and_summary_are_sound,
    ),
    Check::new(
        "parameters_are_declared_once_with_a_meaning",
        "a parameter declared twice, without a meaning, or not in snake_case",
        parameters_are_declared_once_with_a_meaning,
    ),
    Check::new(
        "ranges_are_finite_and_hold_something",
        "a range upside down or without an end; a choice of no words, or of one word twice",
        ranges_are_finite_and_hold_something,
    ),
    Check::new(
        "defaults_are_in_range",
        "a default of another kind than its parameter, or out of its range",
        defaults_are_in_range,
    ),
    Check::new("defaults_build", "a panic or an error with every parameter at its default", defaults_build),
    Check::new(
        "values_out_of_range_are_refused",
        "a declaration that takes what it says it does not: one too many, infinity, a number that is none",
        values_out_of_range_are_refused,
    ),
];

fn id_and_summary_are_sound(bench: &Bench) -> Verdict {
    let (id, summary) = (bench.plugin.about().id, bench.plugin.about().summary);
    ensure(is_snake_case(id), || format!("the id `{id}` is not snake_case"))?;
    ensure(!summary.is_empty() && !summary.contains('\n'), || format!("the summary is not one line: {summary:?}"))?;
    ensure(!bench.plugin.about().description.trim().is_empty(), || "the description is empty".to_owned())?;
    ensure(!bench.plugin.about().source_file.is_empty(), || "no source file".to_owned())
}

fn parameters_are_declared_once_with_a_meaning(bench: &Bench) -> Verdict {
    let mut names = BTreeSet::new();
    for spec in bench.plugin.about().parameters {
        ensure(is_snake_case(spec.name), || format!("`{}` is not snake_case", spec.name))?;
        ensure(names.insert(spec.name), || format!("`{}` is declared twice", spec.name))?;
        ensure(!spec.meaning.trim().is_empty(), || format!("`{}` has no meaning", spec.name))?;
    }
    Ok(())
}

fn ranges_are_finite_and_hold_something(bench: &Bench) -> Verdict {
    bench.plugin.about().parameters.iter().try_for_each(|spec| {
        let sound = match spec.kind {
            ParamKind::Integer { min, max } | ParamKind::IntegerPair { min, max } => min <= max,
            ParamKind::Real { min, max, above_min } => {
                min.is_finite() && max.is_finite() && if above_min { min < max } else { min <= max }
            }
            ParamKind::Choice(words) => {
                let distinct: BTreeSet<&str> = words.iter().copied().collect();
                !words.is_empty() && distinct.len() == words.len() && !distinct.contains("")
            }
            ParamKind::Text { max_characters } => max_characters > 0,
            ParamKind::Boolean => true,
        };
        ensure(sound, || format!("`{}` takes a {}", spec.name, spec.kind))
    })
}

fn defaults_are_in_range(bench: &Bench) -> Verdict {
    for spec in bench.plugin.about().parameters {
        let checked = spec.check(&spec.default.value());
        ensure(checked == Ok(spec.default.value()), || format!("`{}`: {checked:?}", spec.name))?;
    }
    Ok(())
}

fn defaults_build(bench: &Bench) -> Verdict {
    bench.with_defaults().build(SEED)?;
    Ok(())
}

fn values_out_of_range_are_refused(bench: &Bench) -> Verdict {
    for spec in bench.plugin.about().parameters {
        for value in out_of_range(spec) {
            ensure(spec.check(&value).is_err(), || {
                format!("`{}` takes {value}, but is declared as a {}", spec.name, spec.kind)
            })?;
        }
    }
    Ok(())
}

/// Values that a parameter of this kind must not take: just beyond its range, and of other kinds.
fn out_of_range(spec: &ParamSpec) -> Vec<ParamValue> {
    if let ParamKind::Text { max_characters } = spec.kind {
        let texts = ["x".repeat(max_characters as usize + 1), "\n".to_owned(), "\u{1b}".to_owned()];
        return texts.map(ParamValue::Text).into_iter().chain([ParamValue::Integer(0)]).collect();
    }
    let mut values = vec![ParamValue::Text("no such value".to_owned()), ParamValue::Text(String::new())];
    match spec.kind {
        ParamKind::Text { .. } => {}
        ParamKind::Integer { min, max } => {
            values.extend([min.checked_sub(1), max.checked_add(1)].into_iter().flatten().map(ParamValue::Integer));
            values.extend([ParamValue::Real(0.5), ParamValue::Boolean(true), ParamValue::IntegerPair(min, max)]);
        }
        ParamKind::Real { min, max, above_min } => {
            let beyond = [min - min.abs() - 1.0, max + max.abs() + 1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
            values.extend(beyond.map(ParamValue::Real));
            values.extend(above_min.then_some(ParamValue::Real(min)));
            values.push(ParamValue::Boolean(true));
        }
        ParamKind::Choice(_) => values.extend([ParamValue::Integer(0), ParamValue::Boolean(true)]),
        ParamKind::Boolean => values.push(ParamValue::Integer(1)),
        ParamKind::IntegerPair { min, max } => {
            values.extend(min.checked_sub(1).map(|below| ParamValue::IntegerPair(below, max)));
            values.extend(max.checked_add(1).map(|above| ParamValue::IntegerPair(min, above)));
            values.extend((min < max).then_some(ParamValue::IntegerPair(max, min)));
            values.push(ParamValue::Integer(min));
        }
    }
    values
}
