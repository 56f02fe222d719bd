//! The difference of a metric between two runs on rows that were drawn again.

use crate::label_counts::LabelCounts;

/// Two runs' predictions on the same rows, and a metric to compare them by. C is the number of labels.
///
/// Counting a row is five additions, and a metric is computed only from the counts. Where the order of rows does not matter,
/// [`GroupKinds`](crate::GroupKinds) is many times as fast.
#[derive(Clone, Debug)]
pub struct LabelDifference<F> {
    /// (rows); each label's true one, the first run's and the second's.
    rows: Vec<[u16; 3]>,
    first: LabelCounts,
    second: LabelCounts,
    metric: F,
}

impl<F: Fn(&LabelCounts) -> Option<f64>> LabelDifference<F> {
    /// Rows are triples of (true label, the first run's prediction, the second's); `metric` is for example
    /// [`LabelCounts::macro_f1`].
    ///
    /// # Panics
    /// If a label is not below `n_classes`.
    pub fn new(n_classes: usize, rows: impl IntoIterator<Item = (u16, u16, u16)>, metric: F) -> Self {
        let rows: Vec<[u16; 3]> = rows.into_iter().map(|(truth, first, second)| [truth, first, second]).collect();
        let is_label = |label: &u16| usize::from(*label) < n_classes;
        assert!(rows.as_flattened().iter().all(is_label), "a label beyond {n_classes}");
        Self { rows, first: LabelCounts::new(n_classes), second: LabelCounts::new(n_classes), metric }
    }

    /// The number of rows.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// The first run's metric minus the second's on `rows`, indices that may repeat; NaN where the metric is undefined.
    ///
    /// # Panics
    /// If an index is not below the number of rows.
    pub fn over(&mut self, rows: &[u32]) -> f64 {
        self.first.clear();
        self.second.clear();
        for row in rows {
            let [truth, first, second] = self.rows[*row as usize].map(usize::from);
            self.first.add(truth, first, 1);
            self.second.add(truth, second, 1);
        }
        let metric = |counts| (self.metric)(counts).unwrap_or(f64::NAN);
        metric(&self.first) - metric(&self.second)
    }
}
