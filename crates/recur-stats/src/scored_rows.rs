//! Rows of two kinds, positive and negative, in the order of a score: ROC and precision-recall curves, and what follows from them.

/// What a threshold makes of the rows: those with at least this score are predicted positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtThreshold {
    /// The least score that is predicted positive.
    pub threshold: f32,
    /// Positive rows that are predicted positive.
    pub true_positives: u64,
    /// Negative rows that are predicted positive.
    pub false_positives: u64,
}

/// Rows of two kinds, with one entry for each score that some row has.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredRows {
    positives: u64,
    negatives: u64,
    /// From the highest score to the lowest.
    thresholds: Vec<AtThreshold>,
}

impl ScoredRows {
    /// Rows as pairs of (score, whether the row is positive). Any increasing function of a score gives the same curves: a
    /// log-probability does as well as a probability. `None` where a score is not a number.
    pub fn of(rows: impl IntoIterator<Item = (f32, bool)>) -> Option<Self> {
        Some(OrderedRows::of(rows)?.drawn(|_| 1))
    }

    /// Positive rows.
    pub fn positives(&self) -> u64 {
        self.positives
    }

    /// Negative rows.
    pub fn negatives(&self) -> u64 {
        self.negatives
    }

    /// One entry for each score that some row has, from the highest to the lowest.
    pub fn thresholds(&self) -> &[AtThreshold] {
        &self.thresholds
    }

    /// What any `threshold` makes of the rows.
    pub fn at(&self, threshold: f32) -> AtThreshold {
        let above = self.thresholds.partition_point(|at| at.threshold >= threshold);
        let nothing = AtThreshold { threshold, true_positives: 0, false_positives: 0 };
        above.checked_sub(1).map_or(nothing, |last| AtThreshold { threshold, ..self.thresholds[last] })
    }

    /// The share of positive rows that are predicted positive; `None` without positive rows.
    pub fn recall(&self, at: AtThreshold) -> Option<f64> {
        share(at.true_positives, self.positives)
    }

    /// The share of negative rows that are predicted positive; `None` without negative rows.
    pub fn false_positive_rate(&self, at: AtThreshold) -> Option<f64> {
        share(at.false_positives, self.negatives)
    }

    /// The harmonic mean of precision and recall, 0 to 1; `None` without positive rows.
    pub fn f1(&self, at: AtThreshold) -> Option<f64> {
        (self.positives > 0).then(|| {
            let of_both = at.true_positives + at.false_positives + self.positives;
            2.0 * at.true_positives as f64 / of_both as f64
        })
    }

    /// The area under the ROC curve, 0 to 1: how often a positive row has a higher score than a negative one, of all such
    /// pairs; a pair of equal scores counts half (Hanley and McNeil 1982). 0.5 is chance. `None` without rows of both kinds.
    pub fn roc_auc(&self) -> Option<f64> {
        let pairs = u128::from(self.positives) * u128::from(self.negatives);
        let (mut doubled, mut before) = (0_u128, 0);
        let mut higher = 0;
        for at in &self.thresholds {
            doubled += u128::from(at.false_positives - before) * u128::from(higher + at.true_positives);
            (higher, before) = (at.true_positives, at.false_positives);
        }
        (pairs > 0).then(|| doubled as f64 / (2 * pairs) as f64)
    }

    /// Average precision, 0 to 1: the mean over positive rows of the precision at their score, which is the area under the
    /// precision-recall curve by steps, without interpolation (scikit-learn's `average_precision_score`). The share of
    /// positive rows is chance. `None` without positive rows.
    pub fn average_precision(&self) -> Option<f64> {
        let (mut sum, mut before) = (0.0, 0);
        for at in &self.thresholds {
            sum += (at.true_positives - before) as f64 * at.precision();
            before = at.true_positives;
        }
        (self.positives > 0).then(|| sum / self.positives as f64)
    }

    /// The highest recall at any threshold whose precision is at least `precision`; 0 where there is none, `None` without
    /// positive rows.
    pub fn recall_at_precision(&self, precision: f64) -> Option<f64> {
        // Recall grows from entry to entry: the last one has the highest.
        let last = self.thresholds.iter().rev().find(|at| at.true_positives > 0 && at.precision() >= precision);
        last.map_or_else(|| share(0, self.positives), |at| self.recall(*at))
    }

    /// The threshold with the highest F1, and of several the highest threshold; `None` without positive rows.
    pub fn best_f1(&self) -> Option<AtThreshold> {
        let better = |best: AtThreshold, at: &AtThreshold| if self.f1(*at) > self.f1(best) { *at } else { best };
        let first = *self.thresholds.first().filter(|_| self.positives > 0)?;
        Some(self.thresholds.iter().fold(first, better))
    }
}

impl AtThreshold {
    /// Of the rows predicted positive, the share that is; 0 where none is predicted positive.
    pub fn precision(self) -> f64 {
        share(self.true_positives, self.true_positives + self.false_positives).unwrap_or(0.0)
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// Rows in the order of a score, from the highest to the lowest: what each of many resamples of them is made from.
#[derive(Clone, Debug)]
pub(crate) struct OrderedRows {
    /// The place of each row among those it was made from, and whether it is positive.
    rows: Vec<(usize, bool)>,
    /// For each score that some row has, where in `rows` those with it end.
    scores: Vec<(f32, usize)>,
}

impl OrderedRows {
    /// See [`ScoredRows::of`].
    pub(crate) fn of(rows: impl IntoIterator<Item = (f32, bool)>) -> Option<Self> {
        // −0 and 0 are one score.
        let mut rows: Vec<(f32, (usize, bool))> =
            (0..).zip(rows).map(|(place, (score, is_positive))| (score + 0.0, (place, is_positive))).collect();
        if rows.iter().any(|(score, _)| score.is_nan()) {
            return None;
        }
        rows.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));
        let mut scores: Vec<(f32, usize)> = Vec::new();
        for equal in rows.chunk_by(|(a, _), (b, _)| a == b) {
            let end = scores.last().map_or(0, |(_, end)| *end) + equal.len();
            scores.push((equal[0].0, end));
        }
        Some(Self { rows: rows.into_iter().map(|(_, row)| row).collect(), scores })
    }

    /// The rows, each as often as `times` says of its place.
    pub(crate) fn drawn(&self, times: impl Fn(usize) -> u64) -> ScoredRows {
        let (mut true_positives, mut false_positives, mut start) = (0, 0, 0);
        let mut at = |(threshold, end): &(f32, usize)| {
            for (place, is_positive) in &self.rows[start..*end] {
                let of_kind = if *is_positive { &mut true_positives } else { &mut false_positives };
                *of_kind += times(*place);
            }
            start = *end;
            AtThreshold { threshold: *threshold, true_positives, false_positives }
        };
        let thresholds: Vec<AtThreshold> = self.scores.iter().map(&mut at).collect();
        ScoredRows { positives: true_positives, negatives: false_positives, thresholds }
    }
}

/// The mean over labels of `metric`, each label against all others; `None` where no label has a value. `log_probabilities`
/// is (N, C), row by row, with one of `labels` (N) each; a label that all or none of the rows have is left out.
///
/// # Panics
/// If the number of log-probabilities is not N × C.
pub fn one_against_rest(
    log_probabilities: &[f32],
    labels: &[u16],
    n_classes: usize,
    metric: impl Fn(&ScoredRows) -> Option<f64>,
) -> Option<f64> {
    assert_eq!(log_probabilities.len(), labels.len() * n_classes, "rows and columns");
    let of_label = |label: usize| {
        let rows = log_probabilities.chunks_exact(n_classes).zip(labels);
        let rows = ScoredRows::of(rows.map(|(row, own)| (row[label], usize::from(*own) == label)))?;
        if rows.positives == 0 || rows.negatives == 0 { None } else { metric(&rows) }
    };
    crate::mean(&(0..n_classes).filter_map(of_label).collect::<Vec<f64>>())
}

/// The Brier score (1950): the mean over rows of the squared distance between the probabilities of the labels and the truth;
/// 0 is best. With two labels it is that of one of them, 0 to 1, as usual; with more it is the sum over all labels, 0 to 2.
/// `log_probabilities` is (N, C), in nats, row by row, with one of `labels` (N) each. `None` without rows, or where a value is
/// not a number.
///
/// # Panics
/// If the number of log-probabilities is not N × C.
pub fn brier_score(log_probabilities: &[f32], labels: &[u16], n_classes: usize) -> Option<f64> {
    assert_eq!(log_probabilities.len(), labels.len() * n_classes, "rows and columns");
    let rows = log_probabilities.chunks_exact(n_classes).zip(labels);
    let sum = rows.fold(0.0, |sum, (row, own)| sum + squared_distance(row, *own));
    let scale = if n_classes == 2 { 0.5 } else { 1.0 };
    (!labels.is_empty() && !sum.is_nan()).then(|| scale * sum / labels.len() as f64)
}

/// The squared distance between the probabilities of a row, given as logarithms (C), and the truth.
pub(crate) fn squared_distance(log_probabilities: &[f32], own: u16) -> f64 {
    let of_label = |(label, log_probability): (usize, &f32)| {
        let distance = libm::exp(f64::from(*log_probability)) - f64::from(u8::from(usize::from(own) == label));
        distance * distance
    };
    log_probabilities.iter().enumerate().map(of_label).fold(0.0, |sum, squared| sum + squared)
}
