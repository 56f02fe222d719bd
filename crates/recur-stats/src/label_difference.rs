//! The difference of a figure between two runs on rows that were drawn again.

use crate::label_counts::LabelCounts;
use std::collections::BTreeMap;

/// Two runs' predictions on the same rows, and a figure to compare them by. C is the number of labels.
///
/// Counting a row is five additions, and a figure is computed from the counts alone. Where the order of rows does not matter,
/// [`LabelKinds`] is many times as fast.
#[derive(Clone, Debug)]
pub struct LabelDifference<F> {
    /// (rows); each label's true one, the first run's and the second's.
    rows: Vec<[u16; 3]>,
    first: LabelCounts,
    second: LabelCounts,
    figure: F,
}

impl<F: Fn(&LabelCounts) -> Option<f64>> LabelDifference<F> {
    /// Rows are triples of (true label, the first run's prediction, the second's); `figure` is for example
    /// [`LabelCounts::macro_f1`].
    ///
    /// # Panics
    /// If a label is not below `n_classes`.
    pub fn new(n_classes: usize, rows: impl IntoIterator<Item = (u16, u16, u16)>, figure: F) -> Self {
        let rows: Vec<[u16; 3]> = rows.into_iter().map(|(truth, first, second)| [truth, first, second]).collect();
        let is_label = |label: &u16| usize::from(*label) < n_classes;
        assert!(rows.as_flattened().iter().all(is_label), "a label beyond {n_classes}");
        Self { rows, first: LabelCounts::new(n_classes), second: LabelCounts::new(n_classes), figure }
    }

    /// The number of rows.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// The first run's figure minus the second's on `rows`, indices that may repeat; NaN where the figure is undefined.
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
        let figure = |counts| (self.figure)(counts).unwrap_or(f64::NAN);
        figure(&self.first) - figure(&self.second)
    }
}

/// As [`LabelDifference`], of kinds of rows: those with the same true label and the same two predictions, of which there are far
/// fewer than rows. Made for [`bootstrap_of_kinds`](crate::bootstrap_of_kinds). C is the number of labels, K that of kinds.
#[derive(Clone, Debug)]
pub struct LabelKinds<F> {
    /// (K); each kind's true label, the first run's prediction and the second's, ascending.
    kinds: Vec<[u16; 3]>,
    /// Each true label with the place of its last kind and one.
    ends: Vec<(u16, usize)>,
    /// (K); the rows of each kind.
    counts: Vec<u32>,
    first: LabelCounts,
    second: LabelCounts,
    figure: F,
}

impl<F: Fn(&LabelCounts) -> Option<f64>> LabelKinds<F> {
    /// Rows are triples of (true label, the first run's prediction, the second's).
    ///
    /// # Panics
    /// If a label is not below `n_classes`.
    pub fn new(n_classes: usize, rows: impl IntoIterator<Item = (u16, u16, u16)>, figure: F) -> Self {
        let mut rows_of: BTreeMap<[u16; 3], u32> = BTreeMap::new();
        for (truth, first, second) in rows {
            let kind = [truth, first, second];
            assert!(kind.iter().all(|label| usize::from(*label) < n_classes), "a label beyond {n_classes}");
            *rows_of.entry(kind).or_default() += 1;
        }
        let (kinds, counts): (Vec<[u16; 3]>, Vec<u32>) = rows_of.into_iter().unzip();
        let mut ends: Vec<(u16, usize)> = Vec::new();
        for of_label in kinds.chunk_by(|a, b| a[0] == b[0]) {
            ends.push((of_label[0][0], ends.last().map_or(0, |last| last.1) + of_label.len()));
        }
        Self { kinds, ends, counts, first: LabelCounts::new(n_classes), second: LabelCounts::new(n_classes), figure }
    }

    /// The number of rows of each kind, (K).
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The first run's figure minus the second's on `drawn` (K) rows of each kind; NaN where the figure is undefined.
    ///
    /// # Panics
    /// If `drawn` has not an entry for each kind.
    pub fn over(&mut self, drawn: &[u32]) -> f64 {
        assert_eq!(drawn.len(), self.kinds.len(), "a count for each kind");
        self.first.clear();
        self.second.clear();
        let mut start = 0;
        for (truth, end) in &self.ends {
            let kinds = || self.kinds[start..*end].iter().zip(&drawn[start..*end]);
            let truth = usize::from(*truth);
            self.first.add_all(truth, kinds().map(|(kind, n)| (usize::from(kind[1]), u64::from(*n))));
            self.second.add_all(truth, kinds().map(|(kind, n)| (usize::from(kind[2]), u64::from(*n))));
            start = *end;
        }
        let figure = |counts| (self.figure)(counts).unwrap_or(f64::NAN);
        figure(&self.first) - figure(&self.second)
    }
}
