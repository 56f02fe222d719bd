//! The best configuration of each model by the trials that have finished so far: nothing is decided by it.

use crate::difference::{Basis, CONFIDENCE, Sample};
use crate::summary::ends;
use recur_core::metric::Metric;
use recur_stats::{Estimate, Interval, mean, standard_deviation};
use serde::Serialize;
use std::collections::BTreeMap;

/// The validation result of a trial that finished.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValidationResult<'a> {
    /// What reports call the model.
    pub model: &'a str,
    /// A number of the configuration, which no other one of any model has.
    pub configuration: usize,
    /// From 0.
    pub replicate: u32,
    /// After how many epochs halving stopped the trial; `None` where it was trained to its end.
    pub stop_after: Option<u32>,
    /// The metric to choose by.
    pub value: f64,
}

/// The best configuration of a model so far. Its mean is optimistic: it is the best of several, and only a part of the trials has
/// finished.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestSoFar {
    /// What reports call the model.
    pub model: String,
    /// The number of the configuration.
    pub configuration: usize,
    /// After how many epochs halving stopped the trials that are compared; `None` where they were trained to their end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_after: Option<u32>,
    /// The replicates of it that finished, in order.
    pub replicates: Vec<u32>,
    /// How many configurations of the model it is the best of.
    pub configurations: usize,
    /// The mean over these replicates.
    pub mean: f64,
    /// The sample standard deviation over them; `None` below two.
    pub sd: Option<f64>,
    /// The interval (95 %) of the mean; `None` below two replicates, without any spread, or where nothing is known of the split.
    #[serde(serialize_with = "ends")]
    pub interval: Option<Interval>,
}

/// The best configuration of each model by its mean over the replicates that finished, in the order in which the models come first in
/// `results`. Of equal ones that with more replicates counts, then that with the lower number.
///
/// Where halving stops trials, a model's trials are compared that were trained longest. `basis` is what results on validation rows depend
/// on; there are no intervals without it. Of two results of one trial the last one counts.
pub fn best_so_far<'a>(
    metric: Metric,
    basis: Option<Basis>,
    results: impl IntoIterator<Item = ValidationResult<'a>>,
) -> Vec<BestSoFar> {
    let mut order: Vec<&str> = Vec::new();
    let mut by_model: BTreeMap<&str, Vec<ValidationResult<'_>>> = BTreeMap::new();
    for result in results {
        by_model.entry(result.model).or_insert_with(|| {
            order.push(result.model);
            Vec::new()
        });
        by_model.entry(result.model).or_default().push(result);
    }
    order.into_iter().filter_map(|model| best_of(metric, basis, model, &by_model[model])).collect()
}

fn best_of(metric: Metric, basis: Option<Basis>, model: &str, results: &[ValidationResult<'_>]) -> Option<BestSoFar> {
    let trained = |result: &ValidationResult<'_>| result.stop_after.unwrap_or(u32::MAX);
    let longest = results.iter().map(trained).max()?;
    let mut values: BTreeMap<usize, BTreeMap<u32, f64>> = BTreeMap::new();
    for result in results.iter().filter(|result| trained(result) == longest) {
        values.entry(result.configuration).or_default().insert(result.replicate, result.value);
    }
    let scored = |(configuration, values): (&usize, &BTreeMap<u32, f64>)| {
        let values: Vec<f64> = values.values().copied().collect();
        mean(&values).filter(|mean| !mean.is_nan()).map(|mean| (*configuration, mean, values))
    };
    let is_better = |(_, mean, values): &(usize, f64, Vec<f64>), best: &(usize, f64, Vec<f64>)| {
        metric.better(*mean, best.1) || (*mean == best.1 && values.len() > best.2.len())
    };
    let all = values.iter().filter_map(scored);
    let (configuration, mean, found) = all.reduce(|best, next| if is_better(&next, &best) { next } else { best })?;
    Some(BestSoFar {
        model: model.to_owned(),
        configuration,
        stop_after: (longest < u32::MAX).then_some(longest),
        replicates: values[&configuration].keys().copied().collect(),
        configurations: values.len(),
        mean,
        sd: standard_deviation(&found),
        interval: basis.and_then(|basis| interval(metric, basis, &found)),
    })
}

fn interval(metric: Metric, basis: Basis, values: &[f64]) -> Option<Interval> {
    let estimate: Estimate = basis.mean(Sample::of(values))?;
    let (low, high) = metric.about().bounds;
    estimate.has_spread().then(|| estimate.interval(CONFIDENCE).clipped(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASIS: Option<Basis> = Some(Basis::Resampled { train: 80, scored: 20 });

    fn result(configuration: usize, replicate: u32, value: f64) -> ValidationResult<'static> {
        ValidationResult { model: "gru", configuration, replicate, stop_after: None, value }
    }

    fn best(metric: Metric, results: &[ValidationResult<'_>]) -> BestSoFar {
        let all = best_so_far(metric, BASIS, results.iter().copied());
        assert_eq!(all.len(), 1);
        all.into_iter().next().unwrap()
    }

    #[test]
    fn the_best_mean_over_the_replicates_that_finished_counts() {
        let results = [result(0, 0, 0.5), result(1, 0, 0.6), result(1, 1, 0.5), result(2, 0, 0.54)];
        let found = best(Metric::MacroF1, &results);
        assert_eq!((found.configuration, found.replicates, found.configurations), (1, vec![0, 1], 3));
        assert!((found.mean - 0.55).abs() < 1e-12 && found.interval.is_some());
        let least = best(Metric::Loss, &results);
        assert_eq!((least.configuration, least.replicates, least.interval), (0, vec![0], None));
    }

    #[test]
    fn of_equals_the_one_with_more_replicates_counts_then_the_first() {
        let results = [result(3, 0, 0.5), result(4, 0, 0.25), result(4, 1, 0.75), result(5, 0, 0.5)];
        assert_eq!(best(Metric::MacroF1, &results).configuration, 4);
        assert_eq!(best(Metric::MacroF1, &[result(5, 0, 0.5), result(3, 0, 0.5)]).configuration, 3);
    }

    #[test]
    fn the_interval_is_that_of_the_corrected_resampled_mean() {
        let values = [0.6, 0.5, 0.7];
        let results: Vec<_> = (0..).zip(values).map(|(replicate, value)| result(0, replicate, value)).collect();
        let expected = recur_stats::corrected_resampled(&values, 80, 20).unwrap().interval(CONFIDENCE);
        assert_eq!(best(Metric::MacroF1, &results).interval, Some(expected.clipped(0.0, 1.0)));
        assert_eq!(best_so_far(Metric::MacroF1, None, results)[0].interval, None);
    }

    #[test]
    fn trials_that_were_trained_longer_are_not_compared_with_shorter_ones() {
        let short = |configuration, value| ValidationResult { stop_after: Some(3), ..result(configuration, 0, value) };
        let found = best(Metric::MacroF1, &[short(0, 0.9), short(1, 0.8), result(1, 0, 0.7)]);
        assert_eq!((found.configuration, found.stop_after, found.configurations), (1, None, 1));
        let found = best(Metric::MacroF1, &[short(0, 0.9), short(1, 0.8)]);
        assert_eq!((found.configuration, found.stop_after), (0, Some(3)));
    }

    #[test]
    fn a_result_that_is_no_number_is_never_the_best() {
        assert!(best_so_far(Metric::MacroF1, BASIS, [result(0, 0, f64::NAN)]).is_empty());
        assert_eq!(best(Metric::Loss, &[result(0, 0, f64::NAN), result(1, 0, 9.0)]).configuration, 1);
        assert!(best_so_far(Metric::MacroF1, BASIS, []).is_empty());
    }

    #[test]
    fn models_come_in_the_order_of_their_first_results() {
        let other = ValidationResult { model: "bow", ..result(7, 0, 0.1) };
        let all = best_so_far(Metric::MacroF1, BASIS, [result(0, 0, 0.5), other, result(1, 0, 0.6)]);
        let found: Vec<(&str, usize)> = all.iter().map(|best| (best.model.as_str(), best.configuration)).collect();
        assert_eq!(found, [("gru", 1), ("bow", 7)]);
    }
}
