//! The power of the test whose replicates all use one test set.

use crate::fixed_test_set::Sources;
use crate::power::{PlannedTest, noncentral_t_beyond};
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
        let Some(sources) = self.sources(replicates) else { return 0.0 };
        let (Some(tested), Some(freedom)) = (sources.freedom(), sources.satterthwaite()) else { return 0.0 };
        let critical = student::quantile(1.0 - self.replicates.alpha / 2.0, tested);
        let shift = self.replicates.difference.abs() / sources.standard_error();
        // A quotient that is a whole number but for its rounding must not lose one.
        round(noncentral_t_beyond(critical, (freedom + 1e-9).floor() as u32, shift).min(1.0))
    }

    /// The least true difference that so many replicates show with `power`, to 9 significant digits; `difference` does not
    /// matter. `None` below two replicates, and where nothing has any spread.
    ///
    /// # Panics
    /// As [`power`](Self::power), and if `power` is not between 0 and 1.
    pub fn smallest_detectable(&self, replicates: u32, power: f64) -> Option<f64> {
        assert!(power > 0.0 && power < 1.0, "power {power}");
        self.check();
        let standard_error = Some(self.sources(replicates)?.standard_error()).filter(|error| *error > 0.0)?;
        let is_enough = |difference: f64| self.of(difference).power(replicates) >= power;
        let (mut too_small, mut enough) = (0.0, standard_error);
        while !is_enough(enough) {
            (too_small, enough) = (enough, 2.0 * enough);
        }
        while enough - too_small > 1e-10 * enough {
            let middle = f64::midpoint(too_small, enough);
            *(if is_enough(middle) { &mut enough } else { &mut too_small }) = middle;
        }
        Some(format!("{enough:.8e}").parse().expect("a printed number is a number"))
    }

    fn of(&self, difference: f64) -> Self {
        Self { replicates: PlannedTest { difference, ..self.replicates }, ..*self }
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
