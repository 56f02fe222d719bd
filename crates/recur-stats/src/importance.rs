//! How much of what configurations differ by is due to one swept parameter.

use crate::noncentral_f::Statistic;
use crate::summary::{Interval, mean};
use std::collections::BTreeMap;

/// A share is given only where the configurations differ at this level.
const LEVEL: f64 = 0.05;
/// Each of the four limits of noncentrality is missed in so many cases; two of them make an end of the interval.
const MISSED: f64 = 0.0125;
/// Interaction below this share of the greatest score is rounding: see the same constant in `estimate`.
const ROUNDING: f64 = 1e-10;

/// The share of the variance between configurations that one parameter accounts for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Importance {
    /// From 0 to 1, with the noise between replicates taken out.
    pub share: f64,
    /// The 95 % interval of the share, within 0 and 1.
    pub interval: Interval,
}

/// [`corrected_importance`] for replicates that share no rows, or where configurations are compared on these rows only.
pub fn importance(levels: &[usize], scores: &[Vec<f64>]) -> Option<Importance> {
    corrected_importance(levels, scores, 1, 0)
}

/// The importance of one parameter in a sweep of C configurations with R replicates each.
///
/// `levels` (C) has the parameter's value of each configuration, as any number; `scores` (C, R) the score of each
/// configuration in each replicate. Replicates are blocks: what all configurations have in common in a replicate does not
/// count. With MS the mean square of the interaction of configurations and replicates, which is the noise, and both sums of
/// squares between means over replicates times R:
///
/// `share = (SS_parameter − df_parameter · MS) / (SS_configurations − df_configurations · MS)`, clipped to 0 and 1.
///
/// This is ω² (Hays 1963, "Statistics for Psychologists") relative to the variance between configurations and not to all
/// variance. Without the subtraction, the most important of three parameters without effect gets an eighth to a quarter.
/// Replicates that share rows have noise in common, which the interaction does not show: MS is multiplied by
/// `1 + R · n_test/n_train`, the correction of Nadeau and Bengio 2003, with `n_test` the rows that are scored.
///
/// The interval combines limits of the noncentralities of the parameter (λ_p) and of the rest (λ_r), from the noncentral F
/// distribution (Steiger 2004), each missed in 1.25 %: from `low λ_p / (low λ_p + high λ_r)` to
/// `high λ_p / (high λ_p + low λ_r)`. By Bonferroni's inequality it covers the true share in at least 95 % for normal noise of
/// equal variance, and in 98 % and more in the simulations of `tests/simulation/importance.rs`.
///
/// Where each value of the parameter does not meet the same values of the others, as in a random search, effects of the
/// others are in the share as well. Interactions between parameters belong to the rest.
///
/// `None` below two replicates, configurations or values; where a score is not a finite number; where there is no noise at
/// all, as its variance cannot be estimated then; and where the configurations do not differ significantly (F test at 5 %):
/// there is no signal above the noise of which a share could be given.
///
/// # Panics
/// If `levels` and `scores` differ in length, configurations have different numbers of replicates, or `n_train` is zero.
pub fn corrected_importance(
    levels: &[usize],
    scores: &[Vec<f64>],
    n_train: usize,
    n_test: usize,
) -> Option<Importance> {
    assert_eq!(levels.len(), scores.len(), "a level for each configuration");
    assert!(n_train > 0, "models trained on no rows");
    let table = Table::new(levels, scores)?;
    let noise = table.noise * (1.0 + table.n_replicates * n_test as f64 / n_train as f64);
    let statistic = |squares: f64, freedom: f64| Statistic {
        f: squares / freedom / noise,
        numerator: freedom,
        denominator: table.freedom_of_noise,
    };
    let all = statistic(table.of_all, table.freedom_of_all);
    if 1.0 - all.below(0.0) >= LEVEL {
        return None;
    }
    let freedom_of_rest = table.freedom_of_all - table.freedom_of_parameter;
    if freedom_of_rest == 0.0 {
        return Some(Importance { share: 1.0, interval: Interval { low: 1.0, high: 1.0 } });
    }
    let signal = |squares: f64, freedom: f64| squares - freedom * noise;
    let of_all = signal(table.of_all, table.freedom_of_all);
    let share = signal(table.of_parameter, table.freedom_of_parameter) / of_all;
    let parameter = statistic(table.of_parameter, table.freedom_of_parameter);
    let rest = statistic((table.of_all - table.of_parameter).max(0.0), freedom_of_rest);
    Some(Importance { share: share.clamp(0.0, 1.0), interval: interval(parameter, rest) })
}

fn interval(parameter: Statistic, rest: Statistic) -> Interval {
    let low = |statistic: &Statistic| statistic.noncentrality(1.0 - MISSED);
    let high = |statistic: &Statistic| statistic.noncentrality(MISSED);
    let share = |part: f64, rest: f64| if part > 0.0 { part / (part + rest) } else { 0.0 };
    Interval { low: share(low(&parameter), high(&rest)), high: share(high(&parameter), low(&rest)) }
}

/// Sums of squares of a complete table, and their degrees of freedom.
struct Table {
    n_replicates: f64,
    of_parameter: f64,
    freedom_of_parameter: f64,
    of_all: f64,
    freedom_of_all: f64,
    /// A mean square.
    noise: f64,
    freedom_of_noise: f64,
}

impl Table {
    /// `None` below two replicates, configurations or levels, where a score is not finite, or where nothing is noise.
    fn new(levels: &[usize], scores: &[Vec<f64>]) -> Option<Self> {
        let n_replicates = scores.first()?.len();
        assert!(scores.iter().all(|scores| scores.len() == n_replicates), "a table with gaps");
        let scores_in = |replicate: usize| scores.iter().map(|scores| scores[replicate]).collect::<Vec<f64>>();
        let blocks: Vec<f64> = (0..n_replicates).map(|replicate| mean(&scores_in(replicate))).collect::<Option<_>>()?;
        // (C, R); scores without what the configurations have in common in a replicate.
        let centered: Vec<Vec<f64>> = scores
            .iter()
            .map(|scores| scores.iter().zip(&blocks).map(|(score, block)| score - block).collect())
            .collect();
        let means: Vec<f64> = centered.iter().map(|scores| mean(scores)).collect::<Option<_>>()?;
        let n_levels = by_level(levels, &means).len();
        if scores.len() < 2 || n_replicates < 2 || n_levels < 2 || !means.iter().all(|mean| mean.is_finite()) {
            return None;
        }
        let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
        let rest = |(scores, mean): (&Vec<f64>, &f64)| squares(&mut scores.iter().map(|score| score - mean));
        let (r, freedom_of_all) = (n_replicates as f64, (scores.len() - 1) as f64);
        let freedom_of_noise = freedom_of_all * (r - 1.0);
        let noise = centered.iter().zip(&means).map(rest).sum::<f64>() / freedom_of_noise;
        let greatest = scores.iter().flatten().fold(0.0_f64, |greatest, score| greatest.max(score.abs()));
        let of_level = |means: &Vec<f64>| means.len() as f64 * mean(means).map_or(0.0, |mean| mean * mean);
        (noise.is_finite() && noise.sqrt() > ROUNDING * greatest).then(|| Self {
            n_replicates: r,
            of_parameter: r * by_level(levels, &means).values().map(of_level).sum::<f64>(),
            freedom_of_parameter: (n_levels - 1) as f64,
            of_all: r * squares(&mut means.iter().copied()),
            freedom_of_all,
            noise,
            freedom_of_noise,
        })
    }
}

/// The means of the configurations of each level.
fn by_level(levels: &[usize], means: &[f64]) -> BTreeMap<usize, Vec<f64>> {
    let mut by_level: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    levels.iter().zip(means).for_each(|(level, mean)| by_level.entry(*level).or_default().push(*mean));
    by_level
}
