//! Paired comparisons over replicates, and what each is worth among the others made with it.

use recur_core::metric::{About, Metric};
use recur_stats::{
    Comparison, Estimate, PlannedFixedTest, PlannedTest, corrected_resampled, fixed_test_set, holm, standard_deviation,
    variance_of_difference, variance_over_resamples,
};
use serde::Serialize;

/// The probability with which an experiment should detect a difference, where a smallest one is named.
pub const POWER: f64 = 0.8;

/// The level of every test: a p-value below it is significant.
pub const LEVEL: f64 = 0.05;

/// The confidence of every interval.
pub const CONFIDENCE: f64 = 1.0 - LEVEL;

/// The rows that results over replicates depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Basis {
    /// Each replicate is scored on rows of its own.
    Resampled {
        /// Training rows of a replicate.
        train: usize,
        /// Scored rows of a replicate.
        scored: usize,
    },
    /// All replicates are scored on the same rows.
    Fixed {
        /// Training rows of a replicate.
        train: usize,
        /// Rows left out of training that differ between replicates: the validation rows, unless they are published.
        held_out: usize,
        /// Groups of scored rows.
        groups: usize,
    },
}

/// The results of one model: one a replicate, and with [`Basis::Fixed`] their mean on each resample of the scored groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample<'a> {
    pub(crate) by_replicate: &'a [f64],
    pub(crate) resampled: &'a [f64],
}

impl<'a> Sample<'a> {
    /// Results that were not resampled.
    pub(crate) fn of(by_replicate: &'a [f64]) -> Self {
        Self { by_replicate, resampled: &[] }
    }
}

impl Basis {
    /// How many rows that are not trained on there are for each training row: by this much replicates share rows.
    pub fn ratio(self) -> f64 {
        match self {
            Basis::Resampled { train, scored } => scored as f64 / train.max(1) as f64,
            Basis::Fixed { train, held_out, .. } => held_out as f64 / train.max(1) as f64,
        }
    }

    /// The mean of `values`, one a replicate, with its standard error; `variance` is that of the mean over resampled groups.
    pub(crate) fn estimate(self, values: &[f64], variance: Option<f64>) -> Option<Estimate> {
        match self {
            Basis::Resampled { train: 0, .. } | Basis::Fixed { train: 0, .. } => None,
            Basis::Resampled { train, scored } => corrected_resampled(values, train, scored),
            Basis::Fixed { groups: 0 | 1, .. } => None,
            Basis::Fixed { train, held_out, groups } => fixed_test_set(values, train, held_out, variance?, groups),
        }
    }

    /// The mean of one model's results.
    pub(crate) fn mean(self, sample: Sample<'_>) -> Option<Estimate> {
        self.estimate(sample.by_replicate, variance_over_resamples(sample.resampled))
    }
}

/// A comparison, with what it is worth among the others made with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compared {
    /// First minus second; `None` where one replicate, no spread, or a result that is not finite leaves nothing to test.
    pub(crate) comparison: Option<Comparison>,
    /// The mean difference with its standard error, which is zero without spread; `None` where there is neither.
    pub(crate) estimate: Option<Estimate>,
    /// The standard deviation of the difference over replicates; NaN where there is none.
    pub(crate) deviation: f64,
    /// With a fixed test set, the variance of the mean difference over resampled test groups.
    test_variance: Option<f64>,
    /// p after Holm's correction.
    pub(crate) adjusted_p: f64,
    /// How many comparisons were corrected for.
    pub(crate) n_comparisons: usize,
    /// Replicates where the first is better, equal, worse.
    pub(crate) wins: [u32; 3],
    /// What the results depend on.
    pub(crate) basis: Basis,
}

impl Compared {
    /// Whether the difference is significant: neither the interval nor the corrected p-value admits zero.
    pub(crate) fn is_clear(&self) -> bool {
        self.comparison.is_some_and(|comparison| !comparison.interval.contains(0.0) && self.adjusted_p < LEVEL)
    }

    /// The smallest difference that as many replicates with this spread detect with [`POWER`], among as many comparisons.
    pub(crate) fn smallest_detectable(&self) -> Option<f64> {
        let estimate = self.estimate.filter(Estimate::has_spread)?;
        let (alpha, n_replicates) = (LEVEL / self.n_comparisons.max(1) as f64, self.wins.iter().sum());
        let planned = |n_train, n_test| PlannedTest {
            difference: estimate.mean,
            deviation: self.deviation,
            n_train,
            n_test,
            alpha,
        };
        match self.basis {
            Basis::Resampled { train, scored } => planned(train, scored).smallest_detectable(n_replicates, POWER),
            Basis::Fixed { train, held_out, groups } => {
                let (replicates, test_variance) = (planned(train, held_out), self.test_variance?);
                let planned = PlannedFixedTest { replicates, test_variance, n_groups: groups };
                planned.smallest_detectable(n_replicates, POWER)
            }
        }
    }
}

/// First minus second of each pair, corrected for the number of pairs that can be tested.
pub(crate) fn compare(pairs: &[(Sample<'_>, Sample<'_>)], metric: Metric, basis: Basis) -> Vec<Compared> {
    let mut differences: Vec<Compared> =
        pairs.iter().map(|(a, b)| uncorrected(*a, *b, metric.about(), basis)).collect();
    correct(differences.iter_mut());
    differences
}

/// Corrects all of `differences` together, by Holm's method over those that can be tested.
pub(crate) fn correct<'d>(differences: impl Iterator<Item = &'d mut Compared>) {
    let mut tested: Vec<&mut Compared> = differences.filter(|difference| difference.comparison.is_some()).collect();
    let p_values: Vec<f64> = tested.iter().filter_map(|d| d.comparison.map(|c| c.p)).collect();
    for (difference, adjusted_p) in tested.iter_mut().zip(holm(&p_values)) {
        (difference.adjusted_p, difference.n_comparisons) = (adjusted_p, p_values.len());
    }
}

/// The first of `samples` minus each other one, in order, corrected for all pairs of them.
///
/// That is for a first that was chosen as the best by these very results: it has in effect been compared over all pairs, and
/// Holm's correction over those of the best alone would let equal models be distinguished in more than 5 % of sweeps.
pub(crate) fn best_against(samples: &[Sample<'_>], metric: Metric, basis: Basis) -> Vec<Compared> {
    let mut differences = compare(&pairs(samples), metric, basis);
    // The pairs of the first are at the front.
    differences.truncate(samples.len().saturating_sub(1));
    differences
}

/// All pairs of `samples`, each once, those of the first at the front.
pub(crate) fn pairs<'a>(samples: &[Sample<'a>]) -> Vec<(Sample<'a>, Sample<'a>)> {
    let of = |first: usize| samples[first + 1..].iter().map(move |second| (samples[first], *second));
    (0..samples.len()).flat_map(of).collect()
}

/// First minus second, as if it were the only comparison.
pub(crate) fn uncorrected(first: Sample<'_>, second: Sample<'_>, metric: About, basis: Basis) -> Compared {
    let paired: Vec<f64> = first.by_replicate.iter().zip(second.by_replicate).map(|(a, b)| a - b).collect();
    let test_variance = variance_of_difference(first.resampled, second.resampled);
    let estimate = basis.estimate(&paired, test_variance);
    let replicates = || first.by_replicate.iter().zip(second.by_replicate);
    let better = replicates().filter(|(a, b)| metric.better(**a, **b)).count() as u32;
    let worse = replicates().filter(|(a, b)| metric.better(**b, **a)).count() as u32;
    let (low, high) = metric.bounds_of_difference();
    let comparison = |estimate: Estimate| Comparison {
        mean: estimate.mean,
        interval: estimate.interval(CONFIDENCE).clipped(low, high),
        p: estimate.p(),
    };
    Compared {
        comparison: estimate.filter(Estimate::has_spread).map(comparison),
        estimate,
        deviation: standard_deviation(&paired).unwrap_or(f64::NAN),
        test_variance,
        adjusted_p: 1.0,
        n_comparisons: 0,
        wins: [better, paired.len() as u32 - better - worse, worse],
        basis,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_core::random::{Stream, StreamPath};
    use recur_stats::mean;

    const BASIS: Basis = Basis::Resampled { train: 80, scored: 10 };
    const N_SWEEPS: u32 = 2_000;

    /// Near enough to a standard normal number (Irwin and Hall).
    fn normal(stream: &mut Stream) -> f64 {
        (0..12).map(|_| f64::from(stream.unit_f32())).sum::<f64>() - 6.0
    }

    /// Scores of equal models over 10 replicates that correlate as the test supposes, the best mean first.
    fn equal_models(sweep: u32) -> Vec<Vec<f64>> {
        let mut stream = StreamPath::root(5).child(sweep).stream();
        let shared = (10.0_f64 / 90.0).sqrt();
        let own = (1.0 - shared * shared).sqrt();
        let model = |stream: &mut Stream| {
            let common = shared * normal(stream);
            // Small enough for no interval of a share to be clipped.
            (0..10).map(|_| 0.5 + 0.01 * (common + own * normal(stream))).collect::<Vec<f64>>()
        };
        let mut models: Vec<Vec<f64>> = (0..5).map(|_| model(&mut stream)).collect();
        models.sort_by(|a, b| mean(b).unwrap().total_cmp(&mean(a).unwrap()));
        models
    }

    fn samples(scores: &[Vec<f64>]) -> Vec<Sample<'_>> {
        scores.iter().map(|scores| Sample::of(scores)).collect()
    }

    fn share(claims: impl Fn(&[Sample<'_>]) -> Vec<Compared>) -> f64 {
        let is_wrong = |sweep: &u32| claims(&samples(&equal_models(*sweep))).iter().any(Compared::is_clear);
        (0..N_SWEEPS).filter(is_wrong).count() as f64 / f64::from(N_SWEEPS)
    }

    #[test]
    fn the_best_of_equal_models_is_called_ahead_in_at_most_five_percent_of_sweeps() {
        let error = share(|scores| best_against(scores, Metric::Accuracy, BASIS));
        assert!((0.02..=0.05).contains(&error), "{error}");
    }

    #[test]
    fn with_the_pairs_of_the_best_alone_it_would_be_more() {
        let pairs_of_best = |scores: &[Sample<'_>]| {
            let pairs: Vec<(Sample<'_>, Sample<'_>)> = scores[1..].iter().map(|other| (scores[0], *other)).collect();
            compare(&pairs, Metric::Accuracy, BASIS)
        };
        let error = share(pairs_of_best);
        assert!((0.06..=0.11).contains(&error), "{error}");
    }

    #[test]
    fn what_cannot_be_tested_is_not_corrected_for() {
        let scores = [vec![0.9, 0.8, 0.85], vec![0.5, 0.45, 0.5], vec![f64::INFINITY; 3]];
        let against = best_against(&samples(&scores), Metric::Accuracy, BASIS);
        assert_eq!((against[0].n_comparisons, against[1].n_comparisons), (1, 0));
        assert!(against[1].comparison.is_none() && !against[1].is_clear());
    }

    #[test]
    fn replicates_without_spread_prove_nothing() {
        let scores = [vec![0.9, 0.9], vec![0.5, 0.5]];
        let against = best_against(&samples(&scores), Metric::Accuracy, BASIS);
        assert!(!against[0].is_clear() && against[0].comparison.is_none());
        assert_eq!((against[0].estimate.map(|estimate| estimate.mean), against[0].n_comparisons), (Some(0.4), 0));
        assert_eq!(against[0].smallest_detectable(), None);
    }

    #[test]
    fn intervals_of_a_difference_of_shares_stay_within_a_hundred_points() {
        let scores = [vec![0.99, 0.4], vec![0.01, 0.3]];
        let interval = best_against(&samples(&scores), Metric::Accuracy, BASIS)[0].comparison.unwrap().interval;
        assert_eq!((interval.low, interval.high), (-1.0, 1.0));
        let of_loss = best_against(&samples(&scores), Metric::Loss, BASIS)[0].comparison.unwrap().interval;
        assert!(of_loss.low < -1.0 && of_loss.high > 1.0);
    }

    #[test]
    fn a_fixed_test_set_adds_the_variance_of_its_examples() {
        let basis = Basis::Fixed { train: 80, held_out: 10, groups: 50 };
        let (a, b) = ([0.70, 0.71, 0.72], [0.60, 0.62, 0.61]);
        let of = |spread: f64| {
            let resampled = [0.1 - spread, 0.1, 0.1 + spread];
            let first = Sample { by_replicate: &a, resampled: &resampled };
            let second = Sample { by_replicate: &b, resampled: &[0.0; 3] };
            compare(&[(first, second)], Metric::Accuracy, basis)[0].estimate.unwrap().standard_error
        };
        let (alone, with) = (of(0.0), of(0.05));
        assert!((with - (alone * alone + 0.05 * 0.05).sqrt()).abs() < 1e-12, "{alone} {with}");
    }
}
