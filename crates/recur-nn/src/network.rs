//! What the training loop needs of a network.

use crate::batch::Batch;
use crate::gradient::WeightGradients;
use crate::layout::Layout;
use recur_core::random::{Stream, StreamPath};
use recur_kernels::Kernels;

/// A network from a batch of texts to a row of logits each, with its backward pass.
///
/// It owns its workspace, which grows to the largest batch seen and is then used again, and second layouts of its
/// weights. Parameters and gradients belong to the caller. A clone is for another share of a batch.
pub trait Network: Clone + Send + Sync {
    /// Where each weight is.
    fn layout(&self) -> &Layout;

    /// Whether what it computes for a character of a text depends on later ones: it reads a text backwards, convolves over the
    /// characters around each, or attends to all.
    ///
    /// In prediction, texts with the same first characters share the rows of these (see [`Batch::pack_prefixes`]), so that what
    /// is computed for a row must be right for every text that goes on from there. A network that looks ahead gets each text by
    /// itself instead. One that pools over a text's rows need not: it finds them with
    /// [`TimeSteps::ancestors`](crate::time_steps::TimeSteps::ancestors).
    fn looks_ahead(&self) -> bool;

    /// Takes note of changed parameters: refreshes second layouts. Not needed after [`Network::backward`] into
    /// [`crate::gradient::Step`], which changes them with the parameters.
    fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]);

    /// Writes `logits (B, C)`, in packed order. With `draws` the pass is one of training, and random numbers come
    /// from there.
    fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        batch: &Batch,
        draws: Option<StepRng<'_>>,
        logits: &mut [f32],
    );

    /// Gives `into` the gradient of a loss whose gradient with respect to the logits of the last [`Network::forward`] is
    /// `d_logits (B, C)`: each weight's once. A second layout is not read after its weight's gradient was given, nor is a
    /// parameter read at all, so `into` may change both at once.
    fn backward(&mut self, kernels: Kernels, batch: &Batch, d_logits: &[f32], into: &mut dyn WeightGradients);
}

/// The random numbers of one training step. They depend on the step only, so training can stop and go on between any two.
#[derive(Clone, Copy, Debug)]
pub struct StepRng<'a> {
    /// `…/dropout/step`.
    pub path: &'a StreamPath,
    /// The step, counted from 0 over the whole training.
    pub step: u64,
}

impl StepRng<'_> {
    /// The step's stream, from its beginning.
    pub fn stream(self) -> Stream {
        self.path.numbered_stream(self.step)
    }
}
