//! The encoder: embedded characters, their places, layers, pooling, and the linear map.
//!
//! Characters for dimensions: `B` texts, `R` characters of the batch in packed order, `D` numbers of a character, `C` labels.

use super::block::{Block, Scratch};
use recur_kernels::{AlignedVec, Kernels};
use recur_nn::batch::Batch;
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
    pub(super) width: usize,
    pub(super) heads: usize,
    pub(super) inner: usize,
    pub(super) layers: usize,
    pub(super) pooling: Pooling,
    pub(super) classes: usize,
    /// Share of what each part of a layer adds that is set to zero in training; the others are scaled by 1 / (1 - share).
    pub(super) dropout: f32,
}

/// The network with its workspace.
#[derive(Clone)]
pub(super) struct Encoder {
    layout: Layout,
    shape: Shape,
    embedding: Embedding,
    blocks: Vec<Block>,
    norm: LayerNorm,
    pool: Pool,
    head: Linear,
    /// The places of characters, as many as were needed so far, (T, D).
    places: Vec<f32>,
    /// What the layers change, (R, D), and its gradient.
    h: AlignedVec,
    d_h: AlignedVec,
    /// (B, D).
    d_pooled: AlignedVec,
    scratch: Scratch,
}

impl Encoder {
    pub(super) fn new(shape: &Shape) -> Self {
        let (mut layout, d) = (Layout::default(), shape.width);
        Self {
            embedding: Embedding::new(&mut layout, "embedding", shape.vocab, d),
            blocks: (0..shape.layers).map(|index| Block::new(&mut layout, shape, index)).collect(),
            norm: LayerNorm::new(&mut layout, "encoder.norm", d),
            pool: Pool::new(shape.pooling, d),
            head: Linear::new(&mut layout, "fc", d, shape.classes),
            layout,
            shape: *shape,
            places: Vec::new(),
            h: AlignedVec::default(),
            d_h: AlignedVec::default(),
            d_pooled: AlignedVec::default(),
            scratch: Scratch::default(),
        }
    }
}

/// Appends to `places (T, D)` what is missing of the first `n`: sines and cosines of wavelengths from 2π to 20000π.
fn extend_places(places: &mut Vec<f32>, n: usize, d: usize) {
    for time in places.len() / d..n {
        places.extend((0..d).map(|column| {
            let angle = time as f64 / libm::pow(10_000.0, (column - column % 2) as f64 / d as f64);
            if column % 2 == 0 { libm::sin(angle) as f32 } else { libm::cos(angle) as f32 }
        }));
    }
}

impl Network for Encoder {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Every character attends to all of its text.
    fn looks_ahead(&self) -> bool {
        true
    }

    fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        self.blocks.iter_mut().for_each(|block| block.parameters_changed(kernels, parameters));
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
        let (d, times) = (self.shape.width, batch.times());
        let h = self.h.take(batch.n_characters() * d);
        h.copy_from_slice(self.embedding.forward(kernels, parameters, batch.tokens()));
        extend_places(&mut self.places, times.len(), d);
        for (time, place) in self.places.chunks_exact(d).enumerate().take(times.len()) {
            h[times.at(time, d)].chunks_exact_mut(d).for_each(|row| kernels.add(row, place));
        }
        let trains = draws.is_some();
        let mut stream = draws.filter(|_| self.shape.dropout > 0.0).map(StepRng::stream);
        for (index, block) in self.blocks.iter_mut().enumerate() {
            let drawn = 2 * index * batch.n_characters_of_whole() * d;
            let draws = stream.as_mut().map(|stream| (stream, drawn));
            block.forward(kernels, parameters, (batch, trains), h, draws, &mut self.scratch);
        }
        let normal = self.norm.forward(kernels, parameters, h);
        let pooled = self.pool.forward(kernels, batch, normal);
        self.head.forward(kernels, parameters, pooled, logits);
    }

    fn backward(&mut self, kernels: Kernels, batch: &Batch, d_logits: &[f32], into: &mut dyn WeightGradients) {
        let (d, terms) = (self.shape.width, Terms::From(0, batch.times()));
        let (pooled, d_pooled) = (self.pool.output(batch.len()), self.d_pooled.take(batch.len() * d));
        self.head.backward(kernels, (pooled, &mut *d_pooled), d_logits, Terms::Texts, into);
        let d_h = self.d_h.take(batch.n_characters() * d);
        self.pool.backward(kernels, batch, d_pooled, d_h);
        self.norm.backward(kernels, d_h, terms, into);
        for block in self.blocks.iter_mut().rev() {
            block.backward(kernels, batch, d_h, self.shape.dropout > 0.0, &mut self.scratch, into);
        }
        self.embedding.backward(batch.tokens(), d_h, terms, into);
    }
}
