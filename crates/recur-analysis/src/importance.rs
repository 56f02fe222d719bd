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
    /// The parameters, the most important first; none where there is no signal above the noise between replicates.
    pub parameters: Vec<ParameterShare>,
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
    pub(crate) fn of(ranked: &Ranked<'_>, model: usize) -> Option<Self> {
        let id = ranked.models[model].id;
        let Budget { replicates, epochs } = ranked.shared_budget(id);
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
            let levels = levels(&configurations, axis);
            let found = corrected_importance(&levels, &scores, sizes.train.max(1), sizes.validation)?;
            Some(ParameterShare { parameter: axis.clone(), share: found.share, interval: Some(found.interval) })
        };
        let mut parameters: Vec<ParameterShare> = swept.iter().filter_map(of_axis).collect();
        parameters.sort_by(|a, b| b.share.total_cmp(&a.share));
        Some(Self { model: id.to_owned(), configurations: configurations.len(), parameters })
    }
}

/// Configurations from which on two replicates of each know the noise.
const MANY: usize = 20;

/// Different numbers from which on an axis is divided into parts.
const MOST_LEVELS: usize = 8;

/// The parts that many different numbers are divided into, of about as many configurations each.
const PARTS: usize = 4;

/// Which value of `axis` each configuration has, as a number; of many different numbers, in which part of them it is.
fn levels(configurations: &[&Configuration], axis: &str) -> Vec<usize> {
    let of: Vec<Option<&ParamValue>> = configurations.iter().map(|configuration| configuration.value(axis)).collect();
    if let Some(numbers) = of.iter().map(|value| value.and_then(ParamValue::number)).collect::<Option<Vec<f64>>>() {
        let mut sorted = numbers.clone();
        sorted.sort_by(f64::total_cmp);
        let mut distinct = sorted.clone();
        distinct.dedup();
        if distinct.len() > MOST_LEVELS {
            let ends: Vec<f64> = (1..PARTS).map(|part| sorted[part * sorted.len() / PARTS]).collect();
            return numbers.iter().map(|x| ends.iter().filter(|end| *end <= x).count()).collect();
        }
    }
    // The index of the first configuration with the same value.
    of.iter().map(|value| of.iter().position(|other| other == value).unwrap_or_default()).collect()
}
