//! Forward and backward pass, of parts that have both.
//!
//! Characters for dimensions: `B` texts, `R` characters of the batch in packed order, `D` numbers of a character's embedding,
//! `H` hidden units, `C` labels.

use recur_kernels::{AlignedVec, Kernels};
use recur_nn::batch::Batch;
use recur_nn::embedding::Embedding;
use recur_nn::gradient::{Terms, WeightGradients};
use recur_nn::layout::Layout;
use recur_nn::linear::Linear;
use recur_nn::network::{Network, StepRng};
use recur_nn::pooling::{Pool, Pooling};

/// The network with its workspace, which grows to the largest batch and is then used again.
#[derive(Clone)]
pub(super) struct LetterNetwork {
    layout: Layout,
    embedding: Embedding,
    pool: Pool,
    /// (D) to (H), and (H) to (C).
    inner: Linear,
    outer: Linear,
    /// What GELU was applied to, and its result, (B, H).
    before: AlignedVec,
    hidden: AlignedVec,
    d_hidden: AlignedVec,
    /// (B, D) and (R, D).
    d_pooled: AlignedVec,
    d_characters: AlignedVec,
}

impl LetterNetwork {
    pub(super) fn new(vocab: usize, embedding: usize, hidden: usize, classes: usize) -> Self {
        let mut layout = Layout::default();
        Self {
            embedding: Embedding::new(&mut layout, "embedding", vocab, embedding),
            pool: Pool::new(Pooling::Mean, embedding),
            inner: Linear::new(&mut layout, "inner", embedding, hidden),
            outer: Linear::new(&mut layout, "outer", hidden, classes),
            layout,
            before: AlignedVec::default(),
            hidden: AlignedVec::default(),
            d_hidden: AlignedVec::default(),
            d_pooled: AlignedVec::default(),
            d_characters: AlignedVec::default(),
        }
    }
}

impl Network for LetterNetwork {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What is computed for a character depends on it alone, and the mean is over a text's own characters.
    fn looks_ahead(&self) -> bool {
        false
    }

    fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        self.inner.parameters_changed(kernels, parameters);
        self.outer.parameters_changed(kernels, parameters);
    }

    fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        batch: &Batch,
        _draws: Option<StepRng<'_>>,
        logits: &mut [f32],
    ) {
        let characters = self.embedding.forward(kernels, parameters, batch.tokens());
        let pooled = self.pool.forward(kernels, batch, characters);
        let len = batch.len() * self.outer.inputs();
        let (before, hidden) = (self.before.take(len), self.hidden.take(len));
        self.inner.forward(kernels, parameters, pooled, before);
        hidden.copy_from_slice(before);
        kernels.gelu(hidden);
        self.outer.forward(kernels, parameters, hidden, logits);
    }

    fn backward(&mut self, kernels: Kernels, batch: &Batch, d_logits: &[f32], into: &mut dyn WeightGradients) {
        let len = batch.len() * self.outer.inputs();
        let d_hidden = self.d_hidden.take(len);
        self.outer.backward(kernels, (&self.hidden[..len], &mut *d_hidden), d_logits, Terms::Texts, into);
        kernels.gelu_backward(d_hidden, &self.before[..len]);
        let pooled = self.pool.output(batch.len());
        let d_pooled = self.d_pooled.take(pooled.len());
        self.inner.backward(kernels, (pooled, &mut *d_pooled), d_hidden, Terms::Texts, into);
        let d_characters = self.d_characters.take(self.embedding.output(batch.n_characters()).len());
        self.pool.backward(kernels, batch, d_pooled, d_characters);
        self.embedding.backward(batch.tokens(), d_characters, Terms::From(0, batch.times()), into);
    }
}
