//! Multinomial logistic regression on sparse rows, as an algorithm of linfa: parameters that are checked, `fit`, `predict`.
//!
//! With rows `x`, labels `y` and weights of rows `v`, it finds the coefficients `W` with the least
//!
//! ```text
//! P(W) = Σ v · -ln softmax(x · W)_y + l2 / 2 · |W|²
//! ```
//!
//! by dual coordinate ascent (Yu, Huang and Lin 2011, "Dual coordinate descent methods for logistic regression and maximum
//! entropy models"): each row has a distribution `p` over the labels, and `W = Σ v · xᵀ (onehot(y) - p) / l2`. A visit of a row
//! takes its `p` to the best one for the others as they are, and `W` with it. Where all are best, `p = softmax(x · W)`.
//!
//! A visit reads and writes only the coefficients of the n-grams that the row has, which stay in the CPU's first cache
//! between reading and writing. What is kept are `W` (K, S) and the distribution of each row (N, S).
//!
//! The intercept is the coefficient of a column of ones, and is penalised like the others: one number among very many.
//!
//! Legend: N rows, K columns, S labels.

mod ascent;

use crate::features::Rows;
use ascent::Ascent;
use linfa::traits::{Fit, PredictInplace};
use linfa::{DatasetBase, ParamGuard};
use ndarray::Array1;
use recur_core::model::Kernels;

/// Training rows with the label of each, a number from 0.
pub type Data = DatasetBase<Rows, Array1<usize>>;

/// The parameters of a fit, not checked yet.
#[derive(Clone, Debug)]
pub struct SparseLogisticParams(SparseLogisticValidParams);

/// The parameters of a fit.
#[derive(Clone, Debug)]
pub struct SparseLogisticValidParams {
    l2: f64,
    tolerance: f64,
    max_epochs: usize,
    kernels: Kernels,
}

/// Why there is no fit.
#[derive(Debug, thiserror::Error)]
pub enum SparseLogisticError {
    /// The penalty has no finite minimum to offer.
    #[error("l2 must be a number above 0, and is {0}")]
    L2(f64),
    /// No gap is that small.
    #[error("the tolerance must be a number above 0, and is {0}")]
    Tolerance(f64),
    /// Nothing to learn from.
    #[error("there are no rows to train on")]
    NoRows,
    /// It was asked to stop.
    #[error("stopped before the end")]
    Stopped,
    /// What linfa says.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}

/// A fitted classifier.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseLogistic {
    /// (K, S) row-major.
    pub coefficients: Vec<f32>,
    /// (S).
    pub intercept: Vec<f32>,
    /// How often every row was visited.
    pub epochs: usize,
}

impl SparseLogistic {
    /// Parameters: the penalty 0.1, the tolerance 0.001, at most 100 visits of each row.
    pub fn params() -> SparseLogisticParams {
        let kernels = Kernels::widest();
        SparseLogisticParams(SparseLogisticValidParams { l2: 0.1, tolerance: 1e-3, max_epochs: 100, kernels })
    }
}

impl SparseLogisticParams {
    /// The penalty on the squared coefficients, against the sum of losses over all rows.
    #[must_use]
    pub fn l2(mut self, l2: f64) -> Self {
        self.0.l2 = l2;
        self
    }

    /// The fit ends when `P(W)` is within this share of its minimum, as far as the visits of an epoch show: each measures how
    /// far its row is from the optimum before it is moved, and the sum over all rows bounds the distance of `P(W)`.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// How often each row is visited at most.
    #[must_use]
    pub fn max_epochs(mut self, max_epochs: usize) -> Self {
        self.0.max_epochs = max_epochs;
        self
    }

    /// The vector operations; all give equal bits.
    #[must_use]
    pub fn kernels(mut self, kernels: Kernels) -> Self {
        self.0.kernels = kernels;
        self
    }
}

impl ParamGuard for SparseLogisticParams {
    type Checked = SparseLogisticValidParams;
    type Error = SparseLogisticError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        let above_zero = |x: f64| x.is_finite() && x > 0.0;
        if !above_zero(self.0.l2) {
            return Err(SparseLogisticError::L2(self.0.l2));
        }
        if !above_zero(self.0.tolerance) {
            return Err(SparseLogisticError::Tolerance(self.0.tolerance));
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl SparseLogisticValidParams {
    /// [`Fit::fit`], ended early where `stop` is true before an epoch.
    ///
    /// # Errors
    /// [`SparseLogisticError::Stopped`], or [`SparseLogisticError::NoRows`].
    pub fn fit_until(&self, data: &Data, stop: &dyn Fn() -> bool) -> Result<SparseLogistic, SparseLogisticError> {
        if data.records.len() == 0 {
            return Err(SparseLogisticError::NoRows);
        }
        let mut ascent = Ascent::new(self, data);
        let mut epochs = 0;
        while epochs < self.max_epochs {
            if stop() {
                return Err(SparseLogisticError::Stopped);
            }
            let gap = ascent.epoch(epochs);
            epochs += 1;
            if gap <= self.tolerance {
                break;
            }
        }
        Ok(ascent.fitted(epochs))
    }
}

impl Fit<Rows, Array1<usize>, SparseLogisticError> for SparseLogisticValidParams {
    type Object = SparseLogistic;

    fn fit(&self, data: &Data) -> Result<SparseLogistic, SparseLogisticError> {
        self.fit_until(data, &|| false)
    }
}

impl SparseLogistic {
    /// The scores of a row for each label, (S): columns in their order.
    fn scores(&self, columns: &[u32], values: &[f32]) -> Vec<f32> {
        let mut scores = self.intercept.clone();
        Kernels::widest().add_multiples_of_rows(&mut scores, &self.coefficients, columns, values);
        scores
    }
}

impl PredictInplace<Rows, Array1<usize>> for SparseLogistic {
    /// The label with the greatest score; of equal ones the first.
    fn predict_inplace(&self, rows: &Rows, labels: &mut Array1<usize>) {
        for ((columns, values), label) in rows.iter().zip(labels) {
            let scores = self.scores(columns, values);
            *label = (1..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best });
        }
    }

    fn default_target(&self, rows: &Rows) -> Array1<usize> {
        Array1::zeros(rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Weight;
    use linfa::traits::Predict;

    /// 60 rows of 3 labels with 5 columns; label 0 has the most.
    fn data() -> Data {
        let row = |i: usize| {
            let value = |column: usize| (((i * 31 + column * 17) % 11) as f32) * 0.3 - 1.0;
            let columns = (0..5).filter(move |column| !(i + column).is_multiple_of(3));
            columns.map(|column| Weight { column: column as u32, value: value(column) }).collect::<Vec<_>>()
        };
        let labels = (0..60).map(|i| if i % 2 == 0 { 0 } else { 1 + (i * i / 7) % 2 }).collect();
        DatasetBase::new(Rows::new(5, (0..60).map(row)), labels)
    }

    /// The gradient of `P` at `fitted` with respect to each coefficient and intercept, in f64.
    fn gradient(data: &Data, fitted: &SparseLogistic, l2: f64) -> Vec<f64> {
        let n_labels = fitted.intercept.len();
        let parameters: Vec<f64> = fitted.coefficients.iter().chain(&fitted.intercept).map(|w| f64::from(*w)).collect();
        let mut gradient: Vec<f64> = parameters.iter().map(|w| l2 * w).collect();
        for (i, (columns, values)) in data.records.iter().enumerate() {
            let constant = (5_u32, 1.0_f32);
            let row: Vec<(u32, f32)> = columns.iter().copied().zip(values.iter().copied()).chain([constant]).collect();
            let at = |column: u32, label: usize| column as usize * n_labels + label;
            let score = |label| row.iter().map(|(c, x)| f64::from(*x) * parameters[at(*c, label)]).sum::<f64>();
            let exponentials: Vec<f64> = (0..n_labels).map(|label| libm::exp(score(label))).collect();
            let total: f64 = exponentials.iter().sum();
            for (label, exponential) in exponentials.iter().enumerate() {
                let hit = if data.targets[i] == label { 1.0 } else { 0.0 };
                let d = f64::from(data.weight_for(i)) * (exponential / total - hit);
                row.iter().for_each(|(c, x)| gradient[at(*c, label)] += f64::from(*x) * d);
            }
        }
        gradient
    }

    fn check_minimum(data: &Data, l2: f64) {
        let params = SparseLogistic::params().l2(l2).tolerance(1e-9).max_epochs(3000);
        let fitted = params.fit(data).unwrap();
        let steepest = gradient(data, &fitted, l2).into_iter().map(f64::abs).fold(0.0, f64::max);
        let weights: f32 = (0..60).map(|i| data.weight_for(i)).sum();
        assert!(steepest < 1e-4 * f64::from(weights), "l2 {l2}: a slope of {steepest} after {} epochs", fitted.epochs);
    }

    #[test]
    fn the_gradient_is_zero_where_the_fit_ends() {
        for l2 in [0.03, 1.0, 30.0] {
            check_minimum(&data(), l2);
        }
    }

    #[test]
    fn rows_weigh_what_they_are_said_to_weigh() {
        let weights: Array1<f32> = (0..60).map(|i| [0.2, 1.0, 5.0][i % 3]).collect();
        check_minimum(&data().with_weights(weights), 0.5);
    }

    #[test]
    fn labels_are_predicted() {
        let row = |label: &usize| vec![Weight { column: *label as u32, value: 1.0 }];
        let labels: Array1<usize> = (0..30).map(|i| i * i % 4 % 3).collect();
        let data = DatasetBase::new(Rows::new(3, labels.iter().map(row)), labels);
        let fitted = SparseLogistic::params().fit(&data).unwrap();
        let predicted: Array1<usize> = fitted.predict(&data);
        assert_eq!(predicted, data.targets);
    }

    #[test]
    fn every_instruction_set_gives_equal_bits() {
        let fit = |isa| SparseLogistic::params().kernels(Kernels::new(isa).unwrap()).fit(&data()).unwrap();
        let fits: Vec<SparseLogistic> = recur_kernels::Isa::available().map(fit).collect();
        assert!(fits.iter().all(|other| *other == fits[0]));
    }

    #[test]
    fn parameters_without_a_minimum_are_refused() {
        for l2 in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(SparseLogistic::params().l2(l2).fit(&data()), Err(SparseLogisticError::L2(_))));
        }
        let refused = SparseLogistic::params().tolerance(0.0).check();
        assert!(matches!(refused, Err(SparseLogisticError::Tolerance(_))));
    }

    #[test]
    fn a_stop_is_heeded() {
        let checked = SparseLogistic::params().check().unwrap();
        assert!(matches!(checked.fit_until(&data(), &|| true), Err(SparseLogisticError::Stopped)));
    }
}
