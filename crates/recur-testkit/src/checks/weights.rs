//! Whether the weights hold all that prediction needs, and nothing else.

use super::{same_results, same_tensors, shift};
use crate::battery::{Check, Stop, Verdict, all_but, ensure};
use crate::bench::{Bench, SEED, predict};
use crate::examples;
use recur_core::model::{Model, ModelError};
use recur_core::tensor::{Tensor, TensorData};
use std::collections::BTreeSet;

pub const CHECKS: &[Check] = &[
    Check::new(
        "weights_are_well_named",
        "a tensor without a name, or two of one name: files of weights would lose one",
        weights_are_well_named,
    ),
    Check::new(
        "n_parameters_counts_what_training_moves",
        "a count that forgets a weight, or counts what is not saved",
        n_parameters_counts_what_training_moves,
    ),
    Check::new(
        "weights_carry_the_predictions_to_a_fresh_model",
        "a bias that is not saved, or not taken back",
        weights_carry_the_predictions_to_a_fresh_model,
    ),
    Check::new(
        "prediction_needs_no_training_settings",
        "a model that cannot be built, or answers otherwise, where it will only predict: `recur predict` has no spec",
        prediction_needs_no_training_settings,
    ),
    Check::new("every_weight_matters", "a tensor that is saved and taken back, but never read", every_weight_matters),
    Check::new(
        "wrong_weights_are_refused",
        "another model's file taken for its own: a tensor missing, unknown or of another shape",
        wrong_weights_are_refused,
    ),
    Check::new(
        "the_declared_cost_is_not_exceeded",
        "more numbers, or more bytes of weights, than `recur models` says",
        the_declared_cost_is_not_exceeded,
    ),
    Check::new(
        "weights_and_state_do_not_grow",
        "a list that training only ever adds to; state out of proportion to the weights",
        weights_and_state_do_not_grow,
    ),
];

/// Built without training settings, as `recur predict` builds it, it takes the weights and gives the same answers.
fn prediction_needs_no_training_settings(bench: &Bench) -> Verdict {
    let examples = examples::learnable();
    let mut model = bench.trained()?;
    let expected = predict(model.as_mut(), &examples, &examples.rows())?;
    let mut predictor = bench.build_to_predict()?;
    predictor.set_weights(&model.weights())?;
    let got = predict(predictor.as_mut(), &examples, &examples.rows())?;
    ensure(same_results(bench, &got, &expected), || "without training settings it answers otherwise".to_owned())
}

fn weights_are_well_named(bench: &Bench) -> Verdict {
    let weights = bench.trained()?.weights();
    let names: BTreeSet<&str> = weights.iter().map(|tensor| tensor.name.as_str()).collect();
    ensure(names.len() == weights.len() && !names.contains(""), || "a name is empty or twice there".to_owned())
}

/// At least as many as training changes, on texts with every character, and at most as many as are saved.
fn n_parameters_counts_what_training_moves(bench: &Bench) -> Verdict {
    let examples = examples::learnable().and(&examples::unseen());
    let few = bench.for_epochs(2);
    let before = bench.build(SEED)?.weights();
    let model = few.train(SEED, &examples)?.model;
    let (counted, after) = (model.n_parameters(), model.weights());
    let saved = n_numbers(&after);
    ensure((1..=saved).contains(&counted), || format!("{counted} parameters, but {saved} in the weights"))?;
    if bench.is_one_shot() {
        return Ok(());
    }
    let moved: usize = before.iter().zip(&after).map(|(before, after)| n_changed(before, after)).sum();
    ensure(moved <= counted, || format!("{counted} parameters, but training changed {moved}"))
}

fn n_numbers(tensors: &[Tensor]) -> usize {
    tensors.iter().map(|tensor| tensor.data.len()).sum()
}

fn n_changed(before: &Tensor, after: &Tensor) -> usize {
    match (&before.data, &after.data) {
        (TensorData::F32(a), TensorData::F32(b)) => a.iter().zip(b).filter(|(a, b)| a != b).count(),
        (TensorData::F64(a), TensorData::F64(b)) => a.iter().zip(b).filter(|(a, b)| a != b).count(),
        _ => 0,
    }
}

/// The fresh model has never been trained; it starts from another seed, where that is not another process.
fn weights_carry_the_predictions_to_a_fresh_model(bench: &Bench) -> Verdict {
    let mut model = bench.trained()?;
    let seed = if bench.build_is_costly() { SEED } else { SEED + 1 };
    let mut fresh = bench.build_fresh(seed)?;
    fresh.set_weights(&model.weights())?;
    let examples = examples::learnable();
    let expected = predict(model.as_mut(), &examples, &examples.rows())?;
    let got = predict(fresh.as_mut(), &examples, &examples.rows())?;
    ensure(same_results(bench, &got, &expected), || "the fresh model predicts other results".to_owned())?;
    ensure(same_tensors(&model.weights(), &fresh.weights()), || "the fresh model gives other weights".to_owned())
}

/// Each float tensor, with its numbers moved, gives some text other results.
fn every_weight_matters(bench: &Bench) -> Verdict {
    let mut model = bench.trained()?;
    let examples = examples::learnable();
    let (weights, before) = (model.weights(), predict(model.as_mut(), &examples, &examples.rows())?);
    let mut left_out = Vec::new();
    for (at, tensor) in weights.iter().enumerate() {
        let mut moved = weights.clone();
        if !shift(&mut moved[at], |i| 0.25 + 0.125 * (i % 5) as f64) {
            left_out.push(format!("`{}`, which is of whole numbers", tensor.name));
            continue;
        }
        if model.set_weights(&moved).is_err() {
            left_out.push(format!("`{}`, which does not take any numbers", tensor.name));
            continue;
        }
        // An answer that is no distribution any more is another answer.
        let is_other = predict(model.as_mut(), &examples, &examples.rows()).map_or(true, |after| after != before);
        ensure(is_other, || format!("`{}` can be changed, and no text's results change", tensor.name))?;
    }
    all_but(left_out)
}

fn wrong_weights_are_refused(bench: &Bench) -> Verdict {
    // Each by a model that has learned nothing: one that learns in one go takes weights of any size then.
    let weights = bench.trained()?.weights();
    let mut model = if bench.is_one_shot() { bench.build_fresh(SEED)? } else { bench.build(SEED)? };
    let model = model.as_mut();
    let unknown = Tensor::f32("no_such_tensor", [1], vec![0.0]);
    check_refused(model, "an unknown tensor", &[&weights[..], &[unknown]].concat())?;
    for (i, tensor) in weights.iter().enumerate() {
        let mut fewer = weights.clone();
        fewer.remove(i);
        check_refused(model, &format!("no `{}`", tensor.name), &fewer)?;
        let mut reshaped = weights.clone();
        reshaped[i].shape.push(1);
        check_refused(model, &format!("`{}` of another shape", tensor.name), &reshaped)?;
    }
    Ok(())
}

fn check_refused(model: &mut dyn Model, what: &str, weights: &[Tensor]) -> Verdict {
    match model.set_weights(weights) {
        Err(ModelError::Weights { .. }) => Ok(()),
        Err(other) => Err(Stop::Fail(format!("{what} is refused as `{other}`"))),
        Ok(()) => Err(Stop::Fail(format!("{what} is taken"))),
    }
}

fn the_declared_cost_is_not_exceeded(bench: &Bench) -> Verdict {
    let longest = examples::learnable().and(&examples::odd());
    let characters = longest.rows().iter().map(|row| longest.sequences.get(*row).len()).max().unwrap_or(1) as u64;
    let Some(cost) = bench.cost(characters) else { return Err(Stop::Skip("it declares no cost")) };
    let model = bench.trained()?;
    let bytes = |tensor: &Tensor| match &tensor.data {
        TensorData::F32(data) => 4 * data.len() as u64,
        TensorData::F64(data) => 8 * data.len() as u64,
        TensorData::I64(data) => 8 * data.len() as u64,
        TensorData::U8(data) => data.len() as u64,
    };
    let has = (model.n_parameters() as u64, model.weights().iter().map(bytes).sum::<u64>());
    ensure(has.0 <= cost.parameters && has.1 <= cost.weight_bytes, || {
        format!("{} parameters and {} bytes of weights, but it declares {cost:?}", has.0, has.1)
    })
}

/// After one epoch and after five, weights and state are as large; the state has a few numbers for each trained one.
fn weights_and_state_do_not_grow(bench: &Bench) -> Verdict {
    /// Numbers of state for each trained number; Adam has two.
    const STATE: usize = 8;
    let examples = examples::learnable();
    let size = |epochs| -> Result<[usize; 3], Stop> {
        let model = bench.for_epochs(epochs).train(SEED, &examples)?.model;
        Ok([n_numbers(&model.weights()), n_numbers(&model.training_state()), model.n_parameters()])
    };
    let (early, late) = (size(1)?, size(5)?);
    ensure(bench.is_one_shot() || early == late, || {
        format!("weights, state and count were {early:?} after an epoch and {late:?} after five")
    })?;
    let [_, state, counted] = late;
    ensure(state <= STATE * counted + 64, || format!("{state} numbers of state for {counted} trained ones"))
}
