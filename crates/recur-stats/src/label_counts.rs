//! How often each label is true, predicted, and both: all that accuracy, F1 and their kin need.

/// The margins and the diagonal of a confusion matrix. C is the number of labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelCounts {
    /// (C); rows that have the label.
    support: Vec<u64>,
    /// (C); rows predicted to have the label.
    predicted: Vec<u64>,
    /// (C); rows that have the label and were predicted to.
    right: Vec<u64>,
}

/// The metrics of one label, as one against all others. A share with an empty denominator is 0.
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

/// A metric that follows from counts; `None` where it is undefined.
pub type OfCounts = fn(&LabelCounts) -> Option<f64>;

/// The metrics that follow from counts, by the names that records have for them.
const METRICS: [(&str, OfCounts); 4] = [
    ("accuracy", LabelCounts::accuracy),
    ("macro_f1", LabelCounts::macro_f1),
    ("balanced_accuracy", LabelCounts::balanced_accuracy),
    ("cohen_kappa", LabelCounts::cohen_kappa),
];

impl LabelScores {
    /// Whether any row has this label or was predicted to: without one, the metrics say nothing.
    pub fn is_present(&self) -> bool {
        self.support + self.predicted > 0
    }
}

impl LabelCounts {
    /// No rows yet, `n_classes` labels (C).
    pub fn new(n_classes: usize) -> Self {
        Self { support: vec![0; n_classes], predicted: vec![0; n_classes], right: vec![0; n_classes] }
    }

    /// Takes all rows out again.
    pub fn clear(&mut self) {
        for counts in [&mut self.support, &mut self.predicted, &mut self.right] {
            counts.fill(0);
        }
    }

    /// Adds `n` rows with label `truth` that were predicted to have label `predicted`.
    ///
    /// # Panics
    /// If a label is not below C.
    pub fn add(&mut self, truth: usize, predicted: usize, n: u64) {
        self.add_all(truth, [(predicted, n)]);
    }

    /// Adds rows with label `truth`: pairs of (predicted label, number of rows).
    ///
    /// # Panics
    /// If a label is not below C.
    #[inline]
    pub fn add_all(&mut self, truth: usize, rows: impl IntoIterator<Item = (usize, u64)>) {
        let (mut support, mut right) = (0, 0);
        for (predicted, n) in rows {
            self.predicted[predicted] += n;
            support += n;
            right += if truth == predicted { n } else { 0 };
        }
        self.support[truth] += support;
        self.right[truth] += right;
    }

    /// Takes the margins and the diagonal of the label at once, instead of what was counted.
    pub(crate) fn set(&mut self, label: usize, support: u64, predicted: u64, right: u64) {
        (self.support[label], self.predicted[label], self.right[label]) = (support, predicted, right);
    }

    /// The number of rows.
    pub fn n_rows(&self) -> u64 {
        self.support.iter().sum()
    }

    /// The metrics of each label, in order, (C).
    pub fn by_label(&self) -> impl Iterator<Item = LabelScores> {
        let counts = self.right.iter().zip(&self.support).zip(&self.predicted);
        counts.map(|((right, support), predicted)| LabelScores {
            precision: share(*right, *predicted),
            recall: share(*right, *support),
            f1: share(2 * right, support + predicted),
            support: *support,
            predicted: *predicted,
        })
    }

    /// The share of rows predicted rightly; `None` without rows.
    pub fn accuracy(&self) -> Option<f64> {
        let n = self.n_rows();
        (n > 0).then(|| self.n_right() as f64 / n as f64)
    }

    /// The unweighted mean of F1 over the labels that have a true or a predicted row, as scikit-learn's
    /// `f1_score(average="macro", zero_division=0)` takes it; a label with neither is left out. `None` without rows.
    pub fn macro_f1(&self) -> Option<f64> {
        let f1: Vec<f64> = self.by_label().filter(LabelScores::is_present).map(|label| label.f1).collect();
        crate::mean(&f1)
    }

    /// The unweighted mean of recall over the labels that have a true row, as scikit-learn's `balanced_accuracy_score`
    /// takes it (Brodersen and others 2010, "The balanced accuracy and its posterior distribution"). `None` without rows.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        let recall: Vec<f64> = self.by_label().filter(|label| label.support > 0).map(|label| label.recall).collect();
        crate::mean(&recall)
    }

    /// Cohen's kappa (Cohen 1960, "A coefficient of agreement for nominal scales"; scikit-learn's `cohen_kappa_score`):
    /// `(o − e)/(1 − e)`, with o the accuracy and `e = Σ support · predicted / n²` the accuracy of guesses that have nothing
    /// but the frequencies right. 1 is all right, 0 no better than such guesses, and below 0 worse. `None` without rows, or
    /// where truth and prediction are the same single label throughout.
    pub fn cohen_kappa(&self) -> Option<f64> {
        let n = u128::from(self.n_rows());
        let products = self.support.iter().zip(&self.predicted).map(|(s, p)| u128::from(*s) * u128::from(*p));
        let unexpected = n * n - products.sum::<u128>();
        let wrong = n - u128::from(self.n_right());
        (unexpected > 0).then(|| 1.0 - (wrong * n) as f64 / unexpected as f64)
    }

    /// The function of counts that is the metric `name`; `None` for a metric that takes more than counts.
    pub fn metric(name: &str) -> Option<OfCounts> {
        METRICS.into_iter().find(|(known, _)| *known == name).map(|(_, of_counts)| of_counts)
    }

    fn n_right(&self) -> u64 {
        self.right.iter().sum()
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
