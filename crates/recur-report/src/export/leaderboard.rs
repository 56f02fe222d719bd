//! One row a model, unrounded, and where each is.

use super::records::{column, texts};
use recur_analysis::{Analysis, Difference, Interval, Model, Summary};
use recur_core::metric::Metric;
use recur_core::table::{Column, Values};

/// The table of [`super::Export::leaderboard`].
pub(super) fn columns(analysis: &Analysis) -> Vec<Column> {
    let models: Vec<&Model> = analysis.in_order().collect();
    let integers = |name: &str, of: &dyn Fn(&Model) -> Option<i64>| {
        column(name, Values::Integer(models.iter().map(|model| of(model)).collect::<Vec<_>>()))
    };
    let whole = |n: u64| i64::try_from(n).ok();
    let n_tested = |model: &Model| model.test(analysis.primary).map_or(0, |test| test.by_replicate.len() as i64);
    let mut columns = vec![
        integers("rank", &|model| model.rank.map(|rank| rank as i64)),
        texts("standing", &models, |model| model.standing.word().to_owned()),
        texts("model", &models, |model| model.model.clone()),
        column("configuration", Values::Text(models.iter().map(|model| model.title.clone()).collect())),
        integers("trials_planned", &|model| whole(model.trials.planned)),
        integers("trials_finished", &|model| whole(model.trials.finished)),
        integers("trials_diverged", &|model| whole(model.trials.diverged)),
        integers("trials_failed", &|model| whole(model.trials.failed)),
        integers("replicates", &|model| Some(n_tested(model))),
        integers("parameters", &|model| model.parameters.and_then(whole)),
    ];
    for metric in Metric::shown_with(analysis.primary) {
        let name = metric.name();
        let of_validation: Vec<Option<&Summary>> = models.iter().map(|model| model.validation.get(name)).collect();
        let of_test: Vec<Option<&Summary>> = models.iter().map(|model| model.test(metric)).collect();
        columns.extend(spread(&format!("validation_{name}"), &of_validation));
        columns.extend(spread(&format!("test_{name}"), &of_test));
        if metric == analysis.primary {
            let intervals = of_test.iter().map(|test| test.and_then(|test| test.interval)).collect();
            columns.extend(interval(&format!("test_{name}"), intervals));
        }
    }
    columns.extend(to_baseline(analysis, &models));
    columns
}

fn spread(name: &str, summaries: &[Option<&Summary>]) -> [Column; 2] {
    let of = |value: fn(&Summary) -> Option<f64>| {
        Values::Real(summaries.iter().map(|summary| summary.and_then(value)).collect())
    };
    [column(&format!("{name}_mean"), of(|s| s.mean)), column(&format!("{name}_sd"), of(|s| s.sd))]
}

fn interval(name: &str, intervals: Vec<Option<Interval>>) -> [Column; 2] {
    let end = |of: fn(Interval) -> f64| Values::Real(intervals.iter().map(|interval| interval.map(of)).collect());
    [column(&format!("{name}_low"), end(|i| i.low)), column(&format!("{name}_high"), end(|i| i.high))]
}

/// The differences to the baseline, which has none itself.
fn to_baseline(analysis: &Analysis, models: &[&Model]) -> Vec<Column> {
    let Some(baseline) = analysis.baseline() else { return Vec::new() };
    let found: Vec<Option<&Difference>> = models.iter().map(|model| model.to_baseline.as_ref()).collect();
    let reals =
        |of: fn(&Difference) -> Option<f64>| Values::Real(found.iter().map(|found| found.and_then(of)).collect());
    let counts = |of: fn(&Difference) -> u32| {
        Values::Integer(found.iter().map(|found| found.map(|found| i64::from(of(found)))).collect())
    };
    let name = "difference_to_baseline";
    let mut columns =
        vec![texts("baseline", models, |_| baseline.model.clone()), column(name, reals(|found| found.mean))];
    columns.extend(interval(name, found.iter().map(|found| found.and_then(|found| found.interval)).collect()));
    columns.push(column("difference_to_baseline_p_holm", reals(|found| found.p_holm)));
    columns.extend([
        column("better", counts(|found| found.wins)),
        column("equal", counts(|found| found.ties)),
        column("worse", counts(|found| found.losses)),
    ]);
    columns
}
