//! A journal of Optuna: an experiment is a study, and a configuration is a trial of it.

use crate::experiment::{ViewedExperiment, ViewedTrial};
use recur_analysis::{Analysis, ConfigurationResult};
use recur_core::metric::Metric;
use recur_core::params::ParamValue;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The lines of a journal for `optuna.storages.JournalStorage`.
///
/// The value of a trial is the mean of the primary metric over the replicates, on validation. A configuration with a replicate that did
/// not finish has failed. One that a race or halving stopped is pruned. Test results are only attributes of chosen configurations.
pub fn optuna(viewed: &ViewedExperiment<'_>) -> String {
    let analysis = viewed.analysis();
    let direction = if analysis.primary.about().higher_is_better { 2 } else { 1 };
    let mut lines = vec![json!({
        "op_code": 0, "worker_id": "recur", "study_name": analysis.experiment, "directions": [direction]
    })];
    let about = [
        ("question", json!(analysis.question)),
        ("metric", json!(format!("validation_{}", analysis.primary.name()))),
        ("replicates", json!(analysis.replicates)),
        ("seed", json!(analysis.seed)),
    ];
    lines.extend(
        about.map(
            |(name, value)| json!({"op_code": 2, "worker_id": "recur", "study_id": 0, "user_attr": {name: value}}),
        ),
    );
    let space = Space::of(analysis);
    let configurations = analysis.configurations.iter().enumerate();
    lines.extend(configurations.filter_map(|(index, own)| {
        let trials = viewed.trials_of(index);
        (!trials.is_empty()).then(|| trial(analysis, &space, own, &trials))
    }));
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}

/// The trial of a configuration.
fn trial(analysis: &Analysis, space: &Space, own: &ConfigurationResult, trials: &[ViewedTrial<'_>]) -> Value {
    let mean = own.validation(analysis.primary).and_then(|summary| summary.mean).filter(|mean| mean.is_finite());
    let has_all_finished = own.trials.diverged + own.trials.failed == 0;
    let (state, value) = match mean {
        Some(mean) if has_all_finished && own.eliminated_after.is_some() => (2, Some(mean)),
        Some(mean) if has_all_finished => (1, Some(mean)),
        _ => (3, None),
    };
    let (params, distributions) = space.of_trial(own);
    let time = |seconds: Option<u64>| iso(seconds.unwrap_or_default());
    json!({
        "op_code": 4,
        "worker_id": "recur",
        "study_id": 0,
        "datetime_start": time(trials.iter().map(|trial| trial.time.started).min()),
        "datetime_complete": time(trials.iter().map(|trial| trial.time.ended).max()),
        "state": state,
        "value": value,
        "values": null,
        "params": params,
        "distributions": distributions,
        "user_attrs": attributes(analysis.primary, own, trials),
        "system_attrs": {},
        "intermediate_values": intermediate_values(analysis.primary, trials),
    })
}

/// The mean of the validation results over the replicates, as the value of the trial is, by epoch; of the epochs that all have.
fn intermediate_values(primary: Metric, trials: &[ViewedTrial<'_>]) -> Map<String, Value> {
    let n_epochs = trials.iter().map(|trial| trial.record.epochs.len()).min().unwrap_or_default();
    let mean = |epoch: usize| {
        let values = trials.iter().map(|trial| trial.record.epochs[epoch].validation.get(primary));
        values.sum::<f64>() / trials.len() as f64
    };
    let values = (0..n_epochs).map(|epoch| ((epoch + 1).to_string(), mean(epoch)));
    values.filter(|(_, value)| value.is_finite()).map(|(step, value)| (step, json!(value))).collect()
}

/// What else is known of a configuration.
fn attributes(primary: Metric, own: &ConfigurationResult, trials: &[ViewedTrial<'_>]) -> Map<String, Value> {
    let mut attributes = Map::new();
    let mut put = |name: String, value: Value| attributes.insert(name, value);
    put("configuration".to_owned(), json!(own.title));
    put("model".to_owned(), json!(own.model));
    put("times_chosen".to_owned(), json!(own.times_chosen));
    put("trials".to_owned(), json!(own.trial_ids.iter().map(ToString::to_string).collect::<Vec<_>>()));
    for (what, n) in
        [("finished", own.trials.finished), ("diverged", own.trials.diverged), ("failed", own.trials.failed)]
    {
        put(what.to_owned(), json!(n));
    }
    if let Some(budget) = own.eliminated_after {
        put("eliminated_after_replicates".to_owned(), json!(budget.replicates));
        if let Some(epochs) = budget.epochs {
            put("eliminated_after_epochs".to_owned(), json!(epochs));
        }
    }
    let fixed =
        own.params.iter().chain(own.settings.iter()).filter(|(name, _)| !own.swept.iter().any(|own| own == name));
    for (name, value) in fixed {
        put(name.to_owned(), plain(value));
    }
    for metric in Metric::shown_with(primary) {
        let summary = own.validation(metric);
        put(format!("validation_{}_mean", metric.name()), json!(summary.and_then(|summary| summary.mean)));
        put(format!("validation_{}_sd", metric.name()), json!(summary.and_then(|summary| summary.sd)));
        let tested = trials.iter().filter_map(|trial| Some((trial.result.replicate, trial.result.test?.get(metric))));
        let tested: Map<String, Value> =
            tested.map(|(replicate, value)| (replicate.to_string(), json!(value))).collect();
        if !tested.is_empty() {
            put(format!("test_{}_by_replicate", metric.name()), Value::Object(tested));
        }
    }
    attributes
}

/// A value as JSON has it.
fn plain(value: &ParamValue) -> Value {
    match value {
        ParamValue::Boolean(yes) => json!(yes),
        ParamValue::Integer(n) => json!(n),
        ParamValue::Real(x) => json!(x),
        ParamValue::Text(_) | ParamValue::IntegerPair(..) => json!(value.to_string()),
    }
}

/// What the parameters of a study may be. Optuna wants the same for all trials, so it is found from the values of all of them.
struct Space(BTreeMap<String, Distribution>);

enum Distribution {
    Whole(f64, f64),
    Real(f64, f64),
    Choice(Vec<Value>),
}

impl Space {
    /// What any model sweeps, and the model where there are several.
    fn of(analysis: &Analysis) -> Self {
        let swept: BTreeSet<&String> = analysis.configurations.iter().flat_map(|own| &own.swept).collect();
        let values = |name: &str| analysis.configurations.iter().filter_map(|own| own.value(name)).collect::<Vec<_>>();
        let mut space: BTreeMap<String, Distribution> =
            swept.into_iter().map(|name| (name.clone(), Distribution::of(&values(name)))).collect();
        if analysis.models.len() > 1 {
            let models = analysis.models.iter().map(|model| json!(model.model)).collect();
            space.insert(MODEL.to_owned(), Distribution::Choice(models));
        }
        Self(space)
    }

    /// The parameters of a trial, and what each may be.
    fn of_trial(&self, own: &ConfigurationResult) -> (Map<String, Value>, Map<String, Value>) {
        let (mut params, mut distributions) = (Map::new(), Map::new());
        for (name, distribution) in &self.0 {
            let value = if name == MODEL { Some(json!(own.model)) } else { own.value(name).map(plain) };
            if let Some(value) = value {
                params.insert(name.clone(), distribution.internal(value));
                distributions.insert(name.clone(), json!(distribution.json().to_string()));
            }
        }
        (params, distributions)
    }
}

/// The parameter that says which model a trial is of.
const MODEL: &str = "model";

impl Distribution {
    fn of(values: &[&ParamValue]) -> Self {
        let numbers: Option<Vec<f64>> = values.iter().map(|value| value.number()).collect();
        if let Some(numbers) = numbers {
            let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
            let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let are_whole = values.iter().all(|value| matches!(value, ParamValue::Integer(_)));
            return if are_whole { Self::Whole(least, most) } else { Self::Real(least, most) };
        }
        let mut choices: Vec<Value> = Vec::new();
        values.iter().map(|value| plain(value)).for_each(|value| {
            if !choices.contains(&value) {
                choices.push(value);
            }
        });
        Self::Choice(choices)
    }

    /// As Optuna writes it.
    fn json(&self) -> Value {
        match self {
            Self::Whole(low, high) => json!({
                "name": "IntDistribution",
                "attributes": {"log": false, "step": 1, "low": *low as i64, "high": *high as i64},
            }),
            Self::Real(low, high) => json!({
                "name": "FloatDistribution",
                "attributes": {"step": null, "low": low, "high": high, "log": false},
            }),
            Self::Choice(choices) => json!({"name": "CategoricalDistribution", "attributes": {"choices": choices}}),
        }
    }

    /// A value as the journal has it: a number, or the index of a choice.
    fn internal(&self, value: Value) -> Value {
        match self {
            Self::Choice(choices) => json!(choices.iter().position(|choice| *choice == value)),
            Self::Whole(..) | Self::Real(..) => value,
        }
    }
}

/// `seconds` since 1970 as ISO 8601, UTC.
fn iso(seconds: u64) -> String {
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    // Howard Hinnant's algorithm: years begin in March, and eras of 400 years on 0000-03-01.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000000+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000000+00:00");
        assert_eq!(iso(946_684_800), "2000-01-01T00:00:00.000000+00:00");
        assert_eq!(iso(951_782_399), "2000-02-28T23:59:59.000000+00:00");
        assert_eq!(iso(951_782_400), "2000-02-29T00:00:00.000000+00:00");
        assert_eq!(iso(1_796_048_255), "2026-11-30T14:17:35.000000+00:00");
        assert_eq!(iso(4_107_542_400), "2100-03-01T00:00:00.000000+00:00");
    }
}
