//! Forward and backward pass, of parts of `recur-nn`: embedding, convolution, layer norm, max over the characters,
//! dropout and linear map. GELU is in `recur-kernels`, and the attention is our own.
//!
//! Characters for dimensions: `B` texts, `R` characters of the batch in packed order, `D` numbers of a character's
//! embedding, `F` filters, `C` labels.

use super::attention::AttentionPool;
use recur_kernels::{AlignedVec, Kernels};
use recur_nn::batch::Batch;
use recur_nn::convolution::{Convolution, Windows};
use recur_nn::dropout::Dropout;
use recur_nn::embedding::Embedding;
use recur_nn::gradient::{Terms, WeightGradients};
use recur_nn::layer_norm::LayerNorm;
use recur_nn::layout::Layout;
use recur_nn::linear::Linear;
use recur_nn::network::{Network, StepRng};
use recur_nn::pooling::{Pool, Pooling};

/// Sizes and options.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) vocab: usize,
    pub(super) embedding: usize,
    /// Characters that a filter looks at.
    pub(super) width: usize,
    pub(super) filters: usize,
    /// Numbers of a query and of a key.
    pub(super) attention: usize,
    pub(super) classes: usize,
    /// Share of what the head reads that is set to zero in training; the others are scaled by 1 / (1 - share).
    pub(super) dropout: f32,
}

/// The network with its workspace, which grows to the largest batch and is then used again.
#[derive(Clone)]
pub(super) struct AttentionNetwork {
    layout: Layout,
    filters: usize,
    embedding: Embedding,
    windows: Windows,
    convolution: Convolution,
    norm: LayerNorm,
    pool: Pool,
    attention: AttentionPool,
    /// None without dropout.
    dropout: Option<Dropout>,
    head: Linear,
    /// What GELU was applied to, and its result, (R, F).
    before: AlignedVec,
    hidden: AlignedVec,
    /// What the head reads without dropout, (B, F).
    features: AlignedVec,
    /// Gradients: of what the head reads and of the greatest outputs, (B, F); of the outputs where they are the
    /// greatest and of all outputs, (R, F); and of the characters, (R, D).
    d_features: AlignedVec,
    d_greatest: AlignedVec,
    d_scattered: AlignedVec,
    d_hidden: AlignedVec,
    d_characters: AlignedVec,
}

impl AttentionNetwork {
    pub(super) fn new(shape: &Shape) -> Self {
        let (mut layout, d, f) = (Layout::default(), shape.embedding, shape.filters);
        Self {
            filters: f,
            embedding: Embedding::new(&mut layout, "embedding", shape.vocab, d),
            windows: Windows::new(d, shape.width),
            convolution: Convolution::new(&mut layout, "conv", d, shape.width, f),
            norm: LayerNorm::new(&mut layout, "norm", f),
            pool: Pool::new(Pooling::Max, f),
            attention: AttentionPool::new(&mut layout, "attention", f, shape.attention),
            dropout: (shape.dropout > 0.0).then(|| Dropout::new(shape.dropout)),
            head: Linear::new(&mut layout, "fc", f, shape.classes),
            layout,
            before: AlignedVec::default(),
            hidden: AlignedVec::default(),
            features: AlignedVec::default(),
            d_features: AlignedVec::default(),
            d_greatest: AlignedVec::default(),
            d_scattered: AlignedVec::default(),
            d_hidden: AlignedVec::default(),
            d_characters: AlignedVec::default(),
        }
    }
}

impl Network for AttentionNetwork {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    /// A window reaches to later characters. The attention by itself would not: what it computes is the text's.
    fn looks_ahead(&self) -> bool {
        true
    }

    fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        self.convolution.parameters_changed(kernels, parameters);
        self.attention.parameters_changed(kernels, parameters);
        self.head.parameters_changed(kernels, parameters);
    }

    fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        batch: &Batch,
        draws: Option<StepRng<'_>>,
        logits: &mut [f32],
    ) {
        let (f, len) = (self.filters, batch.len() * self.filters);
        self.windows.take(batch, self.embedding.forward(kernels, parameters, batch.tokens()));
        let outputs = self.convolution.forward(kernels, parameters, batch, &self.windows);
        self.before.take(outputs.len()).copy_from_slice(outputs);
        let hidden = self.hidden.take(outputs.len());
        hidden.copy_from_slice(outputs);
        kernels.gelu(hidden);
        let normal = self.norm.forward(kernels, parameters, hidden);
        let greatest = self.pool.forward(kernels, batch, normal);
        let features = self.features.take(len);
        features.copy_from_slice(greatest);
        kernels.add(features, self.attention.forward(kernels, parameters, batch, (greatest, normal)));
        if let (Some(dropout), Some(draws)) = (&mut self.dropout, draws) {
            dropout.of_texts(kernels, batch, (&mut draws.stream(), 0), features, f);
            self.head.forward(kernels, parameters, dropout.output(len), logits);
        } else {
            self.head.forward(kernels, parameters, features, logits);
        }
    }

    fn backward(&mut self, kernels: Kernels, batch: &Batch, d_logits: &[f32], into: &mut dyn WeightGradients) {
        let (len, len_of_all) = (batch.len() * self.filters, batch.n_characters() * self.filters);
        let features = self.dropout.as_ref().map_or(&self.features[..len], |dropout| dropout.output(len));
        let d_features = self.d_features.take(len);
        self.head.backward(kernels, (features, &mut *d_features), d_logits, Terms::Texts, into);
        if let Some(dropout) = &self.dropout {
            dropout.backward(kernels, d_features);
        }

        let (d_greatest, d_hidden) = (self.d_greatest.take(len), self.d_hidden.take(len_of_all));
        d_greatest.copy_from_slice(d_features);
        d_hidden.fill(0.0);
        self.attention.backward(kernels, batch, d_features, (d_greatest, d_hidden), into);
        let d_scattered = self.d_scattered.take(len_of_all);
        self.pool.backward(kernels, batch, d_greatest, d_scattered);
        kernels.add(d_hidden, d_scattered);

        let terms = Terms::From(0, batch.times());
        self.norm.backward(kernels, d_hidden, terms, into);
        kernels.gelu_backward(d_hidden, &self.before[..len_of_all]);
        let d_characters = self.d_characters.take(self.embedding.output(batch.n_characters()).len());
        d_characters.fill(0.0);
        self.convolution.backward(kernels, (batch, &self.windows), d_hidden, d_characters, into);
        self.embedding.backward(batch.tokens(), d_characters, terms, into);
    }
}
