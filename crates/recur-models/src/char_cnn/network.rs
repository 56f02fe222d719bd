//! Forward and backward pass.
//!
//! Characters for dimensions: `B` texts, `R` characters of the batch in packed order, `D` numbers of a character's embedding,
//! `F` filters of a width, `N` filters of all widths, `C` labels.

use recur_kernels::{AlignedVec, Kernels};
use recur_nn::batch::Batch;
use recur_nn::convolution::{Convolution, Windows};
use recur_nn::dropout::Dropout;
use recur_nn::embedding::Embedding;
use recur_nn::gradient::{Terms, WeightGradients};
use recur_nn::layout::Layout;
use recur_nn::linear::Linear;
use recur_nn::network::{Network, StepRng};
use recur_nn::ngram_bag::{NGramBag, NGramShape};
use recur_nn::pooling::{Pool, Pooling};
use std::ops::RangeInclusive;

/// Sizes and options.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) vocab: usize,
    pub(super) embedding: usize,
    pub(super) widths: RangeInclusive<usize>,
    pub(super) filters: usize,
    pub(super) classes: usize,
    /// Share of the features set to zero in training; the others are scaled by 1 / (1 - share).
    pub(super) dropout: f32,
    /// The table of n-grams, where there is one.
    pub(super) ngrams: Option<NGramShape>,
}

/// The network with its workspace.
#[derive(Clone)]
pub(super) struct ConvolutionalNetwork {
    layout: Layout,
    embedding: Embedding,
    windows: Windows,
    /// The convolution of each width, and the greatest of its outputs.
    convolutions: Vec<(Convolution, Pool)>,
    filters: usize,
    drops_out: bool,
    dropout: Dropout,
    head: Linear,
    ngrams: Option<NGramBag>,
    /// (B, N); what dropout left of it is in `dropout`.
    features: AlignedVec,
    d_features: AlignedVec,
    /// Gradients of one width: of its features, (B, F), and of its outputs, (R, F).
    d_pooled: AlignedVec,
    d_outputs: AlignedVec,
    /// (R, D).
    d_characters: AlignedVec,
}

impl ConvolutionalNetwork {
    pub(super) fn new(shape: &Shape) -> Self {
        let mut layout = Layout::default();
        let (d, f) = (shape.embedding, shape.filters);
        let embedding = Embedding::new(&mut layout, "embedding", shape.vocab, d);
        let mut convolution = |(index, width): (usize, usize)| {
            let convolution = Convolution::new(&mut layout, &format!("convs.{index}"), d, width, f);
            (convolution, Pool::new(Pooling::Max, f))
        };
        let convolutions: Vec<_> = shape.widths.clone().enumerate().map(&mut convolution).collect();
        Self {
            embedding,
            windows: Windows::new(d, *shape.widths.end()),
            head: Linear::new(&mut layout, "fc", f * convolutions.len(), shape.classes),
            ngrams: shape.ngrams.map(|shape| NGramBag::new(&mut layout, "ngrams", shape)),
            layout,
            convolutions,
            filters: f,
            drops_out: shape.dropout > 0.0,
            dropout: Dropout::new(shape.dropout),
            features: AlignedVec::default(),
            d_features: AlignedVec::default(),
            d_pooled: AlignedVec::default(),
            d_outputs: AlignedVec::default(),
            d_characters: AlignedVec::default(),
        }
    }
}

impl Network for ConvolutionalNetwork {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    /// A window reaches to later characters.
    fn looks_ahead(&self) -> bool {
        true
    }

    fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        self.convolutions.iter_mut().for_each(|(convolution, _)| convolution.parameters_changed(kernels, parameters));
        self.head.parameters_changed(kernels, parameters);
    }

    /// The greatest of relu's results is relu of the greatest, and that is much less to compute.
    fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        batch: &Batch,
        draws: Option<StepRng<'_>>,
        logits: &mut [f32],
    ) {
        let (f, n, len) = (self.filters, self.head.inputs(), batch.len() * self.head.inputs());
        self.windows.take(batch, self.embedding.forward(kernels, parameters, batch.tokens()));
        let features = self.features.take(len);
        for (index, (convolution, pool)) in self.convolutions.iter_mut().enumerate() {
            let outputs = convolution.forward(kernels, parameters, batch, &self.windows);
            let pooled = pool.forward(kernels, batch, outputs);
            for (features, pooled) in features.chunks_exact_mut(n).zip(pooled.chunks_exact(f)) {
                features[index * f..][..f].copy_from_slice(pooled);
            }
        }
        kernels.relu(features);
        if let Some(draws) = draws.filter(|_| self.drops_out) {
            self.dropout.of_texts(kernels, batch, (&mut draws.stream(), 0), features, n);
            self.head.forward(kernels, parameters, self.dropout.output(len), logits);
        } else {
            self.head.forward(kernels, parameters, features, logits);
        }
        if let Some(ngrams) = &mut self.ngrams {
            ngrams.add(kernels, parameters, batch, draws, logits);
        }
    }

    fn backward(&mut self, kernels: Kernels, batch: &Batch, d_logits: &[f32], into: &mut dyn WeightGradients) {
        let (f, n, len) = (self.filters, self.head.inputs(), batch.len() * self.head.inputs());
        let read = if self.drops_out { self.dropout.output(len) } else { &self.features[..len] };
        let d_features = self.d_features.take(len);
        if let Some(ngrams) = &self.ngrams {
            ngrams.backward(d_logits, into);
        }
        self.head.backward(kernels, (read, &mut *d_features), d_logits, Terms::Texts, into);
        if self.drops_out {
            self.dropout.backward(kernels, d_features);
        }
        kernels.relu_backward(d_features, &self.features[..len]);
        let d_characters = self.d_characters.take(self.embedding.output(batch.n_characters()).len());
        d_characters.fill(0.0);
        for (index, (convolution, pool)) in self.convolutions.iter_mut().enumerate() {
            let d_pooled = self.d_pooled.take(batch.len() * f);
            for (d_features, d_pooled) in d_features.chunks_exact(n).zip(d_pooled.chunks_exact_mut(f)) {
                d_pooled.copy_from_slice(&d_features[index * f..][..f]);
            }
            let d_outputs = self.d_outputs.take(batch.n_characters() * f);
            pool.backward(kernels, batch, d_pooled, d_outputs);
            convolution.backward(kernels, (batch, &self.windows), d_outputs, d_characters, into);
        }
        self.embedding.backward(batch.tokens(), d_characters, Terms::From(0, batch.times()), into);
    }
}
