//! Dropout: other masks at each step, none in prediction, and a scale that keeps the mean. These checks are for models with a
//! parameter `dropout`, the share of numbers that are set to zero in training, or whose name ends in `_dropout`. With several, each
//! is checked while the others are 0.

use super::gradient::{batch_size, plain_training};
use super::numbers::{Numbers, difference, distance, length};
use super::{calm, in_steps, is_dropout, same_results, scale};
use crate::battery::{Check, Stop, Verdict, all_but, ensure};
use crate::bench::{Bench, SEED, predict};
use crate::examples;
use recur_core::params::ParamValue;
use recur_core::tensor::Tensor;

pub const CHECKS: &[Check] = &[
    Check::new(
        "dropout_does_nothing_in_prediction",
        "numbers that are dropped in prediction as well, by a mask that is the same whenever a text is asked for",
        dropout_does_nothing_in_prediction,
    ),
    Check::new(
        "each_step_drops_other_numbers",
        "one mask for all steps or for all seeds; a declared `dropout` that drops nothing",
        each_step_drops_other_numbers,
    ),
    Check::new(
        "what_is_left_is_scaled_up",
        "dropout without the factor 1 / (1 - share), or with 1 / share: training sees smaller numbers than prediction",
        what_is_left_is_scaled_up,
    ),
];

/// What a check does with one of the parameters: a bench in which none drops anything, and its name.
type OfOne = fn(&Bench, &str) -> Verdict;

/// Runs a check for each parameter of dropout.
fn of_each(bench: &Bench, check: OfOne) -> Verdict {
    in_steps(bench)?;
    let names = bench.plugin.about().parameters.iter().map(|spec| spec.name).filter(|name| is_dropout(bench, name));
    let names: Vec<&str> = names.filter(|name| bench.takes(name, 0.5)).collect();
    if names.is_empty() {
        return Err(Stop::Skip("it declares no parameter `dropout` or `…_dropout`"));
    }
    let mut left_out = Vec::new();
    for name in names {
        match check(&calm(bench), name) {
            Err(Stop::LeftOut(parts)) => left_out.extend(parts),
            Err(Stop::Skip(why)) => left_out.push(format!("`{name}`: {why}")),
            other => other?,
        }
    }
    all_but(left_out)
}

/// The bench with a share of the dropout `name`, and all that it needs to have an effect.
fn dropping(bench: &Bench, name: &str, share: f64) -> Result<Bench, Stop> {
    let conditions = bench.plugin.conditions().iter().filter(|condition| condition.parameter == name);
    let able = conditions.fold(bench.clone(), |bench, condition| match bench.params.get(condition.needs) {
        Some(ParamValue::Integer(n)) if *n < condition.at_least => {
            bench.with_param(condition.needs, ParamValue::Integer(condition.at_least))
        }
        _ => bench,
    });
    let bench = able.with_param(name, ParamValue::Real(share));
    // Of layers, say, one may have nothing to drop; not every plugin declares that.
    let larger = bench.params.iter().filter_map(|(name, value)| match value {
        ParamValue::Integer(1) => Some(bench.with_param(name, ParamValue::Integer(2))),
        _ => None,
    });
    for bench in std::iter::once(bench.clone()).chain(larger) {
        if drops(&bench)? {
            return Ok(bench);
        }
    }
    Ok(bench)
}

/// Whether the first steps are others than without dropout.
fn drops(bench: &Bench) -> Result<bool, Stop> {
    let weights = bench.build(SEED)?.weights();
    Ok(taken(bench, &weights, SEED, 0..2)? != taken(&calm(bench), &weights, SEED, 0..2)?)
}

/// Trained with dropout, and then built with it and without.
fn dropout_does_nothing_in_prediction(bench: &Bench) -> Verdict {
    of_each(bench, prediction_is_without)
}

fn prediction_is_without(bench: &Bench, name: &str) -> Verdict {
    let bench = dropping(bench, name, 0.5)?.for_epochs(2);
    let examples = examples::learnable();
    let mut model = bench.trained()?;
    let got = predict(model.as_mut(), &examples, &examples.rows())?;
    let mut plain = calm(&bench).build(SEED)?;
    plain.set_weights(&model.weights())?;
    let expected = predict(plain.as_mut(), &examples, &examples.rows())?;
    ensure(same_results(&bench, &got, &expected), || {
        format!(
            "the same weights answer otherwise in a model with `{name}` 0 than with 0.5: dropout is for training, where what is left is \
             scaled up"
        )
    })
}

/// Texts of a step that is looked at.
const BATCH: u32 = 8;

/// What one step of plain SGD takes from `weights` at step `step`, with the streams of `seed`.
fn taken(bench: &Bench, weights: &[Tensor], seed: u64, steps: std::ops::Range<u64>) -> Result<Vec<Numbers>, Stop> {
    let plain = plain_training(bench, batch_size(bench, BATCH));
    let (bench, examples) = (bench.trained_as(plain), examples::learnable());
    let rows: Vec<u32> = (0..BATCH).collect();
    let mut model = bench.build(seed)?;
    let step = |step| {
        model.set_weights(weights)?;
        bench.learn_at(model.as_mut(), seed, (0, step, 1000), &examples, &rows)?;
        Ok(difference(weights, &model.weights(), 1.0))
    };
    steps.map(step).collect()
}

fn each_step_drops_other_numbers(bench: &Bench) -> Verdict {
    of_each(bench, steps_differ)
}

fn steps_differ(bench: &Bench, name: &str) -> Verdict {
    let bench = dropping(bench, name, 0.5)?;
    let weights = bench.build(SEED)?.weights();
    let plain = taken(&calm(&bench), &weights, SEED, 0..1)?;
    let dropped = taken(&bench, &weights, SEED, 0..3)?;
    ensure(dropped[0] != plain[0] || dropped[1] != plain[0], || format!("with `{name}` 0.5 it steps as without"))?;
    ensure(dropped[0] != dropped[1] && dropped[1] != dropped[2], || {
        "two steps with the same weights and texts are the same: each draws its own mask, from `chunk.streams` and the step's number"
            .to_owned()
    })?;
    if bench.build_is_costly() {
        return all_but(vec!["another seed, as each model is a process".to_owned()]);
    }
    let other = taken(&bench, &weights, SEED + 1, 0..2)?;
    ensure(other[..] != dropped[..2], || "another seed drops the same numbers".to_owned())
}

/// The mean over many masks of the gradient, along that without dropout. Weights are made small, so that what follows the masks is
/// next to linear: the mean of a scaled mask is 1, and that of one without a scale is 1 less the share.
fn what_is_left_is_scaled_up(bench: &Bench) -> Verdict {
    of_each(bench, scale_is_kept)
}

fn scale_is_kept(bench: &Bench, name: &str) -> Verdict {
    let (mut left_out, masks) = (Vec::new(), if bench.build_is_costly() { 60 } else { 120 });
    let mut spreads = Vec::new();
    for (share, range) in [(0.5, 0.65..f64::INFINITY), (0.2, 0.0..2.0)] {
        let bench = dropping(bench, name, share)?;
        let mut weights = bench.build(SEED)?.weights();
        weights.iter_mut().for_each(|tensor| scale(tensor, 0.2));
        let plain = taken(&calm(&bench), &weights, SEED, 0..1)?.remove(0);
        let dropped = taken(&bench, &weights, SEED, 0..masks)?;
        let apart = |g: &Numbers| {
            g.iter()
                .zip(&plain)
                .map(|(g, p)| {
                    let apart = distance(g, p);
                    apart * apart
                })
                .sum::<f64>()
        };
        spreads.push(dropped.iter().map(apart).sum::<f64>());
        let whole = plain.iter().map(|g| length(g)).fold(0.0, f64::max);
        for (at, plain) in plain.iter().enumerate() {
            let own = length(plain);
            if own < 0.01 * whole || own == 0.0 {
                left_out.push(format!("`{}`, which hardly moves", weights[at].name));
                continue;
            }
            let sum = |i: usize| dropped.iter().map(|g| g[at][i]).sum::<f64>();
            let mean: Vec<f64> = (0..plain.len()).map(|i| sum(i) / masks as f64).collect();
            let along = mean.iter().zip(plain).map(|(g, p)| g * p).sum::<f64>() / own;
            if along < 0.8 * length(&mean) {
                // Where a greatest number is taken, a mask can change which one it is.
                left_out.push(format!("`{}`, whose gradient turns with the masks", weights[at].name));
                continue;
            }
            let mean = along / own;
            ensure(range.contains(&mean), || {
                format!(
                    "with `{name}` {share}, the gradient of `{}` is on average {mean:.2} times as long as without: what is left is to be \
                     scaled by 1 / (1 - {share})",
                    weights[at].name
                )
            })?;
        }
    }
    ensure(spreads[0] > spreads[1], || {
        format!(
            "steps with `{name}` 0.2 are further from those without ({:.2e}) than steps with 0.5 ({:.2e}): it is the share that is \
             dropped, not the share that is kept",
            spreads[1], spreads[0]
        )
    })?;
    left_out.dedup();
    all_but(left_out)
}
