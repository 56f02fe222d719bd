//! A metric over replicates.

use recur_stats::{Confusion, Interval, mean, standard_deviation};
use serde::{Serialize, Serializer};

/// A metric over replicates, or over trials.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The mean over the replicates that have a value.
    pub mean: Option<f64>,
    /// The sample standard deviation over them; `None` below two.
    pub sd: Option<f64>,
    /// The interval (95 %) of the mean; `None` where it cannot be computed, or is not asked for.
    #[serde(serialize_with = "ends", skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// One entry a replicate; `None` where it has no value.
    pub by_replicate: Vec<Option<f64>>,
}

impl Summary {
    /// Of the replicates that have a value.
    pub(crate) fn of(by_replicate: Vec<Option<f64>>) -> Self {
        let known: Vec<f64> = by_replicate.iter().flatten().copied().collect();
        Self { mean: mean(&known), sd: standard_deviation(&known), interval: None, by_replicate }
    }

    /// Whether every replicate has a value.
    pub fn is_complete(&self) -> bool {
        self.by_replicate.iter().all(Option::is_some)
    }
}

/// Writes an interval as `[low, high]`.
#[expect(clippy::ref_option, reason = "serde calls it so")]
pub(crate) fn ends<S: Serializer>(interval: &Option<Interval>, serializer: S) -> Result<S::Ok, S::Error> {
    interval.map(|Interval { low, high }| [low, high]).serialize(serializer)
}

/// Writes a matrix as its cells that are not zero: `[true label, predicted label, rows]`.
pub(crate) fn cells<S: Serializer>(confusion: &Confusion, serializer: S) -> Result<S::Ok, S::Error> {
    let n = confusion.n_classes().max(1);
    let cells = confusion.counts().iter().enumerate().filter(|(_, rows)| **rows > 0);
    serializer.collect_seq(cells.map(|(place, rows)| [(place / n) as u64, (place % n) as u64, *rows]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_value_counts_in_no_mean() {
        let summary = Summary::of(vec![Some(0.2), None, Some(0.4)]);
        assert!((summary.mean.unwrap() - 0.3).abs() < 1e-12 && !summary.is_complete());
        assert_eq!(Summary::of(vec![None]), Summary { by_replicate: vec![None], ..Summary::default() });
    }

    #[test]
    fn a_matrix_is_written_without_its_zeros() {
        let confusion = Confusion::of(3, [(0, 0), (0, 2), (0, 2), (2, 1)]);
        let mut bytes = Vec::new();
        cells(&confusion, &mut serde_json::Serializer::new(&mut bytes)).unwrap();
        assert_eq!(bytes, b"[[0,0,1],[0,2,2],[2,1,1]]");
    }
}
