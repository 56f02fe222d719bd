//! Whether a model's probabilities mean what they say.

/// The usual number of bins (Guo and others 2017).
pub const CALIBRATION_BINS: usize = 15;

/// The rows whose predicted label was given a probability in one range.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CalibrationBin {
    /// Rows in the bin.
    pub n: u64,
    /// Of these, the rows that were predicted rightly.
    pub right: u64,
    /// The sum of their probabilities, in the order of the rows.
    pub confidence: f64,
}

impl CalibrationBin {
    /// The share of rows predicted rightly; `None` in an empty bin.
    pub fn accuracy(&self) -> Option<f64> {
        (self.n > 0).then(|| self.right as f64 / self.n as f64)
    }

    /// The mean probability of the predicted labels; `None` in an empty bin.
    pub fn mean_confidence(&self) -> Option<f64> {
        (self.n > 0).then(|| self.confidence / self.n as f64)
    }
}

/// Sorts rows, given as pairs of (log-probability of the predicted label in nats, it is right), into `n_bins` (M) bins of
/// equal width: bin m, from 0, holds probabilities above `m/M` up to and with `(m + 1)/M`, and the first one 0 as well.
/// A probability that rounding brought above 1 counts as 1. `None` where a log-probability is not a number.
///
/// # Panics
/// If `n_bins` is zero.
pub fn calibration_bins(rows: impl IntoIterator<Item = (f32, bool)>, n_bins: usize) -> Option<Vec<CalibrationBin>> {
    assert!(n_bins > 0, "no bins");
    let mut bins = vec![CalibrationBin::default(); n_bins];
    for (log_probability, right) in rows {
        if log_probability.is_nan() {
            return None;
        }
        let confidence = libm::exp(f64::from(log_probability)).min(1.0);
        let bin = &mut bins[bin_of(confidence, n_bins)];
        bin.n += 1;
        bin.right += u64::from(right);
        bin.confidence += confidence;
    }
    Some(bins)
}

/// The first bin whose upper edge `(m + 1)/M` is not below `confidence`.
fn bin_of(confidence: f64, n_bins: usize) -> usize {
    let edge = |bin: usize| (bin + 1) as f64 / n_bins as f64;
    (0..n_bins).find(|bin| confidence <= edge(*bin)).unwrap_or(n_bins - 1)
}

/// The expected calibration error, 0 to 1 (Guo and others 2017, "On calibration of modern neural networks"): over the bins
/// of [`calibration_bins`], the mean of |accuracy − mean probability|, each bin weighted by its rows. `None` without rows,
/// or where a log-probability is not a number.
///
/// It depends on the number of bins, which belongs next to the value; [`CALIBRATION_BINS`] is the usual one.
///
/// # Panics
/// If `n_bins` is zero.
pub fn expected_calibration_error(rows: impl IntoIterator<Item = (f32, bool)>, n_bins: usize) -> Option<f64> {
    let bins = calibration_bins(rows, n_bins)?;
    let n: u64 = bins.iter().map(|bin| bin.n).sum();
    // n_bin · |right/n_bin − confidence/n_bin|: the rows of the bin cancel.
    let error: f64 = bins.iter().map(|bin| (bin.right as f64 - bin.confidence).abs()).sum();
    (n > 0).then(|| error / n as f64)
}

#[cfg(test)]
mod tests {
    use super::bin_of;

    #[test]
    fn an_edge_is_in_the_bin_below_it() {
        assert_eq!([0.0, 0.2, 0.200_000_1, 0.6, 1.0].map(|confidence| bin_of(confidence, 5)), [0, 0, 1, 2, 4]);
    }
}
