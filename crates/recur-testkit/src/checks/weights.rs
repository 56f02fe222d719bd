//! Whether weights and training state hold all there is.

use super::{bits, same_tensors};
use crate::battery::{Check, Stop, Verdict, ensure};
use crate::bench::{Bench, SEED, predict};
use crate::names;
use recur_core::model::{Cancel, Model, ModelError};
use recur_core::tensor::Tensor;
use std::collections::BTreeSet;

pub const CHECKS: &[Check] = &[
    ("weights_are_well_named_and_counted", weights_are_well_named_and_counted),
    ("weights_carry_the_predictions_to_a_fresh_model", weights_carry_the_predictions_to_a_fresh_model),
    ("wrong_weights_are_refused", wrong_weights_are_refused),
    ("a_resumed_training_ends_in_the_same_bytes", a_resumed_training_ends_in_the_same_bytes),
    ("an_epoch_in_pieces_ends_in_the_same_bytes", an_epoch_in_pieces_ends_in_the_same_bytes),
    ("a_model_in_one_go_has_no_training_state", a_model_in_one_go_has_no_training_state),
];

fn weights_are_well_named_and_counted(bench: &Bench) -> Verdict {
    let model = bench.trained()?;
    let weights = model.weights();
    let names: BTreeSet<&str> = weights.iter().map(|tensor| tensor.name.as_str()).collect();
    ensure(names.len() == weights.len() && !names.contains(""), || "a name is empty or twice there".to_owned())?;
    let (trained, saved) = (model.n_parameters(), weights.iter().map(|tensor| tensor.data.len()).sum::<usize>());
    ensure((1..=saved).contains(&trained), || format!("{trained} trained numbers, but {saved} in the weights"))
}

/// The fresh model starts from another seed and has never been trained.
fn weights_carry_the_predictions_to_a_fresh_model(bench: &Bench) -> Verdict {
    let mut model = bench.trained()?;
    let mut fresh = bench.build(SEED + 1)?;
    fresh.set_weights(&model.weights())?;
    for names in [names::learnable(), names::odd()] {
        let expected = predict(model.as_mut(), &names, &names.rows())?;
        let got = predict(fresh.as_mut(), &names, &names.rows())?;
        ensure(bits(&got) == bits(&expected), || "the fresh model predicts other figures".to_owned())?;
    }
    ensure(same_tensors(&model.weights(), &fresh.weights()), || "the fresh model gives other weights".to_owned())
}

fn wrong_weights_are_refused(bench: &Bench) -> Verdict {
    let weights = bench.trained()?.weights();
    let unknown = Tensor::f32("no_such_tensor", [1], vec![0.0]);
    check_refused(bench, "an unknown tensor", &[&weights[..], &[unknown]].concat())?;
    for (i, tensor) in weights.iter().enumerate() {
        let mut fewer = weights.clone();
        fewer.remove(i);
        check_refused(bench, &format!("no `{}`", tensor.name), &fewer)?;
        let mut reshaped = weights.clone();
        reshaped[i].shape.push(1);
        check_refused(bench, &format!("`{}` of another shape", tensor.name), &reshaped)?;
    }
    Ok(())
}

fn check_refused(bench: &Bench, what: &str, weights: &[Tensor]) -> Verdict {
    match bench.build(SEED)?.set_weights(weights) {
        Err(ModelError::Weights { .. }) => Ok(()),
        Err(other) => Err(Stop::Fail(format!("{what} is refused as `{other}`"))),
        Ok(()) => Err(Stop::Fail(format!("{what} is taken"))),
    }
}

/// Two epochs, saved, loaded into a fresh model, two more: as four in one go.
fn a_resumed_training_ends_in_the_same_bytes(bench: &Bench) -> Verdict {
    if bench.is_one_shot() {
        return Err(Stop::Skip("it is trained in one go"));
    }
    let mut whole = bench.build(SEED)?;
    train(bench, whole.as_mut(), 0..2)?;
    let mut resumed = bench.build(SEED)?;
    resumed.set_weights(&whole.weights())?;
    resumed.set_training_state(&whole.training_state())?;
    for model in [&mut whole, &mut resumed] {
        train(bench, model.as_mut(), 2..4)?;
    }
    ensure(same_tensors(&whole.weights(), &resumed.weights()), || "the weights differ".to_owned())?;
    ensure(same_tensors(&whole.training_state(), &resumed.training_state()), || "the state differs".to_owned())
}

/// Two epochs in one piece each; and step by step, the second by a fresh model that goes on from what was saved.
fn an_epoch_in_pieces_ends_in_the_same_bytes(bench: &Bench) -> Verdict {
    if bench.is_one_shot() {
        return Err(Stop::Skip("it is trained in one go"));
    }
    let names = names::learnable();
    let (mut whole, mut pieces) = (bench.build(SEED)?, bench.build(SEED)?);
    for index in 0..2 {
        let expected = bench.epoch(whole.as_mut(), SEED, index, &names, &Cancel::new())?;
        let mut fresh = bench.build(SEED + 1)?;
        fresh.set_weights(&pieces.weights())?;
        fresh.set_training_state(&pieces.training_state())?;
        pieces = fresh;
        let loss = bench.epoch_in_pieces(pieces.as_mut(), index, &names, 1)?;
        ensure(loss.to_bits() == expected.to_bits(), || format!("the loss is {loss}, not {expected}"))?;
    }
    ensure(same_tensors(&whole.weights(), &pieces.weights()), || "the weights differ".to_owned())?;
    ensure(same_tensors(&whole.training_state(), &pieces.training_state()), || "the state differs".to_owned())
}

fn train(bench: &Bench, model: &mut dyn Model, epochs: std::ops::Range<u32>) -> Verdict {
    for index in epochs {
        bench.epoch(model, SEED, index, &names::learnable(), &Cancel::new())?;
    }
    Ok(())
}

fn a_model_in_one_go_has_no_training_state(bench: &Bench) -> Verdict {
    if !bench.is_one_shot() {
        return Err(Stop::Skip("it is trained step by step"));
    }
    let state = bench.trained()?.training_state();
    ensure(state.is_empty(), || format!("it has {} tensors of training state", state.len()))
}
