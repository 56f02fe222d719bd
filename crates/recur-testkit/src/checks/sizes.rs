//! Many texts, long texts, many characters, many labels.

use super::{same_results, same_tensors, scatter};
use crate::battery::{Check, Stop, Verdict, all_but, ensure};
use crate::bench::{Bench, SEED, predict, predict_of};
use crate::examples::{self, Examples, N_CLASSES};
use recur_core::answer::first_improper;
use recur_core::dataset::Sequences;
use recur_core::model::Model;
use recur_core::random::StreamPath;
use recur_core::tensor::Tensor;

pub const CHECKS: &[Check] = &[
    Check::new(
        "many_texts_at_once_are_answered_as_few",
        "a buffer for 256 or 4,096 texts whose rest is wrong; a row's number kept in 16 bits",
        many_texts_at_once_are_answered_as_few,
    ),
    Check::new(
        "texts_far_down_the_list_are_learnt_the_same",
        "a row's number kept in 16 bits, in training",
        texts_far_down_the_list_are_learnt_the_same,
    ),
    Check::new(
        "every_character_of_a_long_text_counts",
        "a text that is read only up to some character, or from some character on; a length kept in 8 bits",
        every_character_of_a_long_text_counts,
    ),
    Check::new(
        "300_characters_and_300_labels_are_told_apart",
        "a character's or a label's number kept in 8 bits",
        three_hundred_are_told_apart,
    ),
];

/// Texts asked for at once.
const N_AT_ONCE: u32 = 5_000;

/// More texts than numbers of 16 bits.
const N_MANY_TEXTS: u32 = 65_536 + 100;

/// Texts of characters that the learnable ones have: the first ones random, of up to 30 characters, more than 65,536 of them together,
/// and all others of four.
pub(super) fn many(n: usize) -> Examples {
    let mut stream = StreamPath::root(0).child("testkit/many").stream();
    let mut sequences = Sequences::new();
    for _ in 0..n.min(N_AT_ONCE as usize) {
        let length = 1 + stream.below(30);
        sequences.push((0..length).map(|_| stream.below(6) as u16).collect::<Vec<u16>>());
    }
    for row in N_AT_ONCE as usize..n {
        sequences.push([1, 6, 36, 216].map(|power| (row / power % 6) as u16));
    }
    Examples { sequences, labels: (0..n).map(|row| (row % N_CLASSES) as u16).collect() }
}

/// Many at once, and in calls of 50: that these are answered as texts alone is for another check. Of a long list the first texts
/// and the last.
fn many_texts_at_once_are_answered_as_few(bench: &Bench) -> Verdict {
    let (mut model, examples) = (bench.trained()?, many(N_MANY_TEXTS as usize));
    let rows: Vec<u32> = (0..N_AT_ONCE - 100).chain(N_MANY_TEXTS - 100..N_MANY_TEXTS).collect();
    let all = predict(model.as_mut(), &examples, &rows)?;
    for (rows, of_rows) in rows.chunks(50).zip(all.chunks(50 * N_CLASSES)) {
        // As another list, where they are the first.
        let own = examples.only(rows);
        let few = predict(model.as_mut(), &own, &own.rows())?;
        ensure(same_results(bench, of_rows, &few), || {
            let (first, last) = (rows[0], rows[rows.len() - 1]);
            format!(
                "one of the texts {first} to {last} is answered otherwise among {N_AT_ONCE} texts than among {}",
                rows.len()
            )
        })?;
    }
    Ok(())
}

/// The same texts at the beginning of a list, and behind 65,536 others.
fn texts_far_down_the_list_are_learnt_the_same(bench: &Bench) -> Verdict {
    super::promised(bench)?;
    let near = examples::learnable();
    let far = many(65_536 + 7).relabelled(|_| 0).and(&near);
    let first = far.labels.len() as u32 - near.labels.len() as u32;
    let [mut one, mut other] = [bench.build(SEED)?, bench.build(SEED)?];
    let rows = near.rows();
    let losses = [
        bench.losses(one.as_mut(), &near, &rows)?,
        bench.losses(other.as_mut(), &far, &rows.iter().map(|row| first + row).collect::<Vec<u32>>())?,
    ];
    let same = losses[0] == losses[1] && same_tensors(&one.weights(), &other.weights());
    ensure(same, || format!("the texts of rows {first} and on are not learned as those of rows 0 and on"))
}

/// Characters of the text of which each must count, and of one of which the first and the last must.
const LONG: usize = 64;
const LONGER: usize = 300;

/// Each is tried with the trained weights and, as a network may have learned to forget, with random ones.
fn every_character_of_a_long_text_counts(bench: &Bench) -> Verdict {
    let mut model = bench.trained()?;
    let reads = bench.reads_at_most();
    let mut left_out = Vec::new();
    let trained = model.weights();
    for length in [LONG, LONGER] {
        if let Some(most) = reads.filter(|most| *most < length) {
            left_out.push(format!("texts of {length} characters, of which it declares to read {most}"));
            continue;
        }
        // The middle of a very long text may well be beyond what any numbers of a network can carry.
        let mut places: Vec<usize> = if length == LONG { (0..LONG).collect() } else { vec![length - 1] };
        for draw in 0..DRAWS {
            if places.is_empty() || !weights_of(draw, &trained, model.as_mut())? {
                continue;
            }
            places = without_effect(model.as_mut(), length, &places)?;
        }
        model.set_weights(&trained)?;
        ensure(places.is_empty(), || {
            format!(
                "in texts of {length} characters, none of the characters {places:?} (from 0) makes a difference to any text. A model that \
                 is to read a part of a text declares it in `reads_at_most`"
            )
        })?;
    }
    all_but(left_out)
}

/// How many weights are tried.
const DRAWS: u32 = 16;

/// Gives `model` the trained weights, or random ones of several sizes; false where it does not take them.
fn weights_of(draw: u32, trained: &[Tensor], model: &mut dyn Model) -> Result<bool, Stop> {
    if draw == 0 {
        return Ok(true);
    }
    let bound = [0.3, 0.6, 1.0, 2.0][draw as usize % 4];
    let mut stream = StreamPath::root(0).child("testkit/weights").child(draw).stream();
    let mut weights = trained.to_vec();
    weights.iter_mut().for_each(|tensor| scatter(tensor, bound, &mut stream));
    Ok(model.set_weights(&weights).is_ok())
}

/// Those of `places` at which another character changes the answer to no text.
fn without_effect(model: &mut dyn Model, length: usize, places: &[usize]) -> Result<Vec<usize>, Stop> {
    let texts = long_texts(length);
    let answers = |model: &mut dyn Model, texts: &[Vec<u16>]| {
        let sequences: Sequences = texts.iter().map(Vec::as_slice).collect();
        let mut out = vec![f32::NAN; texts.len() * N_CLASSES];
        let rows: Vec<u32> = (0..texts.len() as u32).collect();
        model.log_probabilities(&sequences, &rows, &mut out).map(|()| out)
    };
    let Ok(before) = answers(model, &texts) else { return Ok(places.to_vec()) };
    let mut left = Vec::new();
    for place in places {
        let mut counts = false;
        for by in 1..6 {
            let mut changed = texts.clone();
            changed.iter_mut().for_each(|text| text[*place] = (text[*place] + by) % 6);
            let Ok(after) = answers(model, &changed) else { continue };
            // A number that is none is equal to nothing: it says nothing here.
            counts |= before.iter().zip(&after).any(|(a, b)| a.is_finite() && b.is_finite() && a != b);
            if counts {
                break;
            }
        }
        if !counts {
            left.push(*place);
        }
    }
    Ok(left)
}

/// Texts of one character each, in which another one stands out, and random ones.
fn long_texts(length: usize) -> Vec<Vec<u16>> {
    let mut stream = StreamPath::root(0).child("testkit/long").child(length).stream();
    let plain = (0..6).map(|token| vec![token; length]).collect::<Vec<Vec<u16>>>();
    let random = (0..10).map(|_| (0..length).map(|_| stream.below(6) as u16).collect());
    plain.into_iter().chain(random).collect()
}

/// Characters and labels of [`three_hundred_are_told_apart`].
const N_MANY: usize = 300;

/// Characters that agree in their last eight bits, or that are both beyond eight bits.
const PAIRS: [[u16; 2]; 4] = [[3, 259], [43, 299], [127, 255], [259, 299]];

/// The labels of a pair. Those that agree with them in their last eight bits are never learned.
const LABELS: [u16; 2] = [259, 299];

fn three_hundred_are_told_apart(bench: &Bench) -> Verdict {
    let bench = bench.with_sizes(N_MANY, N_MANY).for_epochs(50);
    for [one, other] in PAIRS {
        // Each text twice: a model may leave out what only one text has.
        let sequences: Sequences =
            [[one; 2], [other; 2], [one; 2], [other; 2]].iter().map(<[u16; 2]>::as_slice).collect();
        let examples = Examples { sequences, labels: [LABELS, LABELS].concat() };
        let mut model = bench.train(SEED, &examples)?.model;
        let out = predict_of(model.as_mut(), N_MANY, &examples, &[0, 1])?;
        if let Some((row, problem)) = first_improper(&out, N_MANY) {
            return Err(Stop::Fail(format!("of 300 labels, the answer to text {row} is no distribution: {problem}")));
        }
        let (first, second) = out.split_at(N_MANY);
        ensure(first != second, || {
            format!("of 300 characters, {one} and {other} get one answer, though each has a label of its own")
        })?;
        for (label, answer) in LABELS.iter().zip([first, second]) {
            let twin = label - 256;
            let [own, other] = [*label, twin].map(|label| answer[usize::from(label)]);
            ensure(own > other + 0.1, || {
                format!(
                    "of 300 labels, {label} was learned and {twin} never, but the log-probabilities are {own:.3} and {other:.3}: the two \
                     agree in their last eight bits"
                )
            })?;
        }
    }
    Ok(())
}
