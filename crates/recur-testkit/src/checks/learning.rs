//! Whether it learns, from plain texts and from odd ones.

use super::{all_finite, best, n_right};
use crate::battery::{Check, Stop, Verdict, ensure};
use crate::bench::{Bench, SEED, predict};
use crate::examples::{self, N_CLASSES, PER_LABEL};
use recur_core::model::{Cancel, ModelError};

pub const CHECKS: &[Check] = &[
    Check::new("loss_falls", "a model that does not learn, or learns the wrong way", loss_falls),
    Check::new(
        "training_texts_are_learnt",
        "predictions that have nothing to do with what was learned",
        training_texts_are_learnt,
    ),
    Check::new(
        "ten_texts_are_learnt_by_heart",
        "a model that cannot come close to its texts, however long it looks at them",
        ten_texts_are_learnt_by_heart,
    ),
    Check::new(
        "odd_texts_can_be_trained_on",
        "texts of one or 200 characters that break the training",
        odd_texts_can_be_trained_on,
    ),
    Check::new(
        "a_label_without_texts_is_allowed",
        "a division by the number of a label's texts",
        a_label_without_texts_is_allowed,
    ),
    Check::new(
        "one_label_alone_does_not_panic",
        "a panic or NaN where all texts have one label",
        one_label_alone_does_not_panic,
    ),
    Check::new(
        "unbalanced_labels_are_learnt",
        "a common label that drowns the others, or rare ones that break the training",
        unbalanced_labels_are_learnt,
    ),
    Check::new("a_raised_cancel_flag_stops_it", "an ignored stop: Ctrl-C would wait", a_raised_cancel_flag_stops_it),
];

/// Share of the training texts that must be right; a third is chance.
const LEARNT: f64 = 0.8;

fn loss_falls(bench: &Bench) -> Verdict {
    let losses = bench.train(SEED, &examples::learnable())?.losses;
    ensure(losses.iter().all(|loss| loss.is_finite()), || format!("losses {losses:?}"))?;
    let chance = libm::log(N_CLASSES as f64);
    let start = if bench.is_one_shot() { chance } else { losses[0] };
    let end = losses[losses.len() - 1];
    ensure(end < 0.8 * start.min(1.5 * chance), || format!("loss went from {start} to {end}"))
}

fn training_texts_are_learnt(bench: &Bench) -> Verdict {
    let examples = examples::learnable();
    let mut model = bench.train(SEED, &examples)?.model;
    let out = predict(model.as_mut(), &examples, &examples.rows())?;
    let accuracy = n_right(&out, &examples) as f64 / examples.labels.len() as f64;
    ensure(accuracy >= LEARNT, || format!("{accuracy:.2} of the training texts are right, expected {LEARNT}"))
}

/// 200 epochs of two steps each.
fn ten_texts_are_learnt_by_heart(bench: &Bench) -> Verdict {
    let examples = examples::ten();
    let mut model = bench.for_epochs(200).train(SEED, &examples)?.model;
    let out = predict(model.as_mut(), &examples, &examples.rows())?;
    let right = n_right(&out, &examples);
    ensure(right == examples.labels.len(), || format!("{right} of 10 texts are right after 200 epochs"))
}

fn odd_texts_can_be_trained_on(bench: &Bench) -> Verdict {
    let examples = examples::odd();
    let mut trained = bench.for_epochs(5).train(SEED, &examples)?;
    ensure(trained.losses.iter().all(|loss| loss.is_finite()), || format!("losses {:?}", trained.losses))?;
    all_finite(&predict(trained.model.as_mut(), &examples, &examples.rows())?)
}

/// Labels 0 and 2 only: the middle one has no texts.
fn a_label_without_texts_is_allowed(bench: &Bench) -> Verdict {
    let examples = examples::learnable().relabelled(|label| if label == 1 { 2 } else { label });
    let mut model = bench.train(SEED, &examples)?.model;
    let out = predict(model.as_mut(), &examples, &examples.rows())?;
    all_finite(&out)?;
    let n_middle = out.chunks_exact(N_CLASSES).filter(|row| best(row) == 1).count();
    ensure(n_middle == 0, || format!("{n_middle} texts got a label that no training text has"))
}

/// It may be refused, as long as it is refused with an error.
fn one_label_alone_does_not_panic(bench: &Bench) -> Verdict {
    let examples = examples::learnable().relabelled(|_| 1);
    let Ok(mut trained) = bench.for_epochs(5).train(SEED, &examples) else { return Ok(()) };
    all_finite(&predict(trained.model.as_mut(), &examples, &examples.rows())?)
}

/// At least one text more is right than if all had the common label; 80 epochs, as there are few texts.
fn unbalanced_labels_are_learnt(bench: &Bench) -> Verdict {
    let examples = examples::unbalanced();
    let mut trained = bench.for_epochs(80).train(SEED, &examples)?;
    ensure(trained.losses.iter().all(|loss| loss.is_finite()), || format!("losses {:?}", trained.losses))?;
    let out = predict(trained.model.as_mut(), &examples, &examples.rows())?;
    all_finite(&out)?;
    let (right, n) = (n_right(&out, &examples), examples.labels.len());
    ensure(right > PER_LABEL, || format!("{right} of {n} texts are right, and {PER_LABEL} have the common label"))
}

fn a_raised_cancel_flag_stops_it(bench: &Bench) -> Verdict {
    let mut model = bench.build(SEED)?;
    let before = model.weights();
    let cancel = Cancel::new();
    cancel.cancel();
    match bench.epoch(model.as_mut(), SEED, 0, &examples::learnable(), &cancel) {
        Err(ModelError::Cancelled) => {
            let same = super::same_tensors(&before, &model.weights());
            ensure(same, || "it says that it stopped, but made a step before".to_owned())
        }
        Err(other) => Err(other.into()),
        Ok(_) => Err(Stop::Fail("it trained on".to_owned())),
    }
}
