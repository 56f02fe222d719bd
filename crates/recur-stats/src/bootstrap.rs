//! The spread of a metric over rows, by drawing rows again.

use crate::multinomial::Multinomial;
use crate::normal;
use crate::rounding::round;
use crate::summary::{Interval, mean, standard_deviation};

/// The usual number of resamples.
pub const RESAMPLES: usize = 10_000;

/// What a metric comes to on resamples of the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    estimate: f64,
    /// Ascending.
    resampled: Vec<f64>,
    acceleration: f64,
}

/// Draws `n_resamples` times `n_rows` (N) rows with replacement and computes `statistic` on each draw (Efron 1979,
/// "Bootstrap methods: another look at the jackknife").
///
/// `statistic` is handed indices of rows, repeated as drawn, and gives the metric: for a paired comparison the difference
/// of two runs on these very rows, as [`LabelDifference::over`](crate::LabelDifference::over) does. It is called on all
/// rows in order, on N − 1 rows for each row left out (for [`Bootstrap::bca`]), and on each resample. `draw(below)` gives a
/// number in `0..below`, each equally likely; it is called N times a resample, in order, so equal numbers give equal results.
///
/// The rows have to be independent of each other. The result speaks of the runs at hand on rows like these, and not of other
/// splits or starts of the same models.
///
/// `None` below two rows, or where the statistic is not finite on some of these.
///
/// # Panics
/// If `n_resamples` is zero, `n_rows` does not fit into 32 bits, or `draw` gives a number that is not below its argument.
pub fn bootstrap(
    n_rows: usize,
    n_resamples: usize,
    mut draw: impl FnMut(u32) -> u32,
    mut statistic: impl FnMut(&[u32]) -> f64,
) -> Option<Bootstrap> {
    assert!(n_resamples > 0, "no resamples");
    let n = u32::try_from(n_rows).expect("more than 2^32 rows");
    if n < 2 {
        return None;
    }
    let mut rows: Vec<u32> = (0..n).collect();
    let estimate = statistic(&rows);
    let acceleration = acceleration(&jackknife(n, &mut statistic))?;
    let mut resample = |_| {
        for row in &mut rows {
            *row = draw(n);
            assert!(*row < n, "{row} was drawn below {n}");
        }
        Some(statistic(&rows)).filter(|value| value.is_finite())
    };
    let resampled = (0..n_resamples).map(&mut resample).collect::<Option<Vec<f64>>>()?;
    Bootstrap::new(estimate, resampled, acceleration)
}

/// As [`bootstrap`], of rows of which only the kind matters, many times as fast where there are few kinds.
///
/// `counts` (K) has the number of rows of each kind, N in all. `statistic` is handed the number of rows of each kind: `counts`
/// itself, `counts` less one row of each kind in turn, and each resample, which is a draw from the multinomial distribution of
/// N rows. `bits` gives 32 random bits, each equally likely; equal bits give equal results.
///
/// `None` below two rows, or where the statistic is not finite on some of these.
///
/// # Panics
/// If `n_resamples` is zero, or N does not fit into 32 bits.
pub fn bootstrap_of_kinds(
    counts: &[u32],
    n_resamples: usize,
    mut bits: impl FnMut() -> u32,
    mut statistic: impl FnMut(&[u32]) -> f64,
) -> Option<Bootstrap> {
    assert!(n_resamples > 0, "no resamples");
    if counts.iter().map(|n| u64::from(*n)).sum::<u64>() < 2 {
        return None;
    }
    let estimate = statistic(counts);
    let mut drawn = counts.to_vec();
    let mut left_out: Vec<f64> = Vec::new();
    for (kind, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
        drawn[kind] -= 1;
        left_out.extend(std::iter::repeat_n(statistic(&drawn), *n as usize));
        drawn[kind] += 1;
    }
    let acceleration = acceleration(&left_out)?;
    let multinomial = Multinomial::new(counts);
    let mut resample = |_| {
        multinomial.draw(&mut bits, &mut drawn);
        Some(statistic(&drawn)).filter(|value| value.is_finite())
    };
    let resampled = (0..n_resamples).map(&mut resample).collect::<Option<Vec<f64>>>()?;
    Bootstrap::new(estimate, resampled, acceleration)
}

/// The statistic without each row in turn.
fn jackknife(n: u32, statistic: &mut impl FnMut(&[u32]) -> f64) -> Vec<f64> {
    let mut rows: Vec<u32> = (1..n).collect();
    let mut values = vec![statistic(&rows)];
    for row in 0..n - 1 {
        // The place where row + 1 stood.
        rows[row as usize] = row;
        values.push(statistic(&rows));
    }
    values
}

/// `Σd³ / (6 (Σd²)^1.5)` with d the mean of `values` minus each of them; 0 where all are equal; `None` where one is not finite.
fn acceleration(values: &[f64]) -> Option<f64> {
    if !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let center = mean(values)?;
    let (mut squares, mut cubes) = (0.0_f64, 0.0_f64);
    for distance in values.iter().map(|value| center - value) {
        squares += distance * distance;
        cubes += distance * distance * distance;
    }
    Some(if squares > 0.0 { cubes / (6.0 * squares * squares.sqrt()) } else { 0.0 })
}

impl Bootstrap {
    fn new(estimate: f64, mut resampled: Vec<f64>, acceleration: f64) -> Option<Self> {
        resampled.sort_by(f64::total_cmp);
        estimate.is_finite().then_some(Self { estimate, resampled, acceleration })
    }

    /// The metric on the rows as they are.
    pub fn estimate(&self) -> f64 {
        self.estimate
    }

    /// The standard deviation of the metric over resamples (divisor B − 1); `None` with one resample.
    pub fn standard_error(&self) -> Option<f64> {
        standard_deviation(&self.resampled)
    }

    /// The percentile interval (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13): the quantiles of
    /// the resamples at `(1 − confidence)/2` and `(1 + confidence)/2`, between neighbours by linear interpolation.
    ///
    /// # Panics
    /// If `confidence` is not between 0 and 1.
    pub fn percentile(&self, confidence: f64) -> Interval {
        let tail = tail(confidence);
        Interval { low: self.quantile(tail), high: self.quantile(1.0 - tail) }
    }

    /// The interval with its bias corrected and accelerated (BCa; Efron 1987, "Better bootstrap confidence intervals";
    /// Efron and Tibshirani 1993, equation 14.10; scipy's `bootstrap(method="BCa")`).
    ///
    /// As the percentile interval, but at `Φ(z₀ + (z₀ ± z)/(1 − a (z₀ ± z)))`: z is the normal quantile of the confidence, z₀
    /// that of the share of resamples below the estimate (equal ones count half), and a the acceleration from the jackknife.
    ///
    /// `None` where all resamples lie on one side of the estimate, or where the acceleration is too great for the formula:
    /// the interval is then undefined.
    ///
    /// # Panics
    /// If `confidence` is not between 0 and 1.
    pub fn bca(&self, confidence: f64) -> Option<Interval> {
        let bias = normal::quantile(self.share_below_estimate());
        let z = normal::quantile(tail(confidence));
        let end = |z: f64| {
            let stretch = 1.0 - self.acceleration * (bias + z);
            (bias.is_finite() && stretch > 0.0)
                .then(|| self.quantile(round(normal::below(bias + (bias + z) / stretch))))
        };
        Some(Interval { low: end(z)?, high: end(-z)? })
    }

    /// The p-value of "the metric is zero", two-sided, by inverting percentile intervals: `2 (1 + m) / (1 + B)`, at most 1, with
    /// m the smaller of the numbers of resamples at or below zero and at or above it, of B (Davison and Hinkley 1997, "Bootstrap
    /// Methods and their Application", sections 4.4 and 5.4). With 10,000 resamples it is at least 0.0002.
    pub fn p(&self) -> f64 {
        let at_or_below = self.resampled.partition_point(|value| *value <= 0.0);
        let at_or_above = self.resampled.len() - self.resampled.partition_point(|value| *value < 0.0);
        (2.0 * (1 + at_or_below.min(at_or_above)) as f64 / (1 + self.resampled.len()) as f64).min(1.0)
    }

    fn share_below_estimate(&self) -> f64 {
        let below = self.resampled.partition_point(|value| *value < self.estimate);
        let not_above = self.resampled.partition_point(|value| *value <= self.estimate);
        (below + not_above) as f64 / (2 * self.resampled.len()) as f64
    }

    /// Type 7 of Hyndman and Fan 1996, as numpy's `quantile` and R's.
    fn quantile(&self, p: f64) -> f64 {
        let place = p * (self.resampled.len() - 1) as f64;
        let (low, high) = (self.resampled[place.floor() as usize], self.resampled[place.ceil() as usize]);
        low + (high - low) * (place - place.floor())
    }
}

fn tail(confidence: f64) -> f64 {
    assert!(confidence > 0.0 && confidence < 1.0, "confidence {confidence}");
    (1.0 - confidence) / 2.0
}
