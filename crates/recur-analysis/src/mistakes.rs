//! What the best model takes for what, and the examples that models get wrong.

use crate::ranked::{Ranked, RankedModel};
use recur_core::record::Prediction;
use recur_stats::Confusion;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of mistakes that are listed.
const MOST_KINDS: usize = 15;
/// Examples of each kind.
const MOST_EXAMPLES: usize = 3;
/// Examples that are listed as the hardest, and as the mistakes that the model was surest of.
const MOST_LISTED: usize = 15;

/// Rows of one label that the best model took for another one, over all replicates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mistake {
    /// Their true label.
    pub label: String,
    /// The label that the model predicted.
    pub taken_for: String,
    /// Their number; a row counts once for each replicate that tests it.
    pub rows: u64,
    /// Their share of the label's test rows.
    pub share: f64,
    /// Those that the model was surest of, each once.
    pub examples: Vec<String>,
}

/// The examples that models get wrong. Only where all models read the same texts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HardExamples {
    /// How many are wrong by every model on more than half of the replicates that test them.
    pub n_hard: usize,
    /// The first of them: those wrong on most replicates, and of these the ones whose label the best model found least probable.
    pub hardest: Vec<HardExample>,
    /// The mistakes that the best model was surest of, each example once.
    pub surest_mistakes: Vec<SureMistake>,
}

/// An example that every model gets wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HardExample {
    /// Its text, normalised.
    pub text: String,
    /// Its true label.
    pub label: String,
    /// What the best model took it for.
    pub taken_for: Vec<String>,
    /// Replicates on which every model is wrong.
    pub wrong: u32,
    /// Replicates that test it.
    pub tested: u32,
    /// The probability that the best model gives its label: a geometric mean over replicates.
    pub label_probability: f64,
}

/// A mistake that the best model was sure of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SureMistake {
    /// Its text, normalised.
    pub text: String,
    /// Its true label.
    pub label: String,
    /// The label that the model predicted.
    pub taken_for: String,
    /// The probability that the model gave to that.
    pub probability: f64,
    /// The probability that it gave to the label.
    pub label_probability: f64,
}

/// True and predicted label of each kind of mistake, the most frequent first.
pub fn confused_pairs(confusion: &Confusion) -> Vec<(usize, usize)> {
    let n = confusion.n_classes();
    let pairs = (0..n * n).map(|index| (index / n, index % n));
    let mut pairs: Vec<(usize, usize)> =
        pairs.filter(|(truth, predicted)| truth != predicted && confusion.count(*truth, *predicted) > 0).collect();
    pairs.sort_by_key(|(truth, predicted)| std::cmp::Reverse(confusion.count(*truth, *predicted)));
    pairs
}

/// The most frequent mistakes of the best model.
pub(crate) fn mistakes(ranked: &Ranked<'_>, confusion: &Confusion) -> Vec<Mistake> {
    let Some(best) = ranked.best() else { return Vec::new() };
    let names = ranked.outcomes.label_names;
    let mistake = |(truth, predicted): (usize, usize)| {
        let rows = confusion.count(truth, predicted);
        Mistake {
            label: names[truth].clone(),
            taken_for: names[predicted].clone(),
            rows,
            share: rows as f64 / confusion.support(truth) as f64,
            examples: examples(best, truth, predicted),
        }
    };
    confused_pairs(confusion).into_iter().take(MOST_KINDS).map(mistake).collect()
}

/// The texts of a kind of mistake that the model was surest of, each once.
fn examples(best: &RankedModel<'_>, truth: usize, predicted: usize) -> Vec<String> {
    let is_such = |p: &&Prediction| usize::from(p.label) == truth && usize::from(p.predicted) == predicted;
    let mut found: Vec<&Prediction> = best.tests.iter().flat_map(|test| &test.predictions).filter(is_such).collect();
    found.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability).then_with(|| a.text.cmp(&b.text)));
    let mut texts: Vec<String> = Vec::new();
    for prediction in found {
        if !texts.contains(&prediction.text) && texts.len() < MOST_EXAMPLES {
            texts.push(prediction.text.clone());
        }
    }
    texts
}

/// What became of an example with its label over the replicates that test it.
#[derive(Default)]
struct Hard {
    n_tested: u32,
    n_wrong_by_all: u32,
    /// Summed over the best model's replicates, in nats.
    label_log_probability: f64,
    /// What the best model took it for.
    taken_for: BTreeSet<u16>,
}

impl HardExamples {
    /// `None` without test rows, or where models read other texts.
    pub(crate) fn of(ranked: &Ranked<'_>) -> Option<Self> {
        let best = ranked.best().filter(|best| best.tests.iter().any(|test| !test.predictions.is_empty()))?;
        if !ranked.outcomes.shares_examples() {
            return None;
        }
        let label = |label: u16| ranked.outcomes.label_names[usize::from(label)].clone();
        let all = tested_examples(ranked);
        let mut hard: Vec<(&(&str, u16), &Hard)> =
            all.iter().filter(|(_, hard)| 2 * hard.n_wrong_by_all > hard.n_tested).collect();
        let log_probability = |hard: &Hard| hard.label_log_probability / f64::from(hard.n_tested);
        hard.sort_by(|(_, a), (_, b)| {
            let by_probability = || log_probability(a).total_cmp(&log_probability(b));
            b.n_wrong_by_all.cmp(&a.n_wrong_by_all).then_with(by_probability)
        });
        let listed = |((text, truth), hard): &(&(&str, u16), &Hard)| HardExample {
            text: (*text).to_owned(),
            label: label(*truth),
            taken_for: hard.taken_for.iter().map(|taken| label(*taken)).collect(),
            wrong: hard.n_wrong_by_all,
            tested: hard.n_tested,
            label_probability: libm::exp(log_probability(hard)),
        };
        let probability = |log: f32| libm::exp(f64::from(log));
        let sure = |prediction: &Prediction| SureMistake {
            text: prediction.text.clone(),
            label: label(prediction.label),
            taken_for: label(prediction.predicted),
            probability: probability(prediction.log_probability),
            label_probability: probability(prediction.label_log_probability),
        };
        Some(Self {
            n_hard: hard.len(),
            hardest: hard.iter().take(MOST_LISTED).map(listed).collect(),
            surest_mistakes: surest_mistakes(best).into_iter().map(sure).collect(),
        })
    }
}

/// Every tested example with its label; the rows of a replicate are the same for all models.
fn tested_examples<'a>(ranked: &Ranked<'a>) -> BTreeMap<(&'a str, u16), Hard> {
    let mut found: BTreeMap<(&str, u16), Hard> = BTreeMap::new();
    let models: Vec<&RankedModel<'a>> = ranked.ranking.iter().map(|model| &ranked.models[*model]).collect();
    for replicate in 0..models[0].tests.len() {
        for (row, best) in models[0].tests[replicate].predictions.iter().enumerate() {
            let is_wrong = |prediction: &Prediction| prediction.predicted != prediction.label;
            let by_all = models.iter().all(|model| is_wrong(&model.tests[replicate].predictions[row]));
            let hard = found.entry((&best.text, best.label)).or_default();
            hard.n_tested += 1;
            hard.n_wrong_by_all += u32::from(by_all);
            hard.label_log_probability += f64::from(best.label_log_probability);
            hard.taken_for.extend(is_wrong(best).then_some(best.predicted));
        }
    }
    found
}

/// Wrong predictions, the surest first, each example with its label once.
fn surest_mistakes<'a>(best: &RankedModel<'a>) -> Vec<&'a Prediction> {
    let all = best.tests.iter().flat_map(|test| &test.predictions);
    let mut wrong: Vec<&Prediction> = all.filter(|prediction| prediction.predicted != prediction.label).collect();
    wrong.sort_by(|a, b| b.log_probability.total_cmp(&a.log_probability).then_with(|| a.text.cmp(&b.text)));
    let mut seen = BTreeSet::new();
    wrong.retain(|prediction| seen.len() < MOST_LISTED && seen.insert((&prediction.text, prediction.label)));
    wrong
}
