//! Whether a gradient becomes a step as the spec's `training` says: the optimizer, its momentum, clipping, the schedule.
//!
//! Gradients are read off single steps of plain SGD, with the weights, texts and step number of the training that is
//! looked at, so that what a model draws at random is drawn alike. [`Reference`] makes the expected step of them.

use super::gradient::{LEARNING_RATE, batch_size, estimated_rate, far, plain_training};
use super::numbers::{Numbers, difference, first_apart, length, length_of_all, rounding};
use super::{floats, in_steps};
use crate::battery::{Check, Stop, Verdict, all_but, ensure};
use crate::bench::{Bench, SEED};
use crate::examples::{self, Examples};
use crate::reference::{Mistake, Place, Reference};
use recur_core::model::Model;
use recur_core::params::ParamValue;
use recur_core::settings::{Optimizer, Schedule, TrainingKey, TrainingLength, TrainingSettings};
use recur_core::tensor::Tensor;

pub const CHECKS: &[Check] = &[Check::new(
    "steps_are_those_of_the_optimizer",
    "Adam without bias correction, a dampened or forgotten momentum, an ignored `clip_norm` or schedule, steps counted from 1",
    steps_are_those_of_the_optimizer,
)];

/// Texts a step, and in the last of an epoch; an epoch has [`STEPS`] of them, and a training [`EPOCHS`].
const BATCH: u32 = 6;
const LAST_BATCH: u32 = 2;
const STEPS: u32 = 4;
const EPOCHS: u32 = 3;

/// AdamW with numbers that are not the usual ones.
const DECAYING: Optimizer = Optimizer::AdamW { beta1: 0.9, beta2: 0.99, epsilon: 0.001, weight_decay: 0.7 };

/// How far a step may be from the expected one, as a share of it; and where the rate is only an estimate.
const SHARE: (f64, f64) = (0.01, 0.08);

/// Reads gradients off steps of plain SGD.
pub(super) struct Reader {
    bench: Bench,
    model: Box<dyn Model>,
    /// What a step takes is as many times the gradient.
    pub rate: f64,
}

impl Reader {
    /// A reader that takes `batch_size` texts at once, or fewer. `rate` is that of a plugin without a `learning_rate`.
    pub(super) fn new(bench: &Bench, batch_size: u32, rate: Option<f64>) -> Result<Self, Stop> {
        let plain = bench.trained_as(plain_training(bench, batch_size));
        let (bench, rate) = match (rate, bench.learning_rates()) {
            (None, Some((_, greatest))) => {
                let rate = far(greatest);
                (plain.with_param(LEARNING_RATE, ParamValue::Real(rate)), rate)
            }
            (rate, _) => (plain, rate.unwrap_or(1.0)),
        };
        Ok(Self { model: bench.build(SEED)?, bench, rate })
    }

    /// The gradient of the mean loss of `rows` at `weights`, at a place of a training; and the sum of the losses.
    pub(super) fn gradient(
        &mut self,
        weights: &[Tensor],
        place: Place,
        examples: &Examples,
        rows: &[u32],
    ) -> Result<(Numbers, f64), Stop> {
        self.model.set_weights(weights)?;
        let at = (place.epoch, place.step, place.total);
        let loss = self.bench.learn_at(self.model.as_mut(), SEED, at, examples, rows)?;
        Ok((difference(weights, &self.model.weights(), self.rate), loss))
    }
}

/// The first step of all.
pub(super) const START: Place = Place { epoch: 0, step: 0, total: 1, steps_of_epoch: 1 };

/// Stops unless steps can be compared: the model learns in steps of `batch_size` texts, along `optimizer`.
pub(super) fn comparable(bench: &Bench) -> Verdict {
    in_steps(bench)?;
    if !bench.heeds(TrainingKey::Optimizer) && bench.learning_rates().is_none() {
        return Err(Stop::Skip("it declares no `learning_rate` and does not use `optimizer`: its steps are its own"));
    }
    if bench.heeds(TrainingKey::BatchSize) { Ok(()) } else { Err(Stop::Skip("it does not use `batch_size`")) }
}

fn steps_are_those_of_the_optimizer(bench: &Bench) -> Verdict {
    comparable(bench)?;
    if !bench.heeds(TrainingKey::Optimizer) {
        return Err(Stop::Skip("it declares that it does not use `optimizer`"));
    }
    let estimated = match bench.learning_rates() {
        Some((least, greatest)) if least < greatest => None,
        _ => Some(estimated_rate(bench)?),
    };
    let mut reader = Reader::new(bench, batch_size(bench, BATCH), estimated)?;
    let start = bench.build(SEED)?.weights();
    let rows: Vec<u32> = (0..BATCH).collect();
    let norm = length_of_all(&reader.gradient(&start, START, &examples(), &rows)?.0);
    ensure(norm.is_finite() && norm > 0.0, || format!("a step of plain SGD moved the weights by {norm}"))?;
    let mut left_out = Vec::new();
    for (key, name) in [(TrainingKey::Schedule, "the schedule"), (TrainingKey::Warmup, "the warm-up")] {
        if !bench.heeds(key) {
            left_out.push(format!("{name}, which it declares that it does not use"));
        }
    }
    for (name, training) in trainings(bench, norm) {
        let (bench, rate) = at_a_good_rate(&bench.trained_as(training), estimated);
        match bench.build(SEED) {
            Ok(model) => follow(&bench, model, &mut reader, rate, estimated.is_some(), &name)?,
            Err(error) => left_out.push(format!("training with {name}, which it refuses: {error}")),
        }
    }
    all_but(left_out)
}

/// The texts of an epoch.
fn examples() -> Examples {
    examples::learnable().only(&(0..BATCH * (STEPS - 1) + LAST_BATCH).collect::<Vec<u32>>())
}

/// The trainings to follow, from the plainest: a mistake shows first where the least is at work. Gradients have about the
/// length `norm` at first, and are clipped to half of it. The last is that of the bench.
fn trainings(bench: &Bench, norm: f64) -> Vec<(String, TrainingSettings)> {
    let optimizers = [
        ("plain SGD", Optimizer::SGD),
        ("momentum", Optimizer::Sgd { momentum: 0.9 }),
        ("Adam", Optimizer::ADAM),
        ("AdamW", DECAYING),
        ("Adam of other numbers", Optimizer::Adam { beta1: 0.8, beta2: 0.95, epsilon: 0.01 }),
    ];
    let mut trainings = Vec::new();
    for (clip_norm, clips) in [(None, ""), (Some(norm / 2.0), ", clipped")] {
        for (schedule, falls) in [(Schedule::Constant, ""), (Schedule::Cosine, ", along a cosine")] {
            for (name, optimizer) in optimizers {
                let is_used = schedule == Schedule::Constant || bench.heeds(TrainingKey::Schedule);
                let few = bench.build_is_costly() && [Optimizer::SGD, Optimizer::ADAM, DECAYING].contains(&optimizer);
                if is_used && !few {
                    let training = TrainingSettings { optimizer, clip_norm, schedule, ..bench.training.clone() };
                    trainings.push((format!("{name}{clips}{falls}"), training));
                }
            }
        }
    }
    if bench.build_is_costly() {
        // All at once: what is wrong with one of them is wrong there as well.
        trainings.drain(..trainings.len() - 2);
    } else {
        trainings.push(("the settings of this battery".to_owned(), bench.training.clone()));
    }
    if bench.heeds(TrainingKey::Warmup) {
        let schedule = if bench.heeds(TrainingKey::Schedule) { Schedule::Cosine } else { Schedule::Constant };
        let warm = TrainingSettings { optimizer: DECAYING, schedule, warmup: 0.4, ..bench.training.clone() };
        let warm = TrainingSettings { clip_norm: Some(norm / 2.0), ..warm };
        if bench.build_is_costly() {
            trainings.pop();
        }
        trainings.push(("AdamW, clipped, after a warm-up".to_owned(), warm));
    }
    // As long, whether it is given in epochs or in steps.
    let lengths =
        [TrainingLength::Epochs(EPOCHS), TrainingLength::Steps { steps: EPOCHS * STEPS, evaluate_every: STEPS }];
    let short = |(length, (name, training))| (name, TrainingSettings { length, batch_size: BATCH, ..training });
    lengths.into_iter().cycle().zip(trainings).map(short).collect()
}

/// The bench with a rate whose steps rounding does not hide, and that rate.
fn at_a_good_rate(bench: &Bench, estimated: Option<f64>) -> (Bench, f64) {
    let good = match bench.training.optimizer {
        Optimizer::Sgd { .. } => 0.1,
        Optimizer::Adam { .. } | Optimizer::AdamW { .. } => 0.02,
    };
    match (estimated, bench.learning_rates()) {
        (None, Some((least, greatest))) => {
            let rate = f64::clamp(good, least, greatest);
            (bench.with_param(LEARNING_RATE, ParamValue::Real(rate)), rate)
        }
        (rate, _) => (bench.clone(), rate.unwrap_or(good)),
    }
}

/// What was seen of one step.
struct Step {
    place: Place,
    /// Before it.
    weights: Numbers,
    gradient: Numbers,
    moved: Numbers,
    /// Of each weight, what rounding may add to a step.
    noise: Vec<f64>,
}

/// Compares each step of a training with the expected one.
fn follow(
    bench: &Bench,
    mut model: Box<dyn Model>,
    reader: &mut Reader,
    rate: f64,
    is_estimate: bool,
    name: &str,
) -> Verdict {
    let examples = examples();
    let share = if is_estimate { SHARE.1 } else { SHARE.0 };
    let names: Vec<String> = model.weights().into_iter().map(|tensor| tensor.name).collect();
    let mut seen = Vec::new();
    for epoch in 0..EPOCHS {
        let order = bench.order_of(SEED, epoch, &examples);
        for (i, rows) in (0..).zip(order.chunks(BATCH as usize)) {
            let (steps, total) = (u64::from(STEPS), u64::from(EPOCHS * STEPS));
            let place = Place { epoch, step: u64::from(epoch) * steps + i, total, steps_of_epoch: steps };
            seen.push(step(bench, model.as_mut(), reader, rate, place, &examples, rows)?);
            if let Some(at) = moves_without_gradient(bench, &seen) {
                return Err(Stop::Fail(format!(
                    "with {name}, a step moves numbers of `{}` on which the loss does not depend: it is more than the optimizer's step, such as a \
                     decay of the weights",
                    names[at]
                )));
            }
            if let Some((at, [moved, expected, apart])) = agrees(bench, &seen, rate, share, Mistake::None) {
                let cause =
                    Mistake::ALL.iter().find(|(mistake, _)| agrees(bench, &seen, rate, share, *mistake).is_none());
                let cause = cause.map_or_else(String::new, |(_, cause)| format!("; it is the step {cause}"));
                return Err(Stop::Fail(format!(
                    "with {name}, in step {} of epoch {} (from 0), `{}` moved by {moved:.3e}, where its own gradients ask for a move \
                     of {expected:.3e}: the two are {apart:.3e} apart{cause}. A setting that it does not use is declared in \
                     `unused_settings`",
                    place.step, place.epoch, names[at]
                )));
            }
        }
    }
    Ok(())
}

/// The weight in which some number moves that never had a gradient. Adam's steps do not get smaller with the gradient, which may
/// be too small to read.
fn moves_without_gradient(bench: &Bench, seen: &[Step]) -> Option<usize> {
    let last = seen.last().filter(|_| matches!(bench.training.optimizer, Optimizer::Sgd { .. }))?;
    last.moved.iter().enumerate().position(|(at, moved)| {
        let is_flat = |i: usize| seen.iter().all(|step| step.gradient[at][i] == 0.0);
        moved.iter().enumerate().any(|(i, moved)| moved.abs() > last.noise[at] && is_flat(i))
    })
}

fn step(
    bench: &Bench,
    model: &mut dyn Model,
    reader: &mut Reader,
    rate: f64,
    place: Place,
    examples: &Examples,
    rows: &[u32],
) -> Result<Step, Stop> {
    let before = model.weights();
    let (mut gradient, _) = reader.gradient(&before, place, examples, rows)?;
    bench.learn_at(model, SEED, (place.epoch, place.step, place.total), examples, rows)?;
    let mut moved = difference(&before, &model.weights(), 1.0);
    if let Optimizer::Adam { epsilon, .. } | Optimizer::AdamW { epsilon, .. } = bench.training.optimizer {
        leave_out_unreadable(&before, &mut gradient, &mut moved, reader.rate, epsilon);
    }
    let noise = |tensor: &Tensor| 4.0 * length(&rounding(tensor)) * (1.0 + 10.0 * rate / reader.rate);
    let weights = before.iter().map(|tensor| floats(tensor).unwrap_or_default()).collect();
    Ok(Step { place, weights, gradient, moved, noise: before.iter().map(noise).collect() })
}

/// Marks, as NaN, numbers whose gradients are too small to read: Adam's step does not get smaller with them.
fn leave_out_unreadable(before: &[Tensor], gradient: &mut Numbers, moved: &mut Numbers, rate: f64, epsilon: f64) {
    for ((tensor, gradient), moved) in before.iter().zip(gradient).zip(moved) {
        let greatest = gradient.iter().fold(0.0_f64, |greatest, g| greatest.max(g.abs()));
        for ((noise, g), moved) in rounding(tensor).iter().zip(gradient).zip(moved) {
            let readable = 100.0 * noise / rate + 1e-4 * greatest;
            let is_still = *g == 0.0 && *moved == 0.0;
            if g.abs() < readable && epsilon < readable && !is_still {
                *g = f64::NAN;
            }
        }
    }
}

/// Where the last of the steps `seen` is not that of the optimizer with `mistake`; nowhere if it is.
fn agrees(bench: &Bench, seen: &[Step], rate: f64, share: f64, mistake: Mistake) -> Option<(usize, [f64; 3])> {
    let mut reference = Reference::new(&bench.training, rate, mistake);
    let mut apart = None;
    for Step { place, weights, gradient, moved, noise } in seen {
        // The length of a gradient takes part in clipping: what cannot be read is as good as zero there.
        let readable = gradient.iter().map(|g| g.iter().map(|x| if x.is_nan() { 0.0 } else { *x }).collect());
        let expected = reference.step(&readable.collect::<Numbers>(), weights, *place);
        apart = apart.or_else(|| compared(seen, moved, &expected, share, noise));
    }
    apart
}

/// Compares the numbers whose gradients could be read in all steps.
fn compared(
    seen: &[Step],
    moved: &Numbers,
    expected: &Numbers,
    share: f64,
    noise: &[f64],
) -> Option<(usize, [f64; 3])> {
    let readable = |numbers: &Numbers| -> Numbers {
        let of_weight = |(at, numbers): (usize, &Vec<f64>)| {
            // A weight that no step touches is no parameter: AdamW need not let it decay.
            let is_touched = seen.iter().any(|step| step.gradient[at].iter().chain(&step.moved[at]).any(|x| *x != 0.0));
            let is_readable = |i: usize| is_touched && seen.iter().all(|step| !step.gradient[at][i].is_nan());
            numbers.iter().enumerate().map(|(i, x)| if is_readable(i) { *x } else { 0.0 }).collect()
        };
        numbers.iter().enumerate().map(of_weight).collect()
    };
    first_apart(&readable(moved), &readable(expected), share, |at| noise[at])
}
