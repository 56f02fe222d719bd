//! Ensembles: the mean of what all replicates of a model answer to the same test rows.
//!
//! Legend: r replicates, N test rows, C labels.

use crate::difference::{self, Compared, Sample, compare};
use crate::model::of_predictions;
use crate::ranked::{Ranked, TestResamples, answers, best_first, confusion, resampled_means};
use crate::summary::ends;
use recur_core::metric::Metric;
use recur_core::record::Prediction;
use recur_stats::{Answers, Interval, LabelCounts, jackknife, label_rank, mean, mean_distribution, mean_log_loss};
use serde::Serialize;
use std::collections::BTreeMap;

/// The jackknife of two members gives too small a variance.
const FEWEST_MEMBERS: u32 = 3;

/// The ensemble of a model's replicates: for each test row the mean of their distributions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ensemble {
    /// The model whose replicates are averaged.
    pub model: String,
    /// How many replicates (r).
    pub members: usize,
    /// Its results on test, by metric.
    pub test: BTreeMap<&'static str, f64>,
    /// The interval (95 %) of the primary metric; `None` where it cannot be computed.
    #[serde(serialize_with = "ends")]
    pub interval: Option<Interval>,
    /// It minus the mean of its members.
    pub over_members: EnsembleDifference,
    /// It minus the mean of [`Ensembles::reference`]; none for that model's own ensemble.
    pub over_reference: Option<EnsembleDifference>,
    /// It minus the ensemble of [`Ensembles::reference`]; none for that ensemble.
    pub over_ensemble_of_reference: Option<EnsembleDifference>,
}

/// The ensembles of an experiment: of each ranked model, where all replicates are tested on the same rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ensembles {
    /// The model that they are compared with: the baseline, or the best model where no baseline was tested.
    pub reference: String,
    /// One for each ranked model, best first.
    pub ensembles: Vec<Ensemble>,
}

/// The difference of an ensemble and a model or another ensemble, of the primary metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnsembleDifference {
    /// The difference.
    pub mean: f64,
    /// Its interval (95 %); `None` where it cannot be computed.
    #[serde(serialize_with = "ends")]
    pub interval: Option<Interval>,
    /// The p-value before correction.
    pub p: Option<f64>,
    /// The p-value after Holm's correction over the same difference of all ensembles.
    pub p_holm: Option<f64>,
    /// Over how many comparisons it is corrected.
    pub comparisons: usize,
    /// Whether neither the interval nor the corrected p-value admits zero.
    pub is_significant: bool,
}

impl EnsembleDifference {
    fn of((compared, (first, second)): (&Compared, &(Sample<'_>, Sample<'_>))) -> Self {
        let of = |sample: &Sample<'_>| mean(sample.by_replicate).unwrap_or(f64::NAN);
        Self {
            mean: of(first) - of(second),
            interval: compared.comparison.map(|comparison| comparison.interval),
            p: compared.comparison.map(|comparison| comparison.p),
            p_holm: compared.comparison.map(|_| compared.adjusted_p),
            comparisons: compared.n_comparisons,
            is_significant: compared.is_clear(),
        }
    }
}

/// Two results that are compared.
type Pair<'a> = (Sample<'a>, Sample<'a>);

/// An ensemble with what its comparisons are made from.
struct Scored {
    model: usize,
    test: BTreeMap<&'static str, f64>,
    /// The value of the primary metric.
    value: f64,
    /// (r): see [`jackknife`].
    by_member: Vec<f64>,
    /// The value on each resample of the test groups.
    resampled: Vec<f64>,
}

impl Scored {
    fn sample(&self) -> Sample<'_> {
        Sample { by_replicate: &self.by_member, resampled: &self.resampled }
    }
}

impl Ensembles {
    /// `None` where replicates are tested on rows of their own, below three replicates, and where nothing was ranked.
    pub(crate) fn of(ranked: &Ranked<'_>) -> Option<Self> {
        if !ranked.has_fixed_test() || ranked.outcomes.plan.replicates < FEWEST_MEMBERS {
            return None;
        }
        let mut resamples = TestResamples::default();
        let mut scored: Vec<Scored> =
            ranked.ranking.iter().filter_map(|model| score(ranked, *model, &mut resamples)).collect();
        // A stable sort: of equals the better model's leads.
        scored.sort_by(|a, b| best_first(ranked.primary, a.value, b.value));
        let baseline = ranked.baseline().filter(|model| ranked.ranking.contains(model));
        let reference = baseline.or_else(|| ranked.ranking.first().copied())?;
        // Results that chose the reference have in effect compared all pairs.
        let is_chosen = baseline.is_none() || ranked.outcomes.comparison.is_some_and(|facts| facts.baseline_is_chosen);
        (!scored.is_empty()).then(|| Self {
            reference: ranked.models[reference].id.to_owned(),
            ensembles: compared(ranked, &scored, reference, is_chosen),
        })
    }
}

/// The ensemble of a ranked model.
fn score<'a>(ranked: &Ranked<'a>, model: usize, resamples: &mut TestResamples<'a>) -> Option<Scored> {
    let tests = &ranked.models[model].tests;
    let rows = &tests.first()?.predictions;
    let members: Vec<Vec<Vec<f64>>> = tests.iter().map(|test| probabilities(&test.predictions)).collect();
    let primary = |predictions: &[Prediction]| value(ranked, ranked.primary, predictions);
    let without = |member: usize| primary(&averaged(rows, &members, Some(member)));
    let without: Vec<f64> = (0..members.len()).map(without).collect();
    let all = averaged(rows, &members, None);
    let metrics = Metric::shown_with(ranked.primary).map(|metric| (metric.name(), Some(value(ranked, metric, &all))));
    let others = of_predictions(&all, ranked.outcomes.label_names.len());
    Some(Scored {
        model,
        value: primary(&all),
        by_member: jackknife(primary(&all), &without),
        resampled: resampled_means(ranked, resamples.of(ranked, model)?, &[&all]),
        test: others.into_iter().chain(metrics).filter_map(|(name, value)| Some((name, value?))).collect(),
    })
}

/// The distribution of each row, (N, C).
fn probabilities(predictions: &[Prediction]) -> Vec<Vec<f64>> {
    let exp = |p: &Prediction| p.log_probabilities.iter().map(|log| libm::exp(f64::from(*log))).collect();
    predictions.iter().map(exp).collect()
}

/// What the members answer together to `rows`, without the member `left_out`.
fn averaged(rows: &[Prediction], members: &[Vec<Vec<f64>>], left_out: Option<usize>) -> Vec<Prediction> {
    let kept = || (0..members.len()).filter(|member| Some(*member) != left_out);
    let of_row = |(row, prediction): (usize, &Prediction)| {
        let distributions: Vec<&[f64]> = kept().map(|member| members[member][row].as_slice()).collect();
        let mean = mean_distribution(&distributions);
        let log = |label: usize| libm::log(mean[label]) as f32;
        let label = usize::from(prediction.label);
        let predicted = (1..mean.len()).fold(0, |best, label| if mean[label] > mean[best] { label } else { best });
        Prediction {
            text: String::new(),
            label: prediction.label,
            predicted: predicted as u16,
            log_probability: log(predicted),
            label_log_probability: log(label),
            label_rank: label_rank(&mean, label).unwrap_or(mean.len()) as u16,
            log_probabilities: (0..mean.len()).map(log).collect(),
        }
    };
    rows.iter().enumerate().map(of_row).collect()
}

/// The value of a metric.
fn value(ranked: &Ranked<'_>, metric: Metric, predictions: &[Prediction]) -> f64 {
    if let Some(on_request) = ranked.on_request().filter(|_| metric.is_on_request()) {
        let (log_probabilities, labels) = answers(predictions);
        let answers = Answers::new(&log_probabilities, &labels, ranked.outcomes.label_names.len());
        return on_request.value(answers).unwrap_or(f64::NAN);
    }
    let counts = confusion(predictions, ranked.outcomes.label_names.len()).label_counts();
    let found = match LabelCounts::metric(metric.name()) {
        Some(of_counts) => of_counts(&counts),
        None => mean_log_loss(predictions.iter().map(|p| p.label_log_probability)),
    };
    found.unwrap_or(f64::NAN)
}

/// First minus second of each of `pairs`, corrected for these and `more`.
fn differences<'a>(ranked: &Ranked<'_>, mut pairs: Vec<Pair<'a>>, more: Vec<Pair<'a>>) -> Vec<EnsembleDifference> {
    let n = pairs.len();
    pairs.extend(more);
    let compared = compare(&pairs, ranked.primary, ranked.test_basis());
    compared.iter().zip(&pairs).take(n).map(EnsembleDifference::of).collect()
}

/// The entries of [`Ensembles::ensembles`]. Where the reference `is_chosen` by results, p is corrected over all pairs that it could
/// have been one of.
fn compared(ranked: &Ranked<'_>, scored: &[Scored], reference: usize, is_chosen: bool) -> Vec<Ensemble> {
    let results: BTreeMap<usize, Vec<f64>> =
        scored.iter().map(|of| (of.model, ranked.models[of.model].test(ranked.primary))).collect();
    let single = |model: usize| ranked.sample(model, &results[&model]);
    let over_members =
        differences(ranked, scored.iter().map(|of| (of.sample(), single(of.model))).collect(), Vec::new());
    let others: Vec<&Scored> = scored.iter().filter(|of| of.model != reference).collect();
    let all_pairs = || scored.iter().flat_map(|of| scored.iter().map(move |second| (of, second.model)));
    let over_reference = differences(
        ranked,
        others.iter().map(|of| (of.sample(), single(reference))).collect(),
        all_pairs()
            .filter(|(of, second)| is_chosen && *second != of.model && *second != reference)
            .map(|(of, second)| (of.sample(), single(second)))
            .collect(),
    );
    let ensemble_of_reference = scored.iter().find(|of| of.model == reference);
    let samples: Vec<Sample<'_>> = others.iter().map(|of| of.sample()).collect();
    let over_ensemble = differences(
        ranked,
        ensemble_of_reference.into_iter().flat_map(|second| samples.iter().map(|of| (*of, second.sample()))).collect(),
        if is_chosen { difference::pairs(&samples) } else { Vec::new() },
    );
    let mut over = over_reference.into_iter().zip(over_ensemble);
    let of = |(scored, over_members): (&Scored, EnsembleDifference)| {
        let (over_reference, over_ensemble_of_reference) = match scored.model == reference {
            true => (None, None),
            false => over.next().unzip(),
        };
        Ensemble {
            model: ranked.models[scored.model].id.to_owned(),
            members: scored.by_member.len(),
            test: scored.test.clone(),
            interval: ranked.interval_of(ranked.primary, scored.sample()),
            over_members,
            over_reference,
            over_ensemble_of_reference,
        }
    };
    scored.iter().zip(over_members).map(of).collect()
}
