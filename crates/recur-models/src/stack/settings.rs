//! Sizes and options of a layered model.

use super::{Cell, declared};
use recur_core::model::{Cost, Setup};
use recur_nn::pooling::Pooling;

/// Sizes and options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) vocab: usize,
    /// Size of the embedding of a character; 0 where characters are one-hot.
    pub(crate) embedding: usize,
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) bidirectional: bool,
    pub(crate) pooling: Pooling,
    pub(crate) classes: usize,
    /// Share of a lower layer's outputs set to zero in training; the others are scaled by 1 / (1 - share).
    pub(crate) dropout: f32,
}

impl Shape {
    /// The shape that [`declared::PARAMETERS`] ask for.
    pub(crate) fn of(setup: &Setup<'_>) -> Self {
        let params = setup.params;
        Self {
            vocab: setup.n_tokens,
            embedding: params.size(declared::EMBEDDING.name),
            hidden: params.size(declared::HIDDEN_SIZE.name),
            layers: params.size(declared::LAYERS.name),
            bidirectional: params.boolean(declared::BIDIRECTIONAL.name),
            pooling: Pooling::named(params.choice(declared::POOLING.name)),
            classes: setup.n_classes,
            dropout: params.real(declared::DROPOUT.name) as f32,
        }
    }

    /// Numbers that a layer gives for each character (W).
    pub(crate) fn width(&self) -> usize {
        self.hidden * self.directions()
    }

    /// Numbers of an input row of layer `index`; a one-hot one has as many as there are tokens.
    pub(crate) fn inputs_of(&self, index: usize) -> usize {
        match (index, self.embedding) {
            (0, 0) => self.vocab,
            (0, embedding) => embedding,
            _ => self.width(),
        }
    }

    fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    /// What the network costs with cells `C`. The state before the first character is zero and needs no product; a character is
    /// looked up.
    pub(crate) fn cost<C: Cell>(&self, characters: u64) -> Cost {
        let [h, w, d, c] = [self.hidden, self.width(), self.directions(), self.classes].map(|n| n as u64);
        let n = C::GATES as u64 * h;
        let (mut parameters, mut products) = ((self.vocab * self.embedding) as u64 + (w + 1) * c, w * c);
        for index in 0..self.layers {
            let inputs = self.inputs_of(index) as u64;
            let multiplied = if index == 0 && self.embedding == 0 { 0 } else { inputs };
            parameters += d * n * (inputs + h + 2);
            products += d * n * (multiplied * characters + h * characters.saturating_sub(1));
        }
        Cost::of_f32(parameters, products)
    }
}
