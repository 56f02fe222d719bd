//! Whether equal inputs give equal bits, whatever else the process does, and other seeds others.

use super::{bits, promised, same_tensors};
use crate::battery::{Check, Stop, Verdict, ensure};
use crate::bench::{Bench, SEED, predict};
use crate::crowd::Crowd;
use crate::examples;
use recur_core::model::{Cancel, ModelError};
use recur_core::tensor::Tensor;
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
    let examples = examples::learnable();
    let mut trained = bench.for_epochs(5).train(seed, &examples)?;
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
    traces(bench, SEED + 1)?;
    ensure_same(&first, &traces(bench, SEED)?, "")
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
    for n in [2, 3, 8] {
        let beside: Vec<Result<Traces, ModelError>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..n).map(|_| scope.spawn(|| traces(bench, SEED))).collect();
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

/// Threads that share the work of one model.
fn any_number_of_helping_threads_gives_equal_bytes(bench: &Bench) -> Verdict {
    promised(bench)?;
    let alone = traces(bench, SEED)?;
    for n in [1, 2, 3, 8] {
        let shared = traces(&bench.with_workers(Arc::new(Crowd(n))), SEED)?;
        ensure_same(&alone, &shared, &format!(" when {n} threads share the work"))?;
    }
    Ok(())
}
