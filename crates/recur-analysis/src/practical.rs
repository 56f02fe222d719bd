//! How probable it is that two models differ by more than a margin that matters.

use crate::difference::Compared;
use recur_core::metric::Metric;
use recur_stats::Practical;

/// The posterior probabilities that the first model is better by more than `margin`, equal within it, or worse (the Bayesian
/// correlated t-test: [`recur_stats::Estimate::practical`]); `None` where the replicates have no spread.
pub(crate) fn of(difference: &Compared, metric: Metric, margin: f64) -> Option<Practical> {
    let estimate = difference.estimate.filter(|estimate| estimate.has_spread())?;
    let Practical { better, equal, worse } = estimate.practical(margin);
    Some(if metric.higher_is_better() {
        Practical { better, equal, worse }
    } else {
        Practical { better: worse, equal, worse: better }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::difference::{Basis, Sample, compare};

    #[test]
    fn a_smaller_loss_is_better() {
        let (low, high) = ([0.50, 0.51, 0.52], [0.60, 0.62, 0.61]);
        let basis = Basis::Resampled { train: 80, scored: 10 };
        let of =
            |metric| of(&compare(&[(Sample::of(&low), Sample::of(&high))], metric, basis)[0], metric, 0.01).unwrap();
        assert!(of(Metric::Loss).better > 0.9 && of(Metric::Accuracy).worse > 0.9);
        assert_eq!(of(Metric::Loss).better, of(Metric::Accuracy).worse);
    }
}
