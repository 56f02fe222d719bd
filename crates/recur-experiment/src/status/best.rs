//! The best configuration of each model so far, by validation.

use recur_core::metric::Metric;
use recur_core::plan::Configuration;
use recur_core::record::Outcome;
use recur_core::settings::Division;
use recur_core::trial::TrialId;
use recur_stats::{Interval, corrected_resampled, mean, t_interval};
use recur_store::{Entry, ExperimentTrial};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// The confidence of intervals, as in reports.
const CONFIDENCE: f64 = recur_analysis::CONFIDENCE;

/// Shares are handed to a function of numbers of rows as so many of that many rows.
const ROWS: f64 = 1e6;

/// How far a model is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelStatus {
    /// What reports call it.
    pub model: String,
    /// Its trials that the store lists.
    pub n_trials: usize,
    /// Those that finished.
    pub n_finished: usize,
    /// The best of its configurations, if one finished on a replicate.
    pub best: Option<BestSoFar>,
}

/// The best configuration of a model so far: that with the best mean of the metric on validation rows, over the replicates on
/// which it finished. Where halving stops trainings, only the longest of the model's that finished are compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestSoFar {
    /// It, in words.
    pub configuration: String,
    /// After how many epochs halving stopped it.
    pub stop_after: Option<u32>,
    /// The mean of the metric on validation rows.
    pub mean: f64,
    /// The 95 % interval of the mean, from two replicates on.
    pub interval: Option<[f64; 2]>,
    /// Replicates on which it finished.
    pub n_replicates: usize,
    /// Its trials, in the order of the list.
    pub trials: Vec<TrialId>,
}

/// The trials of a configuration that were trained equally long and finished.
struct Tried<'a> {
    configuration: &'a str,
    stop_after: Option<u32>,
    values: Vec<f64>,
    trials: Vec<TrialId>,
}

/// The trials of a list without those that halving stopped and that went on: a longer one of the same training is listed, too.
pub(super) fn without_shorter(listed: &[ExperimentTrial]) -> BTreeSet<&TrialId> {
    let length = |trial: &ExperimentTrial| trial.stop_after.unwrap_or(u32::MAX);
    let mut longest: HashMap<(&str, u32), u32> = HashMap::new();
    for trial in listed {
        let known = longest.entry((&trial.configuration, trial.replicate)).or_default();
        *known = length(trial).max(*known);
    }
    let is_longest =
        |trial: &&ExperimentTrial| longest[&(trial.configuration.as_str(), trial.replicate)] == length(trial);
    listed.iter().filter(is_longest).map(|trial| &trial.id).collect()
}

/// Each model of a list, by what the store has of its trials. Those that are `counted` count.
pub(super) fn models(
    listed: &[ExperimentTrial],
    counted: &BTreeSet<&TrialId>,
    stored: &HashMap<TrialId, Entry>,
    metric: Option<(Metric, &Division)>,
) -> Vec<ModelStatus> {
    let mut models: Vec<ModelStatus> = Vec::new();
    let mut tried: HashMap<String, Vec<Tried<'_>>> = HashMap::new();
    let mut places: HashMap<(&str, Option<u32>), usize> = HashMap::new();
    let mut indices: HashMap<String, usize> = HashMap::new();
    for trial in listed {
        let model = Configuration::listed(&trial.configuration).model;
        let index = *indices.entry(model.clone()).or_insert_with(|| {
            models.push(ModelStatus { model: model.clone(), n_trials: 0, n_finished: 0, best: None });
            models.len() - 1
        });
        let counts = usize::from(counted.contains(&trial.id));
        models[index].n_trials += counts;
        let Some(entry) = stored.get(&trial.id).filter(|entry| matches!(entry.outcome, Outcome::Finished { .. }))
        else {
            continue;
        };
        models[index].n_finished += counts;
        let Some((value, all)) = value(entry, metric).zip(Some(tried.entry(model).or_default())) else { continue };
        let place = *places.entry((&trial.configuration, trial.stop_after)).or_insert_with(|| {
            let (configuration, stop_after) = (trial.configuration.as_str(), trial.stop_after);
            all.push(Tried { configuration, stop_after, values: Vec::new(), trials: Vec::new() });
            all.len() - 1
        });
        all[place].values.push(value);
        all[place].trials.push(trial.id.clone());
    }
    for model in &mut models {
        if let Some((tried, metric)) = tried.remove(&model.model).zip(metric) {
            model.best = best(tried, metric);
        }
    }
    models
}

fn value(entry: &Entry, metric: Option<(Metric, &Division)>) -> Option<f64> {
    Some(entry.validation?.get(metric?.0)).filter(|value| value.is_finite())
}

fn best(tried: Vec<Tried<'_>>, (metric, division): (Metric, &Division)) -> Option<BestSoFar> {
    // Halving ends with trainings to the end; before that, a longer one says more.
    let length = |tried: &Tried<'_>| tried.stop_after.unwrap_or(u32::MAX);
    let longest = tried.iter().map(length).max()?;
    let candidates = tried.into_iter().filter(|it| length(it) == longest);
    let means = candidates.filter_map(|it| Some((mean(&it.values)?, it)));
    // The first of equal ones.
    let (mean, best) = means.reduce(|best, next| if metric.better(next.0, best.0) { next } else { best })?;
    Some(BestSoFar {
        configuration: best.configuration.to_owned(),
        stop_after: best.stop_after,
        mean,
        interval: interval(&best.values, metric, division),
        n_replicates: best.values.len(),
        trials: best.trials,
    })
}

/// The interval of a mean over replicates. They share rows wherever a replicate draws them anew, so it is wider there, as in a
/// report.
fn interval(values: &[f64], metric: Metric, division: &Division) -> Option<[f64; 2]> {
    let shares = match *division {
        Division::Shares { train, validation, .. } => Some([train, validation]),
        Division::Folds { folds, validation, .. } => {
            Some([1.0 - 1.0 / f64::from(folds.max(2)) - validation, validation])
        }
        Division::Published { .. } => None,
    };
    let found = match shares.map(|shares| shares.map(|share| (share * ROWS).round() as usize)) {
        Some([n_train, n_validation]) if n_train > 0 => {
            corrected_resampled(values, n_train, n_validation)?.interval(CONFIDENCE)
        }
        _ => t_interval(values, CONFIDENCE)?,
    };
    let (low, high) = metric.about().bounds;
    let Interval { low, high } = found.clipped(low, high);
    Some([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_core::digest::Digest;
    use recur_core::metric::Scores;
    use recur_core::params::Params;

    const DIVISION: Division = Division::Shares { train: 0.8, validation: 0.1, test: 0.1 };

    fn id(n: u8) -> TrialId {
        serde_json::from_str(&format!("\"{n:032x}\"")).unwrap()
    }

    /// A trial with its macro-F1, if it finished.
    fn trial(n: u8, configuration: &str, stop_after: Option<u32>, f1: Option<f64>) -> (ExperimentTrial, Option<Entry>) {
        let listed =
            ExperimentTrial { configuration: configuration.into(), replicate: 0, stop_after, cost: None, id: id(n) };
        let entry = f1.map(|macro_f1| Entry {
            id: id(n),
            model: "m".into(),
            params: Params::default(),
            training: None,
            replicate: 0,
            outcome: Outcome::Finished { kept_epoch: 0 },
            validation: Some(Scores { loss: 1.0, accuracy: 0.5, macro_f1, ..Scores::default() }),
            dataset: Digest::of(b"data"),
            n_epochs: 1,
            n_parameters: 1,
            has_test: false,
        });
        (listed, entry)
    }

    fn best_of(trials: &[(ExperimentTrial, Option<Entry>)]) -> Vec<ModelStatus> {
        let listed: Vec<ExperimentTrial> = trials.iter().map(|(listed, _)| listed.clone()).collect();
        let stored = trials.iter().filter_map(|(_, entry)| entry.clone()).map(|entry| (entry.id.clone(), entry));
        models(&listed, &without_shorter(&listed), &stored.collect(), Some((Metric::MacroF1, &DIVISION)))
    }

    #[test]
    fn the_best_has_the_best_mean_over_the_replicates_that_finished_with_an_interval_from_two_on() {
        let found = best_of(&[
            trial(1, "m(a=1)", None, Some(0.5)),
            trial(2, "m(a=2)", None, Some(0.7)),
            trial(3, "n", None, None),
            trial(4, "m(a=1)", None, Some(0.6)),
            trial(5, "m(a=2)", None, Some(0.3)),
        ]);
        assert_eq!(found.iter().map(|model| model.model.as_str()).collect::<Vec<_>>(), ["m", "n"]);
        assert_eq!((found[0].n_trials, found[0].n_finished, found[1].n_finished), (4, 4, 0));
        let best = found[0].best.clone().unwrap();
        assert_eq!((best.configuration.as_str(), best.n_replicates), ("m(a=1)", 2));
        assert!((best.mean - 0.55).abs() < 1e-12 && best.trials == [id(1), id(4)]);
        // s = 0.0707, √(1/2 + 1/8) s = 0.0559, t(0.975, 1) = 12.7: cut off at the bounds of a share.
        assert_eq!(best.interval, Some([0.0, 1.0]));
        assert_eq!(found[1].best, None);
        let one = best_of(&[trial(1, "m", None, Some(0.5))])[0].best.clone().unwrap();
        assert_eq!((one.n_replicates, one.interval), (1, None));
        // Three values: t(0.975, 2) = 4.303 · √(1/3 + 1/8) · 0.01 = 0.0291.
        let three = best_of(&[1, 2, 3].map(|n| trial(n, "m", None, Some(0.5 + 0.01 * f64::from(n)))));
        let [low, high] = three[0].best.clone().unwrap().interval.unwrap();
        assert!((low - 0.4909).abs() < 1e-4 && (high - 0.5491).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn where_halving_stops_trainings_the_longest_are_compared() {
        let short = trial(1, "m(a=1)", Some(2), Some(0.9));
        let middle = trial(2, "m(a=2)", Some(4), Some(0.6));
        let full = trial(3, "m(a=2)", None, Some(0.5));
        let best = |trials: &[_]| best_of(trials)[0].best.clone().unwrap();
        // One that went on counts once.
        assert_eq!(best_of(&[short.clone(), middle.clone(), full.clone()])[0].n_trials, 2);
        assert_eq!(best(&[short.clone(), middle.clone()]).stop_after, Some(4));
        let best = best(&[short, middle, full]);
        assert_eq!((best.configuration.as_str(), best.stop_after, best.mean), ("m(a=2)", None, 0.5));
    }
}
