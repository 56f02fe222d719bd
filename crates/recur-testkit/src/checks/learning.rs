//! Whether it learns, from plain names and from odd ones.

use crate::battery::{Check, Stop, Verdict, ensure};
use crate::bench::{Bench, SEED, predict};
use crate::names::{self, N_CLASSES, Names};
use recur_core::model::{Cancel, ModelError};

pub const CHECKS: &[Check] = &[
    ("loss_falls", loss_falls),
    ("training_names_are_learnt", training_names_are_learnt),
    ("odd_names_can_be_trained_on", odd_names_can_be_trained_on),
    ("a_label_without_names_is_no_obstacle", a_label_without_names_is_no_obstacle),
    ("one_label_alone_does_not_panic", one_label_alone_does_not_panic),
    ("a_raised_cancel_flag_stops_it", a_raised_cancel_flag_stops_it),
];

/// Share of the training names that must be right; a third is chance.
const LEARNT: f64 = 0.8;

fn loss_falls(bench: &Bench) -> Verdict {
    let losses = bench.train(SEED, &names::learnable())?.losses;
    ensure(losses.iter().all(|loss| loss.is_finite()), || format!("losses {losses:?}"))?;
    let chance = libm::log(N_CLASSES as f64);
    let start = if bench.is_one_shot() { chance } else { losses[0] };
    let end = losses[losses.len() - 1];
    ensure(end < 0.8 * start.min(1.5 * chance), || format!("loss went from {start} to {end}"))
}

fn training_names_are_learnt(bench: &Bench) -> Verdict {
    let names = names::learnable();
    let mut model = bench.train(SEED, &names)?.model;
    let out = predict(model.as_mut(), &names, &names.rows())?;
    let best = |row: &[f32]| (1..N_CLASSES).fold(0, |best, label| if row[label] > row[best] { label } else { best });
    let right = out.chunks_exact(N_CLASSES).zip(&names.labels).filter(|(row, label)| best(row) == usize::from(**label));
    let accuracy = right.count() as f64 / names.labels.len() as f64;
    ensure(accuracy >= LEARNT, || format!("{accuracy:.2} of the training names are right, expected {LEARNT}"))
}

fn odd_names_can_be_trained_on(bench: &Bench) -> Verdict {
    let names = names::odd();
    let mut trained = bench.train(SEED, &names)?;
    ensure(trained.losses.iter().all(|loss| loss.is_finite()), || format!("losses {:?}", trained.losses))?;
    let out = predict(trained.model.as_mut(), &names, &names.rows())?;
    ensure(out.iter().all(|x| x.is_finite()), || "a log-probability is not finite".to_owned())
}

fn relabelled(label: impl Fn(u16) -> u16) -> Names {
    let names = names::learnable();
    Names { labels: names.labels.iter().map(|old| label(*old)).collect(), sequences: names.sequences }
}

/// Labels 0 and 2 only: the middle one has no names.
fn a_label_without_names_is_no_obstacle(bench: &Bench) -> Verdict {
    let names = relabelled(|label| if label == 1 { 2 } else { label });
    let mut model = bench.train(SEED, &names)?.model;
    let out = predict(model.as_mut(), &names, &names.rows())?;
    ensure(out.iter().all(|x| x.is_finite()), || "a log-probability is not finite".to_owned())?;
    let middle_wins = |row: &[f32]| row[1] > row[0] && row[1] > row[2];
    let n_middle = out.chunks_exact(N_CLASSES).filter(|row| middle_wins(row)).count();
    ensure(n_middle == 0, || format!("{n_middle} names got a label that no training name has"))
}

/// It may be refused, as long as it is refused with an error.
fn one_label_alone_does_not_panic(bench: &Bench) -> Verdict {
    let names = relabelled(|_| 1);
    let Ok(mut trained) = bench.train(SEED, &names) else { return Ok(()) };
    let out = predict(trained.model.as_mut(), &names, &names.rows())?;
    ensure(out.iter().all(|x| x.is_finite()), || "a log-probability is not finite".to_owned())
}

fn a_raised_cancel_flag_stops_it(bench: &Bench) -> Verdict {
    let mut model = bench.build(SEED)?;
    let cancel = Cancel::new();
    cancel.cancel();
    match bench.epoch(model.as_mut(), SEED, 0, &names::learnable(), &cancel) {
        Err(ModelError::Cancelled) => Ok(()),
        Err(other) => Err(other.into()),
        Ok(_) => Err(Stop::Fail("it trained on".to_owned())),
    }
}
