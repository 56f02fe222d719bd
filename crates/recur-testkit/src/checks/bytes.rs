//! Whether equal inputs give equal bits, whatever else the process does, and other seeds others.

use super::sizes::many;
use super::{bits, promised, same_tensors};
use crate::battery::{Check, Stop, Verdict, ensure};
use crate::bench::{Bench, SEED, predict};
use crate::crowd::Crowd;
use crate::examples;
use recur_core::model::{Cancel, Model, ModelError};
use recur_core::settings::TrainingSettings;
use recur_core::tensor::Tensor;
use recur_core::workers::Workers;
use std::sync::Arc;

pub const CHECKS: &[Check] = &[
    Check::new(
        "equal_seeds_give_equal_bytes",
        "random numbers of the process, the order of a hash map, a count that survives a model",
        equal_seeds_give_equal_bytes,
    ),
    Check::new(
        "another_seed_starts_from_other_weights",
        "a seed of the model's own",
        another_seed_starts_from_other_weights,
    ),
    Check::new(
        "each_weight_draws_its_own_numbers",
        "one stream of random numbers for two weights: they start as copies of each other",
        each_weight_draws_its_own_numbers,
    ),
    Check::new(
        "two_models_in_turn_learn_as_each_alone",
        "a buffer, a cache or a state that models share",
        two_models_in_turn_learn_as_each_alone,
    ),
    Check::new(
        "training_beside_other_threads_gives_equal_bytes",
        "a global that threads race for: `--jobs` would change results",
        training_beside_other_threads_gives_equal_bytes,
    ),
    Check::new(
        "any_number_of_helping_threads_gives_equal_bytes",
        "a sum that is split over threads",
        any_number_of_helping_threads_gives_equal_bytes,
    ),
];

/// All that a training leaves behind: weights, bits of the losses and of the predictions.
type Traces = (Vec<Tensor>, Vec<u64>, Vec<u32>);

/// The traces of a few epochs.
fn traces(bench: &Bench, seed: u64) -> Result<Traces, ModelError> {
    let bench = bench.for_epochs(5);
    traces_of(&bench, bench.build(seed)?, seed)
}

/// The traces of a few epochs of `model`, which has learned nothing.
fn traces_of(bench: &Bench, model: Box<dyn Model>, seed: u64) -> Result<Traces, ModelError> {
    let examples = examples::learnable();
    let mut trained = bench.for_epochs(5).train_from(model, seed, &examples)?;
    let predicted = predict(trained.model.as_mut(), &examples, &examples.rows())?;
    let losses = trained.losses.iter().map(|loss| loss.to_bits()).collect();
    Ok((trained.model.weights(), losses, bits(&predicted)))
}

fn ensure_same(a: &Traces, b: &Traces, when: &str) -> Verdict {
    ensure(same_tensors(&a.0, &b.0), || format!("the weights differ{when}"))?;
    ensure(a.1 == b.1, || format!("the losses differ{when}"))?;
    ensure(a.2 == b.2, || format!("the predictions differ{when}"))
}

/// Another model is trained between the two, so that state outside the model shows.
fn equal_seeds_give_equal_bytes(bench: &Bench) -> Verdict {
    promised(bench)?;
    let first = traces(bench, SEED)?;
    if !bench.build_is_costly() {
        traces(bench, SEED + 1)?;
    }
    let few = bench.for_epochs(5);
    let again = traces_of(&few, few.build_fresh(SEED)?, SEED)?;
    ensure_same(&first, &again, "")
}

fn another_seed_starts_from_other_weights(bench: &Bench) -> Verdict {
    if bench.is_one_shot() {
        return Err(Stop::Skip("it draws no initial weights"));
    }
    let [one, again, other] = [SEED, SEED, SEED + 1].map(|seed| bench.build(seed).map(|model| model.weights()));
    let one = one?;
    ensure(same_tensors(&one, &again?), || "equal seeds start from different weights".to_owned())?;
    ensure(!same_tensors(&one, &other?), || "another seed starts from the same weights".to_owned())
}

/// Weights that depend on the seed are no multiples of each other, read by rows or by columns.
fn each_weight_draws_its_own_numbers(bench: &Bench) -> Verdict {
    if bench.is_one_shot() {
        return Err(Stop::Skip("it draws no initial weights"));
    }
    let (one, other) = (bench.build(SEED)?.weights(), bench.build(SEED + 1)?.weights());
    let drawn: Vec<&Tensor> =
        one.iter().zip(&other).filter(|(one, other)| one.data != other.data).map(|(one, _)| one).collect();
    for (i, a) in drawn.iter().enumerate() {
        for b in &drawn[i + 1..] {
            let readings =
                [by_rows(a), by_columns(a)].map(|a| [by_rows(b), by_columns(b)].map(|b| are_multiples(&a, &b)));
            ensure(!readings.as_flattened().contains(&true), || {
                format!(
                    "`{}` and `{}` start with the same random numbers: each needs a stream of its own",
                    a.name, b.name
                )
            })?;
        }
    }
    Ok(())
}

fn by_rows(tensor: &Tensor) -> Vec<f64> {
    super::floats(tensor).unwrap_or_default()
}

fn by_columns(tensor: &Tensor) -> Vec<f64> {
    let numbers = by_rows(tensor);
    let Some(columns) = tensor.shape.last().copied().filter(|n| *n > 0) else { return numbers };
    (0..columns).flat_map(|column| numbers.iter().skip(column).step_by(columns).copied()).collect()
}

/// Whether the first numbers of one list are those of the other times a factor.
fn are_multiples(a: &[f64], b: &[f64]) -> bool {
    /// By chance, fewer numbers may be near multiples.
    const LEAST: usize = 5;
    let n = a.len().min(b.len());
    let dot = |a: &[f64], b: &[f64]| a[..n].iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    n >= LEAST && lengths > 0.0 && dot(a, b).abs() > (1.0 - 1e-9) * lengths
}

/// Two models of different seeds and texts, an epoch each in turn, with predictions between.
fn two_models_in_turn_learn_as_each_alone(bench: &Bench) -> Verdict {
    promised(bench)?;
    let few = bench.for_epochs(3);
    let examples = [examples::learnable(), examples::unbalanced()];
    let alone = |i: usize| few.train(SEED + i as u64, &examples[i]).map(|trained| trained.model.weights());
    let expected = [alone(0)?, alone(1)?];
    let mut models = [few.build(SEED)?, few.build(SEED + 1)?];
    for epoch in 0..few.n_epochs() {
        for (i, model) in models.iter_mut().enumerate() {
            few.epoch(model.as_mut(), SEED + i as u64, epoch, &examples[i], &Cancel::new())?;
            predict(model.as_mut(), &examples[1 - i], &examples[1 - i].rows())?;
        }
    }
    for (model, expected) in models.iter().zip(&expected) {
        ensure(same_tensors(&model.weights(), expected), || {
            "a model learned other weights while another was trained".to_owned()
        })?;
    }
    Ok(())
}

fn training_beside_other_threads_gives_equal_bytes(bench: &Bench) -> Verdict {
    promised(bench)?;
    let alone = traces(bench, SEED)?;
    let numbers: &[usize] = if bench.build_is_costly() { &[2] } else { &[2, 3, 8] };
    for n in numbers {
        let beside: Vec<Result<Traces, ModelError>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..*n).map(|_| scope.spawn(|| traces(bench, SEED))).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads.into_iter().map(join).collect()
        });
        let when = format!(" when {n} threads train at once");
        beside.into_iter().try_for_each(|traces| ensure_same(&alone, &traces?, &when))?;
    }
    Ok(())
}

/// Threads that share the work of one model, in small batches and in large ones, which may be divided otherwise.
fn any_number_of_helping_threads_gives_equal_bytes(bench: &Bench) -> Verdict {
    promised(bench)?;
    if bench.build_is_costly() {
        return Err(Stop::Skip("it is a process, which shares no work with recur's threads"));
    }
    let large = bench.trained_as(TrainingSettings { batch_size: 256, ..bench.training.clone() });
    let (alone, alone_large) = (traces(bench, SEED)?, traces_of_large(&large)?);
    for n in [1, 2, 3, 8] {
        let crowd: Arc<dyn Workers> = Arc::new(Crowd(n));
        let when = format!(" when {n} threads share the work");
        ensure_same(&alone, &traces(&bench.with_workers(crowd.clone()), SEED)?, &when)?;
        if n == 3 {
            let when = format!("{when} of batches of 256 texts, and of 2,000 texts to predict");
            ensure_same(&alone_large, &traces_of_large(&large.with_workers(crowd))?, &when)?;
        }
    }
    Ok(())
}

/// The traces of an epoch of 600 texts, or of a fit on fewer, and the predictions of 2,000.
fn traces_of_large(bench: &Bench) -> Result<Traces, ModelError> {
    let examples = many(2_000);
    let mut model = bench.build(SEED)?;
    let rows = examples.rows();
    let n = if bench.is_one_shot() { 100 } else { 600 };
    let losses = bench.losses(model.as_mut(), &examples, &rows[..n])?;
    let predicted = predict(model.as_mut(), &examples, &rows)?;
    Ok((model.weights(), losses.iter().map(|loss| loss.to_bits()).collect(), bits(&predicted)))
}
