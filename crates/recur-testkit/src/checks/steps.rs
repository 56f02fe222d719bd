//! What a step gets, and whether the model heeds it: the texts, their order, their labels' weights.

use super::{calm, promised, same_tensors};
use crate::battery::{Check, Stop, Verdict, ensure};
use crate::bench::{Bench, SEED, predict};
use crate::examples::{self, Examples, N_CLASSES};
use recur_core::model::{Model, ModelError};
use recur_core::settings::TrainingKey;

pub const CHECKS: &[Check] = &[
    Check::new(
        "the_loss_is_that_of_the_texts_in_nats",
        "a loss in bits, a mean instead of the loss of each text, a loss taken after the step",
        the_loss_is_that_of_the_texts_in_nats,
    ),
    Check::new(
        "texts_are_taken_in_the_order_given",
        "an order of the model's own: a sweep's shuffling would be for nothing",
        texts_are_taken_in_the_order_given,
    ),
    Check::new(
        "only_the_texts_given_are_learnt_from",
        "rows read by their place and not by `order`: validation texts would be learned",
        only_the_texts_given_are_learnt_from,
    ),
    Check::new("labels_weigh_what_they_are_said_to", "ignored class weights", labels_weigh_what_they_are_said_to),
];

/// Before the step for a model trained step by step, after the fit for one trained in one go; without dropout, with which training
/// and prediction differ. Odd texts too, and great losses: those of weights up to a hundred
/// times as large, with which a model may diverge.
fn the_loss_is_that_of_the_texts_in_nats(bench: &Bench) -> Verdict {
    let bench = &calm(bench);
    losses_are_predicted(bench, &examples::learnable(), 1.0)?;
    losses_are_predicted(bench, &examples::odd(), 1.0)?;
    let factors: &[f64] = if bench.is_one_shot() { &[] } else { &[10.0, 100.0] };
    factors.iter().try_for_each(|factor| losses_are_predicted(bench, &examples::learnable(), *factor))
}

/// One step, whose losses may be in any order, from weights that are `factor` times the first ones.
fn losses_are_predicted(bench: &Bench, examples: &Examples, factor: f64) -> Verdict {
    let n = examples.labels.len() as u32;
    let rows: Vec<u32> = (0..bench.training.batch_size.min(7)).map(|i| n - 1 - i).collect();
    let given = if bench.is_one_shot() { examples.rows() } else { rows };
    let predicted = |model: &mut dyn Model| -> Result<Vec<f64>, Stop> {
        let out = predict(model, examples, &given)?;
        let loss = |(row, out): (&u32, &[f32])| -f64::from(out[usize::from(examples.labels[*row as usize])]);
        Ok(given.iter().zip(out.chunks_exact(N_CLASSES)).map(loss).collect())
    };
    let mut model = bench.build(SEED)?;
    if factor != 1.0 {
        let mut weights = model.weights();
        weights.iter_mut().for_each(|tensor| super::scale(tensor, factor));
        model.set_weights(&weights)?;
    }
    let before = if bench.is_one_shot() { None } else { Some(predicted(model.as_mut())?) };
    let mut got = match bench.losses(model.as_mut(), examples, &given) {
        Err(ModelError::Diverged { .. }) if factor != 1.0 => return Ok(()),
        losses => losses?,
    };
    let mut expected = before.map_or_else(|| predicted(model.as_mut()), Ok)?;
    [&mut got, &mut expected].into_iter().for_each(|losses| losses.sort_by(f64::total_cmp));
    let near = |(got, expected): (&f64, &f64)| (got - expected).abs() <= 1e-3 * expected.abs().max(1.0);
    ensure(got.iter().zip(&expected).all(near), || {
        format!(
            "the losses of the {} texts are {got:.4?}, but their log-probabilities say {expected:.4?}. Where only these differ, training and \
             prediction compute different things: a network that reads later characters, for example, may not be evaluated on prefixes \
             that texts share",
            given.len()
        )
    })
}

/// Two models with the same initial weights.
fn two(bench: &Bench) -> Result<[Box<dyn Model>; 2], Stop> {
    let (one, mut other) = (bench.build(SEED)?, bench.build(SEED)?);
    if !bench.is_one_shot() {
        other.set_weights(&one.weights())?;
    }
    Ok([one, other])
}

fn texts_are_taken_in_the_order_given(bench: &Bench) -> Verdict {
    if bench.is_one_shot() {
        return Err(Stop::Skip("it sees all texts at once"));
    }
    promised(bench)?;
    let examples = examples::learnable();
    let mut backwards = examples.rows();
    backwards.reverse();
    let [mut one, mut other] = two(bench)?;
    bench.learn(one.as_mut(), &examples, &examples.rows())?;
    bench.learn(other.as_mut(), &examples, &backwards)?;
    let same = same_tensors(&one.weights(), &other.weights());
    ensure(!same, || "an epoch forwards and one backwards end in the same weights".to_owned())
}

/// Of two sets of texts, equal in the rows that are given and different in all others, it learns the same.
fn only_the_texts_given_are_learnt_from(bench: &Bench) -> Verdict {
    promised(bench)?;
    let examples = examples::learnable();
    let given: Vec<u32> = examples.rows().into_iter().filter(|row| row % 4 != 1).rev().collect();
    let others = changed_elsewhere(&examples, &given);
    let [mut one, mut other] = two(bench)?;
    let losses = [bench.learn(one.as_mut(), &examples, &given)?, bench.learn(other.as_mut(), &others, &given)?];
    let same = same_tensors(&one.weights(), &other.weights()) && losses[0].to_bits() == losses[1].to_bits();
    ensure(same, || "texts that are not in `order` changed what it learned".to_owned())
}

fn changed_elsewhere(examples: &Examples, given: &[u32]) -> Examples {
    let mut changed = Examples { sequences: recur_core::dataset::Sequences::new(), labels: examples.labels.clone() };
    for row in examples.rows() {
        let text = examples.sequences.get(row);
        if given.contains(&row) {
            changed.sequences.push(text.iter().copied());
        } else {
            changed.sequences.push(text.iter().map(|token| (token + 3) % 6));
            changed.labels[row as usize] = (changed.labels[row as usize] + 1) % N_CLASSES as u16;
        }
    }
    changed
}

/// One text under every label in turn: the label that weighs most becomes the most probable.
fn labels_weigh_what_they_are_said_to(bench: &Bench) -> Verdict {
    if !bench.heeds(TrainingKey::ClassWeights) {
        return Err(Stop::Skip("it declares that it does not use `class_weights`"));
    }
    let mut sequences = recur_core::dataset::Sequences::new();
    (0..30).for_each(|_| sequences.push([0, 2, 4]));
    let examples = Examples { sequences, labels: (0..30).map(|row| row % N_CLASSES as u16).collect() };
    // Where each model is a process, one of them.
    let first = if bench.build_is_costly() { N_CLASSES - 1 } else { 0 };
    for heavy in first..N_CLASSES {
        let mut weights = [1.0; N_CLASSES];
        weights[heavy] = 8.0;
        let mut model = bench.with_class_weights(weights).train(SEED, &examples)?.model;
        let out = predict(model.as_mut(), &examples, &[0])?;
        ensure(super::best(&out) == heavy, || {
            format!("of three labels with equal texts, {heavy} weighs eight times as much, but it predicts {out:?}")
        })?;
    }
    Ok(())
}
