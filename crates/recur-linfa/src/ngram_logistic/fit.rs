//! The algorithm as a fit of this crate.

use super::algorithm::{SparseLogistic, SparseLogisticError};
use crate::model::{Fit, Fitted, Training};
use linfa::{DatasetBase, ParamGuard as _};
use ndarray::Array1;
use recur_core::model::{Kernels, ModelError};

/// Sparse multinomial logistic regression.
#[derive(Clone, Copy, Debug)]
pub struct SparseFit {
    /// Penalty on the squared coefficients.
    pub l2: f64,
    /// Share of the penalised loss that may be missing to its minimum.
    pub tolerance: f64,
    /// Passes over the rows at most.
    pub max_epochs: usize,
    /// The vector operations.
    pub kernels: Kernels,
}

impl Fit for SparseFit {
    fn fit(&self, training: &Training<'_>) -> Result<Fitted, ModelError> {
        let params = SparseLogistic::params().l2(self.l2).tolerance(self.tolerance).max_epochs(self.max_epochs);
        let params = params.kernels(self.kernels).check().map_err(other)?;
        let targets = Array1::from(training.targets.clone());
        let weights = Array1::from(training.weights.clone());
        let data = DatasetBase::new(training.rows.clone(), targets).with_weights(weights);
        let fitted = params.fit_until(&data, &|| training.cancel.is_cancelled()).map_err(other)?;
        let intercept = fitted.intercept.into_iter().map(f64::from).collect();
        Ok(Fitted { coefficients: fitted.coefficients, intercept })
    }
}

fn other(error: SparseLogisticError) -> ModelError {
    match error {
        SparseLogisticError::Stopped => ModelError::Cancelled,
        error => ModelError::Other(Box::new(error)),
    }
}
