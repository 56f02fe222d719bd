//! What is left of the past: answers of earlier weights, weights of a refused call, losses that are no numbers.

use super::{in_steps, promised, same_results, same_tensors, shift};
use crate::battery::{Check, Stop, Verdict, ensure};
use crate::bench::{Bench, SEED, predict};
use crate::examples::{self, Examples};
use recur_core::model::{Cancel, Model, ModelError};
use recur_core::tensor::{Tensor, TensorData};

pub const CHECKS: &[Check] = &[
    Check::new(
        "answers_follow_from_the_weights_at_hand",
        "answers that are kept, and given again after training or other weights; a second copy of the weights that is not renewed",
        answers_follow_from_the_weights_at_hand,
    ),
    Check::new(
        "training_goes_on_from_the_weights_at_hand",
        "what an earlier training left outside of weights and state; a second copy of the weights that is not renewed",
        training_goes_on_from_the_weights_at_hand,
    ),
    Check::new(
        "refused_weights_change_nothing",
        "weights or training state that are refused halfway: the model is a mixture of both",
        refused_weights_change_nothing,
    ),
    Check::new(
        "a_loss_that_is_no_number_is_a_divergence",
        "a NaN that is hidden behind a number, or handed on as a loss",
        a_loss_that_is_no_number_is_a_divergence,
    ),
];

/// Asks before and after each change, and compares with a model that has never been asked.
fn answers_follow_from_the_weights_at_hand(bench: &Bench) -> Verdict {
    let examples = [examples::learnable(), examples::ten()];
    let mut model = bench.build(SEED)?;
    let start = model.weights();
    // An untrained model of those that learn in one go need not answer.
    let ask = |model: &mut dyn Model, examples: &Examples| predict(model, examples, &examples.rows());
    let asked = ask(model.as_mut(), &examples[0]);
    asked.map_or_else(|error| if bench.is_one_shot() { Ok(()) } else { Err(error) }, |_| Ok(()))?;
    let mut fresh = bench.build(SEED)?;
    let mut compare = |model: &mut dyn Model, when: &str| -> Verdict {
        fresh.set_weights(&model.weights())?;
        for examples in &examples {
            let (got, expected) = (ask(model, examples)?, ask(fresh.as_mut(), examples)?);
            ensure(same_results(bench, &got, &expected), || {
                format!("a model that was asked before answers otherwise {when} than one with its weights that was not")
            })?;
        }
        Ok(())
    };
    if bench.is_one_shot() {
        bench.epoch(model.as_mut(), SEED, 0, &examples[0], &Cancel::new())?;
        return compare(model.as_mut(), "after it has learned");
    }
    // Whole epochs and halves of them.
    let n = bench.n_steps(&examples[0]);
    for (epoch, steps) in [(0, 0..n.div_ceil(2)), (0, n.div_ceil(2)..n), (1, 0..n)] {
        bench.steps(model.as_mut(), epoch, &examples[0], steps, 0.0)?;
        compare(model.as_mut(), "after it has learned")?;
    }
    model.set_weights(&start)?;
    let mut untouched = bench.build(SEED)?;
    for examples in &examples {
        let (got, expected) = (ask(model.as_mut(), examples)?, ask(untouched.as_mut(), examples)?);
        ensure(same_results(bench, &got, &expected), || "with other weights it answers as before".to_owned())?;
    }
    bench.epoch(model.as_mut(), SEED, 0, &examples[0], &Cancel::new())?;
    compare(model.as_mut(), "after it got other weights and learned")
}

/// A used model that gets the first weights and state back learns as a fresh one.
fn training_goes_on_from_the_weights_at_hand(bench: &Bench) -> Verdict {
    in_steps(bench)?;
    promised(bench)?;
    let examples = examples::learnable();
    let [mut used, mut fresh] = [bench.build(SEED)?, bench.build(SEED)?];
    let (weights, state) = (used.weights(), used.training_state());
    for epoch in 0..2 {
        bench.epoch(used.as_mut(), SEED, epoch, &examples, &Cancel::new())?;
    }
    used.set_weights(&weights)?;
    used.set_training_state(&state)?;
    for epoch in 0..2 {
        let losses =
            [&mut used, &mut fresh].map(|model| bench.epoch(model.as_mut(), SEED, epoch, &examples, &Cancel::new()));
        let [got, expected] = losses;
        let same = got?.to_bits() == expected?.to_bits() && same_tensors(&used.weights(), &fresh.weights());
        ensure(same, || {
            "a model that got its first weights and training state back learns otherwise than a fresh one: something else is left of \
             what it learned before"
                .to_owned()
        })?;
    }
    Ok(())
}

fn refused_weights_change_nothing(bench: &Bench) -> Verdict {
    let mut model = if bench.is_one_shot() { bench.trained()? } else { bench.for_epochs(1).trained()? };
    let (weights, state) = (model.weights(), model.training_state());
    // How long the weights of a model that learns in one go are may follow from its texts.
    let fits = |what: &str| bench.is_one_shot() && what.starts_with("a longer");
    for (what, wrong) in wrongs(&weights).into_iter().filter(|(what, _)| !fits(what)) {
        refused(&what, model.set_weights(&wrong))?;
        ensure(same_tensors(&model.weights(), &weights), || {
            format!(
                "weights with {what} are refused, but some of their numbers were taken: check all tensors before the first is taken"
            )
        })?;
    }
    for (what, wrong) in wrongs(&state) {
        refused(&what, model.set_training_state(&wrong))?;
        let same = same_tensors(&model.training_state(), &state) && same_tensors(&model.weights(), &weights);
        ensure(same, || format!("a training state with {what} is refused, but some of its numbers were taken"))?;
    }
    Ok(())
}

fn refused(what: &str, taken: Result<(), ModelError>) -> Verdict {
    match taken {
        Err(ModelError::Weights { .. }) => Ok(()),
        Err(other) => Err(other.into()),
        Ok(()) => Err(Stop::Fail(format!("{what} is taken"))),
    }
}

/// `tensors` with other numbers, one of them at a time broken: missing, of another shape with as many numbers, of another shape
/// with more of them, or followed by an unknown one.
fn wrongs(tensors: &[Tensor]) -> Vec<(String, Vec<Tensor>)> {
    let mut moved = tensors.to_vec();
    for tensor in &mut moved {
        shift(tensor, |i| 0.5 + i as f64 / 8.0);
        if let TensorData::I64(data) = &mut tensor.data {
            data.iter_mut().for_each(|n| *n += 1);
        }
    }
    let mut wrongs = Vec::new();
    for (at, tensor) in tensors.iter().enumerate() {
        let with = |broken: Option<Tensor>| {
            let mut wrong = moved.clone();
            wrong.splice(at..=at, broken);
            wrong
        };
        let flat = moved[at].clone();
        let flat = Tensor { shape: [&flat.shape[..], &[1]].concat(), ..flat };
        wrongs.push((format!("no `{}`", tensor.name), with(None)));
        wrongs.push((format!("`{}` of another shape", tensor.name), with(Some(flat))));
        if let Some(longer) = longer(&moved[at]) {
            wrongs.push((format!("a longer `{}`", tensor.name), with(Some(longer))));
        }
    }
    wrongs.push((
        "an unknown tensor".to_owned(),
        [&moved[..], &[Tensor::f32("no_such_tensor", [1], vec![0.0])]].concat(),
    ));
    wrongs
}

/// One more row, or number, of zeros; none of whole numbers.
fn longer(tensor: &Tensor) -> Option<Tensor> {
    let mut shape = tensor.shape.clone();
    *shape.first_mut()? += 1;
    let n = shape.iter().product();
    let mut data = tensor.data.clone();
    match &mut data {
        TensorData::F32(data) => data.resize(n, 0.0),
        TensorData::F64(data) => data.resize(n, 0.0),
        _ => return None,
    }
    Some(Tensor::new(tensor.name.clone(), shape, data))
}

/// No loss follows from weights that are no numbers; the step is that of the whole training.
fn a_loss_that_is_no_number_is_a_divergence(bench: &Bench) -> Verdict {
    const STEP: u64 = 77;
    in_steps(bench)?;
    let examples = examples::learnable();
    let mut model = bench.build(SEED)?;
    let mut weights = model.weights();
    for tensor in &mut weights {
        shift(tensor, |_| f64::NAN);
    }
    match model.set_weights(&weights) {
        Ok(()) => {}
        // To refuse them is an answer as well.
        Err(ModelError::Weights { .. }) => return Ok(()),
        Err(other) => return Err(other.into()),
    }
    match bench.learn_at(model.as_mut(), SEED, (1, STEP, 1000), &examples, &examples.rows()) {
        Err(ModelError::Diverged { step: STEP, .. }) => Ok(()),
        Err(ModelError::Diverged { step, .. }) => Err(Stop::Fail(format!(
            "it diverges in step {STEP}, counted from 0 over the whole training, and says that it is step {step}"
        ))),
        Err(other) => {
            Err(Stop::Fail(format!("with weights that are no numbers, training ends as `{other}`, not as diverged")))
        }
        Ok(loss) => Err(Stop::Fail(format!(
            "with weights that are no numbers, training goes on with losses of {loss} together: a loss that is not finite is \
             `ModelError::Diverged`"
        ))),
    }
}
