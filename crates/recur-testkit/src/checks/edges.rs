//! Models at the ends of their parameters' ranges.

use crate::battery::{Check, Stop, Verdict, all_but, unwound};
use crate::bench::{Bench, SEED, predict};
use crate::examples;
use recur_core::model::ModelError;
use recur_core::params::{ParamKind, ParamSpec, ParamValue};
use std::panic::{AssertUnwindSafe, catch_unwind};

pub const CHECKS: &[Check] = &[Check::new(
    "values_at_the_ends_of_their_ranges_do_not_panic",
    "a declared value that the model cannot be built or trained with, and does not refuse with a parameter's error",
    values_at_the_ends_of_their_ranges_do_not_panic,
)];

/// Models of more numbers than this are not built at the greatest value.
const MOST_NUMBERS: f64 = 1e6;

/// A one-shot model is not trained with a whole number above this: it may be a number of rounds.
const MOST_ROUNDS: i64 = 10_000;

/// Each parameter in turn, the others as they are. To refuse a value as [`ModelError::Parameter`], or to diverge with it,
/// is an answer; to panic is none. Nor is an error of training after which nothing is predicted any more: a plugin in another
/// process reports its crash.
fn values_at_the_ends_of_their_ranges_do_not_panic(bench: &Bench) -> Verdict {
    if bench.build_is_costly() {
        return all_ends_together(bench);
    }
    let mut left_out = Vec::new();
    for spec in bench.plugin.about().parameters {
        for value in ends(spec) {
            let place = format!("`{}: {value}`", spec.name);
            if let Some(n) = size_at(bench, spec, &value)?.filter(|n| *n > MOST_NUMBERS) {
                left_out.push(format!("{place}, about {:.0} million numbers", n / 1e6));
                continue;
            }
            let many = matches!(value, ParamValue::Integer(n) if n > MOST_ROUNDS);
            let trains = !(bench.is_one_shot() && many);
            if !trains {
                left_out.push(format!("training with {place}"));
            }
            tried(&bench.with_param(spec.name, value), trains, &place)?;
        }
    }
    all_but(left_out)
}

/// Whole numbers above this are not tried where each model is a process: how large it would be is not known.
const MOST_IN_A_PROCESS: i64 = 64;

/// The least values of all parameters at once, their greatest, and so on for the words of choices: each a process.
fn all_ends_together(bench: &Bench) -> Verdict {
    let specs = bench.plugin.about().parameters;
    let all: Vec<Vec<ParamValue>> = specs.iter().map(ends).collect();
    let mut left_out = vec!["values one by one, as each model is a process: all at their ends at once".to_owned()];
    for round in 0..all.iter().map(Vec::len).max().unwrap_or(0) {
        let (mut at_ends, mut places) = (bench.clone(), Vec::new());
        for (spec, values) in specs.iter().zip(&all) {
            let value = &values[round.min(values.len() - 1)];
            let place = format!("`{}: {value}`", spec.name);
            if matches!(value, ParamValue::Integer(n) if *n > MOST_IN_A_PROCESS) {
                left_out.push(place);
                continue;
            }
            at_ends = at_ends.with_param(spec.name, value.clone());
            places.push(place);
        }
        tried(&at_ends, true, &places.join(", "))?;
    }
    left_out.dedup();
    all_but(left_out)
}

/// Tries a bench out whose values are those of `place`.
fn tried(bench: &Bench, trains: bool, place: &str) -> Verdict {
    match catch_unwind(AssertUnwindSafe(|| try_out(bench, trains))) {
        Ok(verdict) => verdict.map_err(|problem| Stop::Fail(format!("{place}: {problem}"))),
        Err(panic) => Err(Stop::Fail(format!("{place}: {}", unwound(panic)))),
    }
}

fn ends(spec: &ParamSpec) -> Vec<ParamValue> {
    match spec.kind {
        ParamKind::Integer { min, max } => [min, max].map(ParamValue::Integer).to_vec(),
        ParamKind::Real { min, max, above_min } => {
            let least = if above_min { min + 1e-9 * (max - min).min(1.0) } else { min };
            [least, max].map(ParamValue::Real).to_vec()
        }
        ParamKind::Choice(words) => words.iter().map(|word| ParamValue::Text((*word).to_owned())).collect(),
        ParamKind::Text { max_characters } => {
            [String::new(), "x".repeat(max_characters as usize)].map(ParamValue::Text).to_vec()
        }
        ParamKind::Boolean => [false, true].map(ParamValue::Boolean).to_vec(),
        ParamKind::IntegerPair { min, max } => {
            [(min, min), (min, max), (max, max)].map(|(from, to)| ParamValue::IntegerPair(from, to)).to_vec()
        }
    }
}

/// About how many numbers the model has at a great whole `value`: as it declares, or from how it grows between 16 and 32.
fn size_at(bench: &Bench, spec: &ParamSpec, value: &ParamValue) -> Result<Option<f64>, Stop> {
    const SMALL: [i64; 2] = [16, 32];
    let (ParamKind::Integer { min, .. }, ParamValue::Integer(n)) = (spec.kind, value) else { return Ok(None) };
    if *n <= SMALL[1] || min > SMALL[0] {
        return Ok(None);
    }
    if let Some(cost) = bench.with_param(spec.name, value.clone()).cost(1).filter(|_| !bench.is_one_shot()) {
        return Ok(Some(cost.parameters as f64));
    }
    let mut sizes = [0.0; 2];
    for (size, small) in sizes.iter_mut().zip(SMALL) {
        match bench.with_param(spec.name, ParamValue::Integer(small)).build(SEED) {
            Ok(model) => *size = model.n_parameters() as f64,
            Err(_) => return Ok(None),
        }
    }
    let [small, twice] = sizes;
    if small == 0.0 {
        return Ok(None);
    }
    // n · xᵖ with p from one doubling; quadratic growth has a linear part, which hides some of it.
    let power = libm::log2(twice / small);
    Ok(Some(twice * libm::pow(*n as f64 / SMALL[1] as f64, power)))
}

fn try_out(bench: &Bench, trains: bool) -> Result<(), String> {
    let mut model = match bench.build(SEED) {
        Ok(model) => model,
        Err(error @ ModelError::Parameter { name, .. }) => {
            let declared = bench.plugin.about().parameters.iter().any(|spec| spec.name == name);
            return if declared { Ok(()) } else { Err(format!("refused by a name that is not declared: {error}")) };
        }
        Err(error) => return Err(format!("refused, but not as a parameter: {error}")),
    };
    if !trains {
        return Ok(());
    }
    let examples = examples::learnable();
    let rows: Vec<u32> = (0..10).collect();
    let learned = bench.learn(model.as_mut(), &examples, &rows);
    match &learned {
        Err(ModelError::Parameter { .. } | ModelError::Diverged { .. }) => return Ok(()),
        Ok(_) | Err(ModelError::Other(_)) => {}
        Err(error) => return Err(error.to_string()),
    }
    let answered = predict(model.as_mut(), &examples, &examples.rows());
    match (answered, learned) {
        (Ok(_), _) => Ok(()),
        (Err(error), Ok(_)) => Err(error.to_string()),
        (Err(_), Err(first)) => Err(format!("it answers nothing more after it failed in training: {first}")),
    }
}
