//! Which differences an experiment can detect, before it is run.

use crate::error::CliError;
use recur_core::facts::PublishedFacts;
use recur_core::metric::Metric;
use recur_core::plan::Plan;
use recur_core::record::TrialRecord;
use recur_core::settings::TestRows;
use recur_core::trial::{Identity, TrialId};
use recur_report::SplitSizes;
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
pub(super) struct Power {
    replicates: u32,
    /// Pairs of models that p is corrected for.
    pairs: usize,
    power: f64,
    /// Pairs of stored configurations that the standard deviation comes from; 0 if it is assumed.
    stored_pairs: usize,
    detectable: Vec<Detectable>,
    #[serde(skip)]
    metric: Metric,
    #[serde(skip)]
    is_fixed: bool,
}

/// The smallest difference that is detected where differences spread like this.
#[derive(Clone, Copy, Debug, Serialize)]
struct Detectable {
    standard_deviation: f64,
    /// `None` if no difference is.
    smallest_difference: Option<f64>,
}

impl Power {
    /// By the stored trials that are like those of `plan`, or for assumed standard deviations where there are too few.
    pub(super) fn of(
        plan: &Plan,
        identity: Option<&Identity>,
        (sizes, published): (SplitSizes, Option<PublishedFacts>),
        store: Option<&Store>,
    ) -> Result<Self, CliError> {
        let metric = plan.report.primary;
        let n_models = plan.models().len();
        let pairs = (n_models * n_models.saturating_sub(1) / 2).max(1);
        let stored = match (store, identity) {
            (Some(store), Some(identity)) => deviations(plan, identity, metric, store)?,
            _ => Vec::new(),
        };
        let is_fixed = plan.split.test_rows == TestRows::Fixed;
        let has_validation = published.is_some_and(|published| published.rows[1] > 0);
        let held_out = match (is_fixed, has_validation) {
            (false, _) => sizes.test,
            (true, false) => sizes.validation,
            // Replicates differ by their start only.
            (true, true) => 0,
        };
        let detectable = |standard_deviation: f64| {
            let (n_train, alpha) = (sizes.train.max(1), 0.05 / pairs as f64);
            let test = PlannedTest { difference: 0.0, deviation: standard_deviation, n_train, n_test: held_out, alpha };
            let smallest_difference = test.smallest_detectable(plan.replicates, POWER);
            Detectable { standard_deviation, smallest_difference }
        };
        let assumed: &[f64] = if metric == Metric::Loss { &[0.01, 0.03, 0.1] } else { &[0.005, 0.01, 0.02] };
        let detectable = match median(&stored) {
            Some(deviation) => vec![detectable(deviation)],
            None => assumed.iter().map(|deviation| detectable(*deviation)).collect(),
        };
        Ok(Self {
            replicates: plan.replicates,
            pairs,
            power: POWER,
            stored_pairs: stored.len(),
            detectable,
            metric,
            is_fixed,
        })
    }

    /// In words.
    pub(super) fn text(&self) -> String {
        if self.replicates < 2 {
            return "One replicate: no difference between models can be tested. Use at least 3 replicates, better 5."
                .to_owned();
        }
        let correction = match self.pairs {
            1 => String::new(),
            n => format!(" after correction over {n} pairs of models"),
        };
        let mut text = format!(
            "Power: with {} replicates, the smallest difference of test {} that is detected with {:.0} % power (p < 0.05{correction}) is",
            self.replicates,
            self.metric.title(),
            100.0 * self.power
        );
        let amount = |x: f64| match self.metric {
            Metric::Loss => format!("{x:.3} nats"),
            _ => format!("{:.2} points", 100.0 * x),
        };
        let smallest = |detectable: &Detectable| match detectable.smallest_difference {
            Some(least) if self.metric == Metric::Loss || least < 1.0 => format!("about {}", amount(least)),
            _ => "more than there can be".to_owned(),
        };
        match self.detectable.as_slice() {
            [only] if self.stored_pairs > 0 => text.push_str(&format!(
                " {}: validation differences of {} pairs of stored configurations on the same data have a standard deviation of {} \
                 over replicates (median).",
                smallest(only),
                self.stored_pairs,
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
        if self.is_fixed {
            text.push_str(" The spread over test examples is not counted.");
        }
        text
    }
}

/// The standard deviations over replicates of the validation differences between stored configurations of two models of the
/// plan (of one, if it has but one) on the same data, division and seed as `identity`.
fn deviations(plan: &Plan, identity: &Identity, metric: Metric, store: &Store) -> Result<Vec<f64>, CliError> {
    let configurations = stored(plan, identity, metric, store)?;
    let is_pair = |a: &Key, b: &Key| plan.models().len() == 1 || a.0 != b.0;
    let mut deviations = Vec::new();
    for (index, (first, a)) in configurations.iter().enumerate() {
        for (_, b) in configurations[index + 1..].iter().filter(|(second, _)| is_pair(first, second)) {
            let paired: Vec<f64> = a.iter().filter_map(|(replicate, x)| Some(x - b.get(replicate)?)).collect();
            let spread = standard_deviation(&paired).filter(|spread| *spread > 0.0 && spread.is_finite());
            deviations.extend(spread.filter(|_| paired.len() >= FEWEST_REPLICATES));
        }
    }
    Ok(deviations)
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
) -> Result<Vec<(Key, ByReplicate)>, CliError> {
    let models = plan.models();
    let mut ids: BTreeMap<String, Vec<(String, TrialId)>> = BTreeMap::new();
    store.list(|entry| {
        if let Ok(entry) = entry
            && models.contains(&entry.model.as_str())
        {
            ids.entry(entry.model).or_default().push((format!("{:?}", entry.params), entry.id));
        }
        ControlFlow::Continue(())
    })?;
    let mut results: BTreeMap<Key, ByReplicate> = BTreeMap::new();
    for (model, mut trials) in ids {
        // The plan's own configurations first: the store may have many others of the model.
        let own = plan.configurations.iter().filter(|configuration| configuration.model == model);
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
                && is_like(&record, identity)
                && let Some(scores) = record.validation()
            {
                let key = (model.clone(), Identity { replicate: 0, ..record.identity.clone() }.id().to_string());
                results.entry(key).or_default().insert(record.identity.replicate, scores.get(metric));
            }
        }
    }
    Ok(results.into_iter().collect())
}

/// Whether the record is of a trial on the same rows, divided in the same way.
fn is_like(record: &TrialRecord, identity: &Identity) -> bool {
    let own = &record.identity;
    (&own.dataset, &own.split, own.seed) == (&identity.dataset, &identity.split, identity.seed)
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
