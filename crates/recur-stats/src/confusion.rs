//! The confusion matrix, and the metrics that follow from it.

use crate::label_counts::{LabelCounts, LabelScores};

/// How often each label was taken for each other one. C is the number of labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    n_classes: usize,
    /// (C, C), row-major; row: true label, column: predicted label.
    counts: Vec<u64>,
}

impl Confusion {
    /// No rows yet, `n_classes` labels (C).
    pub fn new(n_classes: usize) -> Self {
        Self { n_classes, counts: vec![0; n_classes * n_classes] }
    }

    /// Counts rows given as pairs of (true label, predicted label).
    ///
    /// # Panics
    /// If a label is not below `n_classes`.
    pub fn of(n_classes: usize, rows: impl IntoIterator<Item = (u16, u16)>) -> Self {
        let mut confusion = Self::new(n_classes);
        for (truth, predicted) in rows {
            let (truth, predicted) = (usize::from(truth), usize::from(predicted));
            assert!(truth < n_classes && predicted < n_classes, "({truth}, {predicted}) with {n_classes} labels");
            confusion.counts[truth * n_classes + predicted] += 1;
        }
        confusion
    }

    /// Adds the counts of `other`.
    ///
    /// # Panics
    /// If `other` has another number of labels.
    pub fn add(&mut self, other: &Self) {
        assert_eq!(self.n_classes, other.n_classes, "matrices of different labels");
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, count)| *sum += count);
    }

    /// The number of labels (C).
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// All counts, (C, C) row-major; row: true label, column: predicted label.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Rows with label `truth` that were predicted to have label `predicted`.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.counts[truth * self.n_classes + predicted]
    }

    /// Rows with label `truth`.
    pub fn support(&self, truth: usize) -> u64 {
        self.counts[truth * self.n_classes..(truth + 1) * self.n_classes].iter().sum()
    }

    /// Rows predicted to have label `predicted`.
    pub fn predicted(&self, predicted: usize) -> u64 {
        (0..self.n_classes).map(|truth| self.count(truth, predicted)).sum()
    }

    /// The margins and the diagonal, from which all metrics below follow.
    pub fn label_counts(&self) -> LabelCounts {
        let mut counts = LabelCounts::new(self.n_classes);
        for (truth, row) in self.counts.chunks_exact(self.n_classes.max(1)).enumerate() {
            row.iter().enumerate().for_each(|(predicted, n)| counts.add(truth, predicted, *n));
        }
        counts
    }

    /// The share of rows on the diagonal; `None` without rows.
    pub fn accuracy(&self) -> Option<f64> {
        self.label_counts().accuracy()
    }

    /// The metrics of each label, (C).
    pub fn by_label(&self) -> Vec<LabelScores> {
        self.label_counts().by_label().collect()
    }

    /// The unweighted mean of F1 over the labels that have a true or a predicted row, as scikit-learn's
    /// `f1_score(average="macro", zero_division=0)` takes it; a label with neither is left out. `None` without rows.
    pub fn macro_f1(&self) -> Option<f64> {
        self.label_counts().macro_f1()
    }

    /// The unweighted mean of recall over the labels that have a true row; see [`LabelCounts::balanced_accuracy`].
    pub fn balanced_accuracy(&self) -> Option<f64> {
        self.label_counts().balanced_accuracy()
    }

    /// Cohen's kappa of truth and prediction; see [`LabelCounts::cohen_kappa`].
    pub fn cohen_kappa(&self) -> Option<f64> {
        self.label_counts().cohen_kappa()
    }
}
