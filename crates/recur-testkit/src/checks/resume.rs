//! Whether a training that was saved and went on in another model ends in the same bytes.

use super::{in_steps, promised, same_tensors};
use crate::battery::{Check, Stop, Verdict, all_but, ensure};
use crate::bench::{Bench, SEED};
use crate::examples::{self, Examples};
use recur_core::model::{Cancel, Model, ModelError};
use recur_core::settings::{Optimizer, Schedule, TrainingLength, TrainingSettings};
use recur_core::tensor::Tensor;

pub const CHECKS: &[Check] = &[
    Check::new(
        "a_resumed_training_ends_in_the_same_bytes",
        "moments of the optimizer that are not in the training state",
        a_resumed_training_ends_in_the_same_bytes,
    ),
    Check::new(
        "an_epoch_in_chunks_ends_in_the_same_bytes",
        "what happens at the end of a call instead of the end of a step",
        an_epoch_in_chunks_ends_in_the_same_bytes,
    ),
    Check::new(
        "a_training_cut_at_any_step_ends_in_the_same_bytes",
        "a count of steps or epochs of the model's own; state that only some steps need",
        a_training_cut_at_any_step_ends_in_the_same_bytes,
    ),
    Check::new(
        "a_wrong_training_state_is_refused",
        "a checkpoint of another model, size or optimizer taken for its own",
        a_wrong_training_state_is_refused,
    ),
    Check::new(
        "a_model_in_one_go_has_no_training_state",
        "state that nobody will ever ask a one-shot model for",
        a_model_in_one_go_has_no_training_state,
    ),
];

/// Two epochs, saved, loaded into a fresh model, two more: as four in one go.
fn a_resumed_training_ends_in_the_same_bytes(bench: &Bench) -> Verdict {
    in_steps(bench)?;
    promised(bench)?;
    let mut whole = bench.build(SEED)?;
    train(bench, whole.as_mut(), 0..2)?;
    let mut resumed = bench.build_fresh(if bench.build_is_costly() { SEED } else { SEED + 1 })?;
    resumed.set_weights(&whole.weights())?;
    resumed.set_training_state(&whole.training_state())?;
    for model in [&mut whole, &mut resumed] {
        train(bench, model.as_mut(), 2..4)?;
    }
    ensure_same(whole.as_ref(), resumed.as_ref(), "")
}

/// Two epochs in one chunk each; and step by step, the second by a fresh model that goes on from what was saved.
fn an_epoch_in_chunks_ends_in_the_same_bytes(bench: &Bench) -> Verdict {
    in_steps(bench)?;
    promised(bench)?;
    chunks_are_as_whole(bench, "")?;
    if bench.build_is_costly() {
        return all_but(vec!["labels of other weights, as each model is a process".to_owned()]);
    }
    chunks_are_as_whole(&bench.with_class_weights([1.0, 4.0, 0.25]), " with labels that weigh 1, 4 and 1/4")
}

fn chunks_are_as_whole(bench: &Bench, which: &str) -> Verdict {
    let examples = examples::learnable();
    let mut whole = bench.build(SEED)?;
    let mut chunks = copy(bench, whole.as_ref())?;
    for index in 0..2 {
        let expected = bench.epoch(whole.as_mut(), SEED, index, &examples, &Cancel::new())?;
        chunks = copy(bench, chunks.as_ref())?;
        let loss = bench.epoch_in_chunks(chunks.as_mut(), index, &examples, 1)?;
        ensure(loss.to_bits() == expected.to_bits(), || format!("the loss is {loss}, not {expected},{which}"))?;
    }
    ensure_same(whole.as_ref(), chunks.as_ref(), which)
}

/// Of the second of two epochs, at every cut between two steps; with the training at hand, with plain SGD, and with
/// momentum under a schedule.
fn a_training_cut_at_any_step_ends_in_the_same_bytes(bench: &Bench) -> Verdict {
    in_steps(bench)?;
    promised(bench)?;
    let sgd = |momentum, schedule, clip_norm| TrainingSettings {
        optimizer: Optimizer::Sgd { momentum },
        schedule,
        clip_norm,
        ..bench.training.clone()
    };
    let trainings = [
        ("", bench.training.clone()),
        (" with plain SGD", sgd(0.0, Schedule::Constant, None)),
        (" with momentum and a cosine", sgd(0.9, Schedule::Cosine, Some(1.0))),
    ];
    let mut left_out = Vec::new();
    for (which, training) in trainings {
        if bench.build_is_costly() && training != bench.training {
            left_out.push(format!("training{which}, as each model is a process"));
            continue;
        }
        let short = TrainingSettings { length: TrainingLength::Epochs(2), ..training.clone() };
        let short = if training == bench.training { bench.for_epochs(2) } else { bench.trained_as(short) };
        match short.build(SEED) {
            Ok(_) => cut_everywhere(&short, &examples::learnable(), which)?,
            Err(error) => left_out.push(format!("training{which}, which it refuses: {error}")),
        }
    }
    all_but(left_out)
}

fn cut_everywhere(bench: &Bench, examples: &Examples, which: &str) -> Verdict {
    let n_steps = bench.n_steps(examples);
    let mut model = bench.build(SEED)?;
    bench.steps(model.as_mut(), 0, examples, 0..n_steps, 0.0)?;
    let mut saved = vec![(model.weights(), model.training_state(), 0.0)];
    for step in 0..n_steps {
        let (.., loss) = saved[step];
        let loss = bench.steps(model.as_mut(), 1, examples, step..step + 1, loss)?;
        saved.push((model.weights(), model.training_state(), loss));
    }
    let (.., expected) = saved[n_steps];
    for (step, (weights, state, loss)) in saved[..n_steps].iter().enumerate() {
        let mut resumed = resume(bench, weights, state)?;
        let loss = bench.steps(resumed.as_mut(), 1, examples, step..n_steps, *loss)?;
        let when = format!("{which} when cut before step {step} of an epoch");
        ensure(loss.to_bits() == expected.to_bits(), || format!("the loss is {loss}, not {expected},{when}"))?;
        ensure_same(model.as_ref(), resumed.as_ref(), &when)?;
    }
    Ok(())
}

fn a_wrong_training_state_is_refused(bench: &Bench) -> Verdict {
    let model = bench.trained()?;
    let state = model.training_state();
    let mut fresh = bench.build(SEED)?;
    let mut refused = |what: &str, state: &[Tensor]| match fresh.set_training_state(state) {
        Err(ModelError::Weights { .. }) => Ok(()),
        Err(other) => Err(Stop::Fail(format!("{what} is refused as `{other}`"))),
        Ok(()) => Err(Stop::Fail(format!("{what} is taken"))),
    };
    let unknown = Tensor::f32("no_such_tensor", [1], vec![0.0]);
    refused("an unknown tensor", &[&state[..], &[unknown]].concat())?;
    for i in 0..state.len() {
        let mut fewer = state.clone();
        let removed = fewer.remove(i);
        refused(&format!("no `{}`", removed.name), &fewer)?;
        let mut reshaped = state.clone();
        reshaped[i].shape.push(1);
        refused(&format!("`{}` of another shape", removed.name), &reshaped)?;
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

fn train(bench: &Bench, model: &mut dyn Model, epochs: std::ops::Range<u32>) -> Verdict {
    for index in epochs {
        bench.epoch(model, SEED, index, &examples::learnable(), &Cancel::new())?;
    }
    Ok(())
}

/// A model that goes on from what `model` gives to be saved; it starts from another seed, where that is not another process.
fn copy(bench: &Bench, model: &dyn Model) -> Result<Box<dyn Model>, Stop> {
    resume(bench, &model.weights(), &model.training_state())
}

fn resume(bench: &Bench, weights: &[Tensor], state: &[Tensor]) -> Result<Box<dyn Model>, Stop> {
    let mut model = bench.build(if bench.build_is_costly() { SEED } else { SEED + 1 })?;
    model.set_weights(weights)?;
    model.set_training_state(state)?;
    Ok(model)
}

fn ensure_same(whole: &dyn Model, resumed: &dyn Model, when: &str) -> Verdict {
    ensure(same_tensors(&whole.weights(), &resumed.weights()), || format!("the weights differ{when}"))?;
    ensure(same_tensors(&whole.training_state(), &resumed.training_state()), || format!("the state differs{when}"))
}
