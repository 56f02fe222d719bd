//! Whether equal inputs give equal bits, and other seeds others.

use super::{bits, same_tensors};
use crate::battery::{Check, Stop, Verdict, ensure};
use crate::bench::{Bench, SEED, predict};
use crate::names;
use recur_core::model::{Determinism, ModelError};
use recur_core::tensor::Tensor;

pub const CHECKS: &[Check] = &[
    ("equal_seeds_give_equal_bytes", equal_seeds_give_equal_bytes),
    ("training_beside_other_threads_gives_equal_bytes", training_beside_other_threads_gives_equal_bytes),
    ("another_seed_starts_from_other_weights", another_seed_starts_from_other_weights),
];

/// All that a training leaves behind: weights, bits of the losses and of the predictions.
type Traces = (Vec<Tensor>, Vec<u64>, Vec<u32>);

fn traces(bench: &Bench, seed: u64) -> Result<Traces, ModelError> {
    let names = names::learnable();
    let mut trained = bench.train(seed, &names)?;
    let predicted = predict(trained.model.as_mut(), &names, &names.rows())?;
    let losses = trained.losses.iter().map(|loss| loss.to_bits()).collect();
    Ok((trained.model.weights(), losses, bits(&predicted)))
}

fn ensure_same(a: &Traces, b: &Traces) -> Verdict {
    ensure(same_tensors(&a.0, &b.0), || "the weights differ".to_owned())?;
    ensure(a.1 == b.1, || "the losses differ".to_owned())?;
    ensure(a.2 == b.2, || "the predictions differ".to_owned())
}

fn promised(bench: &Bench) -> Verdict {
    match bench.plugin.determinism() {
        Determinism::None => Err(Stop::Skip("it promises nothing of its bits")),
        Determinism::Portable | Determinism::Machine => Ok(()),
    }
}

/// Another model is trained between the two, so that state outside the model shows.
fn equal_seeds_give_equal_bytes(bench: &Bench) -> Verdict {
    promised(bench)?;
    let first = traces(bench, SEED)?;
    traces(bench, SEED + 1)?;
    ensure_same(&first, &traces(bench, SEED)?)
}

fn training_beside_other_threads_gives_equal_bytes(bench: &Bench) -> Verdict {
    promised(bench)?;
    let alone = traces(bench, SEED)?;
    let beside: Vec<Result<Traces, ModelError>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| traces(bench, SEED))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    beside.into_iter().try_for_each(|traces| ensure_same(&alone, &traces?))
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
