//! Models that are slow to build, used again: where each is a process, a battery starts few.
//!
//! A model that is given back is kept, and lent again for an equal setup after it got its first weights and training state back.
//! Where it does not take them (one that learns in one go has none before it is trained), it is lent as it is, provided that it
//! learns the same whatever it learned before. Checks that need a model without a past build one beside the pool.

use crate::examples;
use recur_core::dataset::Sequences;
use recur_core::model::{Cancel, Chunk, Model, ModelError};
use recur_core::random::StreamPath;
use recur_core::tensor::Tensor;
use std::sync::{Arc, Mutex, PoisonError};

/// Models that wait to be lent at most: each may hold a library in memory.
const MOST_IDLE: usize = 8;

/// Models by their setup.
#[derive(Default)]
pub(crate) struct Pool(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// The one that was given back last is last.
    idle: Vec<Kept>,
    n_built: usize,
    /// Whether a model that learns in one go begins anew each time; found out on the first.
    begins_anew: Option<bool>,
}

/// A model with its setup, and what it was like when it was built.
struct Kept {
    setup: String,
    model: Box<dyn Model>,
    weights: Vec<Tensor>,
    state: Vec<Tensor>,
}

impl Pool {
    /// How many models were built.
    pub(crate) fn n_built(&self) -> usize {
        self.lock().n_built
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a model that is built beside the pool.
    pub(crate) fn count(&self) {
        self.lock().n_built += 1;
    }

    /// A model for `setup`: one that waits, or that `build` makes.
    pub(crate) fn lend(
        self: &Arc<Self>,
        setup: String,
        one_shot: bool,
        build: impl FnOnce() -> Result<Box<dyn Model>, ModelError>,
    ) -> Result<Box<dyn Model>, ModelError> {
        while let Some(mut kept) = self.take(&setup) {
            if self.is_as_new(&mut kept, one_shot) {
                return Ok(self.lent(kept));
            }
        }
        self.fresh(setup, build)
    }

    /// A model for `setup` that `build` makes.
    pub(crate) fn fresh(
        self: &Arc<Self>,
        setup: String,
        build: impl FnOnce() -> Result<Box<dyn Model>, ModelError>,
    ) -> Result<Box<dyn Model>, ModelError> {
        self.count();
        let model = build()?;
        let (weights, state) = (model.weights(), model.training_state());
        Ok(self.lent(Kept { setup, model, weights, state }))
    }

    fn lent(self: &Arc<Self>, kept: Kept) -> Box<dyn Model> {
        Box::new(Lent { kept: Some(kept), pool: self.clone(), failed: false })
    }

    fn take(&self, setup: &str) -> Option<Kept> {
        let mut inner = self.lock();
        let at = inner.idle.iter().rposition(|kept| kept.setup == setup)?;
        Some(inner.idle.remove(at))
    }

    fn is_as_new(&self, Kept { model, weights, state, .. }: &mut Kept, one_shot: bool) -> bool {
        if !one_shot {
            return model.set_weights(weights).is_ok() && model.set_training_state(state).is_ok();
        }
        let known = self.lock().begins_anew;
        known.unwrap_or_else(|| {
            let found = begins_anew(model.as_mut()).unwrap_or(false);
            self.lock().begins_anew = Some(found);
            found
        })
    }

    fn give_back(&self, kept: Kept) {
        let mut inner = self.lock();
        inner.idle.push(kept);
        if inner.idle.len() > MOST_IDLE {
            // Processes end outside of the lock.
            let oldest = inner.idle.remove(0);
            drop(inner);
            drop(oldest);
        }
    }
}

/// Whether a model that learns in one go learns the same after other texts.
fn begins_anew(model: &mut dyn Model) -> Result<bool, ModelError> {
    let mut weights = Vec::new();
    for examples in [examples::learnable(), examples::ten(), examples::learnable()] {
        let (streams, cancel, order) = (StreamPath::root(0), Cancel::new(), examples.rows());
        let chunk = Chunk {
            epoch: 0,
            sequences: &examples.sequences,
            labels: &examples.labels,
            order: &order,
            steps_before: 0,
            total_steps: 1,
            streams: &streams,
            cancel: &cancel,
        };
        model.train(&chunk, &mut vec![0.0; order.len()])?;
        weights.push(model.weights());
    }
    Ok(weights[0] == weights[2])
}

/// A model on loan; goes back when it is dropped.
struct Lent {
    kept: Option<Kept>,
    pool: Arc<Pool>,
    /// Whether it failed in a way that may have ended its process.
    failed: bool,
}

impl Lent {
    fn model(&mut self) -> &mut dyn Model {
        self.kept.as_mut().expect("kept until it is dropped").model.as_mut()
    }

    fn note(&mut self, result: Result<(), ModelError>) -> Result<(), ModelError> {
        self.failed |= matches!(&result, Err(ModelError::Other(_) | ModelError::Answer { .. }));
        result
    }

    fn shared(&self) -> &dyn Model {
        self.kept.as_ref().expect("kept until it is dropped").model.as_ref()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // After a panic nothing is known of it.
        if let Some(kept) = self.kept.take().filter(|_| !self.failed && !std::thread::panicking()) {
            self.pool.give_back(kept);
        }
    }
}

impl Model for Lent {
    fn train(&mut self, chunk: &Chunk<'_>, losses: &mut [f64]) -> Result<(), ModelError> {
        let learned = self.model().train(chunk, losses);
        self.note(learned)
    }

    fn log_probabilities(&mut self, sequences: &Sequences, rows: &[u32], out: &mut [f32]) -> Result<(), ModelError> {
        let answered = self.model().log_probabilities(sequences, rows, out);
        self.note(answered)
    }

    fn n_parameters(&self) -> usize {
        self.shared().n_parameters()
    }

    fn weights(&self) -> Vec<Tensor> {
        self.shared().weights()
    }

    fn set_weights(&mut self, weights: &[Tensor]) -> Result<(), ModelError> {
        self.model().set_weights(weights)
    }

    fn training_state(&self) -> Vec<Tensor> {
        self.shared().training_state()
    }

    fn set_training_state(&mut self, state: &[Tensor]) -> Result<(), ModelError> {
        self.model().set_training_state(state)
    }
}
