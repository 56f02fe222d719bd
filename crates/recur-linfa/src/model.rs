//! The one [`Model`] of this crate: learns features, lets a [`Fit`] find the coefficients, predicts.

use crate::error::LinfaError;
use crate::features::{FeatureSettings, Features, Rows};
use crate::linear::Linear;
use recur_core::dataset::Sequences;
use recur_core::model::{Cancel, Chunk, Model, ModelError, Setup};
use recur_core::tensor::Tensor;
use std::collections::BTreeSet;

/// What a fit is given.
#[derive(Debug)]
pub struct Training<'a> {
    /// The training rows, (N, K) for K n-gram columns.
    pub rows: Rows,
    /// Each row's place in the list of labels that the training rows have, (N).
    pub targets: Vec<usize>,
    /// The weight of each row: that of its label, (N).
    pub weights: Vec<f32>,
    /// How many labels the training rows have (S).
    pub n_seen: usize,
    /// Asks to stop.
    pub cancel: &'a Cancel,
}

/// What a fit found.
#[derive(Debug)]
pub struct Fitted {
    /// (K, S) row-major.
    pub coefficients: Vec<f32>,
    /// (S).
    pub intercept: Vec<f64>,
}

/// A way to find a linear classifier.
pub trait Fit: Send {
    /// Refuses a training set that would take too much memory; asked before any of it is taken.
    ///
    /// # Errors
    /// [`ModelError::Parameter`], naming what would fit.
    fn check_size(&self, n_columns: usize, rows_by_label: &[usize]) -> Result<(), ModelError> {
        let _ = (n_columns, rows_by_label);
        Ok(())
    }

    /// Finds the coefficients.
    ///
    /// # Errors
    /// [`ModelError::Cancelled`] when asked to stop, or what linfa says.
    fn fit(&self, training: &Training<'_>) -> Result<Fitted, ModelError>;
}

/// A baseline: settings, and the classifier once there is one.
#[derive(Debug)]
pub struct Baseline<F> {
    /// How texts become columns.
    settings: FeatureSettings,
    /// The weight of each label, (C).
    class_weights: Vec<f32>,
    /// How coefficients are found.
    fit: F,
    /// What was found.
    fitted: Option<Linear>,
}

impl<F: Fit> Baseline<F> {
    /// An untrained model.
    pub fn new(settings: FeatureSettings, setup: &Setup<'_>, fit: F) -> Self {
        Self { settings, class_weights: setup.class_weights.to_vec(), fit, fitted: None }
    }

    fn learn(&self, chunk: &Chunk<'_>) -> Result<Linear, ModelError> {
        if chunk.order.is_empty() {
            return Err(LinfaError::NoRows.into());
        }
        if chunk.cancel.is_cancelled() {
            return Err(ModelError::Cancelled);
        }
        let labels: Vec<u16> = chunk.order.iter().map(|row| chunk.labels[*row as usize]).collect();
        let seen: Vec<u16> = labels.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let place = |label: &u16| seen.binary_search(label).expect("every label was listed");
        let targets: Vec<usize> = labels.iter().map(place).collect();
        let features = Features::learn(self.settings, chunk.sequences, chunk.order);
        let n_columns = features.vocabulary.len();
        self.fit.check_size(n_columns, &count(&targets, seen.len()))?;
        let rows = features.rows(chunk.sequences, chunk.order);
        let weights = labels.iter().map(|label| self.class_weights[usize::from(*label)]).collect();
        let training = Training { rows, targets, weights, n_seen: seen.len(), cancel: chunk.cancel };
        let Fitted { coefficients, intercept } = self.fit.fit(&training)?;
        Ok(Linear { features, seen, coefficients, intercept, n_classes: self.class_weights.len() })
    }
}

fn count(targets: &[usize], n_seen: usize) -> Vec<usize> {
    let mut counts = vec![0; n_seen];
    targets.iter().for_each(|target| counts[*target] += 1);
    counts
}

impl<F: Fit> Model for Baseline<F> {
    /// The losses are those of the fitted classifier on its training rows: there is no step to come before.
    fn train(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        let linear = self.learn(chunk)?;
        linear.losses(chunk.sequences, chunk.labels, chunk.order, losses);
        if let Some(loss) = losses.iter().find(|loss| !loss.is_finite()) {
            return Err(ModelError::Diverged { step: chunk.steps_before, loss: *loss });
        }
        self.fitted = Some(linear);
        Ok(())
    }

    fn log_probabilities(&mut self, sequences: &Sequences, rows: &[u32], out: &mut [f32]) -> Result<(), ModelError> {
        let linear = self.fitted.as_ref().ok_or(LinfaError::Untrained)?;
        for (row, out) in rows.iter().zip(out.chunks_exact_mut(linear.n_classes)) {
            linear.log_probabilities(sequences.get(*row), out);
        }
        Ok(())
    }

    fn n_parameters(&self) -> usize {
        self.fitted.as_ref().map_or(0, |linear| linear.coefficients.len() + linear.intercept.len())
    }

    fn weights(&self) -> Vec<Tensor> {
        self.fitted.as_ref().map_or_else(Vec::new, Linear::tensors)
    }

    fn set_weights(&mut self, weights: &[Tensor]) -> Result<(), ModelError> {
        self.fitted = Some(Linear::from_tensors(self.settings, self.class_weights.len(), weights)?);
        Ok(())
    }

    fn training_state(&self) -> Vec<Tensor> {
        Vec::new()
    }

    fn set_training_state(&mut self, state: &[Tensor]) -> Result<(), ModelError> {
        match state.first() {
            None => Ok(()),
            Some(tensor) => {
                let problem = "unknown: a model fitted in one go has no training state".to_owned();
                Err(ModelError::Weights { name: tensor.name.clone(), problem })
            }
        }
    }
}
