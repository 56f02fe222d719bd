//! Which differences an experiment can detect, before it is run.

use crate::Experiment;
use crate::error::ExperimentError;
use recur_analysis::SplitSizes;
use recur_core::facts::PublishedFacts;
use recur_core::metric::{Metric, Unit};
use recur_core::plan::Plan;
use recur_core::record::TrialRecord;
use recur_core::settings::TestRows;
use recur_core::trial::{Identity, TrialId};
use recur_stats::{PlannedTest, mean, standard_deviation};
use recur_store::{Found, Store};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// The power that the smallest difference is computed for.
const POWER: f64 = 0.8;

/// Replicates that two configurations must share for the spread of their difference to be used.
const FEWEST_REPLICATES: usize = 3;

/// Stored configurations that are looked at of each model.
const MOST_CONFIGURATIONS: usize = 20;

/// What the planned replicates can detect.
#[derive(Debug, Serialize)]
pub struct Power {
    replicates: u32,
    compared: Compared,
    /// Pairs that p is corrected for: of models, or of the values of parameters; 0 if nothing is compared.
    pairs: usize,
    test_rows: TestRows,
    power: f64,
    /// Pairs of stored configurations that the standard deviation comes from; 0 if it is assumed.
    stored_pairs: usize,
    detectable: Vec<Detectable>,
    #[serde(skip)]
    metric: Metric,
}

/// What an experiment compares. In a race or in halving, the values of parameters are compared in the first stage, which all
/// configurations are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Compared {
    /// Models, by their test results.
    Models,
    /// The values of one model's parameters, by their validation results.
    Values,
    /// Nothing: no two proposals of a search are equal but for one value.
    Proposals,
}

/// The comparisons that the report of `plan` corrects for.
fn compared(plan: &Plan) -> (Compared, usize) {
    let of = |n: usize| n * n.saturating_sub(1) / 2;
    let n_models = plan.models().len();
    if n_models > 1 {
        return (Compared::Models, of(n_models));
    }
    if plan.search.is_some() && !plan.spaces.is_empty() {
        return (Compared::Proposals, 0);
    }
    let swept = plan.configurations.first().map(|first| first.swept.as_slice()).unwrap_or_default();
    let n_values = |name: &String| {
        let values = plan.configurations.iter().map(|configuration| format!("{:?}", configuration.value(name)));
        values.collect::<BTreeSet<_>>().len()
    };
    (Compared::Values, swept.iter().map(|name| of(n_values(name))).sum())
}

/// The smallest difference that is detected where differences spread like this.
#[derive(Clone, Copy, Debug, Serialize)]
struct Detectable {
    standard_deviation: f64,
    /// `None` if no difference is.
    smallest_difference: Option<f64>,
}

impl Experiment {
    /// The smallest difference that the planned replicates can detect: by the stored trials that are like those of the plan, or
    /// for assumed standard deviations where there are too few.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn power(&self, store: Option<&Store>) -> Result<Power, ExperimentError> {
        let identity = self.trials().first().map(|trial| &trial.identity);
        Power::of(self.plan(), identity, (self.sizes(), self.data().facts.published), store)
    }
}

impl Power {
    fn of(
        plan: &Plan,
        identity: Option<&Identity>,
        (sizes, published): (SplitSizes, Option<PublishedFacts>),
        store: Option<&Store>,
    ) -> Result<Self, ExperimentError> {
        let metric = plan.report.primary;
        let (compared, pairs) = compared(plan);
        let replicates = match (compared, &plan.race) {
            (Compared::Values, Some(race)) => race.replicates.first().copied().unwrap_or(plan.replicates),
            _ => plan.replicates,
        };
        let stored = match (store, identity) {
            (Some(store), Some(identity)) => deviations(plan, identity, metric, store)?,
            _ => Vec::new(),
        };
        let test_rows = plan.split.test_rows;
        let has_validation = published.is_some_and(|published| published.rows[1] > 0);
        let held_out = match (compared, test_rows, has_validation) {
            (Compared::Values | Compared::Proposals, ..) | (_, TestRows::Fixed, false) => sizes.validation,
            (_, TestRows::PerReplicate, _) => sizes.test,
            // Replicates differ by their start only.
            (_, TestRows::Fixed, true) => 0,
        };
        let detectable = |standard_deviation: f64| {
            let (n_train, alpha) = (sizes.train.max(1), 0.05 / pairs.max(1) as f64);
            let test = PlannedTest { difference: 0.0, deviation: standard_deviation, n_train, n_test: held_out, alpha };
            let smallest_difference = test.smallest_detectable(replicates, POWER);
            Detectable { standard_deviation, smallest_difference }
        };
        let detectable = match median(&stored) {
            Some(deviation) => vec![detectable(deviation)],
            None => metric.about().assumed_deviations.map(detectable).to_vec(),
        };
        Ok(Self {
            replicates,
            compared,
            pairs,
            test_rows,
            power: POWER,
            stored_pairs: stored.len(),
            detectable,
            metric,
        })
    }

    /// In words.
    pub fn text(&self) -> String {
        if self.compared == Compared::Proposals {
            return "Power: a search of one model compares no values, as no two proposals are equal but for one."
                .to_owned();
        }
        if self.pairs == 0 {
            return "Power: one model in one configuration, so nothing is compared.".to_owned();
        }
        if self.replicates < 2 {
            return match self.compared {
                Compared::Values => "One replicate (of the first stage, in a race): no difference between values of parameters can be tested.",
                _ => "One replicate: no difference between models can be tested. Use at least 3 replicates, better 5.",
            }
            .to_owned();
        }
        let (part, of_what) = match self.compared {
            Compared::Models => ("test", "models"),
            Compared::Values | Compared::Proposals => ("validation", "values of parameters"),
        };
        let correction = match self.pairs {
            1 => String::new(),
            n => format!(" after correction over {n} pairs of {of_what}"),
        };
        let mut text = format!(
            "Power: with {} replicates, the smallest difference of {part} {} that is detected with {:.0} % power (p < 0.05{correction}) is",
            self.replicates,
            self.metric.title(),
            100.0 * self.power
        );
        let about = self.metric.about();
        let Unit { of_difference: [_, unit], factor, decimals, .. } = about.unit;
        let amount = |x: f64| format!("{:.decimals$} {unit}", factor * x).trim_end().to_owned();
        let smallest = |detectable: &Detectable| match detectable.smallest_difference {
            Some(least) if about.can_differ_by_more_than(least) => format!("about {}", amount(least)),
            _ => "more than there can be".to_owned(),
        };
        match self.detectable.as_slice() {
            [only] if self.stored_pairs > 0 => text.push_str(&format!(
                " {}: in stored trials on the same data, validation differences of {} have a standard deviation of {} over \
                 replicates (median).",
                smallest(only),
                match self.stored_pairs {
                    1 => "one pair of configurations".to_owned(),
                    n => format!("{n} pairs of configurations"),
                },
                amount(only.standard_deviation)
            )),
            assumed => {
                let cases: Vec<String> = assumed
                    .iter()
                    .map(|case| format!("\n  {} if differences have a standard deviation of {} over replicates", smallest(case), amount(case.standard_deviation)))
                    .collect();
                text.push_str(&format!(":{}\n  (assumed: the store has no like trials)", cases.join(",")));
            }
        }
        if (self.compared, self.test_rows) == (Compared::Models, TestRows::Fixed) {
            text.push_str(" The spread over test examples is not counted.");
        }
        text
    }
}

/// The standard deviations over replicates of validation differences on the same data, division and seed as `identity`: between
/// the best stored configurations of each two models of the plan, or between all of its only model.
fn deviations(plan: &Plan, identity: &Identity, metric: Metric, store: &Store) -> Result<Vec<f64>, ExperimentError> {
    let mut configurations = stored(plan, identity, metric, store)?;
    configurations.retain(|(_, results)| results.len() >= FEWEST_REPLICATES);
    if plan.models().len() > 1 {
        configurations = best_of_each_model(configurations, metric);
    }
    let mut deviations = Vec::new();
    for (index, (_, a)) in configurations.iter().enumerate() {
        for (_, b) in &configurations[index + 1..] {
            let paired: Vec<f64> = a.iter().filter_map(|(replicate, x)| Some(x - b.get(replicate)?)).collect();
            let spread = standard_deviation(&paired).filter(|spread| *spread > 0.0 && spread.is_finite());
            deviations.extend(spread.filter(|_| paired.len() >= FEWEST_REPLICATES));
        }
    }
    Ok(deviations)
}

/// The configuration of each model with the best mean.
fn best_of_each_model(configurations: Vec<(Key, ByReplicate)>, metric: Metric) -> Vec<(Key, ByReplicate)> {
    let mean_of = |results: &ByReplicate| mean(&results.values().copied().collect::<Vec<_>>()).unwrap_or(f64::NAN);
    let mut best: BTreeMap<String, (Key, ByReplicate)> = BTreeMap::new();
    for (key, results) in configurations {
        match best.get(&key.0) {
            Some((_, other)) if !metric.better(mean_of(&results), mean_of(other)) => {}
            _ => _ = best.insert(key.0.clone(), (key, results)),
        }
    }
    best.into_values().collect()
}

/// Model, and the digest of all else that determines its trials but the replicate: with equal parameters they may have been
/// trained in another way.
type Key = (String, String);

/// A validation result of each replicate.
type ByReplicate = BTreeMap<u32, f64>;

/// The validation results of stored configurations, by replicate.
fn stored(
    plan: &Plan,
    identity: &Identity,
    metric: Metric,
    store: &Store,
) -> Result<Vec<(Key, ByReplicate)>, ExperimentError> {
    let models: BTreeSet<&str> = plan.configurations.iter().map(|own| own.plugin.as_str()).collect();
    let mut ids: BTreeMap<String, Vec<(String, TrialId)>> = BTreeMap::new();
    store.list(|entry| {
        if let Ok(entry) = entry
            && models.contains(entry.model.as_str())
        {
            ids.entry(entry.model).or_default().push((format!("{:?}", entry.params), entry.id));
        }
        ControlFlow::Continue(())
    })?;
    let mut results: BTreeMap<Key, ByReplicate> = BTreeMap::new();
    for (model, mut trials) in ids {
        // The plan's own configurations first: the store may have many others of the model.
        let own = plan.configurations.iter().filter(|configuration| configuration.plugin == model);
        let own: BTreeSet<String> = own.map(|configuration| format!("{:?}", configuration.params)).collect();
        trials.sort_by_cached_key(|(params, id)| (!own.contains(params), params.clone(), id.clone()));
        let mut seen: Vec<&String> = Vec::new();
        for (params, id) in &trials {
            if seen.last() != Some(&params) {
                seen.push(params);
            }
            if seen.len() > MOST_CONFIGURATIONS {
                break;
            }
            if let Found::Record(record) = store.find(id)
                && is_like(&record, identity, plan.training.stop_after)
                && let Some(scores) = record.validation()
            {
                let key = (model.clone(), Identity { replicate: 0, ..record.identity.clone() }.id().to_string());
                results.entry(key).or_default().insert(record.identity.replicate, scores.get(metric));
            }
        }
    }
    Ok(results.into_iter().collect())
}

/// Whether the record is of a trial on the same rows, divided in the same way, that did not stop before its end.
fn is_like(record: &TrialRecord, identity: &Identity, stop_after: Option<u32>) -> bool {
    let own = &record.identity;
    let is_whole = own.training.is_none() || own.stop_after() == stop_after;
    is_whole && (&own.dataset, &own.split, own.seed) == (&identity.dataset, &identity.split, identity.seed)
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        _ if sorted.is_empty() => None,
        1 => Some(sorted[middle]),
        _ => mean(&sorted[middle - 1..=middle]),
    }
}
