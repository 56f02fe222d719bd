//! The training loop that the recurrent models share: a [`Network`] becomes a [`Model`].
//!
//! Letters for dimensions: `B` names of a batch, `C` labels.

use crate::batch::Batch;
use crate::gradient;
use crate::network::{Draws, Network};
use crate::optimizer::Optimizer;
use recur_core::dataset::Sequences;
use recur_core::model::{Model, ModelError, Piece, Setup};
use recur_core::tensor::Tensor;
use recur_kernels::{AlignedVec, Kernels};

/// Names scored at once in prediction; their figures do not depend on it.
const PREDICTION_BATCH: usize = 256;

/// A network in training.
pub(crate) struct Trainer<N> {
    network: N,
    parameters: AlignedVec,
    gradients: AlignedVec,
    optimizer: Optimizer,
    n_classes: usize,
    batch_size: usize,
    class_weights: Vec<f32>,
    batch: Batch,
    logits: AlignedVec,
    labels: Vec<u16>,
    row_weights: Vec<f32>,
}

impl<N: Network> Trainer<N> {
    /// An untrained model with initial weights from `setup`'s streams.
    pub(crate) fn new(network: N, setup: &Setup<'_>) -> Self {
        let parameters = network.layout().initial(setup.streams);
        let mut trainer = Self {
            gradients: AlignedVec::zeros(parameters.len()),
            optimizer: Optimizer::new(setup.training, setup.params.real("learning_rate"), parameters.len()),
            n_classes: setup.n_classes,
            batch_size: setup.training.batch_size as usize,
            class_weights: setup.class_weights.to_vec(),
            batch: Batch::default(),
            logits: AlignedVec::default(),
            labels: Vec::new(),
            row_weights: Vec::new(),
            network,
            parameters,
        };
        trainer.network.parameters_changed(&trainer.parameters);
        trainer
    }

    /// The losses of `rows` added to `loss` in order; leaves in `logits` the gradient of their weighted mean with respect to the
    /// logits, (B, C) in packed order.
    fn forward(&mut self, piece: &Piece<'_>, rows: &[u32], draws: Draws<'_>, loss: f64) -> f64 {
        let (kernels, c) = (Kernels::get(), self.n_classes);
        self.batch.pack(piece.sequences, rows);
        let logits = self.logits.take(rows.len() * c);
        self.network.forward(&self.parameters, &self.batch, Some(draws), logits);
        kernels.log_softmax_rows(logits, c);

        self.labels.clear();
        let label = |position: &u32| piece.labels[rows[*position as usize] as usize];
        self.labels.extend(self.batch.positions().iter().map(label));
        let losses = logits.chunks_exact(c).zip(&self.labels).map(|(row, label)| -f64::from(row[*label as usize]));
        let loss = losses.fold(loss, |sum, loss| sum + loss);

        self.row_weights.clear();
        self.row_weights.extend(self.labels.iter().map(|label| self.class_weights[*label as usize]));
        let total: f32 = self.row_weights.iter().sum();
        self.row_weights.iter_mut().for_each(|weight| *weight /= total);
        kernels.nll_gradient_rows(logits, c, &self.labels, &self.row_weights);
        loss
    }

    /// The backward pass of [`Trainer::forward`] and the step that follows from it.
    fn step(&mut self, step: u64, total: u64) {
        let d_logits = &self.logits[..self.batch.len() * self.n_classes];
        if let Some(rate) = self.optimizer.plain_rate(step, total) {
            let (parameters, scratch) = (&mut self.parameters[..], &mut self.gradients[..]);
            self.network.backward(&self.batch, d_logits, &mut gradient::Step { parameters, scratch, rate });
        } else {
            self.gradients.fill(0.0);
            self.network.backward(&self.batch, d_logits, &mut gradient::Buffer(&mut self.gradients));
            self.optimizer.step(step, total, &mut self.parameters, &mut self.gradients);
            self.network.parameters_changed(&self.parameters);
        }
    }
}

impl<N: Network> Model for Trainer<N> {
    fn train(&mut self, piece: &Piece<'_>) -> Result<f64, ModelError> {
        let path = &piece.streams.child("dropout/step");
        let mut loss = piece.loss_before;
        for (step, rows) in (piece.steps_before..).zip(piece.order.chunks(self.batch_size)) {
            if piece.cancel.is_cancelled() {
                return Err(ModelError::Cancelled);
            }
            loss = self.forward(piece, rows, Draws { path, step }, loss);
            if !loss.is_finite() {
                return Err(ModelError::Diverged { step, loss });
            }
            self.step(step, piece.total_steps);
        }
        Ok(loss)
    }

    fn log_probabilities(&mut self, sequences: &Sequences, rows: &[u32], out: &mut [f32]) -> Result<(), ModelError> {
        let c = self.n_classes;
        assert_eq!(out.len(), rows.len() * c, "a row of {c} log-probabilities a name");
        // Names with the same first letters share the work on these.
        let mut named: Vec<(&[u16], usize)> = rows.iter().map(|row| sequences.get(*row)).zip(0..).collect();
        named.sort_unstable();
        let (names, positions): (Vec<&[u16]>, Vec<usize>) = named.into_iter().unzip();
        for (names, positions) in names.chunks(PREDICTION_BATCH).zip(positions.chunks(PREDICTION_BATCH)) {
            self.batch.pack_prefixes(names);
            let logits = self.logits.take(names.len() * c);
            self.network.forward(&self.parameters, &self.batch, None, logits);
            Kernels::get().log_softmax_rows(logits, c);
            for (row, position) in logits.chunks_exact(c).zip(positions) {
                out[position * c..][..c].copy_from_slice(row);
            }
        }
        Ok(())
    }

    fn n_parameters(&self) -> usize {
        self.parameters.len()
    }

    fn weights(&self) -> Vec<Tensor> {
        self.network.layout().export("", &self.parameters)
    }

    fn set_weights(&mut self, weights: &[Tensor]) -> Result<(), ModelError> {
        self.network.layout().import("", weights, &mut self.parameters)?;
        self.network.parameters_changed(&self.parameters);
        Ok(())
    }

    fn training_state(&self) -> Vec<Tensor> {
        self.optimizer.state(self.network.layout())
    }

    fn set_training_state(&mut self, state: &[Tensor]) -> Result<(), ModelError> {
        self.optimizer.set_state(self.network.layout(), state)
    }
}
