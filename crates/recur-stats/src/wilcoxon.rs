//! The signed-rank test: whether paired differences lean to one side, without a normal distribution of them.

use crate::normal;

/// Up to so many non-zero differences the exact null distribution is used, as in scipy.
const LARGEST_EXACT: usize = 50;

/// The null distribution that a p-value was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullDistribution {
    /// All 2ⁿ ways to sign the ranks, each equally likely.
    Exact,
    /// The normal distribution with the mean and the variance of the exact one.
    Normal,
}

/// What the signs and ranks of paired differences say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignedRank {
    /// The number of differences that are not zero.
    pub n: usize,
    /// The sum of the ranks of those above zero.
    pub w_plus: f64,
    /// The sum of the ranks of those below zero.
    pub w_minus: f64,
    /// The p-value of "differences are symmetric about zero", two-sided.
    pub p: f64,
    /// What `p` was computed from.
    pub null: NullDistribution,
}

/// Wilcoxon's signed-rank test (Wilcoxon 1945, "Individual comparisons by ranking methods").
///
/// Differences of zero are dropped, the n others ranked by absolute value; ties, which are equal to the last bit, share
/// the mean of their ranks. `w_plus` and `w_minus` are the sums of ranks above and below zero, and p is twice the smaller
/// tail of `w_plus`, at most 1.
///
/// - Up to 50 non-zero differences the null distribution is exact: the share of the 2ⁿ equally likely ways to sign these
///   very ranks, ties included (Streitberg and Röhmel 1986). Without ties this is scipy's `method="exact"`, with ties the
///   permutation test that scipy's `method="auto"` makes for 13 differences or fewer. The normal approximation would be
///   too sure of itself there: five positive differences of which two are tied give it p = 0.043, where the least
///   possible p is 2/32.
/// - Above 50 it is the normal distribution with mean `n(n + 1)/4` and variance
///   `(n(n + 1)(2n + 1) − Σ(t³ − t)/2) / 24` over groups of t ties, without a correction for continuity: scipy's
///   `method="asymptotic"`.
///
/// The pairs have to be independent. Replicates that share training rows are not: for these see
/// [`corrected_resampled_t`](crate::corrected_resampled_t).
///
/// Where all differences are zero, p is 1. `None` without differences, or where one is not a finite number.
pub fn wilcoxon_signed_rank(differences: &[f64]) -> Option<SignedRank> {
    if differences.is_empty() || !differences.iter().all(|difference| difference.is_finite()) {
        return None;
    }
    let mut signed: Vec<f64> = differences.iter().copied().filter(|difference| *difference != 0.0).collect();
    signed.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let ranks = doubled_ranks(&signed);
    let total: usize = ranks.iter().sum();
    let plus: usize =
        ranks.iter().zip(&signed).filter(|(_, difference)| **difference > 0.0).map(|(rank, _)| rank).sum();
    let (p, null) = if signed.len() <= LARGEST_EXACT {
        (exact_p(&ranks, plus), NullDistribution::Exact)
    } else {
        (normal_p(&signed, plus), NullDistribution::Normal)
    };
    Some(SignedRank { n: signed.len(), w_plus: plus as f64 / 2.0, w_minus: (total - plus) as f64 / 2.0, p, null })
}

/// The lengths of the runs of equal absolute value in `sorted`.
fn ties(sorted: &[f64]) -> impl Iterator<Item = usize> {
    sorted.chunk_by(|a, b| a.abs() == b.abs()).map(<[f64]>::len)
}

/// Twice the rank of each of `sorted`: a whole number for the mean of tied ranks as well.
fn doubled_ranks(sorted: &[f64]) -> Vec<usize> {
    let mut ranks = Vec::with_capacity(sorted.len());
    for length in ties(sorted) {
        let before = ranks.len();
        ranks.resize(before + length, 2 * before + length + 1);
    }
    ranks
}

/// Twice the smaller tail at `plus`, at most 1, over all ways to sign `ranks`. At most 2⁵⁰ of them: each count is exact.
fn exact_p(ranks: &[usize], plus: usize) -> f64 {
    let total: usize = ranks.iter().sum();
    // ways[s]: in how many ways some of the ranks so far sum to s.
    let mut ways = vec![0_u64; total + 1];
    ways[0] = 1;
    for rank in ranks {
        for sum in (*rank..=total).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    let (lower, upper): (u64, u64) = (ways[..=plus].iter().sum(), ways[plus..].iter().sum());
    let all = (1_u64 << ranks.len()) as f64;
    (2.0 * lower.min(upper) as f64 / all).min(1.0)
}

fn normal_p(sorted: &[f64], doubled_plus: usize) -> f64 {
    let n = sorted.len() as f64;
    let tied: f64 = ties(sorted).map(|length| length as f64).map(|t| t * t * t - t).sum();
    let variance = (n * (n + 1.0) * (2.0 * n + 1.0) - tied / 2.0) / 24.0;
    normal::two_sided_p((doubled_plus as f64 / 2.0 - n * (n + 1.0) / 4.0) / variance.sqrt())
}
