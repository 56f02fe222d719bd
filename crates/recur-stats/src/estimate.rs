//! An estimate of a mean difference with its uncertainty, and what can be concluded from it.

use crate::student;
use crate::summary::{Interval, mean, standard_deviation};

/// A standard deviation below this share of the greatest absolute difference is what rounding leaves of no spread at all:
/// `0.8 − 0.7` and `0.9 − 0.8` differ in their last bits.
const ROUNDING: f64 = 1e-10;

/// A mean difference, its standard error, and the degrees of freedom of the standard error.
///
/// [`corrected_resampled`] and [`fixed_test_set`](crate::fixed_test_set) make one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean difference, in the unit of the scores.
    pub mean: f64,
    /// The standard error of `mean`, in the same unit; zero where the replicates have no spread.
    pub standard_error: f64,
    /// Degrees of freedom of Student's t distribution; above zero, not always a whole number.
    pub freedom: f64,
}

/// The posterior probabilities of a difference; they sum to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Practical {
    /// The probability that the difference is above the margin.
    pub better: f64,
    /// The probability that the difference is within the margin.
    pub equal: f64,
    /// The probability that the difference is below minus the margin.
    pub worse: f64,
}

impl Estimate {
    /// Whether the standard error is above zero. Without spread the variance cannot be estimated, so no test can be made.
    pub fn has_spread(&self) -> bool {
        self.standard_error > 0.0
    }

    /// Student's interval: `mean ± t · standard_error`. Without spread it is the one value `mean`, and says nothing.
    ///
    /// # Panics
    /// If `confidence` is not between 0 and 1.
    pub fn interval(&self, confidence: f64) -> Interval {
        assert!(confidence > 0.0 && confidence < 1.0, "confidence {confidence}");
        let half = student::quantile(0.5 + confidence / 2.0, self.freedom) * self.standard_error;
        Interval { low: self.mean - half, high: self.mean + half }
    }

    /// The two-sided p-value of "the true mean difference is zero", to 12 significant digits.
    ///
    /// It is 1 without spread, whatever the mean: replicates that are all equal give no estimate of the variance, so they
    /// are no evidence that another replicate would be equal as well.
    pub fn p(&self) -> f64 {
        if !self.has_spread() {
            return 1.0;
        }
        student::two_sided_p(self.mean / self.standard_error, self.freedom)
    }

    /// The p-value of "the true mean difference is not within the margin": the greater one of two one-sided t-tests
    /// (Schuirmann 1987; see [`paired_tost`](crate::paired_tost)). It is 1 without spread, as [`p`](Self::p) is.
    ///
    /// # Panics
    /// If `margin`, in the unit of the scores, is not a finite number above zero.
    pub fn tost_p(&self, margin: f64) -> f64 {
        let (lower, upper) = self.one_sided(margin);
        lower.max(upper)
    }

    /// The p-values of "the difference is `−margin` or less" and of "the difference is `margin` or more"; 1 without spread.
    pub(crate) fn one_sided(&self, margin: f64) -> (f64, f64) {
        assert!(margin.is_finite() && margin > 0.0, "margin {margin}");
        let p = |distance: f64| {
            if self.has_spread() { student::upper_tail(distance / self.standard_error, self.freedom) } else { 1.0 }
        };
        (p(self.mean + margin), p(margin - self.mean))
    }

    /// The Bayesian correlated t-test with a region of practical equivalence (Corani and Benavoli 2015, "A Bayesian
    /// approach for comparing cross-validated algorithms on multiple data sets"; Benavoli, Corani, Demšar and Zaffalon
    /// 2017, "Time for a change: a tutorial for comparing multiple classifiers through Bayesian analysis", JMLR 18;
    /// baycomp's `CorrelatedTTest`).
    ///
    /// Under the uninformative prior of these papers the posterior of the true mean difference is Student's t distribution
    /// with `freedom` degrees of freedom around `mean`, scaled by `standard_error`. Larger is better: for a loss, exchange
    /// the models. Without spread the posterior is a point, and one of the probabilities is 1: check
    /// [`has_spread`](Self::has_spread) before showing it.
    ///
    /// # Panics
    /// If `margin`, in the unit of the scores, is not a finite number from zero.
    pub fn practical(&self, margin: f64) -> Practical {
        assert!(margin.is_finite() && margin >= 0.0, "margin {margin}");
        let beyond = |distance: f64| match distance {
            distance if self.has_spread() => student::upper_tail(distance / self.standard_error, self.freedom),
            distance => f64::from(u8::from(distance < 0.0)),
        };
        let (better, worse) = (beyond(margin - self.mean), beyond(margin + self.mean));
        Practical { better, equal: (1.0 - better - worse).max(0.0), worse }
    }
}

impl Interval {
    /// The interval with both ends moved into `low..=high`: for shares, which lie within 0 and 1, while Student's interval
    /// may reach beyond. An interval that lies wholly outside becomes the nearer end.
    ///
    /// # Panics
    /// If `low` is above `high`, or one of them is not a number.
    pub fn clipped(self, low: f64, high: f64) -> Self {
        Self { low: self.low.clamp(low, high), high: self.high.clamp(low, high) }
    }
}

/// The mean of one difference of scores per replicate, with the standard error of Nadeau and Bengio 2003 ("Inference for the
/// Generalization Error").
///
/// Replicates draw training and test rows anew from the same rows. They share rows, so the variance of the mean of `r`
/// differences with sample variance `s²` is taken as `(1/r + n_test/n_train) · s²`, with `r − 1` degrees of freedom: see
/// [`corrected_resampled_t`](crate::corrected_resampled_t) for what this supposes.
///
/// For k-fold cross-validation, once or repeated, `n_test/n_train` is `1/(k − 1)`, and this is the estimate of Bouckaert
/// and Frank 2004, "Evaluating the replicability of significance tests for comparing learning algorithms"; `r` is then the
/// number of folds times that of repetitions.
///
/// A standard deviation below 1e-10 of the greatest absolute difference is rounding, and counts as no spread.
///
/// `None` below two differences, or where one is not a finite number.
///
/// # Panics
/// If `n_train` is zero.
pub fn corrected_resampled(differences: &[f64], n_train: usize, n_test: usize) -> Option<Estimate> {
    assert!(n_train > 0, "models trained on no rows");
    estimate(differences, n_test as f64 / n_train as f64)
}

/// The standard error of the mean is taken as `√(1/r + shared) · s`; `None` below two differences, or where one is not a
/// finite number.
pub(crate) fn estimate(differences: &[f64], shared: f64) -> Option<Estimate> {
    if !differences.iter().all(|difference| difference.is_finite()) {
        return None;
    }
    let (mean, deviation) = (mean(differences)?, standard_deviation(differences)?);
    let greatest = differences.iter().fold(0.0_f64, |greatest, difference| greatest.max(difference.abs()));
    let deviation = if deviation > ROUNDING * greatest { deviation } else { 0.0 };
    let r = differences.len() as f64;
    let standard_error = (1.0 / r + shared).sqrt() * deviation;
    (mean.is_finite() && standard_error.is_finite()).then_some(Estimate { mean, standard_error, freedom: r - 1.0 })
}
