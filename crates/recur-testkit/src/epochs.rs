//! Hands texts to a model as a sweep does: in epochs, chunks and steps.

use crate::bench::{Bench, SEED, streams};
use crate::examples::Examples;
use recur_core::model::{Cancel, Chunk, Model, ModelError};
use recur_core::random::StreamPath;

/// One epoch: its names, in their order.
#[derive(Clone, Copy)]
struct Epoch<'a> {
    index: u32,
    examples: &'a Examples,
    order: &'a [u32],
    streams: &'a StreamPath,
}

impl Bench {
    /// Trains `model` for one epoch on all `examples`, shuffled by the epoch's own stream unless the model is one-shot.
    ///
    /// # Errors
    /// What the model says.
    pub fn epoch(
        &self,
        model: &mut dyn Model,
        seed: u64,
        index: u32,
        examples: &Examples,
        cancel: &Cancel,
    ) -> Result<f64, ModelError> {
        let streams = streams(seed);
        let order = self.order(&streams, index, examples);
        self.train_in_chunks(model, Epoch { index, examples, order: &order, streams: &streams }, order.len(), cancel)
    }

    /// [`Bench::epoch`], with the texts handed over in chunks of `n_steps` steps.
    ///
    /// # Errors
    /// What the model says.
    pub fn epoch_in_chunks(
        &self,
        model: &mut dyn Model,
        index: u32,
        examples: &Examples,
        n_steps: usize,
    ) -> Result<f64, ModelError> {
        let streams = streams(SEED);
        let order = self.order(&streams, index, examples);
        let size = n_steps * self.training.batch_size as usize;
        self.train_in_chunks(model, Epoch { index, examples, order: &order, streams: &streams }, size, &Cancel::new())
    }

    /// The steps `steps` of epoch `index`, in one chunk; returns the sum of the losses, begun at `loss_before`.
    ///
    /// # Errors
    /// What the model says.
    pub fn steps(
        &self,
        model: &mut dyn Model,
        index: u32,
        examples: &Examples,
        steps: std::ops::Range<usize>,
        loss_before: f64,
    ) -> Result<f64, ModelError> {
        let streams = streams(SEED);
        let order = self.order(&streams, index, examples);
        let batch = self.training.batch_size as usize;
        let rows = &order[steps.start * batch..(steps.end * batch).min(order.len())];
        let epoch = Epoch { index, examples, order: &order, streams: &streams };
        Ok(total(loss_before, &self.chunk(model, epoch, rows, steps.start, &Cancel::new())?))
    }

    /// One chunk of `rows` in their order, as the first of epoch 0; returns the sum of their losses.
    ///
    /// # Errors
    /// What the model says.
    pub fn learn(&self, model: &mut dyn Model, examples: &Examples, rows: &[u32]) -> Result<f64, ModelError> {
        Ok(total(0.0, &self.losses(model, examples, rows)?))
    }

    /// One chunk of `rows` in their order, as the first of epoch 0; returns their losses. One that the model leaves unwritten
    /// is NaN.
    ///
    /// # Errors
    /// What the model says.
    pub fn losses(&self, model: &mut dyn Model, examples: &Examples, rows: &[u32]) -> Result<Vec<f64>, ModelError> {
        let streams = streams(SEED);
        self.chunk(model, Epoch { index: 0, examples, order: rows, streams: &streams }, rows, 0, &Cancel::new())
    }

    /// One chunk of `rows` in their order, from `step` (counted over the whole training) of `total`, in epoch `epoch`, with the
    /// streams of `seed`; returns the sum of their losses.
    ///
    /// # Errors
    /// What the model says.
    pub fn learn_at(
        &self,
        model: &mut dyn Model,
        seed: u64,
        (epoch, steps_before, total_steps): (u32, u64, u64),
        examples: &Examples,
        order: &[u32],
    ) -> Result<f64, ModelError> {
        let (streams, cancel) = (&streams(seed), &Cancel::new());
        let (sequences, labels) = (&examples.sequences, &examples.labels[..]);
        let chunk = Chunk { epoch, sequences, labels, order, steps_before, total_steps, streams, cancel };
        let mut losses = vec![f64::NAN; order.len()];
        model.train(&chunk, &mut losses)?;
        Ok(total(0.0, &losses))
    }

    /// How many steps an epoch has on `examples`.
    pub fn n_steps(&self, examples: &Examples) -> usize {
        examples.labels.len().div_ceil(self.training.batch_size as usize)
    }

    /// The order of the texts of epoch `index`, with the streams of `seed`.
    pub fn order_of(&self, seed: u64, index: u32, examples: &Examples) -> Vec<u32> {
        self.order(&streams(seed), index, examples)
    }

    /// The order of an epoch's texts.
    fn order(&self, streams: &StreamPath, index: u32, examples: &Examples) -> Vec<u32> {
        let mut order = examples.rows();
        if !self.is_one_shot() {
            streams.child("shuffle/epoch").child(index).stream().shuffle(&mut order);
        }
        order
    }

    /// Hands over `size` texts at a time, a multiple of the batch size or all, and returns the mean loss.
    fn train_in_chunks(
        &self,
        model: &mut dyn Model,
        epoch: Epoch<'_>,
        size: usize,
        cancel: &Cancel,
    ) -> Result<f64, ModelError> {
        let batch = self.training.batch_size as usize;
        let mut loss = 0.0;
        for (i, rows) in epoch.order.chunks(size).enumerate() {
            loss = total(loss, &self.chunk(model, epoch, rows, i * size / batch, cancel)?);
        }
        Ok(loss / epoch.order.len() as f64)
    }

    /// Hands over `rows`, which begin at step `step` of the epoch.
    fn chunk(
        &self,
        model: &mut dyn Model,
        epoch: Epoch<'_>,
        rows: &[u32],
        step: usize,
        cancel: &Cancel,
    ) -> Result<Vec<f64>, ModelError> {
        let Epoch { index, examples, order, streams } = epoch;
        let steps = order.len().div_ceil(self.training.batch_size as usize) as u64;
        let chunk = Chunk {
            epoch: index,
            sequences: &examples.sequences,
            labels: &examples.labels,
            order: rows,
            steps_before: u64::from(index) * steps + step as u64,
            total_steps: u64::from(self.n_epochs()) * steps,
            streams,
            cancel,
        };
        let mut losses = vec![f64::NAN; rows.len()];
        model.train(&chunk, &mut losses)?;
        Ok(losses)
    }
}

/// The sum of `losses`, begun at `before`.
fn total(before: f64, losses: &[f64]) -> f64 {
    losses.iter().fold(before, |sum, loss| sum + loss)
}
