//! Whether a step of plain gradient descent is the gradient of the loss times the learning rate.
//!
//! The gradient is read off a step: `(before − after) / rate` with plain SGD and no clipping. Finite differences are of
//! the loss that the model reports for the same texts, moved along whole directions, so that every number of every
//! weight takes part. All passes are step 0: what a model draws at random there is drawn alike each time.

use super::numbers::{Numbers, difference, dot, length};
use super::{in_steps, shift};
use crate::battery::{Check, Stop, Verdict, ensure};
use crate::bench::{Bench, SEED};
use crate::examples::{self, Examples};
use recur_core::model::Model;
use recur_core::params::ParamValue;
use recur_core::random::StreamPath;
use recur_core::settings::{Optimizer, Schedule, TrainingKey, TrainingLength, TrainingSettings};
use recur_core::tensor::Tensor;

pub const CHECKS: &[Check] = &[
    Check::new(
        "gradient_agrees_with_finite_differences",
        "a wrong sign, a forgotten or doubled term in the gradient of any weight, a gradient of the last step left in",
        gradient_agrees_with_finite_differences,
    ),
    Check::new(
        "a_step_is_the_learning_rate_times_the_gradient",
        "a learning rate that is ignored or read wrongly, a gradient added up twice, a sum instead of the mean",
        a_step_is_the_learning_rate_times_the_gradient,
    ),
];

/// The parameter whose name promises what a step is: the rate times the gradient of the mean loss.
pub(super) const LEARNING_RATE: &str = "learning_rate";

/// Texts a step.
const BATCH: u32 = 6;

/// How far weights move along a direction of length 1; the second is tried for losses with kinks.
const MOVES: [f64; 2] = [1e-2, 2e-3];

/// The error allowed: a share of the gradient's length, and what rounding of f32 losses makes.
const TOLERANCE: (f64, f64) = (0.03, 1e-3);

/// A gradient, and the loss that it ought to be of.
struct Slopes<'a> {
    bench: Bench,
    /// A model that hardly moves.
    model: Box<dyn Model>,
    examples: Examples,
    rows: Vec<u32>,
    weights: &'a [Tensor],
}

impl Slopes<'_> {
    /// The mean loss with the weights moved by `distance` along `direction`.
    fn loss(&mut self, direction: &Numbers, distance: f64) -> Result<f64, Stop> {
        let mut moved = self.weights.to_vec();
        for (tensor, direction) in moved.iter_mut().zip(direction).filter(|(_, direction)| !direction.is_empty()) {
            shift(tensor, |i| distance * direction[i]);
        }
        self.model.set_weights(&moved)?;
        Ok(self.bench.learn(self.model.as_mut(), &self.examples, &self.rows)? / self.rows.len() as f64)
    }

    /// The slope of the mean loss along `direction`; of those of two distances the one nearer to `expected`.
    fn along(&mut self, direction: &Numbers, expected: f64) -> Result<f64, Stop> {
        let mut nearest = f64::INFINITY;
        for distance in MOVES {
            let slope = (self.loss(direction, distance)? - self.loss(direction, -distance)?) / (2.0 * distance);
            if (slope - expected).abs() < (nearest - expected).abs() {
                nearest = slope;
            }
        }
        Ok(nearest)
    }
}

/// Plain SGD with this learning rate, in steps of [`BATCH`] texts. Without a rate, the parameters stay.
fn plain(bench: &Bench, rate: Option<f64>) -> Bench {
    let plain = bench.trained_as(plain_training(bench, batch_size(bench, BATCH)));
    rate.map_or_else(|| plain.clone(), |rate| plain.with_param(LEARNING_RATE, ParamValue::Real(rate)))
}

/// `wanted`, or where each model is a process, as many texts as any check makes a step of: all of them share a model.
pub(super) fn batch_size(bench: &Bench, wanted: u32) -> u32 {
    if bench.build_is_costly() { MOST_TEXTS } else { wanted }
}

/// Texts of the largest step of plain SGD.
pub(super) const MOST_TEXTS: u32 = 600;

/// The rate for steps of which gradients are read: far steps lose the least to rounding.
pub(super) fn far(greatest: f64) -> f64 {
    (greatest / 2.0).min(16.0)
}

/// One epoch of plain SGD in steps of `batch_size` texts.
pub(super) fn plain_training(bench: &Bench, batch_size: u32) -> TrainingSettings {
    TrainingSettings {
        length: TrainingLength::Epochs(1),
        batch_size,
        optimizer: Optimizer::SGD,
        clip_norm: None,
        schedule: Schedule::Constant,
        warmup: 0.0,
        label_smoothing: 0.0,
        ..bench.training.clone()
    }
}

/// The learning rates that a check of steps needs: one to make steps with, and the least.
fn rates(bench: &Bench) -> Result<(f64, f64), Stop> {
    in_steps(bench)?;
    match bench.learning_rates() {
        Some((least, greatest)) if least < greatest && bench.build_is_costly() => Ok((far(greatest), far(greatest))),
        Some((least, greatest)) if least < greatest => Ok((greatest.min(0.05).max(least), least)),
        _ => Err(Stop::Skip("it declares no `learning_rate`, so how long its step should be is not known")),
    }
}

/// A rate to make steps with, and the least; none where the plugin declares no `learning_rate`: the lengths of gradients are then
/// known up to a factor. Without one, a plugin that does not use `optimizer` either steps as it likes.
fn rates_if_any(bench: &Bench) -> Result<(Option<f64>, Option<f64>), Stop> {
    match rates(bench) {
        Ok((rate, least)) => Ok((Some(rate), Some(least))),
        Err(stop) if bench.is_one_shot() => Err(stop),
        Err(_) if bench.heeds(TrainingKey::Optimizer) => Ok((None, None)),
        Err(_) => Err(Stop::Skip("it declares no `learning_rate` and does not use `optimizer`: its steps are its own")),
    }
}

/// What a step on `rows` took from each weight, over the rate. Another step, on other texts, came before it, and the
/// weights were given back: nothing of it may be left.
fn gradient(bench: &Bench, rate: Option<f64>, rows: &[u32], weights: &[Tensor]) -> Result<Numbers, Stop> {
    let (bench, examples) = (plain(bench, rate), examples::learnable());
    let mut model = bench.build(SEED)?;
    let others: Vec<u32> = (50..50 + BATCH).collect();
    bench.learn(model.as_mut(), &examples, &others)?;
    model.set_weights(weights)?;
    bench.learn(model.as_mut(), &examples, rows)?;
    Ok(difference(weights, &model.weights(), rate.unwrap_or(1.0)))
}

/// `direction` for the weight `at`, scaled to length 1, and no move of the others.
fn of_one(n: usize, at: usize, direction: &[f64]) -> Numbers {
    let mut all = vec![Vec::new(); n];
    let length = length(direction);
    all[at] = direction.iter().map(|x| x / length).collect();
    all
}

fn slopes<'a>(bench: &Bench, least: Option<f64>, rows: &[u32], weights: &'a [Tensor]) -> Result<Slopes<'a>, Stop> {
    let bench = plain(bench, least);
    Ok(Slopes { model: bench.build(SEED)?, bench, examples: examples::learnable(), rows: rows.to_vec(), weights })
}

/// The gradient read off a step, with the slope along it over its own length: 1 if the step is the rate times the gradient.
fn whole(slopes: &mut Slopes<'_>, gradient: &Numbers) -> Result<f64, Stop> {
    let norm = length(&gradient.concat());
    ensure(norm.is_finite() && norm > 0.0, || format!("a step of plain SGD moved the weights by {norm}"))?;
    let direction: Numbers = gradient.iter().map(|g| g.iter().map(|x| x / norm).collect()).collect();
    Ok(slopes.along(&direction, norm)? / norm)
}

/// The slope along each weight's own gradient over its length, as most weights have it: of those whose gradients are long
/// enough to tell. A wrong weight does not move it, so that no other is blamed.
fn common_factor(slopes: &mut Slopes<'_>, gradient: &Numbers, of_whole: f64) -> Result<Option<f64>, Stop> {
    let mut factors = Vec::new();
    for (at, own) in gradient.iter().enumerate() {
        let norm = length(own);
        if norm.is_finite() && norm * of_whole.abs() > 20.0 * TOLERANCE.1 {
            factors.push(slopes.along(&of_one(gradient.len(), at, own), norm)? / norm);
        }
    }
    // Right gradients agree with each other, wrong ones hardly; of equals the one nearer to that of a right step.
    let n_alike = |factor: &f64| factors.iter().filter(|f| (*f - factor).abs() <= TOLERANCE.0 * factor.abs()).count();
    let from_one = |factor: &f64| (factor - 1.0).abs();
    let best = factors.iter().max_by(|a, b| n_alike(a).cmp(&n_alike(b)).then(from_one(b).total_cmp(&from_one(a))));
    Ok(best.copied())
}

/// A weight whose gradient disagrees: its name, the slope that it reports, that of finite differences, and how far they are
/// apart, in what is allowed.
struct Wrong<'a> {
    name: &'a str,
    reported: f64,
    slope: f64,
    excess: f64,
}

/// Each weight along its own gradient, and along two random directions; lengths are compared up to one factor for all,
/// which the other check looks at.
fn gradient_agrees_with_finite_differences(bench: &Bench) -> Verdict {
    let (rate, least) = rates_if_any(bench)?;
    let rows: Vec<u32> = (0..BATCH).collect();
    let weights = bench.build(SEED)?.weights();
    let gradient = gradient(bench, rate, &rows, &weights)?;
    let mut slopes = slopes(bench, least, &rows, &weights)?;
    let of_whole = whole(&mut slopes, &gradient)?;
    let factor = common_factor(&mut slopes, &gradient, of_whole)?.unwrap_or(of_whole);
    ensure(factor > 0.0, || format!("steps lead uphill: the slope along a step is {factor:.3} times its length"))?;
    let mut stream = StreamPath::root(0).child("testkit/directions").stream();
    let (mut left_out, mut wrong) = (Vec::new(), Vec::new());
    for (at, tensor) in weights.iter().enumerate() {
        let own = &gradient[at];
        if own.is_empty() || (length(own) == 0.0 && may_be_untrained(bench, &weights, tensor)?) {
            left_out.push(format!("`{}`, which training does not move", tensor.name));
            continue;
        }
        let mut random = || (0..own.len()).map(|_| if stream.below(2) == 0 { 1.0 } else { -1.0 }).collect();
        let directions: [Vec<f64>; 3] = [own.clone(), random(), random()];
        let mut worst: Option<Wrong<'_>> = None;
        for direction in directions.iter().filter(|direction| length(direction) > 0.0) {
            let direction = of_one(weights.len(), at, direction);
            let reported = factor * dot(&gradient, &direction);
            let slope = slopes.along(&direction, reported)?;
            let excess = (slope - reported).abs() / (TOLERANCE.0 * factor * length(own) + TOLERANCE.1);
            if excess.is_nan() || excess > worst.as_ref().map_or(1.0, |worst| worst.excess) {
                worst = Some(Wrong { name: &tensor.name, reported, slope, excess });
            }
        }
        wrong.extend(worst);
    }
    ensure(wrong.is_empty(), || worst_first(&mut wrong))?;
    crate::battery::all_but(left_out)
}

/// The weights that disagree, the one that does most first, with its numbers.
fn worst_first(wrong: &mut [Wrong<'_>]) -> String {
    wrong.sort_by(|a, b| b.excess.total_cmp(&a.excess));
    let Wrong { name, reported, slope, .. } = &wrong[0];
    let text = format!("`{name}`: its gradient says a slope of {reported:.5}, finite differences {slope:.5}");
    let others: Vec<String> = wrong[1..].iter().map(|other| format!("`{}`", other.name)).collect();
    if others.is_empty() { text } else { format!("{text}; wrong as well: {}", others.join(", ")) }
}

/// What a step of plain SGD takes is this many times the gradient, by finite differences: the rate of a plugin that declares no
/// `learning_rate`.
pub(super) fn estimated_rate(bench: &Bench) -> Result<f64, Stop> {
    let rows: Vec<u32> = (0..BATCH).collect();
    let weights = bench.build(SEED)?.weights();
    let taken = gradient(bench, None, &rows, &weights)?;
    Ok(1.0 / whole(&mut slopes(bench, None, &rows, &weights)?, &taken)?)
}

/// Whether `tensor` may be none of the parameters: all others are enough for their count.
fn may_be_untrained(bench: &Bench, weights: &[Tensor], tensor: &Tensor) -> Result<bool, Stop> {
    let saved: usize = weights.iter().map(|tensor| tensor.data.len()).sum();
    Ok(saved - tensor.data.len() >= bench.build(SEED)?.n_parameters())
}

fn a_step_is_the_learning_rate_times_the_gradient(bench: &Bench) -> Verdict {
    let (rate, least) = rates(bench)?;
    let rows: Vec<u32> = (0..BATCH).collect();
    let weights = bench.build(SEED)?.weights();
    // Where each model is a process, at one rate.
    let rates = if bench.build_is_costly() { vec![rate] } else { vec![rate, rate / 4.0] };
    for rate in rates {
        let gradient = gradient(bench, Some(rate), &rows, &weights)?;
        let norm = length(&gradient.concat());
        let slope = whole(&mut slopes(bench, Some(least), &rows, &weights)?, &gradient)?.abs();
        ensure((slope - 1.0).abs() <= TOLERANCE.0 + TOLERANCE.1 / norm, || {
            format!(
                "a step with learning rate {rate} is {:.3} times as long as it should be (a wrong gradient does that, too: see \
                 gradient_agrees_with_finite_differences)",
                1.0 / slope
            )
        })?;
    }
    Ok(())
}
