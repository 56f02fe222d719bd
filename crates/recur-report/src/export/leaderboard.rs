//! One row a model, unrounded, and where each stands.

use super::records::{column, texts};
use crate::analysis::{Analysis, ModelResult};
use crate::comparisons::Difference;
use recur_core::metric::Metric;
use recur_core::table::{Column, Values};
use recur_stats::{Interval, mean, standard_deviation};

/// Where a model stands among those that were ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Clearly ahead of each other one.
    Best,
    /// Not distinguishable from the one with the best mean, or that one itself.
    NotDistinguishable,
    /// Clearly behind the one with the best mean.
    Behind,
    /// Nothing could be compared.
    Undecided,
    /// It was not tested on every replicate.
    NotRanked,
}

impl Standing {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Standing::Best => "best",
            Standing::NotDistinguishable => "not distinguishable",
            Standing::Behind => "behind",
            Standing::Undecided => "undecided",
            Standing::NotRanked => "not ranked",
        }
    }

    /// Where the model of index `model` stands.
    pub(crate) fn of(analysis: &Analysis<'_>, model: usize) -> Self {
        let against = &analysis.best_against;
        let is_tested = |difference: &Difference| difference.comparison.is_some();
        match against.iter().find(|(other, _)| *other == model) {
            Some((_, difference)) if difference.is_clear() => Standing::Behind,
            Some((_, difference)) if is_tested(difference) => Standing::NotDistinguishable,
            Some(_) => Standing::Undecided,
            None if !analysis.ranking.contains(&model) => Standing::NotRanked,
            None if !against.iter().any(|(_, difference)| is_tested(difference)) => Standing::Undecided,
            None if against.iter().all(|(_, difference)| difference.is_clear()) => Standing::Best,
            None => Standing::NotDistinguishable,
        }
    }
}

/// The models, best first, those that are not ranked last.
pub(crate) fn in_order(analysis: &Analysis<'_>) -> Vec<usize> {
    let unranked = (0..analysis.models.len()).filter(|model| !analysis.ranking.contains(model));
    analysis.ranking.iter().copied().chain(unranked).collect()
}

/// The table of [`super::Export::leaderboard`].
pub(super) fn columns(analysis: &Analysis<'_>) -> Vec<Column> {
    let plan = analysis.input.plan;
    let models = in_order(analysis);
    let result = |model: &usize| &analysis.models[*model];
    let title = |model: &usize| result(model).chosen.map(|chosen| plan.configurations[chosen].title());
    let integers = |name: &str, of: &dyn Fn(&usize) -> Option<i64>| {
        column(name, Values::Integer(models.iter().map(of).collect::<Vec<_>>()))
    };
    let whole = |n: u64| i64::try_from(n).ok();
    let rank = |model: &usize| analysis.ranking.iter().position(|ranked| ranked == model).map(|place| place as i64 + 1);
    let mut columns = vec![
        integers("rank", &rank),
        texts("standing", &models, |model| Standing::of(analysis, *model).word().to_owned()),
        texts("model", &models, |model| result(model).id.to_owned()),
        column("configuration", Values::Text(models.iter().map(title).collect())),
        integers("trials_planned", &|model| whole(result(model).tally.planned)),
        integers("trials_finished", &|model| whole(result(model).tally.finished)),
        integers("trials_diverged", &|model| whole(result(model).tally.diverged)),
        integers("trials_failed", &|model| whole(result(model).tally.failed)),
        integers("replicates", &|model| Some(result(model).tests.len() as i64)),
        integers("parameters", &|model| analysis.n_parameters(result(model)).and_then(whole)),
    ];
    for metric in Metric::ALL {
        let validation: Vec<Vec<f64>> =
            models.iter().map(|model| analysis.chosen_validation(result(model), metric)).collect();
        let test: Vec<Vec<f64>> = models.iter().map(|model| result(model).test(metric)).collect();
        columns.extend(spread(&format!("validation_{}", metric.name()), &validation));
        columns.extend(spread(&format!("test_{}", metric.name()), &test));
        if metric == analysis.primary {
            let intervals = models.iter().map(|model| analysis.mean_interval(result(model), metric));
            columns.extend(interval(&format!("test_{}", metric.name()), intervals.collect()));
        }
    }
    columns.extend(to_baseline(analysis, &models.iter().map(result).collect::<Vec<_>>(), &models));
    columns
}

fn spread(name: &str, values: &[Vec<f64>]) -> [Column; 2] {
    let of = |figure: fn(&[f64]) -> Option<f64>| Values::Real(values.iter().map(|values| figure(values)).collect());
    [column(&format!("{name}_mean"), of(mean)), column(&format!("{name}_sd"), of(standard_deviation))]
}

fn interval(name: &str, intervals: Vec<Option<Interval>>) -> [Column; 2] {
    let end = |of: fn(Interval) -> f64| Values::Real(intervals.iter().map(|interval| interval.map(of)).collect());
    [column(&format!("{name}_low"), end(|i| i.low)), column(&format!("{name}_high"), end(|i| i.high))]
}

/// The differences to the baseline, which has none itself.
fn to_baseline(analysis: &Analysis<'_>, results: &[&ModelResult<'_>], models: &[usize]) -> Vec<Column> {
    let Some(baseline) = analysis.baseline() else { return Vec::new() };
    let found: Vec<Option<&Difference>> = models.iter().map(|model| analysis.to_baseline.get(model)).collect();
    let means = found.iter().map(|found| found.and_then(|found| found.estimate).map(|estimate| estimate.mean));
    let compared = || found.iter().map(|found| found.and_then(|found| found.comparison));
    let wins = |place: usize| {
        Values::Integer(found.iter().map(|found| found.map(|found| i64::from(found.wins[place]))).collect())
    };
    let p = found.iter().map(|found| found.filter(|found| found.comparison.is_some()).map(|found| found.adjusted_p));
    let baseline = &analysis.models[baseline].id;
    let mut columns = vec![
        texts("baseline", results, |_| (*baseline).to_owned()),
        column("difference_to_baseline", Values::Real(means.collect())),
    ];
    columns.extend(interval("difference_to_baseline", compared().map(|c| c.map(|c| c.interval)).collect()));
    columns.push(column("difference_to_baseline_p_holm", Values::Real(p.collect())));
    columns.extend([column("better", wins(0)), column("equal", wins(1)), column("worse", wins(2))]);
    columns
}
