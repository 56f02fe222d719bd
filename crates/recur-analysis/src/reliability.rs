//! Whether the probabilities that a model states are right, and how often it is right where it is sure.

use crate::ranked::{Ranked, RankedModel};
use recur_stats::{CALIBRATION_BINS, CalibrationBin, calibration_bins};
use serde::Serialize;

/// Parts of the test rows, from the surest one on, at which [`Coverage`] is taken.
const COVERAGES: usize = 20;

/// What the probabilities of a ranked model's predictions are worth, over the test rows of all replicates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reliability {
    /// The model's id.
    pub model: String,
    /// Rows by the probability of their predicted label; bins without rows are left out.
    pub bins: Vec<ReliabilityBin>,
    /// The accuracy on the rows that the model is surest of, by their share; the last entry has all rows.
    pub coverage: Vec<Coverage>,
}

/// Rows whose predicted labels have similar probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// The number of rows.
    pub rows: u64,
    /// The mean probability of their predicted labels, 0 to 1.
    pub probability: f64,
    /// The share that is right.
    pub accuracy: f64,
}

/// The rows that a model is surest of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// Their share of all rows, 0 to 1.
    pub share: f64,
    /// The share of them that is right.
    pub accuracy: f64,
    /// The lowest log-probability of a predicted label among them, in nats.
    pub least_log_probability: f64,
}

impl Reliability {
    /// Of every ranked model, best first; those are left out whose predictions have no probabilities.
    pub(crate) fn all(ranked: &Ranked<'_>) -> Vec<Self> {
        ranked.ranking.iter().filter_map(|model| Self::of(&ranked.models[*model])).collect()
    }

    fn of(model: &RankedModel<'_>) -> Option<Self> {
        let predictions = model.tests.iter().flat_map(|test| &test.predictions);
        let rows: Vec<(f32, bool)> = predictions
            .map(|prediction| (prediction.log_probability, prediction.predicted == prediction.label))
            .collect();
        let bins = calibration_bins(rows.iter().copied(), CALIBRATION_BINS)?;
        let bins: Vec<ReliabilityBin> = bins.iter().filter_map(bin).collect();
        (!bins.is_empty()).then(|| Self { model: model.id.to_owned(), bins, coverage: coverage(rows) })
    }
}

fn bin(bin: &CalibrationBin) -> Option<ReliabilityBin> {
    Some(ReliabilityBin { rows: bin.n, probability: bin.mean_confidence()?, accuracy: bin.accuracy()? })
}

/// Rows are pairs of (log-probability of the predicted label, it is right). Rows of equal probability are taken in order, the wrong
/// ones first, so that the accuracy is never better than the model's probabilities allow.
fn coverage(mut rows: Vec<(f32, bool)>) -> Vec<Coverage> {
    rows.sort_by(|(a, a_is_right), (b, b_is_right)| b.total_cmp(a).then(a_is_right.cmp(b_is_right)));
    let n = rows.len();
    let mut right_before = vec![0_u64; n + 1];
    for (index, (_, is_right)) in rows.iter().enumerate() {
        right_before[index + 1] = right_before[index] + u64::from(*is_right);
    }
    let at = |part: usize| {
        let taken = (n * part).div_ceil(COVERAGES);
        Coverage {
            share: taken as f64 / n as f64,
            accuracy: right_before[taken] as f64 / taken as f64,
            least_log_probability: f64::from(rows[taken - 1].0),
        }
    };
    let mut found: Vec<Coverage> = (1..=COVERAGES).map(at).collect();
    found.dedup_by(|a, b| a.share.to_bits() == b.share.to_bits());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_rows_come_first_and_the_last_entry_has_all() {
        // Ten rows, surer and surer, of which the four surest are right and one more.
        let rows: Vec<(f32, bool)> = (0..10).map(|row| (-1.0 / (row + 1) as f32, row >= 6 || row == 2)).collect();
        let found = coverage(rows);
        let at = |share: f64| found.iter().find(|at| (at.share - share).abs() < 1e-9).unwrap().accuracy;
        assert_eq!((at(0.4), at(0.5), at(0.8), at(1.0)), (1.0, 0.8, 5.0 / 8.0, 0.5));
        assert_eq!(found.len(), 10, "each share once");
        assert_eq!(found.last().unwrap().least_log_probability, -1.0);
    }

    #[test]
    fn rows_of_equal_probability_are_not_sorted_by_luck() {
        let found = coverage(vec![(-0.5, true), (-0.5, false)]);
        assert_eq!((found[0].share, found[0].accuracy), (0.5, 0.0));
    }
}
