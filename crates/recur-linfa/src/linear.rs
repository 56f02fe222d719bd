//! The classifier that every fit of this crate ends as: `log_softmax(x · coefficients + intercept)`.
//!
//! Legend: K n-gram columns, C labels of the data, S labels that the training rows have (`S <= C`).

mod tensors;

use crate::features::{FeatureSettings, Features, WeightingKind};
use recur_core::dataset::Sequences;
use recur_core::model::Cost;

/// The probability of a label that no training row has.
///
/// linfa numbers only the labels that it sees, so nothing was learnt of the others. They get this much each, and the
/// seen ones share the rest.
pub const ABSENT: f64 = 1e-7;

/// A linear classifier over n-gram columns. It needs nothing of linfa to predict.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Texts to columns.
    pub features: Features,
    /// The labels that the training rows have, ascending, (S).
    pub seen: Vec<u16>,
    /// What a column says for each seen label, (K, S) row-major.
    pub coefficients: Vec<f32>,
    /// What speaks for each seen label before any character is read, (S).
    pub intercept: Vec<f64>,
    /// Number of labels (C).
    pub n_classes: usize,
}

impl Linear {
    /// What a classifier with all columns that `settings` allow and `n_classes` labels costs, for texts of `characters`
    /// characters.
    pub fn cost(settings: &FeatureSettings, n_classes: usize, characters: u64) -> Cost {
        let [k, c, longest] = [settings.max_ngrams, n_classes, settings.range.to].map(|n| n as u64);
        let idf = if settings.weighting == WeightingKind::TfIdf { k } else { 0 };
        Cost {
            parameters: (k + 1) * c,
            weight_bytes: 4 * k * c + 8 * (k * longest + 2 * c + idf),
            multiply_adds: settings.range.n_ngrams(characters).min(k) * c,
        }
    }

    /// Writes the log-probability of every label for `text` into `out`, (C).
    ///
    /// Sums run in f64: columns ascending for a score, labels ascending for the denominator.
    pub fn log_probabilities(&self, text: &[u16], out: &mut [f32]) {
        let mut scores = self.intercept.clone();
        let n_seen = scores.len();
        for weight in self.features.of(text) {
            let coefficients = &self.coefficients[weight.column as usize * n_seen..][..n_seen];
            for (score, coefficient) in scores.iter_mut().zip(coefficients) {
                *score += f64::from(weight.value) * f64::from(*coefficient);
            }
        }
        let n_absent = (self.n_classes - n_seen) as f64;
        let shift = libm::log1p(-ABSENT * n_absent) - log_sum_exp(&scores);
        out.fill(libm::log(ABSENT) as f32);
        for (label, score) in self.seen.iter().zip(scores) {
            out[usize::from(*label)] = (score + shift) as f32;
        }
    }

    /// Writes the negative log-probability of the label of each of `rows`, in nats.
    pub fn losses(&self, sequences: &Sequences, labels: &[u16], rows: &[u32], losses: &mut [f64]) {
        let mut out = vec![0.0; self.n_classes];
        for (row, loss) in rows.iter().zip(losses) {
            self.log_probabilities(sequences.get(*row), &mut out);
            *loss = -f64::from(out[usize::from(labels[*row as usize])]);
        }
    }
}

/// `ln Σ exp(score)`, from the first to the last, shifted by the greatest so that nothing overflows.
fn log_sum_exp(scores: &[f64]) -> f64 {
    let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    greatest + libm::log(scores.iter().map(|score| libm::exp(score - greatest)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{NGram, NGramRange, Vocabulary, Weighting};

    /// Two columns (tokens 0 and 1), labels 0 and 2 of three seen.
    pub fn example() -> Linear {
        let range = NGramRange { from: 1, to: 1, n_tokens: 2 };
        let ngrams = vec![NGram::new(&[0]), NGram::new(&[1])];
        let vocabulary = Vocabulary::new(range, ngrams).unwrap();
        Linear {
            features: Features { vocabulary, weighting: Weighting::Counts },
            seen: vec![0, 2],
            coefficients: vec![1.0, -1.0, 0.0, 2.0],
            intercept: vec![0.5, 0.0],
            n_classes: 3,
        }
    }

    fn check(text: &[u16], scores: [f64; 2]) {
        let mut out = [0.0; 3];
        example().log_probabilities(text, &mut out);
        let total = libm::exp(scores[0]) + libm::exp(scores[1]);
        let expect = [libm::exp(scores[0]) / total, ABSENT, libm::exp(scores[1]) / total];
        for (log_probability, expect) in out.iter().zip(expect) {
            let probability = libm::exp(f64::from(*log_probability));
            assert!((probability - expect).abs() < 1e-6, "{out:?}: {probability} is not {expect}");
        }
    }

    #[test]
    fn scores_add_up_over_characters() {
        check(&[], [0.5, 0.0]);
        check(&[0], [1.5, -1.0]);
        check(&[0, 1, 1], [1.5, 3.0]);
    }

    #[test]
    fn long_texts_stay_finite() {
        let mut out = [0.0; 3];
        example().log_probabilities(&[1; 60_000], &mut out);
        assert!(out.iter().all(|x| x.is_finite()), "{out:?}");
        assert!(out[2].abs() < 1e-6);
    }

    #[test]
    fn losses_are_those_of_the_rows_asked_for() {
        let sequences: Sequences = [&[0_u16][..], &[1], &[]].into_iter().collect();
        let losses = |rows: &[u32]| {
            let mut losses = vec![f64::NAN; rows.len()];
            example().losses(&sequences, &[0, 2, 0], rows, &mut losses);
            losses
        };
        assert_eq!(losses(&[1, 0]), [losses(&[1]), losses(&[0])].concat());
        assert!((losses(&[2])[0] - libm::log1p(libm::exp(-0.5))).abs() < 1e-6);
    }
}
