//! Two runs on the same rows: which of them are right where.

use crate::rounding::round;
use statrs::distribution::{Binomial, DiscreteCDF};

/// In how many rows each of two runs is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PairedCounts {
    /// Rows where both are right.
    pub both_right: u64,
    /// Rows where only the first is right.
    pub only_first: u64,
    /// Rows where only the second is right.
    pub only_second: u64,
    /// Rows where both are wrong.
    pub both_wrong: u64,
}

impl PairedCounts {
    /// Counts rows given as pairs of (the first is right, the second is right).
    pub fn of(rows: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut counts = Self::default();
        for row in rows {
            *match row {
                (true, true) => &mut counts.both_right,
                (true, false) => &mut counts.only_first,
                (false, true) => &mut counts.only_second,
                (false, false) => &mut counts.both_wrong,
            } += 1;
        }
        counts
    }

    /// The accuracy of the first run minus that of the second; `None` without rows.
    pub fn accuracy_difference(&self) -> Option<f64> {
        let n = self.both_right + self.only_first + self.only_second + self.both_wrong;
        (n > 0).then(|| (self.only_first as f64 - self.only_second as f64) / n as f64)
    }
}

/// McNemar's exact test (McNemar 1947, "Note on the sampling error of the difference between correlated proportions"):
/// the p-value of "both runs are right equally often", two-sided, to 12 significant digits.
///
/// Of the rows where only one run is right, each run has half under the null: p is twice the probability that a
/// binomial number of `only_first + only_second` tries at 1/2 is at most the smaller of the two, and at most 1. This is
/// statsmodels' `mcnemar(exact=True)`. Where no row distinguishes the runs, rows or not, p is 1.
///
/// It speaks of these two runs on rows like these, and not of other splits or starts of the same models.
pub fn mcnemar_exact(counts: &PairedCounts) -> f64 {
    let fewer = counts.only_first.min(counts.only_second);
    let differing = Binomial::new(0.5, counts.only_first + counts.only_second).expect("one half is a probability");
    round((2.0 * differing.cdf(fewer)).min(1.0))
}
