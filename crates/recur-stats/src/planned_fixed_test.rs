//! The power of the test whose replicates all use one test set.

use crate::fixed_test_set::Sources;
use crate::power::{NoncentralT, PlannedTest};
use crate::rounding::round;
use crate::student;

/// A difference that [`fixed_test_set`](crate::fixed_test_set) is to show, and what it is looked for in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlannedFixedTest {
    /// The part of the replicates; `n_test` is here the number of validation rows, which training sets differ by.
    pub replicates: PlannedTest,
    /// The variance that the test examples add to the mean difference, in the squared unit of the scores; for two models of
    /// accuracy p that err independently about `2 p (1 − p) / n_groups`, for similar models far less.
    pub test_variance: f64,
    /// The number of groups in the test set, at least 2.
    pub n_groups: usize,
}

impl PlannedFixedTest {
    /// The probability that the test over so many replicates gives a p-value below `alpha`, to 12 significant digits; 0
    /// below two replicates, and where nothing has any spread.
    ///
    /// As [`PlannedTest::power`], with standard error `√(deviation² (1/r + n_test/n_train) + test_variance)`. The critical
    /// value is that of the test where both variances are estimated as they are; the estimated variance is taken to be
    /// chi-squared with the degrees of freedom of Satterthwaite 1946, rounded down. In `tests/simulation` the power is met
    /// within 5 points.
    ///
    /// # Panics
    /// As [`PlannedTest::power`], and if `test_variance` is not a finite number from 0 or `n_groups` is below 2.
    pub fn power(&self, replicates: u32) -> f64 {
        self.check();
        self.tested(replicates).map_or(0.0, |tested| tested.power(self.replicates.difference))
    }

    /// The least true difference that so many replicates show with `power`, to 9 significant digits, 0 for a power below the
    /// level; `difference` does not matter. `None` below two replicates, and where nothing has any spread.
    ///
    /// # Panics
    /// As [`power`](Self::power), and if `power` is not between 0 and 1.
    pub fn smallest_detectable(&self, replicates: u32, power: f64) -> Option<f64> {
        assert!(power > 0.0 && power < 1.0, "power {power}");
        self.check();
        let tested = self.tested(replicates)?;
        let excess = |difference: f64| tested.power(difference) - power;
        if excess(0.0) >= 0.0 {
            return Some(0.0);
        }
        let (mut too_small, mut enough) = (0.0, tested.standard_error);
        while excess(enough) < 0.0 {
            (too_small, enough) = (enough, 2.0 * enough);
        }
        let least = root(excess, too_small, enough);
        Some(format!("{least:.8e}").parse().expect("a printed number is a number"))
    }

    /// `None` where the power is 0 for any difference.
    fn tested(&self, replicates: u32) -> Option<Tested> {
        let sources = self.sources(replicates)?;
        let (tested, freedom) = (sources.freedom()?, sources.satterthwaite()?);
        Some(Tested {
            standard_error: sources.standard_error(),
            critical: student::quantile(1.0 - self.replicates.alpha / 2.0, tested),
            // A quotient that is a whole number but for its rounding must not lose one.
            statistic: NoncentralT::new((freedom + 1e-9).floor() as u32),
        })
    }

    /// The two sources of variance of the mean difference; `None` below two replicates.
    fn sources(&self, replicates: u32) -> Option<Sources> {
        let PlannedTest { deviation, n_train, n_test, .. } = self.replicates;
        let share = 1.0 / f64::from(replicates) + n_test as f64 / n_train as f64;
        (replicates >= 2).then(|| Sources {
            variances: [deviation * deviation * share, self.test_variance],
            freedoms: [f64::from(replicates - 1), (self.n_groups - 1) as f64],
        })
    }

    fn check(&self) {
        self.replicates.check();
        assert!(self.test_variance.is_finite() && self.test_variance >= 0.0, "test variance {}", self.test_variance);
        assert!(self.n_groups >= 2, "{} test groups", self.n_groups);
    }
}

/// What of a planned test does not depend on the true difference.
struct Tested {
    standard_error: f64,
    critical: f64,
    statistic: NoncentralT,
}

impl Tested {
    /// To 12 significant digits.
    fn power(&self, difference: f64) -> f64 {
        round(self.statistic.beyond(self.critical, difference.abs() / self.standard_error).min(1.0))
    }
}

/// Where the increasing function `f`, at most 0 at `low` and at least 0 at `high`, is 0, to a relative 1e-10 or better: the
/// Illinois form of regula falsi (Dowell and Jarratt 1971). The value at an end that stays is halved, so both ends move.
fn root(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let (mut at_low, mut at_high) = (f(low), f(high));
    let mut last_was_low = None;
    while high - low > 1e-10 * high {
        // Between the ends, whatever rounding does.
        let middle = (high - at_high * (high - low) / (at_high - at_low)).clamp(low, high);
        let value = f(middle);
        if value == 0.0 {
            return middle;
        }
        let is_low = value < 0.0;
        if is_low {
            (low, at_low) = (middle, value);
        } else {
            (high, at_high) = (middle, value);
        }
        if last_was_low == Some(is_low) {
            *(if is_low { &mut at_high } else { &mut at_low }) /= 2.0;
        }
        last_was_low = Some(is_low);
    }
    high
}
