//! The fit of multinomial naive Bayes: one count for each n-gram and label.
//!
//! Legend: K n-gram columns, S labels that the training rows have.

use crate::model::{Fit, Fitted, Training};
use recur_core::model::ModelError;

/// Multinomial naive Bayes.
#[derive(Clone, Copy, Debug)]
pub struct MultinomialFit {
    /// Added to the count of every n-gram for every label.
    pub smoothing: f64,
}

impl Fit for MultinomialFit {
    /// Counts and sums are in f64, in the order of the rows.
    fn fit(&self, training: &Training<'_>) -> Result<Fitted, ModelError> {
        let (n_columns, n_seen) = (training.rows.n_columns(), training.n_seen);
        let mut counts = vec![0.0_f64; n_columns * n_seen];
        let (mut totals, mut texts) = (vec![0.0_f64; n_seen], vec![0.0_f64; n_seen]);
        for (i, (columns, values)) in training.rows.iter().enumerate() {
            let (target, weight) = (training.targets[i], f64::from(training.weights[i]));
            texts[target] += weight;
            for (column, value) in columns.iter().zip(values) {
                counts[*column as usize * n_seen + target] += weight * f64::from(*value);
                totals[target] += weight * f64::from(*value);
            }
        }
        let all = |total: &f64| libm::log(total + self.smoothing * n_columns as f64);
        let ln_all: Vec<f64> = totals.iter().map(all).collect();
        let of_ngram = |counts: &[f64]| {
            let ln = |(count, ln_all): (&f64, &f64)| (libm::log(count + self.smoothing) - ln_all) as f32;
            counts.iter().zip(&ln_all).map(ln).collect::<Vec<_>>()
        };
        let coefficients = counts.chunks_exact(n_seen).flat_map(of_ngram).collect();
        let ln_texts = libm::log(texts.iter().sum());
        Ok(Fitted { coefficients, intercept: texts.iter().map(|texts| libm::log(*texts) - ln_texts).collect() })
    }
}
