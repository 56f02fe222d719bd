//! Paired comparisons over replicates, and what each is worth among the others made beside it.

use recur_core::metric::Metric;
use recur_stats::{Comparison, PlannedTest, corrected_resampled_t, holm, standard_deviation};

/// The share of experiments that should show a difference that is there, where replicates are counted.
pub(crate) const POWER: f64 = 0.8;

/// How many rows a replicate's figures rest on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    /// Rows trained on.
    pub(crate) train: usize,
    /// Rows scored.
    pub(crate) scored: usize,
}

/// A comparison, with what it is worth among the others made beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Difference {
    /// First minus second; `None` where one replicate, or a figure that is not finite, leaves nothing to compute.
    pub(crate) comparison: Option<Comparison>,
    /// The standard deviation of the difference over replicates, where there is a comparison.
    pub(crate) deviation: f64,
    /// p after Holm's correction.
    pub(crate) adjusted_p: f64,
    /// How many comparisons were corrected for.
    pub(crate) n_comparisons: usize,
    /// Replicates where the first is better, equal, worse.
    pub(crate) wins: [u32; 3],
    /// What the figures rest on.
    pub(crate) rows: Rows,
}

impl Difference {
    /// Whether the difference can be told from zero: neither the interval nor the corrected p-value admits it.
    pub(crate) fn is_clear(&self) -> bool {
        self.comparison.is_some_and(|comparison| !comparison.interval.contains(0.0) && self.adjusted_p < 0.05)
    }

    /// What it would take to show the difference with [`POWER`], were it as large as seen, among as many comparisons.
    pub(crate) fn needed(&self) -> Needed {
        match self.planned().filter(|planned| planned.difference != 0.0) {
            Some(planned) => planned.replicates_needed(POWER).map_or(Needed::MoreRows, Needed::Replicates),
            None => Needed::Nothing,
        }
    }

    /// The least difference that as many replicates show with [`POWER`], among as many comparisons.
    pub(crate) fn smallest_detectable(&self) -> Option<f64> {
        self.planned()?.smallest_detectable(self.wins.iter().sum(), POWER).filter(|least| *least > 0.0)
    }

    fn planned(&self) -> Option<PlannedTest> {
        Some(PlannedTest {
            difference: self.comparison?.mean,
            deviation: self.deviation,
            n_train: self.rows.train,
            n_test: self.rows.scored,
            alpha: 0.05 / self.n_comparisons.max(1) as f64,
        })
    }
}

/// How many replicates it would take to show a difference as large as the one seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needed {
    /// So many reach the power asked for.
    Replicates(u32),
    /// No number does: replicates share their rows, so only more rows could.
    MoreRows,
    /// No difference was seen, or none could be computed.
    Nothing,
}

/// First minus second of each pair, paired by replicate, corrected for the number of pairs that can be tested.
pub(crate) fn compare(pairs: &[(&[f64], &[f64])], metric: Metric, rows: Rows) -> Vec<Difference> {
    let mut differences: Vec<Difference> = pairs.iter().map(|(a, b)| uncorrected(a, b, metric, rows)).collect();
    let p_values: Vec<f64> = differences.iter().filter_map(|d| d.comparison.map(|c| c.p)).collect();
    let tested = differences.iter_mut().filter(|difference| difference.comparison.is_some());
    for (difference, adjusted_p) in tested.zip(holm(&p_values)) {
        (difference.adjusted_p, difference.n_comparisons) = (adjusted_p, p_values.len());
    }
    differences
}

/// The first of `scores` minus each other one, in order, corrected for all pairs of them.
///
/// That is for a first that was chosen as the best by these very scores: it has in effect been compared over all pairs, and
/// Holm's correction over those that hold the best alone would let equal models be told apart in more than 5 % of sweeps.
pub(crate) fn best_against(scores: &[Vec<f64>], metric: Metric, rows: Rows) -> Vec<Difference> {
    let mut differences = compare(&pairs(scores).collect::<Vec<_>>(), metric, rows);
    // The pairs of the first stand at the front.
    differences.truncate(scores.len().saturating_sub(1));
    differences
}

/// All pairs of `scores`, each once, those of the first at the front.
pub(crate) fn pairs(scores: &[Vec<f64>]) -> impl Iterator<Item = (&[f64], &[f64])> + '_ {
    (0..scores.len()).flat_map(move |first| {
        scores[first + 1..].iter().map(move |second| (scores[first].as_slice(), second.as_slice()))
    })
}

fn uncorrected(a: &[f64], b: &[f64], metric: Metric, rows: Rows) -> Difference {
    let paired: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let comparison = (rows.train > 0).then(|| corrected_resampled_t(&paired, rows.train, rows.scored)).flatten();
    let better = a.iter().zip(b).filter(|(a, b)| metric.better(**a, **b)).count() as u32;
    let worse = a.iter().zip(b).filter(|(a, b)| metric.better(**b, **a)).count() as u32;
    Difference {
        comparison,
        deviation: standard_deviation(&paired).unwrap_or(f64::NAN),
        adjusted_p: 1.0,
        n_comparisons: 0,
        wins: [better, a.len() as u32 - better - worse, worse],
        rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recur_core::random::{Stream, StreamPath};
    use recur_stats::mean;

    const ROWS: Rows = Rows { train: 80, scored: 10 };
    const N_SWEEPS: u32 = 2_000;

    /// Near enough to a standard normal number (Irwin and Hall).
    fn normal(stream: &mut Stream) -> f64 {
        (0..12).map(|_| f64::from(stream.unit_f32())).sum::<f64>() - 6.0
    }

    /// Scores of equal models over 10 replicates that correlate as the test supposes, the best mean first.
    fn equal_models(sweep: u32) -> Vec<Vec<f64>> {
        let mut stream = StreamPath::root(5).child(sweep).stream();
        let shared = (ROWS.scored as f64 / (ROWS.scored + ROWS.train) as f64).sqrt();
        let own = (1.0 - shared * shared).sqrt();
        let model = |stream: &mut Stream| {
            let common = shared * normal(stream);
            (0..10).map(|_| common + own * normal(stream)).collect::<Vec<f64>>()
        };
        let mut models: Vec<Vec<f64>> = (0..5).map(|_| model(&mut stream)).collect();
        models.sort_by(|a, b| mean(b).unwrap().total_cmp(&mean(a).unwrap()));
        models
    }

    fn share(claims: impl Fn(&[Vec<f64>]) -> Vec<Difference>) -> f64 {
        let is_wrong = |sweep: &u32| claims(&equal_models(*sweep)).iter().any(Difference::is_clear);
        (0..N_SWEEPS).filter(is_wrong).count() as f64 / f64::from(N_SWEEPS)
    }

    #[test]
    fn the_best_of_equal_models_is_called_ahead_in_at_most_five_percent_of_sweeps() {
        let error = share(|scores| best_against(scores, Metric::Accuracy, ROWS));
        assert!((0.02..=0.05).contains(&error), "{error}");
    }

    #[test]
    fn with_the_pairs_of_the_best_alone_it_would_be_more() {
        let pairs_of_best = |scores: &[Vec<f64>]| {
            let pairs: Vec<(&[f64], &[f64])> =
                scores[1..].iter().map(|other| (scores[0].as_slice(), other.as_slice())).collect();
            compare(&pairs, Metric::Accuracy, ROWS)
        };
        let error = share(pairs_of_best);
        assert!((0.06..=0.11).contains(&error), "{error}");
    }

    #[test]
    fn what_it_takes_grows_as_the_difference_shrinks_until_no_number_of_replicates_is_enough() {
        let needed = |lead: f64| {
            let other = [0.50, 0.52, 0.48, 0.51, 0.49];
            let first = [0.02, -0.02, 0.01, -0.01, 0.0].map(|noise| 0.5 + lead + noise);
            compare(&[(&first, &other)], Metric::Accuracy, ROWS)[0].needed()
        };
        let Needed::Replicates(few) = needed(0.04) else { panic!("{:?}", needed(0.04)) };
        let Needed::Replicates(many) = needed(0.03) else { panic!("{:?}", needed(0.03)) };
        assert!(2 < few && few < many, "{few} {many}");
        assert_eq!((needed(0.01), needed(0.0)), (Needed::MoreRows, Needed::Nothing));
    }

    #[test]
    fn what_cannot_be_tested_is_not_corrected_for() {
        let scores = [vec![0.9, 0.8, 0.85], vec![0.5, 0.45, 0.5], vec![f64::INFINITY; 3]];
        let against = best_against(&scores, Metric::Accuracy, ROWS);
        assert_eq!((against[0].n_comparisons, against[1].n_comparisons), (1, 0));
        assert!(against[1].comparison.is_none() && !against[1].is_clear());
    }
}
