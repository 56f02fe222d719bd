//! Forward and backward pass.
//!
//! Characters for dimensions: `B` texts, `R` characters of the batch in packed order, `V` tokens, `C` labels.

use recur_kernels::{AlignedVec, Kernels};
use recur_nn::batch::Batch;
use recur_nn::gradient::{Terms, WeightGradients};
use recur_nn::layout::Layout;
use recur_nn::network::{Network, StepRng};
use std::ops::Range;

/// How the characters of a text come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pooling {
    Sum,
    Mean,
}

impl Pooling {
    /// The one called `name` in a spec.
    pub(crate) fn named(name: &str) -> Self {
        if name == "mean" { Pooling::Mean } else { Pooling::Sum }
    }

    /// The factor of each character of a text of `n_characters`.
    fn factor(self, n_characters: usize) -> f32 {
        match self {
            Pooling::Sum => 1.0,
            Pooling::Mean => 1.0 / n_characters as f32,
        }
    }
}

/// The network with its workspace, which grows to the largest batch and is then used again.
#[derive(Clone)]
pub(crate) struct CharacterBag {
    layout: Layout,
    pooling: Pooling,
    classes: usize,
    /// `bag.weight` by rows of its input, (V, C): a character is a row.
    w: Range<usize>,
    b: Range<usize>,
    /// A row of zeros, (C).
    zeros: AlignedVec,
    /// The sum of the characters up to each one, (R, C).
    sums: AlignedVec,
    gathered: AlignedVec,
    /// Gradients of what each text and each character added, (B, C) and (R, C).
    d_texts: AlignedVec,
    d_characters: AlignedVec,
}

impl CharacterBag {
    /// A network for `vocab` tokens and `classes` labels.
    pub(crate) fn new(vocab: usize, classes: usize, pooling: Pooling) -> Self {
        let mut layout = Layout::default();
        Self {
            w: layout.matrix("bag.weight", classes, vocab, vocab),
            b: layout.vector("bag.bias", classes, vocab),
            layout,
            pooling,
            classes,
            zeros: AlignedVec::zeros(classes),
            sums: AlignedVec::default(),
            gathered: AlignedVec::default(),
            d_texts: AlignedVec::default(),
            d_characters: AlignedVec::default(),
        }
    }
}

impl Network for CharacterBag {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn looks_ahead(&self) -> bool {
        false
    }

    /// There is no second layout of a weight to refresh.
    fn parameters_changed(&mut self, _kernels: Kernels, _parameters: &[f32]) {}

    /// `sum_t = W[x_t] + sum_{t-1}`, `logits = b + factor · sum_last`. In prediction a row may represent the first characters
    /// of several texts, so what a row follows is asked of `times`.
    fn forward(
        &mut self,
        kernels: Kernels,
        parameters: &[f32],
        batch: &Batch,
        _draws: Option<StepRng<'_>>,
        logits: &mut [f32],
    ) {
        let (c, times) = (self.classes, batch.times());
        let sums = self.sums.take(batch.n_characters() * c);
        kernels.look_up_rows(sums, &self.zeros, &parameters[self.w.clone()], batch.tokens());
        for time in 1..times.len() {
            let (past, now) = sums[..times.at(time, c).end].split_at_mut(times.at(time, c).start);
            kernels.add(now, times.predecessors(time, c, past, &mut self.gathered));
        }
        for (logits, (time, row)) in logits.chunks_exact_mut(c).zip(batch.last()) {
            let sum = &sums[times.at(*time, c)][row * c..][..c];
            logits.copy_from_slice(&parameters[self.b.clone()]);
            kernels.add_scaled(logits, self.pooling.factor(time + 1), sum);
        }
    }

    /// Each character of a text gets the gradient of the text's sum. In training row i of a time belongs to text i.
    fn backward(&mut self, kernels: Kernels, batch: &Batch, d_logits: &[f32], into: &mut dyn WeightGradients) {
        let (c, times) = (self.classes, batch.times());
        let d_texts = self.d_texts.take(d_logits.len());
        d_texts.copy_from_slice(d_logits);
        for (d_text, (time, _)) in d_texts.chunks_exact_mut(c).zip(batch.last()) {
            kernels.scale(d_text, self.pooling.factor(time + 1));
        }
        let d_characters = self.d_characters.take(batch.n_characters() * c);
        for time in 0..times.len() {
            let d = &mut d_characters[times.at(time, c)];
            d.copy_from_slice(&d_texts[..d.len()]);
        }
        into.sum(&self.b, d_logits, Terms::Texts);
        into.lookups(&self.w, batch.tokens(), d_characters, Terms::From(0, times));
    }
}
