//! How the configurations learned: the chosen ones with all metrics and their spread, all of them by the primary metric.

use crate::ranked::Ranked;
use recur_core::metric::Metric;
use recur_core::record::{EpochRecord, Outcome};
use recur_core::settings::TrainingLength;
use recur_stats::{mean, standard_deviation};
use serde::Serialize;
use std::collections::BTreeMap;

/// How the chosen configurations of a model learned, as far as every replicate has the epochs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// The model's id.
    pub model: String,
    /// Epochs of the replicate that went on longest.
    pub longest: usize,
    /// The training loss, one entry an epoch.
    pub train_loss: Vec<Spread>,
    /// Validation results by metric, one entry an epoch.
    pub validation: BTreeMap<&'static str, Vec<Spread>>,
}

/// How a configuration learned, as far as every replicate that finished has the epochs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfigurationCurve {
    /// The configuration's index.
    pub configuration: usize,
    /// The mean over these replicates of the validation result by the primary metric, one entry an epoch.
    pub validation: Vec<f64>,
}

/// A mean over replicates with its standard deviation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// NaN where no replicate has a value.
    pub mean: f64,
    /// The sample standard deviation; `None` below two replicates.
    pub sd: Option<f64>,
}

impl Curve {
    /// The number of epochs that every replicate has.
    pub fn n_epochs(&self) -> usize {
        self.train_loss.len()
    }

    /// Validation results, one entry an epoch.
    pub fn validation(&self, metric: Metric) -> &[Spread] {
        self.validation.get(metric.name()).map(Vec::as_slice).unwrap_or_default()
    }

    /// `None` without a tested trial.
    pub(crate) fn of(ranked: &Ranked<'_>, model: usize) -> Option<Self> {
        let result = &ranked.models[model];
        let records: Vec<&[EpochRecord]> =
            ranked.chosen_outcomes(result).into_iter().map(|outcome| outcome.record.epochs.as_slice()).collect();
        Self::of_records(result.id, &records, ranked.primary)
    }

    /// Of the epochs of one configuration of `model`, one entry a replicate; `None` without any.
    pub(crate) fn of_records(model: &str, records: &[&[EpochRecord]], primary: Metric) -> Option<Self> {
        let n_common = records.iter().map(|epochs| epochs.len()).min()?;
        let longest = records.iter().map(|epochs| epochs.len()).max()?;
        let points = |metric: &dyn Fn(&EpochRecord) -> f64| -> Vec<Spread> {
            let of_epoch = |epoch: usize| records.iter().map(|epochs| metric(&epochs[epoch])).collect::<Vec<f64>>();
            (0..n_common).map(|epoch| Spread::of(&of_epoch(epoch))).collect()
        };
        let of_metric = |metric: Metric| (metric.name(), points(&|epoch| epoch.validation.get(metric)));
        Some(Self {
            model: model.to_owned(),
            longest,
            train_loss: points(&|epoch| epoch.train_loss),
            validation: Metric::shown_with(primary).map(of_metric).collect(),
        })
    }
}

impl ConfigurationCurve {
    /// Of every configuration with a trial that finished and has more epochs than one.
    pub(crate) fn all(ranked: &Ranked<'_>) -> Vec<Self> {
        (0..ranked.outcomes.plan.configurations.len()).filter_map(|index| Self::of(ranked, index)).collect()
    }

    fn of(ranked: &Ranked<'_>, configuration: usize) -> Option<Self> {
        let finished = ranked
            .outcomes_of(configuration)
            .filter(|outcome| matches!(outcome.record.outcome, Outcome::Finished { .. }));
        let records: Vec<&[EpochRecord]> = finished.map(|outcome| outcome.record.epochs.as_slice()).collect();
        let n_common = records.iter().map(|epochs| epochs.len()).min().filter(|n| *n > 1)?;
        let of_epoch = |epoch: usize| {
            let results = records.iter().map(|epochs| epochs[epoch].validation.get(ranked.primary));
            mean(&results.collect::<Vec<f64>>()).unwrap_or(f64::NAN)
        };
        Some(Self { configuration, validation: (0..n_common).map(of_epoch).collect() })
    }
}

impl Spread {
    fn of(values: &[f64]) -> Self {
        Self { mean: mean(values).unwrap_or(f64::NAN), sd: standard_deviation(values) }
    }
}

/// The lengths of training of all trials, each once: what an epoch is.
pub(crate) fn lengths(ranked: &Ranked<'_>) -> Vec<TrainingLength> {
    let mut lengths: Vec<TrainingLength> = Vec::new();
    let configurations = 0..ranked.outcomes.plan.configurations.len();
    for outcome in configurations.flat_map(|index| ranked.outcomes_of(index)) {
        let length = outcome.record.identity.training.as_ref().map(|training| training.length);
        if let Some(length) = length.filter(|length| !lengths.contains(length)) {
            lengths.push(length);
        }
    }
    lengths
}
