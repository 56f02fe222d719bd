//! How much of the variance between a model's configurations each swept parameter accounts for.

use crate::ranked::Ranked;
use crate::summary::ends;
use recur_core::params::ParamValue;
use recur_core::plan::Configuration;
use recur_core::search::Budget;
use recur_stats::{Interval, corrected_importance};
use serde::Serialize;

/// How much of the variance between the configurations of one model each swept parameter accounts for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Importance {
    /// The model's id.
    pub model: String,
    /// Configurations that finished on every replicate, which it is computed from.
    pub configurations: usize,
    /// What their results are of: what every configuration of the model was trained for. In a race that is the first stage.
    pub budget: Budget,
    /// The parameters, the most important first; none where there is no signal above the noise between replicates.
    pub parameters: Vec<ParameterShare>,
    /// The parameters without a share, as some configurations do not have them, or have them without effect.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// The share of the variance that one parameter accounts for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParameterShare {
    /// The parameter's name, as in the spec.
    pub parameter: String,
    /// The share, from 0 to 1, with the noise between replicates subtracted.
    pub share: f64,
    /// Its interval (95 %).
    #[serde(serialize_with = "ends")]
    pub interval: Option<Interval>,
}

impl Importance {
    /// Of the parameters of a model, by the replicates that all its configurations were trained on; `None` for fewer than two, or
    /// where too few replicates know the noise.
    ///
    /// A parameter that some of the configurations do not have gets no share. Whether a configuration has it is decided by another
    /// parameter, as only one optimizer has a momentum. "Does not have it" as a level of its own would add the effect of that other
    /// parameter to the share, which could be large without any effect of the values.
    pub(crate) fn of(ranked: &Ranked<'_>, model: usize) -> Option<Self> {
        let id = ranked.models[model].id;
        let budget @ Budget { replicates, epochs } = ranked.shared_budget(id);
        let scores_of = |index: usize| -> Option<Vec<f64>> {
            (0..replicates).map(|replicate| ranked.validation_after(index, replicate, epochs)).collect()
        };
        let (configurations, scores): (Vec<&Configuration>, Vec<Vec<f64>>) = ranked
            .configurations_of(id)
            .filter_map(|(index, configuration)| Some((configuration, scores_of(index)?)))
            .unzip();
        let swept = &configurations.first()?.swept;
        // Two replicates know the noise between them too badly, unless there are many pairs of them.
        let has_noise = replicates >= 3 || (replicates == 2 && configurations.len() >= MANY);
        if swept.len() < 2 || configurations.len() < 2 || !has_noise {
            return None;
        }
        let sizes = ranked.outcomes.sizes();
        let of_axis = |axis: &String| {
            let values: Vec<&ParamValue> = configurations.iter().filter_map(|own| own.value(axis)).collect();
            let levels = levels(&values);
            let found = corrected_importance(&levels, &scores, sizes.train.max(1), sizes.validation)?;
            Some(ParameterShare { parameter: axis.clone(), share: found.share, interval: Some(found.interval) })
        };
        let all_have = |axis: &&String| configurations.iter().all(|own| ranked.value_with_effect(own, axis).is_some());
        let (shared, left_out): (Vec<&String>, Vec<&String>) = swept.iter().partition(all_have);
        let mut parameters: Vec<ParameterShare> = shared.iter().copied().filter_map(of_axis).collect();
        parameters.sort_by(|a, b| b.share.total_cmp(&a.share));
        (!shared.is_empty()).then(|| Self {
            model: id.to_owned(),
            configurations: configurations.len(),
            budget,
            parameters,
            left_out: left_out.into_iter().cloned().collect(),
        })
    }
}

/// Configurations from which on two replicates of each know the noise.
const MANY: usize = 20;

/// Different numbers from which on an axis is divided into parts.
const MOST_LEVELS: usize = 8;

/// The parts that many different numbers are divided into, of about as many configurations each.
const PARTS: usize = 4;

/// Which of the `values` each of them is, as a number; of many different numbers, in which part of them it is.
fn levels(values: &[&ParamValue]) -> Vec<usize> {
    if let Some(numbers) = values.iter().map(|value| value.number()).collect::<Option<Vec<f64>>>() {
        let mut sorted = numbers.clone();
        sorted.sort_by(f64::total_cmp);
        let mut distinct = sorted.clone();
        distinct.dedup();
        if distinct.len() > MOST_LEVELS {
            let ends: Vec<f64> = (1..PARTS).map(|part| sorted[part * sorted.len() / PARTS]).collect();
            return numbers.iter().map(|x| ends.iter().filter(|end| *end <= x).count()).collect();
        }
    }
    // The index of the first one that is the same.
    values.iter().map(|value| values.iter().position(|other| other == value).unwrap_or_default()).collect()
}
