//! One layer of the encoder, forward and backward: attention and two maps, each added to what it read.
//!
//! Characters for dimensions: `R` characters of the batch in packed order, `D` numbers of a character, `F` hidden units.

use super::network::Shape;
use recur_core::random::Stream;
use recur_kernels::{AlignedVec, Kernels};
use recur_nn::attention::{self, Attention};
use recur_nn::batch::Batch;
use recur_nn::dropout::Dropout;
use recur_nn::gradient::{Terms, WeightGradients};
use recur_nn::layer_norm::LayerNorm;
use recur_nn::layout::Layout;
use recur_nn::linear::Linear;

/// A layer with its weights and workspace.
#[derive(Clone)]
pub(super) struct Block {
    width: usize,
    attention: Attention,
    inner: Linear,
    outer: Linear,
    norms: [LayerNorm; 2],
    dropouts: [Dropout; 2],
    /// What GELU was applied to, and its result, (R, F).
    before: AlignedVec,
    hidden: AlignedVec,
}

/// What the passes of all layers use up.
#[derive(Clone, Default)]
pub(super) struct Scratch {
    attention: attention::Scratch,
    /// What is added, or the gradient of that, and the gradient of what was normalised, (R, D).
    added: AlignedVec,
    d_normal: AlignedVec,
    /// (R, F).
    d_hidden: AlignedVec,
}

impl Block {
    pub(super) fn new(layout: &mut Layout, shape: &Shape, index: usize) -> Self {
        let (d, f, name) = (shape.width, shape.inner, format!("encoder.layers.{index}"));
        let dropout = Dropout::new(shape.dropout);
        Self {
            width: d,
            attention: Attention::new(layout, &format!("{name}.self_attn"), d, shape.heads),
            inner: Linear::new(layout, &format!("{name}.linear1"), d, f),
            outer: Linear::new(layout, &format!("{name}.linear2"), f, d),
            norms: ["norm1", "norm2"].map(|norm| LayerNorm::new(layout, &format!("{name}.{norm}"), d)),
            dropouts: [dropout.clone(), dropout],
            before: AlignedVec::default(),
            hidden: AlignedVec::default(),
        }
    }

    pub(super) fn parameters_changed(&mut self, kernels: Kernels, parameters: &[f32]) {
        self.attention.parameters_changed(kernels, parameters);
        self.inner.parameters_changed(kernels, parameters);
        self.outer.parameters_changed(kernels, parameters);
    }

    /// Changes `h (R, D)`. With a stream it drops out, from its `drawn`th number on.
    pub(super) fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        (batch, trains): (&Batch, bool),
        h: &mut [f32],
        mut draws: Option<(&mut Stream, usize)>,
        scratch: &mut Scratch,
    ) {
        let [first, second] = &mut self.norms;
        let [drop_first, drop_second] = &mut self.dropouts;
        let normal = first.forward(kernels, parameters, h);
        let added = scratch.added.take(h.len());
        self.attention.forward(kernels, parameters, (batch, trains), (normal, &mut *added), &mut scratch.attention);
        add(
            kernels,
            batch,
            (h, &mut *added),
            drop_first,
            draws.as_mut().map(|(stream, drawn)| (&mut **stream, *drawn)),
        );

        let normal = second.forward(kernels, parameters, h);
        let len = batch.n_characters() * self.outer.inputs();
        let (before, hidden) = (self.before.take(len), self.hidden.take(len));
        self.inner.forward(kernels, parameters, normal, before);
        hidden.copy_from_slice(before);
        kernels.gelu(hidden);
        self.outer.forward(kernels, parameters, hidden, added);
        let after_first = batch.n_characters_of_whole() * self.width;
        add(kernels, batch, (h, added), drop_second, draws.map(|(stream, drawn)| (stream, drawn + after_first)));
    }

    /// Turns the gradient `d (R, D)` of what [`Block::forward`] left into that of what it found, and gives the weights'
    /// gradients.
    pub(super) fn backward(
        &mut self,
        kernels: Kernels,
        batch: &Batch,
        d: &mut [f32],
        dropping: bool,
        scratch: &mut Scratch,
        into: &mut dyn WeightGradients,
    ) {
        let (len, terms) = (batch.n_characters() * self.outer.inputs(), Terms::From(0, batch.times()));
        let [first, second] = &mut self.norms;
        let [drop_first, drop_second] = &self.dropouts;
        let (d_added, d_normal) = (scratch.added.take(d.len()), scratch.d_normal.take(d.len()));
        let d_hidden = scratch.d_hidden.take(len);

        d_added.copy_from_slice(d);
        if dropping {
            drop_second.backward(kernels, d_added);
        }
        self.outer.backward(kernels, (&self.hidden[..len], &mut *d_hidden), d_added, terms, into);
        kernels.gelu_backward(d_hidden, &self.before[..len]);
        self.inner.backward(kernels, (second.output(d.len()), &mut *d_normal), d_hidden, terms, into);
        second.backward(kernels, d_normal, terms, into);
        kernels.add(d, d_normal);

        d_added.copy_from_slice(d);
        if dropping {
            drop_first.backward(kernels, d_added);
        }
        let (normal, scratch) = (first.output(d.len()), &mut scratch.attention);
        self.attention.backward(kernels, batch, (normal, &mut *d_normal), d_added, scratch, into);
        first.backward(kernels, d_normal, terms, into);
        kernels.add(d, d_normal);
    }
}

/// `h += added`, with dropout of `added` where there are draws.
fn add(
    kernels: Kernels,
    batch: &Batch,
    (h, added): (&mut [f32], &mut [f32]),
    dropout: &mut Dropout,
    draws: Option<(&mut Stream, usize)>,
) {
    if let Some(draws) = draws {
        let width = added.len() / batch.n_characters();
        dropout.of_characters_in_place(kernels, batch, draws, added, width);
    }
    kernels.add(h, added);
}
