//! The fit of the logistic regression, arranged so that L-BFGS starts well.
//!
//! Legend: N training rows, K n-gram columns, S labels that they have.

use crate::dense::{self, Cost};
use crate::error::LinfaError;
use crate::model::{Fit, Fitted, Training};
use linfa::Dataset;
use linfa::traits::Fit as _;
use linfa_logistic::MultiLogisticRegression;
use ndarray::{Array1, Array2, Ix1};
use recur_core::model::ModelError;

/// Iterations between two looks at the cancel flag. L-BFGS forgets its curvature there; measured after
/// twenty iterations, that costs two hundredths of a nat and no accuracy to speak of.
const STRETCH: usize = 10;

/// Multinomial logistic regression.
#[derive(Clone, Copy, Debug)]
pub struct LogisticFit {
    /// Penalty on the squared coefficients.
    pub l2: f64,
    /// L-BFGS iterations in all.
    pub max_iterations: usize,
}

impl Fit for LogisticFit {
    fn check_size(&self, n_columns: usize, rows_by_label: &[usize]) -> Result<(), ModelError> {
        Cost { n_rows: rows_by_label.iter().sum(), bytes: size_of::<f32>(), copies: 1 }.check(n_columns)
    }

    fn fit(&self, training: &Training<'_>) -> Result<Fitted, ModelError> {
        let units = Units::of(training);
        let dataset = units.dataset(training);
        let mut scaled = Array2::zeros((training.rows.n_columns() + 1, training.n_seen));
        for start in (0..self.max_iterations).step_by(STRETCH) {
            if training.cancel.is_cancelled() {
                return Err(ModelError::Cancelled);
            }
            let iterations = STRETCH.min(self.max_iterations - start);
            let better = self.stretch(&units, &dataset, &scaled, iterations)?;
            if better == scaled {
                break;
            }
            scaled = better;
        }
        Ok(units.fitted(&scaled))
    }
}

impl LogisticFit {
    /// A few iterations from `start`, (K + 1, S); the same again if none of them found a lower loss.
    fn stretch(
        &self,
        units: &Units,
        dataset: &Dataset<f32, usize, Ix1>,
        start: &Array2<f32>,
        iterations: usize,
    ) -> Result<Array2<f32>, ModelError> {
        let regression = MultiLogisticRegression::default()
            .alpha((self.l2 * units.ngram * units.ngram) as f32)
            .with_intercept(false)
            .max_iterations(iterations as u64)
            .initial_params(start.clone());
        let fitted = regression.fit(dataset).map_err(LinfaError::Logistic)?;
        Ok(fitted.params().clone())
    }
}

/// The units in which linfa sees the columns.
///
/// linfa minimises a sum over all rows, and its first step is the bare gradient, thousands of times too long. Columns
/// in units in which the curvature along any coefficient is at most 1 make that step a sensible one: a column's
/// curvature is at most a quarter of its sum of squares. On 14,000 texts, 10 iterations then reach the accuracy that
/// took about 60. The intercept is a constant column of its own, so that it has such a unit too.
struct Units {
    /// Factor of every n-gram column.
    ngram: f64,
    /// Value of the constant column.
    constant: f64,
    /// The constant column's number (K).
    column: usize,
}

impl Units {
    fn of(training: &Training<'_>) -> Self {
        let mut squares = vec![0.0_f64; training.rows.n_columns()];
        for (columns, values) in training.rows.iter() {
            let squared = |value: f32| f64::from(value) * f64::from(value);
            columns.iter().zip(values).for_each(|(column, value)| squares[*column as usize] += squared(*value));
        }
        let largest = squares.into_iter().fold(1.0, f64::max);
        let n_rows = training.rows.len() as f64;
        Self { ngram: (4.0 / largest).sqrt(), constant: (4.0 / n_rows).sqrt(), column: training.rows.n_columns() }
    }

    /// The training rows with the constant column last: records (N, K + 1), targets (N).
    fn dataset(&self, training: &Training<'_>) -> Dataset<f32, usize, Ix1> {
        let rows: Vec<_> = training.rows.iter().collect();
        let mut records = dense::matrix(&rows, self.column + 1, |value| value * self.ngram as f32);
        records.column_mut(self.column).fill(self.constant as f32);
        Dataset::new(records, Array1::from(training.targets.clone()))
    }

    /// The coefficients in the columns' own units.
    fn fitted(&self, scaled: &Array2<f32>) -> Fitted {
        let rows = scaled.outer_iter().take(self.column);
        let coefficients = rows.flat_map(|row| row.iter().map(|w| *w * self.ngram as f32).collect::<Vec<_>>());
        let intercept = scaled.row(self.column).into_iter().map(|b| f64::from(*b) * self.constant);
        Fitted { coefficients: coefficients.collect(), intercept: intercept.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_by_all_rows_together() {
        let check = |n_columns| LogisticFit { l2: 0.1, max_iterations: 1 }.check_size(n_columns, &[40_000, 27_108]);
        assert!(check(3999).is_ok());
        let refused = check(4001).unwrap_err().to_string();
        assert!(refused.contains("the largest that fits is 4000"), "{refused}");
    }
}
