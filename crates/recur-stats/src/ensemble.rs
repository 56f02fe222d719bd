//! An ensemble: the mean of what several trained models answer, and how far its result would vary with other ones.
//!
//! Legend: r members, C labels.

use crate::summary::mean;

/// The mean of the distributions of `members` (r, C), probabilities: (C). They are added in the order of the members.
///
/// # Panics
/// Without members, or if they have different numbers of labels.
pub fn mean_distribution(members: &[&[f64]]) -> Vec<f64> {
    let n_labels = members.first().expect("an ensemble has members").len();
    assert!(members.iter().all(|member| member.len() == n_labels), "one number for each label");
    let of_label = |label: usize| members.iter().map(|member| member[label]).sum::<f64>() / members.len() as f64;
    (0..n_labels).map(of_label).collect()
}

/// What the variance of a statistic of r members over other members is estimated from: r numbers with the mean `all`, the
/// statistic of all members, whose sample variance over r is that of the jackknife. `without` (r) has the statistic without each
/// member in turn.
///
/// They are the pseudo-values of the jackknife (Tukey 1958, "Bias and confidence in not-quite large samples"), moved to the mean
/// `all`. Of a mean they are the members' own values. For independent members, r / (r − 1) times the jackknife's variance is on
/// average not below the variance of the statistic of r − 1 members (Efron and Stein 1981, "The jackknife estimate of
/// variance"). Without that factor it agrees with the variance of a mean; `tests/simulation/ensembles.rs` measures it for
/// ensembles of 3 and more. Of two members it is too small.
pub fn jackknife(all: f64, without: &[f64]) -> Vec<f64> {
    let (centre, others) = (mean(without).unwrap_or(f64::NAN), without.len() as f64 - 1.0);
    without.iter().map(|without| all + others * (centre - without)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::standard_deviation;

    #[test]
    fn distributions_are_averaged_label_by_label() {
        let mean = mean_distribution(&[&[0.5, 0.25, 0.25], &[0.25, 0.75, 0.0]]);
        assert_eq!(mean, [0.375, 0.5, 0.125]);
    }

    #[test]
    fn of_a_mean_they_are_the_values() {
        let values = [0.5, 0.75, 0.625, 0.25];
        let sum: f64 = values.iter().sum();
        let without = values.map(|value| (sum - value) / 3.0);
        let found = jackknife(sum / 4.0, &without);
        assert!(found.iter().zip(values).all(|(found, value)| (found - value).abs() < 1e-12), "{found:?}");
    }

    #[test]
    fn their_mean_is_that_of_all_members_and_their_variance_the_jackknifes() {
        let (all, without) = (0.7, [0.64, 0.66, 0.69]);
        let found = jackknife(all, &without);
        let centre = mean(&without).unwrap();
        let of_jackknife = 2.0 / 3.0 * without.iter().map(|x| (x - centre) * (x - centre)).sum::<f64>();
        let variance = standard_deviation(&found).unwrap();
        assert!((mean(&found).unwrap() - all).abs() < 1e-12);
        assert!((variance * variance / 3.0 - of_jackknife).abs() < 1e-12);
    }
}
