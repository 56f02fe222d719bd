//! How many replicates it takes to show a difference.

use crate::normal;
use crate::planned_fixed_test::PlannedFixedTest;

/// No number of replicates above this one is considered.
const MOST_REPLICATES: u32 = 10_000;

/// Panels of the quadrature, each with three nodes.
const N_PANELS: u32 = 500;

/// A difference that a corrected resampled t-test is to show, and what it is looked for in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlannedTest {
    /// The true mean difference of the two models, in the unit of the scores; its sign does not matter.
    pub difference: f64,
    /// The standard deviation of the paired differences over replicates, in the same unit: that of a pilot experiment.
    pub deviation: f64,
    /// Training rows of a replicate.
    pub n_train: usize,
    /// Test rows of a replicate.
    pub n_test: usize,
    /// The two-sided level to test at; with k comparisons under Holm's correction `0.05 / k` is on the safe side.
    pub alpha: f64,
}

impl PlannedTest {
    /// The probability that [`corrected_resampled_t`](crate::corrected_resampled_t) over so many replicates gives a
    /// p-value below `alpha`, to 12 significant digits; 0 below two replicates, and where `deviation` is zero, as differences
    /// without spread are not tested.
    ///
    /// The statistic is taken to follow the noncentral t distribution with r − 1 degrees of freedom and noncentrality
    /// `difference / (deviation · √(1/r + n_test/n_train))`; both tails count. That is exact for normal differences of
    /// which each two correlate by `n_test / (n_test + n_train)`, the correlation that the test itself supposes (Nadeau
    /// and Bengio 2003, section 5): the mean is then independent of s², and `E[s²] (1/r + n_test/n_train)` is its
    /// variance. It is an approximation where differences are not normal or correlate otherwise, and it takes
    /// `deviation` as known: from a pilot of few replicates it is uncertain, and the result with it.
    ///
    /// # Panics
    /// If `difference` is not finite, `deviation` not a finite number from 0, `alpha` not between 0 and 1, or `n_train`
    /// zero.
    pub fn power(&self, replicates: u32) -> f64 {
        self.fixed(0.0, 2).power(replicates)
    }

    /// The same test where all replicates use one test set of `n_groups` groups, whose examples add `test_variance` to the
    /// variance of the mean difference.
    pub(crate) fn fixed(&self, test_variance: f64, n_groups: usize) -> PlannedFixedTest {
        PlannedFixedTest { replicates: *self, test_variance, n_groups }
    }

    /// The least number of replicates with which [`power`](Self::power) reaches `power`.
    ///
    /// It is as uncertain as `deviation` is: where a pilot experiment of 5 replicates gave that, the number may well be
    /// wrong by a factor of several, and should be reported as an orientation before a run and not as a finding after it.
    ///
    /// `None` where 10,000 replicates do not reach `power` *for this very deviation*. Replicates share their rows, so in this
    /// model the variance of the mean never falls below `deviation² · n_test/n_train`. With the deviation taken from a pilot,
    /// `None` does not show that more replicates would be in vain: of pilots of 5 replicates that end without a significant
    /// difference, 40 % give `None` where 10 replicates would have 80 % power.
    ///
    /// # Panics
    /// As [`power`](Self::power), and if `power` is not between 0 and 1.
    pub fn replicates_needed(&self, power: f64) -> Option<u32> {
        assert!(power > 0.0 && power < 1.0, "power {power}");
        let is_enough = |replicates: u32| self.power(replicates) >= power;
        let (mut too_few, mut enough) = (1, 2);
        while !is_enough(enough) {
            if enough == MOST_REPLICATES {
                return None;
            }
            (too_few, enough) = (enough, (2 * enough).min(MOST_REPLICATES));
        }
        while enough - too_few > 1 {
            let middle = too_few + (enough - too_few) / 2;
            *(if is_enough(middle) { &mut enough } else { &mut too_few }) = middle;
        }
        Some(enough)
    }

    /// The least true difference that so many replicates show with `power`, to 9 significant digits; `self.difference` does
    /// not matter. With an assumed `deviation` this plans an experiment before its run. `None` below two replicates, and where
    /// `deviation` is zero.
    ///
    /// # Panics
    /// As [`power`](Self::power), and if `power` is not between 0 and 1.
    pub fn smallest_detectable(&self, replicates: u32, power: f64) -> Option<f64> {
        self.fixed(0.0, 2).smallest_detectable(replicates, power)
    }

    pub(crate) fn check(&self) {
        assert!(self.difference.is_finite(), "difference {}", self.difference);
        assert!(self.deviation.is_finite() && self.deviation >= 0.0, "deviation {}", self.deviation);
        assert!(self.alpha > 0.0 && self.alpha < 1.0, "alpha {}", self.alpha);
        assert!(self.n_train > 0, "models trained on no rows");
    }
}

/// The noncentral t distribution: `T = (Z + shift) / U` with Z standard normal and U² chi-squared over its degrees of
/// freedom.
///
/// U is integrated from `1 − 8/√freedom` (at least 0) to `1 + 8/√freedom`, outside of which less than 1e-13 of it lies. The
/// integral of the density itself divides each result, so a constant factor of the density cancels.
pub(crate) struct NoncentralT {
    freedom: f64,
    low: f64,
    high: f64,
    /// The integral of the density from `low` to `high`.
    whole: f64,
}

impl NoncentralT {
    /// # Panics
    /// If `freedom` is zero.
    pub(crate) fn new(freedom: u32) -> Self {
        assert!(freedom > 0, "no degrees of freedom");
        let freedom = f64::from(freedom);
        let (low, high) = ((1.0 - 8.0 / freedom.sqrt()).max(0.0), 1.0 + 8.0 / freedom.sqrt());
        Self { freedom, low, high, whole: integral(low, high, |u| density(freedom, u)) }
    }

    /// The probability that `|T| > critical`: the mean over U of `Φ(shift − critical·U) + Φ(−shift − critical·U)`, up to
    /// where both fall below Φ(−9).
    pub(crate) fn beyond(&self, critical: f64, shift: f64) -> f64 {
        let tails = |u: f64| normal::below(shift - critical * u) + normal::below(-shift - critical * u);
        let end = self.high.min((shift + 9.0) / critical).max(self.low);
        integral(self.low, end, |u| density(self.freedom, u) * tails(u)) / self.whole
    }
}

/// The density of U at `u` above 0, over that at 1.
fn density(freedom: f64, u: f64) -> f64 {
    libm::exp((freedom - 1.0) * libm::log(u) - freedom * (u * u - 1.0) / 2.0)
}

/// Gauss and Legendre's rule of three nodes in equal panels, from `low` to `high`.
fn integral(low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let width = (high - low) / f64::from(N_PANELS);
    let node = 0.6_f64.sqrt() / 2.0;
    let mut sum = 0.0;
    for panel in 0..N_PANELS {
        let at = |offset: f64| f(low + width * (f64::from(panel) + 0.5 + offset));
        sum += 5.0 * at(-node) + 8.0 * at(0.0) + 5.0 * at(node);
    }
    sum * width / 18.0
}
