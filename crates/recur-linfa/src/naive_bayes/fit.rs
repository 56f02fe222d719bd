//! The fit of naive Bayes, label by label, and the reading of its parameters.
//!
//! Legend: K n-gram columns, S labels that the training rows have.

use crate::dense::{self, Cost};
use crate::error::LinfaError;
use crate::model::{Fit, Fitted, Training};
use linfa::Dataset;
use linfa::ParamGuard as _;
use linfa::traits::FitWith as _;
use linfa_bayes::{BernoulliNb, NaiveBayes as _};
use ndarray::{Array1, Array2};
use recur_core::model::ModelError;

/// Unit vectors that are scored in one go when the coefficients are read.
const PROBES: usize = 256;

/// Bernoulli naive Bayes.
#[derive(Clone, Copy, Debug)]
pub struct NaiveBayesFit {
    /// Added to every count.
    pub smoothing: f64,
}

impl Fit for NaiveBayesFit {
    fn check_size(&self, n_columns: usize, rows_by_label: &[usize]) -> Result<(), ModelError> {
        let n_rows = rows_by_label.iter().copied().max().unwrap_or(0).max(PROBES);
        Cost { n_rows, bytes: size_of::<f64>(), copies: 3 }.check(n_columns)
    }

    /// linfa counts only the rows of a call, not those of earlier calls, so each label is given whole, in one call.
    fn fit(&self, training: &Training<'_>) -> Result<Fitted, ModelError> {
        let params = BernoulliNb::<f64, usize>::params().alpha(self.smoothing).binarize(None);
        let params = params.check().map_err(LinfaError::NaiveBayes)?;
        let mut model = None;
        for target in 0..training.n_seen {
            if training.cancel.is_cancelled() {
                return Err(ModelError::Cancelled);
            }
            let dataset = rows_of(training, target);
            model = Some(params.fit_with(model, &dataset).map_err(LinfaError::NaiveBayes)?);
        }
        let model = model.ok_or(LinfaError::NoRows)?;
        Ok(read(&model, training.rows.n_columns(), training.n_seen))
    }
}

/// The training rows with the label at `target`.
fn rows_of(training: &Training<'_>, target: usize) -> Dataset<f64, usize, ndarray::Ix1> {
    let all = training.rows.iter().zip(&training.targets);
    let rows: Vec<_> = all.filter(|(_, t)| **t == target).map(|(row, _)| row).collect();
    let targets = Array1::from_elem(rows.len(), target);
    Dataset::new(dense::matrix(&rows, training.rows.n_columns(), f64::from), targets)
}

/// Reads intercept and coefficients from the outside, as linfa keeps them to itself: the score of a text without
/// n-grams is the intercept, that of a text with only one n-gram is more by its coefficient.
fn read(model: &BernoulliNb<f64, usize>, n_columns: usize, n_seen: usize) -> Fitted {
    let intercept: Vec<f64> = scores(model, Array2::zeros((1, n_columns)), n_seen).row(0).to_vec();
    let mut coefficients = Vec::with_capacity(n_columns * n_seen);
    for start in (0..n_columns).step_by(PROBES) {
        let n_probes = PROBES.min(n_columns - start);
        let probes = Array2::from_shape_fn((n_probes, n_columns), |(i, k)| if k == start + i { 1.0 } else { 0.0 });
        for row in scores(model, probes, n_seen).outer_iter() {
            coefficients.extend(row.iter().zip(&intercept).map(|(score, base)| (score - base) as f32));
        }
    }
    Fitted { coefficients, intercept }
}

/// The scores of `texts` (rows, K) for each label, (rows, S).
fn scores(model: &BernoulliNb<f64, usize>, texts: Array2<f64>, n_seen: usize) -> Array2<f64> {
    let by_label = model.joint_log_likelihood(texts.view());
    Array2::from_shape_fn((texts.nrows(), n_seen), |(row, target)| by_label[&target][row])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_by_the_largest_label() {
        let check = |n_columns| NaiveBayesFit { smoothing: 1.0 }.check_size(n_columns, &[8000, 9000, 10]);
        assert!(check(4971).is_ok());
        let refused = check(4972).unwrap_err().to_string();
        assert!(refused.contains("the largest that fits is 4971"), "{refused}");
    }
}
