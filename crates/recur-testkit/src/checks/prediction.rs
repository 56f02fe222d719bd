//! What is said of texts: probabilities, whatever is next to them.

use super::same_results;
use crate::battery::{Check, Stop, Verdict, ensure};
use crate::bench::{Bench, predict};
use crate::examples::{self, Examples, N_CLASSES, N_TOKENS};
use recur_core::answer::improper;
use recur_core::model::Model;

pub const CHECKS: &[Check] = &[
    Check::new(
        "log_probabilities_are_normalised",
        "scores or probabilities instead of log-probabilities, or rows left unwritten",
        |bench| check_normalised(bench, &examples::learnable()),
    ),
    Check::new(
        "texts_of_one_character_have_log_probabilities",
        "a panic or NaN on a text without a character before its last",
        |bench| check_normalised(bench, &examples::one_character()),
    ),
    Check::new(
        "texts_of_200_characters_have_log_probabilities",
        "an overflow, or a buffer that is too short",
        |bench| check_normalised(bench, &examples::long()),
    ),
    Check::new(
        "characters_never_seen_have_log_probabilities",
        "a missing entry in a table of characters; the logarithm of a count of zero",
        |bench| check_normalised(bench, &examples::unseen()),
    ),
    Check::new("no_texts_at_all_are_allowed", "a panic on an empty batch", no_texts_at_all_are_allowed),
    Check::new(
        "predictions_do_not_depend_on_the_batch",
        "padding that is read, the last step taken at the longest text's end, a mean over the batch",
        predictions_do_not_depend_on_the_batch,
    ),
    Check::new(
        "predictions_do_not_depend_on_the_order",
        "rows answered in another order than asked; a state kept from text to text",
        predictions_do_not_depend_on_the_order,
    ),
    Check::new("asking_changes_nothing", "a state or a weight that prediction leaves changed", asking_changes_nothing),
    Check::new(
        "the_first_and_the_last_character_count",
        "a loop that begins or ends one character off",
        the_first_and_the_last_character_count,
    ),
];

fn check_normalised(bench: &Bench, examples: &Examples) -> Verdict {
    let rows = examples.rows();
    let out = predict(bench.trained()?.as_mut(), examples, &rows)?;
    for (row, log_probabilities) in rows.iter().zip(out.chunks_exact(N_CLASSES)) {
        // Finite, as a label may be rare but never impossible before all is seen.
        let infinite = log_probabilities.iter().any(|x| x.is_infinite()).then(|| "one is infinite".to_owned());
        let wrong = infinite.or_else(|| improper(log_probabilities).map(|problem| problem.to_string()));
        if let Some(wrong) = wrong {
            let text = examples.sequences.get(*row);
            let shown = &text[..text.len().min(8)];
            let n_characters = text.len();
            let got = format!("the text {shown:?}… of {n_characters} characters got {log_probabilities:?}: {wrong}");
            return Err(Stop::Fail(got));
        }
    }
    Ok(())
}

/// Neither to predict nor, for a model trained step by step, to learn from.
fn no_texts_at_all_are_allowed(bench: &Bench) -> Verdict {
    let examples = examples::learnable();
    let mut model = bench.trained()?;
    predict(model.as_mut(), &examples, &[])?;
    if bench.is_one_shot() {
        return Ok(());
    }
    let before = model.weights();
    bench.learn(model.as_mut(), &examples, &[])?;
    ensure(super::same_tensors(&before, &model.weights()), || "a chunk without texts made a step".to_owned())
}

/// Batches of one, seven and all, from learnable and odd texts, give each text the same results.
fn predictions_do_not_depend_on_the_batch(bench: &Bench) -> Verdict {
    let mut model = bench.trained()?;
    for examples in [examples::learnable(), examples::odd()] {
        let rows = examples.rows();
        let all = predict(model.as_mut(), &examples, &rows)?;
        for size in [1, 7] {
            let mut parts = Vec::new();
            for batch in rows.chunks(size) {
                parts.extend(predict(model.as_mut(), &examples, batch)?);
            }
            ensure(same_results(bench, &parts, &all), || {
                format!(
                    "texts are answered otherwise in batches of {size} and of {}: something of a text depends on those next to it (their number, \
                     the longest of them, or first characters that they share, where a network reads later ones)",
                    rows.len()
                )
            })?;
        }
        let twice = predict(model.as_mut(), &examples, &[3, 0, 3])?;
        let expected: Vec<f32> =
            [3, 0, 3].iter().flat_map(|row| &all[row * N_CLASSES..][..N_CLASSES]).copied().collect();
        ensure(same_results(bench, &twice, &expected), || "a text asked for twice got other results".to_owned())?;
    }
    Ok(())
}

fn predictions_do_not_depend_on_the_order(bench: &Bench) -> Verdict {
    let (mut model, examples) = (bench.trained()?, examples::learnable());
    let mut rows = examples.rows();
    let all = predict(model.as_mut(), &examples, &rows)?;
    rows.reverse();
    let reversed = predict(model.as_mut(), &examples, &rows)?;
    let back: Vec<f32> = reversed.chunks_exact(N_CLASSES).rev().flatten().copied().collect();
    ensure(same_results(bench, &back, &all), || "texts in reverse order got other results".to_owned())
}

fn asking_changes_nothing(bench: &Bench) -> Verdict {
    let (mut model, examples) = (bench.trained()?, examples::learnable());
    let first = predict(model.as_mut(), &examples, &examples.rows())?;
    let weights = model.weights();
    let second = predict(model.as_mut(), &examples, &examples.rows())?;
    ensure(same_results(bench, &first, &second), || "a second request got other results".to_owned())?;
    ensure(super::same_tensors(&weights, &model.weights()), || "asking changed the weights".to_owned())
}

/// Some text gets other results when its first character is another, and some when its last one is.
fn the_first_and_the_last_character_count(bench: &Bench) -> Verdict {
    let mut model = bench.trained()?;
    let examples = examples::learnable();
    let before = predict(model.as_mut(), &examples, &examples.rows())?;
    let mut counts = |place: fn(&mut [u16]) -> Option<&mut u16>| -> Result<bool, recur_core::model::ModelError> {
        for by in 1..N_TOKENS as u16 {
            if before != predict_changed(model.as_mut(), &examples, place, by)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    ensure(counts(|text| text.first_mut())?, || "no text's first character makes a difference".to_owned())?;
    ensure(counts(|text| text.last_mut())?, || "no text's last character makes a difference".to_owned())
}

/// The predictions for `examples` with the character at a place of each changed.
fn predict_changed(
    model: &mut dyn Model,
    examples: &Examples,
    place: fn(&mut [u16]) -> Option<&mut u16>,
    by: u16,
) -> Result<Vec<f32>, recur_core::model::ModelError> {
    let mut changed = Examples { sequences: recur_core::dataset::Sequences::new(), labels: examples.labels.clone() };
    for row in examples.rows() {
        let mut text = examples.sequences.get(row).to_vec();
        if let Some(character) = place(&mut text) {
            *character = (*character + by) % N_TOKENS as u16;
        }
        changed.sequences.push(text);
    }
    predict(model, &changed, &changed.rows())
}
