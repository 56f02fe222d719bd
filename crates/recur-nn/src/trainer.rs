//! The training loop: a [`Network`] becomes a [`Model`].
//!
//! Where threads are free, the texts of a batch are shared among them for the forward and the backward pass, and then the
//! parameters for their gradients and the step. No bit depends on how many there are.
//!
//! Characters for dimensions: `B` texts of a batch, `C` labels.

use crate::batch::Batch;
use crate::gradient;
use crate::network::{Network, StepRng};
use crate::optimizer::{Optimizer, Part};
use crate::saved_activations::{self, SavedActivations};
use recur_core::dataset::Sequences;
use recur_core::model::{Chunk, Model, ModelError, Setup};
use recur_core::settings::TrainingSettings;
use recur_core::tensor::Tensor;
use recur_core::workers::{Workers, for_each};
use recur_kernels::{AlignedVec, Kernels};
use std::sync::Arc;

/// Texts scored at once in prediction; their results do not depend on it.
const PREDICTION_BATCH: usize = 256;

/// A network in training.
pub struct Trainer<N> {
    kernels: Kernels,
    /// A network for each share of a batch; without sharing the first does all.
    shares: Vec<Share<N>>,
    workers: Arc<dyn Workers>,
    parameters: AlignedVec,
    gradients: AlignedVec,
    /// `None` in a model that only predicts.
    training: Option<Steps>,
    n_classes: usize,
    class_weights: Vec<f32>,
    /// The share of each target that is spread over all labels.
    label_smoothing: f64,
    /// What of a batch's targets each label gets of every row, (C); empty without smoothing.
    uniform: Vec<f32>,
    batch: Batch,
    /// The label of each packed row and its weight in the loss, (B).
    labels: Vec<u16>,
    row_weights: Vec<f32>,
    cuts: Vec<usize>,
}

/// How a batch becomes a step.
struct Steps {
    optimizer: Optimizer,
    batch_size: usize,
}

/// What one worker needs for its share of a batch.
struct Share<N> {
    network: N,
    /// Whether parameters have changed since the network took note of them.
    stale: bool,
    batch: Batch,
    /// (B, C).
    logits: AlignedVec,
    /// Of each text, the log-probability of its label, (B).
    log_likelihoods: Vec<f32>,
    saved: SavedActivations,
}

impl<N: Network> Share<N> {
    fn new(network: N) -> Self {
        let (batch, logits, log_likelihoods) = (Batch::default(), AlignedVec::default(), Vec::new());
        Self { network, stale: true, batch, logits, log_likelihoods, saved: SavedActivations::default() }
    }

    fn refresh(&mut self, kernels: Kernels, parameters: &[f32]) {
        if std::mem::take(&mut self.stale) {
            self.network.parameters_changed(kernels, parameters);
        }
    }
}

/// What the shares of a batch read.
#[derive(Clone, Copy)]
struct Pass<'a> {
    kernels: Kernels,
    parameters: &'a [f32],
    draws: StepRng<'a>,
    /// The label of each packed row and its weight in the loss, (B).
    labels: &'a [u16],
    row_weights: &'a [f32],
    uniform: &'a [f32],
    n_classes: usize,
}

impl Pass<'_> {
    /// Leaves in `logits` the gradient of the batch's weighted mean loss with respect to the logits, (B, C).
    fn forward<N: Network>(
        self,
        network: &mut N,
        batch: &Batch,
        logits: &mut AlignedVec,
        log_likelihoods: &mut Vec<f32>,
    ) {
        let (kernels, c) = (self.kernels, self.n_classes);
        let logits = logits.take(batch.len() * c);
        network.forward(kernels, self.parameters, batch, Some(self.draws), logits);
        kernels.log_softmax_rows(logits, c);
        log_likelihoods.clear();
        log_likelihoods.extend(logits.chunks_exact(c).zip(self.labels).map(|(row, label)| row[usize::from(*label)]));
        if self.uniform.is_empty() {
            kernels.nll_gradient_rows(logits, c, self.labels, self.row_weights);
        } else {
            kernels.smoothed_nll_gradient_rows(logits, self.labels, self.row_weights, self.uniform);
        }
    }

    /// The forward pass of `share` over its part of `whole`, the `index`th of `n`, and the backward pass, which keeps what
    /// gradients are made from.
    fn share<N: Network>(mut self, share: &mut Share<N>, whole: &Batch, index: usize, n: usize) {
        share.refresh(self.kernels, self.parameters);
        share.saved.clear();
        share.log_likelihoods.clear();
        let rows = whole.rows_of_share(index, n);
        if rows.is_empty() {
            return;
        }
        (self.labels, self.row_weights) = (&self.labels[rows.clone()], &self.row_weights[rows.clone()]);
        share.batch.take_share(whole, rows);
        self.forward(&mut share.network, &share.batch, &mut share.logits, &mut share.log_likelihoods);
        let d_logits = &share.logits[..share.batch.len() * self.n_classes];
        share.network.backward(self.kernels, &share.batch, d_logits, &mut share.saved);
    }
}

impl<N: Network> Trainer<N> {
    /// An untrained model with initial weights from `setup`'s streams.
    pub fn new(network: N, setup: &Setup<'_>) -> Self {
        let parameters = network.layout().initial(setup.kernels, setup.streams);
        let steps = |training: &TrainingSettings| Steps {
            optimizer: Optimizer::new(setup.kernels, training, setup.params.real("learning_rate"), parameters.len()),
            batch_size: training.batch_size as usize,
        };
        Self {
            kernels: setup.kernels,
            gradients: AlignedVec::zeros(parameters.len()),
            training: setup.training.map(steps),
            workers: setup.workers.clone(),
            n_classes: setup.n_classes,
            class_weights: setup.class_weights.to_vec(),
            label_smoothing: setup.training.map_or(0.0, |training| training.label_smoothing),
            uniform: Vec::new(),
            batch: Batch::default(),
            labels: Vec::new(),
            row_weights: Vec::new(),
            cuts: Vec::new(),
            shares: vec![Share::new(network)],
            parameters,
        }
    }

    fn network(&self) -> &N {
        &self.shares[0].network
    }

    /// Into how many shares to divide `n_texts` with `n_characters`, and that many networks. A weight takes `passes`
    /// multiplications a character.
    fn divide(&mut self, n_texts: usize, n_characters: usize, passes: usize) -> usize {
        let n = self.workers.shares((self.parameters.len() * n_characters * passes) as u64).clamp(1, n_texts.max(1));
        while self.shares.len() < n {
            let network = self.network().clone();
            self.shares.push(Share::new(network));
        }
        n
    }

    /// One step of `optimizer` on `rows`; writes their losses to `losses`, in packed order.
    fn step(
        &mut self,
        optimizer: &mut Optimizer,
        chunk: &Chunk<'_>,
        rows: &[u32],
        draws: StepRng<'_>,
        losses: &mut [f64],
    ) -> Result<(), ModelError> {
        self.batch.pack(chunk.sequences, rows);
        self.labels.clear();
        let label = |position: &u32| chunk.labels[rows[*position as usize] as usize];
        self.labels.extend(self.batch.positions().iter().map(label));
        self.row_weights.clear();
        self.row_weights.extend(self.labels.iter().map(|label| self.class_weights[*label as usize]));
        let total: f32 = self.row_weights.iter().sum();
        self.row_weights.iter_mut().for_each(|weight| *weight /= total);
        self.smooth(total);

        let n = self.divide(rows.len(), self.batch.n_characters(), 3);
        let pass = Pass {
            kernels: self.kernels,
            parameters: &self.parameters,
            draws,
            labels: &self.labels,
            row_weights: &self.row_weights,
            uniform: &self.uniform,
            n_classes: self.n_classes,
        };
        let (shares, batch) = (&mut self.shares[..n], &self.batch);
        if let [Share { network, logits, log_likelihoods, .. }] = shares {
            pass.forward(network, batch, logits, log_likelihoods);
        } else {
            for_each(&*self.workers, shares, &|index, share| pass.share(share, batch, index, n));
        }
        let log_likelihoods = shares.iter().flat_map(|share| &share.log_likelihoods);
        losses.iter_mut().zip(log_likelihoods).for_each(|(loss, of_label)| *loss = -f64::from(*of_label));
        let loss: f64 = losses.iter().sum();
        if !loss.is_finite() {
            return Err(ModelError::Diverged { step: draws.step, loss });
        }
        if n == 1 {
            self.backward(optimizer, draws.step, chunk.total_steps)
        } else {
            self.step_in_parts(optimizer, n, draws.step, chunk.total_steps)
        }
        Ok(())
    }

    /// Moves the share of smoothing from the labels of a batch, whose weights sum to `total`, to all labels: label `c`
    /// gets `(smoothing / C) · weight[c] / total` of every row, as in `torch.nn.CrossEntropyLoss`.
    fn smooth(&mut self, total: f32) {
        self.uniform.clear();
        if self.label_smoothing > 0.0 {
            let kept = (1.0 - self.label_smoothing) as f32;
            let of_each = (self.label_smoothing / self.n_classes as f64) as f32;
            self.row_weights.iter_mut().for_each(|weight| *weight *= kept);
            self.uniform.extend(self.class_weights.iter().map(|weight| of_each * weight / total));
        }
    }

    /// The backward pass over the whole batch and the step that follows from it.
    fn backward(&mut self, optimizer: &mut Optimizer, step: u64, total: u64) {
        let (first, others) = self.shares.split_at_mut(1);
        let Share { network, stale, logits, .. } = &mut first[0];
        if std::mem::take(stale) {
            network.parameters_changed(self.kernels, &self.parameters);
        }
        let d_logits = &logits[..self.batch.len() * self.n_classes];
        if let Some(rate) = optimizer.plain_rate(step, total) {
            let (parameters, scratch) = (&mut self.parameters[..], &mut self.gradients[..]);
            let mut into = gradient::Step { kernels: self.kernels, parameters, scratch, rate };
            network.backward(self.kernels, &self.batch, d_logits, &mut into);
        } else {
            self.gradients.fill(0.0);
            let mut into = gradient::Buffer { kernels: self.kernels, gradients: &mut self.gradients };
            network.backward(self.kernels, &self.batch, d_logits, &mut into);
            let (factor, rule) = (optimizer.clip_factor(&self.gradients), optimizer.rule(step, total));
            optimizer.whole(&mut self.parameters, &mut self.gradients).step(factor, &rule);
            *stale = true;
        }
        others.iter_mut().for_each(|share| share.stale = true);
    }

    /// The gradients from what the first `n` shares have saved, and the step, each worker for a run of the parameters.
    fn step_in_parts(&mut self, optimizer: &mut Optimizer, n: usize, step: u64, total: u64) {
        let (kernels, shares, workers) = (self.kernels, &self.shares[..n], &*self.workers);
        let saved = || shares.iter().map(|share| &share.saved);
        saved_activations::cut(&shares[0].saved, self.parameters.len(), n, &mut self.cuts);
        let (rule, clips) = (optimizer.rule(step, total), optimizer.clips());
        let whole = optimizer.whole(&mut self.parameters, &mut self.gradients);
        in_parts(workers, whole, &self.cuts, &|mut part| {
            saved_activations::write_gradient(kernels, saved(), part.first, part.gradients);
            if !clips {
                part.step(None, &rule);
            }
        });
        if clips {
            let factor = optimizer.clip_factor(&self.gradients);
            let whole = optimizer.whole(&mut self.parameters, &mut self.gradients);
            in_parts(workers, whole, &self.cuts, &|mut part| part.step(factor, &rule));
        }
        self.parameters_changed();
    }

    fn train_in_steps(&mut self, steps: &mut Steps, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        let path = &chunk.streams.child("dropout/step");
        let batches = chunk.order.chunks(steps.batch_size).zip(losses.chunks_mut(steps.batch_size));
        for (step, (rows, losses)) in (chunk.steps_before..).zip(batches) {
            if chunk.cancel.is_cancelled() {
                return Err(ModelError::Cancelled);
            }
            self.step(&mut steps.optimizer, chunk, rows, StepRng { path, step }, losses)?;
        }
        Ok(())
    }

    fn parameters_changed(&mut self) {
        self.shares.iter_mut().for_each(|share| share.stale = true);
    }
}

fn built_to_predict() -> ModelError {
    ModelError::Other("the model was built without training settings, and can only predict".into())
}

/// Calls `work` for each of the parts between `cuts`, side by side where threads are free.
fn in_parts(workers: &dyn Workers, whole: Part<'_>, cuts: &[usize], work: &(impl Fn(Part<'_>) + Sync)) {
    let Some(cut) = cuts.get(cuts.len() / 2) else { return work(whole) };
    let (left, right) = whole.split(*cut);
    let (mut left, mut right) = (Some(left), Some(right));
    let (before, after) = (&cuts[..cuts.len() / 2], &cuts[cuts.len() / 2 + 1..]);
    let part = |part: &mut Option<_>, cuts| in_parts(workers, part.take().expect("called once"), cuts, work);
    workers.join(&mut || part(&mut left, before), &mut || part(&mut right, after));
}

impl<N: Network> Model for Trainer<N> {
    fn train(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        // Taken out while it is used, as a step changes all the rest.
        let mut steps = self.training.take().ok_or_else(built_to_predict)?;
        let trained = self.train_in_steps(&mut steps, chunk, losses);
        self.training = Some(steps);
        trained
    }

    fn log_probabilities(&mut self, sequences: &Sequences, rows: &[u32], out: &mut [f32]) -> Result<(), ModelError> {
        let c = self.n_classes;
        assert_eq!(out.len(), rows.len() * c, "a row of {c} log-probabilities a text");
        // Texts with the same first characters share the work on these, unless the network looks ahead.
        let looks_ahead = self.network().looks_ahead();
        let mut named: Vec<(&[u16], usize)> = rows.iter().map(|row| sequences.get(*row)).zip(0..).collect();
        named.sort_unstable();
        let (texts, positions): (Vec<&[u16]>, Vec<usize>) = named.into_iter().unzip();
        let n_characters = texts.iter().map(|text| text.len()).sum();
        let n = self.divide(texts.len().div_ceil(PREDICTION_BATCH), n_characters, 1);
        let (kernels, parameters, group) = (self.kernels, &self.parameters, n * PREDICTION_BATCH);
        for (texts, positions) in texts.chunks(group).zip(positions.chunks(group)) {
            let of_share = |index| texts.chunks(PREDICTION_BATCH).nth(index).unwrap_or_default();
            for_each(&*self.workers, &mut self.shares[..n], &|index, share| {
                if looks_ahead {
                    share.batch.pack_texts(of_share(index));
                } else {
                    share.batch.pack_prefixes(of_share(index));
                }
                if share.batch.is_empty() {
                    return;
                }
                let logits = share.logits.take(share.batch.len() * c);
                share.network.forward(kernels, parameters, &share.batch, None, logits);
                kernels.log_softmax_rows(logits, c);
            });
            for (share, positions) in self.shares[..n].iter().zip(positions.chunks(PREDICTION_BATCH)) {
                let logits = share.logits[..share.batch.len() * c].chunks_exact(c);
                for (row, position) in logits.zip(share.batch.positions()) {
                    out[positions[*position as usize] * c..][..c].copy_from_slice(row);
                }
            }
        }
        Ok(())
    }

    fn n_parameters(&self) -> usize {
        self.parameters.len()
    }

    fn weights(&self) -> Vec<Tensor> {
        self.network().layout().export(self.kernels, "", &self.parameters)
    }

    fn set_weights(&mut self, weights: &[Tensor]) -> Result<(), ModelError> {
        self.shares[0].network.layout().import(self.kernels, "", weights, &mut self.parameters)?;
        self.parameters_changed();
        Ok(())
    }

    fn training_state(&self) -> Vec<Tensor> {
        self.training.as_ref().map_or_else(Vec::new, |steps| steps.optimizer.state(self.network().layout()))
    }

    fn set_training_state(&mut self, state: &[Tensor]) -> Result<(), ModelError> {
        let steps = self.training.as_mut().ok_or_else(built_to_predict)?;
        steps.optimizer.set_state(self.shares[0].network.layout(), state)
    }
}
