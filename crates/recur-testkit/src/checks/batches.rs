//! What a batch is made of: how long it is, and what its labels weigh.

use super::gradient::{MOST_TEXTS, batch_size};
use super::numbers::{Numbers, difference, first_apart, length, rounding};
use super::sizes::many;
use super::updates::{Reader, START, comparable};
use super::{calm, same_results, same_tensors};
use crate::battery::{Check, Stop, Verdict, all_but, ensure};
use crate::bench::{Bench, SEED, predict};
use crate::examples::{self, Examples, N_CLASSES};
use recur_core::model::Model;
use recur_core::settings::{Optimizer, Schedule, TrainingKey, TrainingSettings};
use recur_core::tensor::Tensor;

pub const CHECKS: &[Check] = &[
    Check::new(
        "a_short_batch_is_a_mean_of_its_own_texts",
        "a sum over the last texts of an epoch that is divided by `batch_size`; a last batch that is left out",
        a_short_batch_is_a_mean_of_its_own_texts,
    ),
    Check::new(
        "a_long_batch_is_a_mean_of_its_texts",
        "a batch of more texts than some buffer holds, whose rest is not learned from",
        a_long_batch_is_a_mean_of_its_texts,
    ),
    Check::new(
        "labels_weigh_in_proportion",
        "a weighted gradient that is divided by the number of texts, weights given to labels in the order in which they appear",
        labels_weigh_in_proportion,
    ),
    Check::new(
        "settings_declared_unused_change_nothing",
        "a setting in `unused_settings` that changes what is learned",
        settings_declared_unused_change_nothing,
    ),
];

/// How far a mean may be from the expected one, as a share of it.
const SHARE: f64 = 0.01;

/// What rounding may add to a step read with `rate`.
fn noise(weights: &[Tensor], rate: f64) -> impl Fn(usize) -> f64 + '_ {
    move |at| 1e-5 + 20.0 * length(&rounding(&weights[at])) / rate
}

/// Stops at the first weight on which two gradients differ.
fn ensure_near(weights: &[Tensor], rate: f64, got: &Numbers, expected: &Numbers, what: &str) -> Verdict {
    match first_apart(got, expected, SHARE, noise(weights, rate)) {
        None => Ok(()),
        Some((at, [got, expected, apart])) => Err(Stop::Fail(format!(
            "{what}: the step on `{}` is {got:.3e} long, expected {expected:.3e}; the two are {apart:.3e} apart",
            weights[at].name
        ))),
    }
}

fn a_short_batch_is_a_mean_of_its_own_texts(bench: &Bench) -> Verdict {
    comparable(bench)?;
    let rate = bench.learning_rates().is_none().then_some(1.0);
    let (examples, weights) = (examples::learnable(), bench.build(SEED)?.weights());
    let mut long = Reader::new(bench, batch_size(bench, 8), rate)?;
    let mut short = Reader::new(bench, 3, rate)?;
    let rows: Vec<u32> = (0..11).collect();
    let got = long.gradient(&weights, START, &examples, &rows[8..])?.0;
    let expected = short.gradient(&weights, START, &examples, &rows[8..])?.0;
    ensure_near(
        &weights,
        long.rate,
        &got,
        &expected,
        "3 texts in a larger `batch_size` are not learned as 3 in a batch of 3",
    )?;
    if bench.build_is_costly() {
        return all_but(vec!["11 texts in batches of 8, as each model is a process".to_owned()]);
    }
    // A step of 8 and one of 3, in one chunk and in two. Small steps: the two are compared as a whole.
    let small = bench.trained_as(super::gradient::plain_training(bench, 8));
    let [mut one, mut two] = [small.build(SEED)?, small.build(SEED)?];
    for model in [&mut one, &mut two] {
        model.set_weights(&weights)?;
    }
    small.learn_at(one.as_mut(), SEED, (0, 0, 2), &examples, &rows)?;
    small.learn_at(two.as_mut(), SEED, (0, 0, 2), &examples, &rows[..8])?;
    small.learn_at(two.as_mut(), SEED, (0, 1, 2), &examples, &rows[8..])?;
    let [got, expected] = [one, two].map(|model| difference(&weights, &model.weights(), 1.0));
    ensure_near(&weights, 1.0, &got, &expected, "11 texts in batches of 8 are not learned as 8 and then 3")
}

/// 600 texts at once, and in three parts.
fn a_long_batch_is_a_mean_of_its_texts(bench: &Bench) -> Verdict {
    comparable(bench)?;
    let bench = &calm(bench);
    let rate = bench.learning_rates().is_none().then_some(1.0);
    let (examples, weights) = (many(MOST_TEXTS as usize), bench.build(SEED)?.weights());
    let mut whole = Reader::new(bench, MOST_TEXTS, rate)?;
    let rows = examples.rows();
    let (got, loss) = whole.gradient(&weights, START, &examples, &rows)?;
    let mut part = if bench.build_is_costly() { whole } else { Reader::new(bench, 200, rate)? };
    let mut expected = Numbers::new();
    let mut expected_loss = 0.0;
    for rows in rows.chunks(200) {
        let (own, loss) = part.gradient(&weights, START, &examples, rows)?;
        expected_loss += loss;
        add(&mut expected, &own, 1.0 / 3.0);
    }
    ensure_near(
        &weights,
        part.rate,
        &got,
        &expected,
        "600 texts in one batch are not learned as the mean of three batches",
    )?;
    ensure((loss - expected_loss).abs() <= 1e-3 * expected_loss.abs(), || {
        format!("the losses of 600 texts sum to {loss:.4} in one batch, and to {expected_loss:.4} in three")
    })
}

/// Adds `share` times `own` to `sum`.
fn add(sum: &mut Numbers, own: &Numbers, share: f64) {
    sum.resize_with(own.len(), Vec::new);
    for (sum, own) in sum.iter_mut().zip(own) {
        sum.resize(own.len(), 0.0);
        sum.iter_mut().zip(own).for_each(|(sum, g)| *sum += share * g);
    }
}

/// The rows of the texts to weigh, whose labels first appear as 2, 0, 1 and are not equally many.
const WEIGHED: [u32; 7] = [2, 5, 0, 8, 1, 4, 11];

/// The step of a weighted batch is the mean of the steps of its labels, each with its weight times its number of texts.
fn labels_weigh_in_proportion(bench: &Bench) -> Verdict {
    comparable(bench)?;
    if !bench.heeds(TrainingKey::ClassWeights) {
        return Err(Stop::Skip("it declares that it does not use `class_weights`"));
    }
    let bench = &calm(bench);
    let examples = examples::learnable().only(&WEIGHED);
    let weights = bench.build(SEED)?.weights();
    let rate = bench.learning_rates().is_none().then_some(1.0);
    let reader = |of_labels: [f32; N_CLASSES], n| Reader::new(&bench.with_class_weights(of_labels), n, rate);
    let given = [1.0, 4.0, 0.25];
    let all = batch_size(bench, WEIGHED.len() as u32);
    let mut weighted = reader(given, all)?;
    let rows = examples.rows();
    let (got, weighted_loss) = weighted.gradient(&weights, START, &examples, &rows)?;
    let (_, loss) = reader([1.0; N_CLASSES], all)?.gradient(&weights, START, &examples, &rows)?;
    let expected = mean_of_labels(&examples, given, &mut |rows| {
        let mut alone = reader([1.0; N_CLASSES], batch_size(bench, rows.len() as u32))?;
        Ok(alone.gradient(&weights, START, &examples, rows)?.0)
    })?;
    let what =
        "with labels that weigh 1, 4 and 1/4, a step is not the sum of weight × gradient over the sum of weights";
    ensure_near(&weights, weighted.rate, &got, &expected, what)?;
    let mut tenfold = reader(given.map(|weight| 10.0 * weight), all)?;
    let ten = tenfold.gradient(&weights, START, &examples, &rows)?.0;
    let what = "ten times the weights of all labels make another step (divide by the sum of weights, not by the texts)";
    ensure_near(&weights, weighted.rate, &ten, &got, what)?;
    ensure((weighted_loss - loss).abs() <= 1e-3 * loss.abs().max(1.0), || {
        format!(
            "the losses sum to {weighted_loss:.4} with weighted labels, and to {loss:.4} without: losses are reported unweighted"
        )
    })
}

/// Σ w_c n_c g_c / Σ w_c n_c over the labels c, with `gradient` of the rows of one label.
fn mean_of_labels(
    examples: &Examples,
    weights: [f32; N_CLASSES],
    gradient: &mut dyn FnMut(&[u32]) -> Result<Numbers, Stop>,
) -> Result<Numbers, Stop> {
    let (mut sum, mut total) = (Numbers::new(), 0.0);
    for (label, weight) in (0_u16..).zip(weights) {
        let rows: Vec<u32> =
            examples.rows().into_iter().filter(|row| examples.labels[*row as usize] == label).collect();
        let share = f64::from(weight) * rows.len() as f64;
        add(&mut sum, &gradient(&rows)?, share);
        total += share;
    }
    sum.iter_mut().flatten().for_each(|g| *g /= total);
    Ok(sum)
}

/// Two epochs with each setting that is declared unused at another value end as without.
fn settings_declared_unused_change_nothing(bench: &Bench) -> Verdict {
    let keys = [TrainingKey::BatchSize, TrainingKey::Optimizer, TrainingKey::Schedule, TrainingKey::ClassWeights];
    let unused = keys.into_iter().filter(|key| !bench.heeds(*key));
    let unused: Vec<TrainingKey> =
        unused.filter(|key| !bench.is_one_shot() || *key == TrainingKey::ClassWeights).collect();
    if unused.is_empty() {
        return Err(Stop::Skip("it declares no setting unused"));
    }
    // A schedule depends on the number of steps, which follows from the size of batches.
    let bench = match bench.training.schedule {
        Schedule::Constant => bench.clone(),
        Schedule::Cosine => {
            bench.trained_as(TrainingSettings { schedule: Schedule::Constant, ..bench.training.clone() })
        }
    };
    let bench = &bench.for_epochs(2);
    let expected = bench.train(SEED, &examples::learnable())?.model;
    let mut left_out = Vec::new();
    for key in unused {
        match changed(bench, key).for_epochs(2).train(SEED, &examples::learnable()) {
            Ok(got) => ensure(as_good_as_equal(bench, got.model, expected.as_ref())?, || {
                format!(
                    "it declares that it does not use {key:?} (in `unused_settings`), and learns otherwise with another value"
                )
            })?,
            Err(error) => left_out.push(format!("{key:?}, of which it refuses another value: {error}")),
        }
    }
    all_but(left_out)
}

fn changed(bench: &Bench, key: TrainingKey) -> Bench {
    let training = bench.training.clone();
    let is_adam = matches!(training.optimizer, Optimizer::Adam { .. });
    let optimizer = if is_adam { Optimizer::Sgd { momentum: 0.9 } } else { Optimizer::ADAM };
    match key {
        TrainingKey::BatchSize => {
            let batch_size = training.batch_size / 2 + 1;
            bench.trained_as(TrainingSettings { batch_size, ..training })
        }
        TrainingKey::Optimizer => bench.trained_as(TrainingSettings { optimizer, clip_norm: Some(0.01), ..training }),
        TrainingKey::Schedule => bench.trained_as(TrainingSettings { schedule: Schedule::Cosine, ..training }),
        _ => bench.with_class_weights([0.2, 1.0, 5.0]),
    }
}

/// Equal weights, or equal answers where the plugin promises nothing of its bits.
fn as_good_as_equal(bench: &Bench, mut got: Box<dyn Model>, expected: &dyn Model) -> Result<bool, Stop> {
    if super::promised(bench).is_ok() {
        return Ok(same_tensors(&got.weights(), &expected.weights()));
    }
    let mut fresh = bench.build(SEED)?;
    fresh.set_weights(&expected.weights())?;
    let examples = examples::learnable();
    let answers = |model: &mut dyn Model| predict(model, &examples, &examples.rows());
    Ok(same_results(bench, &answers(got.as_mut())?, &answers(fresh.as_mut())?))
}
