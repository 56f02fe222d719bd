//! The confusion matrix, and the figures that follow from it.

/// How often each label was taken for each other one. C is the number of labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    n_classes: usize,
    /// (C, C), row-major; row: true label, column: predicted label.
    counts: Vec<u64>,
}

/// The figures of one label, as one against all others. A share with an empty denominator is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelScores {
    /// Of the rows predicted to have this label, the share that has it.
    pub precision: f64,
    /// Of the rows that have this label, the share that was predicted to.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// Rows that have this label.
    pub support: u64,
    /// Rows predicted to have this label.
    pub predicted: u64,
}

impl LabelScores {
    /// Whether any row has this label or was predicted to: without one, the figures say nothing.
    pub fn is_present(&self) -> bool {
        self.support + self.predicted > 0
    }
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

    /// The share of rows on the diagonal; `None` without rows.
    pub fn accuracy(&self) -> Option<f64> {
        let n: u64 = self.counts.iter().sum();
        let right: u64 = (0..self.n_classes).map(|label| self.count(label, label)).sum();
        (n > 0).then(|| right as f64 / n as f64)
    }

    /// The figures of each label, (C).
    pub fn by_label(&self) -> Vec<LabelScores> {
        (0..self.n_classes).map(|label| self.label(label)).collect()
    }

    fn label(&self, label: usize) -> LabelScores {
        let right = self.count(label, label);
        let (support, predicted) = (self.support(label), self.predicted(label));
        LabelScores {
            precision: share(right, predicted),
            recall: share(right, support),
            f1: share(2 * right, support + predicted),
            support,
            predicted,
        }
    }

    /// The unweighted mean of F1 over the labels that have a true or a predicted row, as scikit-learn's
    /// `f1_score(average="macro", zero_division=0)` takes it; a label with neither is left out. `None` without rows.
    pub fn macro_f1(&self) -> Option<f64> {
        let f1: Vec<f64> = self.by_label().iter().filter(|label| label.is_present()).map(|label| label.f1).collect();
        crate::mean(&f1)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
