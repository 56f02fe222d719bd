//! The comparison of two models whose replicates all use one test set.

use crate::estimate::{Estimate, estimate};
use crate::rounding::round;
use crate::student;

/// The degrees of freedom are exact for tests at this two-sided level.
const LEVEL: f64 = 0.05;

/// The mean difference of two models over replicates that share one fixed test set and vary the training rows, the
/// validation rows and the initialisation.
///
/// The mean has two independent sources of variance:
/// - the replicates, `a = (1/r + n_held_out/n_train) · s²`, with s² the sample variance of the r `differences`. Training
///   sets differ by the rows that are held out for validation, so `n_held_out` is the number of validation rows, and
///   `n_held_out/n_train` corrects for the rows that training sets share (Nadeau and Bengio 2003);
/// - the test examples, `b = test_variance`: the variance of the mean difference over resampled test groups, of which there
///   are `n_groups`. [`GroupResamples`](crate::GroupResamples) and
///   [`variance_of_difference`](crate::variance_of_difference) give it. A bootstrap of G groups gives (G − 1)/G of the
///   variance on average, so with fewer than about 30 groups it is a little too small.
///
/// The standard error is `√(a + b)`. The degrees of freedom make the 95 % interval `mean ± √(t_a² a + t_b² b)`, with t_a and
/// t_b the quantiles of Student's t for r − 1 and `n_groups − 1` degrees of freedom (Banerjee 1960, "Approximate confidence
/// interval for linear functions of means of k populations when the population variances are not equal"). It covers the true
/// difference in at least 95 %, whatever the ratio of the two variances: the distribution function of χ² with one degree of
/// freedom is concave, so its mean over both sources is at least what each has. At other levels this holds nearly.
///
/// The degrees of freedom of Welch and Satterthwaite would be too many here. They take a small s² of few replicates at face
/// value: equal models would then be distinguished in up to 8 % (3 replicates) or 6 % (5) of tests at 5 %, and in 4 % or 2 % at
/// the 1.25 % of a test among four.
///
/// Differences that are all equal, though training rows vary, do not show the variance of training: the standard error is then
/// zero, and nothing can be tested. Only where training sets do not vary (`n_held_out` is zero, as in a published split) may
/// models without any randomness give equal differences; the test examples are then the one source of variance.
///
/// Where one source is zero, the degrees of freedom are those of the other; where both are, r − 1. Noise of single
/// predictions, new in each replicate, is in `a` and in `b`: where it is most of the spread, the standard error is too large
/// by up to √2. `tests/simulation/fixed_test_set.rs` measures the level in all these cases.
///
/// `None` below two differences, as one replicate does not show the variance of training; below two groups; where a
/// difference or the variance is not a finite number; and where the variance is below zero.
///
/// # Panics
/// If `n_train` is zero.
pub fn fixed_test_set(
    differences: &[f64],
    n_train: usize,
    n_held_out: usize,
    test_variance: f64,
    n_groups: usize,
) -> Option<Estimate> {
    assert!(n_train > 0, "models trained on no rows");
    if !(test_variance.is_finite() && test_variance >= 0.0) || n_groups < 2 {
        return None;
    }
    let replicates = estimate(differences, n_held_out as f64 / n_train as f64)?;
    if !replicates.has_spread() && n_held_out > 0 {
        return Some(replicates);
    }
    let of_replicates = replicates.standard_error * replicates.standard_error;
    let sources =
        Sources { variances: [of_replicates, test_variance], freedoms: [replicates.freedom, (n_groups - 1) as f64] };
    let freedom = sources.freedom().unwrap_or(replicates.freedom);
    Some(Estimate { mean: replicates.mean, standard_error: sources.standard_error(), freedom })
}

/// Two independent variances that add up, each with its degrees of freedom.
#[derive(Clone, Copy)]
pub(crate) struct Sources {
    pub(crate) variances: [f64; 2],
    pub(crate) freedoms: [f64; 2],
}

impl Sources {
    pub(crate) fn standard_error(&self) -> f64 {
        (self.variances[0] + self.variances[1]).sqrt()
    }

    /// Of the sum of both, the share of each; `None` where both are zero.
    fn shares(&self) -> Option<[f64; 2]> {
        let sum = self.variances[0] + self.variances[1];
        (sum > 0.0).then(|| self.variances.map(|variance| variance / sum))
    }

    /// The degrees of freedom for which Student's quantile is `√(t_a² a + t_b² b) / √(a + b)`, to 12 significant digits;
    /// `None` where both variances are zero.
    pub(crate) fn freedom(&self) -> Option<f64> {
        let shares = self.shares()?;
        if let Some(only) = shares.iter().position(|share| *share == 1.0) {
            return Some(self.freedoms[only]);
        }
        let quantile = |freedom: f64| student::quantile(1.0 - LEVEL / 2.0, freedom);
        let [a, b] = self.freedoms.map(quantile);
        let wanted = (a * a * shares[0] + b * b * shares[1]).sqrt();
        let [mut few, mut many] = [self.freedoms[0].min(self.freedoms[1]), self.freedoms[0].max(self.freedoms[1])];
        while many - few > 1e-13 * many {
            let middle = f64::midpoint(few, many);
            *(if student::two_sided_p(wanted, middle) > LEVEL { &mut few } else { &mut many }) = middle;
        }
        Some(round(many))
    }

    /// The degrees of freedom of a chi-squared number with the mean and the variance of the sum (Satterthwaite 1946, "An
    /// approximate distribution of estimates of variance components"); `None` where both variances are zero.
    pub(crate) fn satterthwaite(&self) -> Option<f64> {
        let [a, b] = self.shares()?;
        Some(1.0 / (a * a / self.freedoms[0] + b * b / self.freedoms[1]))
    }
}
