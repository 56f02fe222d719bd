//! Metrics that are computed only where they are asked for: they take all probabilities, or are of one label against all others.
//!
//! Legend: N rows, C labels, r replicates, B resamples.

use crate::group_bootstrap::GroupResamples;
use crate::label_counts::LabelCounts;
use crate::scored_rows::{OrderedRows, ScoredRows, brier_score, one_against_rest, squared_distance};

/// The digest of the code that computes these metrics.
pub const ON_REQUEST_CODE: &str = env!("RECUR_CODE_ON_REQUEST");

/// A metric that is computed where it is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OnRequest {
    kind: Kind,
    /// The label that is looked for; `None` for the mean over labels, each against the others.
    positive: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Brier,
    F1,
    RocAuc,
    AveragePrecision,
    /// At a precision of at least so much.
    Recall(f64),
}

/// The log-probabilities (N, C) that a model gives rows with `labels` (N), in nats, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Answers<'a> {
    log_probabilities: &'a [f32],
    labels: &'a [u16],
    n_classes: usize,
}

impl<'a> Answers<'a> {
    /// `log_probabilities` (N, C) of rows with `labels` (N).
    ///
    /// # Panics
    /// If the number of log-probabilities is not N × C, or a label is not below C.
    pub fn new(log_probabilities: &'a [f32], labels: &'a [u16], n_classes: usize) -> Self {
        assert_eq!(log_probabilities.len(), labels.len() * n_classes, "rows and columns");
        assert!(labels.iter().all(|label| usize::from(*label) < n_classes), "a label beyond {n_classes}");
        Self { log_probabilities, labels, n_classes }
    }

    fn rows(&self) -> impl Iterator<Item = (&'a [f32], u16)> {
        self.log_probabilities.chunks_exact(self.n_classes).zip(self.labels.iter().copied())
    }

    /// The index of each row's most probable label, the first of equals (N).
    fn predicted(&self) -> Vec<u16> {
        let most_probable = |(row, _): (&[f32], u16)| {
            (1..row.len()).fold(0, |best, label| if row[label] > row[best] { label } else { best }) as u16
        };
        self.rows().map(most_probable).collect()
    }

    /// The rows by the probability of `label`.
    fn of_label(&self, label: usize) -> impl Iterator<Item = (f32, bool)> {
        self.rows().map(move |(row, own)| (row[label], usize::from(own) == label))
    }
}

impl OnRequest {
    /// The metric that is called `name`: `brier`, `f1`, `roc_auc`, `average_precision` or `recall_at_precision`. `positive` is the
    /// index of the label that is looked for. `None` for another name, for `f1` without a label, and for `recall_at_precision`
    /// without a precision.
    pub fn named(name: &str, positive: Option<usize>, precision: Option<f64>) -> Option<Self> {
        let kind = match name {
            "brier" => Kind::Brier,
            "f1" => positive.map(|_| Kind::F1)?,
            "roc_auc" => Kind::RocAuc,
            "average_precision" => Kind::AveragePrecision,
            "recall_at_precision" => Kind::Recall(precision?),
            _ => return None,
        };
        Some(Self { kind, positive })
    }

    /// The value for a model's answers. `None` where it is undefined: without rows of the label, for ROC-AUC without others, and
    /// where an answer is not a number.
    pub fn value(&self, answers: Answers<'_>) -> Option<f64> {
        let Answers { log_probabilities, labels, n_classes } = answers;
        match (self.kind, self.positive) {
            (Kind::Brier, _) => brier_score(log_probabilities, labels, n_classes),
            (Kind::F1, _) => {
                let mut counts = LabelCounts::new(n_classes);
                let pairs = labels.iter().zip(answers.predicted());
                pairs.for_each(|(truth, predicted)| counts.add(usize::from(*truth), usize::from(predicted), 1));
                self.f1(&counts)
            }
            (_, Some(positive)) => self.of_rows(&ScoredRows::of(answers.of_label(positive))?),
            (_, None) => one_against_rest(log_probabilities, labels, n_classes, |rows| self.of_rows(rows)),
        }
    }

    /// The mean over replicates of the value on each resample (B): each row counts as often as its group was drawn. `answers` (r)
    /// has those of each replicate, in the order of the resampled groups. NaN where it is undefined on some replicate.
    ///
    /// # Panics
    /// If some answers have another number of rows than the groups.
    pub fn resampled(&self, resamples: &GroupResamples, answers: &[Answers<'_>]) -> Vec<f64> {
        let Some(first) = answers.first() else { return vec![f64::NAN; resamples.n_resamples()] };
        match self.kind {
            Kind::Brier => {
                let scale = if first.n_classes == 2 { 0.5 } else { 1.0 };
                let of_row = |(row, own): (&[f32], u16)| scale * squared_distance(row, own);
                let values: Vec<Vec<f64>> = answers.iter().map(|own| own.rows().map(of_row).collect()).collect();
                resamples.mean_of_rows(&values.iter().map(Vec::as_slice).collect::<Vec<_>>())
            }
            Kind::F1 => {
                let predicted: Vec<Vec<u16>> = answers.iter().map(Answers::predicted).collect();
                let predicted: Vec<&[u16]> = predicted.iter().map(Vec::as_slice).collect();
                resamples.mean_metric(first.n_classes, first.labels, &predicted, |counts| self.f1(counts))
            }
            _ => {
                let orders: Option<Vec<Vec<OrderedRows>>> = answers.iter().map(|own| self.orders(own)).collect();
                let Some(orders) = orders else { return vec![f64::NAN; resamples.n_resamples()] };
                resamples.of_each(first.labels.len(), |times| {
                    let of_replicate = |orders: &Vec<OrderedRows>| self.of_orders(orders, times);
                    let values: Option<Vec<f64>> = orders.iter().map(of_replicate).collect();
                    values.and_then(|values| crate::mean(&values)).unwrap_or(f64::NAN)
                })
            }
        }
    }

    /// Whether it is a mean over labels that takes an order of the rows for each.
    pub fn is_over_labels(&self) -> bool {
        self.positive.is_none() && self.kind != Kind::Brier
    }

    /// The rows by each label that is looked for; `None` where an answer is not a number.
    fn orders(&self, answers: &Answers<'_>) -> Option<Vec<OrderedRows>> {
        let labels = match self.positive {
            Some(positive) => positive..positive + 1,
            None => 0..answers.n_classes,
        };
        labels.map(|label| OrderedRows::of(answers.of_label(label))).collect()
    }

    fn of_orders(&self, orders: &[OrderedRows], times: &[u8]) -> Option<f64> {
        let drawn = orders.iter().map(|order| order.drawn(|row| u64::from(times[row])));
        match self.positive {
            Some(_) => drawn.map(|rows| self.of_rows(&rows)).next()?,
            // As `one_against_rest`: a label that all or none of the rows have is left out.
            None => {
                let drawn = drawn.filter(|rows| rows.positives() > 0 && rows.negatives() > 0);
                crate::mean(&drawn.filter_map(|rows| self.of_rows(&rows)).collect::<Vec<f64>>())
            }
        }
    }

    fn of_rows(&self, rows: &ScoredRows) -> Option<f64> {
        match self.kind {
            Kind::RocAuc => rows.roc_auc(),
            Kind::AveragePrecision => rows.average_precision(),
            Kind::Recall(precision) => rows.recall_at_precision(precision),
            Kind::Brier | Kind::F1 => None,
        }
    }

    fn f1(&self, counts: &LabelCounts) -> Option<f64> {
        counts.by_label().nth(self.positive?).filter(|label| label.support > 0).map(|label| label.f1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["brier", "f1", "roc_auc", "average_precision", "recall_at_precision"];

    /// Answers to 12 rows of 3 labels, in groups of two rows, of two replicates.
    fn answers() -> ([Vec<f32>; 2], Vec<u16>, Vec<u32>) {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Some are equal.
            -0.25 * (state >> 28) as f32 - 0.1
        };
        let replicates = [(); 2].map(|()| (0..36).map(|_| next()).collect());
        (replicates, (0..12).map(|row| row % 3).collect(), (0..12).map(|row| row / 2).collect())
    }

    /// Row by row, as often as they are drawn.
    fn repeated(log_probs: &[f32], labels: &[u16], times: &[u8]) -> (Vec<f32>, Vec<u16>) {
        let rows: Vec<usize> = (0..labels.len()).flat_map(|row| (0..times[row]).map(move |_| row)).collect();
        let of_row = |row: &usize| log_probs[3 * row..3 * row + 3].to_vec();
        (rows.iter().flat_map(of_row).collect(), rows.iter().map(|row| labels[*row]).collect())
    }

    #[test]
    fn a_resample_has_the_value_of_its_rows() {
        let (replicates, labels, groups) = answers();
        let mut bits = 1_u32;
        let mut next = || {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            bits ^ (bits >> 15)
        };
        let resamples = GroupResamples::new(&groups, 40, &mut next);
        let own: Vec<Answers<'_>> = replicates.iter().map(|logs| Answers::new(logs, &labels, 3)).collect();
        for (name, positive) in NAMES.into_iter().flat_map(|name| [(name, Some(1)), (name, None)]) {
            let Some(metric) = OnRequest::named(name, positive, Some(0.4)) else {
                assert_eq!((name, positive), ("f1", None));
                continue;
            };
            let expected = resamples.of_each(labels.len(), |times| {
                let value = |logs: &Vec<f32>| {
                    let (logs, labels) = repeated(logs, &labels, times);
                    metric.value(Answers::new(&logs, &labels, 3))
                };
                let values: Option<Vec<f64>> = replicates.iter().map(value).collect();
                values.and_then(|values| crate::mean(&values)).unwrap_or(f64::NAN)
            });
            let found = metric.resampled(&resamples, &own);
            let is_near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12 || (a.is_nan() && b.is_nan());
            assert!(found.len() == 40 && found.iter().zip(&expected).all(is_near), "{name}: {found:?} {expected:?}");
            assert!(found.iter().any(|value| *value != found[0]), "{name}");
        }
    }

    #[test]
    fn what_is_undefined_has_no_value() {
        let logs = [-0.1, -2.4, -0.2, -1.8];
        let value = |name: &str, labels: &[u16], positive| {
            OnRequest::named(name, positive, Some(0.5)).unwrap().value(Answers::new(&logs, labels, 2))
        };
        for name in &NAMES[1..] {
            assert_eq!(value(name, &[0, 0], Some(1)), None, "{name}");
        }
        assert_eq!([value("roc_auc", &[0, 0], None), value("roc_auc", &[1, 1], Some(1))], [None, None]);
        let nan = [f32::NAN; 4];
        let roc_auc = OnRequest::named("roc_auc", Some(1), None).unwrap();
        assert_eq!(roc_auc.value(Answers::new(&nan, &[0, 1], 2)), None);
        let (none, unknown) = (OnRequest::named("f1", None, None), OnRequest::named("accuracy", None, None));
        assert_eq!((none, unknown, OnRequest::named("recall_at_precision", None, None)), (None, None, None));
    }
}
