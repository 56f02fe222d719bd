//! What it says of names.

use super::bits;
use crate::battery::{Check, Verdict, ensure};
use crate::bench::{Bench, predict};
use crate::names::{self, N_CLASSES, Names};
use recur_core::model::Model;

pub const CHECKS: &[Check] = &[
    ("log_probabilities_are_normalised", log_probabilities_are_normalised),
    ("odd_names_have_log_probabilities", odd_names_have_log_probabilities),
    ("predictions_do_not_depend_on_the_batch", predictions_do_not_depend_on_the_batch),
    ("predictions_do_not_depend_on_the_order", predictions_do_not_depend_on_the_order),
    ("asking_changes_nothing", asking_changes_nothing),
];

/// How far the probabilities of a name may sum from 1.
const SUM: f64 = 1e-4;

fn check_normalised(model: &mut dyn Model, names: &Names) -> Verdict {
    let rows = names.rows();
    let out = predict(model, names, &rows)?;
    for (row, log_probabilities) in rows.iter().zip(out.chunks_exact(N_CLASSES)) {
        let sum: f64 = log_probabilities.iter().map(|x| libm::exp(f64::from(*x))).sum();
        let finite = log_probabilities.iter().all(|x| x.is_finite());
        ensure(finite && (sum - 1.0).abs() <= SUM, || {
            let name = names.sequences.get(*row);
            let shown = &name[..name.len().min(8)];
            format!("the name {shown:?}… of {} letters got {log_probabilities:?}, which sum to {sum}", name.len())
        })?;
    }
    Ok(())
}

fn log_probabilities_are_normalised(bench: &Bench) -> Verdict {
    check_normalised(bench.trained()?.as_mut(), &names::learnable())
}

fn odd_names_have_log_probabilities(bench: &Bench) -> Verdict {
    check_normalised(bench.trained()?.as_mut(), &names::odd())
}

/// Batches of one, seven and all, from learnable and odd names alike, give each name the same bits.
fn predictions_do_not_depend_on_the_batch(bench: &Bench) -> Verdict {
    let mut model = bench.trained()?;
    for names in [names::learnable(), names::odd()] {
        let rows = names.rows();
        let all = predict(model.as_mut(), &names, &rows)?;
        for size in [1, 7] {
            let mut parts = Vec::new();
            for batch in rows.chunks(size) {
                parts.extend(predict(model.as_mut(), &names, batch)?);
            }
            ensure(bits(&parts) == bits(&all), || format!("batches of {size} and of {} differ", rows.len()))?;
        }
    }
    Ok(())
}

fn predictions_do_not_depend_on_the_order(bench: &Bench) -> Verdict {
    let mut model = bench.trained()?;
    for names in [names::learnable(), names::odd()] {
        let mut rows = names.rows();
        let all = predict(model.as_mut(), &names, &rows)?;
        rows.reverse();
        let reversed = predict(model.as_mut(), &names, &rows)?;
        let back: Vec<f32> = reversed.chunks_exact(N_CLASSES).rev().flatten().copied().collect();
        ensure(bits(&back) == bits(&all), || "names in reverse order got other figures".to_owned())?;
    }
    Ok(())
}

fn asking_changes_nothing(bench: &Bench) -> Verdict {
    let mut model = bench.trained()?;
    let (names, odd) = (names::learnable(), names::odd());
    let first = predict(model.as_mut(), &names, &names.rows())?;
    let weights = model.weights();
    predict(model.as_mut(), &odd, &odd.rows())?;
    let second = predict(model.as_mut(), &names, &names.rows())?;
    ensure(bits(&first) == bits(&second), || "a second asking got other figures".to_owned())?;
    ensure(super::same_tensors(&weights, &model.weights()), || "asking changed the weights".to_owned())
}
